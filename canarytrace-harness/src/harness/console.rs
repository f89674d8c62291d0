//! Prints a session in the form of libtest, with a line for each step.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

use crate::record::{Consumer, Event, Failure, Metric, Outcome, RunInfo, Statistics, StepInfo};

/// How much is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// A line a step and a line a monitor.
    Pretty,
    /// A character a monitor.
    Terse,
}

/// The consumer that people read.
pub(crate) struct Console<W> {
    out: W,
    style: Style,
    color: bool,
    /// Several monitors at once: the lines of a run are held back until its verdict, or they would mix.
    hold_back: bool,
    /// Where the runs lie.
    runs: PathBuf,
    /// Where lies what could not be written there.
    fallback: Option<PathBuf>,
    /// The runs of this session.
    begun: Vec<Uuid>,
    held: HashMap<Uuid, String>,
    evidence: HashMap<Uuid, Vec<String>>,
    failed: Vec<Failed>,
    flaky: Vec<String>,
    degraded: Vec<String>,
    column: usize,
}

struct Failed {
    monitor: String,
    uuid: Uuid,
    failure: Option<Failure>,
    attempts: u32,
}

/// `412 ms`, `2.13 s`, `3 min 5 s`: three digits are enough for people.
pub fn readable(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 100.0 {
        format!("{seconds:.2} s")
    } else {
        format!("{} min {} s", duration.as_secs() / 60, duration.as_secs() % 60)
    }
}

impl<W: Write + Send> Console<W> {
    pub(crate) fn new(out: W, style: Style, color: bool, hold_back: bool, runs: PathBuf) -> Self {
        Self {
            out,
            style,
            color,
            hold_back,
            runs,
            fallback: None,
            begun: Vec::new(),
            held: HashMap::new(),
            evidence: HashMap::new(),
            failed: Vec::new(),
            flaky: Vec::new(),
            degraded: Vec::new(),
            column: 0,
        }
    }

    /// What can't be written to the folder of the runs lies in this one.
    pub(crate) fn or_in(self, fallback: PathBuf) -> Self {
        Self { fallback: Some(fallback), ..self }
    }

    /// The folder that a file of a run lies in.
    fn folder_of(&self, run: Uuid, below: &str, file: &str) -> PathBuf {
        let folder = |runs: &PathBuf| runs.join(run.to_string()).join(below);
        let elsewhere = self.fallback.as_ref().map(folder).filter(|folder| folder.join(file).exists());
        elsewhere.unwrap_or_else(|| folder(&self.runs))
    }

