//! `ELASTIC_OBSERVABILITY`: what goes to the cluster and what comes back, in lines for people, secrets masked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use elasticsearch::http::Method;

use super::reply::Reply;
use super::request::Request;
use super::settings::{Auth, Settings};
use super::trouble::Trouble;
use crate::record::Redactor;

/// Characters of a reply's body that are shown.
const SHOWN: usize = 1000;
/// Bytes of it that are masked before: enough that a secret never ends within them and begins in what is shown.
const MASKED: usize = 64 * 1024;

/// Whom everything is told.
#[derive(Clone)]
pub(super) struct Observer {
    redactor: Redactor,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
}

impl Observer {
    /// Masks what the redactor masks.
    pub(super) fn new(redactor: Redactor, tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { redactor, tell: Arc::new(tell) }
    }

    fn say(&self, text: &str) {
        (self.tell)(&self.redactor.text(text));
    }

    /// How the cluster is reached.
    pub(super) fn settings(&self, settings: &Settings) {
        let nodes: Vec<&str> = settings.nodes.iter().map(url::Url::as_str).collect();
        let auth = match &settings.auth {
            Some(Auth::Basic { user, .. }) => format!("user {user} with a password"),
            Some(Auth::ApiKey(_)) => "an API key".to_owned(),
            None => "no credentials".to_owned(),
        };
        let ca = match &settings.ca {
            Some(path) => format!("{} beside the system's certificates", path.display()),
            None => "the system's certificates".to_owned(),
        };
        let proxy =
            settings.proxy.as_ref().map_or_else(|| "none".to_owned(), |proxy| self.redactor.url(proxy.as_str()));
        self.say(&format!(
            "elasticsearch: {}; {auth}; trusting {ca}; proxy: {proxy}; timeout: {:?}; compression: {}",
            nodes.join(", "),
            settings.timeout,
            if settings.compression { "gzip" } else { "none" },
        ));
    }

    /// A request that goes to a node; `sent` is the length of its body over the wire.
    pub(super) fn request(&self, node: &str, request: &Request, sent: usize) {
        let method = method(request.method);
        let query: Vec<String> = request.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let size = match request.body.as_ref().map_or(0, bytes::Bytes::len) {
            0 => "no body".to_owned(),
            size if size == sent => format!("{size} bytes"),
            size => format!("{size} bytes, {sent} compressed"),
        };
        self.say(&format!("elasticsearch: > {method} {}{}{query} ({size})", node.trim_end_matches('/'), request.path));
    }

    /// What came of a request.
    pub(super) fn outcome(&self, outcome: &Result<Reply, Trouble>, took: Duration) {
        let ms = took.as_millis();
        match outcome {
            Ok(reply) => {
                let start = String::from_utf8_lossy(&reply.body[..reply.body.len().min(MASKED)]);
                let masked = self.redactor.text(&start);
                let end = masked.char_indices().nth(SHOWN).map_or(masked.len(), |(end, _)| end);
                let more = if end < masked.len() || reply.body.len() > MASKED { "…" } else { "" };
                let body = masked[..end].replace('\n', " ");
                let head = format!("elasticsearch: < {} in {ms} ms, {} bytes: ", reply.status, reply.body.len());
                self.say(&format!("{head}{body}{more}"));
            }
            Err(trouble) => self.say(&format!("elasticsearch: < {} after {ms} ms: {trouble}", trouble.kind)),
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer").field("redactor", &self.redactor).finish_non_exhaustive()
    }
}

pub(super) fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Put => "PUT",
        Method::Post => "POST",
        Method::Delete => "DELETE",
        Method::Head => "HEAD",
    }
}
