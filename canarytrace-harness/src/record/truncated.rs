//! What was too long for a document and was cut.

use super::document::{Mapping, document};

document! {
    /// A text that was cut, because it was longer than a document of its kind takes. Raw log and HAR have all of it.
    pub struct Truncated {
        /// The field, with dots between the objects that it is in.
        field: String => "field": Mapping::Keyword,
        /// How long it was, bytes of UTF-8.
        bytes: u64 => "bytes": Mapping::Long,
    }
}
