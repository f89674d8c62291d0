//! Marks a run that is going on.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Name of the lock within a run's folder, and within the folder of all runs.
pub(super) const LOCK_NAME: &str = ".lock";

/// Name of the lock of whoever ships a run's folder: its runner, a later run, `canarytrace ship`.
pub(super) const SHIPPING_NAME: &str = ".shipping";

/// Name of the lock of whoever copies a run's attachments to a store.
pub(super) const UPLOADING_NAME: &str = ".uploading";

/// An exclusive lock of the kernel; released when dropped, or when the process ends in any way.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    fn open(folder: &Path, name: &str) -> io::Result<File> {
        OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(name))
    }

    /// Waits for the lock of `folder`, which is only ever held for moments.
    pub(super) fn wait(folder: &Path) -> io::Result<Self> {
        let file = Self::open(folder, LOCK_NAME)?;
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
        Self::take_named(folder, LOCK_NAME)
    }

    /// [`Self::take`], of another lock in `folder`.
    pub(super) fn take_named(folder: &Path, name: &str) -> io::Result<Option<Self>> {
        let file = Self::open(folder, name)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whoever holds it ships a run's folder, and nobody else does; nor is the folder pruned.
#[derive(Debug)]
pub struct ShippingLock {
    _lock: Lock,
}

impl ShippingLock {
    /// Takes it, unless somebody else ships the folder.
    ///
    /// # Errors
    /// When the folder is gone, or can't be written.
    pub fn take(run_folder: &Path) -> io::Result<Option<Self>> {
        // Nobody prunes the folder while this is held, so that the lock is taken in a folder that stays.
        let _no_pruning = run_folder.parent().map(Lock::wait).transpose()?;
        Ok(Lock::take_named(run_folder, SHIPPING_NAME)?.map(|lock| Self { _lock: lock }))
    }
}

/// Whoever holds it copies a run's attachments to a store, and nobody else does; nor is the folder pruned.
#[derive(Debug)]
pub struct UploadingLock {
    _lock: Lock,
}

impl UploadingLock {
    /// Takes it, unless somebody else copies the attachments.
    ///
    /// # Errors
    /// When the folder is gone, or can't be written.
    pub fn take(run_folder: &Path) -> io::Result<Option<Self>> {
        let _no_pruning = run_folder.parent().map(Lock::wait).transpose()?;
        Ok(Lock::take_named(run_folder, UPLOADING_NAME)?.map(|lock| Self { _lock: lock }))
    }
}
