//! Budgets of an attempt: what was limited, and how it was judged.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::document::{Absent, Mapping, document};
use super::metric::Metric;

/// A limit of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// What is limited.
    pub metric: Metric,
    /// The name of a mark or measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Title of the step that it is limited in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The limit, in the unit of the metric.
    pub limit: f64,
    /// Whether it only degrades a run that breaks it.
    #[serde(default)]
    pub warn: bool,
}

document! {
    /// A budget, and how it was judged.
    pub struct BudgetResult {
        /// Figure that is limited: `run`, `step`, `lcp`, `transfer` …
        metric: Metric => "metric": Mapping::Keyword,
        /// Name of a mark or measure.
        name: Option<String> => "name": Mapping::Keyword,
        /// Title of the step that it is limited in.
        step: Option<String> => "step": Mapping::Keyword,
        /// Unit of limit and value: ms, bytes, count, score or percent.
        unit: &'static str => "unit": Mapping::Keyword,
        /// The limit: an upper one, of `performance_score` a lower one.
        limit: f64 => "limit": Mapping::Double,
        /// What was measured; with iterations their median. None where nothing was measured.
        value: Option<f64> => "value": Mapping::Double,
        /// Whether the budget holds.
        passed: bool => "passed": Mapping::Boolean,
        /// Whether a broken budget is only a warning.
        warn: bool => "warn": Mapping::Boolean,
        /// The page or resource that the value is of.
        url: Option<String> => "url": Mapping::TextRaw,
        /// Why there is no value.
        no_data: Option<String> => "noData": Mapping::TextRaw,
    }
}

impl Absent for Metric {}

impl BudgetResult {
    /// `lcp`, `step "pay"`, `inp of the step "pay"`, `mark "HE-price"`.
    pub fn subject(&self) -> String {
        subject(self.metric, self.name.as_deref(), self.step.as_deref())
    }

    /// How it was judged, on one line: `ok: lcp is 2.1 s, allowed is at most 2.5 s`.
    pub fn line(&self) -> String {
        let verdict = match (self.passed, self.warn) {
            (true, _) => "ok",
            (false, true) => "warning",
            (false, false) => "BROKEN",
        };
        let value =
            self.value.map_or_else(|| "has no data".to_owned(), |value| format!("is {}", self.metric.readable(value)));
        let bound = if self.metric.more_is_better() { "wanted is at least" } else { "allowed is at most" };
        format!("{verdict}: {} {value}, {bound} {}", self.subject(), self.metric.readable(self.limit))
    }

    /// What is wrong, on one line. `measured_in` is the step that the value was measured in, `iterations` of how many
    /// it is the median.
    pub(crate) fn message(&self, measured_in: Option<&str>, iterations: usize) -> String {
        let mut text = format!("budget {}: ", self.subject());
        match (self.value, &self.no_data) {
            (Some(value), _) => text += &self.metric.readable(value),
            (None, Some(reason)) => _ = write!(text, "no data, {reason}"),
            (None, None) => text += "no data",
        }
        if self.value.is_none() {
            return text;
        }
        if iterations > 1 {
            _ = write!(text, " (median of {iterations} iterations)");
        }
        if let Some(url) = &self.url {
            _ = write!(text, " at {url}");
        }
        if let Some(step) = measured_in.filter(|_| self.step.is_none()) {
            _ = write!(text, " in the step \"{step}\"");
        }
        let limit = self.metric.readable(self.limit);
        if self.metric.more_is_better() {
            _ = write!(text, ", wanted is at least {limit}");
        } else {
            _ = write!(text, ", allowed is at most {limit}");
        }
        text
    }
}

/// A figure in words.
pub(crate) fn subject(metric: Metric, name: Option<&str>, step: Option<&str>) -> String {
    let name = name.map(|name| format!(" \"{name}\"")).unwrap_or_default();
    match step {
        Some(step) if metric == Metric::Step => format!("step \"{step}\""),
        Some(step) => format!("{metric}{name} of the step \"{step}\""),
        None => format!("{metric}{name}"),
    }
}
