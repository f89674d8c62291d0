//! The figures that budgets limit, as they are written in `budget(…)`.

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Milliseconds,
    Bytes,
    Count,
    Score,
    Percent,
}

/// A figure: its name, the variant of the library's `Metric`, its unit.
pub(crate) type Figure = (&'static str, &'static str, Unit);

/// Every figure. The library has the same list, and a test compares them.
pub(crate) const METRICS: [Figure; 26] = [
    ("run", "Run", Unit::Milliseconds),
    ("step", "Step", Unit::Milliseconds),
    ("ttfb", "Ttfb", Unit::Milliseconds),
    ("fcp", "Fcp", Unit::Milliseconds),
    ("lcp", "Lcp", Unit::Milliseconds),
    ("cls", "Cls", Unit::Score),
    ("inp", "Inp", Unit::Milliseconds),
    ("tbt", "Tbt", Unit::Milliseconds),
    ("long_tasks", "LongTasks", Unit::Count),
    ("dom_content_loaded", "DomContentLoaded", Unit::Milliseconds),
    ("load", "Load", Unit::Milliseconds),
    ("first_visual_change", "FirstVisualChange", Unit::Milliseconds),
    ("speed_index", "SpeedIndex", Unit::Milliseconds),
    ("visually_complete", "VisuallyComplete", Unit::Milliseconds),
    ("requests", "Requests", Unit::Count),
    ("failed_requests", "FailedRequests", Unit::Count),
    ("transfer", "Transfer", Unit::Bytes),
    ("console_errors", "ConsoleErrors", Unit::Count),
    ("js_heap", "JsHeap", Unit::Bytes),
    ("dom_nodes", "DomNodes", Unit::Count),
    ("unused_js", "UnusedJs", Unit::Bytes),
    ("unused_css", "UnusedCss", Unit::Bytes),
    ("browser_cpu", "BrowserCpu", Unit::Milliseconds),
    ("performance_score", "PerformanceScore", Unit::Percent),
    ("mark", "Mark", Unit::Milliseconds),
    ("measure", "Measure", Unit::Milliseconds),
];
