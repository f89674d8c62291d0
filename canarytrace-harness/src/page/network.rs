//! Follows the tab's requests: the answer of the last navigation, and what is still loading.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::devtools::{Received, Session};

/// Requests in flight and the last document answered; fed by the `Network` domain.
#[derive(Clone, Debug, Default)]
pub(crate) struct NetworkTracker(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    in_flight: HashMap<String, String>,
    /// Requests that the browser gave up, with the time of that (`MonotonicTime`, s).
    given_up: Vec<(String, f64)>,
    /// Request of the main frame's last navigation.
    document_request: Option<String>,
    last_document: Option<DocumentResponse>,
    failed_document: Option<String>,
    /// Whether an answer to that request has begun.
    answered: bool,
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
        let mut events = session.events(&["Network."]);
        let own = session.id().to_owned();
        let main_frame = session.target_id().to_owned();
        let follower = tracker.clone();
        tokio::spawn(async move {
            while let Some(received) = events.next().await {
                // What was missed under load, or can't be read, is missing in an explanation and nowhere else.
                if let Received::Event(event) = received
                    && event.session_id.as_ref() == Some(&own)
                    && event.method.starts_with("Network.")
                    && let Ok(params) = event.params()
                {
                    follower.take(&event.method, &params, &main_frame);
                }
            }
        });
        tracker
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, method: &str, params: &Value, main_frame: &str) {
        let request_id = || text(params, "/requestId").to_owned();
        match method {
            "Network.requestWillBeSent" => {
                let mut state = self.state();
                if text(params, "/type") == "Document" && text(params, "/frameId") == main_frame {
                    state.document_request = Some(request_id());
                    state.failed_document = None;
                    state.answered = false;
                }
                state.in_flight.insert(request_id(), text(params, "/request/url").to_owned());
            }
            "Network.loadingFinished" => {
                self.state().in_flight.remove(&request_id());
            }
            "Network.loadingFailed" => {
                let mut state = self.state();
                let id = request_id();
                if let (Some(url), Some(true)) = (state.in_flight.remove(&id), params["canceled"].as_bool()) {
                    state.given_up.push((url, params["timestamp"].as_f64().unwrap_or_default()));
                }
                if state.document_request.as_ref() == Some(&id) {
                    state.failed_document = Some(text(params, "/errorText").to_owned());
                }
            }
            "Network.responseReceived"
                if text(params, "/type") == "Document" && text(params, "/frameId") == main_frame =>
            {
                let mut state = self.state();
                state.answered = true;
                let status = params.pointer("/response/status").and_then(Value::as_u64);
                state.last_document = Some(DocumentResponse {
                    status: status.and_then(|status| u16::try_from(status).ok()),
                    url: text(params, "/response/url").to_owned(),
                    status_text: text(params, "/response/statusText").to_owned(),
                });
            }
            _ => {}
        }
    }

    /// Forgets what earlier pages left open.
    pub(crate) fn begin_navigation(&self) {
        *self.state() = State::default();
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
        let mut urls: Vec<_> = state.in_flight.values().cloned().collect();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_in_flight_until_it_finishes_or_fails() {
        let tracker = NetworkTracker::default();
        for id in ["1", "2", "3"] {
            let params = json!({"requestId": id, "request": {"url": format!("http://a/{id}")}});
            tracker.take("Network.requestWillBeSent", &params, "F");
        }
        tracker.take("Network.loadingFinished", &json!({"requestId": "1"}), "F");
        tracker.take("Network.loadingFailed", &json!({"requestId": "3"}), "F");
        assert_eq!(tracker.still_loading(5), (vec!["http://a/2".to_owned()], 1));
    }

    #[test]
    fn what_the_driver_stopped_was_still_loading() {
        let tracker = NetworkTracker::default();
        for id in ["1", "2", "3"] {
            let params = json!({"requestId": id, "request": {"url": format!("http://a/{id}")}});
            tracker.take("Network.requestWillBeSent", &params, "F");
        }
        // The page itself gave up the first one long before.
        for (id, at) in [("1", 7.0), ("2", 9.99), ("3", 10.0)] {
            let params = json!({"requestId": id, "canceled": true, "timestamp": at});
            tracker.take("Network.loadingFailed", &params, "F");
        }
        assert_eq!(tracker.still_loading(5), (vec!["http://a/2".to_owned(), "http://a/3".to_owned()], 2));
    }

    #[test]
    fn a_document_is_unanswered_until_its_answer_begins() {
        let tracker = NetworkTracker::default();
        assert!(!tracker.no_answer(), "nothing was asked");
        let request = json!({"requestId": "1", "type": "Document", "frameId": "F", "request": {"url": "http://a/"}});
        tracker.take("Network.requestWillBeSent", &request, "F");
        assert!(tracker.no_answer());
        tracker.take("Network.responseReceived", &json!({"requestId": "1", "type": "Document", "frameId": "F"}), "F");
        assert!(!tracker.no_answer());
    }

    #[test]
    fn a_navigation_that_fails_says_why_and_a_failed_picture_does_not() {
        let tracker = NetworkTracker::default();
        let document = json!({"requestId": "1", "type": "Document", "frameId": "F", "request": {"url": "http://a/"}});
        tracker.take("Network.requestWillBeSent", &document, "F");
        let picture = json!({"requestId": "2", "errorText": "net::ERR_FAILED"});
        tracker.take("Network.loadingFailed", &picture, "F");
        assert_eq!(tracker.failed_document(), None);
        let loop_ = json!({"requestId": "1", "errorText": "net::ERR_TOO_MANY_REDIRECTS"});
        tracker.take("Network.loadingFailed", &loop_, "F");
        assert_eq!(tracker.failed_document().as_deref(), Some("net::ERR_TOO_MANY_REDIRECTS"));
    }

    #[test]
    fn only_the_main_frames_document_is_the_navigations_answer() {
        let tracker = NetworkTracker::default();
        let answer = |frame: &str, url: &str| json!({"requestId": "1", "type": "Document", "frameId": frame, "response": {"url": url, "statusText": "OK"}});
        tracker.take("Network.responseReceived", &answer("F", "http://a/"), "F");
        tracker.take("Network.responseReceived", &answer("child", "http://ad/"), "F");
        assert_eq!(tracker.last_document().unwrap().url, "http://a/");
    }
}
