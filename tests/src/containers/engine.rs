//! podman and buildah, with everything they keep in the cache, so that nothing of the user's own containers is touched.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, bail, ensure};
use canarytrace::config::Config;
use rustix::fs::{FlockOperation, flock};

use super::images;

/// Why no containers can be run here.
#[derive(Clone, Debug)]
pub struct Missing(String);

/// How names of pods begin: the process that made them follows.
pub(super) const POD_PREFIX: &str = "ctpod-";

/// Kept images and layers, in bytes, above which all of it is made anew: each change of a source leaves some hundred
/// megabytes.
const MOST_KEPT: u64 = 14_000_000_000;

/// The engine of this process: installed, set up, and tried.
#[derive(Debug)]
pub struct Engine {
    home: PathBuf,
    run: PathBuf,
}

/// The engine; otherwise the test is over: `let Some(engine) = engine_or_ignored() else { return };`
///
/// # Panics
/// With `CI=true` on Debian as root, where it can be had.
pub fn engine_or_ignored() -> Option<&'static Engine> {
    static ENGINE: OnceLock<Result<Engine, Missing>> = OnceLock::new();
    match ENGINE.get_or_init(|| Engine::ready().map_err(|error| Missing(format!("{error:#}")))) {
        Ok(engine) => Some(engine),
        Err(Missing(reason)) => {
            assert!(!in_ci_on_debian(), "in CI, on Debian as root, the test must not be ignored: {reason}");
            eprintln!("ignored: {reason}");
            None
        }
    }
}

/// Whether everything that containers need can be had here, and has to be.
pub(crate) fn in_ci_on_debian() -> bool {
    env::var("CI").as_deref() == Ok("true") && is_root() && is_debian()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| line == "ID=debian")
}

impl Engine {
    fn ready() -> Result<Self> {
        // Without root, control groups have to be delegated and user ids to be mapped, which no test can set up.
        ensure!(is_root(), "only root can run containers with limits here");
        if is_debian() {
            install()?;
        }
        for program in ["podman", "buildah", "runc", "mmdebstrap", "slirp4netns"] {
            ensure!(is_there(program), "containers need {program}, which is not on PATH");
        }
        let config = Config::load().map_err(|error| anyhow::anyhow!("{error}"))?;
        let home = config.cache.join("tests-containers");
        let engine = Self { home, run: PathBuf::from("/run/canarytrace-tests") };
        engine.set_up()?;
        let _lock = engine.lock()?;
        engine.clean_up()?;
        images::base(&engine)?;
        let tried = ["run", "--rm", "--network", "none", "--memory", "64m", images::BASE, "/bin/true"];
        engine.podman().output_of(&tried).context("no container runs here")?;
        Ok(engine)
    }

    /// Files with settings; the folders of podman and buildah. The same each time, because podman remembers them.
    fn set_up(&self) -> Result<()> {
        for folder in [&self.home, &self.run, &self.temporary()] {
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
        }
        let (home, run) = (self.home.display(), self.run.display());
        let storage =
            format!("[storage]\ndriver = \"overlay\"\ngraphroot = \"{home}/storage\"\nrunroot = \"{run}/storage\"\n");
        // In a virtual machine runc does, where crun may not; control groups are made without systemd, which may not run.
        // The limits hold for root too, whose own may be larger than a container may have. Locks in files: those in shared
        // memory are the same for all folders of a machine.
        let containers = format!(
            "[containers]\n\
             default_ulimits = [\"nofile=20000:20000\", \"nproc=4096:4096\"]\n\
             shm_size = \"1g\"\n\
             log_driver = \"k8s-file\"\n\
             [engine]\n\
             runtime = \"runc\"\n\
             cgroup_manager = \"cgroupfs\"\n\
             events_logger = \"file\"\n\
             lock_type = \"file\"\n\
             tmp_dir = \"{run}/libpod\"\n"
        );
        fs::write(self.home.join("storage.conf"), storage)?;
        fs::write(self.home.join("containers.conf"), containers)?;
        Ok(())
    }

    /// Where large files and the caches of builds lie.
    fn temporary(&self) -> PathBuf {
        self.home.join("tmp")
    }

    /// The folder in the cache.
    pub(super) fn home(&self) -> &Path {
        &self.home
    }

    /// Where buildah keeps the caches that a build mounts, each in a folder of its id's name.
    pub(super) fn builds(&self) -> PathBuf {
        self.temporary().join("buildah-cache")
    }

    /// One process at a time makes images.
    pub(super) fn lock(&self) -> Result<File> {
        let lock = File::create(self.home.join("lock"))?;
        flock(&lock, FlockOperation::LockExclusive)?;
        Ok(lock)
    }

    /// Removes pods of test processes that were killed, and everything when it has become too much.
    fn clean_up(&self) -> Result<()> {
        let pods = self.podman().output_of(&["pod", "ps", "--format", "{{.Name}}"])?;
        let mut others = false;
        for pod in pods.lines().filter(|name| name.starts_with(POD_PREFIX)) {
            let of = pod[POD_PREFIX.len()..].split('-').next().unwrap_or_default();
            if Path::new("/proc").join(of).exists() {
                others = true;
            } else {
                self.podman().output_of(&["pod", "rm", "--force", "--time", "0", pod])?;
            }
        }
        let kept = Command::new("du").args(["--summarize", "--block-size=1"]).arg(&self.home).output()?;
        let kept = String::from_utf8_lossy(&kept.stdout);
        let kept: u64 = kept.split_whitespace().next().and_then(|bytes| bytes.parse().ok()).unwrap_or(0);
        if kept > MOST_KEPT && !others {
            eprintln!("{} holds {} GB: it is made anew", self.home.display(), kept / 1_000_000_000);
            self.podman().output_of(&["system", "reset", "--force"])?;
            fs::remove_dir_all(self.temporary())?;
            self.set_up()?;
        }
        Ok(())
    }

    /// podman, with these folders.
    pub fn podman(&self) -> Command {
        self.program("podman")
    }

    /// Any program that podman and buildah are started by, with these folders.
    pub(super) fn program(&self, program: impl AsRef<Path>) -> Command {
        // Containers can't have more files than whoever starts them.
        let mut command = Command::new("prlimit");
        command
            .arg("--nofile=20000:20000")
            .arg(program.as_ref())
            .env("CONTAINERS_CONF", self.home.join("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", self.home.join("storage.conf"))
            // Nothing is isolated from the machine but the root: it works within containers too.
            .env("BUILDAH_ISOLATION", "chroot")
            .env("TMPDIR", self.temporary())
            // Of a container that ran out of memory, its monitor leaves a file where it was started.
            .current_dir(self.temporary())
            .stdin(Stdio::null());
        command
    }
}

/// Runs a command to its end.
pub(crate) trait OutputOf {
    /// Its standard output with these arguments.
    ///
    /// # Errors
    /// When it fails, with what it said.
    fn output_of(&mut self, arguments: &[&str]) -> Result<String>;
}

impl OutputOf for Command {
    fn output_of(&mut self, arguments: &[&str]) -> Result<String> {
        let output = self.args(arguments).output().with_context(|| format!("{self:?}"))?;
        if !output.status.success() {
            bail!("{self:?}: {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Installs what is missing of Debian's packages.
fn install() -> Result<()> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("containers/install");
    let output = Command::new(&script).output().with_context(|| format!("{}", script.display()))?;
    ensure!(
        output.status.success(),
        "what containers need can't be installed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}

fn is_there(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    // Debian keeps some of them where a user's search path does not lead.
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(more).any(|folder| folder.join(program).is_file())
}
