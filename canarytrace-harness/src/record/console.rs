//! Dataset `console`: what the page and the browser wrote to the console.

use super::document::{Mapping, document};

document! {
    /// A message of the console, or an exception that nobody caught.
    pub struct Console = "console" {
        /// `Log.entryAdded`, `Console.messageAdded`, `Runtime.consoleAPICalled` or `Runtime.exceptionThrown`.
        event_type: String => "eventType": Mapping::Keyword,
    }
}
