//! Finds the runs that are on disk.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::folder::{RUNS, SpoolOptions};
use super::lock::{LOCK_NAME, Lock};

/// A run and the folders that hold what it wrote: usually one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    /// The run.
    pub uuid: Uuid,
    /// The folder in the data folder, then the other one if it went on there.
    pub folders: Vec<PathBuf>,
}

/// Every run on disk, the newest first. A data folder that is not there yet has none.
///
/// # Errors
/// When a folder of runs can't be listed.
pub fn stored_runs(options: &SpoolOptions) -> io::Result<Vec<StoredRun>> {
    // The ids begin with the time (UUID version 7), so their order is that of the runs.
    let mut runs: BTreeMap<Uuid, Vec<PathBuf>> = BTreeMap::new();
    for root in [&options.data, &options.fallback] {
        let entries = match fs::read_dir(root.join(RUNS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let uuid = entry.file_name().to_str().and_then(|name| Uuid::try_parse(name).ok());
            if let Some(uuid) = uuid
                && entry.path().is_dir()
            {
                runs.entry(uuid).or_default().push(entry.path());
            }
        }
    }
    Ok(runs.into_iter().rev().map(|(uuid, folders)| StoredRun { uuid, folders }).collect())
}

impl StoredRun {
    /// Whether a process is recording the run just now. Where that can't be found out, as on a read-only disk, nobody
    /// is.
    pub fn is_going_on(&self) -> bool {
        self.folders.iter().any(|folder| is_locked(folder).unwrap_or(false))
    }
}

fn is_locked(folder: &Path) -> io::Result<bool> {
    if !folder.join(LOCK_NAME).exists() {
        return Ok(false);
    }
    // A run that begins must not find its lock taken by us.
    let _no_beginning = folder.parent().map(Lock::wait).transpose()?;
    Ok(Lock::take(folder)?.is_none())
}
