//! What is true of the calibration pages, and how far a sound measurement on a fit machine may be from it.
//!
//! Moments are those of the page's clock. Nothing is painted between two frames, so what is painted comes late, never
//! early: up to one frame (16.7 ms at 60 Hz) until the next one begins, and one or two until it is presented. What is
//! counted, such as bytes, is right or wrong.

use super::{answers, coverage};
use crate::record::Unit;

/// One thing that is true of a page.
#[derive(Debug)]
pub struct Truth {
    /// Its name for programs.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// The page's slug.
    pub page: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// What has to be measured.
    pub value: f64,
    /// How far from it.
    pub bounds: Bounds,
    /// Why it is true, and why the bounds are what they are.
    pub because: &'static str,
}

/// How far from the truth a measurement may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Least of measured - true.
    pub below: f64,
    /// Largest of measured - true.
    pub above: f64,
    /// Largest difference between two measurements.
    pub spread: f64,
}

/// It is counted, so it is right or wrong.
const EXACT: Bounds = Bounds { below: 0.0, above: 0.0, spread: 0.0 };

/// Three frames at 60 Hz: until one begins, and two until it is presented.
const PAINT: Bounds = Bounds { below: 0.0, above: 50.0, spread: 34.0 };

/// A timer of the server or the page, and what a busy moment adds.
const TIMER: Bounds = Bounds { below: 0.0, above: 10.0, spread: 10.0 };

impl Truth {
    const fn new(name: &'static str, title: &'static str, page: &'static str, unit: Unit, value: f64) -> Self {
        Self { name, title, page, unit, value, bounds: EXACT, because: "" }
    }

    const fn within(self, bounds: Bounds, because: &'static str) -> Self {
        Self { bounds, because, ..self }
    }

    /// The value with its unit.
    pub fn words(&self) -> String {
        match self.unit {
            Unit::Milliseconds => format!("{} ms", self.value),
            Unit::Bytes => format!("{} B", self.value),
            Unit::Percent => format!("{} %", self.value),
            Unit::Count | Unit::Score => self.value.to_string(),
        }
    }
}

const fn bytes(count: u32) -> f64 {
    count as f64
}

/// All of them.
pub const TRUTHS: &[Truth] = &[
    Truth::new("ttfb", "Time to First Byte", "first-byte", Unit::Milliseconds, 300.0).within(
        Bounds { below: 0.0, above: 60.0, spread: 40.0 },
        "The server waits for 300 ms; before that the navigation begins and a connection is opened.",
    ),
    Truth::new("first-byte", "Request to first byte", "first-byte", Unit::Milliseconds, 300.0)
        .within(TIMER, "The server waits for 300 ms after it has the request."),
    Truth::new("wait", "Wait of the request (HAR)", "first-byte", Unit::Milliseconds, 300.0)
        .within(TIMER, "The server waits for 300 ms after it has the request."),
    Truth::new("fcp", "First Contentful Paint", "late-image", Unit::Milliseconds, 400.0)
        .within(PAINT, "Everything is hidden until 400 ms."),
    Truth::new("lcp", "Largest Contentful Paint", "late-image", Unit::Milliseconds, 800.0)
        .within(PAINT, "The image is decoded before, and put into the page at 800 ms."),
    Truth::new("lcp-font", "LCP of text in a late font", "late-font", Unit::Milliseconds, 600.0)
        .within(PAINT, "Text in a font that is not there is not shown, and there is nothing else."),
    Truth::new("long-task", "Longest task", "long-task", Unit::Milliseconds, 120.0)
        .within(TIMER, "A loop runs until 120 ms have passed; the browser gives whole ms."),
    Truth::new("tbt", "Total Blocking Time", "long-task", Unit::Milliseconds, 70.0)
        .within(TIMER, "What the one long task takes beyond 50 ms."),
    Truth::new("cls", "Cumulative Layout Shift", "layout-shift", Unit::Score, 0.15).within(
        Bounds { below: -0.001, above: 0.001, spread: 0.001 },
        "The larger session window has shifts of 0.10 and 0.05, the other one 0.05; all together would be 0.20.",
    ),
    Truth::new("inp", "Interaction to Next Paint", "interaction", Unit::Milliseconds, 200.0).within(
        Bounds { below: 0.0, above: 56.0, spread: 40.0 },
        "The click's handler runs for 200 ms; then comes the next paint. The browser gives steps of 8 ms.",
    ),
    Truth::new("plain", "Answer, not compressed", "bytes", Unit::Bytes, bytes(answers::PLAIN_ANSWER))
        .within(EXACT, "The server writes so many bytes, head and body."),
    Truth::new("gzip", "Answer, gzip", "bytes", Unit::Bytes, bytes(answers::GZIP_ANSWER))
        .within(EXACT, "The server writes so many bytes, head and body."),
    Truth::new("gzip-encoded", "Its body, compressed", "bytes", Unit::Bytes, bytes(answers::GZIP_BODY))
        .within(EXACT, "Size of what gzip made of the text."),
    Truth::new("gzip-decoded", "Its body, decompressed", "bytes", Unit::Bytes, bytes(answers::TEXT))
        .within(EXACT, "Size of the text: 2,000 lines of 25 bytes."),
    Truth::new("script", "Script", "coverage", Unit::Bytes, bytes(coverage::SCRIPT_TOTAL))
        .within(EXACT, "Size of the script."),
    Truth::new("script-unused", "Unused of it", "coverage", Unit::Bytes, bytes(coverage::SCRIPT_UNUSED))
        .within(EXACT, "Sum of its pieces that never run; a hoisted function that does lies within one of them."),
    Truth::new("style", "Style sheet", "coverage", Unit::Bytes, bytes(coverage::STYLE_TOTAL))
        .within(EXACT, "Size of the style sheet."),
    Truth::new("style-unused", "Unused of it", "coverage", Unit::Bytes, bytes(coverage::STYLE_UNUSED))
        .within(EXACT, "All but the two rules that fit an element, from selector to brace."),
    Truth::new("refused", "Requests that are refused", "refused", Unit::Count, 1.0)
        .within(EXACT, "The site holds the port and does not listen on it: net::ERR_CONNECTION_REFUSED."),
];
