//! Dataset `request-log`: what the browser asked for, and what came of it.
//!
//! Names and units are the protocol's where the original took them from there. Its `response.shouldReportCorbBlocking` is
//! left out: Chromium sends it no more.

use std::collections::BTreeMap;

use super::document::{Absent, Field, Mapping, document};
use super::target::TargetRef;
use super::truncated::Truncated;

/// Headers by their names in lower case, dots of names as `_`. Several of one name are one, joined by newlines.
pub type HeaderMap = BTreeMap<String, String>;

macro_rules! headers {
    ($($name:literal: $doc:literal,)+) => {
        &[$( Field { name: $name, mapping: Mapping::TextKeyword, doc: $doc }, )+]
    };
}

/// The headers of requests that are indexed.
pub const REQUEST_HEADERS: &[Field] = headers! {
    "accept": "Media types that the browser takes.",
    "accept-language": "Languages that the browser prefers.",
    "content-length": "Length of the body, bytes.",
    "content-type": "Media type of the body.",
    "origin": "Origin of the page that asks, in requests across origins.",
    "referer": "URL of the page that asks.",
    "user-agent": "What the browser says it is.",
};

/// The headers of responses that are indexed.
pub const RESPONSE_HEADERS: &[Field] = headers! {
    "access-control-allow-origin": "Origins whose pages may read the answer.",
    "age": "How long a cache on the way has had it, s.",
    "cache-control": "How long and by whom it may be kept.",
    "content-encoding": "Compression of the body: gzip, br, zstd.",
    "content-length": "Length of the body over the wire, bytes.",
    "content-security-policy": "What the page may load and do.",
    "content-type": "Media type of the body.",
    "etag": "Version of the content.",
    "expires": "Until when it may be kept.",
    "last-modified": "When the content changed last.",
    "link": "What belongs to the answer, or is worth loading early.",
    "location": "Where a redirect leads to.",
    "server": "What the server says it is.",
    "server-timing": "What the server measured of its own work.",
    "strict-transport-security": "For how long only HTTPS is to be used.",
    "vary": "Headers of the request that the answer depends on.",
    "via": "Proxies and caches on the way.",
    "x-cache": "Whether a cache on the way had it.",
};

document! {
    /// What made the page ask (`Network.Initiator`).
    pub struct Initiator {
        /// parser, script, preload, `SignedExchange`, preflight, `FedCM` or other.
        kind: Option<String> => "type": Mapping::Keyword,
        /// The document or script that asked; of scripts without one, that of the innermost call with a URL.
        url: Option<String> => "url": Mapping::TextRaw,
        /// Line in it, from 0.
        line_number: Option<i64> => "lineNumber": Mapping::Long,
        /// Column in it, from 0.
        column_number: Option<i64> => "columnNumber": Mapping::Long,
    }
}

document! {
    /// What was asked (`Network.requestWillBeSent`).
    pub struct LoggedRequest {
        /// The protocol's id of the request.
        request_id: String => "requestId": Mapping::Keyword,
        /// When the browser made it, s since an arbitrary point in the past (`MonotonicTime`).
        timestamp: f64 => "timestamp": Mapping::Double,
        /// The same moment, s since the epoch.
        wall_time: Option<f64> => "wallTime": Mapping::Double,
        /// What made the page ask.
        initiator: Initiator => "initiator": Mapping::Object(Initiator::FIELDS),
        /// Whether the redirect that led to this request tells its headers as they came over the wire.
        redirect_has_extra_info: Option<bool> => "redirectHasExtraInfo": Mapping::Boolean,
        /// Document, Stylesheet, Image, Script, XHR, Fetch, `WebSocket`, Other …
        kind: Option<String> => "type": Mapping::Keyword,
        /// HTTP method.
        method: String => "method": Mapping::Keyword,
        /// Headers, as they went over the wire where the browser says so; credentials are masked.
        headers: HeaderMap => "headers": Mapping::OpenObject(REQUEST_HEADERS),
        /// How many headers there were; the document has at most 200 of them.
        headers_count: u64 => "headersCount": Mapping::Long,
        /// Priority that it began with: `VeryLow`, Low, Medium, High or `VeryHigh`.
        initial_priority: Option<String> => "initialPriority": Mapping::Keyword,
        /// Priority that it had in the end.
        priority: Option<String> => "priority": Mapping::Keyword,
        /// Whether it goes to the site of the page that asks.
        is_same_site: Option<bool> => "isSameSite": Mapping::Boolean,
        /// The body, as far as it is text.
        post_data: Option<String> => "postData": Mapping::TextRaw,
        /// What `POST_DATA_PATH` picks from the body: a text as it is, everything else as JSON.
        post_data_parsed: Option<String> => "postDataParsed": Mapping::TextKeyword,
    }
}

