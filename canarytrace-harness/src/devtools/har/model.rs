//! What a HAR file consists of (HAR 1.2, and the custom fields of chrome-har and DevTools, which begin with `_`).

use std::borrow::Cow;

use jiff::fmt::temporal::DateTimePrinter;
use serde::{Serialize, Serializer};

use crate::devtools::protocol::Text;
use crate::devtools::protocol::network::Initiator;

/// A HAR file.
#[derive(Clone, Debug, Serialize)]
pub struct Har<'a> {
    /// Its root.
    pub log: Log<'a>,
}

/// The root of a HAR file.
#[derive(Clone, Debug, Serialize)]
pub struct Log<'a> {
    /// `1.2`.
    pub version: &'static str,
    /// Who wrote it.
    pub creator: Creator,
    /// The documents that were loaded.
    pub pages: Vec<Page<'a>>,
    /// The requests, in the order in which they began.
    pub entries: Vec<Entry<'a>>,
    /// What was left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Who wrote a file.
#[derive(Clone, Debug, Serialize)]
pub struct Creator {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Microseconds since the epoch, written as ISO 8601 to the microsecond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub i64);

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        static PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(6));
        let date = jiff::Timestamp::from_microsecond(self.0).unwrap_or_default();
        serializer.serialize_str(&PRINTER.timestamp_to_string(&date))
    }
}

/// What made the page ask, as the browser told of it, written as a text of JSON.
#[derive(Clone, Debug)]
pub struct InitiatorDetail<'a>(pub Initiator<'a>);

impl Serialize for InitiatorDetail<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let json = serde_json::to_string(&self.0).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&json)
    }
}

/// A document that was loaded into the root frame of a tab.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<'a> {
    /// `page_1` …
    pub id: String,
    /// ISO 8601.
    pub started_date_time: Date,
    /// Its URL.
    pub title: Text<'a>,
    /// Its timings.
    pub page_timings: PageTimings,
}

/// When a page was ready, in ms since it was started.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PageTimings {
    /// `DOMContentLoaded`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_content_load: Option<f64>,
    /// `load`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_load: Option<f64>,
}

