//! Dataset `request-log` from exchanges.

use std::borrow::Cow;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::cut::{Cutter, LONG, SHORT};
use crate::devtools::exchange::{End, Exchange, Frames};
use crate::devtools::har::phases;
use crate::devtools::protocol::network::{self, ResourceTiming, SecurityDetails};
use crate::devtools::protocol::{Field, Headers, Text, UnreadHeaders, UnreadStack};
use crate::record::request_log::{
    FrameCount, HarTimings, HeaderMap, Initiator, LoggedRequest, LoggedResponse, LoggedTls, LoggedWebSocket, Timing,
};
use crate::record::{Metric, PostDataPath, RequestLog, TargetRef};

/// A `data:` URL is its content: its beginning tells what it is, bytes.
const DATA_URL: usize = 1024;

/// All headers of one message, bytes of values; and how many.
const ALL_HEADERS: usize = 64 * 1024;
const MOST_HEADERS: usize = 200;

/// Errors of a web socket.
const MOST_ERRORS: usize = 10;

/// What a document says beside its exchange.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around<'c> {
    /// Title of the step in which the request began.
    pub context: Option<&'c str>,
    /// The part of the browser that asked.
    pub target: Option<&'c TargetRef>,
    /// What is picked from the body (`POST_DATA_PATH`).
    pub post_data_path: Option<&'c PostDataPath>,
    /// The request header with the trace id (`TRACE_ID_NAME`), beside `traceparent`.
    pub trace_id_name: Option<&'c str>,
}

/// The figures of a request, for budgets.
pub fn figures(document: &RequestLog) -> Vec<(Metric, f64)> {
    let response = document.response.as_ref();
    let refused = response.and_then(|response| response.status).is_some_and(|status| status >= 400);
    let mut figures = vec![(Metric::Requests, 1.0)];
    if refused || matches!(document.outcome, "failed" | "blocked") {
        figures.push((Metric::FailedRequests, 1.0));
    }
    if let Some(bytes) = response.and_then(|response| response.total_encoded_data_length) {
        #[expect(clippy::cast_precision_loss, reason = "no answer has 2^52 bytes")]
        figures.push((Metric::Transfer, bytes as f64));
    }
    figures
}

/// The document of an exchange.
pub fn request_log(exchange: &Exchange<'_>, around: &Around<'_>) -> RequestLog {
    let mut cutter = Cutter::default();
    let failed = match &exchange.end {
        End::Failed(failed) => Some(failed),
        _ => None,
    };
    let outcome = match &exchange.end {
        End::Open => "open",
        End::Redirected { .. } => "redirected",
        End::Finished { .. } => "finished",
        End::Failed(failed) if !failed.blocked_reason.text().is_empty() => "blocked",
        End::Failed(_) => "failed",
        End::Closed { .. } => "closed",
    };
    let cors = failed.and_then(|failed| failed.cors_error_status.get());
    let document = RequestLog {
        request_id: short(&exchange.request_id, "requestId", &mut cutter),
        context: around.context.and_then(|context| cutter.cut_some("context", context, SHORT)),
        url: url(&exchange.request.url, "url", &mut cutter).unwrap_or_default(),
        outcome,
        error_text: failed.and_then(|failed| cutter.cut_some("errorText", failed.error_text.text(), SHORT)),
        canceled: failed.map(|failed| failed.canceled.is_true()),
        blocked_reason: failed.and_then(|failed| cutter.cut_some("blockedReason", failed.blocked_reason.text(), SHORT)),
        cors_error: cors.and_then(|cors| cutter.cut_some("corsError", cors.cors_error.text(), SHORT)),
        redirect_index: exchange.redirects_before,
        from_memory_cache: exchange.from_memory_cache,
        body_size: exchange.body.decoded,
        target: around.target.cloned(),
        frame_id: exchange.frame_id.as_deref().and_then(|id| cutter.cut_some("frameId", id, SHORT)),
        document_url: cutter.cut_some("documentURL", &exchange.document_url, LONG),
        trace_id: trace_id(exchange, around.trace_id_name).map(|id| short(&id, "traceId", &mut cutter)),
        request: request(exchange, around, &mut cutter),
        early_hints: exchange.early_hints.as_ref().map(|hints| headers(hints, "earlyHints", &mut cutter)),
        response: exchange.response.as_ref().map(|answer| response(answer, exchange, &mut cutter)),
        har: har(exchange),
        web_socket: exchange.web_socket.as_ref().map(|socket| LoggedWebSocket {
            sent: count(socket.sent),
            received: count(socket.received),
            errors: socket
                .errors
                .iter()
                .take(MOST_ERRORS)
                .map(|error| cutter.cut("webSocket.errors", error, SHORT))
                .collect(),
        }),
        tls: exchange
            .response
            .as_ref()
            .and_then(|answer| answer.security_details.get())
            .map(|details| tls(details, &mut cutter)),
        truncated: None,
    };
    RequestLog { truncated: cutter.into_truncated(), ..document }
}

