//! A proxy of ours in front of a real server, which fails as it is told while it runs.
//!
//! It knows HTTP, so that a fault can hit exactly one `_bulk` request, or one document of it. Everything that it has no
//! rule for goes through. It notes what it saw.

use std::fmt;
use std::future::{Future, pending};
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::header::{
    AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
    TRANSFER_ENCODING,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::Sleep;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use url::Url;

use crate::servers::{Certificate, tls_config};

/// How long [`FaultProxy::wait_until`] waits before the test fails.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long a cut reply is held back after its first part, so that this part is on its way.
const FIRST_PART: Duration = Duration::from_millis(20);

/// What goes wrong with a request.
#[derive(Clone)]
pub enum Fault {
    /// The server never sees it, and this is the answer.
    Answer(Answer),
    /// As a server that takes no body larger than so many bytes, not compressed: 413. Smaller ones go through.
    TooLarge(usize),
    /// It gets there and is done, and the connection ends without an answer.
    LostReply,
    /// The connection ends when so many bytes of the body have come; the server never sees it.
    CutRequest(usize),
    /// It gets there and is done; the connection ends in the middle of the answer.
    CutReply,
    /// It gets there and is done; the answer comes byte by byte, with such pauses.
    SlowReply(Duration),
    /// The server never sees it, and nobody answers.
    Hang,
    /// It gets there and is done, and nobody answers.
    DoneAndHang,
    /// It gets there and is done; the answer is the first half of the server's, as if it were all.
    TruncatedReply,
    /// It gets there and is done; the answer is another text with the server's status.
    MalformedReply(&'static str),
    /// It gets there and is done; the answer has so many items more or less than there are documents.
    WrongItemCount(isize),
    /// Of a `_bulk` request, these documents are refused; the others get there.
    Items(Items),
    /// This is the answer to a `_bulk` request that has one of these documents, and the server never sees it. Others go
    /// through.
    AnswerTo(Ids, Answer),
}

/// Decides by its position in the request (from 0) and its id whether a document is refused, and how.
pub type Items = Arc<dyn Fn(usize, &str) -> Option<Refusal> + Send + Sync>;

/// Decides by its id whether a document is meant.
pub type Ids = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// Why a document of a `_bulk` request is refused.
#[derive(Clone, Copy, Debug)]
pub struct Refusal {
    /// Status of the item.
    pub status: u16,
    /// `error.type` of the item.
    pub kind: &'static str,
    /// `error.reason` of the item.
    pub reason: &'static str,
}

impl Refusal {
    /// The node has too much to do.
    pub const BUSY: Self = Self {
        status: 429,
        kind: "es_rejected_execution_exception",
        reason: "rejected execution of coordinating operation [coordinating_and_primary_bytes=0]",
    };
    /// No copy of the shard can be written.
    pub const NO_SHARD: Self =
        Self { status: 503, kind: "unavailable_shards_exception", reason: "primary shard is not active" };
    /// The disk of the server is nearly full (`index.blocks.read_only_allow_delete`).
    pub const FLOOD: Self = Self {
        status: 429,
        kind: "cluster_block_exception",
        reason: "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has \
                 read-only-allow-delete block];",
    };
    /// Somebody made the index read-only (`index.blocks.write`).
    pub const READ_ONLY: Self = Self {
        status: 403,
        kind: "cluster_block_exception",
        reason: "index [x] blocked by: [FORBIDDEN/8/index write (api)];",
    };
    /// The document does not fit the mapping.
    pub const MAPPING: Self =
        Self { status: 400, kind: "document_parsing_exception", reason: "[1:2] failed to parse field [x]" };
}

/// An answer of the proxy itself.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    retry_after: Option<u64>,
    content_type: &'static str,
    body: String,
}

impl Answer {
    /// As the server refuses a whole request.
    pub fn error(status: u16, kind: &str, reason: &str) -> Self {
        let cause = json!({ "type": kind, "reason": reason });
        Self::json(
            status,
            &json!({ "error": { "root_cause": [cause], "type": kind, "reason": reason }, "status": status }),
        )
    }

    /// 429, to be tried again after so many seconds if it says so.
    pub fn too_many_requests(retry_after: Option<u64>) -> Self {
        let busy = Self::error(429, Refusal::BUSY.kind, Refusal::BUSY.reason);
        Self { retry_after, ..busy }
    }

    /// JSON with this status.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, retry_after: None, content_type: "application/json", body: body.to_string() }
    }

    /// 503 of a cluster without a master.
    pub fn unavailable() -> Self {
        Self::error(503, "master_not_discovered_exception", "no master")
    }

    /// 502 of a proxy on the way, a page for people.
    pub fn bad_gateway() -> Self {
        let body = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>".to_owned();
        Self { status: 502, retry_after: None, content_type: "text/html", body }
    }

    /// 401: the credentials are not, or no longer, valid.
    pub fn unauthorized() -> Self {
        Self::error(401, "security_exception", "unable to authenticate user [writer] for REST request [/_bulk]")
    }

    /// 403: the credentials are valid, and don't allow it.
    pub fn forbidden() -> Self {
        Self::error(403, "security_exception", "action [indices:data/write/bulk] is unauthorized for user [writer]")
    }
}

