//! The interface between the runner and everything that wants to know: one enum, many consumers.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::failure::{Failure, Outcome};
use super::redact::Redactor;
use super::statistics::Statistics;

/// Facts of a run that don't change while it goes on.
#[derive(Clone, Debug)]
pub struct RunInfo {
    /// The run.
    pub uuid: Uuid,
    /// Name of the monitor, or the URL in smoke mode.
    pub monitor: String,
    /// The monitor's description.
    pub description: String,
    /// Free texts of the operator, then the monitor's tags.
    pub labels: Vec<String>,
    /// Where the run is made.
    pub location: String,
    /// How many attempts the run may have, at least 1.
    pub max_attempts: u32,
}

/// A phase of a run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// The run gets its id and folder.
    Start,
    /// The environment is stored, the browser started.
    Prepare,
    /// The target is asked without a browser.
    Availability,
    /// The monitor's steps.
    Execution,
    /// The browser is stopped, the documents are flushed.
    Stop,
}

impl Phase {
    /// Lower-case name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Prepare => "prepare",
            Self::Availability => "availability",
            Self::Execution => "execution",
            Self::Stop => "stop",
        }
    }
}

/// A suite or a step.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// The step (`uuidAction`).
    pub uuid_action: Uuid,
    /// Title as the author wrote it.
    pub title: String,
    /// Titles from the outermost suite to this step, separated by a blank.
    pub full_title: String,
    /// Title of what is around it.
    pub parent: Option<String>,
    /// 0 for the outermost step.
    pub depth: usize,
    /// A suite groups steps and has no verdict of its own.
    pub is_suite: bool,
}

/// A document as it is stored: masked, serialised, on one line.
#[derive(Clone, Debug)]
pub struct StoredDocument {
    /// Dataset it belongs to.
    pub dataset: &'static str,
    /// Its id, see [`document_id`](super::document_id).
    pub id: String,
    /// The JSON object, without a newline.
    pub json: String,
}

/// What an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttachmentKind {
    /// PNG of the viewport.
    Screenshot,
    /// Copy of the DOM as HTML.
    Dom,
}

/// A file that a run leaves beside its documents.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// File name within the run's `attachments/`.
    pub name: String,
    /// Content; masked where it is text.
    pub content: Arc<[u8]>,
}

/// Counts at the end of a session, as libtest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Passed, flaky and degraded ones included.
    pub passed: usize,
    /// Failed for any reason.
    pub failed: usize,
    /// Of the failed: those whose fault is the browser's or our own.
    pub failed_by_infrastructure: usize,
    /// Passed on a later attempt.
    pub flaky: usize,
    /// Passed, and broke a budget that only warns.
    pub degraded: usize,
    /// Not run because disabled or ignored.
    pub ignored: usize,
    /// Not run because the filter left them out.
    pub filtered_out: usize,
    /// Selected, but not run because of a signal.
    pub not_run: usize,
}

/// Everything that the runner tells. A session is one process; it has runs; they have attempts; they have steps.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The process knows what it will run.
    SessionStarted {
        /// How many monitors will be run.
        selected: usize,
    },
    /// A monitor is left out because it is disabled.
    Ignored {
        /// Name of the monitor.
        monitor: String,
    },
    /// A run begins.
    RunStarted {
        /// The run.
        run: Arc<RunInfo>,
    },
    /// A phase of an attempt begins.
    PhaseStarted {
        /// The run.
        run: Arc<RunInfo>,
        /// Number of the attempt, from 1.
        attempt: u32,
        /// The phase.
        phase: Phase,
    },
    /// A phase of an attempt is over.
    PhaseEnded {
        /// The run.
        run: Arc<RunInfo>,
        /// Number of the attempt, from 1.
        attempt: u32,
        /// The phase.
        phase: Phase,
        /// How long it took.
        duration: Duration,
    },
    /// A suite or a step begins.
    StepStarted {
        /// The run.
        run: Arc<RunInfo>,
        /// Number of the attempt, from 1.
        attempt: u32,
        /// The step.
        step: Arc<StepInfo>,
    },
    /// A suite or a step is over.
    StepEnded {
        /// The run.
        run: Arc<RunInfo>,
        /// Number of the attempt, from 1.
        attempt: u32,
        /// The step.
        step: Arc<StepInfo>,
        /// How long it took.
        duration: Duration,
        /// Why it failed, if it did.
        failure: Option<Failure>,
    },
    /// The run waits for a person, with its browser open.
    Paused {
        /// The run.
        run: Arc<RunInfo>,
        /// The step it stands behind, or the end of the attempt.
        step: Option<Arc<StepInfo>>,
        /// Why it failed, if it did.
        failure: Option<Failure>,
        /// The page's URL, if it could be read.
        url: Option<String>,
        /// Where another browser finds the `DevTools` of this one.
        devtools: Option<String>,
    },
    /// A document is to be stored.
    Document {
        /// The run.
        run: Arc<RunInfo>,
        /// The document.
        document: StoredDocument,
    },
    /// A file is to be stored.
    Attachment {
        /// The run.
        run: Arc<RunInfo>,
        /// The file.
        attachment: Attachment,
    },
    /// A file that is written while the run goes on begins, or grows. After each part it can be read as far as it is.
    AttachmentPart {
        /// The run.
        run: Arc<RunInfo>,
        /// File name within the run's `attachments/`; nobody else uses it.
        name: String,
        /// What follows; masked where it is text.
        content: Arc<[u8]>,
    },
    /// Nothing more comes of a file that was written in parts.
    AttachmentEnded {
        /// The run.
        run: Arc<RunInfo>,
        /// File name within the run's `attachments/`.
        name: String,
        /// Whether it is kept.
        keep: bool,
    },
    /// An iteration of an attempt begins, with a browser of its own. Only when there are several.
    IterationStarted {
        /// The run.
        run: Arc<RunInfo>,
        /// Number of the iteration, from 1.
        iteration: u32,
        /// How many there will be.
        iterations: u32,
    },
    /// All iterations of an attempt are over.
    IterationsEnded {
        /// The run.
        run: Arc<RunInfo>,
        /// The figures, each over all iterations.
        statistics: Arc<[Statistics]>,
    },
    /// An attempt is over.
    AttemptEnded {
        /// The run.
        run: Arc<RunInfo>,
        /// Number of the attempt, from 1.
        attempt: u32,
        /// How long it took, from the start of its browser.
        duration: Duration,
        /// Why it failed, if it did.
        failure: Option<Failure>,
        /// Whether another attempt follows.
        will_retry: bool,
    },
    /// The verdict of a run stands. Its documents may still be flushed and its browser torn down.
    RunEnded {
        /// The run.
        run: Arc<RunInfo>,
        /// How it ended.
        outcome: Outcome,
        /// How long it took, all attempts together.
        duration: Duration,
        /// Why the last attempt failed, if it did.
        failure: Option<Failure>,
        /// How many attempts there were.
        attempts: u32,
        /// Broken budgets that only warn.
        warnings: Vec<String>,
    },
    /// Nothing more will come of this run: its browser is gone, its documents are safe.
    RunClosed {
        /// The run.
        run: Arc<RunInfo>,
    },
    /// Something a person should know that is no verdict: an installation, a cleaned-up leftover, a full disk.
    Notice {
        /// The run it belongs to, if any.
        run: Option<Arc<RunInfo>>,
        /// One or more lines.
        message: String,
    },
    /// The process is over.
    SessionEnded {
        /// Counts.
        totals: Totals,
        /// How long it took.
        duration: Duration,
    },
}

