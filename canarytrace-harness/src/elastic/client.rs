//! One client for a cluster: explicit timeouts, no sniffing, no system proxy, verified TLS, several nodes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use elasticsearch::auth::Credentials;
use elasticsearch::http::headers::{CONTENT_TYPE, HeaderMap, HeaderValue};
use elasticsearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;

use super::settings::{Auth, Settings};
use super::trouble::{Trouble, TroubleKind};

pub use elasticsearch::http::Method;

/// A client of a cluster. Each node has a transport of its own; a request goes to one of them.
#[derive(Debug)]
pub struct Client {
    nodes: Vec<Node>,
    /// Which node is asked next.
    next: AtomicUsize,
}

#[derive(Debug)]
struct Node {
    name: String,
    transport: Transport,
}

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
}

/// What a cluster answered, of whatever status.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, not compressed any more.
    pub body: Bytes,
    /// The node that answered.
    pub node: String,
}

impl Reply {
    /// Whether the status is one of success.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none, or none of the wanted form.
    pub fn json<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.body)
    }
}

impl Client {
    /// A client that was not used yet: nothing is sent before the first request.
    ///
    /// # Errors
    /// When a certificate can't be read.
    pub fn new(settings: &Settings) -> Result<Self, Trouble> {
        let nodes = settings.nodes.iter().map(|url| {
            let name = url.to_string();
            let mut builder = TransportBuilder::new(SingleNodeConnectionPool::new(url.clone()))
                .timeout(settings.timeout)
                .enable_meta_header(false)
                .disable_proxy()
                .request_body_compression(settings.compression);
            builder = match &settings.auth {
                Some(Auth::Basic { user, password }) => {
                    builder.auth(Credentials::Basic(user.clone(), password.expose_secret().to_owned()))
                }
                Some(Auth::ApiKey(key)) => builder.auth(Credentials::EncodedApiKey(key.expose_secret().to_owned())),
                None => builder,
            };
            let wrong = |message: String| Trouble { kind: TroubleKind::Request, node: name.clone(), message };
            let transport = builder.build().map_err(|error| wrong(error.to_string()))?;
            Ok(Node { name: name.clone(), transport })
        });
        Ok(Self { nodes: nodes.collect::<Result<_, _>>()?, next: AtomicUsize::new(0) })
    }

    /// Sends a request to one node and waits for the whole reply.
    ///
    /// # Errors
    /// When there is no whole reply. Any status is a reply.
    pub async fn send(&self, request: Request) -> Result<Reply, Trouble> {
        let node = &self.nodes[self.next.load(Ordering::Relaxed) % self.nodes.len()];
        let trouble = |kind, message: String| Trouble { kind, node: node.name.clone(), message };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type));
        let sent = node
            .transport
            .send(request.method, &request.path, headers, Some(&request.query), request.body, request.timeout)
            .await
            .map_err(|error| trouble(TroubleKind::Connect, error.to_string()))?;
        let status = sent.status_code().as_u16();
        let headers = sent.headers().clone();
        let body = sent.bytes().await.map_err(|error| trouble(TroubleKind::Cut, error.to_string()))?;
        Ok(Reply { status, headers, body, node: node.name.clone() })
    }
}
