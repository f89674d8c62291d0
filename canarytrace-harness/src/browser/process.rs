//! The processes of one run: found, killed, waited for, reaped.
//!
//! chromedriver leads a process group in which the browser stays. Chromium's crash handlers leave it: they have groups
//! of their own and no parent. So a process is ours when it is in the driver's group, carries `CANARYTRACE_RUN_FOLDER`
//! with our folder in its environment, or names a file in our folder as the value of an argument
//! (`--user-data-dir=…`). Renderers overwrite their environment with their title, which keeps the arguments.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// The environment variable by which processes of a run are known: the path of its folder.
pub(super) const MARKER: &str = "CANARYTRACE_RUN_FOLDER";

/// A process, and no later one that got the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId {
    /// Its number.
    pub pid: i32,
    /// When it started, in clock ticks since the machine did (field 22 of `/proc/PID/stat`).
    pub start: u64,
}

impl ProcessId {
    /// The process that now has this number; `None` when there is none.
    pub fn of(pid: i32) -> Option<Self> {
        os::status(pid).map(|status| status.id)
    }

    /// Whether it runs. A zombie doesn't: it only waits for its parent to notice.
    pub fn is_alive(self) -> bool {
        os::status(self.pid).is_some_and(|status| status.id == self && !status.zombie)
    }

    fn kill(self) {
        if self.is_alive() {
            os::kill(self.pid);
        }
    }
}

/// All processes of one run.
#[derive(Debug)]
pub(super) struct RunProcesses {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    driver: Option<ProcessId>,
    /// Everything that was ever seen to belong to the run: a zombie has no arguments by which it could be known.
    known: BTreeSet<ProcessId>,
}

impl RunProcesses {
    pub(super) fn new(folder: &Path, driver: Option<ProcessId>) -> Self {
        Self { folder: folder.to_owned(), state: Mutex::new(State { driver, known: BTreeSet::new() }) }
    }

    pub(super) fn set_driver(&self, driver: Option<ProcessId>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).driver = driver;
    }

    /// Remembers what runs now, so that it can be reaped when it is only a zombie.
    pub(super) fn remember(&self) {
        self.alive();
    }

    /// Kills and waits, on this thread, until nothing is left or `limit` is over. Returns whether all are gone.
    pub(super) fn kill_and_wait(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        // Two empty rounds: a process may have been started by one that was just killed.
        let mut empty = 0;
        while empty < 2 && Instant::now() < deadline {
            let alive = self.alive();
            empty = if alive.is_empty() { empty + 1 } else { 0 };
            for process in &alive {
                process.kill();
            }
            // Only these are waited for: looking through all processes of a machine takes milliseconds.
            while alive.iter().any(|process| process.is_alive()) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        // A process counts as a zombie when its first thread has ended; only after its last one can it be reaped.
        let mut waiting = self.reap();
        while waiting > 0 && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
            waiting = self.reap();
        }
        empty == 2 && waiting == 0
    }

    /// Stops all processes where they are, or lets them go on.
    pub(super) fn stand_still(&self, still: bool) {
        for process in self.alive() {
            os::stand_still(process.pid, still);
        }
    }

    fn alive(&self) -> Vec<ProcessId> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = os::processes_of(&self.folder, state.driver);
        state.known.extend(alive.iter().copied());
        alive
    }

    /// Takes note of the end of orphans that came to us, see [`adopt_orphans`]. Each is asked for by its number: the
    /// driver itself is tokio's to wait for, and so is every other child of this process. Returns how many are not
    /// ready for it.
    fn reap(&self) -> usize {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        os::reap_orphans(state.driver, &state.known)
    }
}

/// Makes this process the parent of orphans among its descendants, instead of process 1.
///
/// In a container process 1 often reaps nobody, and each browser would leave its zombies there.
pub(super) fn adopt_orphans() {
    os::adopt_orphans();
}

#[cfg(target_os = "linux")]
mod os {
    use std::collections::BTreeSet;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use procfs::process::{Process, Stat};
    use rustix::process::{Pid, Signal, WaitOptions};

    use super::{MARKER, ProcessId};

    pub(super) struct Status {
        pub(super) id: ProcessId,
        pub(super) zombie: bool,
    }

    pub(super) fn status(pid: i32) -> Option<Status> {
        let stat = Process::new(pid).ok()?.stat().ok()?;
        Some(Status { id: id(&stat), zombie: is_zombie(&stat) })
    }

    fn id(stat: &Stat) -> ProcessId {
        ProcessId { pid: stat.pid, start: stat.starttime }
    }