impl Fault {
    /// Refuses each n-th document, beginning with the first.
    pub fn every(nth: usize, refusal: Refusal) -> Self {
        Self::Items(Arc::new(move |position, _| position.is_multiple_of(nth).then_some(refusal)))
    }

    /// Refuses those documents whose id ends so.
    pub fn ids(end: &str, refusal: Refusal) -> Self {
        let end = end.to_owned();
        Self::Items(Arc::new(move |_, id| id.ends_with(&end).then_some(refusal)))
    }

    /// Answers requests with a document whose id ends so.
    pub fn answer_to(end: &str, answer: Answer) -> Self {
        let end = end.to_owned();
        Self::AnswerTo(Arc::new(move |id| id.ends_with(&end)), answer)
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::TooLarge(_) => "too large",
            Self::LostReply => "lost reply",
            Self::CutRequest(_) => "cut request",
            Self::CutReply => "cut reply",
            Self::SlowReply(_) => "slow reply",
            Self::Hang => "hang",
            Self::DoneAndHang => "done and hang",
            Self::TruncatedReply => "truncated reply",
            Self::MalformedReply(_) => "malformed reply",
            Self::WrongItemCount(_) => "wrong item count",
            Self::Items(_) => "items",
            Self::AnswerTo(..) => "answer to a document",
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Answer> for Fault {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// Which requests a fault hits.
pub struct Rule {
    fault: Fault,
    wanted: fn(&Method, &str) -> bool,
    skip: usize,
    times: usize,
    then: Option<Action>,
}

type Action = Arc<dyn Fn() + Send + Sync>;

impl Rule {
    /// Hits the next `_bulk` request.
    pub fn bulk(fault: impl Into<Fault>) -> Self {
        Self::of(|_, path| path.ends_with("/_bulk"), fault)
    }

    /// Hits the next request of any kind.
    pub fn any(fault: impl Into<Fault>) -> Self {
        Self::of(|_, _| true, fault)
    }

    /// Hits the next request that asks for documents by their ids.
    pub fn lookup(fault: impl Into<Fault>) -> Self {
        Self::of(|_, path| path.ends_with("/_mget") || path.ends_with("/_search"), fault)
    }

    /// Hits the next request of this kind: method and path, without the query.
    pub fn of(wanted: fn(&Method, &str) -> bool, fault: impl Into<Fault>) -> Self {
        Self { fault: fault.into(), wanted, skip: 0, times: 1, then: None }
    }

    /// Lets so many go through first.
    #[must_use]
    pub fn after(self, skip: usize) -> Self {
        Self { skip, ..self }
    }

    /// Hits so many of them.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Hits them until the rules are [cleared](FaultProxy::clear).
    #[must_use]
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    /// Does something each time, when the server has done what it was asked for, or would have, and before the client
    /// learns of its fate.
    #[must_use]
    pub fn then(self, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self { then: Some(Arc::new(action)), ..self }
    }
}

/// A request as the proxy saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When its headers were there.
    pub at: Instant,
    /// Method.
    pub method: Method,
    /// Path, without the query.
    pub path: String,
    /// Query; empty without one.
    pub query: String,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// Whether its body was compressed with gzip.
    pub gzip: bool,
    /// Bytes of its body as they came.
    pub wire: usize,
    /// Bytes of its body after decompression.
    pub raw: usize,
    /// Documents of a `_bulk` request.
    pub documents: usize,
    /// The body of any other request, as JSON; null without one.
    pub body: Value,
    /// What went wrong with it.
    pub fault: Option<&'static str>,
    /// What was answered; none while it goes on, and without an answer.
    pub status: Option<u16>,
}

impl Seen {
    /// Whether it is a `_bulk` request.
    pub fn is_bulk(&self) -> bool {
        self.path.ends_with("/_bulk")
    }
}

/// The proxy on a free port of its own; gone when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    shared: Arc<Shared>,
    scheme: &'static str,
    port: u16,
    _stop: oneshot::Sender<()>,
}

struct Shared {
    upstream: Upstream,
    state: Mutex<State>,
    changed: Condvar,
    /// Whether it listens; connections end when it does not.
    present: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    listening: bool,
    rules: Vec<Rule>,
    seen: Vec<Seen>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("upstream", &self.upstream.address).finish_non_exhaustive()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The server behind the proxy.
#[derive(Clone)]
struct Upstream {
    address: String,
    host: String,
    tls: Option<TlsConnector>,
}

impl Upstream {
    /// The authority of an HTTPS server is read from a PEM file.
    fn new(url: &Url, ca: Option<&Path>) -> Self {
        let host = url.host_str().expect("a URL of a server has a host").to_owned();
        let port = url.port_or_known_default().expect("http and https have a port");
        let tls = (url.scheme() == "https").then(|| {
            let mut roots = rustls::RootCertStore::empty();
            let ca = ca.expect("who serves HTTPS says by whom its certificate is signed");
            for certificate in CertificateDer::pem_file_iter(ca).expect("it can be read") {
                roots.add(certificate.expect("it is a certificate")).expect("it is one of an authority");
            }
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .expect("versions of the provider")
                .with_root_certificates(roots)
                .with_no_client_auth();
            TlsConnector::from(Arc::new(config))
        });
        Self { address: format!("{host}:{port}"), host, tls }
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> io::Result<Response<Bytes>> {
        let stream = TcpStream::connect(&self.address).await?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some(tls) => {
                let name = ServerName::try_from(self.host.clone()).map_err(io::Error::other)?;
                exchange(tls.connect(name, stream).await?, request).await
            }
        }
    }
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> io::Result<Response<Bytes>> {
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // How it ends is seen where the reply is read.
    let connection = tokio::spawn(connection);
    let (head, body) = sender.send_request(request).await.map_err(io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    connection.abort();
    Ok(Response::from_parts(head, body))
}

impl FaultProxy {
    /// Speaks HTTP, in front of this server; `ca` is the authority of one that speaks HTTPS.
    pub fn start(server: &Url, ca: Option<&Path>) -> Self {
        Self::listening(server, ca, None)
    }

    /// Speaks HTTPS with a certificate such as this.
    pub fn start_tls(server: &Url, ca: Option<&Path>, certificate: Certificate) -> Self {
        Self::listening(server, ca, Some(TlsAcceptor::from(tls_config(certificate))))
    }

    fn listening(server: &Url, ca: Option<&Path>, tls: Option<TlsAcceptor>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (present, _) = watch::channel(true);
        let shared = Arc::new(Shared {
            upstream: Upstream::new(server, ca),
            // It is so before anybody knows its port.
            state: Mutex::new(State { listening: true, ..State::default() }),
            changed: Condvar::new(),
            present,
        });
        let (stop, stopped) = oneshot::channel();
        let (ready, port) = std::sync::mpsc::channel();
        let serving = shared.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                // It is never listened on: the port stays ours while nobody else listens, and connections are refused.
                let taken = bind((Ipv4Addr::LOCALHOST, 0).into());
                let address = taken.local_addr().expect("it is bound");
                let listener = listen(address);
                ready.send(address.port()).expect("it is waited for");
                tokio::select! {
                    () = serve(&serving, address, listener, tls) => {}
                    _ = stopped => {}
                }
            });
            // What hangs would be waited for.
            runtime.shutdown_background();
        });
        let port = port.recv().expect("it starts");
        Self { shared, scheme, port, _stop: stop }
    }

