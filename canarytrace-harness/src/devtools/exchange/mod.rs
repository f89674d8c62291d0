//! Exchanges: what belongs to one request, put together from the messages about it.
//!
//! One exchange is one request that was sent and what came of it. A redirect ends one exchange and begins the next, of
//! the same request id. This is the one place where messages are paired: request log, HAR and waits read exchanges.

mod by_id;
mod chain;
mod model;
mod pairing;

pub(in crate::devtools) use by_id::{ById, Mixer};
pub use model::{Body, End, Exchange, Frames, ServerEvent, ServerEvents, WebSocket, WebSocketMessage};
pub(in crate::devtools) use pairing::Boxed;
pub use pairing::{ExchangeOptions, Exchanges};

#[cfg(test)]
mod tests;
