//! One client for a cluster: explicit timeouts, no sniffing, no system proxy, verified TLS, several nodes.

use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use elasticsearch::auth::Credentials;
use elasticsearch::cert::CertificateValidation;
use elasticsearch::http::headers::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, USER_AGENT};
use elasticsearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use flate2::Compression;
use flate2::write::GzEncoder;
use secrecy::ExposeSecret as _;
use url::Url;

use super::diagnosis::{Way, diagnose};
use super::dialect::{Dialect, Knowledge};
use super::nodes::Rotation;
use super::observe::Observer;
use super::reply::Reply;
use super::request::Request;
use super::settings::{Auth, Settings};
use super::trouble::{Trouble, TroubleKind};
use super::trust;
use crate::record::{Redactor, percent_decode};

/// Larger replies are refused, bytes: before they are read when they tell their size.
///
/// A chunked reply does not, and the `elasticsearch` crate gives a body as a whole only, never in pieces: such a reply is
/// read until `ELASTIC_TIMEOUT` is over, and refused then. A cluster sends none that is large: `filter_path` takes from
/// the replies to `_bulk` all that is not looked at, and ids are asked for without their documents. What is left is a
/// server that means ill, and that is the one which gets our credentials.
///
/// For the same reason connecting has no time limit of its own: the crate's builder knows one for the whole request only.
/// A node that swallows packets therefore costs one request `ELASTIC_TIMEOUT`; after that the next node is asked, and this
/// one is left out for a while (`nodes.rs`).
const LARGEST_REPLY: u64 = 64 * 1024 * 1024;

/// Bodies below this size stay as they are, bytes: compressed they would hardly be smaller.
const SMALLEST_COMPRESSED: usize = 512;

/// Recorded documents shrink to 7 % of their size; the default level makes it 6 % and takes 2.4 times the CPU.
const LEVEL: u32 = 3;

/// A client of a cluster. Each node has a transport of its own; a request goes to one of them.
#[derive(Debug)]
pub struct Client {
    settings: Settings,
    nodes: Vec<Node>,
    rotation: Rotation,
    knowledge: Knowledge,
    observer: Option<Observer>,
    traffic: Counters,
    proxy: Option<Url>,
}

struct Node {
    /// With a slash at its end, which paths are joined to.
    url: Url,
    /// Its URL, for people.
    name: String,
    transport: Transport,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The transport would show its credentials.
        f.debug_tuple("Node").field(&self.name).finish()
    }
}

/// What went over the wire so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests, with those that came to nothing.
    pub requests: u64,
    /// Bodies of the requests before they were compressed, bytes.
    pub raw: u64,
    /// Bodies of the requests as they were sent, bytes.
    pub sent: u64,
    /// Bodies of the replies, not compressed, bytes.
    pub received: u64,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    raw: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

/// A body as it goes over the wire.
#[derive(Clone)]
struct Body {
    bytes: Option<Bytes>,
    compressed: bool,
}

impl Client {
    /// A client that was not used yet: nothing is sent before the first request.
    ///
    /// # Errors
    /// When a certificate can't be read, or there are no nodes.
    pub fn new(settings: &Settings) -> Result<Self, Trouble> {
        let name = settings.nodes.first().map(|url| url_without_user(url).to_string()).unwrap_or_default();
        let wrong = |message: String| Trouble { kind: TroubleKind::Request, node: name.clone(), message };
        if settings.nodes.is_empty() {
            return Err(wrong("no node is named: set ELASTIC_CLUSTER".to_owned()));
        }
        let proxy = settings.proxy.as_ref().map(url_without_user);
        let nodes = settings.nodes.iter().map(|url| {
            let mut url = url_without_user(url);
            let name = url.to_string();
            let transport = transport(&url, settings, proxy.as_ref()).map_err(wrong)?;
            if !url.path().ends_with('/') {
                url.set_path(&format!("{}/", url.path()));
            }
            Ok(Node { url, name, transport })
        });
        let nodes: Vec<Node> = nodes.collect::<Result<_, _>>()?;
        Ok(Self {
            rotation: Rotation::new(nodes.len()),
            nodes,
            settings: settings.clone(),
            knowledge: Knowledge::default(),
            observer: None,
            traffic: Counters::default(),
            proxy,
        })
    }

