//! The raw log of an attempt, as an attachment that grows.

use std::io;
use std::sync::Arc;

use super::parts::Parts;
use crate::devtools::log::LogWriter;
use crate::run::state::RunState;

/// Writes the log of one attempt.
#[derive(Debug)]
pub(super) struct RawLog {
    writer: LogWriter<Parts>,
    /// Messages of the browser beyond this many bytes of text are counted instead.
    max: u64,
    truncated: u64,
}

impl RawLog {
    /// A log whose file has this name.
    ///
    /// # Errors
    /// When there is no memory for the compression.
    pub(super) fn new(run: &Arc<RunState>, name: String) -> io::Result<Self> {
        let parts = Parts::new(run, name);
        let max = run.config.cdp_log_max;
        Ok(Self { writer: LogWriter::new(parts)?, max, truncated: 0 })
    }

    /// Writes a message of the browser, if there is room. Returns whether there was.
    pub(super) fn message(&mut self, json: &str) -> io::Result<bool> {
        if self.writer.text_bytes() + json.len() as u64 > self.max {
            self.truncated += 1;
            return Ok(false);
        }
        self.writer.write_line(json)?;
        Ok(true)
    }

    /// Writes a message of ours, for which there is always room.
    pub(super) fn mark(&mut self, json: &str) -> io::Result<()> {
        self.writer.write_line(json)
    }

    /// How many messages there was no room for.
    pub(super) fn truncated(&self) -> u64 {
        self.truncated
    }

    /// Hands on what was written so far, in a form that can be read back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Ends the log.
    pub(super) fn finish(self) -> io::Result<()> {
        self.writer.finish().map(drop)
    }
}
