//! Dataset `report`: what the run did, step by step.

use super::document::{Absent, Mapping, document};
use super::failure::{FailureKind, Fault};

/// Which moment of a run a `report` document tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum ReportEvent {
    /// An attempt has its browser and begins.
    TestStart,
    /// A suite, a named group of steps, begins; also the monitor itself.
    SuiteStart,
    /// A step begins.
    TestStepStart,
    /// A step is over.
    TestStepEnd,
    /// An attempt is over.
    TestEnd,
}

impl Absent for ReportEvent {}

document! {
    /// The browser that a run was given.
    pub struct Capabilities {
        /// Name in the WebDriver reply: `chrome` or `chrome-headless-shell`.
        browser_name: String => "browserName": Mapping::Keyword,
        /// Full version of the browser.
        browser_version: String => "browserVersion": Mapping::Keyword,
        /// Full version of chromedriver.
        driver_version: Option<String> => "driverVersion": Mapping::Keyword,
        /// What chromedriver was told of the browser.
        chrome_options: ChromeOptions => "goog:chromeOptions": Mapping::Object(ChromeOptions::FIELDS),
    }
}

document! {
    /// What chromedriver was told of the browser.
    pub struct ChromeOptions {
        /// Flags the browser was started with.
        args: Vec<String> => "args": Mapping::Keyword,
    }
}

document! {
    /// How network and processor are slowed down, in Lighthouse's names.
    pub struct Throttling {
        /// The preset, `custom`, or `none`.
        preset: String => "preset": Mapping::Keyword,
        /// Least duration from a request to the headers of its answer, ms.
        request_latency_ms: f64 => "requestLatencyMs": Mapping::Double,
        /// Rate of downloads of each page or worker, kbit/s; none where it is not limited.
        download_throughput_kbps: Option<f64> => "downloadThroughputKbps": Mapping::Double,
        /// Rate of uploads, kbit/s; none where it is not limited.
        upload_throughput_kbps: Option<f64> => "uploadThroughputKbps": Mapping::Double,
        /// How many times slower the scripts of pages run.
        cpu_slowdown_multiplier: f64 => "cpuSlowdownMultiplier": Mapping::Double,
        /// Whether the browser has no network.
        offline: bool => "offline": Mapping::Boolean,
        /// Whether nothing is taken from the cache.
        cache_disabled: bool => "cacheDisabled": Mapping::Boolean,
    }
}

document! {
    /// What a run did: its start, suites, steps and end, each with its verdict.
    pub struct Report = "report" {
        /// testStart, suiteStart, testStepStart, testStepEnd or testEnd.
        event: ReportEvent => "event": Mapping::Keyword,
        /// Title of the suite or step.
        title: Option<String> => "title": Mapping::KeywordKeyword,
        /// Titles from the outermost suite to this one.
        full_title: Option<String> => "fullTitle": Mapping::Keyword,
        /// Title of the suite or step around this one.
        parent: Option<String> => "parent": Mapping::Keyword,
        /// Duration of the step, ms.
        test_step_duration: Option<f64> => "testStepDuration": Mapping::Double,
        /// Whether the step or attempt passed.
        passed: Option<bool> => "passed": Mapping::Boolean,
        /// Why it failed.
        err_message: Option<String> => "errMessage": Mapping::TextRaw,
        /// Kind of the failure.
        err_type: Option<FailureKind> => "errType": Mapping::Keyword,
        /// Whose fault the failure is: application, network, browser or harness.
        fault: Option<Fault> => "fault": Mapping::Keyword,
        /// Files kept of this step, relative to the run's folder; `no` where there is none.
        attachments: Option<Vec<String>> => "attachments": Mapping::Keyword,
        /// Where these files are copied to, when there is a store; they may come a moment later than this document.
        attachment_links: Option<Vec<String>> => "attachmentLinks": Mapping::Keyword,
        /// Start URL of the monitor.
        base_url: Option<String> => "baseUrl": Mapping::TextRaw,
        /// Address of the WebDriver server, as the original named it.
        selenium_cluster: Option<String> => "seleniumCluster": Mapping::Keyword,
        /// WebDriver session.
        session_id: Option<String> => "sessionId": Mapping::Keyword,
        /// The browser.
        capabilities: Option<Capabilities> => "capabilities": Mapping::Object(Capabilities::FIELDS),
        /// Network and processor, when they are slowed down or cut off: from here on at the start of the attempt, at the
        /// end of a step as they are then.
        throttling: Option<Throttling> => "throttling": Mapping::Object(Throttling::FIELDS),
        /// Duration of the attempt from the start of its browser to its end, ms.
        total_runner_duration: Option<f64> => "totalRunnerDuration": Mapping::Double,
        /// Sum of the durations of the outermost steps, ms.
        total_test_steps_duration: Option<f64> => "totalTestStepsDuration": Mapping::Double,
    }
}

impl Report {
    /// A report of `event` with nothing else filled in.
    pub fn of(event: ReportEvent) -> Self {
        Self {
            event,
            title: None,
            full_title: None,
            parent: None,
            test_step_duration: None,
            passed: None,
            err_message: None,
            err_type: None,
            fault: None,
            attachments: None,
            attachment_links: None,
            base_url: None,
            selenium_cluster: None,
            session_id: None,
            capabilities: None,
            throttling: None,
            total_runner_duration: None,
            total_test_steps_duration: None,
        }
    }
}

impl Absent for Throttling {}
impl Absent for FailureKind {}
impl Absent for Fault {}
impl Absent for Capabilities {}
impl Absent for ChromeOptions {}
