//! The HAR file of an attempt.

use std::io::{self, Write as _};
use std::sync::Arc;

use super::parts::Parts;
use crate::config::Config;
use crate::devtools::har::{Builder, HarOptions};
use crate::devtools::protocol::Message;
use crate::record::Event;
use crate::run::state::RunState;

/// Collects what the file is made of: all requests of the attempt, in memory.
#[derive(Debug)]
pub(super) struct Har(Builder<'static>);

impl Har {
    pub(super) fn new(config: &Config) -> Self {
        Self(Builder::new(HarOptions { response_bodies: config.response_bodies, ..HarOptions::default() }))
    }

    /// Takes the next message, if it says something of requests or pages.
    pub(super) fn push(&mut self, message: &Message<'static>) {
        const DOMAINS: [&str; 4] = ["Network.", "Page.", "Target.", "Canarytrace."];
        if DOMAINS.iter().any(|domain| message.method.starts_with(domain)) {
            self.0.push(message.clone());
        }
    }

    /// Writes the file among the attachments.
    pub(super) fn write(self, run: &Arc<RunState>, name: String) -> io::Result<()> {
        let mut parts = Parts::new(run, name.clone());
        serde_json::to_writer(&mut parts, &self.0.finish())?;
        parts.flush()?;
        run.bus.emit(Event::AttachmentEnded { run: run.info.clone(), name, keep: true });
        Ok(())
    }
}
