//! One exchange as an entry of a HAR file.

use serde_json::Number;

use super::build::HarOptions;
use super::model::{
    BeforeRequest, Cache, Content, Date, Entry, InitiatorDetail, NameValue, PostData, Request, Response,
    SecurityDetails, ServerEventMessage, Timings, WebSocketFrame,
};
use super::{cookies, url};
use crate::devtools::exchange::{Boxed, End, Exchange, WebSocket};
use crate::devtools::protocol::network::{Initiator, LoadingFailed, ResourceTiming};
use crate::devtools::protocol::{Field, Headers, Text, UnreadStack, network};

/// Ties the browser's monotonic clock to the time of day: by one request, so that what is far apart in a recording keeps
/// its distance when the time of day is set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    offset: Option<f64>,
}

impl Clock {
    /// Takes the first request that tells both.
    pub(super) fn see(&mut self, exchange: &Exchange<'_>) {
        if self.offset.is_none() && exchange.wall_time > 0.0 && exchange.request_at > 0.0 {
            self.offset = Some(exchange.wall_time - exchange.request_at);
        }
    }

    /// Seconds since the epoch.
    pub(super) fn wall(self, monotonic: f64) -> f64 {
        monotonic + self.offset.unwrap_or_default()
    }

    /// Microseconds since the epoch; 0 for what is no time of this calendar.
    pub(super) fn micros(self, monotonic: f64) -> i64 {
        let micros = whole(self.wall(monotonic) * 1e6);
        if jiff::Timestamp::from_microsecond(micros).is_ok() { micros } else { 0 }
    }
}

/// An entry, and what of it is needed to see where its connection was in use.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    pub(super) entry: Entry<'a>,
    /// The connection of HTTP/1.x that it had for itself.
    pub(super) exclusive: Option<i64>,
}

/// Milliseconds with three places; of those that no clock tells as many as can be added up.
pub(super) fn millis(ms: f64) -> f64 {
    let rounded = (ms.clamp(-1e12, 1e12) * 1000.0).round() / 1000.0;
    // No negative zero.
    if rounded == 0.0 || !rounded.is_finite() { 0.0 } else { rounded }
}

