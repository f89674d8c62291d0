//! Dataset `audit`: what Lighthouse found, or Canarytrace in its place.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Absent, Field, Mapping, document};
use super::metric::Metric;

document! {
    /// A category of Lighthouse.
    pub struct AuditCategory {
        /// Score, 0 to 100; none when an audit of it failed.
        score: Option<f64> => "score": Mapping::Double,
    }
}

document! {
    /// The categories of Lighthouse.
    pub struct AuditCategories {
        /// How fast the page is.
        performance: Option<AuditCategory> => "performance": Mapping::Object(AuditCategory::FIELDS),
    }
}

document! {
    /// The machine.
    pub struct AuditEnvironment {
        /// How fast it is, by Lighthouse's own benchmark.
        benchmark_index: Option<f64> => "benchmarkIndex": Mapping::Double,
    }
}

document! {
    /// How slow the network and the processor were made.
    pub struct AuditThrottling {
        /// Round trip time of the simulated network, ms.
        rtt_ms: Option<f64> => "rttMs": Mapping::Double,
        /// Throughput of the simulated network, kbit/s.
        throughput_kbps: Option<f64> => "throughputKbps": Mapping::Double,
        /// Latency that the browser adds to each request, ms.
        request_latency_ms: Option<f64> => "requestLatencyMs": Mapping::Double,
        /// Download of the browser, kbit/s.
        download_throughput_kbps: Option<f64> => "downloadThroughputKbps": Mapping::Double,
        /// Upload of the browser, kbit/s.
        upload_throughput_kbps: Option<f64> => "uploadThroughputKbps": Mapping::Double,
        /// How many times slower the processor is.
        cpu_slowdown_multiplier: Option<f64> => "cpuSlowdownMultiplier": Mapping::Double,
    }
}

document! {
    /// How the audit was configured.
    pub struct AuditSettings {
        /// mobile or desktop.
        form_factor: Option<String> => "formFactor": Mapping::KeywordKeyword,
        /// Longest wait for the first contentful paint, ms.
        max_wait_for_fcp: Option<i64> => "maxWaitForFcp": Mapping::Long,
        /// Longest wait for the page to be loaded, ms.
        max_wait_for_load: Option<i64> => "maxWaitForLoad": Mapping::Long,
        /// How slow the network and the processor were made.
        throttling: Option<AuditThrottling> => "throttling": Mapping::Object(AuditThrottling::FIELDS),
        /// What the browser said it was.
        emulated_user_agent: Option<String> => "emulatedUserAgent": Mapping::Keyword,
    }
}

document! {
    /// What one audit of Lighthouse found.
    pub struct AuditResult {
        /// What was measured, in the audit's own unit: mostly ms; the cumulative layout shift has none and is a fraction.
        numeric_value: Option<f64> => "numericValue": Mapping::Double,
        /// Score, 0 to 100; none where the audit only informs or failed.
        score: Option<f64> => "score": Mapping::Double,
        /// What it found in detail. Of `diagnostics` an object of figures; of `resource-summary` an object with
        /// `requestCount` and `transferSize` for each kind of resource.
        details: Option<Value> => "details": Mapping::NotIndexed,
    }
}

/// What is indexed of an audit that measures.
const METRIC: &[Field] = AuditResult::FIELDS;

/// What is indexed of one kind of resource.
const RESOURCES: &[Field] = &[
    Field { name: "requestCount", mapping: Mapping::Long, doc: "How many were loaded." },
    Field { name: "transferSize", mapping: Mapping::Long, doc: "Bytes over the wire." },
];

macro_rules! fields {
    ($($name:literal: $mapping:expr, $doc:literal;)+) => {
        &[$( Field { name: $name, mapping: $mapping, doc: $doc }, )+]
    };
}

const DIAGNOSTICS: &[Field] = fields! {
    "details": Mapping::OpenObject(DIAGNOSTICS_DETAILS), "Figures of the page load.";
};

const DIAGNOSTICS_DETAILS: &[Field] = fields! {
    "numRequests": Mapping::Long, "How many requests there were.";
    "numTasksOver50ms": Mapping::Long, "How many tasks of the main thread took more than 50 ms.";
    "numTasksOver100ms": Mapping::Long, "How many took more than 100 ms.";
    "numTasksOver500ms": Mapping::Long, "How many took more than 500 ms.";
};

const RESOURCE_SUMMARY: &[Field] = fields! {
    "details": Mapping::OpenObject(RESOURCE_KINDS), "What was loaded, by kind.";
};

