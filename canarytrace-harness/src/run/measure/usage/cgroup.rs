//! The control group that we are in, and the browser beside us: how long it was throttled, how much pressure it is under.
//!
//! Both layouts are read where they are mounted: version 2 (`cpu.stat` with `throttled_usec`) and version 1 (`cpu.stat` of
//! the controller `cpu`, with `throttled_time`). Limits may be set on a group above ours (that of the pod): every level
//! up to the mount is looked at, and the one that held us back most counts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cgroup {
    /// `cpu.stat` of our group, then of those above.
    levels: Vec<PathBuf>,
    /// `cpu.pressure` of our group, or `/proc/pressure/cpu` of the machine.
    pressure: Option<PathBuf>,
}

/// Counters of one level since the group was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Throttle {
    /// Of all processors in sum.
    pub(super) time: Duration,
    pub(super) periods: u64,
    pub(super) throttled_periods: u64,
}

impl Throttle {
    /// What came to it since `before`.
    fn since(self, before: Self) -> Self {
        Self {
            time: self.time.saturating_sub(before.time),
            periods: self.periods.saturating_sub(before.periods),
            throttled_periods: self.throttled_periods.saturating_sub(before.throttled_periods),
        }
    }
}

impl Cgroup {
    /// That of this process; `root` is `/`.
    pub(super) fn find(root: &Path) -> Self {
        let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
        let (own, mounts) = (read("proc/self/cgroup"), read("proc/self/mountinfo"));
        let machine = root.join("proc/pressure/cpu");
        let mut found = Self { levels: Vec::new(), pressure: machine.is_file().then_some(machine) };
        for mount in mounts.lines().filter_map(Mount::parse) {
            let Some(group) = own.lines().find_map(|line| mount.group(line)) else { continue };
            let point = root.join(mount.point.trim_start_matches('/'));
            let levels = levels(&point, &group);
            if mount.is_unified
                && let Some(pressure) = levels.first().map(|level| level.join("cpu.pressure")).filter(|p| p.is_file())
            {
                found.pressure = Some(pressure);
            }
            let files = levels.iter().map(|level| level.join("cpu.stat"));
            // On a machine with both, only one has the controller; the other's file, if there is one, has no periods.
            found.levels.extend(files.filter(|file| read_throttle(file).is_some()));
        }
        found
    }

    /// The counters of each level now.
    pub(super) fn throttle(&self) -> Vec<Throttle> {
        self.levels.iter().map(|level| read_throttle(level).unwrap_or_default()).collect()
    }

    /// For how long something waited for a processor, since the machine or the group began.
    pub(super) fn pressure(&self) -> Option<Duration> {
        let text = fs::read_to_string(self.pressure.as_ref()?).ok()?;
        let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
        let total = some.split_whitespace().find_map(|part| part.strip_prefix("total="))?;
        Some(Duration::from_micros(total.parse().ok()?))
    }
}

/// What came to the level that held us back most.
pub(super) fn throttled(before: &[Throttle], after: &[Throttle]) -> Option<Throttle> {
    before.iter().zip(after).map(|(before, after)| after.since(*before)).max_by_key(|level| level.time)
}

/// A line of `/proc/self/mountinfo` that mounts control groups.
struct Mount<'a> {
    /// The group that is mounted.
    root: &'a str,
    point: &'a str,
    is_unified: bool,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (mount, system) = line.split_once(" - ")?;
        let mut mount = mount.split(' ').skip(3);
        let (root, point) = (mount.next()?, mount.next()?);
        let mut system = system.split(' ');
        let kind = system.next()?;
        let has_cpu = system.nth(1)?.split(',').any(|option| option == "cpu");
        let is_unified = kind == "cgroup2";
        (is_unified || (kind == "cgroup" && has_cpu)).then_some(Self { root, point, is_unified })
    }

    /// Our group below this mount, from a line of `/proc/self/cgroup`: `5:cpu,cpuacct:/a/b`, `0::/a/b`.
    fn group(&self, line: &str) -> Option<String> {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
        let is_it = if self.is_unified { controllers.is_empty() } else { controllers.split(',').any(|c| c == "cpu") };
        // A container sees the path of its host, and has only its own group mounted.
        let below = path.strip_prefix(self.root).filter(|_| self.root != "/").unwrap_or(path);
        is_it.then(|| below.trim_matches('/').to_owned())
    }
}