impl Event {
    /// Masks secrets in every text of the event. Documents were masked when they were serialised.
    pub fn redact(&mut self, redactor: &Redactor) {
        let mask = |failure: &mut Option<Failure>| {
            if let Some(failure) = failure {
                failure.message = redactor.text(&failure.message);
            }
        };
        let mask_step = |step: &mut Arc<StepInfo>| {
            let title = redactor.text(&step.title);
            let full_title = redactor.text(&step.full_title);
            // The full title has those of all suites around it in it, and any of them may hold a secret.
            if title != step.title || full_title != step.full_title {
                let parent = step.parent.as_ref().map(|parent| redactor.text(parent));
                *step = Arc::new(StepInfo { title, full_title, parent, ..StepInfo::clone(step) });
            }
        };
        match self {
            Self::StepStarted { step, .. } => mask_step(step),
            Self::StepEnded { step, failure, .. } => {
                mask_step(step);
                mask(failure);
            }
            Self::Paused { step, failure, url, .. } => {
                step.iter_mut().for_each(mask_step);
                mask(failure);
                *url = url.as_ref().map(|url| redactor.url(url));
            }
            Self::AttemptEnded { failure, .. } => mask(failure),
            Self::RunEnded { failure, warnings, .. } => {
                mask(failure);
                for warning in warnings {
                    *warning = redactor.text(warning);
                }
            }
            Self::IterationsEnded { statistics, .. } => {
                let mut masked = statistics.to_vec();
                for text in masked.iter_mut().flat_map(|figure| figure.name.iter_mut().chain(&mut figure.step)) {
                    *text = redactor.text(text);
                }
                *statistics = masked.into();
            }
            Self::Notice { message, .. } => *message = redactor.text(message),
            _ => {}
        }
    }
}

/// Something that is told of every event, in order: the spool first, then the console, `JUnit` and others.
///
/// Consumers know nothing of each other. A new output is a new consumer, never an `if` in the runner.
pub trait Consumer: Send {
    /// Takes note of an event.
    fn event(&mut self, event: &Event);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step without a secret in its own title kept the one of the suite around it.
    #[test]
    fn a_secret_in_the_title_of_a_suite_is_masked_in_the_steps_within_it() {
        let run = RunInfo {
            uuid: Uuid::nil(),
            monitor: "m".to_owned(),
            description: String::new(),
            labels: Vec::new(),
            location: String::new(),
            max_attempts: 1,
        };
        let step = StepInfo {
            uuid_action: Uuid::nil(),
            title: "open".to_owned(),
            full_title: "m as hunter22 open".to_owned(),
            parent: Some("as hunter22".to_owned()),
            depth: 1,
            is_suite: false,
        };
        let mut event = Event::StepStarted { run: Arc::new(run), attempt: 1, step: Arc::new(step) };
        event.redact(&Redactor::new(["hunter22".to_owned().into()]));
        let Event::StepStarted { step, .. } = event else { unreachable!("it is the same event") };
        assert_eq!((step.full_title.as_str(), step.parent.as_deref()), ("m as *** open", Some("as ***")));
    }
}
