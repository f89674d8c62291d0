//! The log for people who look for a fault (`LOG_LEVEL`): on standard error, masked like everything else; as lines of the
//! Elastic Common Schema among the others, where these are wanted.

use std::fmt::Debug;
use std::io::{self, Write};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Level, Subscriber, debug, info};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::console::readable;
use super::ecs::{EcsLevel, EcsLine};
use crate::record::{Consumer, Event, Redactor};
use crate::run::Bus;

/// Starts the log. `targets` is a level, or levels for modules: `warn,canarytrace::run=debug`.
pub(crate) fn start(targets: &str, ecs: bool, bus: &Bus) {
    // The options were checked; what can't be read here would be a bug that must not end a run.
    let targets: Targets = targets.parse().unwrap_or_default();
    // A test target that has a log of its own keeps it.
    let _ = if ecs {
        tracing_subscriber::registry().with(EcsLog(bus.clone()).with_filter(targets)).try_init()
    } else {
        let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Masked(bus.clone()));
        tracing_subscriber::registry().with(lines.with_filter(targets)).try_init()
    };
}

/// Makes a line of each record.
struct EcsLog(Bus);

impl<S: Subscriber> Layer<S> for EcsLog {
    fn on_event(&self, event: &tracing::Event<'_>, _context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut fields = Fields { redactor: self.0.redactor(), message: String::new(), others: Vec::new() };
        event.record(&mut fields);
        let level = match *metadata.level() {
            Level::ERROR => EcsLevel::Error,
            Level::WARN => EcsLevel::Warn,
            Level::INFO => EcsLevel::Info,
            Level::DEBUG => EcsLevel::Debug,
            Level::TRACE => EcsLevel::Trace,
        };
        let line = EcsLine::new(level, fields.message).with("log.logger", metadata.target());
        fields.others.into_iter().fold(line, |line, (name, value)| line.with(name, value)).write(&mut io::stdout());
    }
}

/// The fields of a record, masked.
struct Fields {
    redactor: Redactor,
    message: String,
    others: Vec<(String, Value)>,
}

impl Fields {
    fn text(&mut self, field: &Field, text: &str) {
        let text = self.redactor.text(text);
        // Ours have the names of the documents; others may be called as they like, so they are labels, which ECS has for that
        // and which are always texts. A name must not hold a dot there.
        let name = match field.name() {
            "message" => {
                self.message = text;
                return;
            }
            "monitor" => "monitor.name".to_owned(),
            "uuid" => "canarytrace.uuid".to_owned(),
            "phase" => "canarytrace.phase".to_owned(),
            other => format!("labels.{}", other.replace('.', "_")),
        };
        if !self.others.iter().any(|(there, _)| *there == name) {
            self.others.push((name, Value::String(text)));
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "attempt" {
            self.others.push(("canarytrace.attempt".to_owned(), value.into()));
        } else {
            self.text(field, &value.to_string());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// Writes to standard error what the bus's redactor leaves of each record.
struct Masked(Bus);

impl<'a> MakeWriter<'a> for Masked {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { bus: &self.0, text: Vec::new() }
    }
}

/// One record; it is written when it is whole, so that no secret is cut in two.
struct Line<'a> {
    bus: &'a Bus,
    text: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let masked = self.bus.redactor().text(&String::from_utf8_lossy(&self.text));
        // Nobody is left to be told that standard error is closed.
        let _ = io::stderr().write_all(masked.as_bytes());
    }
}

/// Tells the log what the console does not show: phases and where a run lies.
pub(crate) struct Log;

impl Consumer for Log {
    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { run } => {
                info!(monitor = run.monitor, uuid = %run.uuid, "run started");
            }
            Event::PhaseStarted { run, attempt, phase } => {
                debug!(monitor = run.monitor, attempt, phase = phase.as_str(), "phase started");
            }
            Event::PhaseEnded { run, attempt, phase, duration } => {
                info!(
                    monitor = run.monitor,
                    attempt,
                    phase = phase.as_str(),
                    took = readable(*duration),
                    "phase ended"
                );
            }
            Event::RunClosed { run } => debug!(monitor = run.monitor, uuid = %run.uuid, "run closed"),
            _ => {}
        }
    }
}
