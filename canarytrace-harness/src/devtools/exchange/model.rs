//! One request and what came of it: the parts of an exchange.

use crate::devtools::protocol::network::{
    Initiator, LoadingFailed, Request, RequestWillBeSentExtraInfo, Response, ResponseReceivedExtraInfo,
};
use crate::devtools::protocol::{Headers, Text};

/// One request and what came of it. Times `*_at` are `MonotonicTime`: seconds since an arbitrary point in the past.
#[derive(Clone, Debug, Default)]
pub struct Exchange<'a> {
    /// Counts the exchanges of a recording in the order in which they began, from 0.
    pub number: u64,
    /// `requestId`; redirects share it.
    pub request_id: Text<'a>,
    /// How many redirects came before: 0 for the request that the page made.
    pub redirects_before: u32,
    /// The session that told of it first; `None` in logs without sessions.
    pub session_id: Option<Text<'a>>,
    /// `loaderId` of the document that asked for it.
    pub loader_id: Option<Text<'a>>,
    /// The frame that asked for it; none for workers' requests.
    pub frame_id: Option<Text<'a>>,
    /// URL of the document that asked for it.
    pub document_url: Text<'a>,
    /// `Document`, `Script`, `XHR`, `WebSocket`, `Other` …
    pub resource_type: Text<'a>,
    /// The step (`uuidAction`) in which it began.
    pub step: Option<Text<'a>>,
    /// What was asked.
    pub request: Request<'a>,
    /// Whether the redirect that led here has told, or will tell, its headers as they came over the wire.
    pub redirect_has_extra_info: Option<bool>,
    /// What really went over the wire, where the browser said so: headers with cookies.
    pub request_extra: Option<RequestWillBeSentExtraInfo<'a>>,
    /// The whole body, where the event's own was cut or left out.
    pub request_body: Option<Text<'a>>,
    /// When the browser made the request.
    pub request_at: f64,
    /// The same moment in seconds since the epoch.
    pub wall_time: f64,
    /// What made the page ask for it.
    pub initiator: Initiator<'a>,
    /// Whether it held up the first paint: `Blocking`, `NonBlocking`, `InBodyParserBlocking` …
    pub render_blocking: Option<Text<'a>>,
    /// The last priority that it was given after its first one (`Network.resourceChangedPriority`).
    pub changed_priority: Option<Text<'a>>,
    /// Headers of `103 Early Hints`.
    pub early_hints: Option<Headers<'a>>,
    /// What was answered: of a redirect, the redirect.
    pub response: Option<Box<Response<'a>>>,
    /// The answer as it came over the wire: headers with cookies, and the status (304 where `response` says 200).
    pub response_extra: Option<ResponseReceivedExtraInfo<'a>>,
    /// When its answer's headers were there (`Network.responseReceived`, or the request that a redirect led to).
    pub response_at: Option<f64>,
    /// `Network.requestServedFromCache`: answered from the memory of the renderer.
    pub from_memory_cache: bool,
    /// The body, as far as it came.
    pub body: Body<'a>,
    /// How it ended.
    pub end: End<'a>,
    /// Of a web socket: its frames.
    pub web_socket: Option<WebSocket<'a>>,
    /// Of an `EventSource`: its messages.
    pub server_events: Option<ServerEvents<'a>>,
}

/// What was received of a body.
#[derive(Clone, Debug, Default)]
pub struct Body<'a> {
    /// Bytes after decompression (`dataReceived.dataLength`).
    pub decoded: u64,
    /// Bytes over the wire so far (`dataReceived.encodedDataLength`).
    pub encoded: u64,
    /// How many pieces it came in.
    pub pieces: u64,
    /// When the first of them came and how many bytes it had after decompression; there may be more than are listed.
    pub chunks: Vec<(f64, u64)>,
    /// When the last one came.
    pub last_at: Option<f64>,
    /// The content and whether it is in base64, when bodies are kept.
    pub content: Option<(Text<'a>, bool)>,
}

/// How an exchange ended.
#[derive(Clone, Debug, Default)]
pub enum End<'a> {
    /// Not yet, or nobody said so before the recording ended.
    #[default]
    Open,
    /// It led on to another URL.
    Redirected {
        /// When the next request was made.
        at: f64,
    },
    /// Completely answered.
    Finished {
        /// When the last byte was there.
        at: f64,
        /// Bytes over the wire, headers included; negative when the browser doesn't know.
        encoded: f64,
    },
    /// Failed, blocked, or given up.
    Failed(Box<LoadingFailed<'a>>),
    /// A web socket that was closed.
    Closed {
        /// When.
        at: f64,
    },
}

/// What went over a web socket.
#[derive(Clone, Debug, Default)]
pub struct WebSocket<'a> {
    /// Frames that the page sent.
    pub sent: Frames,
    /// Frames that the server sent.
    pub received: Frames,
    /// The first frames, in their order.
    pub messages: Vec<WebSocketMessage<'a>>,
    /// How many more there were than are kept in `messages`.
    pub not_kept: u64,
    /// What went wrong.
    pub errors: Vec<Text<'a>>,
}

/// A count of frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    /// How many.
    pub count: u64,
    /// Bytes of their payloads.
    pub bytes: u64,
}

/// One frame of a web socket.
#[derive(Clone, Debug)]
pub struct WebSocketMessage<'a> {
    /// Whether the page sent it.
    pub sent: bool,
    /// When.
    pub at: f64,
    /// RFC 6455: 1 is text, 2 is binary.
    pub opcode: i64,
    /// Text, or base64 of binary data.
    pub data: Text<'a>,
}

/// What a server sent by `EventSource`.
#[derive(Clone, Debug, Default)]
pub struct ServerEvents<'a> {
    /// How many there were, and the bytes of their data.
    pub received: Frames,
    /// The first ones, in their order.
    pub messages: Vec<ServerEvent<'a>>,
    /// How many more there were than are kept in `messages`.
    pub not_kept: u64,
}

/// One message of an `EventSource`.
#[derive(Clone, Debug)]
pub struct ServerEvent<'a> {
    /// When.
    pub at: f64,
    /// Its type, `message` if the server named none.
    pub name: Text<'a>,
    /// Its id.
    pub id: Text<'a>,
    /// Its data.
    pub data: Text<'a>,
}