/// A number without its fraction.
#[expect(clippy::cast_possible_truncation, reason = "saturates; these are times and sizes")]
pub(super) fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn present(value: Option<Text<'_>>) -> Option<Text<'_>> {
    value.filter(|text| !text.is_empty())
}

/// Makes an entry of an exchange.
pub(super) fn draft(mut exchange: Boxed<'_>, clock: Clock, options: HarOptions) -> Draft<'_> {
    let timing = exchange.response.as_mut().and_then(|response| response.timing.take());
    let from_memory = exchange.from_memory_cache;
    let timings = timings(&exchange, timing.as_deref());
    let request_time = timing.as_ref().and_then(|timing| timing.request_time.number());
    // The timing of what came from memory is that of the time when it was loaded.
    let started = clock.micros(request_time.filter(|_| !from_memory).unwrap_or(exchange.request_at));
    let pushed = timing.as_ref().and_then(|timing| timing.push_start.number()).is_some_and(|start| start > 0.0);

    let initiator = std::mem::take(&mut exchange.initiator);
    let Asked { initiator: by, line, column, function_name, script_id } = asked(&initiator);
    let changed_priority = exchange.changed_priority.take();
    let initial_priority = exchange.request.initial_priority.take();
    let redirected = matches!(exchange.end, End::Redirected { .. });
    let mut request_id = std::mem::take(&mut exchange.request_id);
    if redirected {
        request_id.to_mut().push('r');
    }
    let resource_type = Some(exchange.resource_type.to_ascii_lowercase()).filter(|kind| !kind.is_empty());
    let render_blocking = exchange.render_blocking.take().map(|behavior| behavior.to_ascii_lowercase());
    let socket_messages = exchange.web_socket.take().map(|socket| frames(socket, clock));
    let server_events = exchange.server_events.take();
    let not_kept =
        [socket_messages.as_ref().map(|(_, not_kept)| *not_kept), server_events.as_ref().map(|events| events.not_kept)];
    let failed = match std::mem::take(&mut exchange.end) {
        End::Failed(failed) => Some(*failed),
        other => {
            exchange.end = other;
            None
        }
    };
    let aborted_at = failed.as_ref().and_then(|failed| failed.timestamp.number());
    let Failure { error, blocked_reason, cors_error } = failed.map(failure).unwrap_or_default();
    let unanswered = exchange.response.is_none();
    let comment = (unanswered && error.is_none()).then_some(match exchange.end {
        End::Open => "not answered before the recording ended",
        _ => "no response was told of",
    });

    let mut connection = None;
    let mut exclusive = None;
    let mut server_ip_address = None;
    let mut security_details = None;
    let mut cache = Cache::default();
    let mut from_cache = None;
    let mut via_service_worker = false;
    if let Some(response) = exchange.response.as_mut() {
        server_ip_address = present(response.remote_ip_address.take()).map(bare_address);
        via_service_worker = response.from_service_worker.is_true();
        let disk = response.from_disk_cache.is_true() && !response.from_early_hints.is_true();
        from_cache = if from_memory { Some("memory") } else { disk.then_some("disk") };
        if from_memory || (disk && timing.is_some() && !pushed) {
            cache.before_request = Some(BeforeRequest { last_access: Date(started), e_tag: "", hit_count: 0 });
        }
        let used = response.connection_id.integer().filter(|id| *id > 0 && from_cache.is_none() && !via_service_worker);
        connection = used.map(|id| id.to_string());
        exclusive = used.filter(|_| timing.is_some() && is_http1(response.protocol.text()));
        security_details = response.security_details.take().map(|details| agreed(*details));
    }
    let transfer = Transfer::of(&exchange, aborted_at.is_some());
    let (request, response) =
        (request(&mut exchange, options), response(&mut exchange, transfer, error.clone(), options));
    let entry = Entry {
        pageref: None,
        started_date_time: Date(started),
        time: timings.sum(),
        request,
        response,
        cache,
        timings,
        server_ip_address,
        connection,
        comment,
        request_id,
        resource_type,
        priority: changed_priority.or_else(|| initial_priority.clone()),
        initial_priority,
        render_blocking,
        initiator_type: present(initiator.kind.get().cloned()),
        initiator_detail: initiator.kind.get().is_some().then_some(InitiatorDetail(initiator)),
        initiator: by,
        initiator_line: line,
        initiator_column: column,
        initiator_function_name: function_name,
        initiator_script_id: script_id,
        request_time,
        was_pushed: pushed.then_some(1),
        from_cache,
        fetched_via_service_worker: via_service_worker,
        chunks: Vec::new(),
        web_socket_messages: socket_messages.map(|(messages, _)| messages),
        event_source_messages: server_events.map(|events| {
            let messages = events.messages.into_iter();
            let listed = messages.map(|message| ServerEventMessage {
                time: clock.wall(message.at),
                event_name: message.name,
                event_id: message.id,
                data: message.data,
            });
            listed.collect()
        }),
        messages_not_kept: not_kept.into_iter().flatten().find(|not_kept| *not_kept > 0),
        error,
        blocked_reason,
        cors_error,
        security_details,
    };
    Draft { entry, exclusive }
}

/// The phases of an exchange and their sum, ms: those of its entry.
pub fn phases(exchange: &Exchange<'_>) -> (Timings, f64) {
    let timing = exchange.response.as_ref().and_then(|response| response.timing.get());
    let timings = timings(exchange, timing.map(|timing| &**timing));
    (timings, timings.sum())
}

/// chrome-har's phases, of which none is negative here.
fn timings(exchange: &Exchange<'_>, timing: Option<&ResourceTiming>) -> Timings {
    let ended_at = match &exchange.end {
        End::Open | End::Redirected { .. } => None,
        End::Finished { at, .. } | End::Closed { at } => Some(*at),
        End::Failed(failed) => Some(failed.timestamp.number().unwrap_or(exchange.request_at)),
    };
    let none = Timings {
        blocked: -1.0,
        dns: -1.0,
        connect: -1.0,
        send: 0.0,
        wait: 0.0,
        receive: 0.0,
        ssl: -1.0,
        queued: None,
        comment: None,
    };
    let between = |from: f64, to: f64| millis(((to - from) * 1000.0).max(0.0));
    let Some((timing, request_time)) = timing.and_then(|timing| Some((timing, timing.request_time.number()?))) else {
        let comment = Some("the browser told no phases: these are the moments at which it told of the request");
        let begun = exchange.request_at;
        return match (exchange.response_at, ended_at) {
            (Some(answered), ended) => Timings {
                wait: between(begun, answered),
                receive: ended.map_or(0.0, |ended| between(answered, ended)),
                comment,
                ..none
            },
            (None, Some(ended)) => Timings { blocked: between(begun, ended), comment, ..none },
            (None, None) => Timings { comment, ..none },
        };
    };
    let of = |field: &Field<Number>| field.number().filter(|ms| ms.is_finite());
    let span = |start: &Field<Number>, end: &Field<Number>| match (of(start), of(end)) {
        (Some(start), Some(end)) if start >= 0.0 => millis((end - start).max(0.0)),
        _ => -1.0,
    };
    let first = [&timing.dns_start, &timing.connect_start, &timing.send_start];
    let blocked = first.into_iter().filter_map(of).find(|ms| *ms >= 0.0).map_or(-1.0, millis);
    let connect = span(&timing.connect_start, &timing.connect_end);
    let ssl = span(&timing.ssl_start, &timing.ssl_end);
    let sent = of(&timing.send_end).unwrap_or_default();
    let answered = of(&timing.receive_headers_end).unwrap_or(sent);
    let receive = ended_at.map_or(0.0, |at| millis(((at - request_time) * 1000.0 - answered).max(0.0)));
    let queued = millis((request_time - exchange.request_at) * 1000.0);
    Timings {
        blocked,
        dns: span(&timing.dns_start, &timing.dns_end),
        connect,
        send: millis((sent - of(&timing.send_start).unwrap_or(sent)).max(0.0)),
        wait: millis((answered - sent).max(0.0)),
        receive,
        ssl: if connect < 0.0 { -1.0 } else { ssl.min(connect) },
        queued: Some(queued).filter(|queued| *queued > 0.0 && !exchange.from_memory_cache),
        comment: None,
    }
}

/// How many bytes went over the wire.
#[derive(Clone, Copy)]
struct Transfer {
    /// With headers; -1 when not known.
    total: i64,
    /// `total` is what was received until the end.
    ended: bool,
}

impl Transfer {
    fn of(exchange: &Exchange<'_>, failed: bool) -> Self {
        let answered = || {
            let response = exchange.response.as_ref()?;
            response.encoded_data_length.number().map(whole)
        };
        match exchange.end {
            End::Finished { encoded, .. } if encoded >= 0.0 => Self { total: whole(encoded), ended: true },
            _ if failed => {
                let received =
                    answered().unwrap_or_default().max(i64::try_from(exchange.body.encoded).unwrap_or(i64::MAX));
                Self { total: received, ended: false }
            }
            _ => Self { total: answered().unwrap_or(-1), ended: false },
        }
    }
}

fn request<'a>(exchange: &mut Exchange<'a>, options: HarOptions) -> Request<'a> {
    let (http_version, refined, refined_text) = match exchange.response.as_mut() {
        Some(response) => (
            http_version(response),
            response.request_headers.take(),
            response.request_headers_text.get().map(|text| text.len()),
        ),
        None => (Text::default(), None, None),
    };
    let asked = &mut exchange.request;
    let on_wire = exchange.request_extra.as_mut().and_then(|extra| extra.headers.take());
    let told = asked.headers.take();
    let headers = on_wire.or_else(|| Some(refined.or(told)?.read())).unwrap_or_default();
    let url = url::escaped(asked.url.get().unwrap_or(&Text::Borrowed("")), asked.url_fragment.text());
    let method = asked.method.take().unwrap_or_default();
    let headers_size = match refined_text {
        Some(length) => size(length),
        None if is_http1(&http_version) => {
            let first = method.len() + url.len() + http_version.len() + 4;
            size(first + headers_length(&headers))
        }
        None => -1,
    };
    let body = exchange.request_body.take().or_else(|| asked.post_data.take());
    let body_size =
        body.as_ref().map_or_else(|| if asked.has_post_data.is_true() { -1 } else { 0 }, |body| size(body.len()));
    let post_data = body.filter(|body| options.request_bodies && !body.is_empty()).map(|body| {
        let mime_type: Text<'a> = headers.value("content-type").unwrap_or_default().to_owned().into();
        if mime_type.starts_with("application/x-www-form-urlencoded") {
            PostData { mime_type, params: Some(url::form(&body)), text: None }
        } else {
            PostData { mime_type, params: None, text: Some(body) }
        }
    });
    Request {
        method,
        query_string: url::query(&url),
        url,
        http_version,
        cookies: header(&headers, "cookie").map(cookies::sent).unwrap_or_default(),
        headers: listed(headers),
        post_data,
        headers_size,
        body_size,
        is_link_preload: asked.is_link_preload.is_true(),
    }
}

