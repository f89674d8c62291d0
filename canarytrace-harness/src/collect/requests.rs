//! Dataset `request-log` from exchanges.

use crate::devtools::exchange::Exchange;
use crate::record::RequestLog;

/// The document of an exchange.
pub fn request_log(exchange: &Exchange<'_>) -> RequestLog {
    RequestLog { request_id: exchange.request_id.to_string() }
}
