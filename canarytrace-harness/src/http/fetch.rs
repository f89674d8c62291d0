//! One request with the redirects that follow from it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH,
    CONTENT_LOCATION, CONTENT_TYPE, COOKIE, HOST, HeaderValue, LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
    USER_AGENT,
};
use hyper::{HeaderMap, Method, Request, StatusCode};
use rustls::ClientConfig;
use tokio_rustls::TlsConnector;
use url::{Origin, Url};

use super::clock::{Clock, Doing};
use super::connect::{connect, look_up, server_name};
use super::exchange::{Answer, exchange};
use super::masked;
use super::trouble::Trouble;
use crate::record::{Fault, Redactor, percent_decode};

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) at_home: Option<AtHome>,
    /// How many redirects are followed; one more is trouble. With 0 a redirect is the answer.
    pub(crate) most_redirects: u32,
    /// How many bytes of the answer's body are kept.
    pub(crate) keep: usize,
}

/// Headers, credentials among them, that go to one origin and to no other.
#[derive(Clone, Debug)]
pub(crate) struct AtHome {
    pub(crate) origin: Origin,
    pub(crate) headers: HeaderMap,
}

impl Ask {
    /// A plain GET that follows `most_redirects` and keeps nothing of the body.
    pub(crate) fn get(url: Url, most_redirects: u32) -> Self {
        let (headers, body) = (HeaderMap::new(), Bytes::new());
        Self { method: Method::GET, url, headers, body, at_home: None, most_redirects, keep: 0 }
    }

