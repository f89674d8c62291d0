//! Runs a binary with monitors as a user would, in an environment and folders of its own.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use canarytrace::browser::install;
use canarytrace::browser::launch::Notices;
use canarytrace::config::Config;
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use tempfile::TempDir;

/// The folders of a run. When they go, so does the browser of a run that was killed, which the next run would have found in
/// them. That a run which was not killed leaves none is for tests to look at before.
#[derive(Debug)]
struct Folders(TempDir);

impl Drop for Folders {
    fn drop(&mut self) {
        for pid in processes_below(self.0.path(), "chrom") {
            kill(pid, Signal::KILL);
        }
    }
}

/// A run that was not started yet.
#[derive(Debug)]
pub struct Runner {
    command: Command,
    /// Our end of its terminal.
    terminal: Option<File>,
    folders: Folders,
    data: PathBuf,
}

impl Runner {
    /// Nothing of the developer's environment is passed on but what programs need to run. Data and temporary files
    /// lie in a folder of this run alone, so that its processes can be told from those of other tests.
    ///
    /// A machine without browser and driver gets them first: also tests of browsers that don't start need a driver.
    pub fn new(executable: impl AsRef<OsStr>) -> Self {
        install_browser();
        // Short, because Chromium puts sockets below it, whose paths may have 107 bytes.
        let folders = tempfile::Builder::new().prefix("ct").tempdir_in("/tmp").expect("/tmp can be written");
        let folders = Folders(folders);
        let data = folders.0.path().join("data");
        let temp = folders.0.path().join("t");
        std::fs::create_dir(&temp).expect("the folder was just made");
        let mut command = Command::new(executable);
        command.env_clear();
        for name in ["PATH", "HOME", "CI", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("TMPDIR", &temp).env("CANARYTRACE_DATA", &data).env("WAIT_FOR_TIMEOUT", "20s");
        // Tests run beside each other, so that no machine is fit to measure: what is said of it would be in any output.
        command.env("CANARYTRACE_USAGE", "no");
        command.current_dir(folders.0.path()).stdin(Stdio::null());
        Self { command, terminal: None, folders, data }
    }

    /// Sets an option.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        if name == "CANARYTRACE_DATA" {
            self.data = PathBuf::from(value.as_ref());
        }
        self.command.env(name, value);
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// Selects exactly one monitor.
    #[must_use]
    pub fn monitor(self, name: &str) -> Self {
        self.arg(name).arg("--exact")
    }

    /// Gives it a pipe as standard input, written by [`Running::press_enter`].
    #[must_use]
    pub fn with_input(mut self) -> Self {
        self.command.stdin(Stdio::piped());
        self
    }

    /// Gives it a terminal as standard input and standard error. What appears there is its standard error; for it is typed
    /// with [`Running::type_line`].
    ///
    /// # Panics
    /// When the system gives no terminal.
    #[must_use]
    pub fn with_terminal(mut self) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("it is ours");
        let name = ptsname(&master, Vec::new()).expect("it has a name").into_string().expect("of letters and digits");
        let slave = OpenOptions::new().read(true).write(true).open(name).expect("it was unlocked");
        self.command.stdin(slave.try_clone().expect("it can be shared")).stderr(slave).env("TERM", "xterm");
        self.terminal = Some(master.into());
        self
    }

    /// The folder of this run alone; removed with [`Finished`].
    pub fn folder(&self) -> &Path {
        self.folders.0.path()
    }

    /// Runs to the end.
    pub fn run(self) -> Finished {
        self.start().finish()
    }

    /// Starts and returns at once.
    pub fn start(mut self) -> Running {
        self.command.stdout(Stdio::piped());
        if self.terminal.is_none() {
            self.command.stderr(Stdio::piped());
        }
        let mut child = self.command.spawn().expect("the executable was built");
        let (lines, seen) = mpsc::channel();
        let mut output = child.stdout.take().expect("it is piped");
        let stdout = std::thread::spawn(move || {
            let mut text = String::new();
            for line in BufReader::new(&mut output).lines().map_while(Result::ok) {
                text.push_str(&line);
                text.push('\n');
                // Nobody waits for a line any more.
                let _ = lines.send(line);
            }
            text
        });
        let errors: Box<dyn Read + Send> = match &self.terminal {
            Some(terminal) => Box::new(terminal.try_clone().expect("it can be shared")),
            None => Box::new(child.stderr.take().expect("it is piped")),
        };
        let (lines, told) = mpsc::channel();
        let stderr = std::thread::spawn(move || {
            let mut text = String::new();
            let mut errors = BufReader::new(errors);
            let mut line = Vec::new();
            // A terminal ends with an error, once nobody has its other end any more.
            while read_line(&mut errors, &mut line).is_ok_and(|read| read > 0) {
                let said = String::from_utf8_lossy(&line).into_owned();
                text.push_str(&said);
                let _ = lines.send(said);
                line.clear();
            }
            text
        });
        let Self { terminal, folders, data, .. } = self;
        Running { child, terminal, seen, told, stdout, stderr, folders, data }
    }
}

