//! A request that is put together, then awaited.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use rustls::RootCertStore;
use serde::Serialize;
use url::Url;
use url::form_urlencoded;

use super::fetch::{Ask, AtHome, basic, fetch};
use super::response::{Response, Soft};
use super::tls::{client_config, system_certificates};
use super::trouble::Trouble;
use super::{Result, masked};
use crate::record::{Failure, FailureKind, Fault, Redactor};

/// As many redirects as Chromium follows.
const MOST_REDIRECTS: u32 = 20;

/// How much of a body is kept.
const KEPT: usize = 16 * 1024 * 1024;

/// What all requests of a run share. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Client(Arc<Settings>);

struct Settings {
    base_url: Option<Url>,
    at_home: Option<AtHome>,
    timeout: Duration,
    soft: Soft,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("timeout", &self.0.timeout).finish_non_exhaustive()
    }
}

impl Client {
    /// `headers` and the credentials go to the origin of `base_url` alone; `soft` is told of soft failures.
    pub(crate) fn new(
        base_url: Option<&Url>,
        headers: &[(String, String)],
        credentials: Option<(&str, &str)>,
        timeout: Duration,
        soft: Soft,
    ) -> Self {
        let mut at_home = HeaderMap::new();
        if let Some(value) = credentials.and_then(|(user, password)| basic(user, password)) {
            at_home.insert(AUTHORIZATION, value);
        }
        for (name, value) in headers {
            // They were checked when the options were read.
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                at_home.insert(name, value);
            }
        }
        let at_home = base_url.map(|url| AtHome { origin: url.origin(), headers: at_home });
        Self(Arc::new(Settings { base_url: base_url.cloned(), at_home, timeout, soft }))
    }

    pub(crate) fn request(&self, method: &str, url: &str) -> Request {
        Request {
            client: self.clone(),
            method: method.to_owned(),
            url: url.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Bytes::new(),
            content_type: None,
            timeout: self.0.timeout,
            redirects: MOST_REDIRECTS,
            keep: KEPT,
            mistake: None,
        }
    }
}

/// A request that is sent when it is awaited.
///
/// It goes over a connection of its own, so that all its phases are measured, speaks HTTP/1.1, asks for no compression,
/// uses no proxy and keeps no cookies. `CANARYTRACE_HEADERS` and `CANARYTRACE_BASIC_AUTH` go to the origin of `BASE_URL`
/// and to no other; a header that is set here takes their place.
#[must_use = "a request is not sent until it is awaited"]
#[derive(Clone)]
pub struct Request {
    client: Client,
    method: String,
    url: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Bytes,
    /// Of the body, unless a header says something else.
    content_type: Option<&'static str>,
    timeout: Duration,
    redirects: u32,
    keep: usize,
    /// What can't be sent; told when the request is awaited.
    mistake: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers, query and body may hold secrets.
        let url = Redactor::default().url(&self.url);
        f.debug_struct("Request").field("method", &self.method).field("url", &url).finish_non_exhaustive()
    }
}

