//! Where our HAR differs from chrome-har's by design, each with its reason.

use serde_json::Value;

/// A difference by design.
pub(crate) struct Difference {
    /// What ours has.
    pub(crate) ours: Value,
    /// Why.
    #[expect(dead_code, reason = "for readers")]
    pub(crate) reason: &'static str,
}

/// The difference by design of a field (`status`, `receive` …) of an entry (`<log> <request id> <url>`).
///
/// There is none in the logs that we have: what we do otherwise is not in the fields that are compared (entries of requests
/// that failed, headers, `startedDateTime` to the microsecond, no `connection` for what came from a cache, pages).
pub(crate) fn difference(_entry: &str, _field: &str) -> Option<Difference> {
    None
}
