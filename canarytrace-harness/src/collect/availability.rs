//! How long the way to the target takes, without a browser: one plain GET over HTTP/1.1, each of its phases timed.
//!
//! Neither a proxy nor cookies are used. Redirects are followed; all times count from the beginning of the first
//! request, so that they never decrease in the order name lookup, connect, TLS, pretransfer, first byte, total.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use base64::Engine;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty};
use hyper::header::{ACCEPT, AUTHORIZATION, CONNECTION, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::record::{Availability, Fault, Redactor, percent_decode};

/// As many as Chrome follows would be 20; ten is what a healthy site stays far below.
const MOST_REDIRECTS: u32 = 10;

/// Asks for `url` once, within `timeout` for everything together. A failure is part of the result.
pub async fn measure(url: &Url, timeout: Duration) -> Availability {
    // Reading the system's certificates is our own time, not the target's.
    match system_certificates().await {
        Ok(tls) => measure_with(url, timeout, tls).await,
        Err(message) => {
            let mut result = nothing_yet(url);
            Trouble { phase: "tls", fault: Fault::Harness, message }.put_into(&mut result);
            result
        }
    }
}

/// [`measure`] that trusts the certificates of `tls`.
async fn measure_with(url: &Url, timeout: Duration, tls: Arc<ClientConfig>) -> Availability {
    let start = Instant::now();
    let clock = Clock { start, deadline: start + timeout, timeout };
    let mut result = nothing_yet(url);
    let mut url = url.clone();
    let mut visited = Vec::new();
    loop {
        let redirect = match request(&url, &clock, &tls, &mut result).await {
            Ok(redirect) => redirect,
            Err(trouble) => {
                trouble.put_into(&mut result);
                return result;
            }
        };
        let Some(next) = redirect else { break };
        visited.push(url);
        if result.redirects == MOST_REDIRECTS {
            let message = if visited.contains(&next) {
                format!("redirect loop: {} is redirected to again and again (cookies are not kept)", masked(&next))
            } else {
                format!("more than {MOST_REDIRECTS} redirects, the last one to {}", masked(&next))
            };
            Trouble { phase: "http", fault: Fault::Application, message }.put_into(&mut result);
            return result;
        }
        result.redirects += 1;
        result.redirect = Some(clock.ms());
        url = next;
    }
    match result.status {
        Some(status @ 500..) => {
            let message = format!("the target answered with status {status}");
            Trouble { phase: "http", fault: Fault::Application, message }.put_into(&mut result);
        }
        _ => result.available = true,
    }
    result
}

fn nothing_yet(url: &Url) -> Availability {
    Availability {
        url: masked(url),
        response_url: None,
        available: false,
        status: None,
        remote_ip: None,
        remote_port: None,
        name_lookup: None,
        connect: None,
        app_connect: None,
        pre_transfer: None,
        redirect: None,
        redirects: 0,
        start_transfer: None,
        total: None,
        err_message: None,
        err_phase: None,
        fault: None,
    }
}

fn masked(url: &Url) -> String {
    Redactor::default().url(url.as_str())
}

struct Clock {
    start: Instant,
    deadline: Instant,
    timeout: Duration,
}

impl Clock {
    /// Milliseconds since the beginning, to the microsecond.
    fn ms(&self) -> f64 {
        self.ms_of(Instant::now())
    }

    fn ms_of(&self, moment: Instant) -> f64 {
        (moment.duration_since(self.start).as_secs_f64() * 1e6).round() / 1e3
    }

    /// `future`, or trouble when the time is over.
    async fn limit<T>(&self, doing: Doing, future: impl Future<Output = T>) -> Result<T, Trouble> {
        timeout_at(self.deadline, future).await.map_err(|_| self.too_late(doing))
    }

    fn too_late(&self, doing: Doing) -> Trouble {
        let (phase, fault, what) = match doing {
            Doing::Lookup => ("dns", Fault::Network, "the name was not resolved"),
            Doing::Connecting => ("connect", Fault::Network, "no connection was made"),
            Doing::Handshake => ("timeout", Fault::Application, "the TLS handshake was not done"),
            Doing::Waiting => ("timeout", Fault::Application, "no answer came"),
            Doing::Reading => ("timeout", Fault::Application, "the answer did not end"),
        };
        Trouble { phase, fault, message: format!("{what} within {:?}", self.timeout) }
    }
}

#[derive(Clone, Copy)]
enum Doing {
    Lookup,
    Connecting,
    Handshake,
    Waiting,
    Reading,
}

struct Trouble {
    phase: &'static str,
    fault: Fault,
    message: String,
}

impl Trouble {
    fn http(message: impl Into<String>) -> Self {
        Self { phase: "http", fault: Fault::Application, message: message.into() }
    }

    fn put_into(self, result: &mut Availability) {
        result.available = false;
        result.err_phase = Some(self.phase);
        result.fault = Some(self.fault);
        // A redirect may have led to an address with a token in it.
        result.err_message = Some(Redactor::default().text(&self.message));
    }
}

/// One request; gives where it is redirected to.
async fn request(
    url: &Url,
    clock: &Clock,
    tls: &Arc<ClientConfig>,
    result: &mut Availability,
) -> Result<Option<Url>, Trouble> {
    // Of a request that fails, nothing of the one before it is left.
    *result = Availability { redirects: result.redirects, redirect: result.redirect, ..fresh(result) };
    result.response_url = Some(masked(url));
    let addresses = clock.limit(Doing::Lookup, look_up(url)).await??;
    result.name_lookup = Some(clock.ms());

    let stream = connect(&addresses, clock).await?;
    result.connect = Some(clock.ms());
    if let Ok(peer) = stream.peer_addr() {
        result.remote_ip = Some(peer.ip().to_string());
        result.remote_port = Some(peer.port());
    }
    // A small request must not wait for company.
    let _ = stream.set_nodelay(true);

    if url.scheme() == "https" {
        let name = server_name(url)?;
        let handshake = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
        let stream = clock.limit(Doing::Handshake, handshake).await?.map_err(|error| Trouble {
            phase: "tls",
            fault: Fault::Application,
            message: format!("the TLS handshake with {} failed: {error}", url.host_str().unwrap_or_default()),
        })?;
        result.app_connect = Some(clock.ms());
        exchange(url, stream, clock, result).await
    } else {
        exchange(url, stream, clock, result).await
    }
}

/// The result without what belongs to one request only.
fn fresh(result: &Availability) -> Availability {
    Availability {
        status: None,
        remote_ip: None,
        remote_port: None,
        name_lookup: None,
        connect: None,
        app_connect: None,
        pre_transfer: None,
        start_transfer: None,
        total: None,
        ..result.clone()
    }
}

async fn look_up(url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
    let Some(port) = url.port_or_known_default() else {
        return Err(Trouble::http(format!("{} has no port", masked(url))));
    };
    let dns = |message: String| Trouble { phase: "dns", fault: Fault::Network, message };
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(vec![SocketAddr::new(IpAddr::V4(ip), port)]),
        Some(Host::Ipv6(ip)) => Ok(vec![SocketAddr::new(IpAddr::V6(ip), port)]),
        Some(Host::Domain(name)) => {
            let found = tokio::net::lookup_host((name, port)).await;
            let addresses: Vec<_> = found.map_err(|error| dns(format!("{name} can't be resolved: {error}")))?.collect();
            if addresses.is_empty() { Err(dns(format!("{name} has no address"))) } else { Ok(addresses) }
        }
        None => Err(Trouble::http(format!("{} names no host", masked(url)))),
    }
}

