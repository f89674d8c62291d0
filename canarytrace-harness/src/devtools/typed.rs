//! Typed commands of the protocol: those of `chromiumoxide::cdp`, sent over our own session.

use chromiumoxide::Command;

use super::connection::CdpError;
use super::session::Session;

impl Session {
    /// Calls the method that `command` is, with its parameters, and reads its reply.
    ///
    /// chromiumoxide's types are those of the protocol's version that it was made from. Where this browser's differ, a
    /// reply may not be readable; [`send`](Self::send) takes and gives any JSON.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), and [`CdpError::Unreadable`] for a reply of another form than the type's.
    pub async fn execute<C: Command>(&self, command: C) -> Result<C::Response, CdpError> {
        let method = command.identifier();
        let unreadable =
            |error: serde_json::Error| CdpError::Unreadable { method: method.to_string(), reason: error.to_string() };
        let params = serde_json::to_value(&command).map_err(unreadable)?;
        let reply = self.send(&method, params).await?;
        C::response_from_value(reply).map_err(unreadable)
    }
}
