//! What was measured on the calibration pages, as the documents of a run tell it.

use canarytrace::site::{CALIBRATION_PAGES, Truth};
use serde_json::Value;
use url::Url;

use crate::own_monitors::Documents;

/// What the browser says of a connection that nobody takes.
const REFUSED: &str = "ERR_CONNECTION_REFUSED";

/// The documents of one visit to all pages.
#[derive(Debug, Default)]
pub(super) struct Visit {
    pub(super) vitals: Vec<Value>,
    pub(super) entries: Vec<Value>,
    pub(super) requests: Vec<Value>,
    pub(super) coverage: Vec<Value>,
    pub(super) usage: Vec<Value>,
}

impl Visit {
    pub(super) fn read(documents: &Documents) -> anyhow::Result<Self> {
        Ok(Self {
            vitals: documents.of("vitals")?,
            entries: documents.of("performance-entries")?,
            requests: documents.of("request-log")?,
            coverage: documents.of("coverage-audit")?,
            usage: documents.of("usage")?,
        })
    }

    /// What was measured of this truth; `None` when no document says.
    pub(super) fn of(&self, truth: &Truth) -> Option<f64> {
        let page = format!("/calibration/{}", truth.page);
        let vital = |pointer: &str| only(&self.vitals, "/url", &page)?.pointer(pointer)?.as_f64();
        let entry = |kind: &str, path: &str, pointer: &str| {
            // Other kinds of entries have the page's URL as their name, too.
            let of_kind = |entry: &&Value| entry["entryType"] == kind;
            only(self.entries.iter().filter(of_kind), "/name", path)?.pointer(pointer)?.as_f64()
        };
        let request = |path: &str, pointer: &str| only(&self.requests, "/url", path)?.pointer(pointer)?.as_f64();
        let coverage = |path: &str, pointer: &str| {
            // What was used is told at the end of the page's step, and once more when the page is left in the next one.
            let title = CALIBRATION_PAGES.iter().find(|page| page.slug == truth.page)?.title;
            let of_step = |document: &&Value| document["testStep"] == title;
            only(self.coverage.iter().filter(of_step), "/url", path)?.pointer(pointer)?.as_f64()
        };
        match truth.name {
            "ttfb" => vital("/ttfb"),
            "first-byte" => entry("navigation", &page, "/ttfb"),
            "wait" => request(&page, "/har/wait"),
            "fcp" => vital("/fcp"),
            "lcp" | "lcp-font" => vital("/lcp"),
            "long-task" => vital("/longTasks/longest"),
            "tbt" => vital("/tbt"),
            "cls" => vital("/cls"),
            "inp" => vital("/inp"),
            "plain" => request("/calibration/plain", "/response/totalEncodedDataLength"),
            "gzip" => request("/calibration/gzip", "/response/totalEncodedDataLength"),
            "gzip-encoded" => entry("resource", "/calibration/gzip", "/encodedBodySize"),
            "gzip-decoded" => entry("resource", "/calibration/gzip", "/decodedBodySize"),
            "script" => coverage("/calibration/coverage.js", "/total"),
            "script-unused" => coverage("/calibration/coverage.js", "/unused"),
            "style" => coverage("/calibration/coverage.css", "/total"),
            "style-unused" => coverage("/calibration/coverage.css", "/unused"),
            "refused" => self.refused(),
            _ => None,
        }
    }

    /// How many requests were refused; none when there are no documents of requests at all.
    fn refused(&self) -> Option<f64> {
        let is_refused = |request: &&Value| {
            request["outcome"] == "failed" && request["errorText"].as_str().is_some_and(|text| text.contains(REFUSED))
        };
        let refused = self.requests.iter().filter(|request| path_is(request, "/url", "/refused")).filter(is_refused);
        let count = u32::try_from(refused.count()).ok().map(f64::from);
        count.filter(|_| !self.requests.is_empty())
    }
}

/// The one document with this path in the URL at `pointer`. Two would say that something was counted twice.
fn only<'a>(documents: impl IntoIterator<Item = &'a Value>, pointer: &str, path: &str) -> Option<&'a Value> {
    let mut found = documents.into_iter().filter(|document| path_is(document, pointer, path));
    let first = found.next();
    if found.next().is_some() { None } else { first }
}

fn path_is(document: &Value, pointer: &str, path: &str) -> bool {
    let url = document.pointer(pointer).and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
    url.is_some_and(|url| url.path() == path)
}
