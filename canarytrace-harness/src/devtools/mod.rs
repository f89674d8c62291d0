//! A thin, tolerant session of the Chrome DevTools Protocol (CDP).
//!
//! The session itself reads `id`, `method`, `sessionId` and the reply to a call: a message that a new Chromium invents is
//! passed on as the text it came as, and can't be an error. `protocol` reads the events that we make something of.

pub(crate) mod attach;
mod connection;
mod discover;
mod event;
pub mod exchange;
pub mod har;
mod json;
pub mod log;
pub mod protocol;
mod session;
pub(crate) mod timeline;
#[cfg(feature = "chromiumoxide")]
mod typed;

pub(crate) use connection::is_navigation;
pub use connection::{CdpError, Connection, MAX_MESSAGE, Traffic};
pub use discover::browser_websocket;
pub(crate) use discover::{causes, get_json};
pub use event::{CdpEvent, Injector, Interest, MAX_QUEUED, Received, Subscription};
pub use session::Session;