/// Tries the addresses in their order, each with its share of the time that is left.
async fn connect(addresses: &[SocketAddr], clock: &Clock) -> Result<TcpStream, Trouble> {
    let mut trouble = clock.too_late(Doing::Connecting);
    for (tried, address) in addresses.iter().enumerate() {
        let left = clock.deadline.saturating_duration_since(Instant::now());
        let to_try = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        match tokio::time::timeout(left / to_try, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => {
                // Refused: the machine is there and the application is not. Anything else is the way to it.
                let refused = error.kind() == io::ErrorKind::ConnectionRefused;
                let fault = if refused { Fault::Application } else { Fault::Network };
                let message = format!("no connection to {address}: {error}");
                trouble = Trouble { phase: "connect", fault, message };
            }
            Err(_) => trouble = clock.too_late(Doing::Connecting),
        }
    }
    Err(trouble)
}

fn server_name(url: &Url) -> Result<ServerName<'static>, Trouble> {
    let bad = |host: &str| Trouble {
        phase: "tls",
        fault: Fault::Application,
        message: format!("no certificate can be made out for the name {host}"),
    };
    match url.host() {
        Some(Host::Ipv4(ip)) => Ok(ServerName::from(IpAddr::V4(ip))),
        Some(Host::Ipv6(ip)) => Ok(ServerName::from(IpAddr::V6(ip))),
        Some(Host::Domain(name)) => ServerName::try_from(name.to_owned()).map_err(|_| bad(name)),
        None => Err(bad("")),
    }
}

