//! A cluster as the installer sees it: JSON in, JSON out, and errors that say what to do.

use anyhow::{anyhow, bail};
use canarytrace::elastic::{Client, Dialect, Method, Product, Reply, Request};
use serde_json::Value;

/// A cluster that answered once.
#[derive(Debug)]
pub struct Cluster<'a> {
    client: &'a Client,
    dialect: Dialect,
}

impl<'a> Cluster<'a> {
    /// Asks a cluster what it is.
    ///
    /// # Errors
    /// When it does not answer, or refuses us.
    pub async fn ask(client: &'a Client) -> anyhow::Result<Self> {
        // The names of templates alone are asked for, which an installer must be allowed to do anyway.
        let path = "/_component_template/canarytrace-is-asking";
        let reply = client.send(Request::new(Method::Get, path)).await?;
        if !reply.is_success() && reply.status != 404 {
            return Err(refusal(&reply, Method::Get, path));
        }
        let dialect = client.dialect().await?;
        if dialect.product == Product::Unknown {
            bail!(
                "{}: neither Elasticsearch nor OpenSearch answers there; is ELASTIC_CLUSTER the address of the cluster \
                 itself, and not of Kibana or a proxy?",
                reply.node
            );
        }
        Ok(Self { client, dialect })
    }

    /// What it is.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether it is `OpenSearch`.
    pub(super) fn is_opensearch(&self) -> bool {
        self.dialect.product == Product::OpenSearch
    }

    /// What is there; nothing when there is none (404).
    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Option<Value>> {
        let reply = self.client.send(Request::new(Method::Get, path)).await?;
        if reply.status == 404 {
            return Ok(None);
        }
        value(&reply, Method::Get, path).map(Some)
    }

    /// Asks for something to be done.
    pub(super) async fn send(&self, request: Request) -> anyhow::Result<Value> {
        let (method, path) = (request.method, request.path.clone());
        let reply = self.try_send(request).await?;
        value(&reply, method, &path)
    }

    /// Asks for something to be done and gives whatever is answered.
    pub(super) async fn try_send(&self, request: Request) -> anyhow::Result<Reply> {
        Ok(self.client.send(request).await?)
    }
}

/// A request to store something.
pub(super) fn put(path: &str, body: &Value) -> Request {
    Request::new(Method::Put, path).json(body)
}

/// A name as a part of a path.
pub(super) fn part(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

/// Whether the cluster has no such function at all: stripped, managed or other than we think.
pub(super) fn is_unknown(reply: &Reply) -> bool {
    let body = String::from_utf8_lossy(&reply.body);
    matches!(reply.status, 400 | 404 | 405 | 410 | 501)
        && (body.contains("no handler found") || body.contains("Incorrect HTTP method") || reply.status >= 410)
}

/// The reason that a cluster gives.
pub(super) fn reason(reply: &Reply) -> String {
    let error = reply.json::<Value>().unwrap_or_default()["error"].take();
    let mut reason = error["reason"].as_str().or(error.as_str()).unwrap_or_default().to_owned();
    // The outer reasons say that something is wrong; the innermost one what.
    let mut cause = &error["caused_by"];
    while let Some(text) = cause["reason"].as_str() {
        if !reason.contains(text) {
            reason = format!("{reason}: {text}");
        }
        cause = &cause["caused_by"];
    }
    if reason.is_empty() { format!("status {}", reply.status) } else { reason }
}

fn refusal(reply: &Reply, method: Method, path: &str) -> anyhow::Error {
    let method = format!("{method:?}").to_uppercase();
    match reply.problem() {
        // These say what to do.
        Some(problem) if matches!(reply.status, 401 | 403 | 407) => anyhow!("{method} {path}: {problem}"),
        _ => anyhow!("{} refuses {method} {path} ({}: {})", reply.node, reply.status, reason(reply)),
    }
}

fn value(reply: &Reply, method: Method, path: &str) -> anyhow::Result<Value> {
    if !reply.is_success() {
        return Err(refusal(reply, method, path));
    }
    reply.json().map_err(|error| anyhow!("{}: the answer to {method:?} {path} is no JSON: {error}", reply.node))
}
