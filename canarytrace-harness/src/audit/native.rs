//! The audit without Lighthouse: from figures of a page load to the same document, in the parts that we measure.
//!
//! There is no score of all: Lighthouse's needs a Speed Index, and one that was computed of less would not be the same.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use url::Url;

use super::score;
use crate::record::Audit;
use crate::record::audit::{AuditResult, AuditSettings};

/// Who audited.
pub const SOURCE: &str = "canarytrace";

/// From here on Lighthouse takes a server for slow, ms.
const SLOW_SERVER: f64 = 600.0;

/// The kinds of `resource-summary`, beside `Third-party` and `Total`.
const KINDS: [&str; 8] = ["Document", "Font", "Image", "Media", "Other", "Script", "Stylesheet", "Third-party"];

/// What was measured of one page load. What is `None` was not, and is missing in the audit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageFigures {
    /// The URL that was asked for.
    pub requested_url: String,
    /// The URL that the page has.
    pub final_url: Option<String>,
    /// First Contentful Paint, ms.
    pub first_contentful_paint: Option<f64>,
    /// Largest Contentful Paint, ms.
    pub largest_contentful_paint: Option<f64>,
    /// Cumulative Layout Shift.
    pub cumulative_layout_shift: Option<f64>,
    /// Total Blocking Time, ms.
    pub total_blocking_time: Option<f64>,
    /// From the request of the document to the first byte of its answer, ms.
    pub server_response_time: Option<f64>,
    /// Elements of the page.
    pub dom_size: Option<u64>,
    /// Durations of the long tasks, ms.
    pub long_tasks: Option<Vec<f64>>,
    /// Every request, in the order in which they were sent.
    pub requests: Option<Vec<RequestFigures>>,
}

/// What was measured of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct RequestFigures {
    /// Its URL.
    pub url: String,
    /// The browser's kind (`Network.ResourceType`): `Document`, `Script`, `Fetch` …
    pub kind: String,
    /// Bytes over the wire, headers included.
    pub transfer_size: u64,
    /// Status of the answer.
    pub status: Option<i64>,
}

/// The audit of a page load.
pub fn audit(figures: &PageFigures, settings: AuditSettings) -> Audit {
    let form_factor = settings.form_factor.clone().unwrap_or_else(|| "desktop".to_owned());
    let mut audits = BTreeMap::new();
    let mut add = |id: &str, numeric_value: Option<f64>, score: Option<f64>, details: Option<Value>| {
        if numeric_value.is_some() || details.is_some() {
            audits.insert(id.to_owned(), AuditResult { numeric_value, score, details });
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "pages have less than 2^52 elements and bytes")]
    let number = |count: u64| count as f64;
    let requests = figures.requests.as_deref();
    let weight = requests.map(|requests| requests.iter().map(|request| request.transfer_size).sum());
    for (id, value) in [
        ("first-contentful-paint", figures.first_contentful_paint),
        ("largest-contentful-paint", figures.largest_contentful_paint),
        ("cumulative-layout-shift", figures.cumulative_layout_shift),
        ("total-blocking-time", figures.total_blocking_time),
        ("dom-size", figures.dom_size.map(number)),
        ("total-byte-weight", weight.map(number)),
    ] {
        add(id, value, value.and_then(|value| score::score(id, &form_factor, value)), None);
    }
    let server = figures.server_response_time;
    let server_score = server.map(|time| if time < SLOW_SERVER { 100.0 } else { 0.0 });
    add("server-response-time", server, server_score, None);
    add("diagnostics", None, None, diagnostics(figures));
    if let Some(requests) = requests {
        let first_party = figures.final_url.as_deref().unwrap_or(&figures.requested_url);
        add("resource-summary", None, None, Some(resource_summary(requests, first_party)));
        add("network-requests", None, None, Some(network_requests(requests)));
    }
    Audit {
        final_url: figures.final_url.clone(),
        config_settings: Some(settings),
        audits,
        ..Audit::of(SOURCE, &figures.requested_url)
    }
}

/// The kind in the words of `resource-summary`.
fn kind(browsers: &str) -> &'static str {
    KINDS.into_iter().find(|kind| *kind == browsers).unwrap_or("Other")
}

fn diagnostics(figures: &PageFigures) -> Option<Value> {
    let mut all = Map::new();
    if let Some(requests) = &figures.requests {
        let count = |of: &str| requests.iter().filter(|request| kind(&request.kind) == of).count();
        let document = requests.iter().find(|request| request.kind == "Document");
        all.extend([
            ("numRequests".to_owned(), requests.len().into()),
            ("numScripts".to_owned(), count("Script").into()),
            ("numStylesheets".to_owned(), count("Stylesheet").into()),
            ("numFonts".to_owned(), count("Font").into()),
            ("totalByteWeight".to_owned(), requests.iter().map(|request| request.transfer_size).sum::<u64>().into()),
            ("mainDocumentTransferSize".to_owned(), document.map(|document| document.transfer_size).into()),
        ]);
    }
    if let Some(tasks) = &figures.long_tasks {
        for limit in [50.0, 100.0, 500.0] {
            let over = tasks.iter().filter(|task| **task > limit).count();
            all.insert(format!("numTasksOver{limit}ms"), over.into());
        }
    }
    (!all.is_empty()).then_some(Value::Object(all))
}