const RESOURCE_KINDS: &[Field] = fields! {
    "Document": Mapping::OpenObject(RESOURCES), "Documents.";
    "Font": Mapping::OpenObject(RESOURCES), "Fonts.";
    "Image": Mapping::OpenObject(RESOURCES), "Images.";
    "Media": Mapping::OpenObject(RESOURCES), "Sound and video.";
    "Other": Mapping::OpenObject(RESOURCES), "Everything else.";
    "Script": Mapping::OpenObject(RESOURCES), "Scripts.";
    "Stylesheet": Mapping::OpenObject(RESOURCES), "Style sheets.";
    "Third-party": Mapping::OpenObject(RESOURCES), "What other sites served, of any kind.";
    "Total": Mapping::OpenObject(RESOURCES), "All of it.";
};

/// The audits that are indexed; all others are kept, too.
pub const AUDITS: &[Field] = fields! {
    "first-contentful-paint": Mapping::OpenObject(METRIC), "When the first text or image was painted, ms.";
    "largest-contentful-paint": Mapping::OpenObject(METRIC), "When the largest text or image was painted, ms.";
    "speed-index": Mapping::OpenObject(METRIC), "How soon the page was filled, ms.";
    "total-blocking-time": Mapping::OpenObject(METRIC), "How long input would have had to wait, ms.";
    "cumulative-layout-shift": Mapping::OpenObject(METRIC), "How much the page moved, without unit.";
    "interactive": Mapping::OpenObject(METRIC), "When the page was ready for input, ms.";
    "first-meaningful-paint": Mapping::OpenObject(METRIC), "When the main content was painted, ms (until Lighthouse 12).";
    "first-cpu-idle": Mapping::OpenObject(METRIC), "When the main thread was first idle, ms (until Lighthouse 7).";
    "network-server-latency": Mapping::OpenObject(METRIC), "How long servers took to answer, ms.";
    "diagnostics": Mapping::OpenObject(DIAGNOSTICS), "Figures of the page load.";
    "resource-summary": Mapping::OpenObject(RESOURCE_SUMMARY), "What was loaded, by kind.";
};

document! {
    /// What Lighthouse found (`PT_AUDIT=allow`), or what Canarytrace itself measured in its place.
    pub struct Audit = "audit" {
        /// Who audited: `lighthouse`, or `canarytrace`, which measures less.
        source: String => "source": Mapping::Keyword,
        /// Lighthouse's version.
        lighthouse_version: Option<String> => "lighthouseVersion": Mapping::Keyword,
        /// The URL that was to be audited.
        requested_url: String => "requestedUrl": Mapping::TextRaw,
        /// The URL that was audited, after redirects.
        final_url: Option<String> => "finalUrl": Mapping::TextRaw,
        /// Why there was no audit; then there is no result either.
        skipped: Option<String> => "skipped": Mapping::TextRaw,
        /// What Lighthouse warns of, such as a page that did not finish loading.
        run_warnings: Option<Vec<String>> => "runWarnings": Mapping::TextRaw,
        /// How long it took, browser included, ms.
        duration: Option<f64> => "auditDuration": Mapping::Double,
        /// Report and trace that were kept: paths within the run's folder.
        attachments: Option<Vec<String>> => "attachments": Mapping::Keyword,
        /// Scores by category.
        categories: AuditCategories => "categories": Mapping::Object(AuditCategories::FIELDS),
        /// The machine.
        environment: Option<AuditEnvironment> => "environment": Mapping::Object(AuditEnvironment::FIELDS),
        /// How it was configured.
        config_settings: Option<AuditSettings> => "configSettings": Mapping::Object(AuditSettings::FIELDS),
        /// The results by the audits' ids.
        audits: BTreeMap<String, AuditResult> => "audits": Mapping::OpenObject(AUDITS),
    }
}

impl Absent for AuditCategories {}

impl Audit {
    /// An audit that was not made, because of `reason`.
    pub fn skipped(source: &str, requested_url: &str, reason: String) -> Self {
        Self { skipped: Some(reason), ..Self::of(source, requested_url) }
    }

    /// An audit without any result yet.
    pub fn of(source: &str, requested_url: &str) -> Self {
        Self {
            source: source.to_owned(),
            lighthouse_version: None,
            requested_url: requested_url.to_owned(),
            final_url: None,
            skipped: None,
            run_warnings: None,
            duration: None,
            attachments: None,
            categories: AuditCategories { performance: None },
            environment: None,
            config_settings: None,
            audits: BTreeMap::new(),
        }
    }

    /// A score, 0 to 100: of an audit by its id, or of all as `performance`.
    pub fn score(&self, id: &str) -> Option<f64> {
        match id {
            "performance" => self.categories.performance.as_ref()?.score,
            id => self.audits.get(id)?.score,
        }
    }

    /// What an audit measured, in its own unit: mostly ms.
    pub fn value(&self, id: &str) -> Option<f64> {
        self.audits.get(id)?.numeric_value
    }

    /// The figures that budgets limit. The times are none of them: simulated ones must not mix with measured ones.
    pub fn figures(&self) -> Vec<(Metric, f64)> {
        self.score("performance").map(|score| (Metric::PerformanceScore, score)).into_iter().collect()
    }
}
