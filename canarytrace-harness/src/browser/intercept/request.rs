//! A request that the browser wants to send.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::record::Failure;

/// A request of a page: one that the browser wants to send, as a [route](super::Route) sees it (`Fetch.requestPaused`),
/// or one that it has sent (`Network.requestWillBeSent`).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The whole URL, without its fragment.
    pub url: String,
    /// `GET`, `POST` …
    pub method: String,
    /// What is sent with it as far as the page says it; cookies are added later.
    pub headers: Vec<(String, String)>,
    /// What it is for: `Document`, `Script`, `Stylesheet`, `Image`, `XHR`, `Fetch`, `Other` … (`Network.ResourceType`;
    /// Chromium calls a `fetch` `XHR`).
    pub resource_type: String,
    /// The body; `None` when it has none, or one that the browser streams from elsewhere, such as a file.
    pub body: Option<Vec<u8>>,
}

impl Request {
    /// As `Fetch.requestPaused` or `Network.requestWillBeSent` tells it.
    pub(crate) fn read(params: &Value) -> Self {
        let text = |path: &str| params.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let request = &params["request"];
        let headers = request["headers"].as_object().into_iter().flatten();
        Self {
            url: text("/request/url"),
            method: text("/request/method"),
            headers: headers
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect(),
            resource_type: params["resourceType"].as_str().map_or_else(|| text("/type"), str::to_owned),
            body: body(request),
        }
    }

    /// The value of a header, whose name may be in upper or lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body.as_deref().unwrap_or_default()).into_owned()
    }

    /// The body read as JSON.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`](crate::record::FailureKind::Assertion) when it is none of that type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(self.body.as_deref().unwrap_or_default()).map_err(|error| {
            let text = format!("the body of {} {} is no JSON that can be read: {error}", self.method, self.url);
            Failure::new(crate::record::FailureKind::Assertion, text)
        })
    }
}

pub(super) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Each part of a body that the browser has at hand comes in base64; `postData` is text, and leaves out large ones.
fn body(request: &Value) -> Option<Vec<u8>> {
    if let Some(entries) = request["postDataEntries"].as_array() {
        let parts = entries.iter().map(|entry| STANDARD.decode(entry["bytes"].as_str()?).ok());
        if let Some(parts) = parts.collect::<Option<Vec<_>>>() {
            return Some(parts.concat());
        }
    }
    request["postData"].as_str().map(|text| text.as_bytes().to_owned())
}
