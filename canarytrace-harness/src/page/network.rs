//! Follows the window's requests: the answer of the last navigation, what is still loading, and whoever waits for more.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::{mpsc, watch};

use crate::browser::Request;
use crate::devtools::{Interest, Received, Session};

/// Requests in flight and the last document answered; fed by the `Network` domain. Frames of other processes and workers
/// are followed too when something attaches to them.
#[derive(Clone, Debug, Default)]
pub(crate) struct NetworkTracker(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    /// Grows with every request that begins, is answered, or is over, but for those that may stay open.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    in_flight: HashMap<String, InFlight>,
    /// Requests that the browser gave up, with the time of that (`MonotonicTime`, s).
    given_up: Vec<(String, f64)>,
    /// Request of the main frame's last navigation.
    document_request: Option<String>,
    last_document: Option<DocumentResponse>,
    failed_document: Option<String>,
    /// Whether an answer to that request has begun.
    answered: bool,
    waiting: Vec<mpsc::UnboundedSender<Seen>>,
}

/// A request that is not over.
#[derive(Debug)]
struct InFlight {
    request: Arc<Request>,
    session: String,
    frame: String,
    loader: String,
    /// When it was sent (`MonotonicTime`, s).
    sent: f64,
    /// It may stay open for as long as the page does.
    long_lived: bool,
    /// Its answer has begun, and is read by a script or never: a body that no script reads has no end that is told.
    at_leisure: bool,
}

/// What those see who wait.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    /// A request was sent.
    Sent(Arc<Request>),
    /// The headers of an answer are there.
    Answered(Arc<Answered>),
    /// A request is over: finished (`None`), or failed with this error.
    Over(Arc<Request>, Option<String>),
}

/// An answer (`Network.responseReceived`, or `redirectResponse` of the request that it led to).
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) id: String,
    pub(super) session: String,
    pub(super) request: Arc<Request>,
    pub(super) response: Value,
    pub(super) redirect: bool,
    /// From the request to the answer, in seconds.
    pub(super) waited: f64,
}

/// Stopping a page gives up everything that it loads, at once: within this time, s.
const AT_ONCE: f64 = 0.25;

