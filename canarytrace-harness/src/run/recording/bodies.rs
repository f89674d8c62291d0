//! Bodies that the browser's messages leave out, asked for while it still has them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::marks::Marks;
use crate::config::Config;
use crate::devtools::Connection;
use crate::devtools::protocol::{Event, Message};

/// So many are asked for at the same time: each may be large.
const AT_ONCE: u32 = 4;

/// How long the browser may take for one.
const LIMIT: Duration = Duration::from_secs(2);

/// Bodies of responses up to this size over the wire are asked for, bytes.
const MAX_RESPONSE: f64 = 1024.0 * 1024.0;

/// Asks for bodies and has them said among the messages. Used within a runtime.
#[derive(Debug)]
pub(super) struct Bodies {
    connection: Connection,
    marks: Marks,
    /// Whether a part of requests' bodies is wanted in documents.
    of_requests: bool,
    of_responses: bool,
    slots: Arc<Semaphore>,
    pending: Arc<AtomicUsize>,
}

impl Bodies {
    pub(super) fn new(connection: Connection, marks: Marks, config: &Config) -> Self {
        Self {
            connection,
            marks,
            of_requests: config.post_data_path.is_some() && config.request_log,
            of_responses: config.response_bodies,
            slots: Arc::new(Semaphore::new(AT_ONCE as usize)),
            pending: Arc::default(),
        }
    }

    /// How many were asked for and have not come.
    pub(super) fn pending(&self) -> usize {
        self.pending.load(Ordering::Acquire)
    }

    /// Says `mark` behind what was asked for until now, or after `limit`.
    pub(super) fn then_say(&self, mark: &'static str, limit: Duration) {
        let (marks, slots) = (self.marks.clone(), self.slots.clone());
        tokio::spawn(async move {
            // Given in turn: whoever has all of them comes behind the others.
            _ = tokio::time::timeout(limit, slots.acquire_many(AT_ONCE)).await;
            marks.mark(None, mark, &json!({}));
        });
    }

    /// Asks for the body that `message` leaves out, if one is wanted.
    pub(super) fn look(&self, message: &Message<'_>) {
        match &message.event {
            Event::RequestWillBeSent(event) if self.of_requests => {
                let Some(request) = event.request.get() else { return };
                if request.has_post_data.is_true() && request.post_data.get().is_none() {
                    self.ask(message, event.request_id.text(), "Network.getRequestPostData", |id, mut reply| {
                        let params = json!({ "requestId": id, "postData": reply["postData"].take() });
                        ("Canarytrace.requestBody", params)
                    });
                }
            }
            Event::LoadingFinished(event)
                if self.of_responses
                    && event.encoded_data_length.number().is_some_and(|length| length <= MAX_RESPONSE) =>
            {
                self.ask(message, event.request_id.text(), "Network.getResponseBody", |id, mut reply| {
                    let (body, base64) = (reply["body"].take(), reply["base64Encoded"].take());
                    let params = json!({ "requestId": id, "body": body, "base64Encoded": base64 });
                    ("Canarytrace.responseBody", params)
                });
            }
            _ => {}
        }
    }

    fn ask(
        &self,
        message: &Message<'_>,
        request_id: &str,
        method: &'static str,
        mark: impl FnOnce(&str, Value) -> (&'static str, Value) + Send + 'static,
    ) {
        let session = message.session_id.as_deref().map(str::to_owned);
        let request_id = request_id.to_owned();
        let (connection, marks) = (self.connection.clone(), self.marks.clone());
        let (slots, pending) = (self.slots.clone(), self.pending.clone());
        pending.fetch_add(1, Ordering::AcqRel);
        tokio::spawn(async move {
            let _slot = slots.acquire().await;
            let params = json!({ "requestId": request_id });
            match connection.send_within(LIMIT, session.as_deref(), method, params).await {
                Ok(reply) => {
                    let (name, params) = mark(&request_id, reply);
                    marks.mark(session, name, &params);
                }
                // The page was left meanwhile, or the body is of a kind that the browser does not keep.
                Err(error) => tracing::debug!(%error, request_id, "a body could not be had"),
            }
            pending.fetch_sub(1, Ordering::AcqRel);
        });
    }
}
