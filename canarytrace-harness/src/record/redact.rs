//! Masks secrets before anything is stored or shown.
//!
//! Two kinds of text are masked: the declared secrets wherever and however encoded they appear (`secrets`), and what
//! is a secret by the place it stands in, such as a bearer token or a field called password (`rules`).

mod decode;
mod html;
mod message;
mod rules;
mod secrets;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

pub(crate) use decode::percent_decode;
pub(crate) use rules::is_sensitive;
use secrets::Secrets;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// Top-level fields of a document that Canarytrace itself fills with fixed words and ids. A password such as `test`
/// must not turn `testEnd` into something that no query finds.
const STRUCTURAL: &[&str] = &["@timestamp", "attempt", "errType", "event", "fault", "timestamp", "uuid", "uuidAction"];

/// Masks declared secrets, and what is always one, in texts of every channel. Clones share their secrets.
///
/// A declared secret is found as it is, percent-encoded, form-encoded, escaped for JSON or HTML (also thrice) and in
/// base64 (also as the end of `user:secret`). Secrets of fewer than four characters are masked only where they stand
/// alone, between characters that are neither letters nor digits: masking every `1` would leave no record. JSON
/// numbers are kept: a figure can't be told from a secret that consists of digits.
#[derive(Clone, Default)]
pub struct Redactor {
    secrets: Arc<Secrets>,
}

impl Redactor {
    /// Masks these secrets; empty ones are ignored.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        Self { secrets: Arc::new(Secrets::new(secrets)) }
    }

    /// A redactor that masks these secrets too.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = SecretString>) -> Self {
        Self::new(self.secrets.declared().iter().cloned().chain(more))
    }

    /// The text with every secret replaced by `***`.
    pub fn text(&self, text: &str) -> String {
        mask(text, self.spans(text))
    }

    /// Masks every text of a JSON value, and whatever stands under a sensitive key (`authorization`, `set-cookie`,
    /// `apiToken`) or beside a sensitive `name`, as headers do in a HAR.
    pub fn json(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => self.object(fields, STRUCTURAL),
            other => self.value(other, false),
        }
    }

    /// The URL with user information, sensitive query parameters and secrets masked; fit also for what is no URL.
    pub fn url(&self, text: &str) -> String {
        let mut masked = self.text(text);
        // What a browser takes for user information although it does not look like it: user:pw@host, http:/u:p@host.
        let start = masked.find("://").map_or(0, |at| at + 3);
        let end = masked[start..].find(['/', '?', '#']).map_or(masked.len(), |at| start + at);
        if let Some(at) = masked[start..end].rfind('@') {
            masked.replace_range(start..start + at, MASK);
        }
        match Url::parse(&masked) {
            Ok(mut url) if url.password().is_some() || !matches!(url.username(), "" | MASK) => {
                // Neither can fail for a URL that has them already.
                let _ = url.set_password(None);
                let _ = url.set_username(MASK);
                url.to_string()
            }
            _ => masked,
        }
    }

    /// The HTML with secrets, values of password fields and tokens in hidden fields and metadata masked.
    pub fn html(&self, html: &str) -> String {
        let mut spans = self.spans(html);
        html::find(html, &mut spans);
        mask(html, spans)
    }

    fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        self.secrets.find(text, &mut spans);
        rules::find(text, &mut spans);
        spans
    }

    fn value(&self, value: &mut Value, sensitive: bool) {
        match value {
            Value::String(text) if sensitive && !text.is_empty() => MASK.clone_into(text),
            Value::String(text) => {
                let spans = self.spans(text);
                if !spans.is_empty() {
                    *text = mask(text, spans);
                }
            }
            Value::Number(_) if sensitive => *value = Value::String(MASK.to_owned()),
            Value::Array(items) => items.iter_mut().for_each(|item| self.value(item, sensitive)),
            Value::Object(fields) if sensitive => {
                fields.values_mut().for_each(|value| self.value(value, true));
                self.keys(fields);
            }
            Value::Object(fields) => self.object(fields, &[]),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn object(&self, fields: &mut Map<String, Value>, structural: &[&str]) {
        let named_sensitive = fields.get("name").and_then(Value::as_str).is_some_and(is_sensitive);
        for (key, value) in fields.iter_mut() {
            if !structural.contains(&key.as_str()) {
                self.value(value, is_sensitive(key) || (named_sensitive && key == "value"));
            }
        }
        self.keys(fields);
    }

    /// A page may use anything as a key. Only declared secrets are masked there.
    fn keys(&self, fields: &mut Map<String, Value>) {
        let is_secret = |key: &String| {
            let mut spans = Vec::new();
            self.secrets.find(key, &mut spans);
            !spans.is_empty()
        };
        let secret: Vec<String> = fields.keys().filter(|key| is_secret(key)).cloned().collect();
        for key in secret {
            if let Some(value) = fields.remove(&key) {
                fields.insert(self.text(&key), value);
            }
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} secrets)", self.secrets.declared().len())
    }
}

/// The text with `***` in the place of each span; spans that overlap or touch become one.
fn mask(text: &str, mut spans: Vec<Range<usize>>) -> String {
    spans.retain(|span| !span.is_empty());
    spans.sort_unstable_by_key(|span| span.start);
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    let mut spans = spans.into_iter().peekable();
    while let Some(mut span) = spans.next() {
        while let Some(next) = spans.next_if(|next| next.start <= span.end) {
            span.end = span.end.max(next.end);
        }
        masked.push_str(&text[done..span.start]);
        masked.push_str(MASK);
        done = span.end;
    }
    masked.push_str(&text[done..]);
    masked
}

#[cfg(test)]
mod tests;