fn response<'a>(
    exchange: &mut Exchange<'a>,
    transfer: Transfer,
    error: Option<Text<'a>>,
    options: HarOptions,
) -> Response<'a> {
    let early_hints = exchange.early_hints.take().map(listed);
    let mut extra = exchange.response_extra.take();
    let on_wire = extra.as_mut().and_then(|extra| extra.headers.take());
    let Some(mut response) = exchange.response.take() else {
        // What came over the wire may be known even when the page was not given it (CORS).
        let headers = on_wire.unwrap_or_default();
        return Response {
            status: 0,
            status_text: Text::default(),
            http_version: Text::default(),
            cookies: header(&headers, "set-cookie").map(cookies::set).unwrap_or_default(),
            redirect_url: header(&headers, "location").cloned().unwrap_or_default(),
            headers: listed(headers),
            content: Content {
                size: exchange.body.decoded,
                compression: None,
                mime_type: "x-unknown".into(),
                charset: None,
                text: None,
                encoding: None,
            },
            headers_size: -1,
            body_size: -1,
            transfer_size: transfer.total.max(0),
            from_disk_cache: false,
            from_early_hints: false,
            from_service_worker: false,
            from_prefetch_cache: false,
            wire_status: extra.and_then(|extra| extra.status_code.integer()),
            early_hints,
            error,
        };
    };
    let status = response.status.integer().unwrap_or_default();
    let http_version = http_version(&response);
    let status_text = response.status_text.take().unwrap_or_default();
    let text = [extra.as_ref().map(|extra| &extra.headers_text), Some(&response.headers_text)];
    let text_length = text.into_iter().flatten().find_map(Field::get).map(|text| text.len());
    let headers = on_wire.or_else(|| Some(response.headers.take()?.read())).unwrap_or_default();
    let headers_size = if is_http1(&http_version) {
        let first = http_version.len() + status_text.len() + 9;
        size(text_length.unwrap_or_else(|| first + headers_length(&headers)))
    } else {
        -1
    };
    let body_size = if transfer.ended {
        // Of what the browser answered itself there are headers, but they were not on the wire.
        (transfer.total - headers_size.max(0)).max(0)
    } else {
        -1
    };
    let (content_text, encoding) = match exchange.body.content.take().filter(|_| options.response_bodies) {
        Some((text, base64)) => (Some(text), base64.then_some("base64")),
        None => (None, None),
    };
    let content_size = match (&content_text, encoding) {
        (Some(text), None) if exchange.body.decoded == 0 => text.len() as u64,
        _ => exchange.body.decoded,
    };
    let saved = u64::try_from(body_size).ok().and_then(|body_size| content_size.checked_sub(body_size));
    Response {
        status,
        status_text,
        http_version,
        cookies: header(&headers, "set-cookie").map(cookies::set).unwrap_or_default(),
        redirect_url: header(&headers, "location").cloned().unwrap_or_default(),
        headers: listed(headers),
        content: Content {
            size: content_size,
            compression: saved.filter(|saved| *saved > 0),
            mime_type: response.mime_type.take().unwrap_or_default(),
            charset: present(response.charset.take()),
            text: content_text,
            encoding,
        },
        headers_size,
        body_size,
        transfer_size: transfer.total,
        from_disk_cache: response.from_disk_cache.is_true(),
        from_early_hints: response.from_early_hints.is_true(),
        from_service_worker: response.from_service_worker.is_true(),
        from_prefetch_cache: response.from_prefetch_cache.is_true(),
        wire_status: extra.and_then(|extra| extra.status_code.integer()).filter(|wire| *wire != status),
        early_hints,
        error,
    }
}

