//! The log for people who look for a fault (`LOG_LEVEL`): on standard error, masked like everything else.

use std::io::{self, Write};

use tracing::{debug, info};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use super::console::readable;
use crate::record::{Consumer, Event};
use crate::run::Bus;

/// Starts the log. `targets` is a level, or levels for modules: `warn,canarytrace::run=debug`.
pub(crate) fn start(targets: &str, bus: &Bus) {
    // The options were checked; what can't be read here would be a bug that must not end a run.
    let targets: Targets = targets.parse().unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(Masked(bus.clone()));
    // A test target that has a log of its own keeps it.
    let _ = tracing_subscriber::registry().with(lines.with_filter(targets)).try_init();
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
