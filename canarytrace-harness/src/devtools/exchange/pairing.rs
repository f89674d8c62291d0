//! Pairs messages by their request id.

use std::collections::VecDeque;

use serde_json::Number;

use super::by_id::ById;
use super::chain::{Chain, Heard};
use super::model::{Body, End, Exchange, Frames, ServerEvent, ServerEvents, WebSocket, WebSocketMessage};
use crate::devtools::protocol::network::{
    DataReceived, EventSourceMessageReceived, Request, RequestWillBeSent, Response, ResponseReceived, WebSocketFrame,
    WebSocketHandshakeResponseReceived,
};
use crate::devtools::protocol::{Event, Field, Message, Text};

/// For so many messages an exchange that has ended is waited for what was announced.
const WAIT_MESSAGES: u64 = 5_000;

/// And for so many seconds of the messages' own clock.
const WAIT_SECONDS: f64 = 10.0;

/// So many request ids are remembered after their end, so that another session that tells of them tells nothing new.
const REMEMBERED: usize = 1_024;

/// Pieces of a body that are listed one by one.
const MAX_CHUNKS: usize = 1_000;

/// What of exchanges is kept and waited for.
#[derive(Clone, Copy, Debug)]
pub struct ExchangeOptions {
    /// Messages of one web socket or `EventSource` whose content is kept.
    pub kept_messages: usize,
    /// And at most so many bytes of their contents.
    pub kept_bytes: usize,
    /// Bodies of requests that were too long for their events will come (`Canarytrace.requestBody`): wait for them.
    pub await_request_bodies: bool,
    /// Bodies of responses will come (`Canarytrace.responseBody`): wait for them.
    pub await_response_bodies: bool,
}

impl Default for ExchangeOptions {
    fn default() -> Self {
        Self { kept_messages: 1_000, kept_bytes: 1 << 20, await_request_bodies: false, await_response_bodies: false }
    }
}

/// Puts exchanges together from messages in their order.
///
/// It holds what is in flight, what waits for an announced message (a bounded time) and a bounded number of ids that were
/// in use before.
#[derive(Clone, Debug, Default)]
pub struct Exchanges<'a> {
    options: ExchangeOptions,
    chains: ById<'a, Chain<'a>>,
    complete: Vec<Boxed<'a>>,
    waiting: VecDeque<Waiting<'a>>,
    gone: VecDeque<(Text<'a>, u64)>,
    /// The steps that are open, outermost first.
    steps: Vec<Text<'a>>,
    begun: u64,
    seen: u64,
    now: f64,
}

/// They are large: moved as a pointer.
pub(in crate::devtools) type Boxed<'a> = Box<Exchange<'a>>;

/// A chain that is looked at again at a certain time.
#[derive(Clone, Debug)]
struct Waiting<'a> {
    id: Text<'a>,
    generation: u64,
    until_seen: u64,
    until: f64,
}

