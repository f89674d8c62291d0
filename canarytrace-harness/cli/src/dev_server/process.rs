//! The processes of a server, found by what their environment says.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::bail;
use rustix::process::{Pid, Signal, kill_process};

/// Every process of a server has the server's folder in this variable. A process can't lose it, and another one that
/// gets the same number later doesn't have it.
pub(super) const MARK: &str = "CANARYTRACE_DEV_SERVER_FOLDER";

/// How long a server has to end by itself: it writes what it still has in memory.
const GRACE: Duration = Duration::from_secs(20);

/// How long the kernel has to end a killed one. It must free a few hundred MB.
const KILLED: Duration = Duration::from_secs(20);

/// How often is looked.
const POLL: Duration = Duration::from_millis(20);

/// The processes of the server in `folder`.
pub(super) fn of(folder: &Path) -> Vec<i32> {
    let mark = format!("{MARK}={}", folder.display());
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|pid| has(*pid, &mark)).collect()
}

/// A zombie's environment is empty, so that it is not found.
fn has(pid: i32, mark: &str) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes()))
}

/// Resident memory of the server in `folder`, in bytes.
pub(super) fn memory(folder: &Path) -> u64 {
    let resident = |pid: i32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    };
    of(folder).into_iter().filter_map(resident).sum::<u64>() * 1024
}

/// Ends the server in `folder`, by force when it does not end by itself. Whether there was one.
///
/// # Errors
/// When it does not end.
pub(super) fn stop(folder: &Path) -> anyhow::Result<bool> {
    let was_there = signal(folder, Signal::TERM);
    if was_there && !gone(folder, GRACE) {
        kill(folder)?;
    }
    Ok(was_there)
}

/// Ends the server in `folder` without giving it time for anything.
///
/// # Errors
/// When it does not end.
pub(super) fn kill(folder: &Path) -> anyhow::Result<()> {
    signal(folder, Signal::KILL);
    if !gone(folder, KILLED) {
        bail!("the processes {:?} of the server in {} don't end", of(folder), folder.display());
    }
    Ok(())
}

fn signal(folder: &Path, signal: Signal) -> bool {
    let all = of(folder);
    for pid in all.iter().copied().filter_map(Pid::from_raw) {
        // It may have ended meanwhile.
        let _ = kill_process(pid, signal);
    }
    !all.is_empty()
}

fn gone(folder: &Path, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while !of(folder).is_empty() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(POLL);
    }
    true
}