    /// The request that follows a redirect (RFC 9110, 15.4), as browsers do it.
    fn redirected(mut self, status: StatusCode, to: Url) -> Self {
        let as_get = match status.as_u16() {
            303 => self.method != Method::HEAD,
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if as_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            let of_body =
                [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, TRANSFER_ENCODING];
            for name in of_body {
                self.headers.remove(name);
            }
        }
        if self.url.origin() != to.origin() {
            // Meant for the server that was asked, not for the one it points to.
            for name in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST] {
                self.headers.remove(name);
            }
        }
        self.url = to;
        self
    }

    fn build(&self) -> Result<Request<Full<Bytes>>, Trouble> {
        let url = &self.url;
        let mut host = url.host_str().unwrap_or_default().to_owned();
        if let Some(port) = url.port() {
            host = format!("{host}:{port}");
        }
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut request = Request::builder()
            .method(&self.method)
            .uri(target)
            .header(HOST, host)
            .header(ACCEPT, "*/*")
            // What is measured is what the server sends.
            .header(ACCEPT_ENCODING, "identity")
            .header(CONNECTION, "close")
            .header(USER_AGENT, concat!("canarytrace/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(self.body.clone()))
            .map_err(|error| Trouble::http(format!("{} can't be asked for: {error}", masked(url))))?;
        let headers = request.headers_mut();
        if let Some(home) = self.at_home.as_ref().filter(|home| home.origin == url.origin()) {
            replace(headers, &home.headers);
        }
        if !url.username().is_empty() || url.password().is_some() {
            let (user, password) = (percent_decode(url.username()), percent_decode(url.password().unwrap_or_default()));
            if let Some(value) = basic(&user, &password) {
                headers.insert(AUTHORIZATION, value);
            }
        }
        replace(headers, &self.headers);
        Ok(request)
    }
}

/// The value of `Authorization` for basic authentication (RFC 7617).
pub(crate) fn basic(user: &str, password: &str) -> Option<HeaderValue> {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Puts all of `more` into `headers`, in the place of those of the same name.
fn replace(headers: &mut HeaderMap, more: &HeaderMap) {
    for name in more.keys() {
        headers.remove(name);
    }
    headers.extend(more.iter().map(|(name, value)| (name.clone(), value.clone())));
}

/// What is known of a fetch, as far as it came. All times are ms since the beginning of the first request, so that they
/// never decrease in the order name lookup, connect, TLS, pretransfer, first byte, total.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    /// The URL of the last request.
    pub(crate) url: Url,
    /// How many redirects were followed.
    pub(crate) redirects: u32,
    /// Spent on all redirects before the last request.
    pub(crate) redirect: Option<f64>,
    /// Status of the last answer.
    pub(crate) status: Option<u16>,
    /// Whom the last request was sent to.
    pub(crate) remote: Option<SocketAddr>,
    pub(crate) name_lookup: Option<f64>,
    pub(crate) connect: Option<f64>,
    /// Until the TLS handshake was done.
    pub(crate) app_connect: Option<f64>,
    pub(crate) pre_transfer: Option<f64>,
    /// Until the first byte of the answer.
    pub(crate) start_transfer: Option<f64>,
    pub(crate) total: Option<f64>,
}

impl Trace {
    pub(crate) fn new(url: Url) -> Self {
        Self {
            url,
            redirects: 0,
            redirect: None,
            status: None,
            remote: None,
            name_lookup: None,
            connect: None,
            app_connect: None,
            pre_transfer: None,
            start_transfer: None,
            total: None,
        }
    }
}

/// Asks, follows redirects, and reads the answer, within `timeout` for everything together. What is known of it is
/// told also when it comes to nothing.
pub(crate) async fn fetch(
    mut ask: Ask,
    timeout: Duration,
    tls: &Arc<ClientConfig>,
) -> (Trace, Result<Answer, Trouble>) {
    let clock = Clock::start(timeout);
    let mut trace = Trace::new(ask.url.clone());
    let mut visited = Vec::new();
    loop {
        // Of a request that fails, nothing of the one before it is left.
        trace = Trace { redirects: trace.redirects, redirect: trace.redirect, ..Trace::new(ask.url.clone()) };
        let answer = match request(&ask, &clock, tls, &mut trace).await {
            Ok(answer) => answer,
            Err(trouble) => return (trace, Err(trouble)),
        };
        if ask.most_redirects == 0 {
            return (trace, Ok(answer));
        }
        let next = match redirect_of(&ask.url, &answer) {
            Ok(Some(next)) => next,
            Ok(None) => return (trace, Ok(answer)),
            Err(trouble) => return (trace, Err(trouble)),
        };
        visited.push(ask.url.clone());
        if trace.redirects == ask.most_redirects {
            let message = if visited.contains(&next) {
                format!("redirect loop: {} is redirected to again and again (cookies are not kept)", masked(&next))
            } else {
                format!("more than {} redirects, the last one to {}", ask.most_redirects, masked(&next))
            };
            return (trace, Err(Trouble::http(message)));
        }
        trace.redirects += 1;
        trace.redirect = Some(clock.ms());
        ask = ask.redirected(answer.status, next);
    }
}

/// One request.
async fn request(ask: &Ask, clock: &Clock, tls: &Arc<ClientConfig>, trace: &mut Trace) -> Result<Answer, Trouble> {
    let url = &ask.url;
    let built = ask.build()?;
    let addresses = clock.limit(Doing::Lookup, look_up(url)).await??;
    trace.name_lookup = Some(clock.ms());

    let stream = connect(&addresses, clock).await?;
    trace.connect = Some(clock.ms());
    trace.remote = stream.peer_addr().ok();

    if url.scheme() == "https" {
        let name = server_name(url)?;
        let handshake = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
        let stream = clock.limit(Doing::Handshake, handshake).await?.map_err(|error| Trouble {
            phase: "tls",
            fault: Fault::Application,
            message: format!("the TLS handshake with {} failed: {error}", url.host_str().unwrap_or_default()),
        })?;
        trace.app_connect = Some(clock.ms());
        exchange(built, stream, ask.keep, clock, trace).await
    } else {
        exchange(built, stream, ask.keep, clock, trace).await
    }
}

/// Where an answer redirects to (RFC 9110, 15.4).
fn redirect_of(url: &Url, answer: &Answer) -> Result<Option<Url>, Trouble> {
    if !matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers.get(LOCATION) else { return Ok(None) };
    let location = String::from_utf8_lossy(location.as_bytes());
    let next = url.join(&location).ok().filter(|next| matches!(next.scheme(), "http" | "https"));
    let mut next = next.ok_or_else(|| {
        let location = Redactor::default().url(&location);
        Trouble::http(format!("redirected to {location:?}, which is no http or https URL"))
    })?;
    next.set_fragment(None);
    Ok(Some(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    /// A POST to the shop, whose origin gets a canary.
    fn post() -> Ask {
        let headers = |pairs: &[(_, &'static str)]| {
            pairs.iter().cloned().map(|(name, value)| (name, HeaderValue::from_static(value))).collect()
        };
        Ask {
            method: Method::POST,
            headers: headers(&[(CONTENT_TYPE, "text/plain"), (COOKIE, "a=b"), (AUTHORIZATION, "Bearer mine")]),
            body: Bytes::from_static(b"body"),
            at_home: Some(AtHome {
                origin: url("https://shop/").origin(),
                headers: headers(&[(AUTHORIZATION, "Basic options"), (USER_AGENT, "canary")]),
            }),
            ..Ask::get(url("https://shop/a?b#c"), 20)
        }
    }

    fn header<'a>(request: &'a Request<Full<Bytes>>, name: &hyper::header::HeaderName) -> Vec<&'a str> {
        request.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn headers_of_the_options_go_home_and_yield_to_those_of_the_request() {
        let request = post().build().unwrap();
        assert_eq!(request.uri(), "/a?b");
        assert_eq!(header(&request, &AUTHORIZATION), ["Bearer mine"]);
        assert_eq!(header(&request, &USER_AGENT), ["canary"]);
        let mut ask = post();
        ask.headers.clear();
        assert_eq!(header(&ask.build().unwrap(), &AUTHORIZATION), ["Basic options"]);
        ask.url = url("https://u:p@elsewhere/");
        assert_eq!(header(&ask.build().unwrap(), &AUTHORIZATION), ["Basic dTpw"]);
    }

    #[test]
    fn a_redirect_to_another_origin_takes_no_credentials_along() {
        for elsewhere in ["https://other/", "http://shop/", "https://shop:444/"] {
            let request = post().redirected(StatusCode::TEMPORARY_REDIRECT, url(elsewhere)).build().unwrap();
            assert_eq!(header(&request, &AUTHORIZATION), [""; 0], "{elsewhere}");
            assert_eq!(header(&request, &COOKIE), [""; 0], "{elsewhere}");
            assert_ne!(header(&request, &USER_AGENT), ["canary"], "{elsewhere}");
            assert_eq!((request.method(), header(&request, &CONTENT_TYPE)), (&Method::POST, vec!["text/plain"]));
        }
        let request = post().redirected(StatusCode::TEMPORARY_REDIRECT, url("https://shop/b")).build().unwrap();
        assert_eq!(header(&request, &AUTHORIZATION), ["Bearer mine"]);
    }

    #[test]
    fn a_post_that_is_redirected_becomes_a_get_as_in_browsers() {
        for (status, method, body) in
            [(301, Method::GET, ""), (302, Method::GET, ""), (303, Method::GET, ""), (308, Method::POST, "body")]
        {
            let ask = post().redirected(StatusCode::from_u16(status).unwrap(), url("https://shop/b"));
            assert_eq!((&ask.method, &ask.body[..]), (&method, body.as_bytes()), "{status}");
            assert_eq!(ask.headers.contains_key(CONTENT_TYPE), method == Method::POST, "{status}");
        }
        let mut put = post();
        put.method = Method::PUT;
        assert_eq!(put.redirected(StatusCode::FOUND, url("https://shop/b")).method, Method::PUT);
    }
}