    /// Where it is, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Adds a rule behind those that are there. The first one that wants a request gets it.
    pub fn add(&self, rule: Rule) {
        self.shared.state().rules.push(rule);
    }

    /// From now on everything goes through.
    pub fn clear(&self) {
        self.shared.state().rules.clear();
    }

    /// Refuses connections from now on, and ends those that there are.
    pub fn leave(&self) {
        self.be(false);
    }

    /// Takes connections again.
    pub fn come_back(&self) {
        self.be(true);
    }

    fn be(&self, present: bool) {
        self.shared.present.send_replace(present);
        let state = self.shared.state();
        let done = self.shared.changed.wait_while(state, |state| state.listening != present);
        drop(done.unwrap_or_else(PoisonError::into_inner));
    }

    /// What it saw so far, in the order of its coming.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// The `_bulk` requests that it saw so far.
    pub fn bulks(&self) -> Vec<Seen> {
        self.shared.state().seen.iter().filter(|seen| seen.is_bulk()).cloned().collect()
    }

    /// How many requests this fault has hit.
    pub fn hits(&self, fault: &Fault) -> usize {
        self.shared.state().seen.iter().filter(|seen| seen.fault == Some(fault.name())).count()
    }

    /// Waits until a fault such as this has hit a request.
    pub fn wait_for(&self, fault: &Fault) {
        let name = fault.name();
        self.wait_until(name, |seen| seen.iter().any(|seen| seen.fault == Some(name)));
    }

