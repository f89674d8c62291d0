//! Dataset `request-log`: what the browser asked for, and what came of it.

use super::document::{Mapping, document};

document! {
    /// A request of the browser, with its answer and timings; one document a redirect too.
    pub struct RequestLog = "request-log" {
        /// The protocol's id of the request; redirects share it.
        request_id: String => "requestId": Mapping::Keyword,
    }
}
