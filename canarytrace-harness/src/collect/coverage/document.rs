//! Documents from what was taken of a page's coverage.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::collect::cut::{LONG, beginning};
use crate::devtools::protocol::canarytrace::CoverageTaken;
use crate::record::{CoverageAudit, Metric};

/// The figures of a script or style sheet, for budgets.
pub fn figures(document: &CoverageAudit) -> Vec<(Metric, f64)> {
    let metric = if document.kind == "js" { Metric::UnusedJs } else { Metric::UnusedCss };
    #[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
    let unused = document.unused as f64;
    vec![(metric, unused)]
}

/// A document of each script and style sheet in a mark; the parts of one address together. `test_step` is the title of the
/// step.
pub fn documents(mark: &CoverageTaken, test_step: Option<&str>) -> Vec<CoverageAudit> {
    let mut sums: BTreeMap<(&str, &str, &'static str), (i64, i64, bool)> = BTreeMap::new();
    for source in mark.sources.get().and_then(Value::as_array).into_iter().flatten() {
        let kind = match source["kind"].as_str() {
            Some("js") => "js",
            Some("css") => "css",
            _ => continue,
        };
        let (Some(url), Some(page)) = (source["url"].as_str(), source["page"].as_str()) else { continue };
        let (Some(total), Some(used)) = (source["total"].as_i64(), source["used"].as_i64()) else { continue };
        let sum = sums.entry((page, url, kind)).or_insert((0, 0, true));
        sum.0 = sum.0.saturating_add(total.max(0));
        sum.1 = sum.1.saturating_add(used.clamp(0, total.max(0)));
        sum.2 &= source["exact"] == true;
    }
    sums.into_iter()
        .filter(|(_, (total, ..))| *total > 0)
        .map(|((page, url, kind), (total, used, is_exact))| {
            let unused = total - used;
            #[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
            let percent_unused = unused as f64 * 100.0 / total as f64;
            CoverageAudit {
                url: beginning(url, LONG).to_owned(),
                kind,
                page: beginning(page, LONG).to_owned(),
                total,
                unused,
                percent_unused,
                is_exact,
                test_step: test_step.map(str::to_owned),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::devtools::protocol::{Event, Message};

    #[test]
    fn the_parts_of_an_address_are_one_document_and_odd_ones_none() {
        let source = |kind: &str, url: &str, total: i64, used: i64, exact: bool| json!({ "kind": kind, "url": url, "page": "http://a/", "total": total, "used": used, "exact": exact });
        let sources = json!([
            source("js", "http://a/", 100, 25, true),
            source("css", "http://a/", 40, 40, true),
            source("js", "http://a/", 300, 75, false),
            source("js", "http://a/more.js", 10, 999, true),
            source("wasm", "http://a/w", 10, 1, true),
            source("css", "http://a/empty.css", 0, 0, true),
            { "kind": "js" },
            7,
        ]);
        let text = json!({ "method": "Canarytrace.coverage", "params": { "sources": sources } }).to_string();
        let Event::CoverageTaken(mark) = Message::parse(&text).unwrap().event else { panic!("{text}") };
        let found = documents(&mark, None);
        let short: Vec<_> = found.iter().map(|d| (d.kind, &*d.url, d.total, d.unused, d.is_exact)).collect();
        let expected = [
            ("css", "http://a/", 40, 0, true),
            ("js", "http://a/", 400, 300, false),
            ("js", "http://a/more.js", 10, 0, true),
        ];
        assert_eq!(short, expected);
        assert!((found[1].percent_unused - 75.0).abs() < 1e-9);
        assert_eq!(figures(&found[1]), [(Metric::UnusedJs, 300.0)]);
        assert_eq!(figures(&found[0]), [(Metric::UnusedCss, 0.0)]);
    }
}