impl<'a> Exchanges<'a> {
    /// With these options.
    pub fn new(options: ExchangeOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// How many exchanges began so far.
    pub fn begun(&self) -> u64 {
        self.begun
    }

    /// How many request ids are held: in flight, waited for, or remembered after their end.
    pub fn held(&self) -> usize {
        self.chains.len()
    }

    /// Takes the next message. Those that are about no request are ignored, but for the marks of steps.
    pub fn push(&mut self, message: Message<'a>) {
        self.seen += 1;
        let session = message.session_id;
        match message.event {
            Event::RequestWillBeSent(event) => self.request_will_be_sent(session, *event),
            Event::RequestWillBeSentExtraInfo(mut event) => {
                if let Some(id) = event.request_id.take() {
                    self.chain(&id).request_extra(session, *event);
                    self.settle(id);
                }
            }
            Event::ResponseReceived(event) => self.response_received(session.as_ref(), *event),
            Event::ResponseReceivedExtraInfo(mut event) => {
                if let Some(id) = event.request_id.take() {
                    self.chain(&id).response_extra(session, *event);
                    self.settle(id);
                }
            }
            Event::ResponseReceivedEarlyHints(mut event) => {
                if let (Some(id), hints) = (event.request_id.take(), event.headers.take()) {
                    let chain = self.chain(&id);
                    match chain.last() {
                        Some(hop) => hop.exchange.early_hints = hints,
                        None => chain.early_hints = hints,
                    }
                    self.settle(id);
                }
            }
            Event::DataReceived(event) => self.data_received(session.as_ref(), &event),
            Event::EventSourceMessageReceived(event) => self.event_source_message(session.as_ref(), *event),
            Event::LoadingFinished(mut event) => {
                let at = self.tick(&event.timestamp);
                let encoded = event.encoded_data_length.number().unwrap_or(-1.0);
                self.end(event.request_id.take(), End::Finished { at, encoded });
            }
            Event::LoadingFailed(mut event) => {
                self.tick(&event.timestamp);
                self.end(event.request_id.take(), End::Failed(event));
            }
            Event::RequestServedFromCache(event) => {
                if let Some(exchange) = self.exchange(&event.request_id) {
                    exchange.from_memory_cache = true;
                }
            }
            Event::ResourceChangedPriority(mut event) => {
                self.tick(&event.timestamp);
                if let Some(exchange) = self.exchange(&event.request_id) {
                    exchange.changed_priority = event.new_priority.take();
                }
            }
            Event::RequestBody(mut event) => {
                if let (Some(id), Some(body)) = (event.request_id.take(), event.post_data.take()) {
                    if let Some(exchange) = self.exchange_of(&id) {
                        exchange.request_body = Some(body);
                    }
                    self.settle_known(id);
                }
            }
            Event::ResponseBody(mut event) => {
                if let (Some(id), Some(body)) = (event.request_id.take(), event.body.take()) {
                    if let Some(exchange) = self.exchange_of(&id) {
                        exchange.body.content = Some((body, event.base64_encoded.is_true()));
                    }
                    self.settle_known(id);
                }
            }
            Event::StepStarted(mut event) => self.steps.extend(event.uuid_action.take()),
            Event::StepEnded(event) => {
                if let Some(ended) = event.uuid_action.get() {
                    self.steps.retain(|step| step != ended);
                }
            }
            event => self.socket(session, event),
        }
        self.give_up_waiting();
    }

    /// What is about web sockets and web transports.
    fn socket(&mut self, session: Option<Text<'a>>, event: Event<'a>) {
        match event {
            Event::WebSocketCreated(mut event) => {
                let url = event.url.take();
                self.open(session, event.request_id.take(), url, event.initiator.take(), &WEB_SOCKET);
            }
            Event::WebSocketWillSendHandshakeRequest(mut event) => {
                let at = self.tick(&event.timestamp);
                if let Some(exchange) = self.socket_exchange(session, &event.request_id) {
                    exchange.request_at = at;
                    exchange.wall_time = event.wall_time.number().unwrap_or_default();
                    exchange.request.headers = event.request.take().map(|request| request.headers).unwrap_or_default();
                }
            }
            Event::WebSocketHandshakeResponseReceived(event) => self.handshake(session, *event),
            Event::WebSocketFrameSent(event) => {
                let at = self.tick(&event.timestamp);
                self.frame(session, &event.request_id, true, at, event.response);
            }
            Event::WebSocketFrameReceived(event) => {
                let at = self.tick(&event.timestamp);
                self.frame(session, &event.request_id, false, at, event.response);
            }
            Event::WebSocketFrameError(mut event) => {
                self.tick(&event.timestamp);
                let kept = self.options.kept_messages;
                if let Some(exchange) = self.socket_exchange(session, &event.request_id) {
                    let errors = &mut exchange.web_socket.get_or_insert_default().errors;
                    if errors.len() < kept {
                        errors.extend(event.error_message.take());
                    }
                }
            }
            Event::WebSocketClosed(mut event) => {
                let at = self.tick(&event.timestamp);
                self.end(event.request_id.take(), End::Closed { at });
            }
            Event::WebTransportCreated(mut event) => {
                self.tick(&event.timestamp);
                let url = event.url.take();
                self.open(session, event.transport_id.take(), url, event.initiator.take(), &WEB_TRANSPORT);
            }
            Event::WebTransportConnectionEstablished(event) => {
                let at = self.tick(&event.timestamp);
                if let Some(exchange) = self.exchange(&event.transport_id) {
                    exchange.response_at = Some(at);
                }
            }
            Event::WebTransportClosed(mut event) => {
                let at = self.tick(&event.timestamp);
                self.end(event.transport_id.take(), End::Closed { at });
            }
            _ => {}
        }
    }

    /// The exchanges that nothing more is expected of, in the order in which they ended, and forgets them.
    pub fn take_complete(&mut self) -> Vec<Exchange<'a>> {
        self.complete.drain(..).map(|exchange| *exchange).collect()
    }