    /// Waits until what it saw fulfils `wanted`.
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&[Seen]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.state();
        while !wanted(&state.seen) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the proxy waited in vain until {what}; it saw {:#?}", state.seen);
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Several sockets may be bound to one port; only the one that listens gets connections.
fn bind(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseport(true).expect("Linux knows it");
    socket.bind(address).expect("the port is ours");
    socket
}

fn listen(address: SocketAddr) -> TcpListener {
    bind(address).listen(128).expect("it can listen")
}

async fn serve(shared: &Arc<Shared>, address: SocketAddr, listener: TcpListener, tls: Option<TlsAcceptor>) {
    let mut present = shared.present.subscribe();
    let mut listener = Some(listener);
    loop {
        // Also what was wanted before this was told of changes.
        let here = *present.borrow_and_update();
        listener = if here { Some(listener.unwrap_or_else(|| listen(address))) } else { None };
        shared.state().listening = here;
        shared.changed.notify_all();
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => pending().await,
            }
        };
        tokio::select! {
            accepted = accepted => {
                if let Ok((stream, _)) = accepted {
                    tokio::spawn(connection(shared.clone(), stream, tls.clone()));
                }
            }
            _ = present.changed() => {}
        }
    }
}

async fn connection(shared: Arc<Shared>, stream: TcpStream, tls: Option<TlsAcceptor>) {
    let mut present = shared.present.subscribe();
    let serving = async {
        match tls {
            None => converse(&shared, stream).await,
            // A client that does not trust us hangs up.
            Some(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    converse(&shared, stream).await;
                }
            }
        }
    };
    tokio::select! {
        () = serving => {}
        _ = present.wait_for(|here| !here) => {}
    }
}

async fn converse(shared: &Arc<Shared>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
    let service = service_fn(|request| handle(shared.clone(), request));
    // Connections that we cut end with an error.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// The connection is to end without an answer.
#[derive(Debug)]
struct HangUp;

impl fmt::Display for HangUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection is cut on purpose")
    }
}

impl std::error::Error for HangUp {}

