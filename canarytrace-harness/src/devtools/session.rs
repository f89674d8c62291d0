//! A flattened session: the protocol of one tab.

use std::time::Duration;

use serde_json::{Value, json};

use super::connection::{CdpError, Connection};
use super::event::{Interest, Subscription};

/// The protocol of one target (a tab, a frame of another process, a worker) over the browser's [`Connection`].
#[derive(Clone, Debug)]
pub struct Session {
    connection: Connection,
    id: String,
    target_id: String,
}

impl Session {
    /// Attaches to the target `target_id`; for a tab that is its WebDriver window handle.
    ///
    /// `Target.attachToTarget` with `flatten`: the target's messages come over this connection, with its `sessionId`.
    pub async fn attach(connection: &Connection, target_id: &str) -> Result<Self, CdpError> {
        let method = "Target.attachToTarget";
        let reply = connection.send(None, method, json!({ "targetId": target_id, "flatten": true })).await?;
        let session_id = reply["sessionId"].as_str().ok_or_else(|| CdpError::Refused {
            method: method.to_owned(),
            code: 0,
            message: format!("the reply names no sessionId: {reply}"),
        })?;
        Ok(Self { connection: connection.clone(), id: session_id.to_owned(), target_id: target_id.to_owned() })
    }

    /// A session that the browser attached by itself (`Target.attachedToTarget`).
    pub fn attached(connection: &Connection, session_id: &str, target_id: &str) -> Self {
        Self { connection: connection.clone(), id: session_id.to_owned(), target_id: target_id.to_owned() }
    }

    /// Calls `method` on this target.
    pub async fn send(&self, method: &str, params: Value) -> Result<Value, CdpError> {
        self.connection.send(Some(&self.id), method, params).await
    }

    /// [`send`](Self::send) with a limit of its own.
    pub async fn send_within(&self, limit: Duration, method: &str, params: Value) -> Result<Value, CdpError> {
        self.connection.send_within(limit, Some(&self.id), method, params).await
    }

    /// The events of this session from now on whose method begins with one of `methods` (`Network.`).
    pub fn events(&self, methods: &'static [&'static str]) -> Subscription {
        self.connection.subscribe_to(Interest { methods, session: Some(self.id.clone()) })
    }

    /// The connection, for events and for calls to the browser itself.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// `sessionId` of this session's events.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The target's id: a tab's WebDriver window handle.
    pub fn target_id(&self) -> &str {
        &self.target_id
    }
}
