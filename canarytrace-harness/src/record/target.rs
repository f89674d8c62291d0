//! Which part of the browser something comes from: a tab, a frame of another process, a worker.

use super::document::{Mapping, document};

document! {
    /// The target of the `DevTools` protocol that a message came from.
    pub struct TargetRef {
        /// `page`, `iframe` (a frame in a process of its own), `worker`, `shared_worker`, `service_worker` …
        kind: String => "type": Mapping::Keyword,
        /// Its URL when it was attached to: of a worker its script, of a tab what it showed before anything was opened.
        url: String => "url": Mapping::TextRaw,
    }
}
