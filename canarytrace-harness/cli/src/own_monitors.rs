//! Monitors of the tool itself. They run as everybody's do, in a process of their own: this executable started once
//! more, with no options but those that say which browser to take.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use canarytrace::browser::install;
use canarytrace::browser::launch::Notices;
use canarytrace::config::{Config, OPTIONS};
use canarytrace::harness;
use canarytrace::run::{Given, MonitorDef, MonitorFuture, MonitorKind};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::signal::unix::{self, SignalKind, signal};
use uuid::Uuid;

use crate::{overhead, verify};

/// Makes a process run these monitors, and nothing else.
pub const CHILD_VARIABLE: &str = "CANARYTRACE_TOOL_MONITORS";

/// They are not registered with `#[monitor]`: registered ones run wherever this library is linked.
static MONITORS: [MonitorDef; 2] = [verify::MONITOR, overhead::MONITOR];

/// Becomes what a process of ours was started as, if it was: the practice site, or a runner of the tool's own monitors.
/// To be called first in the main of a program that measures.
pub fn run_if_child() -> Option<ExitCode> {
    canarytrace::site::serve_if_child();
    std::env::var_os(CHILD_VARIABLE).map(|_| harness::main_of(&MONITORS))
}

/// A monitor with the options as they are by default.
pub(crate) const fn monitor(
    module_path: &'static str,
    function: &'static str,
    description: &'static str,
    run: for<'a> fn(&'a mut Given) -> MonitorFuture<'a>,
) -> MonitorDef {
    MonitorDef {
        module_path,
        function,
        name_override: None,
        file: file!(),
        line: line!(),
        description,
        schedule: None,
        timeout: Some(std::time::Duration::from_mins(5)),
        retries: Some(0),
        tags: &[],
        params: &[],
        budgets: &[],
        device: Some(canarytrace::config::Device::Desktop),
        throttle: None,
        iterations: None,
        enabled: true,
        kind: MonitorKind::Browser,
        run,
    }
}

/// How processes of monitors are started: with which browser, and against which site.
#[derive(Debug)]
pub(crate) struct Stage {
    base_url: String,
    browser: Vec<(&'static str, OsString)>,
    folder: Folder,
    /// The processes that go on.
    running: Running,
}

type Running = Arc<Mutex<BTreeSet<u32>>>;

/// A folder of ours for temporary files, removed with it.
#[derive(Debug)]
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What can't be removed is the operating system's to clean up.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Stage {
    /// Looks for a browser, as the options say.
    ///
    /// # Errors
    /// When options are wrong, and when there is no browser and none can be installed.
    pub(crate) async fn new(base_url: &str) -> anyhow::Result<Self> {
        let config = Config::load()?;
        let mut browser = Vec::new();
        if let Some(url) = &config.webdriver_url {
            browser.push(("WEBDRIVER_URL", url.as_str().into()));
        } else {
            let notices: Notices = Arc::new(|notice| eprintln!("canarytrace: {notice}"));
            let pair = install::ready(&config, &notices).await.map_err(|failure| anyhow::anyhow!(failure.message))?;
            browser.push(("CANARYTRACE_BROWSER", pair.browser.into_os_string()));
            browser.push(("CANARYTRACE_CHROMEDRIVER", pair.driver.into_os_string()));
        }
        if !config.browser_args.is_empty() {
            let quoted: Vec<String> = config.browser_args.iter().map(|argument| format!("\"{argument}\"")).collect();
            browser.push(("CANARYTRACE_BROWSER_ARGS", quoted.join(" ").into()));
        }
        let path = std::env::temp_dir().join(format!("canarytrace-measures-{}", Uuid::now_v7().simple()));
        fs::create_dir_all(&path).with_context(|| format!("{} can't be made", path.display()))?;
        let folder = Folder(path);
        // In the place of the user's file, whose other options don't matter here.
        fs::write(folder.0.join("none.toml"), "")?;
        Ok(Self { base_url: base_url.to_owned(), browser, folder, running: Running::default() })
    }

    /// A process that runs this monitor with these options. It leaves its documents in [`Process::documents`].
    pub(crate) fn start(&self, monitor: &MonitorDef, options: &[(&str, &str)]) -> anyhow::Result<Process> {
        let data = self.folder.0.join(Uuid::now_v7().simple().to_string());
        let mut command = Command::new(std::env::current_exe()?);
        for option in OPTIONS {
            command.env_remove(option.env).env_remove(format!("{}_FILE", option.env));
        }
        command
            .env(CHILD_VARIABLE, "1")
            .env("CANARYTRACE_CONFIG", self.folder.0.join("none.toml"))
            .env("CANARYTRACE_DATA", &data)
            .env("SPEC", monitor.name())
            .env("BASE_URL", &self.base_url)
            .envs(self.browser.iter().map(|(name, value)| (name, value)))
            .envs(options.iter().copied())
            // Ctrl+C is for us to pass on, once.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().context("this program can't be started once more")?;
        let id = child.id().context("it was just started")?;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Ok(Process { child, id, data, running: self.running.clone() })
    }

    /// Asks all processes that go on to come to their end.
    pub(crate) fn end_all(&self) {
        for id in self.running.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            if let Some(pid) = i32::try_from(*id).ok().and_then(Pid::from_raw) {
                // It may have ended by itself in between.
                let _ = kill_process(pid, Signal::TERM);
            }
        }
    }
}

