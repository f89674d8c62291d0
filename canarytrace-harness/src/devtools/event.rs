//! Events of the protocol and the queues they wait in.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::protocol::{Message, mended};

/// How many bytes of events may wait for one subscriber before further ones are counted instead of kept.
///
/// A page that logs in an endless loop must not fill the memory of the machine it is measured on. Ten thousand
/// requests make about 30 MB.
pub const MAX_QUEUED: usize = 32 * 1024 * 1024;

/// A message of the browser that answers no call. Its text is kept as it came, whether we know it or not.
#[derive(Clone, Debug)]
pub struct CdpEvent {
    /// The flattened session it belongs to; `None` for the browser itself.
    pub session_id: Option<String>,
    /// `Network.requestWillBeSent`; empty for a message that isn't the protocol's JSON.
    pub method: String,
    text: Utf8Bytes,
}

impl CdpEvent {
    pub(super) fn new(session_id: Option<String>, method: String, text: Utf8Bytes) -> Self {
        Self { session_id, method, text }
    }

    /// A message of ours, of no session.
    pub(crate) fn of_ours(method: &str, text: String) -> Self {
        Self::new(None, method.to_owned(), text.into())
    }

    /// The whole message as it came: JSON with `method`, `params` and, on a flattened session, `sessionId`.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The event, typed as far as it is known.
    ///
    /// # Errors
    /// When the message is no JSON object, which no Chromium sends.
    pub fn message(&self) -> Result<Message<'_>, serde_json::Error> {
        Message::parse(&self.text)
    }

    /// The event's parameters, read as `T`. [`serde_json::Value`] takes any.
    pub fn params<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        #[derive(Deserialize)]
        struct WithParams<T> {
            params: T,
        }
        fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
            serde_json::from_str::<WithParams<T>>(text).map(|message| message.params)
        }
        // A text of the page may hold half of a surrogate pair, which strict readers refuse.
        read(&self.text).or_else(|error| mended(&self.text).map_or(Err(error), |mended| read(&mended)))
    }
}

/// What a subscriber gets, in the order of the browser.
#[derive(Clone, Debug)]
pub enum Received {
    /// The next event.
    Event(Arc<CdpEvent>),
    /// At this place so many events were left out, because [`MAX_QUEUED`] bytes waited already.
    Missed(u64),
    /// At this place somebody of ours had something to say: a message that is not the browser's.
    Injected(Arc<CdpEvent>),
}

/// Which events a subscriber is given. What it never reads must not fill its queue.
#[derive(Clone, Debug, Default)]
pub struct Interest {
    /// Only those whose method begins with one of these (`Target.`); all, when there is none.
    pub methods: &'static [&'static str],
    /// Only those of this session.
    pub session: Option<String>,
}

impl Interest {
    fn includes(&self, event: &CdpEvent) -> bool {
        (self.methods.is_empty() || self.methods.iter().any(|prefix| event.method.starts_with(prefix)))
            && (self.session.is_none() || self.session == event.session_id)
    }
}

/// The events since [`subscribe`](super::Connection::subscribe) was called.
#[derive(Debug)]
pub struct Subscription {
    items: mpsc::UnboundedReceiver<Received>,
    sender: mpsc::WeakUnboundedSender<Received>,
    shared: Arc<Shared>,
}

/// Puts messages of ours among the browser's, in the queue of one [`Subscription`]. Clones share the queue.
///
/// Their size counts for the bound, but they are never left out.
#[derive(Clone, Debug)]
pub struct Injector {
    items: mpsc::UnboundedSender<Received>,
    shared: Arc<Shared>,
}

impl Injector {
    /// Behind everything that waits, says `text`: JSON in the protocol's form, of the session `session_id`. Returns false
    /// when nobody listens any more.
    pub fn inject(&self, session_id: Option<String>, method: &str, text: String) -> bool {
        let event = CdpEvent::new(session_id, method.to_owned(), text.into());
        let missed = self.shared.missed.swap(0, Ordering::Relaxed);
        if missed > 0 && self.items.send(Received::Missed(missed)).is_err() {
            return false;
        }
        self.shared.queued.fetch_add(event.text.len(), Ordering::Relaxed);
        self.items.send(Received::Injected(Arc::new(event))).is_ok()
    }
}

#[derive(Debug, Default)]
struct Shared {
    queued: AtomicUsize,
    missed: AtomicU64,
}

impl Subscription {
    /// Waits for the next event; `None` when the connection is closed and everything was received.
    ///
    /// Cancel safe: an event is never lost by dropping the future.
    pub async fn next(&mut self) -> Option<Received> {
        if let Some(item) = self.items.recv().await {
            if let Received::Event(event) | Received::Injected(event) = &item {
                self.shared.queued.fetch_sub(event.text.len(), Ordering::Relaxed);
            }
            return Some(item);
        }
        match self.shared.missed.swap(0, Ordering::Relaxed) {
            0 => None,
            count => Some(Received::Missed(count)),
        }
    }