fn short(text: &str, field: &str, cutter: &mut Cutter) -> String {
    cutter.cut(field, text, SHORT)
}

/// An exact value that is left out when it is empty.
fn exact(field: &Field<Text<'_>>, name: &str, cutter: &mut Cutter) -> Option<String> {
    cutter.cut_some(name, field.text(), SHORT)
}

fn url(url: &Field<Text<'_>>, name: &str, cutter: &mut Cutter) -> Option<String> {
    let url = url.text();
    let is_data = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    cutter.cut_some(name, url, if is_data { DATA_URL } else { LONG })
}

fn boolean(field: &Field<bool>) -> Option<bool> {
    field.get().copied()
}

/// Headers as they went over the wire where the browser said so, else as it told them first.
fn sent_headers<'e, 'a>(exchange: &'e Exchange<'a>) -> Option<Cow<'e, Headers<'a>>> {
    let extra = exchange.request_extra.as_ref().and_then(|extra| extra.headers.get());
    wire_or_told(extra, &exchange.request.headers)
}

fn wire_or_told<'e, 'a>(
    wire: Option<&'e Headers<'a>>,
    told: &Field<UnreadHeaders<'a>>,
) -> Option<Cow<'e, Headers<'a>>> {
    let wire = wire.filter(|headers| !headers.0.is_empty()).map(Cow::Borrowed);
    wire.or_else(|| Some(Cow::Owned(told.get()?.read())))
}

fn request(exchange: &Exchange<'_>, around: &Around<'_>, cutter: &mut Cutter) -> LoggedRequest {
    let asked = &exchange.request;
    let sent = sent_headers(exchange);
    let body = exchange.request_body.as_deref().or(asked.post_data.get().map(|body| &**body));
    let parsed = body.zip(around.post_data_path).and_then(|(body, path)| pick(body, exchange, path));
    let priority = exchange.changed_priority.as_deref().or(asked.initial_priority.get().map(|priority| &**priority));
    LoggedRequest {
        request_id: short(&exchange.request_id, "request.requestId", cutter),
        timestamp: exchange.request_at,
        wall_time: (exchange.wall_time > 0.0).then_some(exchange.wall_time),
        initiator: initiator(&exchange.initiator, cutter),
        redirect_has_extra_info: exchange.redirect_has_extra_info,
        kind: cutter.cut_some("request.type", &exchange.resource_type, SHORT),
        method: short(asked.method.text(), "request.method", cutter),
        headers_count: sent.as_ref().map_or(0, |sent| sent.0.len() as u64),
        headers: sent.map(|sent| headers(&sent, "request.headers", cutter)).unwrap_or_default(),
        initial_priority: exact(&asked.initial_priority, "request.initialPriority", cutter),
        priority: priority.and_then(|priority| cutter.cut_some("request.priority", priority, SHORT)),
        is_same_site: boolean(&asked.is_same_site),
        post_data: body.map(|body| cutter.cut("request.postData", body, LONG)),
        post_data_parsed: parsed.map(|parsed| cutter.cut("request.postDataParsed", &parsed, LONG)),
    }
}

