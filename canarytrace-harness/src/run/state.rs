//! What a run knows of itself while it goes on: its open steps, its documents, its verdicts so far.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::bus::Bus;
use super::figures::StepOver;
use super::measure::Measures;
use super::measured::Measured;
use super::recording::Marks;
use super::stopwatch::Stopwatch;
use super::verdict::combined;
use crate::browser::{Killer, Still};
use crate::config::Config;
use crate::page::{Conditions, SoftFailures};
use crate::record::{
    Attachment, AttachmentKind, Common, Dataset, Event, Failure, FailureKind, Field, GitRef, MonitorRef, Object, Phase, Report,
    ReportEvent, RunInfo, StepInfo, StoredDocument, Throttling, Truncated, assemble, document_id,
};

/// State of one run; shared by the thread of the monitor and the supervisor of the attempt.
#[derive(Debug)]
pub(crate) struct RunState {
    pub(crate) info: Arc<RunInfo>,
    pub(crate) config: Arc<Config>,
    pub(crate) bus: Bus,
    /// Stands still while the run is paused.
    pub(crate) stopwatch: Stopwatch,
    attempt: AtomicU32,
    /// Number of the iteration, from 1; 0 where there is only one.
    iteration: AtomicU32,
    closed: AtomicBool,
    /// Held while a document is emitted, so that documents are stored in the order of their numbers.
    sequence: Mutex<u64>,
    steps: Mutex<Steps>,
    /// Paths of the files that were stored, by SHA-256 of their content: the same picture is stored once a run.
    stored: Mutex<HashMap<Vec<u8>, String>>,
}

#[derive(Debug, Default)]
struct Steps {
    open: Vec<OpenStep>,
    over: Vec<StepOver>,
    /// What `expect_soft` noted in this attempt.
    soft: SoftFailures,
    /// What evidence was last collected for.
    evidenced: Noticed,
    /// What the run was last paused for.
    paused: Noticed,
    /// The `DevTools` of this attempt's browser, a websocket.
    devtools: Option<String>,
    /// What ends this attempt's browser, or stops it for a while.
    killer: Option<Killer>,
    /// Where the recording of this attempt is told of steps.
    marks: Option<Marks>,
    /// What is measured at the edges of steps.
    measures: Option<Measures>,
    /// What was measured.
    measured: Measured,
    /// What the browser works under.
    conditions: Option<Conditions>,
}

/// The failures that something was done about, so that it is done once while they pass through steps within steps.
#[derive(Debug, Default)]
struct Noticed {
    hard: Option<Failure>,
    /// So many soft ones.
    soft: usize,
}

impl Noticed {
    /// Whether there is something new; from now on it is not.
    fn is_new(&mut self, hard: Option<&Failure>, soft: usize) -> bool {
        let new = soft > self.soft || hard.is_some_and(|failure| self.hard.as_ref() != Some(failure));
        if new {
            self.soft = soft;
            self.hard = hard.cloned().or(self.hard.take());
        }
        new
    }
}

#[derive(Debug, Clone)]
struct OpenStep {
    info: Arc<StepInfo>,
    started: Instant,
    /// When its code was over: what is measured and kept of it afterwards is no part of it.
    over: Option<Duration>,
    /// How many soft failures there were before it.
    soft_before: usize,
    /// How long the run was paused before it.
    stopped_before: Duration,
}

impl OpenStep {
    /// How long it took so far. What a person looked at is not what the page took.
    fn duration(&self, stopwatch: &Stopwatch) -> Duration {
        self.started.elapsed().saturating_sub(stopwatch.total().saturating_sub(self.stopped_before))
    }
}

/// An object of a monitor's own, as JSON already.
struct Saved<O> {
    json: Value,
    object: PhantomData<O>,
}

impl<O> Serialize for Saved<O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        without_nulls(self.json.clone()).serialize(serializer)
    }
}