    /// Tells how the cluster is reached, and every request and reply from now on, a line at a time, when
    /// `ELASTIC_OBSERVABILITY` wants it; does nothing otherwise. What `redactor` masks and our own credentials are never
    /// told.
    #[must_use]
    pub fn observed_by(mut self, redactor: &Redactor, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        if self.settings.observability {
            let observer = Observer::new(redactor.with(self.settings.secrets()), tell);
            observer.settings(&self.settings);
            self.observer = Some(observer);
        }
        self
    }

    /// How the cluster is reached.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What went over the wire so far.
    pub fn traffic(&self) -> Traffic {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let Counters { requests, raw, sent, received } = &self.traffic;
        Traffic { requests: of(requests), raw: of(raw), sent: of(sent), received: of(received) }
    }

    /// Which product and version the cluster is. The cluster is asked once; whoever asks meanwhile waits for that.
    ///
    /// # Errors
    /// When there is no whole reply; the cluster is asked again the next time.
    pub async fn dialect(&self) -> Result<Dialect, Trouble> {
        self.knowledge.dialect(self).await
    }

    /// Sends a request to one node and waits for the whole reply. When the node is not reached at all, so that nothing
    /// was sent, the next one is asked.
    ///
    /// # Errors
    /// When there is no whole reply. Any status is a reply.
    pub async fn send(&self, request: Request) -> Result<Reply, Trouble> {
        let body = self.body(&request);
        let mut troubles: Vec<Trouble> = Vec::new();
        for number in self.rotation.turn(Instant::now()) {
            match self.ask(number, &request, body.clone()).await {
                Err(trouble) if !trouble.may_be_done() && trouble.kind != TroubleKind::Request => {
                    troubles.push(trouble);
                }
                outcome => return outcome,
            }
        }
        Err(Trouble::of_all(troubles))
    }

    async fn ask(&self, number: usize, request: &Request, body: Body) -> Result<Reply, Trouble> {
        let node = &self.nodes[number];
        let sent = body.bytes.as_ref().map_or(0, Bytes::len);
        if let Some(observer) = &self.observer {
            observer.request(&node.name, request, sent);
        }
        count(&self.traffic.requests, 1);
        count(&self.traffic.raw, request.body.as_ref().map_or(0, Bytes::len));
        count(&self.traffic.sent, sent);
        let start = Instant::now();
        let outcome = self.exchange(node, request, body).await;
        if let Some(observer) = &self.observer {
            observer.outcome(&outcome, start.elapsed());
        }
        match &outcome {
            Ok(reply) => {
                count(&self.traffic.received, reply.body.len());
                self.knowledge.learn(&reply.headers);
                if reply.is_of_a_gateway() {
                    self.rotation.failed(number, Instant::now());
                } else {
                    self.rotation.answered(number);
                }
            }
            Err(trouble) if trouble.kind == TroubleKind::Request => {}
            Err(_) => self.rotation.failed(number, Instant::now()),
        }
        outcome
    }

