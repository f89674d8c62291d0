//! Copies the attachments of a session to a store, when the options name one.

use std::time::Duration;

use super::exit_code;
use super::stop::Stop;
use crate::config::{AttachmentStore, Config};
use crate::record::Event;
use crate::run::{Bus, Interrupt};
use crate::spool::Spool;
use crate::store::{Uploader, prune_folder};

/// What is left of the budget when somebody interrupts: the process is gone within five seconds.
const INTERRUPTED: Duration = Duration::from_secs(2);

/// What becomes of attachments that are not copied.
const LATER: &str = "what is left is uploaded by the next run or `canarytrace ship`";

/// The upload of a session's attachments; of none without a store.
pub(crate) struct Attachments {
    uploader: Option<Uploader>,
    store: String,
    budget: Duration,
}

impl Attachments {
    /// Starts to copy what runs will keep, if the options name a store. It joins the bus behind the spool.
    pub(crate) fn start(config: &Config, spool: &Spool, bus: &Bus) -> Result<Self, Stop> {
        let mut attachments = Self { uploader: None, store: String::new(), budget: config.flush };
        let Some(store) = config.attachment_store() else { return Ok(attachments) };
        if !cfg!(feature = "object-store") && matches!(store, AttachmentStore::S3(_)) {
            let advice = "add it to `canarytrace` in Cargo.toml, or leave AWS_S3_BUCKET and s3:// out";
            let message = format!("a bucket is named, but this was built without the feature `object-store`: {advice}");
            return Err(Stop::new(exit_code::USAGE, message));
        }
        if let AttachmentStore::Folder(folder) = &store {
            for problem in prune_folder(folder, config.data_max_age) {
                bus.emit(Event::Notice { run: None, message: problem });
            }
        }
        attachments.store = store.name();
        let uploader = Uploader::start(spool.clone(), store, bus.notices()).map_err(|error| {
            Stop::new(exit_code::REPORTING_FAILED, format!("the uploader's thread could not start: {error}"))
        })?;
        bus.add(uploader.consumer());
        attachments.uploader = Some(uploader);
        Ok(attachments)
    }

    /// Waits until everything is copied, for as long as the options allow; says what came of it. It decides nothing.
    pub(crate) async fn finish(self, bus: &Bus, interrupt: &Interrupt) {
        let Some(uploader) = self.uploader else { return };
        let interrupted = async {
            interrupt.failure().await;
            INTERRUPTED
        };
        let finished = uploader.finish(self.budget, interrupted).await;
        let say = |message: String| bus.emit(Event::Notice { run: None, message });
        match finished {
            None => say(format!("attachments to {}: not over in time; {LATER}", self.store)),
            Some(figures) if figures.left > 0 => say(format!("attachments to {}: {figures}; {LATER}", self.store)),
            Some(figures) => say(format!("attachments to {}: {figures}", self.store)),
        }
    }
}