/// The folders of a group and those above it, up to the mount.
fn levels(point: &Path, group: &str) -> Vec<PathBuf> {
    // Groups outside of what is mounted are told as `/../other`.
    let group = if group.split('/').any(|part| part == "..") { "" } else { group };
    point.join(group).ancestors().take_while(|level| level.starts_with(point)).map(Path::to_owned).collect()
}

fn read_throttle(file: &Path) -> Option<Throttle> {
    let text = fs::read_to_string(file).ok()?;
    let value = |name: &str| -> Option<u64> {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
    };
    let time = value("throttled_usec").map(Duration::from_micros);
    Some(Throttle {
        time: time.or_else(|| value("throttled_time").map(Duration::from_nanos))?,
        periods: value("nr_periods")?,
        throttled_periods: value("nr_throttled")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A made `/proc` and `/sys`.
    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn throttle(ms: u64, periods: u64, throttled_periods: u64) -> Throttle {
        Throttle { time: Duration::from_millis(ms), periods, throttled_periods }
    }

    const UNIFIED: &str = "29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    const VERSION_1: &str = "\
        33 32 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
        34 32 0:30 /kubepods/pod1/web /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n";

    #[test]
    fn version_2_is_read_with_every_group_above() {
        let root = machine(&[
            ("proc/self/cgroup", "0::/kubepods/pod1/web\n"),
            ("proc/self/mountinfo", UNIFIED),
            ("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"),
            ("sys/fs/cgroup/cpu.stat", "usage_usec 9\nuser_usec 8\n"),
            ("sys/fs/cgroup/kubepods/cpu.stat", "usage_usec 9\nnr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"),
            ("sys/fs/cgroup/kubepods/pod1/cpu.stat", "nr_periods 40\nnr_throttled 9\nthrottled_usec 700000\n"),
            ("sys/fs/cgroup/kubepods/pod1/web/cpu.stat", "nr_periods 50\nnr_throttled 2\nthrottled_usec 30000\n"),
            (
                "sys/fs/cgroup/kubepods/pod1/web/cpu.pressure",
                "some avg10=1.53 avg60=0.87 avg300=0.73 total=2500000\nfull avg10=0.00 total=7\n",
            ),
        ]);
        let cgroup = Cgroup::find(root.path());
        let now = cgroup.throttle();
        assert_eq!(now, [throttle(30, 50, 2), throttle(700, 40, 9), throttle(0, 0, 0)]);
        assert_eq!(cgroup.pressure(), Some(Duration::from_millis(2500)));
        let before = [throttle(10, 30, 1), throttle(690, 10, 8), throttle(0, 0, 0)];
        assert_eq!(throttled(&before, &now), Some(throttle(20, 20, 1)));
    }

    #[test]
    fn version_1_is_read_where_a_container_has_its_own_group_mounted() {
        let root = machine(&[
            ("proc/self/cgroup", "4:memory:/kubepods/pod1/web\n3:cpu,cpuacct:/kubepods/pod1/web\n0::/\n"),
            ("proc/self/mountinfo", VERSION_1),
            ("proc/pressure/cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=4000\nfull total=9\n"),
            ("sys/fs/cgroup/cpu,cpuacct/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 250000000\n"),
            ("sys/fs/cgroup/memory/cpu.stat", "nr_periods 1\nnr_throttled 1\nthrottled_time 1\n"),
        ]);
        let cgroup = Cgroup::find(root.path());
        assert_eq!(cgroup.throttle(), [throttle(250, 10, 3)]);
        assert_eq!(cgroup.pressure(), Some(Duration::from_millis(4)));
    }

    #[test]
    fn what_is_missing_or_torn_is_no_figure() {
        let nowhere = machine(&[]);
        assert_eq!(Cgroup::find(nowhere.path()), Cgroup::default());
        let outside = machine(&[
            ("proc/self/cgroup", "0::/../../other\nnonsense\n"),
            ("proc/self/mountinfo", &format!("nonsense\n1 2 - cgroup2\n{UNIFIED}")),
            ("proc/pressure/cpu", "some avg10=0.00\n"),
            ("sys/fs/cgroup/cpu.stat", "nr_periods many\nnr_throttled 3\nthrottled_usec 1\n"),
        ]);
        let cgroup = Cgroup::find(outside.path());
        assert_eq!((cgroup.throttle(), cgroup.pressure()), (Vec::new(), None));
        assert_eq!(throttled(&[], &[]), None);
    }
}
