//! Marks of steps among the messages of the browser: what belongs to which step is a matter of order.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::devtools::Injector;
use crate::record::StepInfo;
use crate::run::figures::StepOver;

/// Puts marks into the queue of a recording, behind what the browser said before. Clones share the queue.
#[derive(Clone, Debug)]
pub(crate) struct Marks(Injector);

impl Marks {
    pub(super) fn new(injector: Injector) -> Self {
        Self(injector)
    }

    /// What begins from here on belongs to `step`.
    pub(crate) fn step_started(&self, step: &StepInfo) {
        let params = json!({
            "uuidAction": step.uuid_action,
            "title": step.title,
            "fullTitle": step.full_title,
            "timestamp": now(),
        });
        self.mark(None, "Canarytrace.stepStarted", &params);
    }

    /// What begins from here on belongs to the step around `step`, if there is one.
    pub(crate) fn step_ended(&self, step: &StepOver) {
        let params = json!({
            "uuidAction": step.uuid_action,
            "duration": step.duration.as_secs_f64() * 1000.0,
            "isSuite": step.is_suite,
            "timestamp": now(),
        });
        self.mark(None, "Canarytrace.stepEnded", &params);
    }

    /// Says something of ours about the session `session_id`, or about none.
    pub(crate) fn mark(&self, session_id: Option<String>, method: &str, params: &Value) {
        let text = text(session_id.as_deref(), method, params);
        // Nobody listens when the recording is over.
        _ = self.0.inject(session_id, method, text);
    }
}

/// A message of ours in the protocol's form.
pub(super) fn text(session_id: Option<&str>, method: &str, params: &Value) -> String {
    let mut message = json!({ "method": method, "params": params });
    if let Some(session_id) = session_id {
        message["sessionId"] = session_id.into();
    }
    message.to_string()
}

/// Milliseconds since the epoch.
pub(super) fn now() -> i64 {
    Timestamp::now().as_millisecond()
}
