//! Writes a session as `JUnit` XML (`CANARYTRACE_JUNIT`).

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite, XmlString};
use uuid::Uuid;

use crate::record::{Consumer, Event, Failure, Fault, Outcome};

/// The consumer that writes the file when the session is over.
pub(crate) struct Junit {
    path: PathBuf,
    suite: TestSuite,
    reruns: HashMap<Uuid, Vec<TestRerun>>,
    error: JunitError,
}

/// Why the file could not be written; shared with the session, which turns it into an exit code.
#[derive(Clone, Debug, Default)]
pub(crate) struct JunitError(Arc<Mutex<Option<String>>>);

impl JunitError {
    pub(crate) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, message: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(message);
    }
}

impl Junit {
    pub(crate) fn new(path: PathBuf, error: JunitError) -> Self {
        Self { path, suite: TestSuite::new("canarytrace"), reruns: HashMap::new(), error }
    }

    fn write(&mut self) -> Result<(), String> {
        let mut report = Report::new("canarytrace");
        report.add_test_suite(std::mem::replace(&mut self.suite, TestSuite::new("canarytrace")));
        let xml = report.to_string().map_err(|error| error.to_string())?;
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        fs::write(&self.path, xml).map_err(|error| error.to_string())
    }
}

/// In `JUnit`, a failure is a check that did not hold, and an error is anything that kept it from being made.
fn kind(failure: Option<&Failure>) -> NonSuccessKind {
    match failure.map(|failure| failure.fault) {
        Some(Fault::Browser | Fault::Harness) => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    }
}

fn first_line(failure: &Failure) -> XmlString {
    failure.message.lines().next().unwrap_or_default().into()
}

impl Consumer for Junit {
    fn event(&mut self, event: &Event) {
        match event {
            Event::Ignored { monitor } => {
                let mut status = TestCaseStatus::skipped();
                status.set_message("disabled");
                self.suite.add_test_case(TestCase::new(monitor.as_str(), status));
            }
            Event::AttemptEnded { run, duration, failure: Some(failure), will_retry: true, .. } => {
                let mut rerun = TestRerun::new(kind(Some(failure)));
                rerun.set_time(*duration).set_message(first_line(failure)).set_type(failure.kind.as_str());
                rerun.set_description(failure.message.as_str());
                self.reruns.entry(run.uuid).or_default().push(rerun);
            }
            Event::RunEnded { run, outcome, duration, failure, warnings, .. } => {
                let mut status = match outcome {
                    Outcome::Passed | Outcome::Degraded | Outcome::Flaky => TestCaseStatus::success(),
                    Outcome::Failed => TestCaseStatus::non_success(kind(failure.as_ref())),
                };
                if let Some(failure) = failure {
                    status.set_message(first_line(failure)).set_type(failure.kind.as_str());
                    status.set_description(failure.message.as_str());
                }
                status.add_reruns(self.reruns.remove(&run.uuid).unwrap_or_default());
                let mut case = TestCase::new(run.monitor.as_str(), status);
                case.set_classname("canarytrace").set_time(*duration);
                case.add_property(("uuid", run.uuid.to_string().as_str()));
                if !warnings.is_empty() {
                    case.add_property(("degraded", "true"));
                    case.set_system_out(warnings.join("\n"));
                }
                self.suite.add_test_case(case);
            }
            Event::SessionEnded { duration, .. } => {
                self.suite.set_time(*duration);
                if let Err(error) = self.write() {
                    self.error.set(format!("failed to write {} (CANARYTRACE_JUNIT): {error}", self.path.display()));
                }
            }
            _ => {}
        }
    }
}