impl Absent for Initiator {}
impl Absent for LoggedRequest {}
impl Absent for HarTimings {}

document! {
    /// When the connection did what, ms since `requestTime`; -1 for what did not happen (`Network.ResourceTiming`).
    pub struct Timing {
        /// The zero of all others, s since an arbitrary point in the past (`MonotonicTime`).
        request_time: Option<f64> => "requestTime": Mapping::Double,
        /// Proxy resolution began.
        proxy_start: Option<f64> => "proxyStart": Mapping::Double,
        /// Proxy resolution ended.
        proxy_end: Option<f64> => "proxyEnd": Mapping::Double,
        /// Name lookup began.
        dns_start: Option<f64> => "dnsStart": Mapping::Double,
        /// Name lookup ended.
        dns_end: Option<f64> => "dnsEnd": Mapping::Double,
        /// Connecting began.
        connect_start: Option<f64> => "connectStart": Mapping::Double,
        /// The connection stood.
        connect_end: Option<f64> => "connectEnd": Mapping::Double,
        /// The TLS handshake began.
        ssl_start: Option<f64> => "sslStart": Mapping::Double,
        /// The TLS handshake ended.
        ssl_end: Option<f64> => "sslEnd": Mapping::Double,
        /// The service worker was started.
        worker_start: Option<f64> => "workerStart": Mapping::Double,
        /// The service worker was ready.
        worker_ready: Option<f64> => "workerReady": Mapping::Double,
        /// The service worker's fetch event began.
        worker_fetch_start: Option<f64> => "workerFetchStart": Mapping::Double,
        /// The service worker's answer was settled.
        worker_respond_with_settled: Option<f64> => "workerRespondWithSettled": Mapping::Double,
        /// Sending began.
        send_start: Option<f64> => "sendStart": Mapping::Double,
        /// Sending ended.
        send_end: Option<f64> => "sendEnd": Mapping::Double,
        /// The server began to push it.
        push_start: Option<f64> => "pushStart": Mapping::Double,
        /// The server had pushed it.
        push_end: Option<f64> => "pushEnd": Mapping::Double,
        /// The first byte of the headers came.
        receive_headers_start: Option<f64> => "receiveHeadersStart": Mapping::Double,
        /// The last byte of the headers came.
        receive_headers_end: Option<f64> => "receiveHeadersEnd": Mapping::Double,
    }
}