impl<O: Object> Dataset for Saved<O> {
    const NAME: &'static str = O::NAME;
    const FIELDS: &'static [Field] = O::FIELDS;
    const DOC: &'static str = O::DOC;
}

/// `None` is left out, as in our own documents; in lists it is a place.
fn without_nulls(json: Value) -> Value {
    match json {
        Value::Object(fields) => {
            let fields = fields.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(fields.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// Folder of the attachments within a run's folder.
const FOLDER: &str = "attachments/";

/// Files kept of a step, before they have names.
pub(crate) type Evidence = Vec<(AttachmentKind, Vec<u8>)>;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds with fractions, the unit of every duration in documents.
pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// RFC 3339 in UTC with milliseconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    format!("{at:.3}")
}

impl RunState {
    pub(crate) fn new(info: Arc<RunInfo>, config: Arc<Config>, bus: Bus) -> Self {
        Self {
            info,
            config,
            bus,
            stopwatch: Stopwatch::default(),
            attempt: AtomicU32::new(1),
            iteration: AtomicU32::new(0),
            closed: AtomicBool::new(false),
            sequence: Mutex::new(0),
            steps: Mutex::default(),
            stored: Mutex::default(),
        }
    }

    pub(crate) fn attempt(&self) -> u32 {
        self.attempt.load(Ordering::Relaxed)
    }

    /// Nothing of this run is stored any more; a monitor's thread that could not be stopped may still try.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    /// Whether there is a failure, hard or soft, that no evidence was collected for yet; from now on there is.
    pub(crate) fn lacks_evidence(&self, hard: Option<&Failure>) -> bool {
        let mut steps = lock(&self.steps);
        let soft = steps.soft.count();
        steps.evidenced.is_new(hard, soft)
    }

    /// Whether there is a failure, hard or soft, that the run was not paused for yet; from now on it was.
    pub(crate) fn lacks_pause(&self, hard: Option<&Failure>) -> bool {
        let mut steps = lock(&self.steps);
        let soft = steps.soft.count();
        steps.paused.is_new(hard, soft)
    }

    /// The attempt has a browser with this websocket of `DevTools`, which `killer` ends.
    pub(crate) fn has_browser(&self, devtools_url: &str, killer: Killer) {
        let mut steps = lock(&self.steps);
        steps.devtools = Some(devtools_url.to_owned());
        steps.killer = Some(killer);
    }

    /// Stops the browser of this attempt where it is, until what is returned is dropped.
    pub(crate) fn stand_still(&self) -> Option<Still> {
        // Not under the lock: looking through all processes takes milliseconds.
        let killer = lock(&self.steps).killer.clone();
        killer.map(|killer| killer.stand_still())
    }

    /// Where the recording of this attempt is told of steps from now on.
    pub(crate) fn set_marks(&self, marks: Option<Marks>) {
        lock(&self.steps).marks = marks;
    }

    /// The conditions that this attempt's browser works under.
    pub(crate) fn set_conditions(&self, conditions: Option<Conditions>) {
        lock(&self.steps).conditions = conditions;
    }

    /// How network and processor are slowed down now.
    pub(crate) fn throttling(&self) -> Option<Throttling> {
        lock(&self.steps).conditions.as_ref()?.in_force()
    }

    /// What is measured at the edges of this attempt's steps.
    pub(crate) fn set_measures(&self, measures: Option<Measures>) {
        lock(&self.steps).measures = measures;
    }

    /// What is measured at the edges of this attempt's steps, if it has a browser.
    pub(crate) fn measures(&self) -> Option<Measures> {
        lock(&self.steps).measures.clone()
    }

    /// What was measured of this attempt.
    pub(crate) fn measured(&self) -> Measured {
        lock(&self.steps).measured.clone()
    }

    /// Where another browser finds the `DevTools` of this attempt's.
    pub(crate) fn devtools(&self) -> Option<String> {
        let url = url::Url::parse(lock(&self.steps).devtools.as_ref()?).ok()?;
        Some(format!("http://{}:{}", url.host_str()?, url.port_or_known_default()?))
    }

    /// Where this attempt's soft failures are noted.
    pub(crate) fn soft_failures(&self) -> SoftFailures {
        lock(&self.steps).soft.clone()
    }

    /// The failure of the whole attempt: what ended it, and what was noted before.
    pub(crate) fn failure(&self, hard: Option<&Failure>) -> Option<Failure> {
        combined(hard, &self.soft_failures().since(0))
    }

    /// Begins an attempt: no step is open, none is over.
    pub(crate) fn begin_attempt(&self, attempt: u32) {
        self.attempt.store(attempt, Ordering::Relaxed);
        *lock(&self.steps) = Steps::default();
    }

    /// Begins one of several iterations of an attempt.
    pub(crate) fn begin_iteration(&self, iteration: u32, iterations: u32) {
        self.iteration.store(iteration, Ordering::Relaxed);
        *lock(&self.steps) = Steps::default();
        self.bus.emit(Event::IterationStarted { run: self.info.clone(), iteration, iterations });
    }

    /// What is stored from now on is of all iterations.
    pub(crate) fn iterations_are_over(&self) {
        self.iteration.store(0, Ordering::Relaxed);
    }

    /// Number of the iteration, from 1; none where there is only one.
    pub(crate) fn iteration(&self) -> Option<u32> {
        Some(self.iteration.load(Ordering::Relaxed)).filter(|iteration| *iteration > 0)
    }

    /// Stores a document; `step` is the step it belongs to.
    pub(crate) fn document<D: Dataset>(&self, step: Option<Uuid>, document: &D) {
        self.cut_document(step, document, Vec::new());
    }

    /// Stores a document of which `cut` was left out.
    pub(crate) fn cut_document<D: Dataset>(&self, step: Option<Uuid>, document: &D, cut: Vec<Truncated>) {
        if self.closed.load(Ordering::Relaxed) {
            return;
        }
        let mut sequence = lock(&self.sequence);
        *sequence += 1;
        let now = Timestamp::now();
        let common = Common {
            at_timestamp: rfc3339(now),
            timestamp: now.as_millisecond(),
            uuid: self.info.uuid,
            attempt: self.attempt(),
            iteration: self.iteration(),
            sequence: *sequence,
            monitor: MonitorRef { id: self.info.monitor.clone(), name: self.info.monitor.clone() },
            spec: self.info.monitor.clone(),
            labels: self.info.labels.clone(),
            location: self.info.location.clone(),
            git: self.config.commit().map(|revision| GitRef { revision: revision.to_owned() }),
            uuid_action: step,
            truncated: Some(cut).filter(|cut| !cut.is_empty()),
        };
        match assemble(&common, document) {
            Ok(mut json) => {
                self.bus.redactor().json(&mut json);
                let id = document_id(self.info.uuid, common.attempt, D::NAME, *sequence);
                let document = StoredDocument { dataset: D::NAME, id, json: json.to_string() };
                self.bus.emit(Event::Document { run: self.info.clone(), document });
            }
            Err(error) => self.notice(format!("a document of {} could not be written as JSON: {error}", D::NAME)),
        }
    }

    /// Stores a document of a monitor's own in the innermost step that is open.
    pub(crate) fn save<O: Object>(&self, object: &O) -> Result<(), Failure> {
        let failure = |message: String| Failure::new(FailureKind::Harness, format!("{:?} {message}", O::NAME));
        let json = serde_json::to_value(object).map_err(|error| failure(format!("can't be saved as JSON: {error}")))?;
        if !json.is_object() {
            return Err(failure("can't be saved: it is no object in JSON".to_owned()));
        }
        self.document(self.current_step().map(|step| step.uuid_action), &Saved::<O> { json, object: PhantomData });
        Ok(())
    }

    pub(crate) fn notice(&self, message: String) {
        self.bus.emit(Event::Notice { run: Some(self.info.clone()), message });
    }

    pub(crate) fn phase_started(&self, phase: Phase) -> Instant {
        self.bus.emit(Event::PhaseStarted { run: self.info.clone(), attempt: self.attempt(), phase });
        Instant::now()
    }

    pub(crate) fn phase_ended(&self, phase: Phase, started: Instant) {
        self.bus.emit(Event::PhaseEnded {
            run: self.info.clone(),
            attempt: self.attempt(),
            phase,
            duration: started.elapsed(),
        });
    }

    /// Begins a suite or a step inside the innermost one that is open.
    pub(crate) fn begin(&self, title: String, is_suite: bool) -> Arc<StepInfo> {
        let step = {
            let mut steps = lock(&self.steps);
            let parent = steps.open.last().map(|around| around.info.clone());
            let (full_title, parent) = match parent {
                Some(around) => (format!("{} {title}", around.full_title), around.title.clone()),
                None => (format!("{} {title}", self.info.monitor), self.info.monitor.clone()),
            };
            let depth = steps.open.len();
            let uuid_action = Uuid::now_v7();
            let step = Arc::new(StepInfo { uuid_action, title, full_title, parent: Some(parent), depth, is_suite });
            let soft_before = steps.soft.count();
            let stopped_before = self.stopwatch.total();
            let started = Instant::now();
            steps.open.push(OpenStep { info: step.clone(), started, over: None, soft_before, stopped_before });
            if let Some(marks) = &steps.marks {
                marks.step_started(&step);
            }
            step
        };
        let event = if is_suite { ReportEvent::SuiteStart } else { ReportEvent::TestStepStart };
        self.document(Some(step.uuid_action), &step_report(event, &step));
        self.bus.emit(Event::StepStarted { run: self.info.clone(), attempt: self.attempt(), step: step.clone() });
        step
    }

    /// The clock of `step` runs from now on.
    pub(crate) fn start_clock(&self, step: &StepInfo) {
        let mut steps = lock(&self.steps);
        if let Some(open) = steps.open.iter_mut().find(|open| open.info.uuid_action == step.uuid_action) {
            open.started = Instant::now();
            open.stopped_before = self.stopwatch.total();
        }
    }

    /// The clock of `step` stands still: its code is over.
    pub(crate) fn stop_clock(&self, step: &StepInfo) {
        let mut steps = lock(&self.steps);
        if let Some(open) = steps.open.iter_mut().find(|open| open.info.uuid_action == step.uuid_action) {
            open.over = Some(open.duration(&self.stopwatch));
        }
    }

    /// Ends `step`, and any that was left open inside it, with `failure` or with what was noted in it. Gives what the
    /// step failed with.
    pub(crate) fn end(&self, step: &StepInfo, failure: Option<&Failure>, evidence: Evidence) -> Option<Failure> {
        let mut evidence = Some(evidence);
        while let Some(open) = self.innermost() {
            let last = open.info.uuid_action == step.uuid_action;
            let failed = self.end_innermost(failure, evidence.take().unwrap_or_default());
            if last {
                return failed;
            }
        }
        None
    }

    /// Ends every step that is still open, the innermost first, which alone gets the evidence.
    ///
    /// Evidence of a failure outside every step is the attempt's: the paths of its files are returned.
    pub(crate) fn end_all(&self, failure: &Failure, evidence: Evidence) -> Vec<String> {
        let mut evidence = Some(evidence);
        while self.innermost().is_some() {
            self.end_innermost(Some(failure), evidence.take().unwrap_or_default());
        }
        self.keep(evidence.take().unwrap_or_default())
    }

    /// Stores files that belong to no step.
    pub(crate) fn keep(&self, evidence: Evidence) -> Vec<String> {
        self.store(self.info.uuid, evidence)
    }

    fn innermost(&self) -> Option<OpenStep> {
        lock(&self.steps).open.last().cloned()
    }

    /// The innermost open step.
    pub(crate) fn current_step(&self) -> Option<Arc<StepInfo>> {
        self.innermost().map(|open| open.info)
    }

    fn end_innermost(&self, hard: Option<&Failure>, evidence: Evidence) -> Option<Failure> {
        let (open, duration, soft) = {
            let mut steps = lock(&self.steps);
            let open = steps.open.pop()?;
            let duration = open.over.unwrap_or_else(|| open.duration(&self.stopwatch));
            let over = StepOver {
                uuid_action: open.info.uuid_action,
                around: steps.open.iter().map(|around| around.info.uuid_action).collect(),
                title: open.info.title.clone(),
                is_suite: open.info.is_suite,
                outermost: steps.open.iter().all(|around| around.info.is_suite),
                duration,
            };
            if let Some(marks) = &steps.marks {
                marks.step_ended(&over);
            }
            steps.over.push(over);
            let soft = steps.soft.since(open.soft_before);
            (open, duration, soft)
        };
        let failure = combined(hard, &soft);
        let step = open.info;
        let attachments = self.store(step.uuid_action, evidence);
        if !step.is_suite {
            let mut report = step_report(ReportEvent::TestStepEnd, &step);
            report.test_step_duration = Some(millis(duration));
            report.throttling = self.throttling();
            report.passed = Some(failure.is_none());
            report.err_message = failure.as_ref().map(|failure| failure.message.clone());
            report.err_type = failure.as_ref().map(|failure| failure.kind);
            report.fault = failure.as_ref().map(|failure| failure.fault);
            report.attachment_links = self.links(&attachments);
            report.attachments = Some(if attachments.is_empty() { vec!["no".to_owned()] } else { attachments });
            self.document(Some(step.uuid_action), &report);
        }
        self.bus.emit(Event::StepEnded {
            run: self.info.clone(),
            attempt: self.attempt(),
            step,
            duration,
            failure: failure.clone(),
        });
        failure
    }

    /// Stores files of a step, or of the run, under the original's names; returns their paths within the run's folder.
    fn store(&self, of: Uuid, evidence: Evidence) -> Vec<String> {
        let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
        let stem = format!("{}-{of}", now.strftime("%H%M%S-%Y-%m-%d"));
        let mut paths = Vec::new();
        for (kind, content) in evidence {
            let digest = ring::digest::digest(&ring::digest::SHA256, &content).as_ref().to_owned();
            if let Some(path) = lock(&self.stored).get(&digest) {
                if !paths.contains(path) {
                    paths.push(path.clone());
                }
                continue;
            }
            let extension = match kind {
                AttachmentKind::Screenshot => "png",
                AttachmentKind::Dom => "html",
            };
            let same = paths.iter().filter(|path: &&String| path.ends_with(extension)).count();
            let name =
                if same == 0 { format!("{stem}.{extension}") } else { format!("{stem}-{}.{extension}", same + 1) };
            let path = format!("{FOLDER}{name}");
            lock(&self.stored).insert(digest, path.clone());
            paths.push(path);
            let attachment = Attachment { kind, name, content: content.into() };
            self.bus.emit(Event::Attachment { run: self.info.clone(), attachment });
        }
        paths
    }

    /// What files with these paths within the run's folder will be found at, if they are copied to a store.
    pub(crate) fn links(&self, paths: &[String]) -> Option<Vec<String>> {
        let store = self.config.attachment_store()?;
        let names = paths.iter().filter_map(|path| path.strip_prefix(FOLDER));
        let links: Vec<String> = names.map(|name| store.link(self.info.uuid, name)).collect();
        (!links.is_empty()).then_some(links)
    }

    /// The steps of this attempt that are over.
    pub(crate) fn steps_over(&self) -> Vec<StepOver> {
        lock(&self.steps).over.clone()
    }
}

fn step_report(event: ReportEvent, step: &StepInfo) -> Report {
    Report {
        title: Some(step.title.clone()),
        full_title: Some(step.full_title.clone()),
        parent: step.parent.clone(),
        ..Report::of(event)
    }
}
