//! Reads a log and derives everything again.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use canarytrace::collect::derive::{Derivation, DeriveOptions, Derived, TakeDocument};
use canarytrace::devtools::har::{Builder, HarOptions};
use canarytrace::devtools::log::{Damage, Entry, LogReader};
use canarytrace::devtools::protocol::canarytrace::RecordingStarted;
use canarytrace::devtools::protocol::{Event, IntoOwned as _, Message};
use canarytrace::record::Dataset;
use clap::Args;
use serde_json::{Value, json};
use uuid::Uuid;

use super::budgets::Budgets;
use super::compare::{BUDGETS, Stored};
use super::report::{self, Report};
use super::tally::Tally;
use crate::print;

/// The documents differ from those that the run stored.
const DIFFERENT: u8 = 3;

/// Parts of the log could not be read and are left out.
const DAMAGED: u8 = 4;

/// How many damaged places are named; all are counted.
const NAMED: usize = 1000;

/// Derive documents and HAR from a log of the browser's messages, offline
///
/// The log is one that a run left (attachments/…-cdp.ndjson.zst), lines of
/// messages, or an array of them: [{"method": …, "params": …}, …]. Its content
/// tells which, not its name; it may be cut off or damaged.
///
/// When it lies in the folder of a run, what is derived is compared with what
/// the run stored.
///
/// Exit codes:
///   0  derived, and equal to what was stored
///   1  not readable, or no log
///   2  wrong arguments
///   3  different from what was stored
///   4  parts of the log, or of what was stored, can't be read
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Arguments {
    /// The log; `-` reads standard input
    log: PathBuf,
    /// Write a HAR 1.2 file
    #[arg(long, value_name = "FILE")]
    har: Option<PathBuf>,
    /// Print the documents instead of a table, a line each, then one that sums up
    #[arg(long)]
    json: bool,
}

/// Returns the exit code.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let is_stdin = arguments.log == Path::new("-");
    let name = if is_stdin { "standard input".to_owned() } else { arguments.log.display().to_string() };
    let input: Box<dyn Read> = if is_stdin { Box::new(io::stdin().lock()) } else { Box::new(open(&arguments.log)?) };
    let stored = if is_stdin { None } else { Stored::beside(&arguments.log) };

    let stdout = arguments.json.then(|| BufWriter::new(io::stdout().lock()));
    let mut replay = Replay::new(stdout, stored.is_some(), arguments.har.is_some());
    replay.read(input, &name)?;
    let Replay { mut stdout, tally, mut kept, facts, har, budgets, .. } = replay;
    let budgets = budgets.results();
    if let (Some(har), Some(path)) = (har, &arguments.har) {
        write_har(har, path)?;
    }

    let mut report = Report { name, tally, facts, stored: None, budgets };
    if let Some(stored) = stored {
        for budget in &report.budgets {
            kept.push((BUDGETS, serde_json::to_value(budget)?));
        }
        report.stored = Some(report::Compared::new(stored, &report.facts, kept));
    }
    match &mut stdout {
        Some(stdout) => {
            writeln!(stdout, "{}", print::json_line(&report.json()))?;
            stdout.flush()?;
        }
        None => print::out(&report.text())?,
    }
    Ok(match &report.stored {
        Some(compared) if compared.is_different() => DIFFERENT,
        Some(compared) if !compared.damage.is_empty() => DAMAGED,
        _ if report.facts.loses => DAMAGED,
        _ => 0,
    })
}

fn write_har(har: Builder<'_>, path: &Path) -> anyhow::Result<()> {
    let write = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(path)?);
        serde_json::to_writer(&mut file, &har.finish())?;
        file.flush()
    };
    write().with_context(|| format!("{} can't be written", path.display()))
}

fn open(path: &Path) -> anyhow::Result<File> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name} can't be opened"))?;
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        bail!("{name} is a folder: name the log in it (a run has its own in attachments/)");
    }
    Ok(file)
}

/// What a log says beside its documents.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) compressed: bool,
    /// Bytes of text.
    pub(super) bytes: u64,
    /// Messages of the browser, and marks of ours.
    pub(super) messages: u64,
    /// Objects that are no messages, such as replies.
    pub(super) others: u64,
    /// The first line of a log of ours.
    pub(super) started: Option<RecordingStarted<'static>>,
    /// The last one: seen, kept, missed.
    pub(super) ended: Option<[u64; 3]>,
    /// Messages that were already missing when the log was written.
    pub(super) missed: u64,
    /// What is wrong, the first of it.
    pub(super) damage: Vec<Damage>,
    /// How many places are damaged.
    pub(super) damaged: u64,
    /// Whether messages are left out.
    pub(super) loses: bool,
}

impl Facts {
    /// The iteration that the log is of, of several.
    pub(super) fn iteration(&self) -> Option<u64> {
        self.started.as_ref()?.iteration.get()?.as_u64()
    }

    /// The attempt that the log is of.
    pub(super) fn attempt(&self) -> Option<u64> {
        self.started.as_ref()?.attempt.get()?.as_u64()
    }
}

