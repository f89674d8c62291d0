//! One builder of a repository at a time, over all pods that share the volume.

use std::fs::{self, File, OpenOptions};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::run::trouble::{InCache as _, Kind, Outcome, Trouble};
use super::hold::touch;
use super::layout::Cache;

/// How often a lock is tried that somebody else has: a network's file system tells nobody that it is free.
const AGAIN: Duration = Duration::from_millis(50);

/// Whoever has it clones and builds, and nobody else does. The kernel gives it up with the process.
#[derive(Debug)]
pub(in crate::run) struct RepositoryLock {
    _file: File,
}

impl Cache {
    /// Waits for the lock of the repository, at most so long; `waits` is called once when somebody else has it.
    pub(in crate::run) fn lock(&self, wait: Duration, waits: impl FnOnce()) -> Outcome<RepositoryLock> {
        let folder = self.repository();
        fs::create_dir_all(&folder).in_cache("made", &folder)?;
        touch(&folder.join("used"));
        let path = folder.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).in_cache("opened", &path)?;
        let until = Instant::now() + wait;
        let mut waits = Some(waits);
        loop {
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(RepositoryLock { _file: file }),
                Err(Errno::WOULDBLOCK | Errno::INTR) => {}
                Err(error) => return Err(Trouble::cache("locked", &path, error)),
            }
            if Instant::now() >= until {
                let message = format!(
                    "another process builds these monitors for {} already; CANARYTRACE_BUILD_WAIT says how long to wait",
                    canarytrace::harness::readable(wait)
                );
                return Err(Trouble::new(Kind::Cache, message));
            }
            if let Some(waits) = waits.take() {
                waits();
            }
            std::thread::sleep(AGAIN);
        }
    }
}
