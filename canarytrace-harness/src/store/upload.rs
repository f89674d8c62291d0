//! Copies the attachments of runs on disk.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::destination::{Destination, Trouble};
use super::figures::UploadFigures;
use crate::config::AttachmentStore;
use crate::pace::Pace;
use crate::record::Failure;
use crate::spool::{SpoolOptions, StoredRun, UploadingLock, Uploads, stored_runs};

/// Waits between attempts are at first at most this, then each at most twice the one before.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Told of everything a person should know.
pub(super) type Notices = Arc<dyn Fn(String) + Send + Sync>;

/// What is done about a store in trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It is asked a few times in a row.
    Brief,
    /// It is asked until it takes everything.
    Endless,
}

/// Copies files to one store, and knows how it is with it.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) destination: Destination,
    notices: NoticesDebug,
    pace: Pace,
    /// It does not let us in: it is not asked any more.
    pub(super) refused: bool,
    /// The trouble was told.
    told: bool,
    told_of_disk: bool,
    /// Not asked before.
    pub(super) not_before: Option<Instant>,
}

struct NoticesDebug(Notices);

impl std::fmt::Debug for NoticesDebug {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notices").finish_non_exhaustive()
    }
}

impl Work {
    pub(super) fn new(destination: Destination, notices: Notices) -> Self {
        let pace = Pace::new(FIRST_WAIT, LONGEST_WAIT);
        let notices = NoticesDebug(notices);
        Self { destination, notices, pace, refused: false, told: false, told_of_disk: false, not_before: None }
    }

    pub(super) fn tell(&self, message: String) {
        (self.notices.0)(message);
    }

    /// The end is near: waits are short, and begin anew.
    pub(super) fn hurry(&mut self) {
        self.pace.reset();
        self.pace.set_hurry(true);
        self.not_before = None;
    }

    /// Whether the store did not take anything a few times in a row.
    pub(super) fn is_in_trouble(&self) -> bool {
        self.refused || self.pace.is_persistent()
    }

    /// Copies what a folder of a run has, but for files that still grow. Returns what was copied; it stops at the first
    /// that the store does not take.
    pub(super) async fn folder(&mut self, run: Uuid, folder: &Folder, growing: &HashSet<String>) -> UploadFigures {
        let mut figures = UploadFigures::default();
        let store = self.destination.name();
        let mut uploads = Uploads::load(&folder.path, &store);
        // A folder that can't be listed has nothing to copy.
        let left = uploads.left(&folder.path).unwrap_or_default();
        for (name, path) in left.into_iter().filter(|(name, _)| !growing.contains(name)) {
            if self.refused {
                break;
            }
            match self.destination.put(run, &name, &path).await {
                Ok(bytes) => {
                    self.pace.succeeded();
                    self.not_before = None;
                    figures.uploaded += 1;
                    figures.bytes += bytes;
                    if let Err(error) = uploads.add(&folder.path, &name)
                        && !std::mem::replace(&mut self.told_of_disk, true)
                    {
                        let folder = folder.path.display();
                        self.tell(format!("{folder}: what was uploaded can't be noted, it will be again: {error}"));
                    }
                }
                Err(Trouble::Gone) => {}
                Err(Trouble::Refused(why)) => {
                    self.refused = true;
                    self.tell(format!(
                        "ATTACHMENTS ARE NOT UPLOADED: {store} refuses them, and is not asked again in this session; they \
                         stay on disk. Check bucket, keys and their rights (AWS_S3_*): {why}"
                    ));
                }
                Err(Trouble::Passing(why)) => {
                    self.pace.unanswered();
                    self.not_before = Some(Instant::now() + self.pace.wait(None));
                    if self.pace.is_persistent() && !std::mem::replace(&mut self.told, true) {
                        self.tell(format!(
                            "attachments can't be uploaded to {store} now; they stay on disk and it is tried again: {why}"
                        ));
                    }
                    break;
                }
            }
        }
        figures
    }

    /// How many attachments a folder has that are not copied.
    pub(super) fn left(&self, folder: &Folder) -> u64 {
        Uploads::load(&folder.path, &self.destination.name()).left(&folder.path).map_or(0, |left| left.len() as u64)
    }
}

/// A folder of a run that nobody else copies from.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    _lock: UploadingLock,
}

impl Folder {
    /// `None` while somebody else copies from it, or when it is gone.
    pub(super) fn take(path: PathBuf) -> Option<Self> {
        match UploadingLock::take(&path) {
            Ok(lock) => lock.map(|lock| Self { path, _lock: lock }),
            Err(error) => {
                tracing::debug!(%error, folder = %path.display(), "its attachments can't be uploaded");
                None
            }
        }
    }
}

/// Runs on disk that nobody records and that have attachments which the store has not, the oldest first; each with their
/// number.
///
/// # Errors
/// When the folder of the runs can't be listed.
pub fn left_of(spool: &SpoolOptions, store: &AttachmentStore) -> Result<Vec<(StoredRun, u64)>, Failure> {
    let runs = stored_runs(spool)
        .map_err(|error| Failure::harness(format!("the runs in {} can't be listed: {error}", spool.data.display())))?;
    let name = store.name();
    let mut found = Vec::new();
    for run in runs.into_iter().rev() {
        let of_folder =
            |folder: &PathBuf| Uploads::load(folder, &name).left(folder).map_or(0, |left| left.len() as u64);
        let left = run.folders.iter().map(of_folder).sum();
        if left > 0 && !run.is_going_on() {
            found.push((run, left));
        }
    }
    Ok(found)
}

/// Copies the attachments of these runs, one after the other. Whatever stops it, the rest is counted as left.
pub(super) async fn upload_runs(work: &mut Work, runs: Vec<(StoredRun, u64)>, patience: Patience) -> UploadFigures {
    let mut figures = UploadFigures::default();
    for (run, count) in runs {
        let folders: Vec<Folder> = run.folders.into_iter().filter_map(Folder::take).collect();
        if folders.is_empty() {
            // Somebody else copies from it just now.
            figures.left += count;
            continue;
        }
        for folder in &folders {
            loop {
                if work.refused || (patience == Patience::Brief && work.is_in_trouble()) {
                    break;
                }
                if let Some(at) = work.not_before {
                    tokio::time::sleep_until(at).await;
                }
                figures.add(&work.folder(run.uuid, folder, &HashSet::new()).await);
                // Without a wait, it came to its end.
                if work.not_before.is_none() {
                    break;
                }
            }
            figures.left += work.left(folder);
        }
    }
    figures
}

/// Copies the attachments of all runs on disk that nobody records.
///
/// # Errors
/// When the folder of the runs can't be listed, or the store can't be used whatever happens.
pub async fn upload_left(
    spool: &SpoolOptions,
    store: &AttachmentStore,
    patience: Patience,
    notices: Arc<dyn Fn(String) + Send + Sync>,
) -> Result<UploadFigures, Failure> {
    let runs = left_of(spool, store)?;
    let destination = Destination::open(store.clone()).await.map_err(Failure::harness)?;
    Ok(upload_runs(&mut Work::new(destination, notices), runs, patience).await)
}
