//! A real Kubernetes of one node, in namespaces of its own: `tests/cluster/` compiles and starts it.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use canarytrace::config::Config;
use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

use crate::containers::{Engine, OutputOf as _, in_ci_on_debian};

/// Where pods find this machine: what was [led out](Cluster::lead_out) answers there.
pub const NODE: &str = "10.244.0.1";

/// What each pod begins with: a container that does nothing and holds its namespaces.
const PAUSE: &str = "localhost/canarytrace-tests-pause:1";

/// The longest that anything in the cluster may take.
const PATIENCE: Duration = Duration::from_mins(3);

/// A cluster that runs as long as this process.
#[derive(Debug)]
pub struct Cluster {
    /// The parts of Kubernetes in one executable.
    kubernetes: PathBuf,
    folder: PathBuf,
    /// A process in its namespaces.
    inside: String,
    /// All ends when its standard input is closed.
    _run: Child,
}

/// The cluster of this process; otherwise the test is over: `let Some(cluster) = cluster_or_ignored(engine) else { return };`
///
/// # Panics
/// With `CI=true` on Debian as root, where it can be had.
pub fn cluster_or_ignored(engine: &Engine) -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();
    match CLUSTER.get_or_init(|| Cluster::start(engine).map_err(|error| format!("{error:#}"))) {
        Ok(cluster) => Some(cluster),
        Err(reason) => {
            assert!(!in_ci_on_debian(), "in CI, on Debian as root, the test must not be ignored: {reason}");
            eprintln!("ignored: no Kubernetes runs here: {reason}");
            None
        }
    }
}

impl Cluster {
    fn start(engine: &Engine) -> Result<Self> {
        let kubernetes = compiled()?;
        let folder = tempfile::Builder::new().prefix("ctcluster").tempdir_in("/tmp")?.keep();
        let mut command = Command::new(sources().join("run"));
        command.arg(&kubernetes).arg(&folder).stdin(Stdio::piped()).stdout(Stdio::piped());
        // An interrupt from the keyboard ends these tests, and they end it.
        let mut run = command.process_group(0).spawn()?;
        let mut said = String::new();
        let output = run.stdout.take().context("it has one")?;
        BufReader::new(output).read_line(&mut said)?;
        let inside = said.trim().strip_prefix("ready ");
        let inside = inside.with_context(|| format!("{command:?} ended before the node was ready"))?.to_owned();
        let cluster = Self { kubernetes, folder, inside, _run: run };
        let mut build = engine.podman();
        build.args(["build", "--quiet", "--tag", PAUSE, "--file"]);
        build.arg(sources().join("pause.Containerfile")).arg(sources()).output_of(&[])?;
        cluster.import(engine, PAUSE, PAUSE)?;
        eprintln!("Kubernetes {}", cluster.kubectl(&["version", "--output", "json"]).map(|said| version_of(&said))?);
        Ok(cluster)
    }

