//! Objects that a page logs: while the console is followed, V8 keeps each of them for whoever wants to look into it.

use std::collections::HashSet;

use serde_json::json;

use crate::devtools::Connection;
use crate::devtools::protocol::{Event, Message};

/// Has the browser let go of logged objects, so that a page that logs does not grow for being watched.
#[derive(Debug)]
pub(super) struct Objects {
    connection: Connection,
    /// Sessions in which some are kept.
    sessions: HashSet<String>,
}

impl Objects {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, sessions: HashSet::new() }
    }

    /// Notes that `message` keeps an object.
    pub(super) fn look(&mut self, message: &Message<'_>) {
        let keeps = match &message.event {
            Event::ConsoleApiCalled(event) => event
                .args
                .get()
                .is_some_and(|args| args.iter().filter_map(|arg| arg.get()).any(|arg| arg.object_id.get().is_some())),
            Event::ExceptionThrown(_) => true,
            _ => false,
        };
        if let (true, Some(session)) = (keeps, &message.session_id)
            && !self.sessions.contains(&**session)
        {
            self.sessions.insert(session.to_string());
        }
    }

    /// Lets go of all that was noted (`Runtime.releaseObjectGroup`). Used within a runtime.
    pub(super) fn release(&mut self) {
        for session in self.sessions.drain() {
            let connection = self.connection.clone();
            tokio::spawn(async move {
                let params = json!({ "objectGroup": "console" });
                if let Err(error) = connection.send(Some(&session), "Runtime.releaseObjectGroup", params).await {
                    tracing::debug!(%error, "logged objects are kept; or what logged them is gone");
                }
            });
        }
    }
}
