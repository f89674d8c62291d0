//! What a server answered.

use std::fmt;
use std::sync::Arc;

use hyper::Method;
use hyper::header::CONTENT_ENCODING;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json_path::JsonPath;
use url::Url;

use super::exchange::Answer;
use super::expect::Expect;
use super::expected::Subject;
use super::fetch::Trace;
use super::timings::Timings;
use super::{Result, masked, shortened};
use crate::record::{Failure, FailureKind};

/// Takes soft failures.
pub(crate) type Soft = Arc<dyn Fn(Failure) + Send + Sync>;

/// What a server answered, whatever its status: say with [`expect`](Self::expect) what it has to be.
#[derive(Clone)]
pub struct Response {
    method: Method,
    url: Url,
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    body_size: u64,
    timings: Timings,
    soft: Soft,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and body may hold secrets.
        f.debug_struct("Response")
            .field("request", &self.request())
            .field("status", &self.status)
            .field("body_size", &self.body_size)
            .field("timings", &self.timings)
            .finish_non_exhaustive()
    }
}

impl Response {
    pub(super) fn new(method: Method, trace: &Trace, answer: Answer, soft: Soft) -> Self {
        let text = |value: &hyper::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Self {
            method,
            url: trace.url.clone(),
            status: answer.status.as_u16(),
            headers: answer.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: answer.body,
            body_size: answer.body_size,
            timings: Timings::of(trace),
            soft,
        }
    }

    /// Status, such as 200.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The URL that answered, after redirects.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The first value of a header, whose name may be in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_values(name).next()
    }

    pub(super) fn header_values(&self, name: &str) -> impl Iterator<Item = &str> {
        let named = move |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().filter(named).map(|(_, value)| value.as_str())
    }

    /// All headers in their order, with names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Size of the body in bytes as it was sent, also of what was not kept.
    pub fn body_size(&self) -> u64 {
        self.body_size
    }

    /// How long its phases took.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    /// The body as it was sent.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it is larger than what is kept (see [`Request::keep`](super::Request::keep)).
    pub fn bytes(&self) -> Result<&[u8]> {
        if self.body_size > self.body.len() as u64 {
            return Err(self.failure(&format!(
                "has a body of {} bytes, of which only the first {} are kept; ask with keep({}) for all of it",
                self.body_size,
                self.body.len(),
                self.body_size
            )));
        }
        Ok(&self.body)
    }

    /// The body as text.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it is not UTF-8, compressed, or larger than what is kept.
    pub fn text(&self) -> Result<&str> {
        let bytes = self.bytes()?;
        if let Some(encoding) = self.header(CONTENT_ENCODING.as_str()).filter(|encoding| *encoding != "identity") {
            return Err(self.failure(&format!("has a body in the encoding {encoding}, which was not asked for")));
        }
        std::str::from_utf8(bytes).map_err(|error| {
            let kind = self.header("content-type").unwrap_or("none");
            self.failure(&format!(
                "has a body that is no UTF-8 text from byte {} on (content-type: {kind})",
                error.valid_up_to()
            ))
        })
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it is no JSON, or not what `T` wants; all errors of [`text`](Self::text).
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let text = self.text()?;
        serde_json::from_str(text).map_err(|error| {
            let what = if error.is_data() { "other JSON than what is wanted" } else { "no JSON" };
            self.failure(&format!("is {what}: {error}; the body begins: {}", shortened(text)))
        })
    }

    /// The one value that a JSON path such as `$.items[0].name` finds in the body (RFC 9535).
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when it finds none or several; all errors of [`json_path_all`](Self::json_path_all).
    pub fn json_path(&self, path: &str) -> Result<Value> {
        let mut found = self.json_path_all(path)?;
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(self.failure(&format!("has nothing at {path}; the body begins: {}", self.beginning()))),
            several => Err(self.failure(&format!("has {several} values at {path}, take them with json_path_all"))),
        }
    }

    /// All values that a JSON path such as `$.items[*].name` finds in the body (RFC 9535), which may be none.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when it is no JSON path; all errors of [`json`](Self::json).
    pub fn json_path_all(&self, path: &str) -> Result<Vec<Value>> {
        let parsed = JsonPath::parse(path).map_err(|error| {
            Failure::harness(format!("\"{path}\" is no JSON path (RFC 9535): {error}{}", hint(path)))
        })?;
        let json: Value = self.json()?;
        Ok(parsed.query(&json).into_iter().cloned().collect())
    }

    /// Something to be expected of the response: [`status()`](super::status), [`header(…)`](super::header),
    /// [`body()`](super::body), [`json_path(…)`](super::json_path) or [`timing(…)`](super::timing).
    pub fn expect(&self, subject: Subject) -> Expect<'_> {
        Expect::new(self, subject)
    }

    /// Like [`expect`](Self::expect), but a failure is noted and the journey goes on; the monitor fails at its end.
    pub fn expect_soft(&self, subject: Subject) -> Expect<'_> {
        Expect::new(self, subject).softly()
    }

    pub(super) fn note(&self, failure: Failure) {
        (self.soft)(failure);
    }

    /// `GET https://shop/api`, fit to be shown.
    pub(super) fn request(&self) -> String {
        format!("{} {}", self.method, masked(&self.url))
    }

    /// How it was answered: `404 after 12.3 ms`.
    pub(super) fn answered(&self) -> String {
        format!("{} after {:.1} ms", self.status, self.timings.total.unwrap_or_default())
    }

    /// The beginning of the body, fit for a message.
    pub(super) fn beginning(&self) -> String {
        if self.body.is_empty() {
            return "(it is empty)".to_owned();
        }
        // Long enough for what is shown, whatever it holds; the rest need not be decoded.
        let part = &self.body[..self.body.len().min(16 * 1024)];
        shortened(&String::from_utf8_lossy(part))
    }

    fn failure(&self, what: &str) -> Failure {
        let message = format!("the response to {} ({}) {what}", self.request(), self.answered());
        Failure::new(FailureKind::Assertion, message)
    }
}

/// What is most often wrong with a path.
fn hint(path: &str) -> &'static str {
    if !path.starts_with('$') {
        "; it begins with $"
    } else if path.contains('-') {
        "; a name with other characters than letters, digits and _ is written ['content-type']"
    } else {
        ""
    }
}
