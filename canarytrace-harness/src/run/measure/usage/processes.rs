//! The processes of a browser that runs here: their processor time and memory, from `/proc`.
//!
//! What it costs, measured on two cores with 150 processes, of which 9 were one browser's: a look at the times of all 3 ms,
//! the proportional memory of the browser's 17 ms, for which the kernel walks through page tables; a process that needs a
//! new page waits meanwhile. So the times are read before and after a step, and memory after it, never while it goes on.
//! Proportional memory is read once a process and again at the end of the attempt where the resident set has changed; between,
//! it grows and shrinks with that, which costs next to nothing. Peaks come from the kernel, which notes the largest resident set of each
//! process (`VmHWM`).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::browser::ProcessId;

/// What a process of the browser is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Browser,
    Renderer,
    Gpu,
    Network,
    Other,
}

impl Kind {
    /// In the order of the document's fields.
    pub(super) const NAMES: [&'static str; 5] = ["browser", "renderer", "gpu", "network", "other"];
}

/// A figure by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ByKind<T>(pub(super) [T; 5]);

impl<T: std::ops::AddAssign> ByKind<T> {
    pub(super) fn add(&mut self, kind: Kind, value: T) {
        self.0[kind as usize] += value;
    }
}

/// Memory, bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    pub(super) now: u64,
    pub(super) peak: u64,
    /// What processes share is not in it.
    pub(super) without_shared: bool,
}

/// The browser's processes at one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    pub(super) processes: Vec<(ProcessId, Kind)>,
    /// Since each began, those of their children that ended included.
    pub(super) cpu: ByKind<Duration>,
}

/// Looks at the processes below one.
#[derive(Debug)]
pub(super) struct Processes {
    root: ProcessId,
    kinds: BTreeMap<ProcessId, Kind>,
}

/// The memory of processes, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Memories(BTreeMap<i32, Known>);

/// A twentieth: what a process shares changes little when it has grown or shrunk by less.
const CHANGED: u64 = 20;

/// What was read of a process's page tables, and when: by its resident set.
#[derive(Clone, Copy, Debug)]
struct Known {
    proportional: u64,
    resident: u64,
}

/// Bytes, as a process's status has them.
#[derive(Clone, Copy, Debug)]
struct Resident {
    now: u64,
    peak: u64,
    /// Of this, what is no file and not shared.
    anonymous: u64,
}

impl Memories {
    /// The memory of a process; `None` when it is gone. `anew` reads its page tables again if its resident set has changed
    /// since by more than a twentieth ([`CHANGED`]).
    pub(super) fn of(&mut self, pid: i32, anew: bool) -> Option<Memory> {
        let resident = os::resident(pid)?;
        let known = self
            .0
            .get(&pid)
            .copied()
            .filter(|known| !anew || known.resident.abs_diff(resident.now) * CHANGED < known.resident)
            .or_else(|| os::proportional(pid).map(|proportional| Known { proportional, resident: resident.now }));
        let (now, without_shared) = match known {
            Some(known) => {
                self.0.insert(pid, known);
                ((known.proportional + resident.now).saturating_sub(known.resident), false)
            }
            // Processes in a sandbox let nobody but root look at their pages.
            None => (resident.anonymous, true),
        };
        Some(Memory { now, peak: now + resident.peak.saturating_sub(resident.now), without_shared })
    }
}

impl Processes {
    pub(super) fn new(root: ProcessId) -> Self {
        Self { root, kinds: BTreeMap::new() }
    }

    /// Those that are there now; `None` when the first one is gone.
    pub(super) fn look(&mut self) -> Option<Tree> {
        os::look(self.root, &mut self.kinds)
    }
}

/// Has the kernel note the largest resident set of a process anew.
pub(super) fn forget_peak(pid: i32) {
    os::forget_peak(pid);
}

/// Processor time of this process.
pub(super) fn own_cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Processor time of the whole machine since it began, in ticks: what was used, and what a hypervisor gave to others.
pub(super) fn machine() -> Option<(u64, u64)> {
    os::machine()
}

#[cfg(target_os = "linux")]
mod os {
    use std::collections::{BTreeMap, HashSet};
    use std::fs;
    use std::time::Duration;

    use procfs::process::{Process, Stat};

    use super::{Kind, Resident, Tree};
    use crate::browser::ProcessId;

    pub(super) fn look(root: ProcessId, kinds: &mut BTreeMap<ProcessId, Kind>) -> Option<Tree> {
        let all = procfs::process::all_processes().ok()?;
        let mut stats: Vec<Stat> = all.flatten().filter_map(|process| process.stat().ok()).collect();
        // A child begins after its parent: one pass finds all.
        stats.sort_by_key(|stat| (stat.starttime, stat.pid));
        // Killed, it is a zombie for a moment, with nothing below it.
        let first = stats.iter().position(|stat| id(stat) == root && stat.state != 'Z')?;
        let tick = Duration::from_secs(1) / u32::try_from(procfs::ticks_per_second()).ok()?;
        let ticks = |count: u64| tick.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        let mut ours = HashSet::from([root.pid]);
        let mut tree = Tree::default();
        for stat in &stats[first..] {
            let is_root = id(stat) == root;
            if !is_root && !ours.contains(&stat.ppid) {
                continue;
            }
            ours.insert(stat.pid);
            let kind = if is_root { Kind::Browser } else { kind_of(id(stat), kinds) };
            let ended = ticks(u64::try_from(stat.cutime + stat.cstime).unwrap_or_default());
            tree.cpu.add(kind, ticks(stat.utime + stat.stime));
            // Renderers are children of a zygote, all others of the first process.
            tree.cpu.add(if is_root { Kind::Other } else { kind }, ended);
            tree.processes.push((id(stat), kind));
        }
        kinds.retain(|process, _| ours.contains(&process.pid));
        Some(tree)
    }

