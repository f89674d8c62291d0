//! What a cluster is asked.

use std::time::Duration;

use bytes::Bytes;

pub use elasticsearch::http::Method;

/// What is asked of a cluster.
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path, beginning with `/`, its parts percent-encoded.
    pub path: String,
    /// Parameters of the query.
    pub query: Vec<(&'static str, String)>,
    /// Body, not compressed yet.
    pub body: Option<Bytes>,
    /// `Content-Type` of the body.
    pub content_type: &'static str,
    /// Another limit than that of the settings.
    pub timeout: Option<Duration>,
}

impl Request {
    /// A request without a body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            content_type: "application/json",
            timeout: None,
        }
    }

    /// Adds a parameter of the query.
    #[must_use]
    pub fn query(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// With a body of JSON.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Self {
        self.body = Some(body.to_string().into());
        self
    }

    /// With a body of newline-delimited JSON.
    #[must_use]
    pub fn ndjson(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Some(body.into());
        self.content_type = "application/x-ndjson";
        self
    }

    /// With another limit than that of the settings, for what takes its time: creating templates, searching.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}