/// Reads up to the end of a line, or to where a terminal goes back to the beginning of one.
fn read_line(from: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut read = 0;
    loop {
        let some = match from.fill_buf() {
            Err(_) if read > 0 => return Ok(read),
            other => other?,
        };
        let end = some.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let length = end.map_or(some.len(), |at| at + 1);
        line.extend_from_slice(&some[..length]);
        from.consume(length);
        read += length;
        if end.is_some() || length == 0 {
            return Ok(read);
        }
    }
}

/// A run that goes on.
#[derive(Debug)]
pub struct Running {
    child: Child,
    terminal: Option<File>,
    seen: mpsc::Receiver<String>,
    told: mpsc::Receiver<String>,
    stdout: JoinHandle<String>,
    stderr: JoinHandle<String>,
    folders: Folders,
    data: PathBuf,
}

impl Running {
    /// Waits until a line of standard output contains `text`.
    pub fn wait_for_line(&self, text: &str) {
        wait_for(&self.seen, text);
    }

    /// Waits until a line of standard error contains `text`, and returns it. On a terminal, what is there before it is
    /// overwritten is a line too.
    pub fn wait_for_notice(&self, text: &str) -> String {
        wait_for(&self.told, text)
    }

    /// Presses Enter in the pipe of [`Runner::with_input`].
    pub fn press_enter(&mut self) {
        let input = self.child.stdin.as_mut().expect("it has a pipe");
        input.write_all(b"\n").expect("it is read");
    }

    /// Types a line in the terminal of [`Runner::with_terminal`].
    ///
    /// # Panics
    /// When it has none.
    pub fn type_line(&self, text: &str) {
        let mut terminal = self.terminal.as_ref().expect("it has a terminal");
        terminal.write_all(format!("{text}\n").as_bytes()).expect("it can be written");
    }

    /// The folder of this run for temporary files.
    pub fn temp(&self) -> PathBuf {
        self.folders.0.path().join("t")
    }

    /// The attachments that have been begun so far.
    pub fn attachments(&self) -> Vec<PathBuf> {
        attachments_in(&self.data)
    }

    /// Process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal to the process alone.
    pub fn signal(&self, signal: Signal) {
        kill(self.child.id(), signal);
    }

    /// The processes of this run that have `name` in the path of their executable.
    pub fn processes(&self, name: &str) -> Vec<u32> {
        processes_below(self.folders.0.path(), name)
    }

    /// The browser: the child of the driver. Its own children have the same executable.
    pub fn browser(&self) -> u32 {
        let drivers = self.processes("chromedriver");
        let of_driver = |pid: &u32| {
            let stat = procfs::process::Process::new(pid.cast_signed()).and_then(|process| process.stat());
            stat.is_ok_and(|stat| drivers.contains(&stat.ppid.cast_unsigned()))
        };
        self.processes("chrom").into_iter().filter(|pid| !drivers.contains(pid)).find(of_driver).expect("it runs")
    }

