//! Dataset `statistics`: how much the figures of several iterations agree.

use serde::Serialize;

use super::budget::subject;
use super::document::{Absent, Mapping, document};
use super::metric::Metric;

/// Whether the iterations agree on a figure. It goes by the relative median absolute deviation (MAD / median), which a
/// single outlier does not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Agreement {
    /// Up to 5 %: a change of 10 % and more is one of the page.
    Stable,
    /// Up to 15 %.
    Fair,
    /// More than 15 %: only large changes mean something.
    Noisy,
    /// Fewer than five values say nothing of their spread.
    TooFew,
}

impl Agreement {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Fair => "fair",
            Self::Noisy => "noisy",
            Self::TooFew => "too few",
        }
    }
}

document! {
    /// One figure over the iterations of an attempt: median, percentiles, spread, and a verdict on their agreement.
    pub struct Statistics = "statistics" {
        /// Figure: `run`, `step`, `lcp`, `transfer` …
        metric: Metric => "metric": Mapping::Keyword,
        /// Name of a mark or measure.
        name: Option<String> => "name": Mapping::Keyword,
        /// Title of the step that it is of; none for the whole journey.
        step: Option<String> => "step": Mapping::Keyword,
        /// Unit of the values: ms, bytes, count, score or percent.
        unit: &'static str => "unit": Mapping::Keyword,
        /// How many iterations have a value.
        n: u64 => "n": Mapping::Long,
        /// 50th percentile.
        median: f64 => "median": Mapping::Double,
        /// 75th percentile, interpolated linearly between the two nearest values (Hyndman and Fan's type 7, as in `NumPy`
        /// and R).
        p75: f64 => "p75": Mapping::Double,
        /// 95th percentile, in the same way.
        p95: f64 => "p95": Mapping::Double,
        /// Smallest value.
        min: f64 => "min": Mapping::Double,
        /// Largest value.
        max: f64 => "max": Mapping::Double,
        /// Median absolute deviation from the median.
        mad: f64 => "mad": Mapping::Double,
        /// Relative spread, `mad / median`; none where the median is 0 and the values differ.
        spread: Option<f64> => "spread": Mapping::Double,
        /// Lower end of the interval that holds the median of all possible iterations with a confidence of at least 95 %,
        /// by order statistics; none below six values, which give no such interval.
        median_low: Option<f64> => "medianLow": Mapping::Double,
        /// Upper end of it.
        median_high: Option<f64> => "medianHigh": Mapping::Double,
        /// stable, fair, noisy or `too_few`.
        verdict: Agreement => "verdict": Mapping::Keyword,
        /// The values in the order of the iterations.
        values: Vec<f64> => "values": Mapping::Double,
    }
}

impl Absent for Agreement {}

impl Statistics {
    /// `lcp`, `step "pay"`, `inp of the step "pay"`.
    pub fn subject(&self) -> String {
        subject(self.metric, self.name.as_deref(), self.step.as_deref())
    }
}
