//! Largest Contentful Paint: its time, and of what it consists.

use crate::record::vitals::LcpAttribution;

/// A paint that was the largest so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LargestPaint {
    /// When it was, ms.
    pub at: f64,
    /// Visible area, square CSS pixels.
    pub size: f64,
    /// Where its image comes from; empty for text.
    pub url: String,
    /// The element, as a selector.
    pub target: Option<String>,
}

/// When a resource was asked for and there, ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The request was sent, or where the page may not know that, fetching began.
    pub requested: f64,
    /// The last byte came.
    pub end: f64,
}

/// Of what the time `lcp` of a paint consists, which counts from `start`, as everything else here. `ttfb` counts from there
/// already.
pub fn attribution(paint: &LargestPaint, lcp: f64, ttfb: f64, loaded: Option<Loaded>, start: f64) -> LcpAttribution {
    let requested = loaded.map_or(0.0, |loaded| loaded.requested - start).max(ttfb);
    let there = loaded.map_or(0.0, |loaded| loaded.end - start).max(requested).min(lcp);
    LcpAttribution {
        target: paint.target.clone(),
        url: (!paint.url.is_empty()).then(|| paint.url.clone()),
        size: paint.size,
        time_to_first_byte: ttfb,
        resource_load_delay: requested - ttfb,
        resource_load_duration: there - requested,
        element_render_delay: lcp - there,
    }
}