/// What the server answered to a navigation of the main frame (`Network.responseReceived`).
#[derive(Clone, Debug)]
pub(crate) struct DocumentResponse {
    pub(crate) url: String,
    pub(crate) status: Option<u16>,
    pub(crate) status_text: String,
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

impl NetworkTracker {
    /// Follows the domain, once it is enabled, until the connection ends.
    pub(crate) fn follow(session: &Session) -> Self {
        let tracker = Self::default();
        let mut events = session.connection().subscribe_to(Interest {
            methods: &[
                "Network.loadingFailed",
                "Network.loadingFinished",
                "Network.requestWillBeSent",
                "Network.responseReceived",
                "Page.frameDetached",
                "Page.frameNavigated",
                "Target.attachedToTarget",
                "Target.detachedFromTarget",
            ],
            session: None,
        });
        let main_frame = session.target_id().to_owned();
        // The window's session, and those below it.
        let mut sessions = HashSet::from([session.id().to_owned()]);
        let follower = tracker.clone();
        tokio::spawn(async move {
            while let Some(received) = events.next().await {
                // What was missed under load, or can't be read, is missing in an explanation and nowhere else. (A wait
                // that misses its answer says so by its time.)
                let event = match received {
                    Received::Event(event) => event,
                    Received::Missed(_) => {
                        tracing::warn!(
                            "events of the browser were missed; a wait for the network may miss its request"
                        );
                        continue;
                    }
                    Received::Injected(_) => continue,
                };
                let Some(session) = event.session_id.as_ref().filter(|session| sessions.contains(*session)) else {
                    continue;
                };
                let read = || event.params::<Value>().ok();
                match event.method.as_str() {
                    "Target.attachedToTarget" => {
                        let Some(params) = read() else { continue };
                        sessions.insert(text(&params, "/sessionId").to_owned());
                    }
                    "Target.detachedFromTarget" => {
                        let Some(params) = read() else { continue };
                        let detached = text(&params, "/sessionId");
                        sessions.remove(detached);
                        follower.forget(|request| request.session == detached);
                    }
                    "Page.frameNavigated"
                    | "Page.frameDetached"
                    | "Network.loadingFailed"
                    | "Network.loadingFinished"
                    | "Network.requestWillBeSent"
                    | "Network.responseReceived" => {
                        if let Some(params) = read() {
                            follower.take(session, &event.method, &params, &main_frame);
                        }
                    }
                    _ => {}
                }
            }
        });
        tracker
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, session: &str, method: &str, params: &Value, main_frame: &str) {
        let id = || text(params, "/requestId").to_owned();
        let of_main = text(params, "/type") == "Document" && text(params, "/frameId") == main_frame;
        let at = params["timestamp"].as_f64().unwrap_or_default();
        // What may stay open does not count, neither when it begins nor when it ends.
        let mut counts = true;
        match method {
            "Network.requestWillBeSent" => {
                let mut state = self.state();
                if of_main {
                    state.document_request = Some(id());
                    state.failed_document = None;
                    state.answered = false;
                }
                if params["redirectResponse"].is_object()
                    && let Some(before) = state.in_flight.remove(&id())
                {
                    state.answer(&id(), &before, session, &params["redirectResponse"], true, at);
                    state.tell(|| Seen::Over(before.request.clone(), None));
                }
                let request = Arc::new(Request::read(params));
                state.tell(|| Seen::Sent(request.clone()));
                let in_flight = InFlight {
                    long_lived: ["EventSource", "WebSocket", "Ping", "CSPViolationReport"]
                        .contains(&request.resource_type.as_str()),
                    at_leisure: false,
                    request,
                    session: session.to_owned(),
                    frame: text(params, "/frameId").to_owned(),
                    loader: text(params, "/loaderId").to_owned(),
                    sent: at,
                };
                counts = !in_flight.long_lived;
                state.in_flight.insert(id(), in_flight);
            }
            // What comes piece by piece is not quiet.
            "Network.dataReceived" => {
                counts = self.state().in_flight.get(&id()).is_some_and(|request| !request.long_lived);
            }
            "Network.loadingFinished" => {
                let mut state = self.state();
                if let Some(over) = state.in_flight.remove(&id()) {
                    counts = !over.long_lived;
                    state.tell(|| Seen::Over(over.request.clone(), None));
                }
            }
            "Network.loadingFailed" => {
                let mut state = self.state();
                if let Some(over) = state.in_flight.remove(&id()) {
                    counts = !over.long_lived;
                    if params["canceled"] == true {
                        state.given_up.push((over.request.url.clone(), at));
                    }
                    state.tell(|| Seen::Over(over.request.clone(), Some(text(params, "/errorText").to_owned())));
                }
                if state.document_request.as_ref() == Some(&id()) {
                    state.failed_document = Some(text(params, "/errorText").to_owned());
                }
            }
            "Network.responseReceived" => {
                let mut state = self.state();
                if of_main {
                    state.answered = true;
                    let status = params.pointer("/response/status").and_then(Value::as_u64);
                    state.last_document = Some(DocumentResponse {
                        status: status.and_then(|status| u16::try_from(status).ok()),
                        url: text(params, "/response/url").to_owned(),
                        status_text: text(params, "/response/statusText").to_owned(),
                    });
                }
                let kind = text(params, "/response/mimeType");
                // A film is read as it is watched.
                let open = kind == "text/event-stream" || kind.starts_with("multipart/x-mixed-replace");
                if let Some(mut request) = state.in_flight.remove(&id()) {
                    state.answer(&id(), &request, session, &params["response"], false, at);
                    request.long_lived |= open || text(params, "/type") == "Media";
                    request.at_leisure = ["XHR", "Fetch"].contains(&text(params, "/type"));
                    session.clone_into(&mut request.session);
                    state.in_flight.insert(id(), request);
                }
            }
            "Page.frameNavigated" if text(params, "/frame/id") == main_frame => {
                // Requests of the document before may have no end that is told.
                let loader = text(params, "/frame/loaderId");
                self.forget(|request| !request.loader.is_empty() && request.loader != loader);
            }
            "Page.frameDetached" if params["reason"] != "swap" => {
                let frame = text(params, "/frameId");
                self.forget(|request| request.frame == frame);
            }
            _ => return,
        }
        if counts {
            self.0.changes.send_modify(|count| *count += 1);
        }
    }

    /// Takes requests for over of which no end is told any more.
    fn forget(&self, which: impl Fn(&InFlight) -> bool) {
        self.state().in_flight.retain(|_, request| !which(request));
        self.0.changes.send_modify(|count| *count += 1);
    }

    /// Forgets what earlier pages left open.
    pub(crate) fn begin_navigation(&self) {
        let mut state = self.state();
        let waiting = std::mem::take(&mut state.waiting);
        *state = State { waiting, ..State::default() };
    }

    /// Everything from now on.
    pub(super) fn watch(&self) -> mpsc::UnboundedReceiver<Seen> {
        let (sender, seen) = mpsc::unbounded_channel();
        self.state().waiting.push(sender);
        seen
    }