/// A request and what came of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<'a> {
    /// The page it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pageref: Option<String>,
    /// ISO 8601, to the microsecond: requests follow one another on a connection within fractions of a millisecond.
    pub started_date_time: Date,
    /// The sum of its phases, ms.
    pub time: f64,
    /// The request.
    pub request: Request<'a>,
    /// The response.
    pub response: Response<'a>,
    /// What a cache had of it.
    pub cache: Cache,
    /// Its phases.
    pub timings: Timings,
    /// Address of the server or the proxy.
    #[serde(rename = "serverIPAddress", skip_serializing_if = "Option::is_none")]
    pub server_ip_address: Option<Text<'a>>,
    /// The connection that was used; none for what came from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// What else there is to say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'static str>,
    /// `requestId`, with an `r` for each redirect that came of it.
    #[serde(rename = "_requestId")]
    pub request_id: Text<'a>,
    /// In lower case.
    #[serde(rename = "_resourceType", skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<String>,
    /// Its first priority.
    #[serde(rename = "_initialPriority", skip_serializing_if = "Option::is_none")]
    pub initial_priority: Option<Text<'a>>,
    /// Its last priority.
    #[serde(rename = "_priority", skip_serializing_if = "Option::is_none")]
    pub priority: Option<Text<'a>>,
    /// Whether it held up the first paint, in lower case.
    #[serde(rename = "_renderBlocking", skip_serializing_if = "Option::is_none")]
    pub render_blocking: Option<String>,
    /// `parser`, `script`, `other` …
    #[serde(rename = "_initiator_type", skip_serializing_if = "Option::is_none")]
    pub initiator_type: Option<Text<'a>>,
    /// The initiator as the browser told of it, as JSON.
    #[serde(rename = "_initiator_detail", skip_serializing_if = "Option::is_none")]
    pub initiator_detail: Option<InitiatorDetail<'a>>,
    /// URL of the initiator.
    #[serde(rename = "_initiator", skip_serializing_if = "Option::is_none")]
    pub initiator: Option<Text<'a>>,
    /// Its line, from 1.
    #[serde(rename = "_initiator_line", skip_serializing_if = "Option::is_none")]
    pub initiator_line: Option<i64>,
    /// Its column, from 1.
    #[serde(rename = "_initiator_column", skip_serializing_if = "Option::is_none")]
    pub initiator_column: Option<i64>,
    /// The function that asked.
    #[serde(rename = "_initiator_function_name", skip_serializing_if = "Option::is_none")]
    pub initiator_function_name: Option<Text<'a>>,
    /// Its script.
    #[serde(rename = "_initiator_script_id", skip_serializing_if = "Option::is_none")]
    pub initiator_script_id: Option<Text<'a>>,
    /// `requestTime` of the browser's timing: seconds.
    #[serde(rename = "_requestTime", skip_serializing_if = "Option::is_none")]
    pub request_time: Option<f64>,
    /// 1 if the server pushed it before it was asked for.
    #[serde(rename = "_was_pushed", skip_serializing_if = "Option::is_none")]
    pub was_pushed: Option<u8>,
    /// `memory` or `disk`.
    #[serde(rename = "_fromCache", skip_serializing_if = "Option::is_none")]
    pub from_cache: Option<&'static str>,
    /// A service worker answered.
    #[serde(rename = "_fetchedViaServiceWorker", skip_serializing_if = "std::ops::Not::not")]
    pub fetched_via_service_worker: bool,
    /// Pieces of the body as they came.
    #[serde(rename = "_chunks", skip_serializing_if = "Vec::is_empty")]
    pub chunks: Vec<Chunk>,
    /// Frames of a web socket, in DevTools' form.
    #[serde(rename = "_webSocketMessages", skip_serializing_if = "Option::is_none")]
    pub web_socket_messages: Option<Vec<WebSocketFrame<'a>>>,
    /// Messages of an `EventSource`, in DevTools' form.
    #[serde(rename = "_eventSourceMessages", skip_serializing_if = "Option::is_none")]
    pub event_source_messages: Option<Vec<ServerEventMessage<'a>>>,
    /// How many more messages there were than are listed.
    #[serde(rename = "_messagesNotKept", skip_serializing_if = "Option::is_none")]
    pub messages_not_kept: Option<u64>,
    /// Why it failed.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub error: Option<Text<'a>>,
    /// Why the browser blocked it.
    #[serde(rename = "_blockedReason", skip_serializing_if = "Option::is_none")]
    pub blocked_reason: Option<Text<'a>>,
    /// Why cross-origin rules forbade it.
    #[serde(rename = "_corsError", skip_serializing_if = "Option::is_none")]
    pub cors_error: Option<Text<'a>>,
    /// The certificate and what was agreed on, of the response.
    #[serde(rename = "_securityDetails", skip_serializing_if = "Option::is_none")]
    pub security_details: Option<SecurityDetails<'a>>,
}

/// What was asked.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// `GET` …; empty when nobody said.
    pub method: Text<'a>,
    /// With its fragment.
    pub url: Text<'a>,
    /// `h2`, `http/1.1` …; empty when there was no answer.
    pub http_version: Text<'a>,
    /// Those that were sent.
    pub cookies: Vec<Cookie<'a>>,
    /// Those that were sent.
    pub headers: Vec<NameValue<'a>>,
    /// Decoded.
    pub query_string: Vec<NameValue<'a>>,
    /// Its body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_data: Option<PostData<'a>>,
    /// Bytes; -1 when not known.
    pub headers_size: i64,
    /// Bytes; -1 when not known.
    pub body_size: i64,
    /// It was preloaded.
    #[serde(rename = "_isLinkPreload", skip_serializing_if = "std::ops::Not::not")]
    pub is_link_preload: bool,
}

/// A body that was sent.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostData<'a> {
    /// Its type.
    pub mime_type: Text<'a>,
    /// Of a form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<Vec<NameValue<'a>>>,
    /// Of anything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text<'a>>,
}

/// What was answered.
#[expect(clippy::struct_excessive_bools, reason = "they are chrome-har's fields")]
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response<'a> {
    /// 0 when there was no answer.
    pub status: i64,
    /// What HTTP/1.x says beside it.
    pub status_text: Text<'a>,
    /// As in the request.
    pub http_version: Text<'a>,
    /// Those that it set.
    pub cookies: Vec<Cookie<'a>>,
    /// As they came over the wire.
    pub headers: Vec<NameValue<'a>>,
    /// The body.
    pub content: Content<'a>,
    /// `Location`.
    #[serde(rename = "redirectURL")]
    pub redirect_url: Text<'a>,
    /// Bytes of HTTP/1.x; -1 when not known.
    pub headers_size: i64,
    /// Bytes over the wire; -1 when not known.
    pub body_size: i64,
    /// Bytes over the wire, with headers.
    #[serde(rename = "_transferSize")]
    pub transfer_size: i64,
    /// The cache on disk had it.
    #[serde(rename = "fromDiskCache")]
    pub from_disk_cache: bool,
    /// It was announced by `103 Early Hints`.
    pub from_early_hints: bool,
    /// A service worker answered.
    pub from_service_worker: bool,
    /// It had been prefetched.
    pub from_prefetch_cache: bool,
    /// The status on the wire where the browser made another of it: 304 of what was validated.
    #[serde(rename = "_wireStatus", skip_serializing_if = "Option::is_none")]
    pub wire_status: Option<i64>,
    /// Headers of `103 Early Hints`.
    #[serde(rename = "_earlyHints", skip_serializing_if = "Option::is_none")]
    pub early_hints: Option<Vec<NameValue<'a>>>,
    /// Why it failed.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    pub error: Option<Text<'a>>,
}

