//! One websocket to one browser: calls, replies, events.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use url::Url;

use super::event::{CdpEvent, Interest, Subscriber, Subscription};

/// The largest message taken from the browser, in bytes; a larger one closes the connection, and the reason says so.
///
/// The largest that occur are screenshots of long pages, heap snapshots and response bodies, which Chromium keeps up
/// to 200 MB. The usual bound of websocket libraries (64 MB, 16 MB a frame) would cut a healthy session.
pub const MAX_MESSAGE: usize = 256 * 1024 * 1024;

/// How long a call may take unless the caller says otherwise. A browser under load answers within milliseconds.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// How long opening the websocket may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Why a call, or the connection, failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CdpError {
    /// The websocket could not be opened.
    #[error("no DevTools connection to {url}: {reason}")]
    Connect {
        /// Where to.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The websocket is closed: the browser died or ended the connection.
    #[error("{method}: the DevTools connection is closed ({reason})")]
    Closed {
        /// The method called.
        method: String,
        /// Why it closed.
        reason: String,
    },
    /// No reply in time.
    #[error("{method}: the browser did not answer within {} s", limit.as_secs_f32())]
    Timeout {
        /// The method called.
        method: String,
        /// The time it had.
        limit: Duration,
    },
    /// The browser refused the call.
    #[error("{method}: {message} ({code})")]
    Refused {
        /// The method called.
        method: String,
        /// JSON-RPC code.
        code: i64,
        /// The browser's words.
        message: String,
    },
    /// Parameters or reply are of another form than their type.
    #[error("{method}: {reason}")]
    Unreadable {
        /// The method called.
        method: String,
        /// What differs.
        reason: String,
    },
}

impl CdpError {
    /// Whether the document that a script was to run in is gone, because the page opened another one.
    pub(crate) fn is_navigation(&self) -> bool {
        matches!(self, Self::Refused { message, .. } if is_navigation(message))
    }
}

/// Whether this is what the browser says of a script whose document is gone.
pub(crate) fn is_navigation(message: &str) -> bool {
    let said = [
        "navigated or closed",
        "Cannot find default execution context",
        "Cannot find context",
        "context was destroyed",
        "Promise was collected",
    ];
    said.iter().any(|part| message.contains(part))
}

/// A connection to a browser. Clones share it; it closes when the last is dropped.
#[derive(Clone, Debug)]
pub struct Connection {
    shared: Arc<Shared>,
    outgoing: mpsc::UnboundedSender<Message>,
    closed: watch::Receiver<Option<String>>,
}

#[derive(Debug, Default)]
struct Shared {
    next_id: AtomicU64,
    /// Texts to and from the browser: how many, and their bytes.
    sent: [AtomicU64; 2],
    received: [AtomicU64; 2],
    state: Mutex<State>,
}

/// What went over a connection since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Messages to the browser.
    pub sent: u64,
    /// Their size, bytes.
    pub sent_bytes: u64,
    /// Messages from the browser.
    pub received: u64,
    /// Their size, bytes.
    pub received_bytes: u64,
}

impl Traffic {
    /// What came to it since `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self {
            sent: self.sent - before.sent,
            sent_bytes: self.sent_bytes - before.sent_bytes,
            received: self.received - before.received,
            received_bytes: self.received_bytes - before.received_bytes,
        }
    }
}

fn count([messages, bytes]: &[AtomicU64; 2], text: &str) {
    messages.fetch_add(1, Ordering::Relaxed);
    bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
}