    /// Waits as long as `going_on` says, but not beyond the end.
    pub fn wait_while(&mut self, going_on: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while going_on() && self.child.try_wait().expect("it is our child").is_none() {
            assert!(Instant::now() < deadline, "it goes on and on");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for the end and collects what is left.
    pub fn finish(mut self) -> Finished {
        let status = self.child.wait().expect("it is our child");
        Finished {
            code: status.code(),
            stdout: self.stdout.join().expect("the reader does not panic"),
            stderr: self.stderr.join().expect("the reader does not panic"),
            folders: self.folders,
            data: self.data,
        }
    }
}

/// Waits until one of the lines contains `text`, and returns it.
fn wait_for(lines: &mpsc::Receiver<String>, text: &str) -> String {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let line = lines.recv_timeout(left).unwrap_or_else(|_| panic!("\"{text}\" was never printed"));
        if line.contains(text) {
            return line;
        }
    }
}

/// A run that is over.
#[derive(Debug)]
pub struct Finished {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    folders: Folders,
    data: PathBuf,
}

impl Finished {
    /// The folders of the runs, in the order of their beginning.
    pub fn runs(&self) -> Vec<PathBuf> {
        runs_in(&self.data)
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Where runs go on when the data folder can't be written.
    pub fn fallback(&self) -> PathBuf {
        self.folders.0.path().join("t").join(format!("{FALLBACK}{}", rustix::process::getuid().as_raw()))
    }

    /// Asserts of every run, wherever it was written, that no document is missing, that each is whole, and that what
    /// began has ended.
    pub fn assert_complete(&self) {
        let mut runs = BTreeMap::<String, Vec<Value>>::new();
        for folder in runs_in(&self.data).into_iter().chain(runs_in(&self.fallback())) {
            let uuid = folder.file_name().expect("it has a name").to_string_lossy().into_owned();
            let documents = runs.entry(uuid).or_default();
            for file in std::fs::read_dir(folder).expect("it is a folder").flatten().map(|file| file.path()) {
                if file.extension().is_none_or(|extension| extension != "ndjson") {
                    continue;
                }
                let text = std::fs::read_to_string(&file).expect("it is text");
                assert!(text.is_empty() || text.ends_with('\n'), "{} ends in a half line", file.display());
                documents.extend(
                    text.lines().map(|line| {
                        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
                    }),
                );
            }
        }
        assert!(!runs.is_empty(), "no run at all: {self:#?}");
        for (uuid, documents) in runs {
            assert!(documents.iter().all(|document| document["uuid"] == uuid.as_str()), "{documents:#?}");
            let mut numbers: Vec<_> = documents.iter().map(|document| document["sequence"].as_u64()).collect();
            numbers.sort_unstable();
            let all: Vec<_> = (1..=documents.len() as u64).map(Some).collect();
            assert_eq!(numbers, all, "{documents:#?}");
            let count = |event: &str| documents.iter().filter(|document| document["event"] == event).count();
            assert_eq!(count("testStepStart"), count("testStepEnd"), "{documents:#?}");
            assert!(count("testStart") > 0, "{documents:#?}");
            assert_eq!(count("testStart"), count("testEnd"), "{documents:#?}");
            let last = |document: &&Value| document["summary"]["final_attempt"] == true;
            assert_eq!(documents.iter().filter(last).count(), 1, "{documents:#?}");
        }
    }

    /// All documents of a dataset, over all runs.
    pub fn documents(&self, dataset: &str) -> Vec<Value> {
        let mut documents = Vec::new();
        for run in self.runs() {
            let Ok(text) = std::fs::read_to_string(run.join(format!("{dataset}.ndjson"))) else { continue };
            for line in text.lines() {
                documents.push(serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
            }
        }
        documents
    }

    /// The only document of a dataset that fulfils `wanted`.
    pub fn document(&self, dataset: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut found: Vec<_> = self.documents(dataset).into_iter().filter(wanted).collect();
        assert_eq!(found.len(), 1, "{dataset}: {found:#?}\n{self:#?}");
        found.remove(0)
    }

    /// The attachments of all runs.
    pub fn attachments(&self) -> Vec<PathBuf> {
        attachments_in(&self.data)
    }

    /// The folder of this run alone.
    pub fn folder(&self) -> &Path {
        self.folders.0.path()
    }

    /// Asserts that no process and no browser folder of this run is left.
    pub fn assert_nothing_left(&self) {
        let processes = processes_below(self.folders.0.path(), "");
        assert!(
            processes.is_empty(),
            "left: {:?}\n{self:#?}",
            processes.iter().map(|pid| describe(*pid)).collect::<Vec<_>>()
        );
        let folders = run_folders(self.folders.0.path());
        assert!(folders.is_empty(), "left: {folders:?}\n{self:#?}");
    }
}

/// How the folder's name begins that runs go on in when the data folder can't be written; the user's id follows.
const FALLBACK: &str = "canarytrace-spool-";

/// The folders of the runs in a data folder, in the order of their beginning.
fn runs_in(data: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(data.join("runs")) else { return Vec::new() };
    let mut runs: Vec<_> =
        entries.map(|entry| entry.expect("it can be read").path()).filter(|path| path.is_dir()).collect();
    // UUIDs of version 7 sort by time.
    runs.sort();
    runs
}

/// The attachments of the runs in a data folder.
fn attachments_in(data: &Path) -> Vec<PathBuf> {
    let folders = runs_in(data).into_iter().map(|run| run.join("attachments"));
    let files = folders.filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    files.map(|file| file.expect("it can be read").path()).collect()
}

fn install_browser() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // On a thread of its own: a test may have a runtime, which can't wait within itself.
        let install = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let config = Config::from_parts([], None).expect("the defaults are right");
            let notices: Notices = Arc::new(|notice| eprintln!("{notice}"));
            runtime.block_on(install::ready(&config, &notices)).expect("a browser is there, or can be installed");
        };
        std::thread::spawn(install).join().expect("it is installed");
    });
}

