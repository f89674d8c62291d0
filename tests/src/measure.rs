//! What a process cost: its time, its own CPU and its own memory, without its children's.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use procfs::process::Process;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::runner::{Finished, Runner};

/// How often the peak of memory is read. The kernel keeps the peak, so only a rise right before the end is missed.
const SAMPLING: Duration = Duration::from_millis(10);

/// The cost of one process.
#[derive(Debug)]
pub struct Cost {
    /// When it was started.
    pub from: SystemTime,
    /// When it had ended.
    pub to: SystemTime,
    /// From its start to its end, in s.
    pub wall: f64,
    /// User and system time of all its threads, in s (fields 14 and 15 of `/proc/PID/stat`), to 10 ms.
    pub cpu: f64,
    /// Peak of resident memory, in MB (`VmHWM`).
    pub peak: f64,
}

/// Runs a program to its end.
///
/// # Errors
/// When its figures can't be read.
pub fn measure(runner: Runner) -> Result<(Cost, Finished)> {
    let (from, started) = (SystemTime::now(), Instant::now());
    let running = runner.start();
    let pid = running.pid().cast_signed();
    let sampler = std::thread::spawn(move || peak_memory(pid));
    // It is left a zombie, whose figures can still be read.
    waitid(
        WaitId::Pid(Pid::from_raw(pid).context("a process has a number")?),
        WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
    )?;
    let (wall, to) = (started.elapsed().as_secs_f64(), SystemTime::now());
    let cpu = cpu_seconds(&[pid])?;
    let peak = sampler.join().ok().flatten().context("the process ended before its memory could be read")?;
    let cost = Cost { from, to, wall, cpu, peak: f64::from(u32::try_from(peak / 1024)?) / 1024.0 };
    Ok((cost, running.finish()))
}

/// User and system time of all threads of these processes, in s, to 10 ms.
///
/// # Errors
/// When one of them is not there.
pub fn cpu_seconds(pids: &[i32]) -> Result<f64> {
    let mut ticks = 0;
    for pid in pids {
        let stat = Process::new(*pid)?.stat()?;
        ticks += stat.utime + stat.stime;
    }
    Ok(f64::from(u32::try_from(ticks)?) / f64::from(u32::try_from(procfs::ticks_per_second())?))
}

/// In bytes.
fn peak_memory(pid: i32) -> Option<u64> {
    let process = Process::new(pid).ok()?;
    let mut peak = None;
    // A zombie has no memory any more.
    while let Ok(Some(now)) = process.status().map(|status| status.vmhwm) {
        peak = Some(now * 1024);
        std::thread::sleep(SAMPLING);
    }
    peak
}