fn initiator(initiator: &network::Initiator<'_>, cutter: &mut Cutter) -> Initiator {
    let mut at = (initiator.url.text(), initiator.line_number.integer(), initiator.column_number.integer());
    let read = initiator.stack.get().filter(|_| at.0.is_empty()).map(UnreadStack::read);
    let mut stack = read.as_ref();
    while let Some(calls) = stack.filter(|_| at.0.is_empty()) {
        let frames = calls.call_frames.get().map_or(&[][..], Vec::as_slice);
        if let Some(frame) = frames.iter().filter_map(Field::get).find(|frame| !frame.url.text().is_empty()) {
            at = (frame.url.text(), frame.line_number.integer(), frame.column_number.integer());
        }
        stack = calls.parent.get().map(|parent| &**parent);
    }
    Initiator {
        kind: exact(&initiator.kind, "request.initiator.type", cutter),
        url: cutter.cut_some("request.initiator.url", at.0, LONG),
        line_number: at.1,
        column_number: at.2,
    }
}

fn response(answer: &network::Response<'_>, exchange: &Exchange<'_>, cutter: &mut Cutter) -> LoggedResponse {
    let extra = exchange.response_extra.as_ref();
    let received = wire_or_told(extra.and_then(|extra| extra.headers.get()), &answer.headers);
    let bytes = |bytes: Option<i64>| bytes.filter(|bytes| *bytes >= 0);
    let total = match &exchange.end {
        #[expect(clippy::cast_possible_truncation, reason = "bytes over the wire are far below 2^53")]
        End::Finished { encoded, .. } => Some(*encoded as i64),
        // The browser tells no other number of a redirect.
        End::Redirected { .. } => answer.encoded_data_length.integer(),
        _ => None,
    };
    // IPv6 addresses come in brackets as in URLs; of what came from a cache there is none.
    let address = answer.remote_ip_address.text().trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let port = answer.remote_port.integer().filter(|_| address.is_some());
    LoggedResponse {
        request_id: short(&exchange.request_id, "response.requestId", cutter),
        timestamp: exchange.response_at,
        status: answer.status.integer(),
        wire_status: extra.and_then(|extra| extra.status_code.integer()),
        status_text: exact(&answer.status_text, "response.statusText", cutter),
        headers_count: received.as_ref().map_or(0, |received| received.0.len() as u64),
        headers: received.map(|received| headers(&received, "response.headers", cutter)).unwrap_or_default(),
        mime_type: exact(&answer.mime_type, "response.mimeType", cutter),
        connection_reused: boolean(&answer.connection_reused),
        connection_id: answer.connection_id.integer(),
        remote_ip_address: address.map(|address| address.to_string()),
        remote_port: port,
        from_disk_cache: boolean(&answer.from_disk_cache),
        from_service_worker: boolean(&answer.from_service_worker),
        from_prefetch_cache: boolean(&answer.from_prefetch_cache),
        service_worker_response_source: exact(
            &answer.service_worker_response_source,
            "response.serviceWorkerResponseSource",
            cutter,
        ),
        encoded_data_length: bytes(answer.encoded_data_length.integer()),
        total_encoded_data_length: bytes(total),
        timing: answer.timing.get().map(|told| timing(told)),
        response_time: answer.response_time.number(),
        protocol: exact(&answer.protocol, "response.protocol", cutter),
        security_state: exact(&answer.security_state, "response.securityState", cutter),
    }
}

fn timing(timing: &ResourceTiming) -> Timing {
    Timing {
        request_time: timing.request_time.number(),
        proxy_start: timing.proxy_start.number(),
        proxy_end: timing.proxy_end.number(),
        dns_start: timing.dns_start.number(),
        dns_end: timing.dns_end.number(),
        connect_start: timing.connect_start.number(),
        connect_end: timing.connect_end.number(),
        ssl_start: timing.ssl_start.number(),
        ssl_end: timing.ssl_end.number(),
        worker_start: timing.worker_start.number(),
        worker_ready: timing.worker_ready.number(),
        worker_fetch_start: timing.worker_fetch_start.number(),
        worker_respond_with_settled: timing.worker_respond_with_settled.number(),
        send_start: timing.send_start.number(),
        send_end: timing.send_end.number(),
        push_start: timing.push_start.number(),
        push_end: timing.push_end.number(),
        receive_headers_start: timing.receive_headers_start.number(),
        receive_headers_end: timing.receive_headers_end.number(),
    }
}

