//! Which part of the browser a session of the protocol belongs to, and the JavaScript contexts in it.

use std::collections::{HashMap, VecDeque};

use super::cut::{LONG, SHORT, beginning};
use crate::devtools::protocol::{Event, Message};
use crate::record::TargetRef;
use crate::record::console::ContextRef;

/// How many sessions that are over are remembered, for requests that end after them.
const MOST_ENDED: usize = 1000;

/// How many contexts of one session are remembered. Those that end are forgotten.
const MOST_CONTEXTS: usize = 10_000;

/// What the first tab shows when a recording begins.
const FIRST_URL: &str = "about:blank";

/// The sessions that messages told of so far.
#[derive(Debug, Default)]
pub struct Sessions {
    sessions: HashMap<String, Session>,
    ended: VecDeque<String>,
}

#[derive(Debug)]
struct Session {
    target_id: String,
    target: TargetRef,
    contexts: HashMap<i64, ContextRef>,
}

impl Sessions {
    /// Takes note of what a message says about sessions.
    pub fn take(&mut self, message: &Message<'_>) {
        match &message.event {
            Event::RecordingStarted(started) => {
                let tab = |name: &str| started.tab.get()?.get(name)?.as_str();
                if let (Some(session_id), Some(target_id)) = (tab("sessionId"), tab("targetId")) {
                    self.attached(session_id, target_id, "page", FIRST_URL);
                }
            }
            Event::AttachedToTarget(attached) => {
                if let Some(info) = attached.target_info.get() {
                    self.attached(attached.session_id.text(), info.target_id.text(), info.kind.text(), info.url.text());
                }
            }
            Event::DetachedFromTarget(detached) => {
                if let Some(session) = self.sessions.get_mut(detached.session_id.text()) {
                    session.contexts = HashMap::new();
                    self.ended.push_back(detached.session_id.text().to_owned());
                }
                if self.ended.len() > MOST_ENDED
                    && let Some(oldest) = self.ended.pop_front()
                {
                    self.sessions.remove(&oldest);
                }
            }
            Event::TargetInfoChanged(changed) => {
                let Some(info) = changed.target_info.get() else { return };
                for session in self.sessions.values_mut().filter(|session| session.target_id == info.target_id.text()) {
                    beginning(info.url.text(), LONG).clone_into(&mut session.target.url);
                }
            }
            Event::ExecutionContextCreated(created) => {
                let Some(context) = created.context.get() else { return };
                let (Some(session), Some(id)) = (self.of(message), context.id.integer()) else { return };
                if session.contexts.len() < MOST_CONTEXTS {
                    let text = |text: &str| (!text.is_empty()).then(|| beginning(text, SHORT).to_owned());
                    let frame = context.aux_data.get().and_then(|data| data["frameId"].as_str()).unwrap_or_default();
                    let context = ContextRef {
                        id,
                        origin: text(context.origin.text()),
                        name: text(context.name.text()),
                        frame_id: text(frame),
                    };
                    session.contexts.insert(id, context);
                }
            }
            Event::ExecutionContextDestroyed(destroyed) => {
                if let (Some(session), Some(id)) = (self.of(message), destroyed.execution_context_id.integer()) {
                    session.contexts.remove(&id);
                }
            }
            Event::Other if message.method == "Runtime.executionContextsCleared" => {
                if let Some(session) = self.of(message) {
                    session.contexts.clear();
                }
            }
            _ => {}
        }
    }

    fn attached(&mut self, session_id: &str, target_id: &str, kind: &str, url: &str) {
        let target = TargetRef { kind: beginning(kind, SHORT).to_owned(), url: beginning(url, LONG).to_owned() };
        let target_id = beginning(target_id, SHORT).to_owned();
        self.sessions.insert(session_id.to_owned(), Session { target_id, target, contexts: HashMap::new() });
    }

    fn of(&mut self, message: &Message<'_>) -> Option<&mut Session> {
        self.sessions.get_mut(message.session_id.as_deref()?)
    }

    /// What the session belongs to; `None` in logs that don't say so.
    pub fn target(&self, session_id: Option<&str>) -> Option<&TargetRef> {
        Some(&self.sessions.get(session_id?)?.target)
    }

    /// The context `id` of the session.
    pub fn context(&self, session_id: Option<&str>, id: i64) -> Option<&ContextRef> {
        self.sessions.get(session_id?)?.contexts.get(&id)
    }
}
