//! Figures that budgets limit and that iterations compare: their names, units, and which documents they come from.

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
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
    /// What was not used of the page's scripts, bytes in sum.
    UnusedJs = "unused_js", Bytes;
    /// What was not used of the page's style sheets, bytes in sum.
    UnusedCss = "unused_css", Bytes;
    /// Processor time of the browser, ms in sum.
    BrowserCpu = "browser_cpu", Milliseconds;
    /// Lighthouse's performance score, percent; a budget says `>=`.
    PerformanceScore = "performance_score", Percent;
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

    /// Whether a larger figure is a better one: its budget is a lower limit.
    pub fn more_is_better(self) -> bool {
        matches!(self, Self::PerformanceScore)
    }
}

/// One figure that was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// What it is.
    pub metric: Metric,
    /// How much, in the metric's unit.
    pub value: f64,
    /// The step that it belongs to.
    pub step: Option<Uuid>,
    /// The page or resource it is of, for messages.
    pub url: Option<String>,
}
