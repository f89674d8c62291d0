//! Locks of the kernel: released when dropped, and when their process ends in any way.

use std::fs::{File, OpenOptions};
use std::path::Path;

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// A lock on a file. Children don't inherit it.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits until nobody else has it.
    pub(super) fn wait(path: &Path) -> anyhow::Result<Self> {
        let lock = Self::open(path, FlockOperation::LockExclusive)?;
        lock.context("a lock that is waited for is had")
    }

    /// Waits until nobody has it alone.
    pub(super) fn wait_shared(path: &Path) -> anyhow::Result<Self> {
        let lock = Self::open(path, FlockOperation::LockShared)?;
        lock.context("a lock that is waited for is had")
    }

    /// Takes it unless somebody else has it.
    pub(super) fn take(path: &Path) -> anyhow::Result<Option<Self>> {
        Self::open(path, FlockOperation::NonBlockingLockExclusive)
    }

    fn open(path: &Path, operation: FlockOperation) -> anyhow::Result<Option<Self>> {
        let cant = || format!("{} can't be locked", path.display());
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(cant)?;
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).with_context(cant)?;
        loop {
            match flock(&file, operation) {
                Ok(()) => return Ok(Some(Self { _file: file })),
                Err(Errno::WOULDBLOCK) => return Ok(None),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error).with_context(cant),
            }
        }
    }
}