/// The body of a response.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Content<'a> {
    /// Bytes, decompressed.
    pub size: u64,
    /// Bytes that compression saved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<u64>,
    /// Its type.
    pub mime_type: Text<'a>,
    /// Its charset.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charset: Option<Text<'a>>,
    /// The content, when bodies are wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text<'a>>,
    /// `base64`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<&'static str>,
}

/// A cookie.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cookie<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its value.
    pub value: Cow<'a, str>,
    /// The path it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<Cow<'a, str>>,
    /// The host it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Cow<'a, str>>,
    /// ISO 8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Scripts don't see it. Only of cookies that were set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_only: Option<bool>,
    /// Only by HTTPS. Only of cookies that were set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secure: Option<bool>,
    /// `Strict`, `Lax`, `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_site: Option<Cow<'a, str>>,
}

/// A header or a parameter.
#[derive(Clone, Debug, Serialize)]
pub struct NameValue<'a> {
    /// Its name.
    pub name: Text<'a>,
    /// Its value.
    pub value: Text<'a>,
}

/// What a cache had.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cache {
    /// Before the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_request: Option<BeforeRequest>,
}

/// What a cache had before a request. The browser says no more than that it had it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BeforeRequest {
    /// When it was asked.
    pub last_access: Date,
    /// Empty.
    pub e_tag: &'static str,
    /// 0.
    pub hit_count: u8,
}

/// The phases of an entry, ms; -1 for those that don't apply. `ssl` is part of `connect`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Timings {
    /// Waiting for a connection.
    pub blocked: f64,
    /// Resolving the name.
    pub dns: f64,
    /// Connecting.
    pub connect: f64,
    /// Sending.
    pub send: f64,
    /// Waiting for the headers of the response.
    pub wait: f64,
    /// Receiving the body.
    pub receive: f64,
    /// Agreeing on TLS.
    pub ssl: f64,
    /// Before all that: from the page's asking until the browser took it up.
    #[serde(rename = "_queued", skip_serializing_if = "Option::is_none")]
    pub queued: Option<f64>,
    /// Where they are from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<&'static str>,
}

impl Timings {
    /// The sum of the phases, ms.
    pub fn sum(&self) -> f64 {
        let phases = [self.blocked, self.dns, self.connect, self.send, self.wait, self.receive];
        let sum: f64 = phases.iter().map(|ms| ms.max(0.0)).sum();
        (sum * 1000.0).round() / 1000.0
    }
}

/// A piece of a body.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Chunk {
    /// When it came, in ms since the page was started.
    pub ts: f64,
    /// Bytes, decompressed.
    pub bytes: u64,
}

/// A frame of a web socket.
#[derive(Clone, Debug, Serialize)]
pub struct WebSocketFrame<'a> {
    /// `send` or `receive`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Seconds since the epoch.
    pub time: f64,
    /// RFC 6455: 1 is text, 2 is binary; -1 of an error.
    pub opcode: i64,
    /// Text, or base64 of binary data.
    pub data: Text<'a>,
}

/// A message of an `EventSource`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerEventMessage<'a> {
    /// Seconds since the epoch.
    pub time: f64,
    /// Its type.
    pub event_name: Text<'a>,
    /// Its id.
    pub event_id: Text<'a>,
    /// Its data.
    pub data: Text<'a>,
}

/// What TLS agreed on, with the protocol's names.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SecurityDetails<'a> {
    /// `TLS 1.3` …
    pub protocol: Text<'a>,
    /// The cipher.
    pub cipher: Text<'a>,
    /// Whom the certificate is for.
    pub subject_name: Text<'a>,
    /// Who issued it.
    pub issuer: Text<'a>,
    /// Seconds since the epoch.
    pub valid_from: f64,
    /// Seconds since the epoch.
    pub valid_to: f64,
}