/// The folders that browsers of a run live in.
pub fn run_folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("t")) else { return Vec::new() };
    let mine = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("canarytrace-") && !name.starts_with(FALLBACK)
    });
    mine.filter_map(|entry| std::fs::read_dir(entry.path()).ok())
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// Sends a signal to a process.
pub fn kill(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("it is a process id");
    // It may have ended by itself in between.
    let _ = kill_process(pid, signal);
}

/// Living processes that have `folder` in their command line or environment, and `name` in their executable's path.
/// This process itself, and zombies, are none of them.
pub fn processes_below(folder: &Path, name: &str) -> Vec<u32> {
    let folder = folder.to_string_lossy();
    let mut found = Vec::new();
    for process in procfs::process::all_processes().expect("/proc can be read").flatten() {
        let Ok(stat) = process.stat() else { continue };
        if matches!(stat.state, 'Z' | 'X') || process.pid().unsigned_abs() == std::process::id() {
            continue;
        }
        let executable = process.exe().unwrap_or_default();
        let arguments = process.cmdline().unwrap_or_default();
        let in_environment =
            || process.environ().is_ok_and(|all| all.values().any(|value| value.to_string_lossy().contains(&*folder)));
        let ours = arguments.iter().any(|argument| argument.contains(&*folder)) || in_environment();
        if ours && executable.to_string_lossy().contains(name) {
            found.push(process.pid().unsigned_abs());
        }
    }
    found
}

fn describe(pid: u32) -> String {
    let process = procfs::process::Process::new(pid.cast_signed());
    let arguments = process.and_then(|process| process.cmdline()).unwrap_or_default();
    format!("{pid}: {}", arguments.join(" "))
}