fn resource_summary(requests: &[RequestFigures], first_party: &str) -> Value {
    let mut sums: BTreeMap<&str, (u64, u64)> = KINDS.iter().chain(&["Total"]).map(|kind| (*kind, (0, 0))).collect();
    for request in requests {
        let third = (!is_first_party(&request.url, first_party)).then_some("Third-party");
        for kind in [Some(kind(&request.kind)), Some("Total"), third].into_iter().flatten() {
            let (count, bytes) = sums.entry(kind).or_default();
            *count += 1;
            *bytes += request.transfer_size;
        }
    }
    let figures = |(count, bytes)| json!({ "requestCount": count, "transferSize": bytes });
    sums.into_iter().map(|(kind, sums)| (kind.to_owned(), figures(sums))).collect::<Map<_, _>>().into()
}

/// Whether a URL is of the page's own site: the same host, or one of the two is below the other. (Lighthouse has a list
/// of companies and their hosts.)
fn is_first_party(url: &str, page: &str) -> bool {
    let host = |url: &str| Url::parse(url).ok()?.host_str().map(str::to_owned);
    let (Some(host), Some(own)) = (host(url), host(page)) else { return true };
    let below = |inner: &str, outer: &str| inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.'));
    host == own || below(&host, &own) || below(&own, &host)
}

fn network_requests(requests: &[RequestFigures]) -> Value {
    let items: Vec<Value> = requests
        .iter()
        .map(|request| {
            json!({
                "url": request.url,
                "resourceType": request.kind,
                "transferSize": request.transfer_size,
                "statusCode": request.status,
            })
        })
        .collect();
    json!({ "type": "table", "items": items })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, kind: &str, transfer_size: u64) -> RequestFigures {
        RequestFigures { url: url.to_owned(), kind: kind.to_owned(), transfer_size, status: Some(200) }
    }

    fn settings(form_factor: &str) -> AuditSettings {
        AuditSettings {
            form_factor: Some(form_factor.to_owned()),
            max_wait_for_fcp: None,
            max_wait_for_load: None,
            throttling: None,
            emulated_user_agent: None,
        }
    }

    #[test]
    fn figures_become_audits_with_the_scores_of_their_form_factor() {
        let figures = PageFigures {
            requested_url: "http://shop.example/".to_owned(),
            first_contentful_paint: Some(1600.0),
            server_response_time: Some(600.0),
            long_tasks: Some(vec![50.0, 50.1, 120.0, 501.0]),
            requests: Some(vec![
                request("http://shop.example/", "Document", 1000),
                request("http://cdn.shop.example/a.js", "Script", 200),
                request("http://ads.example/pixel", "Ping", 30),
            ]),
            ..PageFigures::default()
        };
        let audit = audit(&figures, settings("desktop"));
        assert_eq!(audit.source, "canarytrace");
        assert_eq!(
            (audit.value("first-contentful-paint"), audit.score("first-contentful-paint")),
            (Some(1600.0), Some(50.0))
        );
        assert_eq!(audit.score("server-response-time"), Some(0.0));
        assert_eq!(audit.value("total-byte-weight"), Some(1230.0));
        let details = |id: &str| audit.audits[id].details.clone().unwrap();
        let summary = details("resource-summary");
        assert_eq!(summary["Total"], json!({ "requestCount": 3, "transferSize": 1230 }));
        assert_eq!(summary["Third-party"], json!({ "requestCount": 1, "transferSize": 30 }));
        assert_eq!(summary["Other"], json!({ "requestCount": 1, "transferSize": 30 }));
        assert_eq!(summary["Font"], json!({ "requestCount": 0, "transferSize": 0 }));
        let diagnostics = details("diagnostics");
        assert_eq!(
            ["numTasksOver50ms", "numTasksOver100ms", "numTasksOver500ms"].map(|name| diagnostics[name].as_u64()),
            [Some(3), Some(2), Some(1)]
        );
        assert_eq!(super::audit(&figures, settings("mobile")).score("first-contentful-paint"), Some(94.0));
    }

    #[test]
    fn what_was_not_measured_is_missing_and_is_no_zero() {
        let audit = audit(&PageFigures::default(), settings("desktop"));
        assert!(audit.audits.is_empty(), "{audit:?}");
        assert_eq!(audit.score("performance"), None);
    }
}
