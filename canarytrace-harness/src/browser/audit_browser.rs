//! A second browser of the same build and flags, for one audit: without a driver, whose own sessions would be measured
//! with the page.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Map, Value};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::capabilities;
use super::driver::{LastWords, at_home};
use super::launch::{Killer, Launched, Notices, What, launch, local};
use super::leftovers::RunFolder;
use super::process::{self, MARKER, ProcessId, RunProcesses};
use crate::config::{Config, Device};
use crate::record::{Failure, FailureKind};

/// A browser starts in half a second; on a machine under load, or with a cold disk, it takes many.
const START_LIMIT: Duration = Duration::from_mins(1);

/// What Chromium writes before the address of its debugger.
const LISTENING: &str = "DevTools listening on ";

/// A browser for one audit. Dropping it kills it, with everything else that was adopted.
#[derive(Debug)]
pub(crate) struct AuditBrowser {
    websocket: String,
    killer: Killer,
    /// Leader of the process group that everything is in.
    leader: Option<i32>,
    child: Option<Child>,
    /// One of the pod: a session of its own.
    in_pod: Option<Launched>,
    /// Unlocked last: until the processes are gone nobody may take it for a leftover.
    folder: Option<RunFolder>,
    temporary: PathBuf,
    home: PathBuf,
    marker: PathBuf,
}

impl AuditBrowser {
    /// Starts it, or opens one more session where `WEBDRIVER_URL` says.
    ///
    /// # Errors
    /// What a launch fails of; kind `browser_crash` with its last output when it does not start.
    pub(crate) async fn start(config: &Config, notices: &Notices) -> Result<Self, Failure> {
        process::adopt_orphans();
        let folder = RunFolder::create()?;
        let killer = Killer::new(What::Local {
            processes: RunProcesses::new(folder.path(), None),
            folder: folder.path().to_owned(),
        });
        // From here on something exists that has to go, also when this future is dropped.
        let mut browser = Self {
            websocket: String::new(),
            killer,
            leader: None,
            child: None,
            in_pod: None,
            temporary: folder.temporary(),
            home: folder.home(),
            marker: folder.path().to_owned(),
            folder: Some(folder),
        };
        if config.webdriver_url.is_some() {
            let launched = launch(config, Device::Desktop, notices).await?;
            browser.websocket.clone_from(&launched.facts.devtools_url);
            browser.in_pod = Some(launched);
        } else {
            browser.start_here(config, notices).await?;
        }
        Ok(browser)
    }

    async fn start_here(&mut self, config: &Config, notices: &Notices) -> Result<(), Failure> {
        let Some(folder) = &mut self.folder else { return Ok(()) };
        let pair = super::install::ready(config, notices).await?;
        let failed = |text: String| Failure::new(FailureKind::BrowserCrash, text);
        write_preferences(config, folder)
            .map_err(|error| Failure::harness(format!("cannot write the profile of the audit's browser: {error}")))?;
        let profile = folder.profile();
        let mut command = Command::new(&pair.browser);
        command
            .args(capabilities::arguments(config, Device::Desktop, Some(local(&pair.browser, &profile))))
            .args(["--remote-debugging-port=0", "about:blank"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        at_home(&mut command, config, folder);
        let cannot = |error| failed(format!("cannot start {} for an audit: {error}", pair.browser.display()));
        let mut child = command.spawn().map_err(cannot)?;
        self.leader = child.id().and_then(|pid| i32::try_from(pid).ok());
        let process = self.leader.and_then(ProcessId::of);
        self.killer.processes(|processes| processes.set_driver(process));
        folder.write_owner(process)?;
        let stderr = child.stderr.take();
        self.child = Some(child);
        let words = LastWords::default();
        let (sender, mut lines) = mpsc::unbounded_channel::<String>();
        if let Some(stderr) = stderr {
            words.drain(stderr, Some(sender));
        }
        let listening = async {
            while let Some(line) = lines.recv().await {
                if let Some(address) = line.trim().strip_prefix(LISTENING) {
                    return Some(address.to_owned());
                }
            }
            None
        };
        let said = || words.after("its last output:");
        self.websocket = tokio::time::timeout(START_LIMIT, listening)
            .await
            .map_err(|_| {
                failed(format!("the audit's browser did not start within {} s{}", START_LIMIT.as_secs(), said()))
            })?
            .ok_or_else(|| failed(format!("the audit's browser ended before it was ready{}", said())))?;
        Ok(())
    }

    /// Its DevTools websocket.
    pub(crate) fn websocket(&self) -> &str {
        &self.websocket
    }

    /// A folder for files, which goes with it.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Makes what is to be started one of its processes: it ends with them, however that happens.
    pub(crate) fn adopt(&self, command: &mut Command) {
        command
            .env(MARKER, &self.marker)
            .env("HOME", &self.home)
            .env("TMPDIR", &self.temporary)
            .process_group(self.leader.unwrap_or(0));
    }

    /// Ends it. Takes about 0.1 s, at most 3 s.
    pub(crate) async fn end(mut self) {
        if let Some(launched) = self.in_pod.take() {
            launched.close().await;
        }
        // Looking through all processes and waiting for them blocks: not on a thread of the runtime.
        let killer = self.killer.clone();
        _ = tokio::task::spawn_blocking(move || killer.kill_now()).await;
        if let Some(mut child) = self.child.take() {
            _ = tokio::time::timeout(Duration::from_millis(500), child.wait()).await;
        }
    }
}

impl Drop for AuditBrowser {
    fn drop(&mut self) {
        // On the thread of a monitor, which would be taken for one that blocks. Everything of ours goes along.
        self.killer.kill_beside((self.child.take(), self.in_pod.take(), self.folder.take()));
    }
}

/// What chromedriver writes into the profiles of the others: `a.b` becomes `{"a": {"b": …}}`.
fn write_preferences(config: &Config, folder: &RunFolder) -> std::io::Result<()> {
    let mut all = Map::new();
    if let Value::Object(preferences) = capabilities::preferences(config) {
        for (name, value) in preferences {
            nest(&mut all, &name, value);
        }
    }
    let default = folder.profile().join("Default");
    fs::create_dir_all(&default)?;
    fs::write(default.join("Preferences"), Value::Object(all).to_string())
}

fn nest(object: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => {
            object.insert(name.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = object.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                nest(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn dotted_names_become_objects_in_objects() {
        let mut all = Map::new();
        nest(&mut all, "profile.a", json!(1));
        nest(&mut all, "profile.b.c", json!(2));
        nest(&mut all, "d", json!(3));
        assert_eq!(Value::Object(all), json!({ "profile": { "a": 1, "b": { "c": 2 } }, "d": 3 }));
    }
}
