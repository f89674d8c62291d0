//! The registered monitors, as their test target describes them (`canarytrace::harness`, `describe.rs`).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use canarytrace::harness::DESCRIBE_VARIABLE;
use serde::Deserialize;

use crate::cargo::build_tests;

/// All monitors of a test target.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Described {
    /// How long the end of a run may be delayed until its documents are delivered, in seconds.
    pub(crate) flush: f64,
    /// Sorted by name.
    pub(crate) monitors: Vec<Monitor>,
}

/// A monitor with the options that hold for it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Monitor {
    pub(crate) name: String,
    /// What `SPEC` selects it by.
    pub(crate) spec: String,
    pub(crate) description: String,
    /// Five fields of cron.
    pub(crate) schedule: Option<String>,
    /// Limit of one iteration of one attempt, in seconds.
    pub(crate) timeout: f64,
    /// Attempts after a failed first one.
    pub(crate) retries: u32,
    /// How often an attempt makes the journey.
    pub(crate) iterations: u32,
    pub(crate) tags: Vec<String>,
    pub(crate) enabled: bool,
    kind: String,
}

impl Monitor {
    /// Whether it takes a browser; one of the other kind asks an API alone.
    pub(crate) fn has_browser(&self) -> bool {
        self.kind == "browser"
    }
}

/// Where the monitors are described.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A file that holds what a test target printed.
    File(PathBuf),
    /// A test target.
    Executable(PathBuf),
    /// The test targets of a package of the workspace that we are in; they are built.
    Package(String),
}

impl Source {
    /// # Errors
    /// When nothing describes any monitors there, and why.
    pub(crate) fn read(&self) -> anyhow::Result<Described> {
        match self {
            Self::File(path) => {
                let json = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
                serde_json::from_str(&json).with_context(|| format!("{} is no description of monitors", path.display()))
            }
            Self::Executable(path) => ask(path)?.with_context(|| {
                format!("{} is no test target with monitors: it does not describe any", path.display())
            }),
            Self::Package(package) => {
                let executables = build_tests(Path::new("."), package)?;
                let mut all = Vec::new();
                for executable in &executables {
                    all.extend(ask(executable)?);
                }
                merged(all).with_context(|| format!("the package {package} has no test target with monitors"))?
            }
        }
    }
}

/// What an executable says of its monitors; none when it has no idea of them.
fn ask(executable: &Path) -> anyhow::Result<Option<Described>> {
    let output = Command::new(executable)
        // A test target of another kind lists its tests, and runs none of them.
        .arg("--list")
        .env(DESCRIBE_VARIABLE, "json")
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{} can't be started", executable.display()))?;
    if let Ok(described) = serde_json::from_slice(&output.stdout) {
        return Ok(Some(described));
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} does not describe its monitors ({}): {}", executable.display(), output.status, said.trim_end());
    }
    Ok(None)
}

/// The monitors of several test targets. `None` when there is no such target.
fn merged(all: Vec<Described>) -> Option<anyhow::Result<Described>> {
    let flush = all.iter().map(|described| described.flush).reduce(f64::max)?;
    let mut monitors = BTreeMap::new();
    for monitor in all.into_iter().flat_map(|described| described.monitors) {
        let name = monitor.name.clone();
        if monitors.insert(name.clone(), monitor).is_some() {
            return Some(Err(anyhow::anyhow!(
                "several test targets have the monitor {name}: say which of them is meant (--executable PATH)"
            )));
        }
    }
    Some(Ok(Described { flush, monitors: monitors.into_values().collect() }))
}
