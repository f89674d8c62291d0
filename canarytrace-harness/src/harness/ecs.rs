//! A session as lines of the Elastic Common Schema (`CANARYTRACE_LOG_FORMAT=ecs`): one JSON object a line, for containers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::console::readable;
use super::stop::Stop;
use crate::record::{Consumer, Event, Failure, Outcome, RunInfo, Statistics, StepInfo, Totals};
use crate::run::Bus;

/// The version of the schema whose names are used.
pub const ECS_VERSION: &str = "8.11.0";

/// How much a line matters (`log.level`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcsLevel {
    /// For whoever looks for a fault of ours.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// What goes as it should.
    Info,
    /// What goes on although something is not as it should be.
    Warn,
    /// What failed.
    Error,
}

impl EcsLevel {
    fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// One line of a log.
///
/// All names are dotted (`event.duration`) and none is both a value and an object, so that every reader may leave them
/// flat or make objects of them. The first four are those that the specification of ECS loggers asks for, in its order. Fields of our
/// own documents have their names there, below `canarytrace.`; what ECS or Heartbeat has a name for has that one.
#[derive(Clone, Debug)]
pub struct EcsLine(Vec<(Cow<'static, str>, Value)>);

impl Serialize for EcsLine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl EcsLine {
    /// A line of now. Whoever makes one has masked what goes into it.
    pub fn new(level: EcsLevel, message: impl Into<String>) -> Self {
        let line = Self(Vec::with_capacity(16))
            .with("@timestamp", format!("{:.3}", Timestamp::now()))
            .with("log.level", level.as_str())
            .with("message", message.into())
            .with("ecs.version", ECS_VERSION);
        line.with("event.dataset", "canarytrace.log")
            .with("service.name", "canarytrace")
            .with("service.version", env!("CARGO_PKG_VERSION"))
            .with("process.pid", std::process::id())
    }

    /// The line with one more field. `name` is dotted and not there yet.
    #[must_use]
    pub fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The line with how long it took: `event.duration`, which is in nanoseconds.
    #[must_use]
    pub fn with_duration(self, duration: Duration) -> Self {
        self.with("event.duration", u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    /// The line with why something failed, and `event.outcome`, which follows from it.
    #[must_use]
    pub fn with_outcome(self, failure: Option<&Failure>) -> Self {
        let Some(failure) = failure else { return self.with("event.outcome", "success") };
        self.with("event.outcome", "failure")
            .with("error.message", failure.message.clone())
            .with("error.type", failure.kind.as_str())
            .with("canarytrace.fault", failure.fault.as_str())
    }

    /// The line with the run that it belongs to.
    fn of_run(self, run: &RunInfo) -> Self {
        self.with("monitor.id", run.monitor.clone())
            .with("monitor.name", run.monitor.clone())
            .with("observer.name", run.location.clone())
            .with("canarytrace.uuid", run.uuid.to_string())
    }

    fn of_step(self, step: &StepInfo) -> Self {
        self.with("canarytrace.uuidAction", step.uuid_action.to_string())
            .with("canarytrace.title", step.title.clone())
            .with("canarytrace.fullTitle", step.full_title.clone())
    }

    /// Writes the line at once, so that no other comes in between. What can't be written, because nobody reads any more,
    /// is not.
    pub fn write(&self, out: &mut impl Write) {
        // Its names are texts, and its values are JSON already.
        let Ok(mut line) = serde_json::to_vec(self) else { return };
        line.push(b'\n');
        let _ = out.write_all(&line).and_then(|()| out.flush());
    }
}

/// The consumer that log shippers read.
pub(crate) struct Ecs<W> {
    out: W,
    /// Where the runs lie.
    runs: PathBuf,
    /// The attachments of each run so far.
    evidence: HashMap<Uuid, Vec<String>>,
}

impl<W: Write + Send> Ecs<W> {
    pub(crate) fn new(out: W, runs: PathBuf) -> Self {
        Self { out, runs, evidence: HashMap::new() }
    }

    fn run_ended(
        &mut self,
        run: &RunInfo,
        outcome: Outcome,
        duration: Duration,
        failure: Option<&Failure>,
        attempts: u32,
        warnings: &[String],
    ) -> EcsLine {
        let (level, verdict) = match outcome {
            Outcome::Passed => (EcsLevel::Info, "passed"),
            Outcome::Degraded => (EcsLevel::Warn, "passed, degraded"),
            Outcome::Flaky => (EcsLevel::Warn, "passed, flaky"),
            Outcome::Failed => (EcsLevel::Error, "FAILED"),
        };
        let reason = failure.map(|failure| format!(": {}", failure.message)).unwrap_or_default();
        let message = format!("{} {verdict} ({}){reason}", run.monitor, readable(duration));
        let mut line = EcsLine::new(level, message)
            .with("event.action", "run-ended")
            .of_run(run)
            .with_duration(duration)
            .with_outcome(failure)
            .with("canarytrace.outcome", serde_json::to_value(outcome).unwrap_or_default())
            .with("canarytrace.attempt", attempts)
            .with("canarytrace.max_attempts", run.max_attempts);
        if !warnings.is_empty() {
            line = line.with("canarytrace.warnings", warnings);
        }
        if let Some(names) = self.evidence.remove(&run.uuid) {
            line = line.with("canarytrace.attachments", names);
        }
        line
    }

    fn session_ended(&self, totals: &Totals, duration: Duration) -> EcsLine {
        let passed = totals.failed == 0 && totals.not_run == 0;
        let not_run =
            if totals.not_run > 0 { format!("; {} not run (interrupted)", totals.not_run) } else { String::new() };
        let message = format!(
            "{} passed; {} failed; {} ignored; {} filtered out{not_run}",
            totals.passed, totals.failed, totals.ignored, totals.filtered_out
        );
        EcsLine::new(if passed { EcsLevel::Info } else { EcsLevel::Error }, message)
            .with("event.action", "session-ended")
            .with_duration(duration)
            .with("event.outcome", if passed { "success" } else { "failure" })
            .with("canarytrace.passed", totals.passed)
            .with("canarytrace.failed", totals.failed)
            .with("canarytrace.flaky", totals.flaky)
            .with("canarytrace.degraded", totals.degraded)
            .with("canarytrace.not_run", totals.not_run)
            .with("canarytrace.runs", self.runs.display().to_string())
    }

    fn line(&mut self, event: &Event) -> Option<EcsLine> {
        let info =
            |message: String, action: &'static str| EcsLine::new(EcsLevel::Info, message).with("event.action", action);
        Some(match event {
            Event::SessionStarted { selected } => {
                let s = if *selected == 1 { "" } else { "s" };
                info(format!("running {selected} monitor{s}"), "session-started")
            }
            Event::Ignored { monitor } => info(format!("{monitor} ignored, disabled"), "run-ignored")
                .with("monitor.id", monitor.clone())
                .with("monitor.name", monitor.clone()),
            Event::RunStarted { run } => info(format!("{} started", run.monitor), "run-started").of_run(run),
            Event::StepEnded { run, attempt, step, duration, failure } if !step.is_suite => {
                let (level, verdict) = match failure {
                    None => (EcsLevel::Info, "ok".to_owned()),
                    Some(failure) => (EcsLevel::Error, format!("FAILED: {}", failure.message)),
                };
                EcsLine::new(level, format!("{} ... {verdict} ({})", step.title, readable(*duration)))
                    .with("event.action", "step-ended")
                    .of_run(run)
                    .with("canarytrace.attempt", *attempt)
                    .of_step(step)
                    .with_duration(*duration)
                    .with_outcome(failure.as_ref())
            }
            Event::Attachment { run, attachment } => {
                self.evidence.entry(run.uuid).or_default().push(attachment.name.clone());
                return None;
            }
            Event::AttemptEnded { run, attempt, duration, failure: Some(failure), will_retry: true } => {
                let message = format!("attempt {attempt} of {} failed: {}", run.max_attempts, failure.message);
                EcsLine::new(EcsLevel::Warn, message)
                    .with("event.action", "attempt-ended")
                    .of_run(run)
                    .with("canarytrace.attempt", *attempt)
                    .with_duration(*duration)
                    .with_outcome(Some(failure))
            }
            Event::IterationStarted { run, iteration, iterations } => {
                info(format!("iteration {iteration} of {iterations}"), "iteration-started")
                    .of_run(run)
                    .with("canarytrace.iteration", *iteration)
            }
            Event::IterationsEnded { run, statistics } => {
                for figure in statistics.iter() {
                    let line = of_figure(info(figure_text(figure), "iterations-ended").of_run(run), figure);
                    line.write(&mut self.out);
                }
                return None;
            }
            Event::RunEnded { run, outcome, duration, failure, attempts, warnings } => {
                self.run_ended(run, *outcome, *duration, failure.as_ref(), *attempts, warnings)
            }
            Event::Paused { run, step, failure, url, devtools } => {
                let place = step.as_ref().map_or("at the end".to_owned(), |step| format!("after \"{}\"", step.title));
                let mut line = info(format!("{} paused {place}", run.monitor), "run-paused").of_run(run);
                if let Some(step) = step {
                    line = line.of_step(step);
                }
                if let Some(failure) = failure {
                    line = line.with_outcome(Some(failure));
                }
                for (name, value) in [("url.full", url), ("canarytrace.devtools", devtools)] {
                    if let Some(value) = value {
                        line = line.with(name, value.clone());
                    }
                }
                line
            }
            Event::Notice { run, message } => {
                let line = info(message.clone(), "notice");
                run.as_ref().map_or(line.clone(), |run| line.of_run(run))
            }
            Event::SessionEnded { totals, duration } => self.session_ended(totals, *duration),
            _ => return None,
        })
    }
}

impl<W: Write + Send> Consumer for Ecs<W> {
    fn event(&mut self, event: &Event) {
        if let Some(line) = self.line(event) {
            line.write(&mut self.out);
        }
    }
}

fn figure_text(figure: &Statistics) -> String {
    let Statistics { metric, median, p95, verdict, .. } = figure;
    let (subject, verdict) = (figure.subject(), verdict.as_str());
    format!("{subject}: median {}, p95 {}, {verdict}", metric.readable(*median), metric.readable(*p95))
}

fn of_figure(line: EcsLine, figure: &Statistics) -> EcsLine {
    let Statistics { metric, median, p75, p95, min, max, verdict, .. } = figure;
    line.with("canarytrace.metric", metric.name())
        .with("canarytrace.median", *median)
        .with("canarytrace.p75", *p75)
        .with("canarytrace.p95", *p95)
        .with("canarytrace.min", *min)
        .with("canarytrace.max", *max)
        .with("canarytrace.verdict", verdict.as_str())
}

/// Says why nothing was run, or what could not be kept.
pub(crate) fn write_stop(stop: &Stop) {
    EcsLine::new(EcsLevel::Error, stop.message.clone())
        .with("event.action", "error")
        .with("event.outcome", "failure")
        .with("error.message", stop.message.clone())
        .with("process.exit_code", stop.exit_code)
        .write(&mut io::stdout());
}

/// Panics become lines too, instead of the many that the standard library prints. Those of monitors are failures, and told
/// as such (`run/panic.rs`).
pub(crate) fn write_panics(bus: &Bus) {
    let bus = bus.clone();
    std::panic::set_hook(Box::new(move |info| panic_line(info, &bus).write(&mut io::stdout())));
}

fn panic_line(info: &PanicHookInfo<'_>, bus: &Bus) -> EcsLine {
    let message = bus.redactor().text(info.payload_as_str().unwrap_or("a value that is no text"));
    let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let mut line = EcsLine::new(EcsLevel::Error, format!("panic: {message}"))
        .with("event.action", "panic")
        .with("error.type", "panic")
        .with("error.message", message)
        .with("process.thread.name", thread);
    if let Some(place) = info.location() {
        line = line.with("log.origin.file.name", place.file()).with("log.origin.file.line", place.line());
    }
    line
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::record::FailureKind;

    fn run() -> Arc<RunInfo> {
        Arc::new(RunInfo {
            uuid: Uuid::nil(),
            monitor: "shop::buy".to_owned(),
            description: String::new(),
            labels: Vec::new(),
            location: "node-1".to_owned(),
            max_attempts: 2,
        })
    }

    fn lines(events: &[Event]) -> Vec<String> {
        let mut out = Vec::new();
        let mut ecs = Ecs::new(&mut out, PathBuf::from("/data/runs"));
        for event in events {
            ecs.event(event);
        }
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn the_fields_of_the_specification_come_first_and_in_its_order() {
        let [line] = &lines(&[Event::RunStarted { run: run() }])[..] else { panic!("one line") };
        let start =
            line.find("\",\"log.level\":\"info\",\"message\":\"shop::buy started\",\"ecs.version\":\"8.11.0\",");
        assert_eq!(start, Some("{\"@timestamp\":\"2026-11-27T16:00:00.000Z".len()), "{line}");
        assert!(line.starts_with("{\"@timestamp\":\"2"), "{line}");
    }

    #[test]
    fn a_failure_of_many_lines_is_one_line_with_kind_and_fault() {
        let failure = Failure::new(FailureKind::Assertion, "title is \"Sorry\"\n  expected: \"Shop\"\u{2028}\r\n");
        let event = Event::RunEnded {
            run: run(),
            outcome: Outcome::Failed,
            duration: Duration::from_millis(1500),
            failure: Some(failure.clone()),
            attempts: 2,
            warnings: Vec::new(),
        };
        let [line] = &lines(&[event])[..] else { panic!("one line") };
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["error.message"], failure.message);
        assert_eq!((&line["error.type"], &line["canarytrace.fault"]), (&"assertion".into(), &"application".into()));
        assert_eq!((&line["event.outcome"], &line["event.duration"]), (&"failure".into(), &1_500_000_000_u64.into()));
        assert_eq!((&line["log.level"], &line["canarytrace.outcome"]), (&"error".into(), &"failed".into()));
    }

    #[test]
    fn a_notice_of_several_lines_is_one_line() {
        let notice = Event::Notice { run: None, message: "one\ntwo".to_owned() };
        let [line] = &lines(&[notice])[..] else { panic!("one line") };
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["message"], "one\ntwo");
    }

    #[test]
    fn what_goes_wrong_has_a_level_that_says_so() {
        let ended = |outcome| Event::RunEnded {
            run: run(),
            outcome,
            duration: Duration::ZERO,
            failure: None,
            attempts: 1,
            warnings: vec!["lcp was 3 s".to_owned()],
        };
        let levels = [Outcome::Passed, Outcome::Degraded, Outcome::Flaky, Outcome::Failed].map(|outcome| {
            let line: Value = serde_json::from_str(&lines(&[ended(outcome)])[0]).unwrap();
            line["log.level"].as_str().unwrap().to_owned()
        });
        assert_eq!(levels, ["info", "warn", "warn", "error"]);
    }
}