impl Request {
    /// Sends a header; one of the same name that was there before stays.
    pub fn header(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Adds a pair to the URL's query, encoded.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// Sends `value` as JSON, with `content-type: application/json` unless another one is set.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body = body.into(),
            Err(error) => self.mistake = Some(format!("its body can't be written as JSON: {error}")),
        }
        self.content_type = Some("application/json");
        self
    }

    /// Sends these fields as an HTML form does, with `content-type: application/x-www-form-urlencoded`.
    pub fn form<N: AsRef<str>, V: AsRef<str>>(mut self, fields: impl IntoIterator<Item = (N, V)>) -> Self {
        self.body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into();
        self.content_type = Some("application/x-www-form-urlencoded");
        self
    }

    /// Sends text or bytes as they are; say what they are with a `content-type` header.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into().into();
        self.content_type = None;
        self
    }

    /// Sends `Authorization: Bearer …`.
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format_args!("Bearer {token}"))
    }

    /// Sends `Authorization: Basic …` (RFC 7617).
    pub fn basic(mut self, user: &str, password: &str) -> Self {
        match basic(user, password).as_ref().map(HeaderValue::to_str) {
            Some(Ok(value)) => self.headers.push(("authorization".to_owned(), value.to_owned())),
            // Base64 is always a header's value.
            _ => self.mistake = Some("its credentials can't be sent".to_owned()),
        }
        self
    }

    /// How long the request may take, redirects and the whole answer included, instead of `WAIT_FOR_TIMEOUT`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// How many redirects are followed, 20 unless said otherwise as in Chromium; one more is a failure. With 0 the
    /// redirect itself is the response.
    pub fn follow_redirects(mut self, most: u32) -> Self {
        self.redirects = most;
        self
    }

    /// How many bytes of the response's body are kept, 16 MiB unless said otherwise. The rest is read and counted.
    pub fn keep(mut self, bytes: usize) -> Self {
        self.keep = bytes;
        self
    }

    fn ask(&self) -> Result<Ask> {
        let name = format!("{} {}", self.method, Redactor::default().url(&self.url));
        let wrong = |what: String| Failure::harness(format!("{name} can't be sent: {what}"));
        if let Some(mistake) = &self.mistake {
            return Err(wrong(mistake.clone()));
        }
        let method = Method::from_bytes(self.method.as_bytes())
            .ok()
            .filter(|method| *method != Method::CONNECT)
            .ok_or_else(|| wrong(format!("\"{}\" is no method of a request", self.method)))?;
        let base = self.client.0.base_url.as_ref();
        let mut url = base.map_or_else(|| Url::parse(&self.url), |base| base.join(&self.url)).map_err(|error| {
            let hint = if base.is_none() { " (relative URLs need BASE_URL)" } else { "" };
            wrong(format!("it is no URL that can be asked for: {error}{hint}"))
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("an http or https URL is wanted".to_owned()));
        }
        url.set_fragment(None);
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        let mut headers = HeaderMap::new();
        if let Some(content_type) = self.content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        for (name, value) in &self.headers {
            let name = HeaderName::try_from(name.as_str())
                .map_err(|_| wrong(format!("\"{name}\" is no name of a header (RFC 9110)")))?;
            let value = HeaderValue::try_from(value.as_str())
                .map_err(|_| wrong(format!("the value of the header {name} holds control characters")))?;
            // What the author says is the content type replaces ours.
            if name == CONTENT_TYPE {
                headers.insert(name, value);
            } else {
                headers.append(name, value);
            }
        }
        let (at_home, body) = (self.client.0.at_home.clone(), self.body.clone());
        Ok(Ask { method, url, headers, body, at_home, most_redirects: self.redirects, keep: self.keep })
    }

    async fn send(self) -> Result<Response> {
        let ask = self.ask()?;
        let (method, asked) = (ask.method.clone(), masked(&ask.url));
        let tls = match system_certificates().await {
            Ok(tls) => tls,
            Err(trouble) if ask.url.scheme() == "https" => return Err(failure(&method, &asked, None, &trouble)),
            // Who asks without TLS needs nobody's certificates.
            Err(trouble) => client_config(RootCertStore::empty())
                .map_err(|message| failure(&method, &asked, None, &Trouble { message, ..trouble }))?,
        };
        let started = std::time::Instant::now();
        let (trace, answer) = fetch(ask, self.timeout, &tls).await;
        let took = started.elapsed();
        match answer {
            Ok(answer) => {
                tracing::debug!(%method, url = asked, status = answer.status.as_u16(), ?took, "request");
                Ok(Response::new(method, &trace, answer, self.client.0.soft.clone()))
            }
            Err(trouble) => {
                tracing::debug!(%method, url = asked, error = trouble.message, ?took, "request");
                let at = masked(&trace.url);
                let at = if at == asked { asked } else { format!("{asked}, redirected to {at},") };
                Err(failure(&method, &at, Some(took), &trouble))
            }
        }
    }
}

impl IntoFuture for Request {
    type Output = Result<Response>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Response>> + Send>>;

    /// Sends the request and reads the whole response, whatever its status.
    ///
    /// # Errors
    /// [`FailureKind::Navigation`] when the name can't be resolved or no connection or no whole answer comes,
    /// [`FailureKind::Tls`] when the certificate is not to be trusted, [`FailureKind::Timeout`] when it takes too long,
    /// [`FailureKind::Harness`] when what was put together is no request.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// The failure of a request that was not answered.
fn failure(method: &Method, url: &str, took: Option<Duration>, trouble: &Trouble) -> Failure {
    let kind = match (trouble.phase, trouble.fault) {
        (_, Fault::Harness) => FailureKind::Harness,
        ("tls", _) => FailureKind::Tls,
        ("timeout", _) => FailureKind::Timeout,
        _ => FailureKind::Navigation,
    };
    let after = took.map(|took| format!(" after {took:.0?}")).unwrap_or_default();
    let message = Redactor::default().text(&trouble.message);
    Failure::new(kind, format!("{method} {url} failed{after}: {message}")).blame(trouble.fault)
}
