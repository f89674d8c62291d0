//! Time to First Byte: its time, and of what it consists.

use crate::collect::timeline::{Entry, number};
use crate::record::vitals::TtfbAttribution;

/// Time to First Byte of a page load, ms; `None` when no byte came, or nobody may know.
pub(super) fn ttfb(navigation: &Entry) -> Option<f64> {
    let first = number(navigation, "responseStart").filter(|first| *first > 0.0)?;
    Some((first - activation(navigation)).max(0.0))
}

/// When a prerendered page was shown, ms; 0 for others.
pub(super) fn activation(navigation: &Entry) -> f64 {
    number(navigation, "activationStart").unwrap_or_default()
}

/// Of what the time `ttfb` consists.
pub(super) fn attribution(navigation: &Entry, ttfb: f64) -> TtfbAttribution {
    let activation = activation(navigation);
    let since = |name: &str| (number(navigation, name).unwrap_or_default() - activation).max(0.0);
    let by_worker = number(navigation, "workerStart").is_some_and(|start| start > 0.0);
    let waiting = since(if by_worker { "workerStart" } else { "fetchStart" });
    let (dns, connect, connected) = (since("domainLookupStart"), since("connectStart"), since("connectEnd"));
    TtfbAttribution {
        waiting_duration: waiting,
        cache_duration: dns - waiting,
        dns_duration: connect - dns,
        connection_duration: connected - connect,
        request_duration: ttfb - connected,
    }
}
