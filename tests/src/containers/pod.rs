//! A pod that podman plays.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::Value;
use tempfile::TempDir;

use super::engine::{Engine, OutputOf as _, POD_PREFIX};
use super::manifests::PodOfCronJob;

/// Where a pod finds this machine: what listens on its 127.0.0.1 answers here.
pub const HOST: &str = "10.0.2.2";

/// A network of its own, from which connections lead to this machine's localhost as well.
const NETWORK: &str = "slirp4netns:allow_host_loopback=true,enable_ipv6=false";

/// The longest that anything in a pod may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// A pod that was started. It is removed when this is dropped.
#[derive(Debug)]
pub struct Pod<'e> {
    engine: &'e Engine,
    name: String,
    volumes: TempDir,
}

impl<'e> Pod<'e> {
    /// Starts all its containers.
    ///
    /// # Panics
    /// When they can't be started.
    pub fn play(engine: &'e Engine, pod: &PodOfCronJob) -> Self {
        Self::try_play(engine, pod).unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn try_play(engine: &'e Engine, pod: &PodOfCronJob) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{POD_PREFIX}{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let volumes = tempfile::Builder::new().prefix("ctpod").tempdir_in("/tmp")?;
        let manifest = volumes.path().join("pod.json");
        let played = pod.playable(&name, volumes.path())?;
        fs::write(&manifest, serde_json::to_string_pretty(&played)?)?;
        // From here on something may be there that has to go.
        let pod = Self { engine, name, volumes };
        let manifest = manifest.display().to_string();
        engine.podman().output_of(&["kube", "play", "--network", NETWORK, &manifest]).context(played)?;
        Ok(pod)
    }

    fn container(&self, container: &str) -> String {
        format!("{}-{container}", self.name)
    }

    /// The folder behind a volume of the manifest.
    pub fn volume(&self, name: &str) -> PathBuf {
        self.volumes.path().join(name)
    }

    /// Waits until a container has ended, and returns its exit code.
    ///
    /// # Panics
    /// When it does not end.
    pub fn wait(&self, container: &str) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let state = &self.inspect(container)["State"];
            if state["Status"] == "exited" {
                let code = state["ExitCode"].as_i64().and_then(|code| i32::try_from(code).ok());
                return code.unwrap_or_else(|| panic!("{state:#}"));
            }
            assert!(Instant::now() < deadline, "{container} goes on and on: {state:#}\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What podman knows of a container.
    ///
    /// # Panics
    /// When it knows nothing.
    pub fn inspect(&self, container: &str) -> Value {
        let text = self.engine.podman().output_of(&["container", "inspect", &self.container(container)]);
        let text = text.unwrap_or_else(|error| panic!("{error:#}"));
        let mut all: Vec<Value> = serde_json::from_str(&text).expect("podman prints JSON");
        all.remove(0)
    }

    /// The first process of a container, as this machine numbers it.
    ///
    /// # Panics
    /// When it does not run.
    pub fn pid(&self, container: &str) -> i32 {
        let pid = self.inspect(container)["State"]["Pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
        pid.filter(|pid| *pid > 0).unwrap_or_else(|| panic!("{container} does not run\n{}", self.logs()))
    }

    /// Runs a command in a container.
    ///
    /// # Panics
    /// When podman can't be started.
    pub fn exec(&self, container: &str, command: &[impl AsRef<str>]) -> Output {
        let mut podman = self.engine.podman();
        podman.arg("exec").arg(self.container(container)).args(command.iter().map(AsRef::as_ref));
        podman.output().expect("podman is there")
    }

    /// Sends SIGTERM to a container, as a kubelet does when its pod is deleted.
    ///
    /// # Panics
    /// When it does not run.
    pub fn terminate(&self, container: &str) {
        let sent = self.engine.podman().output_of(&["kill", "--signal", "TERM", &self.container(container)]);
        sent.unwrap_or_else(|error| panic!("{error:#}\n{}", self.logs()));
    }

    /// What a container said, on both outputs.
    pub fn logs_of(&self, container: &str) -> String {
        let output = self.engine.podman().args(["logs", &self.container(container)]).output();
        output.map_or_else(
            |error| error.to_string(),
            |output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
        )
    }

    /// What all of them said.
    pub fn logs(&self) -> String {
        let of = |container: &str| format!("--- {container}:\n{}", self.logs_of(container));
        format!("{}\n{}", of("runner"), of("browser"))
    }

    /// What the kernel knows of the limit of a container: in its control group of version 1 or 2.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn limits(&self, container: &str) -> Result<Limits> {
        let groups = fs::read_to_string(format!("/proc/{}/cgroup", self.pid(container)))?;
        let of = |controller: &str| {
            groups.lines().find_map(|line| {
                let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
                controllers.split(',').any(|found| found == controller).then(|| path.trim_start_matches('/').to_owned())
            })
        };
        let read = |path: PathBuf| fs::read_to_string(&path).with_context(|| format!("{}", path.display()));
        let root = Path::new("/sys/fs/cgroup");
        match (of("memory"), of("cpu"), of("")) {
            (Some(memory), Some(cpu), _) => {
                let (memory, cpu) = (root.join("memory").join(memory), root.join("cpu").join(cpu));
                let number = |file: PathBuf| Ok::<f64, anyhow::Error>(read(file)?.trim().parse()?);
                let quota = number(cpu.join("cpu.cfs_quota_us"))?;
                let period = number(cpu.join("cpu.cfs_period_us"))?;
                Ok(Limits { memory: number(memory.join("memory.limit_in_bytes"))?, cpus: quota / period })
            }
            (_, _, Some(unified)) => {
                let group = root.join(unified);
                let cpu = read(group.join("cpu.max"))?;
                let (quota, period) = cpu.trim().split_once(' ').context("cpu.max has two numbers")?;
                let (quota, period): (f64, f64) = (quota.parse()?, period.parse()?);
                Ok(Limits { memory: read(group.join("memory.max"))?.trim().parse()?, cpus: quota / period })
            }
            _ => anyhow::bail!("no control group of memory: {groups}"),
        }
    }
}

/// What a container may have, as the kernel sees to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// In bytes.
    pub memory: f64,
    /// Processors.
    pub cpus: f64,
}

impl Drop for Pod<'_> {
    fn drop(&mut self) {
        let removed = self.engine.podman().args(["pod", "rm", "--force", "--time", "0", &self.name]).output();
        if let Ok(output) = removed
            && !output.status.success()
        {
            eprintln!("the pod {} is left: {}", self.name, String::from_utf8_lossy(&output.stderr).trim());
        }
    }
}