/// Sends the request and reads the answer to its end.
async fn exchange<S>(url: &Url, stream: S, clock: &Clock, result: &mut Availability) -> Result<Option<Url>, Trouble>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let first_byte = Arc::new(OnceLock::new());
    let stream = FirstByte { stream, seen: Arc::clone(&first_byte) };
    let broken = |error: hyper::Error| Trouble::http(format!("no whole answer of HTTP came: {}", causes(&error)));
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // Dropped with the request, and the connection with it.
    let mut connections = JoinSet::new();
    connections.spawn(connection);

    let request = build(url)?;
    result.pre_transfer = Some(clock.ms());
    let answer = clock.limit(Doing::Waiting, sender.send_request(request)).await;
    result.start_transfer = first_byte.get().map(|moment| clock.ms_of(*moment));
    let answer = answer?.map_err(broken)?;
    result.status = Some(answer.status().as_u16());
    let redirect = redirect_of(url, &answer)?;

    let mut body = answer.into_body();
    while let Some(frame) = clock.limit(Doing::Reading, body.frame()).await? {
        frame.map_err(broken)?;
    }
    result.total = Some(clock.ms());
    Ok(redirect)
}

fn build(url: &Url) -> Result<Request<Empty<Bytes>>, Trouble> {
    let mut host = url.host_str().unwrap_or_default().to_owned();
    if let Some(port) = url.port() {
        host = format!("{host}:{port}");
    }
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::get(target)
        .header(HOST, host)
        .header(ACCEPT, "*/*")
        .header(CONNECTION, "close")
        .header(USER_AGENT, concat!("canarytrace/", env!("CARGO_PKG_VERSION")))
        .body(Empty::new())
        .map_err(|error| Trouble::http(format!("{} can't be asked for: {error}", masked(url))))?;
    if !url.username().is_empty() || url.password().is_some() {
        let password = url.password().unwrap_or_default();
        let pair = format!("{}:{}", percent_decode(url.username()), percent_decode(password));
        let value = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
        if let Ok(mut value) = HeaderValue::try_from(value) {
            value.set_sensitive(true);
            request.headers_mut().insert(AUTHORIZATION, value);
        }
    }
    Ok(request)
}

/// Where an answer redirects to (RFC 9110, 15.4).
fn redirect_of<B>(url: &Url, answer: &Response<B>) -> Result<Option<Url>, Trouble> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(LOCATION) else { return Ok(None) };
    let location = String::from_utf8_lossy(location.as_bytes());
    let next = url.join(&location).ok().filter(|next| matches!(next.scheme(), "http" | "https"));
    let mut next = next.ok_or_else(|| {
        let location = Redactor::default().url(&location);
        Trouble::http(format!("redirected to {location:?}, which is no http or https URL"))
    })?;
    next.set_fragment(None);
    Ok(Some(next))
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A stream that notes when the first byte came out of it.
struct FirstByte<S> {
    stream: S,
    seen: Arc<OnceLock<Instant>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for FirstByte<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.seen.get_or_init(Instant::now);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for FirstByte<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A configuration that trusts what the system trusts; made once.
async fn system_certificates() -> Result<Arc<ClientConfig>, String> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return config.clone();
    }
    let load = || {
        CONFIG
            .get_or_init(|| {
                let loaded = rustls_native_certs::load_native_certs();
                let mut roots = RootCertStore::empty();
                // A certificate that can't be read is not trusted, which is what one would expect.
                let (added, _unreadable) = roots.add_parsable_certificates(loaded.certs);
                if added == 0 {
                    let causes: Vec<String> = loaded.errors.iter().map(ToString::to_string).collect();
                    let causes = causes.join("; ");
                    return Err(format!("the system has no trusted certificates, install ca-certificates ({causes})"));
                }
                client_config(roots)
            })
            .clone()
    };
    tokio::task::spawn_blocking(load).await.unwrap_or_else(|error| Err(error.to_string()))
}

fn client_config(roots: RootCertStore) -> Result<Arc<ClientConfig>, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| format!("TLS can't be set up: {error}"))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

#[cfg(test)]
mod tests;
