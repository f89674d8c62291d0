//! Files that are written in parts among the run's attachments.

use std::io::{self, Write};
use std::sync::Arc;

use crate::record::Event;
use crate::run::state::RunState;

/// Bytes are handed on at the latest when there are so many.
const PART: usize = 256 * 1024;

/// Hands what is written to the run's attachments.
#[derive(Debug)]
pub(super) struct Parts {
    run: Arc<RunState>,
    name: String,
    waiting: Vec<u8>,
}

impl Parts {
    /// A file with this name.
    pub(super) fn new(run: &Arc<RunState>, name: String) -> Self {
        Self { run: run.clone(), name, waiting: Vec::new() }
    }
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
