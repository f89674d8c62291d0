//! Figures that budgets limit and that iterations compare: their names, units, and which documents they come from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
    /// A number of things.
    Count,
    /// A number without a unit, such as a layout shift score.
    Score,
    /// 0 to 100.
    Percent,
}

macro_rules! metrics {
    ($( $(#[doc = $doc:literal])+ $variant:ident = $name:literal, $unit:ident; )+) => {
        /// A figure that a budget may limit. Where an attempt has several (one a page load, one a step), the worst
        /// counts; what is counted or added up (requests, bytes) counts in sum.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        #[non_exhaustive]
        pub enum Metric {
            $( $(#[doc = $doc])+ $variant, )+
        }

        impl Metric {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )+];

            /// The name in `budget(…)`.
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )+ }
            }

            /// What it is counted in.
            pub fn unit(self) -> Unit {
                match self { $( Self::$variant => Unit::$unit, )+ }
            }

            /// What it is, as Markdown.
            pub fn doc(self) -> &'static str {
                match self { $( Self::$variant => concat!($($doc),+).trim_ascii(), )+ }
            }
        }
    };
}

metrics! {
    /// All outermost steps together, ms.
    Run = "run", Milliseconds;
    /// One step, ms.
    Step = "step", Milliseconds;
    /// Time to First Byte: from the start of the navigation to the first byte of its answer, ms.
    Ttfb = "ttfb", Milliseconds;
    /// First Contentful Paint, ms.
    Fcp = "fcp", Milliseconds;
    /// Largest Contentful Paint, ms.
    Lcp = "lcp", Milliseconds;
    /// Cumulative Layout Shift: the largest session window.
    Cls = "cls", Score;
    /// Interaction to Next Paint, ms.
    Inp = "inp", Milliseconds;
    /// Total Blocking Time: what long tasks after First Contentful Paint took beyond 50 ms each, ms.
    Tbt = "tbt", Milliseconds;
    /// Long tasks (50 ms and more) of a page load.
    LongTasks = "long_tasks", Count;
    /// End of the event `DOMContentLoaded`, ms.
    DomContentLoaded = "dom_content_loaded", Milliseconds;
    /// End of the event `load`, ms.
    Load = "load", Milliseconds;
    /// First visual change, ms; from the filmstrip.
    FirstVisualChange = "first_visual_change", Milliseconds;
    /// Speed Index, ms; from the filmstrip.
    SpeedIndex = "speed_index", Milliseconds;
    /// The page looks as it will, ms; from the filmstrip.
    VisuallyComplete = "visually_complete", Milliseconds;
    /// Requests, in sum.
    Requests = "requests", Count;
    /// Requests that got no answer, or one with a status of 400 and above, in sum.
    FailedRequests = "failed_requests", Count;
    /// Bytes over the wire, in sum.
    Transfer = "transfer", Bytes;
    /// Errors in the console, uncaught exceptions among them, in sum.
    ConsoleErrors = "console_errors", Count;
    /// `JSHeapUsedSize`: living objects of the page's scripts at the end of a step, bytes.
    JsHeap = "js_heap", Bytes;
    /// Elements and other nodes of the page at the end of a step.
    DomNodes = "dom_nodes", Count;
    /// What was not used of scripts, bytes in sum of all of them; of one that is told several times, the least counts.
    UnusedJs = "unused_js", Bytes;
    /// What was not used of style sheets, bytes in sum in the same way.
    UnusedCss = "unused_css", Bytes;
    /// Processor time of the browser, ms in sum.
    BrowserCpu = "browser_cpu", Milliseconds;
    /// Lighthouse's performance score, percent; a budget says `>=`.
    PerformanceScore = "performance_score", Percent;
    /// When a mark of this name was set (`performance.mark`), hero marks (`HE-`) among them, ms from the start of the
    /// navigation.
    Mark = "mark", Milliseconds;
    /// How long a measure of this name took (`performance.measure`), ms.
    Measure = "measure", Milliseconds;
}

impl Metric {
    /// Whether several figures of an attempt are added up; else the worst of them counts.
    pub fn is_sum(self) -> bool {
        matches!(
            self,
            Self::Requests
                | Self::FailedRequests
                | Self::Transfer
                | Self::ConsoleErrors
                | Self::UnusedJs
                | Self::UnusedCss
                | Self::BrowserCpu
        )
    }

    /// Whether it has a name beside its own: that of a performance entry.
    pub fn is_named(self) -> bool {
        matches!(self, Self::Mark | Self::Measure)
    }