/// Why an exchange failed.
#[derive(Default)]
struct Failure<'a> {
    error: Option<Text<'a>>,
    blocked_reason: Option<Text<'a>>,
    cors_error: Option<Text<'a>>,
}

fn failure(mut failed: LoadingFailed<'_>) -> Failure<'_> {
    let error = present(failed.error_text.take());
    Failure {
        error: Some(error.unwrap_or_else(|| if failed.canceled.is_true() { "canceled" } else { "failed" }.into())),
        blocked_reason: present(failed.blocked_reason.take()),
        cors_error: failed.cors_error_status.take().and_then(|mut status| present(status.cors_error.take())),
    }
}

/// The initiator in chrome-har's fields.
#[derive(Default)]
struct Asked<'a> {
    initiator: Option<Text<'a>>,
    line: Option<i64>,
    column: Option<i64>,
    function_name: Option<Text<'a>>,
    script_id: Option<Text<'a>>,
}

fn asked<'a>(initiator: &Initiator<'a>) -> Asked<'a> {
    let from_1 = |number: &Field<Number>| number.integer().map(|number| number.saturating_add(1));
    let kind = initiator.kind.text();
    let call = initiator.stack.get().filter(|_| kind == "script").and_then(UnreadStack::first_call);
    match (kind, call) {
        (_, Some(mut call)) => Asked {
            initiator: call.url.take(),
            line: from_1(&call.line_number),
            column: from_1(&call.column_number),
            function_name: call.function_name.take(),
            script_id: call.script_id.take(),
        },
        ("parser" | "script", None) => {
            Asked { initiator: initiator.url.get().cloned(), line: from_1(&initiator.line_number), ..Asked::default() }
        }
        _ => Asked::default(),
    }
}