    fn within(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.inside, "--mount", "--net"]).arg(program);
        command
    }

    /// kubectl, as whoever may do everything.
    pub fn kubectl_command(&self) -> Command {
        let mut command = self.within(&self.kubernetes);
        command.arg("kubectl").env("KUBECONFIG", self.folder.join("certificates/admin.conf")).stdin(Stdio::null());
        command
    }

    /// What kubectl prints.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub fn kubectl(&self, arguments: &[&str]) -> Result<String> {
        self.kubectl_command().output_of(arguments)
    }

    /// An object.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, namespace: &str, kind: &str, name: &str) -> Result<Value> {
        let said = self.kubectl(&["--namespace", namespace, "get", kind, name, "--output", "json"])?;
        Ok(serde_json::from_str(&said)?)
    }

    /// Objects, given as JSON.
    ///
    /// # Errors
    /// When one is refused.
    pub fn apply(&self, objects: &[Value]) -> Result<()> {
        for object in objects {
            let mut command = self.kubectl_command();
            let mut apply =
                command.args(["apply", "--filename", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
            let mut input = apply.stdin.take().context("it has one")?;
            input.write_all(object.to_string().as_bytes())?;
            drop(input);
            ensure!(apply.wait()?.success(), "{object:#} is refused");
        }
        Ok(())
    }

    /// Gives the node an image of podman's, under a name.
    ///
    /// # Errors
    /// When there is no such image.
    pub fn import(&self, engine: &Engine, image: &str, name: &str) -> Result<()> {
        let mut save = engine.podman();
        save.args(["save", "--format", "docker-archive", image]).stdout(Stdio::piped());
        let mut save = save.spawn()?;
        let archive = save.stdout.take().context("it has one")?;
        let mut ctr = self.within("ctr");
        ctr.args(["--namespace", "k8s.io", "images"]);
        let mut import = Command::new(ctr.get_program());
        import.args(ctr.get_args()).stdin(archive);
        import.output_of(&["import", "-"])?;
        ensure!(save.wait()?.success(), "podman has no image {image}");
        if image != name {
            ctr.output_of(&["tag", "--force", image, name])?;
        }
        Ok(())
    }

    /// Has what listens at an address of this machine answer at a port of [`NODE`] as well: 80 or 9200.
    ///
    /// # Panics
    /// When the port was led out before.
    pub fn lead_out(&self, port: u16, to: SocketAddr) {
        let listener =
            UnixListener::bind(self.folder.join(format!("{port}.sock"))).expect("it is the first for this port");
        std::thread::spawn(move || {
            for inner in listener.incoming().flatten() {
                std::thread::spawn(move || pass(&inner, to));
            }
        });
    }

    /// A folder for a volume of this name.
    ///
    /// # Panics
    /// When it can't be made.
    pub fn folder_of_volume(&self, name: &str) -> PathBuf {
        let folder = self.folder.join("volumes").join(name);
        fs::create_dir_all(&folder).expect("the cluster's folder can be written");
        folder
    }

    /// Waits until a Job has succeeded; says why it did not.
    ///
    /// # Panics
    /// When it failed, or takes too long.
    #[track_caller]
    pub fn assert_completes(&self, namespace: &str, job: &str) {
        let ended = self.wait_for(&format!("the job {job} to end"), || {
            let conditions = self.get(namespace, "job", job).ok()?["status"]["conditions"].clone();
            let is = |kind: &str| {
                let mut conditions = conditions.as_array().into_iter().flatten();
                conditions.any(|condition| condition["type"] == kind && condition["status"] == "True")
            };
            if is("Complete") { Some(true) } else { is("Failed").then_some(false) }
        });
        assert!(ended, "{job} failed\n{}", self.story(namespace));
    }

    /// Asks again and again until there is an answer.
    ///
    /// # Panics
    /// When it takes too long.
    #[track_caller]
    pub fn wait_for<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}\n{}", self.story("canarytrace"));
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// What happened in a namespace, for whoever looks for a fault.
    pub fn story(&self, namespace: &str) -> String {
        let mut story = String::new();
        for about in [
            &["get", "jobs,pods,persistentvolumeclaims"][..],
            &["get", "events", "--sort-by=.metadata.creationTimestamp"],
            &["logs", "--selector=app.kubernetes.io/part-of=canarytrace", "--all-containers", "--prefix", "--tail=40"],
        ] {
            let said = self.kubectl_command().args(["--namespace", namespace]).args(about).output();
            let said = said.map_or_else(
                |error| error.to_string(),
                |output| String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
            );
            story.push_str(&said);
            story.push('\n');
        }
        story
    }
}

fn version_of(said: &str) -> String {
    let versions: Value = serde_json::from_str(said).unwrap_or_default();
    versions["serverVersion"]["gitVersion"].as_str().unwrap_or("of no version").to_owned()
}

/// Passes bytes in both directions.
fn pass(inner: &UnixStream, to: SocketAddr) {
    let both = || -> io::Result<()> {
        let outer = TcpStream::connect(to)?;
        let (mut from_inner, mut to_outer) = (inner.try_clone()?, outer.try_clone()?);
        let sending = std::thread::spawn(move || {
            let sent = io::copy(&mut from_inner, &mut to_outer);
            _ = to_outer.shutdown(Shutdown::Write);
            sent
        });
        io::copy(&mut &outer, &mut &*inner)?;
        inner.shutdown(Shutdown::Both)?;
        _ = sending.join();
        Ok(())
    };
    // Whoever is connected sees that the connection ends.
    _ = both();
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cluster")
}

/// Kubernetes in the cache, which the first who needs it compiles.
fn compiled() -> Result<PathBuf> {
    let cache = Config::load().map_err(|error| anyhow!("{error}"))?.cache;
    let folder = cache.join("tests-cluster");
    fs::create_dir_all(&folder)?;
    // Others wait until it is there: released when this process ends in any way.
    let lock = File::create(folder.join("lock"))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(io::Error::from)?;
    let mut made_of = DefaultHasher::new();
    for file in ["build", "go.mod", "go.sum", "main.go"] {
        fs::read(sources().join(file))?.hash(&mut made_of);
    }
    let name = format!("kubernetes-{:016x}", made_of.finish());
    let program = folder.join(&name);
    if program.is_file() {
        return Ok(program);
    }
    // Of other versions, and of builds that were killed.
    for entry in fs::read_dir(&folder)?.flatten().filter(|entry| entry.file_name() != "lock") {
        let removed =
            if entry.path().is_dir() { fs::remove_dir_all(entry.path()) } else { fs::remove_file(entry.path()) };
        removed.with_context(|| format!("{}", entry.path().display()))?;
    }
    ensure!(Command::new("go").arg("version").output().is_ok(), "there is no Go, which compiles it");
    eprintln!("compiling Kubernetes, once: {}", program.display());
    let output = Command::new(sources().join("build")).arg(&program).output()?;
    if !output.status.success() {
        bail!("Kubernetes can't be compiled: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(program)
}