    /// All that are left, complete or not, in the order in which they began.
    pub fn finish(self) -> Vec<Exchange<'a>> {
        self.finish_boxed().into_iter().map(|exchange| *exchange).collect()
    }

    /// [`take_complete`](Self::take_complete) for those who don't want them moved: they are large.
    pub(in crate::devtools) fn complete(&mut self) -> &mut Vec<Boxed<'a>> {
        &mut self.complete
    }

    /// [`finish`](Self::finish), likewise.
    pub(in crate::devtools) fn finish_boxed(mut self) -> Vec<Boxed<'a>> {
        let mut left = self.complete;
        for chain in self.chains.values_mut() {
            left.extend(std::iter::from_fn(|| chain.take_first()));
        }
        left.sort_by_key(|exchange| exchange.number);
        left
    }

    /// The moment of a message, which is the latest one known where it names none.
    fn tick(&mut self, timestamp: &Field<Number>) -> f64 {
        match timestamp.number() {
            Some(at) => {
                self.now = self.now.max(at);
                at
            }
            None => self.now,
        }
    }

    fn chain(&mut self, id: &Text<'a>) -> &mut Chain<'a> {
        let generation = self.seen;
        self.chains.entry(id.clone()).or_insert_with(|| Chain::new(generation))
    }

    fn exchange(&mut self, id: &Field<Text<'a>>) -> Option<&mut Exchange<'a>> {
        self.exchange_of(id.get()?)
    }

    fn exchange_of(&mut self, id: &str) -> Option<&mut Exchange<'a>> {
        Some(&mut *self.chains.get_mut(id)?.last()?.exchange)
    }

    /// Begins an exchange, the next hop of its chain.
    fn begin(&mut self, id: &Text<'a>, mut exchange: Exchange<'a>) {
        exchange.number = self.begun;
        self.begun += 1;
        exchange.request_id.clone_from(id);
        exchange.step = self.steps.last().cloned();
        self.chain(id).begin(exchange);
    }

    fn request_will_be_sent(&mut self, session: Option<Text<'a>>, mut event: RequestWillBeSent<'a>) {
        let at = self.tick(&event.timestamp);
        let Some(id) = event.request_id.take() else { return };
        let request = event.request.take().map(|request| *request).unwrap_or_default();
        let redirect = event.redirect_response.take();
        let extra = event.redirect_has_extra_info.get().copied();
        let chain = self.chain(&id);
        if chain.begun > 0 {
            match chain.hear(session.as_ref(), redirect.is_some(), request.url.text(), at) {
                Heard::Again => return,
                Heard::NextHop => {}
                Heard::Anew => self.forget(&id),
            }
        } else if let Some(redirect) = &redirect {
            // The recording began after it.
            let before = of_response(session.clone(), redirect, at);
            self.begin(&id, before);
        }
        if let Some(redirect) = redirect {
            self.chain(&id).redirect(redirect, at, extra);
        }
        let exchange = Exchange {
            session_id: session,
            loader_id: event.loader_id.take().filter(|loader| !loader.is_empty()),
            frame_id: event.frame_id.take(),
            document_url: event.document_url.take().unwrap_or_default(),
            resource_type: event.kind.take().unwrap_or_default(),
            request,
            request_at: at,
            wall_time: event.wall_time.number().unwrap_or_default(),
            initiator: event.initiator.take().unwrap_or_default(),
            render_blocking: event.render_blocking_behavior.take(),
            redirect_has_extra_info: extra,
            ..Exchange::default()
        };
        self.begin(&id, exchange);
        self.settle(id);
    }

    fn response_received(&mut self, session: Option<&Text<'a>>, mut event: ResponseReceived<'a>) {
        let at = self.tick(&event.timestamp);
        let (Some(id), Some(response)) = (event.request_id.take(), event.response.take()) else { return };
        let chain = self.chain(&id);
        if chain.is_gone() {
            return;
        }
        if chain.begun == 0 {
            let mut exchange = of_response(session.cloned(), &response, at);
            exchange.loader_id = event.loader_id.take().filter(|loader| !loader.is_empty());
            exchange.frame_id = event.frame_id.take();
            exchange.resource_type = event.kind.take().unwrap_or_default();
            self.begin(&id, exchange);
        } else if let (Some(hop), Some(kind)) = (chain.last(), event.kind.take()) {
            // What it is is known for sure only now: a navigation may have become a download.
            if hop.exchange.resource_type.is_empty() {
                hop.exchange.resource_type = kind;
            }
        }
        self.chain(&id).answer(session, response, Some(at), event.has_extra_info.get().copied());
        self.settle(id);
    }

    fn data_received(&mut self, session: Option<&Text<'a>>, event: &DataReceived<'a>) {
        let at = self.tick(&event.timestamp);
        let Some(id) = event.request_id.get() else { return };
        let Some(exchange) = self.chains.get_mut(id).and_then(|chain| chain.body_from(session)) else { return };
        let Body { decoded, encoded, pieces, chunks, last_at, .. } = &mut exchange.body;
        let length = bytes(&event.data_length);
        *decoded = decoded.saturating_add(length);
        *encoded = encoded.saturating_add(bytes(&event.encoded_data_length));
        *pieces += 1;
        *last_at = Some(at);
        if chunks.len() < MAX_CHUNKS {
            chunks.push((at, length));
        }
    }

    fn event_source_message(&mut self, session: Option<&Text<'a>>, mut event: EventSourceMessageReceived<'a>) {
        let at = self.tick(&event.timestamp);
        let ExchangeOptions { kept_messages, kept_bytes, .. } = self.options;
        let Some(id) = event.request_id.get() else { return };
        let Some(exchange) = self.chains.get_mut(id).and_then(|chain| chain.body_from(session)) else { return };
        let ServerEvents { received, messages, not_kept } = exchange.server_events.get_or_insert_default();
        let data = event.data.take().unwrap_or_default();
        if room(received, data.len() as u64, kept_messages, kept_bytes) {
            messages.push(ServerEvent {
                at,
                name: event.event_name.take().unwrap_or_default(),
                id: event.event_id.take().unwrap_or_default(),
                data,
            });
        } else {
            *not_kept += 1;
        }
    }

    fn end(&mut self, id: Option<Text<'a>>, end: End<'a>) {
        let Some(id) = id else { return };
        if let Some(chain) = self.chains.get_mut(&id) {
            chain.end(end);
            self.settle(id);
        }
    }

    /// Opens a socket or a transport, whose URL is not known when it was open before the recording began.
    fn open(
        &mut self,
        session: Option<Text<'a>>,
        id: Option<Text<'a>>,
        url: Option<Text<'a>>,
        initiator: Option<crate::devtools::protocol::network::Initiator<'a>>,
        kind: &Kind,
    ) {
        let Some(id) = id else { return };
        let again = self.chains.get_mut(&id).filter(|chain| chain.begun > 0).map(|chain| {
            let url = url.as_deref().unwrap_or_default();
            let told = chain.last().is_some_and(|hop| hop.exchange.session_id == session);
            let other = chain.last().is_some_and(|hop| hop.exchange.request.url.text() != url);
            chain.is_gone() || (told && other)
        });
        match again {
            Some(false) => return,
            Some(true) => self.forget(&id),
            None => {}
        }
        let request = Request { url: url.into(), method: Field::Is(kind.method.into()), ..Request::default() };
        let exchange = Exchange {
            session_id: session,
            resource_type: kind.resource_type.into(),
            request,
            request_at: self.now,
            initiator: initiator.unwrap_or_default(),
            web_socket: kind.frames.then(WebSocket::default),
            ..Exchange::default()
        };
        self.begin(&id, exchange);
    }

    fn socket_exchange(&mut self, session: Option<Text<'a>>, id: &Field<Text<'a>>) -> Option<&mut Exchange<'a>> {
        let id = id.get()?;
        match self.chains.get(id) {
            Some(chain) if chain.begun > 0 => {}
            _ => self.open(session, Some(id.clone()), None, None, &WEB_SOCKET),
        }
        self.exchange_of(id)
    }

    fn handshake(&mut self, session: Option<Text<'a>>, mut event: WebSocketHandshakeResponseReceived<'a>) {
        let at = self.tick(&event.timestamp);
        let response = event.response.take().unwrap_or_default();
        let Some(exchange) = self.socket_exchange(session, &event.request_id) else { return };
        exchange.response_at = Some(at);
        exchange.response = Some(Box::new(Response {
            url: exchange.request.url.clone(),
            status: response.status,
            status_text: response.status_text,
            headers: response.headers,
            headers_text: response.headers_text,
            request_headers: response.request_headers,
            request_headers_text: response.request_headers_text,
            ..Response::default()
        }));
    }

    fn frame(
        &mut self,
        session: Option<Text<'a>>,
        id: &Field<Text<'a>>,
        sent: bool,
        at: f64,
        frame: Field<WebSocketFrame<'a>>,
    ) {
        let ExchangeOptions { kept_messages, kept_bytes, .. } = self.options;
        let teller = session.clone();
        if self.socket_exchange(session, id).is_none() {
            return;
        }
        let Some(chain) = id.get().and_then(|id| self.chains.get_mut(id)) else { return };
        let Some(exchange) = chain.body_from(teller.as_ref()) else { return };
        let frame = frame.into_option().unwrap_or_default();
        let data = frame.payload_data.into_option().unwrap_or_default();
        let opcode = frame.opcode.integer().unwrap_or(1);
        let length = if opcode == 1 { data.len() } else { decoded_length(&data) } as u64;
        let socket = exchange.web_socket.get_or_insert_default();
        let before = Frames {
            count: socket.sent.count + socket.received.count,
            bytes: socket.sent.bytes.saturating_add(socket.received.bytes),
        };
        let keep = room(&mut { before }, length, kept_messages, kept_bytes);
        let frames = if sent { &mut socket.sent } else { &mut socket.received };
        frames.count += 1;
        frames.bytes = frames.bytes.saturating_add(length);
        if keep {
            socket.messages.push(WebSocketMessage { sent, at, opcode, data });
        } else {
            socket.not_kept += 1;
        }
    }

    /// Another request has this id now.
    fn forget(&mut self, id: &Text<'a>) {
        let Some(mut chain) = self.chains.remove(id) else { return };
        while let Some(exchange) = chain.take_first() {
            self.complete.push(exchange);
        }
    }

    fn settle_known(&mut self, id: Text<'a>) {
        if self.chains.contains_key(&id) {
            self.settle(id);
        }
    }

    /// Hands out what is complete of a chain, and sees to it that nothing is waited for forever.
    fn settle(&mut self, id: Text<'a>) {
        let bodies = (self.options.await_request_bodies, self.options.await_response_bodies);
        let Some(chain) = self.chains.get_mut(&id) else { return };
        let mut handed_out = false;
        while chain.first_is_complete(bodies)
            && let Some(exchange) = chain.take_first()
        {
            self.complete.push(exchange);
            handed_out = true;
        }
        if chain.is_gone() {
            if handed_out {
                self.gone.push_back((id, chain.generation));
                self.remember_fewer();
            }
        } else if !chain.queued && chain.hops.front().is_none_or(|hop| hop.ended) {
            chain.queued = true;
            self.waiting.push_back(Waiting {
                generation: chain.generation,
                id,
                until_seen: self.seen + WAIT_MESSAGES,
                until: self.now + WAIT_SECONDS,
            });
        }
    }

    fn remember_fewer(&mut self) {
        while self.gone.len() > REMEMBERED
            && let Some((id, generation)) = self.gone.pop_front()
        {
            if self.chains.get(&id).is_some_and(|chain| chain.generation == generation && chain.is_gone()) {
                self.chains.remove(&id);
            }
        }
    }

    fn give_up_waiting(&mut self) {
        while let Some(first) = self.waiting.front()
            && (first.until_seen <= self.seen || first.until <= self.now)
            && let Some(Waiting { id, generation, .. }) = self.waiting.pop_front()
        {
            let Some(chain) = self.chains.get_mut(&id).filter(|chain| chain.generation == generation) else { continue };
            chain.queued = false;
            if chain.is_gone() {
                continue;
            }
            if chain.begun == 0 {
                // Extra information of a request that nobody told of: not even its URL is known.
                self.chains.remove(&id);
                continue;
            }
            while chain.hops.front().is_some_and(|hop| hop.ended)
                && let Some(exchange) = chain.take_first()
            {
                self.complete.push(exchange);
            }
            if chain.is_gone() {
                self.gone.push_back((id, generation));
                self.remember_fewer();
            }
        }
    }
}