/// A process that runs a monitor.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    id: u32,
    data: PathBuf,
    running: Running,
}

impl Process {
    /// Waits until it is over.
    ///
    /// # Errors
    /// When its monitor failed; with what it said.
    pub(crate) async fn finish(self) -> anyhow::Result<Documents> {
        let Self { mut child, id, data, running } = self;
        drop(child.stdin.take());
        let output = child.wait_with_output().await;
        running.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        let output = output?;
        passed(output.status, &String::from_utf8_lossy(&output.stdout), &String::from_utf8_lossy(&output.stderr))?;
        Ok(Documents { data })
    }
}

fn passed(status: ExitStatus, stdout: &str, stderr: &str) -> anyhow::Result<()> {
    if !status.success() {
        bail!("a run of the tool's own monitor failed ({status}):\n{}", format!("{stdout}{stderr}").trim_end());
    }
    Ok(())
}

/// What a process left.
#[derive(Debug)]
pub(crate) struct Documents {
    data: PathBuf,
}

impl Drop for Documents {
    fn drop(&mut self) {
        // The folder around it goes too, in the end.
        let _ = fs::remove_dir_all(&self.data);
    }
}

impl Documents {
    /// All documents of a dataset.
    ///
    /// # Errors
    /// When a file is there and can't be read.
    pub(crate) fn of(&self, dataset: &str) -> anyhow::Result<Vec<Value>> {
        let mut documents = Vec::new();
        for run in fs::read_dir(self.data.join("runs"))? {
            let path = run?.path().join(format!("{dataset}.ndjson"));
            if path.is_file() {
                documents.extend(lines(&path)?);
            }
        }
        Ok(documents)
    }
}

fn lines(path: &Path) -> anyhow::Result<Vec<Value>> {
    let text = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    text.lines()
        .map(|line| serde_json::from_str(line).with_context(|| format!("{} is damaged", path.display())))
        .collect()
}

/// Signals that end the tool. Once these are listened to, the process goes on until it has cleaned up.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupts: unix::Signal,
    terminations: unix::Signal,
}

impl Signals {
    /// Begins to listen.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        Ok(Self { interrupts: signal(SignalKind::interrupt())?, terminations: signal(SignalKind::terminate())? })
    }

    /// Waits for one, and says with which exit code it ends the tool.
    pub(crate) async fn raised(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupts.recv() => harness::exit_code::INTERRUPTED,
            _ = self.terminations.recv() => harness::exit_code::TERMINATED,
        }
    }
}