    /// The dataset whose documents hold it, and the options that switch its collector off.
    pub fn source(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Run | Self::Step => ("report", &[]),
            Self::Ttfb
            | Self::Fcp
            | Self::Lcp
            | Self::Cls
            | Self::Inp
            | Self::Tbt
            | Self::LongTasks
            | Self::DomContentLoaded
            | Self::Load => ("vitals", &["CANARYTRACE_VITALS"]),
            Self::FirstVisualChange | Self::SpeedIndex | Self::VisuallyComplete => {
                ("visual-progress", &["CANARYTRACE_VISUAL_PROGRESS"])
            }
            Self::Requests | Self::FailedRequests | Self::Transfer => ("request-log", &["REQUEST_LOG"]),
            Self::ConsoleErrors => ("console", &["CONSOLE_INTERCEPT"]),
            Self::JsHeap | Self::DomNodes => ("memory", &["MEMORY_INTERCEPT"]),
            Self::UnusedJs | Self::UnusedCss => ("coverage-audit", &["COVERAGE_AUDIT"]),
            Self::BrowserCpu => ("usage", &["CANARYTRACE_USAGE"]),
            Self::PerformanceScore => ("audit", &["PT_AUDIT"]),
            Self::Mark | Self::Measure => ("performance-entries", &["PERFORMANCE_ENTRIES_INTERCEPT"]),
        }
    }

    /// A value of it as people read it: `412 ms`, `2.13 s`, `1.94 MB`, `0.104`, `83`.
    pub fn readable(self, value: f64) -> String {
        let digits = |value: f64| {
            // Four digits: enough to see on which side of a limit a value is.
            let places = if value.abs() >= 1000.0 {
                0
            } else if value.abs() >= 100.0 {
                1
            } else if value.abs() >= 10.0 {
                2
            } else {
                3
            };
            let text = format!("{value:.places$}");
            if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
        };
        match self.unit() {
            Unit::Milliseconds if value.abs() < 1000.0 => format!("{} ms", digits(value)),
            Unit::Milliseconds => format!("{} s", digits(value / 1000.0)),
            Unit::Bytes if value.abs() < 1000.0 => format!("{} B", digits(value)),
            Unit::Bytes if value.abs() < 1e6 => format!("{} kB", digits(value / 1e3)),
            Unit::Bytes if value.abs() < 1e9 => format!("{} MB", digits(value / 1e6)),
            Unit::Bytes => format!("{} GB", digits(value / 1e9)),
            Unit::Count | Unit::Score | Unit::Percent => digits(value),
        }
    }

    /// Whether a larger figure is a better one: its budget is a lower limit.
    pub fn more_is_better(self) -> bool {
        matches!(self, Self::PerformanceScore)
    }
}

impl Unit {
    /// As documents have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Milliseconds => "ms",
            Self::Bytes => "bytes",
            Self::Count => "count",
            Self::Score => "score",
            Self::Percent => "percent",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Metric {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|metric| metric.name() == name);
        found.copied().ok_or_else(|| format!("there is no metric {name:?}"))
    }
}

impl TryFrom<String> for Metric {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        name.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.name().to_owned()
    }
}

/// One figure that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What it is.
    pub metric: Metric,
    /// The name of a mark or measure.
    pub name: Option<String>,
    /// How much, in the metric's unit.
    pub value: f64,
    /// The step that it belongs to.
    pub step: Option<Uuid>,
    /// The page or resource it is of, for messages.
    pub url: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_in_the_units_of_people() {
        for (metric, value, text) in [
            (Metric::Lcp, 412.04, "412 ms"),
            (Metric::Lcp, 2501.0, "2.501 s"),
            (Metric::Run, 61_234.0, "61.23 s"),
            (Metric::Transfer, 1_940_000.0, "1.94 MB"),
            (Metric::Transfer, 999.0, "999 B"),
            (Metric::Transfer, 45_200.0, "45.2 kB"),
            (Metric::Cls, 0.1035, "0.103"),
            (Metric::Requests, 80.0, "80"),
            (Metric::Requests, 1200.0, "1200"),
            (Metric::PerformanceScore, 87.5, "87.5"),
            (Metric::Inp, 0.0, "0 ms"),
        ] {
            assert_eq!(metric.readable(value), text);
        }
    }

    #[test]
    fn a_metric_is_read_from_its_name() {
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse(), Ok(*metric));
            assert_eq!(serde_json::to_value(metric).unwrap(), metric.name());
        }
        assert!("speed".parse::<Metric>().is_err());
    }
}
