//! Dataset `console` from messages.

use crate::devtools::protocol::Message;
use crate::record::Console;

/// The document of a message, if it is one of the four that the console is made of.
pub fn console(_message: &Message<'_>) -> Option<Console> {
    None
}