    fn is_zombie(stat: &Stat) -> bool {
        matches!(stat.state, 'Z' | 'X' | 'x')
    }

    pub(super) fn kill(pid: i32) {
        if let Some(pid) = Pid::from_raw(pid) {
            _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }

    pub(super) fn stand_still(pid: i32, still: bool) {
        if let Some(pid) = Pid::from_raw(pid) {
            _ = rustix::process::kill_process(pid, if still { Signal::STOP } else { Signal::CONT });
        }
    }

    fn stats() -> Vec<Stat> {
        let Ok(processes) = procfs::process::all_processes() else { return Vec::new() };
        processes.flatten().filter_map(|process| process.stat().ok()).collect()
    }

    pub(super) fn processes_of(folder: &Path, driver: Option<ProcessId>) -> Vec<ProcessId> {
        let marker = [MARKER.as_bytes(), b"=", folder.as_os_str().as_bytes(), b"\0"].concat();
        let argument = [b"=", folder.as_os_str().as_bytes(), b"/"].concat();
        let stats = stats();
        // The number of a group is only trusted while the process that gave it is there: it could be another's by now.
        let group = driver.filter(|driver| stats.iter().any(|stat| id(stat) == *driver));
        // What runs for longer than the driver can't be of this run: on a machine with hundreds of processes, reading
        // the environment of each costs more than all else here.
        let earliest = driver.map_or(0, |driver| driver.start);
        stats
            .iter()
            .filter(|stat| stat.starttime >= earliest && !is_zombie(stat))
            .filter(|stat| {
                group.is_some_and(|group| group.pid == stat.pgrp)
                    || holds(stat.pid, "environ", &marker)
                    || holds(stat.pid, "cmdline", &argument)
            })
            .map(id)
            .collect()
    }

    fn holds(pid: i32, file: &str, needle: &[u8]) -> bool {
        // Another user's environment can't be read, and isn't ours.
        fs::read(format!("/proc/{pid}/{file}"))
            .is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
    }

    pub(super) fn reap_orphans(driver: Option<ProcessId>, known: &BTreeSet<ProcessId>) -> usize {
        let own = rustix::process::getpid().as_raw_nonzero().get();
        let ours = |stat: &&Stat| {
            let process = id(stat);
            let of_run = known.contains(&process) || driver.is_some_and(|driver| driver.pid == stat.pgrp);
            of_run && is_zombie(stat) && driver != Some(process)
        };
        let reaped = |stat: &Stat| {
            let pid = Pid::from_raw(stat.pid);
            stat.ppid == own && !matches!(rustix::process::waitpid(pid, WaitOptions::NOHANG), Ok(None))
        };
        // One whose parent is of the run comes to us when that has ended. Another parent's children are its own.
        let comes = |stat: &Stat| stat.ppid == own || known.iter().any(|process| process.pid == stat.ppid);
        stats().iter().filter(ours).filter(|stat| !reaped(stat) && comes(stat)).count()
    }

    pub(super) fn adopt_orphans() {
        // Fails on kernels before 3.4 only; then orphans go to process 1 as ever.
        _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// Without `/proc` only the driver's group is known, which holds everything but the crash handlers.
#[cfg(not(target_os = "linux"))]
mod os {
    use std::collections::BTreeSet;
    use std::path::Path;

    use rustix::process::{Pid, Signal};

    use super::ProcessId;

    pub(super) struct Status {
        pub(super) id: ProcessId,
        pub(super) zombie: bool,
    }

    pub(super) fn status(pid: i32) -> Option<Status> {
        rustix::process::test_kill_process(Pid::from_raw(pid)?).ok()?;
        Some(Status { id: ProcessId { pid, start: 0 }, zombie: false })
    }

    pub(super) fn kill(pid: i32) {
        if let Some(pid) = Pid::from_raw(pid) {
            _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
    }

    pub(super) fn stand_still(pid: i32, still: bool) {
        if let Some(pid) = Pid::from_raw(pid) {
            _ = rustix::process::kill_process_group(pid, if still { Signal::STOP } else { Signal::CONT });
        }
    }

    pub(super) fn processes_of(_folder: &Path, driver: Option<ProcessId>) -> Vec<ProcessId> {
        driver
            .filter(|driver| {
                Pid::from_raw(driver.pid).is_some_and(|pid| rustix::process::test_kill_process_group(pid).is_ok())
            })
            .into_iter()
            .collect()
    }

    pub(super) fn reap_orphans(_driver: Option<ProcessId>, _known: &BTreeSet<ProcessId>) -> usize {
        0
    }

    pub(super) fn adopt_orphans() {}
}