    /// Whether nothing waits to be received.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// What puts messages of ours into this queue; `None` when the connection is closed. The queue does not end while
    /// there is one.
    pub fn injector(&self) -> Option<Injector> {
        Some(Injector { items: self.sender.upgrade()?, shared: self.shared.clone() })
    }
}

/// The sending end of a [`Subscription`].
#[derive(Debug)]
pub(super) struct Subscriber {
    items: mpsc::UnboundedSender<Received>,
    interest: Interest,
    shared: Arc<Shared>,
}

impl Subscriber {
    pub(super) fn new(interest: Interest) -> (Self, Subscription) {
        let (sender, items) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared::default());
        let weak = sender.downgrade();
        (Self { items: sender, interest, shared: shared.clone() }, Subscription { items, sender: weak, shared })
    }

    /// Returns false when nobody listens any more.
    pub(super) fn send(&self, event: &Arc<CdpEvent>) -> bool {
        if !self.interest.includes(event) {
            return !self.items.is_closed();
        }
        let queued = self.shared.queued.load(Ordering::Relaxed);
        // One message larger than the bound is taken when it is alone, or it could never be received.
        if queued > 0 && queued + event.text.len() > MAX_QUEUED {
            self.shared.missed.fetch_add(1, Ordering::Relaxed);
            return !self.items.is_closed();
        }
        let missed = self.shared.missed.swap(0, Ordering::Relaxed);
        if missed > 0 && self.items.send(Received::Missed(missed)).is_err() {
            return false;
        }
        self.shared.queued.fetch_add(event.text.len(), Ordering::Relaxed);
        self.items.send(Received::Event(event.clone())).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(size: usize) -> Arc<CdpEvent> {
        Arc::new(CdpEvent::new(None, "A.b".to_owned(), "x".repeat(size).into()))
    }

    #[tokio::test]
    async fn a_subscriber_that_does_not_read_is_told_how_much_it_missed_and_where() {
        let (subscriber, mut subscription) = Subscriber::new(Interest::default());
        assert!(subscriber.send(&event(MAX_QUEUED)));
        assert!(subscriber.send(&event(1)));
        assert!(subscriber.send(&event(1)));
        assert!(matches!(subscription.next().await, Some(Received::Event(_))));
        assert!(subscriber.send(&event(1)));
        assert!(matches!(subscription.next().await, Some(Received::Missed(2))));
        assert!(matches!(subscription.next().await, Some(Received::Event(_))));
    }

    #[tokio::test]
    async fn what_is_injected_stands_where_it_was_said_and_is_never_left_out() {
        let (subscriber, mut subscription) = Subscriber::new(Interest::default());
        let injector = subscription.injector().unwrap();
        subscriber.send(&event(MAX_QUEUED));
        subscriber.send(&event(1));
        assert!(injector.inject(None, "Canarytrace.stepStarted", "{}".to_owned()));
        drop((subscriber, injector));
        assert!(matches!(subscription.next().await, Some(Received::Event(_))));
        assert!(matches!(subscription.next().await, Some(Received::Missed(1))));
        assert!(matches!(subscription.next().await, Some(Received::Injected(said)) if said.text() == "{}"));
        assert!(subscription.next().await.is_none());
    }

    #[tokio::test]
    async fn what_is_of_no_interest_takes_no_room() {
        let interest = Interest { methods: &["A.", "B.c"], session: Some("S".to_owned()) };
        let (subscriber, mut subscription) = Subscriber::new(interest);
        let of = |session: Option<&str>, method: &str| {
            let text = "x".repeat(MAX_QUEUED).into();
            Arc::new(CdpEvent::new(session.map(str::to_owned), method.to_owned(), text))
        };
        for (session, method) in [(None, "A.b"), (Some("T"), "A.b"), (Some("S"), "B.d"), (Some("S"), "A.b")] {
            assert!(subscriber.send(&of(session, method)));
        }
        drop(subscriber);
        assert!(matches!(subscription.next().await, Some(Received::Event(event)) if event.method == "A.b"));
        assert!(subscription.next().await.is_none());
    }

    #[tokio::test]
    async fn what_was_missed_last_is_told_when_the_connection_closes() {
        let (subscriber, mut subscription) = Subscriber::new(Interest::default());
        subscriber.send(&event(MAX_QUEUED + 1));
        subscriber.send(&event(1));
        drop(subscriber);
        assert!(matches!(subscription.next().await, Some(Received::Event(_))));
        assert!(matches!(subscription.next().await, Some(Received::Missed(1))));
        assert!(subscription.next().await.is_none());
    }
}
