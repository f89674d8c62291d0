//! Dataset `smoke-title`: what a URL of smoke mode answered.

use super::document::{Mapping, document};

document! {
    /// What each URL of smoke mode answered.
    pub struct SmokeTitle = "smoke-title" {
        /// The URL that was asked for.
        entry_url: String => "entryUrl": Mapping::TextRaw,
        /// The URL that answered, after redirects.
        response_url: Option<String> => "responseUrl": Mapping::TextRaw,
        /// The page's title.
        title: Option<String> => "title": Mapping::KeywordKeyword,
        /// Status of the navigation.
        response_status: Option<u16> => "responseStatus": Mapping::Long,
        /// Status text of the navigation; HTTP/2 and later have none.
        response_status_text: Option<String> => "responseStatusText": Mapping::Keyword,
        /// `loadEventEnd` of the navigation, ms since its start (Navigation Timing Level 2).
        load_event_end: Option<f64> => "loadEventEnd": Mapping::Double,
    }
}