document! {
    /// What was answered (`Network.Response`).
    pub struct LoggedResponse {
        /// The protocol's id of the request.
        request_id: String => "requestId": Mapping::Keyword,
        /// When its headers were there, s since an arbitrary point in the past (`MonotonicTime`).
        timestamp: Option<f64> => "timestamp": Mapping::Double,
        /// HTTP status, as the page sees it.
        status: Option<i64> => "status": Mapping::Code,
        /// HTTP status as it came over the wire: 304 where the page sees 200.
        wire_status: Option<i64> => "wireStatus": Mapping::Code,
        /// Text of the status line; HTTP/2 and later have none.
        status_text: Option<String> => "statusText": Mapping::Keyword,
        /// Headers, as they came over the wire where the browser says so; cookies are masked.
        headers: HeaderMap => "headers": Mapping::OpenObject(RESPONSE_HEADERS),
        /// How many headers there were; the document has at most 200 of them.
        headers_count: u64 => "headersCount": Mapping::Long,
        /// Media type as the browser determined it.
        mime_type: Option<String> => "mimeType": Mapping::Keyword,
        /// Whether the connection had served another request before.
        connection_reused: Option<bool> => "connectionReused": Mapping::Boolean,
        /// The protocol's id of the connection.
        connection_id: Option<i64> => "connectionId": Mapping::Long,
        /// Address of the server.
        remote_ip_address: Option<String> => "remoteIPAddress": Mapping::Ip,
        /// Port of the server.
        remote_port: Option<i64> => "remotePort": Mapping::Long,
        /// Whether it came from the cache on disk.
        from_disk_cache: Option<bool> => "fromDiskCache": Mapping::Boolean,
        /// Whether a service worker answered.
        from_service_worker: Option<bool> => "fromServiceWorker": Mapping::Boolean,
        /// Whether it had been prefetched.
        from_prefetch_cache: Option<bool> => "fromPrefetchCache": Mapping::Boolean,
        /// Where a service worker had the answer from: cache-storage, http-cache, fallback-code or network.
        service_worker_response_source: Option<String> => "serviceWorkerResponseSource": Mapping::Keyword,
        /// Bytes over the wire when the headers were there.
        encoded_data_length: Option<i64> => "encodedDataLength": Mapping::Long,
        /// Bytes over the wire in the end, headers included.
        total_encoded_data_length: Option<i64> => "totalEncodedDataLength": Mapping::Long,
        /// When the connection did what.
        timing: Option<Timing> => "timing": Mapping::Object(Timing::FIELDS),
        /// When the response was made, ms since the epoch: of a cached one, when it was stored.
        response_time: Option<f64> => "responseTime": Mapping::Double,
        /// http/1.1, h2, h3, data, blob …
        protocol: Option<String> => "protocol": Mapping::Keyword,
        /// secure, insecure, neutral, insecure-broken or unknown.
        security_state: Option<String> => "securityState": Mapping::Keyword,
    }
}

document! {
    /// Phases of the request as HAR 1.2 has them, ms; -1 for what did not happen.
    pub struct HarTimings {
        /// Waited for a connection.
        blocked: f64 => "blocked": Mapping::Double,
        /// Name lookup.
        dns: f64 => "dns": Mapping::Double,
        /// Connecting, TLS included.
        connect: f64 => "connect": Mapping::Double,
        /// Sending the request.
        send: f64 => "send": Mapping::Double,
        /// Until the first byte of the answer.
        wait: f64 => "wait": Mapping::Double,
        /// From the first byte of the answer to its last.
        receive: f64 => "receive": Mapping::Double,
        /// TLS handshake, a part of `connect`.
        ssl: f64 => "ssl": Mapping::Double,
        /// What there is to say about these times.
        comment: Option<String> => "comment": Mapping::Keyword,
        /// All phases together.
        time: f64 => "time": Mapping::Double,
    }
}

document! {
    /// Frames that went one way over a web socket.
    pub struct FrameCount {
        /// How many.
        count: u64 => "count": Mapping::Long,
        /// Bytes of their payloads.
        bytes: u64 => "bytes": Mapping::Long,
    }
}

impl Absent for FrameCount {}

document! {
    /// What went over a web socket.
    pub struct LoggedWebSocket {
        /// By the page.
        sent: FrameCount => "sent": Mapping::Object(FrameCount::FIELDS),
        /// By the server.
        received: FrameCount => "received": Mapping::Object(FrameCount::FIELDS),
        /// What went wrong, the first of it.
        errors: Vec<String> => "errors": Mapping::Keyword,
    }
}