/// What differs between sockets and transports.
struct Kind {
    resource_type: &'static str,
    method: &'static str,
    frames: bool,
}

const WEB_SOCKET: Kind = Kind { resource_type: "WebSocket", method: "GET", frames: true };
const WEB_TRANSPORT: Kind = Kind { resource_type: "WebTransport", method: "CONNECT", frames: false };

/// An exchange whose request nobody told of: the recording began after it.
fn of_response<'a>(session: Option<Text<'a>>, response: &Response<'a>, at: f64) -> Exchange<'a> {
    let timing = response.timing.get();
    Exchange {
        session_id: session,
        request: Request { url: response.url.clone(), ..Request::default() },
        request_at: timing.and_then(|timing| timing.request_time.number()).unwrap_or(at),
        ..Exchange::default()
    }
}

/// Counts a message and says whether its content is kept.
fn room(counted: &mut Frames, length: u64, messages: usize, bytes: usize) -> bool {
    counted.count += 1;
    counted.bytes = counted.bytes.saturating_add(length);
    counted.count <= messages as u64 && counted.bytes <= bytes as u64
}

fn bytes(length: &Field<Number>) -> u64 {
    length.integer().and_then(|length| u64::try_from(length).ok()).unwrap_or_default()
}

/// Bytes of what is written in base64.
fn decoded_length(base64: &str) -> usize {
    let digits = base64.trim_end_matches('=').len();
    digits / 4 * 3
        + match digits % 4 {
            2 => 1,
            3 => 2,
            _ => 0,
        }
}
