//! Marks a run that is going on.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Name of the lock within a run's folder, and within the folder of all runs.
pub(super) const LOCK_NAME: &str = ".lock";

/// An exclusive lock of the kernel; released when dropped, or when the process ends in any way.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    fn open(folder: &Path) -> io::Result<File> {
        OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(LOCK_NAME))
    }

    /// Waits for the lock of `folder`, which is only ever held for moments.
    pub(super) fn wait(folder: &Path) -> io::Result<Self> {
        let file = Self::open(folder)?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => return Ok(Self { _file: file }),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Takes the lock of `folder`, unless another process (or another part of this one) holds it.
    pub(super) fn take(folder: &Path) -> io::Result<Option<Self>> {
        let file = Self::open(folder)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