struct Replay<W> {
    derivation: Derivation,
    begun: bool,
    stdout: Option<W>,
    keep: bool,
    har: Option<Builder<'static>>,
    tally: Tally,
    /// What was derived, when it will be compared.
    kept: Vec<(&'static str, Value)>,
    facts: Facts,
    budgets: Budgets,
}

impl<W: Write> Replay<W> {
    fn new(stdout: Option<W>, keep: bool, har: bool) -> Self {
        // A log has bodies only when they were wanted.
        let options = HarOptions { response_bodies: true, ..HarOptions::default() };
        let everything = DeriveOptions {
            request_log: true,
            network: true,
            console: true,
            performance_entries: true,
            vitals: true,
            visual_progress: true,
            ..DeriveOptions::default()
        };
        Self {
            derivation: Derivation::new(everything),
            begun: false,
            stdout,
            keep,
            har: har.then(|| Builder::new(options)),
            tally: Tally::default(),
            kept: Vec::new(),
            facts: Facts::default(),
            budgets: Budgets::default(),
        }
    }

    fn read(&mut self, input: impl Read, name: &str) -> anyhow::Result<()> {
        let mut log = LogReader::new(input);
        while let Some(entry) = log.next().with_context(|| format!("{name} can't be read"))? {
            match entry {
                Entry::Message { message, .. } => self.take(message)?,
                Entry::Damage(damage) => {
                    self.facts.loses |= damage.loses();
                    self.facts.damaged += 1;
                    if self.facts.damage.len() < NAMED {
                        self.facts.damage.push(damage);
                    }
                }
            }
        }
        self.facts.compressed = log.is_compressed();
        self.facts.bytes = log.place().byte;
        if self.facts.messages == 0 {
            bail!("{}", no_log(name, &self.facts));
        }
        let left = std::mem::replace(&mut self.derivation, Derivation::new(DeriveOptions::default())).finish();
        self.hand_on(left)
    }

    fn take(&mut self, message: Message<'_>) -> anyhow::Result<()> {
        if message.method.is_empty() {
            self.facts.others += 1;
            return Ok(());
        }
        self.facts.messages += 1;
        match &message.event {
            Event::RecordingStarted(started) if !self.begun => {
                self.derivation = Derivation::new(options(&started.options.get().cloned().unwrap_or_default()));
                self.facts.started = Some((**started).clone().into_owned());
                self.budgets = Budgets::of(started);
            }
            Event::StepStarted(step) => {
                if let Ok(id) = Uuid::parse_str(step.uuid_action.text()) {
                    self.tally.begin(id, step.title.text());
                    self.budgets.step_starts(id, step.title.text());
                }
            }
            Event::StepEnded(step) => self.budgets.step_ends(step),
            Event::MessagesMissed(missed) => {
                let count = missed.count.integer().and_then(|count| u64::try_from(count).ok());
                self.facts.missed = self.facts.missed.saturating_add(count.unwrap_or_default());
            }
            Event::RecordingEnded(ended) => {
                let count = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default();
                self.facts.ended = Some([&ended.seen, &ended.kept, &ended.missed].map(|field| count(field.integer())));
            }
            _ => {}
        }
        self.begun = true;
        let message = message.into_owned();
        if let Some(har) = &mut self.har {
            har.push(message.clone());
        }
        let is_over = matches!(message.event, Event::AttemptOver(_));
        let derived = self.derivation.push(message);
        self.budgets.note(&derived);
        if is_over {
            self.budgets.attempt_is_over();
        }
        self.hand_on(derived)
    }

    fn hand_on(&mut self, derived: Vec<Derived>) -> anyhow::Result<()> {
        for derived in derived {
            let mut as_json = AsJson(None);
            derived.give(&mut as_json);
            let Some((step, dataset, document)) = as_json.0 else { continue };
            let mut document = document?;
            if let Some(step) = step {
                document["uuidAction"] = json!(step);
            }
            self.tally.add(step, dataset, &document);
            if let Some(stdout) = &mut self.stdout {
                let mut line = json!({ "dataset": dataset });
                if let (Value::Object(line), Value::Object(document)) = (&mut line, &document) {
                    line.extend(document.clone());
                }
                writeln!(stdout, "{}", print::json_line(&line))?;
            }
            if self.keep {
                self.kept.push((dataset, document));
            }
        }
        Ok(())
    }
}

/// A document that was derived: its step, its dataset, and itself.
struct AsJson(Option<(Option<Uuid>, &'static str, serde_json::Result<Value>)>);

impl TakeDocument for AsJson {
    fn take<D: Dataset>(&mut self, step: Option<Uuid>, document: &D) {
        self.0 = Some((step, D::NAME, serde_json::to_value(document)));
    }
}

/// What documents depended on when the log was recorded.
fn options(recorded: &Value) -> DeriveOptions {
    let text = |name: &str| recorded[name].as_str();
    DeriveOptions {
        request_log: recorded["REQUEST_LOG"].as_bool().unwrap_or(true),
        network: recorded["network"].as_bool().unwrap_or(true),
        console: recorded["CONSOLE_INTERCEPT"].as_bool().unwrap_or(true),
        visual_progress: recorded["CANARYTRACE_VISUAL_PROGRESS"].as_bool().unwrap_or(false),
        performance_entries: recorded["PERFORMANCE_ENTRIES_INTERCEPT"].as_bool().unwrap_or(true),
        vitals: recorded["CANARYTRACE_VITALS"].as_bool().unwrap_or(true),
        post_data_path: text("POST_DATA_PATH").and_then(|path| path.parse().ok()),
        trace_id_name: text("TRACE_ID_NAME").map(str::to_owned),
    }
}

fn no_log(name: &str, facts: &Facts) -> String {
    let expected = "a message of the DevTools protocol (an object with `method` and `params`)";
    match facts.damage.first() {
        None if facts.others > 0 => format!("{name}: none of its {} objects is {expected}", facts.others),
        None => format!("{name} holds no messages"),
        Some(first) => format!("{name}: nothing in it is {expected}: {}", print::visible(&first.to_string())),
    }
}