fn frames(socket: WebSocket<'_>, clock: Clock) -> (Vec<WebSocketFrame<'_>>, u64) {
    let messages = socket.messages.into_iter().map(|message| WebSocketFrame {
        kind: if message.sent { "send" } else { "receive" },
        time: clock.wall(message.at),
        opcode: message.opcode,
        data: message.data,
    });
    let errors =
        socket.errors.into_iter().map(|error| WebSocketFrame { kind: "error", time: 0.0, opcode: -1, data: error });
    (messages.chain(errors).collect(), socket.not_kept)
}

fn agreed(mut details: network::SecurityDetails<'_>) -> SecurityDetails<'_> {
    SecurityDetails {
        protocol: details.protocol.take().unwrap_or_default(),
        cipher: details.cipher.take().unwrap_or_default(),
        subject_name: details.subject_name.take().unwrap_or_default(),
        issuer: details.issuer.take().unwrap_or_default(),
        valid_from: details.valid_from.number().unwrap_or_default(),
        valid_to: details.valid_to.number().unwrap_or_default(),
    }
}

/// The protocol that was spoken. Of web sockets only the first line of the answer tells it.
fn http_version<'a>(response: &network::Response<'a>) -> Text<'a> {
    if let Some(protocol) = response.protocol.get() {
        return protocol.clone();
    }
    let first = response.headers_text.text().split(' ').next().unwrap_or_default();
    if first.starts_with("HTTP/") { first.to_ascii_lowercase().into() } else { Text::default() }
}

/// Whether a connection is used by one request at a time.
fn is_http1(version: &str) -> bool {
    version.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http/1."))
}

/// Without the brackets of an IPv6 address.
fn bare_address(address: Text<'_>) -> Text<'_> {
    match address.strip_prefix('[').and_then(|address| address.strip_suffix(']')) {
        Some(bare) => bare.to_owned().into(),
        None => address,
    }
}

fn header<'h, 'a>(headers: &'h Headers<'a>, name: &str) -> Option<&'h Text<'a>> {
    headers.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.get())
}

/// Several headers of one name are one in the protocol, joined by newlines.
fn listed(headers: Headers<'_>) -> Vec<NameValue<'_>> {
    let texts = headers.0.into_iter().filter_map(|(name, value)| Some(NameValue { name, value: value.into_option()? }));
    // In the same memory.
    let listed: Vec<_> = texts.collect();
    let is_joined = |header: &NameValue<'_>| memchr::memchr(b'\n', header.value.as_bytes()).is_some();
    if !listed.iter().any(is_joined) {
        return listed;
    }
    let mut split = Vec::with_capacity(listed.len() + 8);
    for NameValue { name, value } in listed {
        split.extend(value.split('\n').map(|line| NameValue { name: name.clone(), value: line.to_owned().into() }));
    }
    split
}

/// Bytes of headers as HTTP/1.x writes them, with the empty line.
fn headers_length(headers: &Headers<'_>) -> usize {
    headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum::<usize>() + 2
}

fn size(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