    /// Where the runs of this session lie.
    fn places(&self) -> String {
        let mut text = format!("runs: {}\n", self.runs.display());
        if let Some(fallback) = &self.fallback
            && self.begun.iter().any(|run| fallback.join(run.to_string()).exists())
        {
            let _ = writeln!(text, "what could not be written there: {}", fallback.display());
        }
        text
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn good(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn bad(&self, text: &str) -> String {
        self.paint("31", text)
    }

    /// A closed pipe must not end the monitors: what can't be printed is not printed.
    fn print(&mut self, text: &str) {
        let _ = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    /// A line of a run: printed now, or held back until the run's verdict.
    fn line(&mut self, run: Uuid, line: &str) {
        if self.style == Style::Terse {
            return;
        }
        if self.hold_back {
            let _ = writeln!(self.held.entry(run).or_default(), "{line}");
        } else {
            self.print(&format!("{line}\n"));
        }
    }

    fn step_ended(&mut self, run: &RunInfo, step: &StepInfo, duration: Duration, failure: Option<&Failure>) {
        if step.is_suite {
            return;
        }
        let verdict = if failure.is_none() { self.good("ok") } else { self.bad("FAILED") };
        let line = format!("{}{} ... {verdict} ({})", indent(step), step.title, readable(duration));
        self.line(run.uuid, &line);
    }

    fn run_ended(
        &mut self,
        run: &RunInfo,
        outcome: Outcome,
        duration: Duration,
        failure: Option<&Failure>,
        attempts: u32,
        warnings: &[String],
    ) {
        let held = self.held.remove(&run.uuid).unwrap_or_default();
        if outcome == Outcome::Flaky {
            self.flaky.push(format!("{} (passed on attempt {attempts} of {})", run.monitor, run.max_attempts));
        }
        if !warnings.is_empty() {
            self.degraded.push(format!("{}:\n    {}", run.monitor, warnings.join("\n    ")));
        }
        if outcome == Outcome::Failed {
            let monitor = run.monitor.clone();
            self.failed.push(Failed { monitor, uuid: run.uuid, failure: failure.cloned(), attempts });
        }
        if self.style == Style::Terse {
            let mark = match outcome {
                Outcome::Passed => self.good("."),
                Outcome::Flaky => self.paint("33", "~"),
                Outcome::Degraded => self.paint("33", "d"),
                Outcome::Failed => self.bad("F"),
            };
            self.terse(&mark);
            return;
        }
        let verdict = match outcome {
            Outcome::Passed => self.good("ok"),
            Outcome::Degraded => format!("{} ({})", self.good("ok"), self.paint("33", "degraded")),
            Outcome::Flaky => format!("{} ({}, attempt {attempts})", self.good("ok"), self.paint("33", "flaky")),
            Outcome::Failed => self.bad("FAILED"),
        };
        let time = readable(duration);
        self.print(&format!("{held}test {} ... {verdict} ({time})\n", run.monitor));
    }

    fn terse(&mut self, mark: &str) {
        // libtest breaks the line after 88 of them.
        self.column += 1;
        let end = if self.column.is_multiple_of(88) { "\n" } else { "" };
        self.print(&format!("{mark}{end}"));
    }

    fn failures(&mut self) {
        if self.failed.is_empty() {
            return;
        }
        let mut text = String::from("\nfailures:\n");
        for failed in &self.failed {
            let _ = write!(text, "\n---- {} ----\n", failed.monitor);
            if let Some(failure) = &failed.failure {
                let _ = writeln!(text, "{} ({} fault): {}", failure.kind, failure.fault, failure.message);
            }
            if failed.attempts > 1 {
                let _ = writeln!(text, "failed in each of {} attempts", failed.attempts);
            }
            if let Some(names) = self.evidence.get(&failed.uuid) {
                let mut last = None;
                for name in names {
                    let folder = self.folder_of(failed.uuid, "attachments", name);
                    if last.as_ref() != Some(&folder) {
                        let _ = writeln!(text, "see {}", folder.display());
                    }
                    let _ = writeln!(text, "    {name}");
                    last = Some(folder);
                }
            }
        }
        text.push_str("\nfailures:\n");
        for failed in &self.failed {
            let _ = writeln!(text, "    {}", failed.monitor);
        }
        self.print(&text);
    }
}

fn indent(step: &StepInfo) -> String {
    "  ".repeat(step.depth + 1)
}

/// The figures over all iterations, a line each: those of the journey, and how long each step took. The figures of
/// single steps are in the documents.
fn table(statistics: &[Statistics]) -> Vec<String> {
    let shown: Vec<&Statistics> =
        statistics.iter().filter(|figure| figure.step.is_none() || figure.metric == Metric::Step).collect();
    let name = |figure: &Statistics| shorten(&figure.subject(), 32);
    let width = shown.iter().map(|figure| name(figure).chars().count()).max().unwrap_or_default().max(6);
    let head = ["median", "p75", "p95", "min", "max"].map(|head| format!("{head:>9}")).concat();
    let mut lines = vec![format!("  {:width$}{head}  spread", "figure")];
    for figure in shown {
        let Statistics { metric, median, p75, p95, min, max, spread, verdict, .. } = figure;
        let values = [median, p75, p95, min, max].map(|value| format!("{:>9}", metric.readable(*value))).concat();
        let spread = spread.map_or_else(|| "  n/a".to_owned(), |spread| format!("{:4.1}%", spread * 100.0));
        lines.push(format!("  {:width$}{values}  {spread} {}", name(figure), verdict.as_str()));
    }
    lines
}

/// At most `width` characters.
fn shorten(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Where a paused run stands, and what a person can do. On standard error, like notices: not a result.
fn paused(
    run: &RunInfo,
    step: Option<&StepInfo>,
    failure: Option<&Failure>,
    url: Option<&str>,
    devtools: Option<&str>,
) -> String {
    let place = match step {
        Some(step) => format!("after the step \"{}\" of {}", step.title, run.monitor),
        None => format!("at the end of {}", run.monitor),
    };
    let why = failure.map(|failure| format!(", which failed ({}): {}", failure.kind, failure.message));
    let mut lines = format!("paused {place}{}\n", why.unwrap_or_default());
    for (what, value) in [("page", url), ("DevTools", devtools)] {
        if let Some(value) = value {
            let _ = writeln!(lines, "{what}: {value}");
        }
    }
    lines.push_str("press Enter to go on, or close the browser's window; Ctrl+C stops everything");
    lines.lines().fold(String::new(), |text, line| format!("{text}canarytrace: {line}\n"))
}

impl<W: Write + Send> Consumer for Console<W> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::SessionStarted { selected } => {
                let s = if *selected == 1 { "" } else { "s" };
                self.print(&format!("\nrunning {selected} test{s}\n"));
            }
            Event::Ignored { monitor } => {
                if self.style == Style::Terse {
                    self.terse("i");
                } else {
                    let ignored = self.paint("33", "ignored");
                    self.print(&format!("test {monitor} ... {ignored}, disabled\n"));
                }
            }
            Event::RunStarted { run } => self.begun.push(run.uuid),
            Event::StepStarted { run, step, .. } if step.is_suite => {
                self.line(run.uuid, &format!("{}{}:", indent(step), step.title));
            }
            Event::StepEnded { run, step, duration, failure, .. } => {
                self.step_ended(run, step, *duration, failure.as_ref());
            }
            Event::Attachment { run, attachment } => {
                self.evidence.entry(run.uuid).or_default().push(attachment.name.clone());
            }
            Event::AttemptEnded { run, attempt, failure: Some(failure), will_retry: true, .. } => {
                let reason = failure.message.lines().next().unwrap_or_default();
                let next = attempt + 1;
                let line = format!("  attempt {attempt} failed: {reason}\n  attempt {next} of {}:", run.max_attempts);
                self.line(run.uuid, &line);
            }
            Event::IterationStarted { run, iteration, iterations } => {
                self.line(run.uuid, &format!("  iteration {iteration} of {iterations}:"));
            }
            Event::IterationsEnded { run, statistics } => {
                for line in table(statistics) {
                    self.line(run.uuid, &line);
                }
            }
            Event::RunEnded { run, outcome, duration, failure, attempts, warnings } => {
                self.run_ended(run, *outcome, *duration, failure.as_ref(), *attempts, warnings);
            }
            Event::Paused { run, step, failure, url, devtools } => {
                let text = paused(run, step.as_deref(), failure.as_ref(), url.as_deref(), devtools.as_deref());
                let _ = io::stderr().write_all(text.as_bytes());
            }
            Event::Notice { message, .. } => {
                // Progress and warnings go where they can't be mistaken for results.
                for line in message.lines() {
                    let _ = writeln!(io::stderr(), "canarytrace: {line}");
                }
            }
            Event::SessionEnded { totals, duration } => {
                if self.style == Style::Terse && !self.column.is_multiple_of(88) {
                    self.print("\n");
                }
                self.failures();
                let passed = totals.failed == 0 && totals.not_run == 0;
                let verdict = if passed { self.good("ok") } else { self.bad("FAILED") };
                let mut text = format!(
                    "\ntest result: {verdict}. {} passed; {} failed; {} ignored; 0 measured; {} filtered out; \
                     finished in {:.2}s\n\n",
                    totals.passed,
                    totals.failed,
                    totals.ignored,
                    totals.filtered_out,
                    duration.as_secs_f64()
                );
                for flaky in &self.flaky {
                    let _ = writeln!(text, "flaky: {flaky}");
                }
                for degraded in &self.degraded {
                    let _ = writeln!(text, "degraded: {degraded}");
                }
                if totals.not_run > 0 {
                    let _ = writeln!(text, "not run: {} (interrupted)", totals.not_run);
                }
                text.push_str(&self.places());
                self.print(&text);
            }
            _ => {}
        }
    }
}