    /// Grows with every request that begins, is answered, or is over, but for those that may stay open.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// Whether a request is not over.
    pub(super) fn is_in_flight(&self, id: &str) -> bool {
        self.state().in_flight.contains_key(id)
    }

    /// `GET URL` of the requests that are not over, but for those that may stay open for as long as the page does, and
    /// answers to scripts that have begun.
    pub(super) fn busy_with(&self) -> Vec<String> {
        let state = self.state();
        let waiting = state.in_flight.values().filter(|request| !request.long_lived && !request.at_leisure);
        let mut urls: Vec<String> =
            waiting.map(|request| format!("{} {}", request.request.method, request.request.url)).collect();
        urls.sort();
        urls
    }

    /// The last answer to a navigation of the main frame.
    pub(crate) fn last_document(&self) -> Option<DocumentResponse> {
        self.state().last_document.clone()
    }

    /// Why the last navigation of the main frame came to nothing: `net::ERR_TOO_MANY_REDIRECTS`.
    pub(crate) fn failed_document(&self) -> Option<String> {
        self.state().failed_document.clone()
    }

    /// Whether the server has not even begun to answer the last navigation of the main frame.
    pub(crate) fn no_answer(&self) -> bool {
        let state = self.state();
        state.document_request.is_some() && !state.answered
    }

    /// URLs of the requests that are not over, at most `most`, and how many there are. The driver stops a page that
    /// takes too long before it says so: then those that were given up last are meant.
    pub(crate) fn still_loading(&self, most: usize) -> (Vec<String>, usize) {
        let state = self.state();
        let mut urls: Vec<_> = state.in_flight.values().map(|request| request.request.url.clone()).collect();
        if urls.is_empty() {
            let last = state.given_up.iter().map(|(_, at)| *at).fold(0.0, f64::max);
            urls.extend(state.given_up.iter().filter(|(_, at)| last - at < AT_ONCE).map(|(url, _)| url.clone()));
        }
        let count = urls.len();
        urls.sort();
        urls.truncate(most);
        (urls, count)
    }
}

impl State {
    /// Tells those who wait; whoever waits no longer is forgotten.
    fn tell(&mut self, seen: impl Fn() -> Seen) {
        self.waiting.retain(|waiting| waiting.send(seen()).is_ok());
    }

