//! What a cluster answered.

use bytes::Bytes;
use elasticsearch::http::headers::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reasons of servers can be as long as a document; this much says enough.
const LONGEST_REASON: usize = 400;

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

    /// The value of a header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What the server gives for a refusal, `type: reason` of its `error`, else the beginning of the body.
    pub fn reason(&self) -> String {
        let error = self.json::<Value>().ok().map(|mut body| body["error"].take());
        let reason = match &error {
            Some(Value::Object(error)) => {
                let text = |name| error.get(name).and_then(Value::as_str).unwrap_or_default();
                format!("{}: {}", text("type"), text("reason"))
            }
            Some(Value::String(error)) => error.clone(),
            _ => String::from_utf8_lossy(&self.body).split_whitespace().collect::<Vec<_>>().join(" "),
        };
        match reason.char_indices().nth(LONGEST_REASON) {
            Some((end, _)) => format!("{}…", &reason[..end]),
            None => reason,
        }
    }

    /// For a status that is none of success: node, status, the server's reason and what to do, on one line.
    pub fn problem(&self) -> Option<String> {
        if self.is_success() {
            return None;
        }
        let advice = match self.status {
            401 => "; check ELASTIC_HTTP_AUTH or CANARYTRACE_ELASTIC_API_KEY",
            403 => {
                "; the role of the user or API key does not allow it (canarytrace install --print-roles shows what \
                 each has to allow)"
            }
            407 => "; the proxy wants credentials, in CANARYTRACE_ELASTIC_PROXY",
            413 => "; the server takes no request as large as this, see CANARYTRACE_BATCH_BYTES",
            502..=504 if self.is_of_a_gateway() => "; that is a proxy before the cluster: is a node behind it up?",
            _ => "",
        };
        Some(format!("{} answers {}: {}{advice}", self.node, self.status, self.reason()))
    }

    /// Whether a proxy before the cluster says that it can't reach it: no product of ours stands in the headers.
    pub(super) fn is_of_a_gateway(&self) -> bool {
        let of_cluster = super::dialect::product_of(&self.headers).is_some();
        matches!(self.status, 502..=504) && !of_cluster
    }
}
