//! The script that tells the performance timeline of each page, and the calls that put it there.
//!
//! It runs in an isolated world from the beginning of each document (`Page.addScriptToEvaluateOnNewDocument`), and what it
//! tells comes as `Runtime.bindingCalled` among the other messages: so it is in the raw log, and a replay has it again.

use serde_json::{Value, json};

/// Name of our world among those of a page; people see it in the list of contexts of their `DevTools`.
pub(crate) const WORLD: &str = "canarytrace";

/// Name of the binding, in our world alone.
pub(crate) const BINDING: &str = "canarytraceTellTimeline";

/// Name of the function in our world that has what was gathered told at once.
pub(crate) const FLUSH: &str = "canarytraceFlushTimeline";

/// Entries of one type that are kept of one document; what is beyond is counted.
const MOST: u32 = 10_000;

/// Entries of one message.
const MOST_IN_BATCH: u32 = 500;

/// The longest `detail` of a mark or measure, characters of JSON.
const MOST_DETAIL: u32 = 2048;

/// How long entries gather before the page's next idle moment is waited for, and how long that is waited for, ms.
const PATIENCE_MS: u32 = 500;

/// How long a page is said to be left once it began to leave for another, ms.
const LEAVING_MS: u32 = 5_000;

/// How long a page loads before it is observed in full all the same, ms.
const LOADING_MS: u32 = 100;

/// How long the next frame is waited for, ms.
const FRAME_MS: u32 = 100;

/// How long the first paint is waited for then, ms: a page that is busy shows it long after its load event.
const FIRST_PAINT_MS: u32 = 1_000;

const SCRIPT: &str = include_str!("timeline.js");

/// What vitals are made of.
const TYPES_OF_VITALS: [&str; 11] = [
    "navigation",
    "resource",
    "paint",
    "largest-contentful-paint",
    "layout-shift",
    "event",
    "first-input",
    "longtask",
    "long-animation-frame",
    "soft-navigation",
    "interaction-contentful-paint",
];

/// Which parts of a page's timeline are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeline {
    /// Entries of every type that the browser has.
    Everything,
    /// What vitals are made of.
    Vitals,
}

impl Timeline {
    /// The calls that put the script into each document of a tab from now on, behind `Page.enable` and `Runtime.enable`.
    pub(crate) fn calls(self) -> [(&'static str, Value); 2] {
        [
            ("Runtime.addBinding", json!({ "name": BINDING, "executionContextName": WORLD })),
            (
                "Page.addScriptToEvaluateOnNewDocument",
                json!({ "source": self.script(), "worldName": WORLD, "runImmediately": true }),
            ),
        ]
    }

    fn script(self) -> String {
        let options = json!({
            "binding": BINDING,
            "flush": FLUSH,
            "types": (self == Self::Vitals).then_some(TYPES_OF_VITALS),
            "most": MOST,
            "mostInBatch": MOST_IN_BATCH,
            "mostDetail": MOST_DETAIL,
            "patience": PATIENCE_MS,
            "leaving": LEAVING_MS,
            "loading": LOADING_MS,
            "frame": FRAME_MS,
            "firstPaint": FIRST_PAINT_MS,
        });
        format!("({}\n)({options});", SCRIPT.trim_end())
    }
}
