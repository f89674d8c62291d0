//! Follows the tab's requests: the answer of the last navigation, and what is still loading.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::devtools::{CdpError, Received, Session};

/// Requests in flight and the last document answered; fed by the `Network` domain.
#[derive(Clone, Debug, Default)]
pub(crate) struct NetworkTracker(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    in_flight: HashMap<String, String>,
    last_document: Option<DocumentResponse>,
}

/// What the server answered to a navigation of the main frame (`Network.responseReceived`).
#[derive(Clone, Debug)]
pub(crate) struct DocumentResponse {
    pub(crate) url: String,
    pub(crate) status_text: String,
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

impl NetworkTracker {
    /// Enables the domain and follows it until the connection ends. `main_frame` is the tab's target id.
    pub(crate) async fn start(session: &Session, main_frame: String) -> Result<Self, CdpError> {
        let tracker = Self::default();
        let mut events = session.connection().subscribe();
        let own = session.id().to_owned();
        session.send("Network.enable", serde_json::json!({})).await?;
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
        Ok(tracker)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, method: &str, params: &Value, main_frame: &str) {
        let request_id = || text(params, "/requestId").to_owned();
        match method {
            "Network.requestWillBeSent" => {
                self.state().in_flight.insert(request_id(), text(params, "/request/url").to_owned());
            }
            "Network.loadingFinished" | "Network.loadingFailed" => {
                self.state().in_flight.remove(&request_id());
            }
            "Network.responseReceived"
                if text(params, "/type") == "Document" && text(params, "/frameId") == main_frame =>
            {
                self.state().last_document = Some(DocumentResponse {
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

    /// URLs of the requests that are not over, at most `most`, and how many there are.
    pub(crate) fn still_loading(&self, most: usize) -> (Vec<String>, usize) {
        let state = self.state();
        let mut urls: Vec<_> = state.in_flight.values().cloned().collect();
        urls.sort();
        urls.truncate(most);
        (urls, state.in_flight.len())
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
    fn only_the_main_frames_document_is_the_navigations_answer() {
        let tracker = NetworkTracker::default();
        let answer = |frame: &str, url: &str| json!({"requestId": "1", "type": "Document", "frameId": frame, "response": {"url": url, "statusText": "OK"}});
        tracker.take("Network.responseReceived", &answer("F", "http://a/"), "F");
        tracker.take("Network.responseReceived", &answer("child", "http://ad/"), "F");
        assert_eq!(tracker.last_document().unwrap().url, "http://a/");
    }
}
