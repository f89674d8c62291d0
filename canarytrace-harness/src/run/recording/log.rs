//! The raw log of an attempt, as an attachment that grows.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::devtools::log::LogWriter;
use crate::record::Event;
use crate::run::state::RunState;

/// What was written longer ago than this is on disk, whatever happens to us.
const FLUSH: Duration = Duration::from_secs(1);

/// Compressed bytes are handed on at the latest when there are so many.
const PART: usize = 256 * 1024;

/// Writes the log of one attempt.
#[derive(Debug)]
pub(super) struct RawLog {
    writer: LogWriter<Parts>,
    /// Messages of the browser beyond this many bytes of text are counted instead.
    max: u64,
    truncated: u64,
    flushed: Instant,
}

/// Hands what is written to the run's attachments.
#[derive(Debug)]
struct Parts {
    run: Arc<RunState>,
    name: String,
    waiting: Vec<u8>,
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= PART {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.waiting.is_empty() {
            let content = std::mem::take(&mut self.waiting).into();
            let (run, name) = (self.run.info.clone(), self.name.clone());
            self.run.bus.emit(Event::AttachmentPart { run, name, content });
        }
        Ok(())
    }
}

impl RawLog {
    /// A log whose file has this name.
    ///
    /// # Errors
    /// When there is no memory for the compression.
    pub(super) fn new(run: &Arc<RunState>, name: String) -> io::Result<Self> {
        let parts = Parts { run: run.clone(), name, waiting: Vec::new() };
        let max = run.config.cdp_log_max;
        Ok(Self { writer: LogWriter::new(parts)?, max, truncated: 0, flushed: Instant::now() })
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

    /// When [`flush`](Self::flush) should be called at the latest.
    pub(super) fn flush_at(&self) -> Instant {
        self.flushed + FLUSH
    }

    /// Hands on what was written so far, in a form that can be read back.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.flushed = Instant::now();
        self.writer.flush()
    }

    /// Ends the log.
    pub(super) fn finish(self) -> io::Result<()> {
        self.writer.finish().map(drop)
    }
}