    fn answer(&mut self, id: &str, to: &InFlight, session: &str, response: &Value, redirect: bool, at: f64) {
        if self.waiting.is_empty() {
            return;
        }
        let answered = Arc::new(Answered {
            id: id.to_owned(),
            session: session.to_owned(),
            request: to.request.clone(),
            response: response.clone(),
            redirect,
            waited: (at - to.sent).max(0.0),
        });
        self.tell(|| Seen::Answered(answered.clone()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_in_flight_until_it_finishes_or_fails() {
        let tracker = NetworkTracker::default();
        for id in ["1", "2", "3"] {
            let params = json!({"requestId": id, "request": {"url": format!("http://a/{id}")}});
            tracker.take("S", "Network.requestWillBeSent", &params, "F");
        }
        tracker.take("S", "Network.loadingFinished", &json!({"requestId": "1"}), "F");
        tracker.take("S", "Network.loadingFailed", &json!({"requestId": "3"}), "F");
        assert_eq!(tracker.still_loading(5), (vec!["http://a/2".to_owned()], 1));
    }

    #[test]
    fn what_the_driver_stopped_was_still_loading() {
        let tracker = NetworkTracker::default();
        for id in ["1", "2", "3"] {
            let params = json!({"requestId": id, "request": {"url": format!("http://a/{id}")}});
            tracker.take("S", "Network.requestWillBeSent", &params, "F");
        }
        // The page itself gave up the first one long before.
        for (id, at) in [("1", 7.0), ("2", 9.99), ("3", 10.0)] {
            let params = json!({"requestId": id, "canceled": true, "timestamp": at});
            tracker.take("S", "Network.loadingFailed", &params, "F");
        }
        assert_eq!(tracker.still_loading(5), (vec!["http://a/2".to_owned(), "http://a/3".to_owned()], 2));
    }

    #[test]
    fn a_document_is_unanswered_until_its_answer_begins() {
        let tracker = NetworkTracker::default();
        assert!(!tracker.no_answer(), "nothing was asked");
        let request = json!({"requestId": "1", "type": "Document", "frameId": "F", "request": {"url": "http://a/"}});
        tracker.take("S", "Network.requestWillBeSent", &request, "F");
        assert!(tracker.no_answer());
        tracker.take(
            "S",
            "Network.responseReceived",
            &json!({"requestId": "1", "type": "Document", "frameId": "F"}),
            "F",
        );
        assert!(!tracker.no_answer());
    }

    #[test]
    fn a_navigation_that_fails_says_why_and_a_failed_picture_does_not() {
        let tracker = NetworkTracker::default();
        let document = json!({"requestId": "1", "type": "Document", "frameId": "F", "request": {"url": "http://a/"}});
        tracker.take("S", "Network.requestWillBeSent", &document, "F");
        let picture = json!({"requestId": "2", "errorText": "net::ERR_FAILED"});
        tracker.take("S", "Network.loadingFailed", &picture, "F");
        assert_eq!(tracker.failed_document(), None);
        let loop_ = json!({"requestId": "1", "errorText": "net::ERR_TOO_MANY_REDIRECTS"});
        tracker.take("S", "Network.loadingFailed", &loop_, "F");
        assert_eq!(tracker.failed_document().as_deref(), Some("net::ERR_TOO_MANY_REDIRECTS"));
    }

    #[test]
    fn only_the_main_frames_document_is_the_navigations_answer() {
        let tracker = NetworkTracker::default();
        let answer = |frame: &str, url: &str| json!({"requestId": "1", "type": "Document", "frameId": frame, "response": {"url": url, "statusText": "OK"}});
        tracker.take("S", "Network.responseReceived", &answer("F", "http://a/"), "F");
        tracker.take("S", "Network.responseReceived", &answer("child", "http://ad/"), "F");
        assert_eq!(tracker.last_document().unwrap().url, "http://a/");
    }

    #[test]
    fn what_stays_open_with_the_page_does_not_keep_it_busy() {
        let tracker = NetworkTracker::default();
        for (id, kind) in [("1", "EventSource"), ("2", "Ping"), ("3", "XHR"), ("4", "XHR"), ("5", "Media")] {
            let request = json!({"url": format!("http://a/{id}"), "method": "GET"});
            let params = json!({"requestId": id, "type": kind, "request": request});
            tracker.take("S", "Network.requestWillBeSent", &params, "F");
        }
        assert_eq!(tracker.busy_with(), ["GET http://a/3", "GET http://a/4", "GET http://a/5"]);
        let stream = json!({"requestId": "3", "type": "XHR", "response": {"mimeType": "text/event-stream"}});
        tracker.take("S", "Network.responseReceived", &stream, "F");
        tracker.take("S", "Network.responseReceived", &json!({"requestId": "5", "type": "Media"}), "F");
        assert_eq!(tracker.busy_with(), ["GET http://a/4"]);
    }

    #[test]
    fn requests_of_a_document_that_is_gone_are_over() {
        let tracker = NetworkTracker::default();
        for (id, loader, frame) in [("1", "old", "F"), ("2", "new", "F"), ("3", "new", "child")] {
            let params =
                json!({"requestId": id, "loaderId": loader, "frameId": frame, "request": {"url": id, "method": "GET"}});
            tracker.take("S", "Network.requestWillBeSent", &params, "F");
        }
        tracker.take("S", "Page.frameNavigated", &json!({"frame": {"id": "F", "loaderId": "new"}}), "F");
        assert_eq!(tracker.busy_with(), ["GET 2", "GET 3"]);
        tracker.take("S", "Page.frameDetached", &json!({"frameId": "child", "reason": "remove"}), "F");
        assert_eq!(tracker.busy_with(), ["GET 2"]);
    }

    #[test]
    fn a_redirect_is_an_answer_of_its_own() {
        let tracker = NetworkTracker::default();
        let mut seen = tracker.watch();
        let sent = |url: &str| json!({"requestId": "1", "timestamp": 1.0, "request": {"url": url, "method": "GET"}});
        tracker.take("S", "Network.requestWillBeSent", &sent("http://a/1"), "F");
        let mut second = sent("http://a/2");
        second["redirectResponse"] = json!({"status": 302});
        tracker.take("S", "Network.requestWillBeSent", &second, "F");
        assert!(matches!(seen.try_recv(), Ok(Seen::Sent(request)) if request.url == "http://a/1"));
        assert!(
            matches!(seen.try_recv(), Ok(Seen::Answered(answer)) if answer.redirect && answer.request.url == "http://a/1")
        );
        assert!(matches!(seen.try_recv(), Ok(Seen::Over(..))));
        assert!(matches!(seen.try_recv(), Ok(Seen::Sent(request)) if request.url == "http://a/2"));
        assert!(tracker.is_in_flight("1"));
    }
}
