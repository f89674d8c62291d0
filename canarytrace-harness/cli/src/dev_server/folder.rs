//! The folder of a server: configuration, data, logs, and what is known of it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::home::Home;
use super::lock::Lock;
use super::process;
use super::state::State;

/// The folder of a server, running or not.
///
/// Beside it, with the same name and an ending, lie its locks: the folder itself belongs to the server's user and can
/// be removed.
#[derive(Clone, Debug)]
pub struct Folder {
    home: Home,
    path: PathBuf,
}

impl Folder {
    pub(super) fn new(home: Home, path: PathBuf) -> Self {
        Self { home, path }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that it lies in with others.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The server that runs in it.
    ///
    /// # Errors
    /// When what is known of it can't be read.
    pub fn running(&self) -> anyhow::Result<Option<State>> {
        Ok(self.state()?.filter(|_| !self.processes().is_empty()))
    }

    /// Its processes.
    pub fn processes(&self) -> Vec<i32> {
        process::of(&self.path)
    }

    /// Resident memory of its processes, in bytes.
    pub fn memory(&self) -> u64 {
        process::memory(&self.path)
    }

    /// Ends its server, if there is one; says whether there was.
    ///
    /// # Errors
    /// When the server does not end.
    pub fn stop(&self) -> anyhow::Result<bool> {
        let _lock = self.lock()?;
        self.stop_locked()
    }

    /// Like [`Folder::stop`] by who has the lock.
    pub(super) fn stop_locked(&self) -> anyhow::Result<bool> {
        process::stop(&self.path)
    }

    /// Ends its server by SIGKILL: it does not write anything any more.
    ///
    /// # Errors
    /// When the server does not end.
    pub fn kill(&self) -> anyhow::Result<()> {
        process::kill(&self.path)
    }

    /// Removes it with all data. The server must have ended.
    ///
    /// # Errors
    /// When something can't be removed.
    pub fn wipe(&self) -> anyhow::Result<()> {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(error).with_context(|| format!("{} can't be removed", self.path.display()))
            }
            _ => Ok(()),
        }
    }

    /// What the last start has left.
    pub(super) fn state(&self) -> anyhow::Result<Option<State>> {
        let path = self.state_file();
        match fs::read(&path) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text).with_context(|| path.display().to_string())?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| path.display().to_string()),
        }
    }

    /// Where [`State`] is kept.
    pub fn state_file(&self) -> PathBuf {
        self.path.join("server.json")
    }

    /// Where the configuration of an Elasticsearch lies.
    pub(super) fn configuration(&self) -> PathBuf {
        self.path.join("config")
    }

    /// Held by whoever starts or stops the server.
    pub(super) fn lock(&self) -> anyhow::Result<Lock> {
        Lock::wait(&self.beside("lock"))
    }

    pub(super) fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(".");
        name.push(ending);
        PathBuf::from(name)
    }
}
