//! From what Lighthouse returns (LHR) to an audit document.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::record::audit::{
    AuditCategories, AuditCategory, AuditEnvironment, AuditResult, AuditSettings, AuditThrottling,
};
use crate::record::{Audit, Failure, FailureKind, Truncated};

/// Who audited.
pub(crate) const LIGHTHOUSE: &str = "lighthouse";

/// Details that are longer as JSON are left out of the document, bytes: a page may make ten thousand requests. The report
/// has them.
const LONGEST_DETAILS: usize = 64 * 1024;

/// Pictures and trees for the report, which nobody can query.
const NOT_FOR_DOCUMENTS: [&str; 4] = ["filmstrip", "screenshot", "treemap-data", "full-page-screenshot"];

/// What the runner prints.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Printed {
    Lhr(Box<Lhr>),
    Error(Trouble),
}

/// What Lighthouse couldn't do.
#[derive(Deserialize)]
pub(super) struct Trouble {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Lhr {
    lighthouse_version: Option<String>,
    requested_url: Option<String>,
    final_url: Option<String>,
    final_displayed_url: Option<String>,
    #[serde(default)]
    run_warnings: Vec<Value>,
    runtime_error: Option<Trouble>,
    #[serde(default)]
    categories: BTreeMap<String, Category>,
    environment: Option<Environment>,
    config_settings: Option<Settings>,
    audits: BTreeMap<String, Result>,
}

#[derive(Deserialize)]
struct Category {
    score: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Environment {
    benchmark_index: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    form_factor: Option<String>,
    max_wait_for_fcp: Option<f64>,
    max_wait_for_load: Option<f64>,
    throttling: Option<Throttling>,
    emulated_user_agent: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Throttling {
    rtt_ms: Option<f64>,
    throughput_kbps: Option<f64>,
    request_latency_ms: Option<f64>,
    download_throughput_kbps: Option<f64>,
    upload_throughput_kbps: Option<f64>,
    cpu_slowdown_multiplier: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Result {
    score: Option<f64>,
    numeric_value: Option<f64>,
    details: Option<Value>,
}

impl Trouble {
    /// A page that the browser can't open, or that answers badly, is the application's failure as it is without an
    /// audit; everything else is the audit's own.
    pub(super) fn failure(self, url: &str) -> Failure {
        let Self { code, message } = self;
        let kind = match code.as_str() {
            "ERRORED_DOCUMENT_REQUEST" => FailureKind::HttpStatus,
            "FAILED_DOCUMENT_REQUEST" | "DNS_FAILURE" | "CHROME_INTERSTITIAL_ERROR" => FailureKind::Navigation,
            "INSECURE_DOCUMENT_REQUEST" => FailureKind::Tls,
            _ => FailureKind::Harness,
        };
        let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
        Failure::new(kind, format!("Lighthouse could not audit {url}{code}: {message}"))
    }
}

impl Lhr {
    /// The document, and what was left out of it.
    pub(super) fn document(self, url: &str) -> std::result::Result<(Audit, Vec<Truncated>), Failure> {
        if let Some(trouble) = self.runtime_error {
            return Err(trouble.failure(url));
        }
        let mut left_out = Vec::new();
        let audits = self.audits.into_iter().map(|(id, result)| {
            let details = result.details.and_then(|details| kept(&id, details, &mut left_out));
            (id, AuditResult { numeric_value: result.numeric_value, score: result.score.map(percent), details })
        });
        let audits = audits.collect();
        let warnings: Vec<String> =
            self.run_warnings.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect();
        let performance = self.categories.get("performance");
        let audit = Audit {
            lighthouse_version: self.lighthouse_version,
            requested_url: self.requested_url.unwrap_or_else(|| url.to_owned()),
            final_url: self.final_displayed_url.or(self.final_url),
            run_warnings: Some(warnings).filter(|warnings| !warnings.is_empty()),
            categories: AuditCategories {
                performance: performance.map(|category| AuditCategory { score: category.score.map(percent) }),
            },
            environment: self.environment.map(|of| AuditEnvironment { benchmark_index: of.benchmark_index }),
            config_settings: self.config_settings.map(settings),
            audits,
            ..Audit::of(LIGHTHOUSE, url)
        };
        Ok((audit, left_out))
    }
}

/// Lighthouse rounds scores to hundredths.
fn percent(score: f64) -> f64 {
    (score * 100.0).round()
}

#[expect(clippy::cast_possible_truncation, reason = "limits of waiting are whole milliseconds")]
fn settings(given: Settings) -> AuditSettings {
    AuditSettings {
        form_factor: given.form_factor,
        max_wait_for_fcp: given.max_wait_for_fcp.map(|ms| ms as i64),
        max_wait_for_load: given.max_wait_for_load.map(|ms| ms as i64),
        throttling: given.throttling.map(|of| AuditThrottling {
            rtt_ms: of.rtt_ms,
            throughput_kbps: of.throughput_kbps,
            request_latency_ms: of.request_latency_ms,
            download_throughput_kbps: of.download_throughput_kbps,
            upload_throughput_kbps: of.upload_throughput_kbps,
            cpu_slowdown_multiplier: of.cpu_slowdown_multiplier,
        }),
        // `false` where it emulates none.
        emulated_user_agent: given.emulated_user_agent.and_then(|agent| agent.as_str().map(str::to_owned)),
    }
}

/// The details of an audit as the document has them.
fn kept(id: &str, details: Value, left_out: &mut Vec<Truncated>) -> Option<Value> {
    let details = match id {
        "diagnostics" => details["items"][0].as_object().cloned().map(Value::Object),
        "resource-summary" => details["items"].as_array().map(|items| by_kind(items)),
        _ if NOT_FOR_DOCUMENTS.iter().any(|kind| details["type"] == *kind) => None,
        _ => Some(details),
    }?;
    let bytes = details.to_string().len();
    if bytes > LONGEST_DETAILS {
        left_out.push(Truncated { field: format!("audits.{id}.details"), bytes: bytes as u64 });
        return None;
    }
    Some(details)
}

/// `third-party` becomes the key `Third-party`, as the original's dashboards read it.
fn by_kind(items: &[Value]) -> Value {
    let kinds = items.iter().filter_map(|item| {
        let mut letters = item["resourceType"].as_str()?.chars();
        let name: String = letters.next()?.to_uppercase().chain(letters).collect();
        let figures: Map<String, Value> = ["requestCount", "transferSize"]
            .into_iter()
            .map(|figure| (figure.to_owned(), item[figure].clone()))
            .collect();
        Some((name, Value::Object(figures)))
    });
    Value::Object(kinds.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(lhr: Value) -> std::result::Result<(Audit, Vec<Truncated>), Failure> {
        serde_json::from_value::<Lhr>(lhr).unwrap().document("http://shop.example/")
    }

    #[test]
    fn details_are_keyed_as_the_dashboards_read_them_and_scores_are_percent() {
        let lhr = json!({
            "requestedUrl": "http://shop.example/", "finalDisplayedUrl": "http://shop.example/home",
            "categories": { "performance": { "score": 0.29 } },
            "audits": {
                "diagnostics": { "score": 1, "details": { "type": "debugdata", "items": [{ "numRequests": 4 }] } },
                "resource-summary": { "score": 1, "details": { "type": "table", "items": [
                    { "resourceType": "total", "label": "Total", "requestCount": 4, "transferSize": 900 },
                    { "resourceType": "third-party", "label": "Third-party", "requestCount": 0, "transferSize": 0 },
                ] } },
                "final-screenshot": { "score": 1, "details": { "type": "screenshot", "data": "data:image/jpeg;…" } },
                "speed-index": { "score": null, "numericValue": 406.5 },
            },
        });
        let (audit, left_out) = document(lhr).unwrap();
        assert_eq!(audit.score("performance"), Some(29.0));
        assert_eq!(audit.final_url.as_deref(), Some("http://shop.example/home"));
        let details = |id: &str| audit.audits[id].details.clone();
        assert_eq!(details("diagnostics"), Some(json!({ "numRequests": 4 })));
        assert_eq!(
            details("resource-summary"),
            Some(json!({
                "Total": { "requestCount": 4, "transferSize": 900 },
                "Third-party": { "requestCount": 0, "transferSize": 0 },
            }))
        );
        assert_eq!(details("final-screenshot"), None);
        assert_eq!((audit.value("speed-index"), audit.score("speed-index")), (Some(406.5), None));
        assert!(left_out.is_empty());
    }

    #[test]
    fn details_without_measure_are_left_out_and_that_is_said() {
        let items: Vec<Value> = (0..10_000).map(|n| json!({ "url": format!("http://shop.example/{n}") })).collect();
        let lhr =
            json!({ "audits": { "network-requests": { "score": 1, "details": { "type": "table", "items": items } } } });
        let (audit, left_out) = document(lhr).unwrap();
        assert_eq!(audit.audits["network-requests"].details, None);
        assert_eq!(left_out[0].field, "audits.network-requests.details");
        assert!(left_out[0].bytes > 300_000);
    }

    #[test]
    fn a_page_that_cant_be_opened_is_the_applications_and_everything_else_is_ours() {
        let failure = |code: &str| {
            document(json!({ "audits": {}, "runtimeError": { "code": code, "message": "it says so" } })).unwrap_err()
        };
        assert_eq!(failure("ERRORED_DOCUMENT_REQUEST").kind, FailureKind::HttpStatus);
        assert_eq!(failure("FAILED_DOCUMENT_REQUEST").kind, FailureKind::Navigation);
        let ours = failure("PROTOCOL_TIMEOUT");
        assert_eq!(ours.kind, FailureKind::Harness);
        assert!(ours.message.contains("http://shop.example/ (PROTOCOL_TIMEOUT): it says so"), "{ours:?}");
    }
}