async fn handle(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Pieces>, HangUp> {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let gzip = head.headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let (number, rule) = {
        let mut state = shared.state();
        state.seen.push(Seen {
            at: Instant::now(),
            method: head.method.clone(),
            path: path.clone(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            authorization: head.headers.get(AUTHORIZATION).and_then(|value| Some(value.to_str().ok()?.to_owned())),
            gzip,
            wire: 0,
            raw: 0,
            documents: 0,
            body: Value::Null,
            fault: None,
            status: None,
        });
        (state.seen.len() - 1, rule_for(&mut state.rules, &head.method, &path))
    };
    let note = |change: &dyn Fn(&mut Seen)| {
        change(&mut shared.state().seen[number]);
        shared.changed.notify_all();
    };
    let (mut fault, then) = rule.unzip();
    let then = then.flatten();

    if let Some(Fault::CutRequest(limit)) = &fault {
        let mut come = 0;
        while come < *limit {
            match body.frame().await {
                Some(Ok(frame)) => come += frame.data_ref().map_or(0, Bytes::len),
                _ => break,
            }
        }
        act(then).await;
        note(&|seen| (seen.wire, seen.fault) = (come, fault.as_ref().map(Fault::name)));
        return Err(HangUp);
    }

    let Ok(wire) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        note(&|seen| seen.fault = Some("the client went away"));
        return Err(HangUp);
    };
    let raw = if gzip { gunzip(&wire) } else { wire.clone() };
    let is_bulk = path.ends_with("/_bulk");
    let lines = if is_bulk { raw.split_inclusive(|byte| *byte == b'\n').count() } else { 0 };
    if !is_bulk {
        let body: Value = serde_json::from_slice(&raw).unwrap_or_default();
        note(&|seen| seen.body = body.clone());
    }
    if let Some(Fault::TooLarge(limit)) = fault
        && raw.len() <= limit
    {
        fault = None;
    }
    if let Some(Fault::AnswerTo(meant, _)) = &fault
        && !ids(&raw).iter().any(|id| meant(id))
    {
        fault = None;
    }
    let name = fault.as_ref().map(Fault::name);
    note(&|seen| (seen.wire, seen.raw, seen.documents, seen.fault) = (wire.len(), raw.len(), lines / 2, name));

    let answer = match &fault {
        Some(Fault::Answer(answer) | Fault::AnswerTo(_, answer)) => answer.clone().into_response(),
        Some(Fault::TooLarge(_)) => {
            Answer::error(413, "content_too_long_exception", "the body is too large").into_response()
        }
        Some(Fault::Hang) => {
            act(then).await;
            return pending().await;
        }
        Some(Fault::Items(items)) => refuse_items(&shared.upstream, &head, &raw, items).await?,
        _ => forward(&shared.upstream, &head, wire).await?,
    };
    act(then).await;
    match &fault {
        Some(Fault::LostReply) => return Err(HangUp),
        Some(Fault::DoneAndHang) => return pending().await,
        _ => {}
    }
    note(&|seen| seen.status = Some(answer.status().as_u16()));
    let (mut head, body) = answer.into_parts();
    head.headers.remove(CONNECTION);
    head.headers.remove(TRANSFER_ENCODING);
    head.headers.remove(CONTENT_LENGTH);
    let body = match &fault {
        Some(Fault::CutReply) => Pieces::cut(body),
        Some(Fault::SlowReply(pause)) => Pieces::slow(body, *pause),
        Some(Fault::TruncatedReply) => Pieces::whole(body.slice(..body.len() / 2)),
        Some(Fault::MalformedReply(text)) => {
            head.headers.remove(CONTENT_ENCODING);
            Pieces::whole(Bytes::from_static(text.as_bytes()))
        }
        Some(Fault::WrongItemCount(more)) => {
            let reply = reply_json(&head.headers, &body);
            head.headers.remove(CONTENT_ENCODING);
            Pieces::whole(with_items(reply, *more))
        }
        _ => Pieces::whole(body),
    };
    Ok(Response::from_parts(head, body))
}

/// The rule that gets this request, with its fault and what it does.
fn rule_for(rules: &mut [Rule], method: &Method, path: &str) -> Option<(Fault, Option<Action>)> {
    for rule in rules.iter_mut().filter(|rule| rule.times > 0 && (rule.wanted)(method, path)) {
        if rule.skip > 0 {
            rule.skip -= 1;
            continue;
        }
        rule.times = if rule.times == usize::MAX { usize::MAX } else { rule.times - 1 };
        return Some((rule.fault.clone(), rule.then.clone()));
    }
    None
}

/// Waits for what is to be done meanwhile, which may ask the server itself.
async fn act(action: Option<Action>) {
    if let Some(action) = action {
        tokio::task::spawn_blocking(move || action()).await.expect("it does not panic");
    }
}

/// Without a server, nobody answers.
async fn forward(
    upstream: &Upstream,
    head: &hyper::http::request::Parts,
    body: Bytes,
) -> Result<Response<Bytes>, HangUp> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = head.uri.clone();
    *request.headers_mut() = head.headers.clone();
    for name in [CONNECTION, TRANSFER_ENCODING, CONTENT_LENGTH] {
        request.headers_mut().remove(name);
    }
    upstream.send(request).await.map_err(|_| HangUp)
}

/// The ids of the documents of a `_bulk` request.
fn ids(raw: &[u8]) -> Vec<String> {
    let actions = raw.split_inclusive(|byte| *byte == b'\n').step_by(2);
    let id = |action: &[u8]| {
        let action: Value = serde_json::from_slice(action).unwrap_or_default();
        action["create"]["_id"].as_str().unwrap_or_default().to_owned()
    };
    actions.map(id).collect()
}

