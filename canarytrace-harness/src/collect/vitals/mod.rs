//! Dataset `vitals` from the timelines of pages: one file a vital, as the npm package web-vitals 6 defines them.

pub mod blocking;
pub mod cls;
pub mod inp;
pub mod lcp;
mod pages;
pub mod ttfb;
mod view;

pub(super) use pages::{Finished, Pages, Within};

use crate::record::{Metric, Vitals};

/// The figures of a page load, for budgets.
pub fn figures(document: &Vitals) -> Vec<(Metric, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "no page has 2^52 tasks")]
    let long_tasks = document.long_tasks.count as f64;
    [
        (Metric::Ttfb, document.ttfb),
        (Metric::Fcp, document.fcp),
        (Metric::Lcp, document.lcp),
        (Metric::Cls, document.cls),
        (Metric::Inp, document.inp),
        (Metric::Tbt, document.tbt),
        (Metric::LongTasks, Some(long_tasks)),
        (Metric::DomContentLoaded, document.dom_content_loaded),
        (Metric::Load, document.load),
    ]
    .into_iter()
    .filter_map(|(metric, value)| Some((metric, value?)))
    .collect()
}

#[cfg(test)]
mod tests;
