//! A thin, tolerant session of the Chrome DevTools Protocol (CDP).
//!
//! Nothing here knows the protocol's types: a message that a new Chromium invents is passed on as the text it came
//! as, and can't be an error. What is read of a message is its `id`, `method`, `sessionId`, and the reply to a call.

mod connection;
mod discover;
mod event;
mod session;

pub use connection::{CdpError, Connection, MAX_MESSAGE};
pub use discover::browser_websocket;
pub(crate) use discover::{causes, get_json};
pub use event::{CdpEvent, MAX_QUEUED, Received, Subscription};
pub use session::Session;