document! {
    /// The TLS connection and the server's certificate (`Network.SecurityDetails`).
    pub struct LoggedTls {
        /// Protocol: TLS 1.3.
        protocol: Option<String> => "protocol": Mapping::Keyword,
        /// Cipher: `AES_128_GCM`.
        cipher: Option<String> => "cipher": Mapping::Keyword,
        /// Whom the certificate was given to.
        subject: Option<String> => "subject": Mapping::Keyword,
        /// Who gave it.
        issuer: Option<String> => "issuer": Mapping::Keyword,
        /// From when it is valid, ms since the epoch.
        valid_from: Option<i64> => "validFrom": Mapping::Date,
        /// Until when it is valid, ms since the epoch.
        valid_to: Option<i64> => "validTo": Mapping::Date,
    }
}

document! {
    /// A request of the browser, with its answer and timings; one document a redirect too.
    pub struct RequestLog = "request-log" {
        /// The protocol's id of the request; redirects share it.
        request_id: String => "requestId": Mapping::Keyword,
        /// Title of the step in which it began.
        context: Option<String> => "context": Mapping::KeywordKeyword,
        /// What was asked for; of `data:` URLs the beginning.
        url: String => "url": Mapping::TextRaw,
        /// finished, redirected, failed, blocked, open (not answered completely when the recording ended) or closed (a
        /// web socket).
        outcome: &'static str => "outcome": Mapping::Keyword,
        /// Why it failed: `net::ERR_CONNECTION_REFUSED`.
        error_text: Option<String> => "errorText": Mapping::Keyword,
        /// Whether the page or the browser gave it up.
        canceled: Option<bool> => "canceled": Mapping::Boolean,
        /// What blocked it: csp, mixed-content, inspector, origin, subresource-filter …
        blocked_reason: Option<String> => "blockedReason": Mapping::Keyword,
        /// Why another origin's answer was kept from the page: `MissingAllowOriginHeader` …
        cors_error: Option<String> => "corsError": Mapping::Keyword,
        /// How many redirects came before it.
        redirect_index: u32 => "redirectIndex": Mapping::Long,
        /// Whether it was answered from the memory of the page's process, without the network.
        from_memory_cache: bool => "fromMemoryCache": Mapping::Boolean,
        /// Bytes of the body after decompression, as far as it came.
        body_size: u64 => "bodySize": Mapping::Long,
        /// Part of the browser that asked.
        target: Option<TargetRef> => "target": Mapping::Object(TargetRef::FIELDS),
        /// The protocol's id of the frame that asked; workers have none.
        frame_id: Option<String> => "frameId": Mapping::Keyword,
        /// URL of the document that asked.
        document_url: Option<String> => "documentURL": Mapping::TextRaw,
        /// The id that the request carried to the server, by which its traces are found.
        trace_id: Option<String> => "traceId": Mapping::Keyword,
        /// What was asked.
        request: LoggedRequest => "request": Mapping::Object(LoggedRequest::FIELDS),
        /// Headers of `103 Early Hints`, which came before the answer.
        early_hints: Option<HeaderMap> => "earlyHints": Mapping::OpenObject(RESPONSE_HEADERS),
        /// What was answered.
        response: Option<LoggedResponse> => "response": Mapping::Object(LoggedResponse::FIELDS),
        /// Phases of the request.
        har: HarTimings => "har": Mapping::Object(HarTimings::FIELDS),
        /// Of a web socket: what went over it.
        web_socket: Option<LoggedWebSocket> => "webSocket": Mapping::Object(LoggedWebSocket::FIELDS),
        /// The TLS connection.
        tls: Option<LoggedTls> => "tls": Mapping::Object(LoggedTls::FIELDS),
        /// Texts that were cut.
        truncated: Option<Vec<Truncated>> => "truncated": Mapping::Object(Truncated::FIELDS),
    }
}