    fn id(stat: &Stat) -> ProcessId {
        ProcessId { pid: stat.pid, start: stat.starttime }
    }

    fn kind_of(process: ProcessId, kinds: &mut BTreeMap<ProcessId, Kind>) -> Kind {
        if let Some(kind) = kinds.get(&process) {
            return *kind;
        }
        let line = fs::read(format!("/proc/{}/cmdline", process.pid)).unwrap_or_default();
        // Separated by zeros, or by blanks once a process has set its title.
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        let argument = |name: &str| line.split(' ').find_map(|argument| argument.strip_prefix(name));
        let (kind, lasts) = match (argument("--type="), argument("--utility-sub-type=")) {
            (Some("renderer"), _) => (Kind::Renderer, true),
            (Some("gpu-process"), _) => (Kind::Gpu, true),
            (Some("utility"), Some("network.mojom.NetworkService")) => (Kind::Network, true),
            // What a zygote made is called as the zygote until it knows what it is.
            (Some("zygote"), _) => (Kind::Renderer, false),
            (None, _) => (Kind::Other, false),
            _ => (Kind::Other, true),
        };
        if lasts {
            kinds.insert(process, kind);
        }
        kind
    }

    pub(super) fn resident(pid: i32) -> Option<Resident> {
        let status = Process::new(pid).ok()?.status().ok()?;
        let bytes = |kib: Option<u64>| kib.unwrap_or_default() * 1024;
        Some(Resident { now: bytes(Some(status.vmrss?)), peak: bytes(status.vmhwm), anonymous: bytes(status.rssanon) })
    }

    pub(super) fn proportional(pid: i32) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let kib = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
        Some(kib.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
    }

    pub(super) fn forget_peak(pid: i32) {
        // Where it may not be written, the peak is that since the process began.
        _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
    }

    pub(super) fn machine() -> Option<(u64, u64)> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let first = text.lines().next()?.strip_prefix("cpu ")?;
        // user, nice, system, idle, iowait, irq, softirq, steal
        let ticks: Vec<u64> = first.split_whitespace().filter_map(|ticks| ticks.parse().ok()).take(8).collect();
        let [user, nice, system, _, _, irq, soft_irq, steal] = *ticks else { return None };
        Some((user + nice + system + irq + soft_irq, steal))
    }
}

/// Without `/proc` nothing is known of other processes.
#[cfg(not(target_os = "linux"))]
mod os {
    use std::collections::BTreeMap;

    use super::{Kind, Resident, Tree};
    use crate::browser::ProcessId;

    pub(super) fn look(_root: ProcessId, _kinds: &mut BTreeMap<ProcessId, Kind>) -> Option<Tree> {
        None
    }

    pub(super) fn resident(_pid: i32) -> Option<Resident> {
        None
    }

    pub(super) fn proportional(_pid: i32) -> Option<u64> {
        None
    }

    pub(super) fn forget_peak(_pid: i32) {}

    pub(super) fn machine() -> Option<(u64, u64)> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_time_of_a_process_that_ended_stays_in_the_sum() {
        let shell = "read go; (i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done); read end";
        let mut child =
            Command::new("sh").args(["-c", shell]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let root = ProcessId::of(i32::try_from(child.id()).unwrap()).unwrap();
        let mut processes = Processes::new(root);
        let total = |tree: &Tree| tree.cpu.0.iter().sum::<Duration>();
        let before = processes.look().unwrap();
        assert_eq!(before.processes, [(root, Kind::Browser)]);
        let mut input = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut input, b"\n").unwrap();
        loop {
            let tree = processes.look().unwrap();
            // The loop is over when the shell has one child less, whose time it took over.
            if tree.processes.len() == 1 && total(&tree) > total(&before) + Duration::from_millis(20) {
                assert!(tree.cpu.0[Kind::Other as usize] > Duration::ZERO, "{tree:?}");
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(input);
        child.wait().unwrap();
        assert!(processes.look().is_none());
    }

    #[test]
    fn peaks_are_forgotten_and_noted_again() {
        let own = i32::try_from(std::process::id()).unwrap();
        let large = vec![1_u8; 64 << 20];
        assert!(std::hint::black_box(&large).iter().all(|byte| *byte == 1));
        drop(large);
        let mut memories = Memories::default();
        let before = memories.of(own, true).unwrap();
        assert!(before.peak >= before.now + (32 << 20), "{before:?}");
        forget_peak(own);
        let after = memories.of(own, false).unwrap();
        // Other tests of this process run beside this one; none of them takes so much.
        assert!(after.peak < after.now + (32 << 20), "{after:?}");
    }
}