#[derive(Debug, Default)]
struct State {
    pending: HashMap<u64, oneshot::Sender<Utf8Bytes>>,
    subscribers: Vec<Subscriber>,
    closed: bool,
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is consistent between statements: a panic elsewhere must not take the session down.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        // Dropping the senders fails every waiting call at once and ends the subscriptions.
        state.pending.clear();
        state.subscribers.clear();
    }

    fn receive(&self, text: Utf8Bytes) {
        #[derive(Deserialize)]
        struct Head<'a> {
            id: Option<u64>,
            #[serde(borrow)]
            method: Option<Cow<'a, str>>,
            #[serde(borrow, rename = "sessionId")]
            session_id: Option<Cow<'a, str>>,
        }

        count(&self.received, &text);
        let (id, method, session_id) = match serde_json::from_str::<Head<'_>>(&text) {
            Ok(head) => (
                head.id,
                head.method.unwrap_or_default().into_owned(),
                head.session_id.map(std::borrow::Cow::into_owned),
            ),
            Err(error) => {
                tracing::warn!(%error, "a DevTools message is not the protocol's JSON; passed on as it is");
                (None, String::new(), None)
            }
        };
        let mut state = self.state();
        if let Some(waiting) = id.and_then(|id| state.pending.remove(&id)) {
            // Nobody waits any more when the call timed out.
            _ = waiting.send(text);
        } else if id.is_none() {
            let event = Arc::new(CdpEvent::new(session_id, method, text));
            state.subscribers.retain(|subscriber| subscriber.send(&event));
        }
    }
}

/// A stream over which a websocket can run.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}
type Socket = WebSocketStream<Box<dyn Stream>>;

impl Connection {
    /// Opens the websocket `ws_url` of a browser (`ws://…/devtools/browser/…`, or Selenium's `se:cdp`).
    ///
    /// Must be called within a tokio runtime. Messages up to [`MAX_MESSAGE`] bytes are taken.
    pub async fn connect(ws_url: &str) -> Result<Self, CdpError> {
        let failed = |reason: String| CdpError::Connect { url: ws_url.to_owned(), reason };
        let socket = tokio::time::timeout(CONNECT_LIMIT, open(ws_url))
            .await
            .map_err(|_| failed(format!("no answer within {} s", CONNECT_LIMIT.as_secs())))?
            .map_err(failed)?;
        let (sink, stream) = socket.split();
        let shared = Arc::new(Shared::default());
        let (outgoing, queue) = mpsc::unbounded_channel();
        let (closing, closed) = watch::channel(None);
        tokio::spawn(run(shared.clone(), sink, stream, queue, closing));
        Ok(Self { shared, outgoing, closed })
    }

    /// Calls `method`, on the session `session_id` or, without one, on the browser. Returns the reply's `result`.
    pub async fn send(&self, session_id: Option<&str>, method: &str, params: Value) -> Result<Value, CdpError> {
        self.send_within(CALL_LIMIT, session_id, method, params).await
    }

    /// [`send`](Self::send) with a limit of its own.
    pub async fn send_within(
        &self,
        limit: Duration,
        session_id: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, CdpError> {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, reply) = oneshot::channel();
        {
            let mut state = self.shared.state();
            if state.closed {
                return Err(self.closed_error(method));
            }
            state.pending.insert(id, sender);
        }
        // Taken out again however this call ends, also when its future is dropped.
        let _pending = Pending { shared: &self.shared, id };
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session_id) = session_id {
            message["sessionId"] = session_id.into();
        }
        let text = message.to_string();
        count(&self.shared.sent, &text);
        if self.outgoing.send(Message::text(text)).is_err() {
            return Err(self.closed_error(method));
        }
        match tokio::time::timeout(limit, reply).await {
            Ok(Ok(text)) => read_reply(method, &text),
            Ok(Err(_)) => Err(self.closed_error(method)),
            Err(_) => Err(CdpError::Timeout { method: method.to_owned(), limit }),
        }
    }

    /// Every event from now on, of all sessions. A subscriber that doesn't keep up is told what it missed.
    pub fn subscribe(&self) -> Subscription {
        self.subscribe_to(Interest::default())
    }

    /// The events of `interest` from now on.
    pub fn subscribe_to(&self, interest: Interest) -> Subscription {
        let (subscriber, subscription) = Subscriber::new(interest);
        let mut state = self.shared.state();
        if !state.closed {
            state.subscribers.push(subscriber);
        }
        subscription
    }

    /// What went over it so far.
    pub fn traffic(&self) -> Traffic {
        let [sent, sent_bytes] = self.shared.sent.each_ref().map(|count| count.load(Ordering::Relaxed));
        let [received, received_bytes] = self.shared.received.each_ref().map(|count| count.load(Ordering::Relaxed));
        Traffic { sent, sent_bytes, received, received_bytes }
    }

    /// Becomes `Some(reason)` when the connection is closed, for whatever reason.
    pub fn closed(&self) -> watch::Receiver<Option<String>> {
        self.closed.clone()
    }

    fn closed_error(&self, method: &str) -> CdpError {
        let reason = self.closed.borrow().clone().unwrap_or_else(|| "the browser is gone".to_owned());
        CdpError::Closed { method: method.to_owned(), reason }
    }
}