    async fn exchange(&self, node: &Node, request: &Request, body: Body) -> Result<Reply, Trouble> {
        let trouble = |kind, message: String| Trouble { kind, node: node.name.clone(), message };
        let way = Way {
            node: &node.url,
            has_ca: self.settings.ca.is_some(),
            proxy: self.proxy.as_ref(),
            timeout: request.timeout.unwrap_or(self.settings.timeout),
        };
        let diagnosed = |error: elasticsearch::Error| {
            let (kind, message) = diagnose(&error, error.is_timeout(), &way);
            trouble(kind, message)
        };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("canarytrace/", env!("CARGO_PKG_VERSION"))));
        if body.compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let sent = node
            .transport
            .send(request.method, &request.path, headers, Some(&request.query), body.bytes, request.timeout)
            .await
            .map_err(diagnosed)?;
        // The HTTP client follows redirects, where a POST becomes a GET: such a reply is none to what was asked.
        let asked = node.url.join(request.path.trim_start_matches('/'));
        if asked.is_ok_and(|asked| sent.url().origin() != asked.origin() || sent.url().path() != asked.path()) {
            let target = url_without_user(sent.url());
            let message =
                format!("the node redirects to {target}: name the address of the cluster itself in ELASTIC_CLUSTER");
            return Err(trouble(TroubleKind::Reply, message));
        }
        let too_large = |size: u64| {
            trouble(TroubleKind::Reply, format!("the reply has {size} bytes, at most {LARGEST_REPLY} are taken"))
        };
        if let Some(size) = sent.content_length().filter(|size| *size > LARGEST_REPLY) {
            return Err(too_large(size));
        }
        let status = sent.status_code().as_u16();
        let headers = sent.headers().clone();
        let body = sent.bytes().await.map_err(diagnosed)?;
        if body.len() as u64 > LARGEST_REPLY {
            return Err(too_large(body.len() as u64));
        }
        Ok(Reply { status, headers, body, node: node.name.clone() })
    }

    /// The body as it goes over the wire. The transport's own compression is the slowest there is, and keeps the size
    /// for itself.
    fn body(&self, request: &Request) -> Body {
        let Some(raw) = &request.body else { return Body { bytes: None, compressed: false } };
        if self.settings.compression && raw.len() >= SMALLEST_COMPRESSED {
            let mut encoder = GzEncoder::new(Vec::with_capacity(raw.len() / 6), Compression::new(LEVEL));
            // Writing to memory does not fail; if it did, the body would go as it is.
            if let Ok(bytes) = encoder.write_all(raw).and_then(|()| encoder.finish()) {
                return Body { bytes: Some(bytes.into()), compressed: true };
            }
        }
        Body { bytes: Some(raw.clone()), compressed: false }
    }
}

fn transport(url: &Url, settings: &Settings, proxy: Option<&Url>) -> Result<Transport, String> {
    let mut builder = TransportBuilder::new(SingleNodeConnectionPool::new(url.clone()))
        .timeout(settings.timeout.max(Duration::from_millis(1)))
        .enable_meta_header(false);
    builder = match (proxy, &settings.proxy) {
        (Some(proxy), Some(given)) => {
            let user = percent_decode(given.username());
            let password = given.password().map(percent_decode);
            builder.proxy(proxy.clone(), (!user.is_empty()).then_some(&user), password.as_deref())
        }
        _ => builder.disable_proxy(),
    };
    builder = match &settings.auth {
        Some(Auth::Basic { user, password }) => {
            builder.auth(Credentials::Basic(user.clone(), password.expose_secret().to_owned()))
        }
        Some(Auth::ApiKey(key)) => {
            if !key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err("CANARYTRACE_ELASTIC_API_KEY is none: its encoded form (base64) is wanted".to_owned());
            }
            builder.auth(Credentials::EncodedApiKey(key.expose_secret().to_owned()))
        }
        None => builder,
    };
    // A file is checked even if no node needs it.
    let ca = settings.ca.as_deref();
    if url.scheme() == "https" {
        if let Some(roots) = trust::roots(ca)? {
            builder = builder.cert_validation(CertificateValidation::Full(roots));
        }
    } else if let Some(path) = ca {
        trust::certificates(path)?;
    }
    builder.build().map_err(|error| format!("no client can be made for it: {error}"))
}

fn url_without_user(url: &Url) -> Url {
    let mut url = url.clone();
    // Neither can fail for an http URL.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url
}

fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}
