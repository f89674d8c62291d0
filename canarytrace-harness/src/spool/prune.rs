//! Removes old runs, never one that is going on.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

use super::cursor::is_wholly_acknowledged;
use super::folder::{RUNS, Spool, SpoolOptions};
use super::lock::{LOCK_NAME, Lock, SHIPPING_NAME, UPLOADING_NAME};
use super::uploads::is_wholly_uploaded;

/// A run being removed is renamed first, so that nobody takes the rest of it for a run.
const REMOVING: &str = ".removing-";

/// A run that was removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrunedRun {
    /// The run.
    pub uuid: Uuid,
    /// How large it was, bytes.
    pub bytes: u64,
}

/// What pruning did.
#[derive(Debug, Default)]
pub struct Pruned {
    /// Removed, oldest first.
    pub removed: Vec<PrunedRun>,
    /// What should have been removed and could not.
    pub problems: Vec<String>,
}

struct Found {
    uuid: Uuid,
    folder: PathBuf,
    begun: SystemTime,
    bytes: u64,
}

impl Spool {
    /// Removes runs that are older than `max_age`, then the oldest until all together have at most `max_size` bytes,
    /// as the options say. Runs that are going on in any process are kept, and so is everything that is no run. When
    /// there is a cluster, or a store for attachments, so are runs that it does not have all of.
    pub fn prune(&self) -> Pruned {
        self.prune_to(self.options.max_age, self.options.max_size)
    }

    /// [`Self::prune`] with other limits.
    pub fn prune_to(&self, max_age: Duration, max_size: u64) -> Pruned {
        let mut pruned = Pruned::default();
        for root in [&self.options.data, &self.options.fallback] {
            // The folder for emergencies is there only after one.
            let runs = root.join(RUNS);
            if runs.is_dir()
                && let Err(error) = prune_folder(&runs, max_age, max_size, &self.options, &mut pruned)
            {
                pruned.problems.push(format!("{} can't be pruned: {error}", runs.display()));
            }
        }
        pruned
    }
}

fn prune_folder(
    runs: &Path,
    max_age: Duration,
    max_size: u64,
    options: &SpoolOptions,
    pruned: &mut Pruned,
) -> io::Result<()> {
    let mut found = Vec::new();
    for entry in fs::read_dir(runs)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix(REMOVING) {
            // Of a process that ended in the middle of removing.
            if rest.parse::<Uuid>().is_ok() && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        } else if let Some(run) = found_run(&entry, &name) {
            found.push(run);
        }
    }
    found.sort_unstable_by_key(|run| (run.begun, run.uuid));
    let mut total: u64 = found.iter().map(|run| run.bytes).sum();
    let oldest = SystemTime::now().checked_sub(max_age);
    let mut unshipped = Unshipped::default();
    for run in found {
        let too_old = oldest.is_some_and(|oldest| run.begun < oldest);
        if !too_old && total <= max_size {
            continue;
        }
        match remove(runs, &run, options) {
            Ok(Removed::Unshipped) => {
                unshipped.runs += 1;
                unshipped.bytes += run.bytes;
            }
            Ok(Removed::Yes) => {
                total -= run.bytes;
                pruned.removed.push(PrunedRun { uuid: run.uuid, bytes: run.bytes });
            }
            Ok(Removed::InUse) => {}
            Err(error) => pruned.problems.push(format!("{} can't be removed: {error}", run.folder.display())),
        }
    }
    if unshipped.runs > 0 && total > max_size {
        pruned.problems.push(format!(
            "the runs in {} have {total} bytes, more than CANARYTRACE_DATA_MAX_SIZE ({max_size}): {} of them ({} bytes) \
             should go and stay, because the cluster or the attachment store does not have all of them; send them with \
             `canarytrace ship --drain`",
            runs.display(),
            unshipped.runs,
            unshipped.bytes
        ));
    }
    Ok(())
}

/// Runs that stay because the cluster does not have them.
#[derive(Default)]
struct Unshipped {
    runs: usize,
    bytes: u64,
}

/// What became of a run that should go.
enum Removed {
    Yes,
    /// It goes on, somebody ships it, or another process removed it first.
    InUse,
    Unshipped,
}

/// The run that an entry is, if it is one: a folder (no link to one) whose name is exactly what we would write.
fn found_run(entry: &DirEntry, name: &str) -> Option<Found> {
    let uuid: Uuid = name.parse().ok()?;
    if uuid.to_string() != name || !entry.file_type().ok()?.is_dir() {
        return None;
    }
    // Version 7 holds the moment it was made; copying a folder changes its times.
    let made = uuid.get_timestamp().map(|made| made.to_unix());
    let begun = match made {
        Some((seconds, nanos)) => UNIX_EPOCH + Duration::new(seconds, nanos),
        None => entry.metadata().and_then(|metadata| metadata.modified()).ok()?,
    };
    let folder = entry.path();
    let bytes = size(&folder);
    Some(Found { uuid, folder, begun, bytes })
}

/// Bytes of all files below; what vanishes meanwhile counts nothing.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let of_entry = |entry: DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.map(of_entry).sum()
}

/// Removes a run unless it is going on, is being shipped or must be shipped first.
fn remove(runs: &Path, run: &Found, options: &SpoolOptions) -> io::Result<Removed> {
    let removing = runs.join(format!("{REMOVING}{}", run.uuid));
    {
        // No run begins and nobody begins to ship while this is held, so that a lock that is free stays free.
        let _no_beginning = Lock::wait(runs)?;
        for name in [LOCK_NAME, SHIPPING_NAME, UPLOADING_NAME] {
            if run.folder.join(name).exists() && Lock::take_named(&run.folder, name)?.is_none() {
                return Ok(Removed::InUse);
            }
        }
        let unshipped = options.keep_unshipped && !is_wholly_acknowledged(&run.folder, run.uuid);
        let unuploaded = options.store.as_deref().is_some_and(|store| !is_wholly_uploaded(&run.folder, store));
        if run.folder.exists() && (unshipped || unuploaded) {
            return Ok(Removed::Unshipped);
        }
        match fs::rename(&run.folder, &removing) {
            // Another process removed it first.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Removed::InUse),
            other => other?,
        }
    }
    match fs::remove_dir_all(&removing) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Removed::Yes),
        other => other.map(|()| Removed::Yes),
    }
}