/// A call that waits for its reply.
struct Pending<'a> {
    shared: &'a Shared,
    id: u64,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.shared.state().pending.remove(&self.id);
    }
}

fn read_reply(method: &str, text: &str) -> Result<Value, CdpError> {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(default)]
        code: i64,
        #[serde(default)]
        message: String,
        #[serde(default)]
        data: Option<Value>,
    }
    #[derive(Deserialize)]
    struct Reply {
        #[serde(default)]
        result: Value,
        error: Option<Refusal>,
    }
    let refused = |code, message| CdpError::Refused { method: method.to_owned(), code, message };
    match serde_json::from_str::<Reply>(text) {
        Ok(Reply { error: Some(error), .. }) => Err(refused(
            error.code,
            match error.data.as_ref().and_then(Value::as_str) {
                Some(data) => format!("{} {data}", error.message),
                None => error.message,
            },
        )),
        Ok(reply) => Ok(reply.result),
        Err(error) => Err(refused(0, format!("the reply is no JSON that we can read: {error}"))),
    }
}

async fn open(ws_url: &str) -> Result<Socket, String> {
    let url = Url::parse(ws_url).map_err(|error| error.to_string())?;
    let host = url.host_str().ok_or("it names no host")?;
    let port = url.port_or_known_default().ok_or("it names no port")?;
    let tcp = TcpStream::connect((host.trim_matches(['[', ']']), port)).await.map_err(|error| error.to_string())?;
    // Small messages go back and forth: waiting for more to send costs 40 ms each.
    tcp.set_nodelay(true).map_err(|error| error.to_string())?;
    let stream: Box<dyn Stream> = match url.scheme() {
        "ws" => Box::new(tcp),
        scheme => return Err(format!("the scheme {scheme} is not supported, only ws")),
    };
    let config = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE)).max_frame_size(Some(MAX_MESSAGE));
    let (socket, _response) = tokio_tungstenite::client_async_with_config(ws_url, stream, Some(config))
        .await
        .map_err(|error| error.to_string())?;
    Ok(socket)
}

async fn run(
    shared: Arc<Shared>,
    mut sink: SplitSink<Socket, Message>,
    mut stream: SplitStream<Socket>,
    mut queue: mpsc::UnboundedReceiver<Message>,
    closing: watch::Sender<Option<String>>,
) {
    let reading = async {
        loop {
            match stream.next().await {
                Some(Ok(Message::Text(text))) => shared.receive(text),
                Some(Ok(Message::Close(_))) | None => return "closed by the browser".to_owned(),
                Some(Ok(_)) => {}
                Some(Err(error)) => return error.to_string(),
            }
        }
    };
    let writing = async {
        while let Some(message) = queue.recv().await {
            if let Err(error) = sink.send(message).await {
                return error.to_string();
            }
        }
        // The last clone is gone: say so to the browser, without waiting for its answer.
        _ = sink.send(Message::Close(None)).await;
        "closed by us".to_owned()
    };
    let reason = tokio::select! {
        reason = reading => reason,
        reason = writing => reason,
    };
    // First the reason, then the calls: a failing call tells why.
    closing.send_replace(Some(reason));
    shared.close();
}
