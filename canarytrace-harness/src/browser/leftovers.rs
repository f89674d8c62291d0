//! The private folder of a run, and what a runner that was killed left behind.
//!
//! Every run lives in `<tmp>/canarytrace-<uid>/<random>/`: profile, home and temporary files of its browser, and
//! `owner.json`, which the runner keeps locked while it lives. The kernel gives the lock up however the runner ends,
//! and across process namespaces; so a folder without a lock has no owner, and is cleaned by the next run.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::process::{ProcessId, RunProcesses};
use crate::record::Failure;

const OWNER: &str = "owner.json";

/// Who uses a folder. The lock on the file says whether still; the content is what to kill, and for people.
#[derive(Debug, Serialize, Deserialize)]
struct Owner {
    runner: Option<ProcessId>,
    driver: Option<ProcessId>,
}

/// The folder of one run, locked for as long as this value lives.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    owner: File,
}

impl RunFolder {
    /// Makes a new one.
    pub(super) fn create() -> Result<Self, Failure> {
        let root = root()?;
        // Between making the folder and locking it, it looks like a leftover.
        let _guard = lock_root(&root)?;
        let random = uuid::Uuid::now_v7().simple().to_string();
        // The last digits are the random ones. Short, because a socket's path has at most 107 bytes.
        let path = root.join(&random[20..]);
        let made = private_folder(&path)
            .and_then(|()| {
                let owner =
                    OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path.join(OWNER))?;
                owner.lock()?;
                Ok(owner)
            })
            .and_then(|owner| {
                for name in ["home", "tmp"] {
                    private_folder(&path.join(name))?;
                }
                Ok(owner)
            });
        match made {
            Ok(owner) => {
                let mut folder = Self { path, owner };
                folder.write_owner(None)?;
                Ok(folder)
            }
            Err(error) => {
                _ = fs::remove_dir_all(&path);
                Err(cannot("make the folder of the run", &path, &error))
            }
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The browser's `--user-data-dir`.
    pub(super) fn profile(&self) -> PathBuf {
        self.path.join("profile")
    }

    /// The home of driver and browser: Chromium keeps crash reports in `$HOME/.config`, whatever its profile is.
    pub(super) fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// Their folder for temporary files.
    pub(super) fn temporary(&self) -> PathBuf {
        self.path.join("tmp")
    }

    /// Notes down the driver, so that it is found after we were killed.
    pub(super) fn write_owner(&mut self, driver: Option<ProcessId>) -> Result<(), Failure> {
        let runner = i32::try_from(std::process::id()).ok().and_then(ProcessId::of);
        let text = serde_json::to_string(&Owner { runner, driver }).unwrap_or_default();
        let written = self
            .owner
            .rewind()
            .and_then(|()| self.owner.set_len(0))
            .and_then(|()| self.owner.write_all(text.as_bytes()));
        written.map_err(|error| cannot("write", &self.path.join(OWNER), &error))
    }
}

/// Removes a run's folder with all that is in it. What runs in it must be gone, or it makes new files.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    for _ in 0..20 {
        match fs::remove_dir_all(path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            // A process that is just dying wrote a file while we removed the others.
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
    fs::remove_dir_all(path)
}

/// Kills the processes and removes the folders of runs whose runner is gone. Returns one line for each.
///
/// To be called when a process starts to run monitors. Runs that are still owned, by this process or another, are
/// left alone.
///
/// # Errors
///
/// When the folder of all runs belongs to another user, or can't be read or made.
pub fn clean_up() -> Result<Vec<String>, Failure> {
    let root = root()?;
    let _guard = lock_root(&root)?;
    let mut notices = Vec::new();
    let entries = fs::read_dir(&root).map_err(|error| cannot("read", &root, &error))?;
    for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()) {
        if let Some(notice) = clean_one(&path) {
            notices.push(notice);
        }
    }
    Ok(notices)
}

fn clean_one(path: &Path) -> Option<String> {
    let mut text = String::new();
    // Without a readable file it was being made when its runner was killed.
    let mut file = File::open(path.join(OWNER)).ok();
    if let Some(file) = &mut file {
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
        }
        _ = file.read_to_string(&mut text);
    }
    let owner: Option<Owner> = serde_json::from_str(&text).ok();
    let processes = RunProcesses::new(path, owner.as_ref().and_then(|owner| owner.driver));
    let gone = processes.kill_and_wait(Duration::from_secs(3));
    let runner = owner.and_then(|owner| owner.runner).map_or("unknown".to_owned(), |runner| runner.pid.to_string());
    let what = format!("what a killed run (process {runner}) left in {}", path.display());
    Some(match remove(path) {
        Ok(()) if gone => format!("cleaned up {what}"),
        Ok(()) => format!("removed {what}, but some of its processes do not end"),
        Err(error) => format!("could not remove {what}: {error}"),
    })
}

/// `<tmp>/canarytrace-<uid>`, made if need be.
fn root() -> Result<PathBuf, Failure> {
    let uid = rustix::process::geteuid().as_raw();
    let root = std::env::temp_dir().join(format!("canarytrace-{uid}"));
    match private_folder(&root) {
        Ok(()) => return Ok(root),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(cannot("make", &root, &error)),
    }
    let data = fs::symlink_metadata(&root).map_err(|error| cannot("read", &root, &error))?;
    if !data.is_dir() || data.uid() != uid {
        return Err(Failure::harness(format!(
            "{} is not a folder of ours (user {uid}) but of user {}: browser profiles are not put there; remove it or \
             set TMPDIR to a folder of your own",
            root.display(),
            data.uid()
        )));
    }
    if data.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(&root, fs::Permissions::from_mode(0o700))
            .map_err(|error| cannot("make private", &root, &error))?;
    }
    Ok(root)
}

fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// One process at a time makes or cleans folders. Held for milliseconds, and some seconds when processes are killed.
fn lock_root(root: &Path) -> Result<File, Failure> {
    let path = root.join("lock");
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| cannot("lock", &path, &error))
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::harness(format!(
        "cannot {what} {}: {error}; browsers need a writable folder for temporary files (TMPDIR)",
        path.display()
    ))
}