/// Sends only the documents that are not refused, and answers for all of them.
async fn refuse_items(
    upstream: &Upstream,
    head: &hyper::http::request::Parts,
    raw: &[u8],
    items: &Items,
) -> Result<Response<Bytes>, HangUp> {
    let lines: Vec<&[u8]> = raw.split_inclusive(|byte| *byte == b'\n').collect();
    let refusals: Vec<Option<Refusal>> =
        ids(raw).iter().enumerate().map(|(position, id)| items(position, id)).collect();
    let passed: Vec<u8> = lines
        .chunks(2)
        .zip(&refusals)
        .filter(|(_, refusal)| refusal.is_none())
        .flat_map(|(document, _)| document.concat())
        .collect();
    let mut answer = json!({ "took": 1, "errors": true, "items": [] });
    let mut headers = HeaderMap::new();
    if !passed.is_empty() {
        let mut head = head.clone();
        head.headers.remove(CONTENT_ENCODING);
        let reply = forward(upstream, &head, passed.into()).await?;
        if !reply.status().is_success() {
            return Ok(reply);
        }
        answer = reply_json(reply.headers(), reply.body());
        headers = reply.headers().clone();
        headers.remove(CONTENT_ENCODING);
    }
    answer["errors"] = true.into();
    let mut done = answer["items"].as_array().cloned().unwrap_or_default().into_iter();
    let all = lines.chunks(2).zip(refusals).map(|(document, refusal)| match refusal {
        None => done.next().unwrap_or_default(),
        Some(Refusal { status, kind, reason }) => {
            let action: Value = serde_json::from_slice(document[0]).unwrap_or_default();
            let (action, fields) = action
                .as_object()
                .and_then(|action| action.iter().next())
                .map_or(("create", &Value::Null), |(action, fields)| (action.as_str(), fields));
            let error = json!({ "type": kind, "reason": reason });
            json!({ action: { "_index": fields["_index"], "_id": fields["_id"], "status": status, "error": error } })
        }
    });
    answer["items"] = all.collect();
    let mut response = Response::new(Bytes::from(answer.to_string()));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *response.headers_mut() = headers;
    Ok(response)
}

impl Answer {
    fn into_response(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("it is a status");
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Null where it is no JSON.
fn reply_json(headers: &HeaderMap, body: &Bytes) -> Value {
    let gzip = headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding == "gzip");
    let text = if gzip { gunzip(body) } else { body.clone() };
    serde_json::from_slice(&text).unwrap_or_default()
}

fn with_items(mut reply: Value, more: isize) -> Bytes {
    if let Some(items) = reply["items"].as_array_mut() {
        match more {
            0.. => items.extend(items.first().cloned().into_iter().cycle().take(more.unsigned_abs())),
            _ => items.truncate(items.len().saturating_sub(more.unsigned_abs())),
        }
    }
    reply.to_string().into()
}

fn gunzip(body: &[u8]) -> Bytes {
    let mut text = Vec::new();
    // What is no gzip stays empty: the server says what it thinks of it.
    let _ = MultiGzDecoder::new(body).read_to_end(&mut text);
    text.into()
}

/// A body in pieces, with pauses.
struct Pieces {
    rest: Bytes,
    /// Bytes of a piece.
    piece: usize,
    pause: Duration,
    /// The pause before the next piece.
    waiting: Option<Pin<Box<Sleep>>>,
    /// How much of it is left when the connection ends.
    cut: Option<usize>,
}

impl Pieces {
    fn whole(body: Bytes) -> Self {
        Self { piece: body.len().max(1), rest: body, pause: Duration::ZERO, waiting: None, cut: None }
    }

    fn cut(body: Bytes) -> Self {
        let half = body.len() / 2;
        Self { cut: Some(body.len() - half), piece: half.max(1), pause: FIRST_PART, ..Self::whole(body) }
    }

    fn slow(body: Bytes, pause: Duration) -> Self {
        Self { piece: 1, pause, ..Self::whole(body) }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = HangUp;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(waiting) = &mut self.waiting {
            if waiting.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.waiting = None;
        }
        if self.cut.is_some_and(|left| self.rest.len() <= left) {
            return Poll::Ready(Some(Err(HangUp)));
        }
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(length);
        if !self.pause.is_zero() {
            self.waiting = Some(Box::pin(tokio::time::sleep(self.pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.cut.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}