/// The phases that the exchange has as an entry of a HAR file.
fn har(exchange: &Exchange<'_>) -> HarTimings {
    let (timings, time) = phases(exchange);
    HarTimings {
        blocked: timings.blocked,
        dns: timings.dns,
        connect: timings.connect,
        send: timings.send,
        wait: timings.wait,
        receive: timings.receive,
        ssl: timings.ssl,
        comment: timings.comment.map(str::to_owned),
        time,
    }
}

fn tls(details: &SecurityDetails<'_>, cutter: &mut Cutter) -> LoggedTls {
    // The protocol has seconds.
    let ms = |seconds: Option<i64>| seconds.and_then(|seconds| seconds.checked_mul(1000));
    LoggedTls {
        protocol: exact(&details.protocol, "tls.protocol", cutter),
        cipher: exact(&details.cipher, "tls.cipher", cutter),
        subject: exact(&details.subject_name, "tls.subject", cutter),
        issuer: exact(&details.issuer, "tls.issuer", cutter),
        valid_from: ms(details.valid_from.integer()),
        valid_to: ms(details.valid_to.integer()),
    }
}

fn count(frames: Frames) -> FrameCount {
    FrameCount { count: frames.count, bytes: frames.bytes }
}

/// A header's value, whatever JSON it came as.
fn value_of(value: &Field<Text<'_>>) -> String {
    match value {
        Field::Absent => String::new(),
        Field::Is(text) => text.to_string(),
        Field::Odd(other) => other.to_string(),
    }
}

fn headers(headers: &Headers<'_>, field: &str, cutter: &mut Cutter) -> HeaderMap {
    let mut map = HeaderMap::new();
    let mut left = ALL_HEADERS;
    for (name, value) in headers.0.iter().take(MOST_HEADERS) {
        // Elasticsearch would take a dot for an object.
        let name = cutter.cut(field, name, 256).to_lowercase().replace('.', "_");
        if name.is_empty() {
            continue;
        }
        let place = format!("{field}.{name}");
        let value = cutter.cut(&place, &value_of(value), LONG.min(left));
        left -= value.len();
        map.entry(name)
            .and_modify(|first| {
                first.push('\n');
                first.push_str(&value);
            })
            .or_insert(value);
    }
    map
}

fn header(headers: Option<&Headers<'_>>, name: &str) -> Option<String> {
    let (_, value) = headers?.0.iter().find(|(is, _)| is.eq_ignore_ascii_case(name))?;
    Some(value_of(value)).filter(|value| !value.is_empty())
}

/// The id that the request carried: that of the header `name`, or of W3C's `traceparent`.
fn trace_id(exchange: &Exchange<'_>, name: Option<&str>) -> Option<String> {
    let sent = sent_headers(exchange);
    if let Some(id) = name.and_then(|name| header(sent.as_deref(), name)) {
        return Some(id);
    }
    // version-traceid-parentid-flags; an id of zeros only is invalid (Trace Context, 3.2.2).
    let parent = header(sent.as_deref(), "traceparent")?;
    let id = parent.split('-').nth(1)?;
    let is_id =
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && id.bytes().any(|byte| byte != b'0');
    is_id.then(|| id.to_owned())
}

/// What `path` leads to in a body of JSON or of a form: a text as it is, everything else as JSON.
fn pick(body: &str, exchange: &Exchange<'_>, path: &PostDataPath) -> Option<String> {
    let is_form = header(sent_headers(exchange).as_deref(), "content-type")
        .or_else(|| header(exchange.request.headers.get().map(UnreadHeaders::read).as_ref(), "content-type"))
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    // JSON is often sent as text/plain: beacons have no other choice.
    let parsed = if is_form { form(body) } else { serde_json::from_str(body).ok()? };
    match path.pick(&parsed)? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The fields of a form; of several of one name, a list.
fn form(body: &str) -> Value {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
        let value = Value::String(value.into_owned());
        match fields.get_mut(&*name) {
            None => {
                fields.insert(name.into_owned(), value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = Value::Array(vec![first.take(), value]),
        }
    }
    Value::Object(fields)
}

#[cfg(test)]
mod tests;
