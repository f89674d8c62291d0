//! A build that is held: checked, and not removed as long as the process lives.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, FdFlags, fcntl_setfd};

use crate::run::digest;
use super::entry::Entry;
use super::manifest::{EXECUTABLE, MANIFEST, SOURCE, USED};

/// A build that nobody removes while this, or a process that inherited it, is there.
#[derive(Debug)]
pub(in crate::run) struct Held {
    pub(in crate::run) entry: Entry,
    lock: File,
}

impl Entry {
    /// Holds the build; none when it was removed meanwhile.
    ///
    /// # Errors
    /// When it can't be read.
    pub(in crate::run) fn hold(self) -> io::Result<Option<Held>> {
        let path = self.folder.join(MANIFEST);
        let lock = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        lock_shared(&lock)?;
        // Whoever removes a build first moves it away, holding the lock alone.
        let same = path.metadata().is_ok_and(|now| lock.metadata().is_ok_and(|held| held.ino() == now.ino()));
        Ok(same.then_some(Held { entry: self, lock }))
    }
}

/// A file system without locks, such as some network ones mounted read-only, is used without.
pub(super) fn lock_shared(file: &File) -> io::Result<()> {
    loop {
        match flock(file, FlockOperation::LockShared) {
            Err(Errno::INTR) => {}
            Ok(()) | Err(Errno::NOLCK | Errno::NOTSUP | Errno::ROFS | Errno::BADF) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

impl Held {
    pub(super) fn new(entry: Entry, lock: File) -> Self {
        Self { entry, lock }
    }

    /// Why the executable is not the one that was built, if it is not.
    pub(in crate::run) fn damage(&self) -> Option<String> {
        let path = self.executable();
        let Entry { manifest, .. } = &self.entry;
        let size = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) => return Some(format!("{} can't be read: {error}", path.display())),
        };
        if size != manifest.size {
            return Some(format!("{} has {size} bytes instead of {}", path.display(), manifest.size));
        }
        if !self.folder_of_package().is_dir() {
            return Some(format!("{} is not there", self.folder_of_package().display()));
        }
        match digest::of_file(&path) {
            Ok((sha256, _)) if sha256 == manifest.sha256 => None,
            Ok(_) => Some(format!("{} is not what was built: its SHA-256 is another one", path.display())),
            Err(error) => Some(format!("{} can't be read: {error}", path.display())),
        }
    }

    pub(in crate::run) fn executable(&self) -> PathBuf {
        self.entry.folder.join(EXECUTABLE)
    }

    /// The folder of the package with the monitors, in which `cargo test` runs them.
    pub(in crate::run) fn folder_of_package(&self) -> PathBuf {
        let source = self.entry.folder.join(SOURCE);
        if self.entry.manifest.folder.is_empty() { source } else { source.join(&self.entry.manifest.folder) }
    }

    /// It is used now. In a cache that can't be written nobody notes it, so that somebody else has to.
    pub(in crate::run) fn note_use(&self) {
        touch(&self.entry.folder.join(USED));
    }

    /// Whatever this process becomes by `exec` holds it, too.
    ///
    /// # Errors
    /// Whatever the system says.
    pub(in crate::run) fn hand_over(self) -> io::Result<()> {
        fcntl_setfd(&self.lock, FdFlags::empty())?;
        // Closing it would give it up.
        std::mem::forget(self.lock);
        Ok(())
    }
}

/// The file was modified now.
pub(super) fn touch(path: &Path) {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path);
    let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
}
