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
        let request_bodies = config.post_data_path.is_some() && config.request_log;
        let options = HarOptions { response_bodies: config.response_bodies, ..HarOptions::default() };
        // Waited for are those only that are asked for.
        Self(Builder::new(HarOptions { request_bodies: request_bodies || options.request_bodies, ..options }))
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
