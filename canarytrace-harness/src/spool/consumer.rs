//! Writes the documents and attachments of the event stream.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use super::folder::Spool;
use super::run::{Losses, RunSpool};
use crate::record::{Consumer, Event, RunInfo};

/// The first consumer of events: what it was told of is on disk before anyone else hears of it.
pub struct SpoolConsumer<N> {
    spool: Spool,
    runs: HashMap<Uuid, RunSpool>,
    notices: N,
    lost: Lost,
}

/// How many documents and attachments of all runs could be stored nowhere. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Lost(Arc<AtomicU64>);

impl Lost {
    /// The count so far, over the runs that are closed.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, losses: Losses) {
        self.0.fetch_add(losses.documents + losses.attachments, Ordering::Relaxed);
    }
}

impl<N: FnMut(Option<Arc<RunInfo>>, String) + Send> SpoolConsumer<N> {
    /// `notices` is told of everything a person should know. It is called in the middle of handling an event, so it
    /// must not wait for one: put the notice into a channel.
    pub fn new(spool: Spool, notices: N) -> Self {
        Self { spool, runs: HashMap::new(), notices, lost: Lost::default() }
    }

    /// The count of what was lost; it goes on when the consumer is given away.
    pub fn lost(&self) -> Lost {
        self.lost.clone()
    }

    fn run(&mut self, run: &RunInfo) -> &mut RunSpool {
        self.runs.entry(run.uuid).or_insert_with(|| self.spool.run(run.uuid))
    }

    fn tell(&mut self, run: &Arc<RunInfo>, notice: impl IntoIterator<Item = String>) {
        for notice in notice {
            (self.notices)(Some(Arc::clone(run)), notice);
        }
    }
}

impl<N: FnMut(Option<Arc<RunInfo>>, String) + Send> Consumer for SpoolConsumer<N> {
    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { run } => {
                let notice = self.run(run).begin();
                self.tell(run, notice);
            }
            Event::Document { run, document } => {
                let notice = self.run(run).append(document.dataset, &document.json);
                self.tell(run, notice);
            }
            Event::Attachment { run, attachment } => {
                let attached = self.run(run).attach(&attachment.name, &attachment.content);
                self.tell(run, attached.notice);
            }
            Event::AttachmentPart { run, name, content } => {
                let notice = self.run(run).attach_part(name, content);
                self.tell(run, notice);
            }
            Event::AttachmentEnded { run, name, keep } => {
                let notice = self.run(run).end_attachment(name, *keep);
                self.tell(run, notice);
            }
            Event::StepEnded { run, .. } | Event::AttemptEnded { run, .. } => {
                let notice = self.run(run).sync();
                self.tell(run, notice);
            }
            Event::RunClosed { run } => {
                if let Some(spool) = self.runs.remove(&run.uuid) {
                    self.lost.add(spool.losses());
                    let notices = spool.finish();
                    self.tell(run, notices);
                }
            }
            Event::SessionEnded { .. } => {
                for (_, spool) in self.runs.drain() {
                    self.lost.add(spool.losses());
                    for notice in spool.finish() {
                        (self.notices)(None, notice);
                    }
                }
            }
            _ => {}
        }
    }
}

impl<N> fmt::Debug for SpoolConsumer<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolConsumer").field("spool", &self.spool).field("runs", &self.runs).finish_non_exhaustive()
    }
}
