//! Node.js and npm: where they are, and whether Node is new enough for Lighthouse.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::browser::find::is_executable;
use crate::record::Failure;

/// The oldest Node.js that Lighthouse 12 runs on (`engines` of its package).
const OLDEST: (u32, u32) = (18, 16);

/// Node tells its version in some ten milliseconds; on a machine that swaps it may take longer.
const VERSION_LIMIT: Duration = Duration::from_secs(20);

const ADVICE: &str = "install Node.js 18.16 or later (package nodejs), or audit without it with PT_AUDIT=native";

/// A Node.js that is new enough.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) program: PathBuf,
    /// `20.20.2`.
    pub(super) version: String,
}

impl Node {
    /// The first one on `PATH`.
    pub(super) async fn find() -> Result<Self, Failure> {
        let program = on_path("node").ok_or_else(|| {
            Failure::harness(format!("Lighthouse needs Node.js, and there is no `node` on PATH: {ADVICE}"))
        })?;
        let version = version(&program).await?;
        if parsed(&version).is_none_or(|version| version < OLDEST) {
            return Err(Failure::harness(format!(
                "{} is version {version:?} of Node.js, which is too old for Lighthouse: {ADVICE}",
                program.display()
            )));
        }
        Ok(Self { program, version })
    }
}

/// npm, which comes with Node.js or beside it.
pub(super) fn npm() -> Result<PathBuf, Failure> {
    on_path("npm").ok_or_else(|| {
        Failure::harness("Lighthouse is installed by npm, and there is no `npm` on PATH: install it (package npm)")
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    // The search path is how the operating system names its programs; it is no option of ours.
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|file| is_executable(file))
}

async fn version(program: &Path) -> Result<String, Failure> {
    let cannot = |what: String| Failure::harness(format!("{} --version {what}: {ADVICE}", program.display()));
    let running = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(VERSION_LIMIT, running)
        .await
        .map_err(|_| cannot(format!("did not end within {} s", VERSION_LIMIT.as_secs())))?
        .map_err(|error| cannot(format!("can't be run ({error})")))?;
    if !output.status.success() {
        return Err(cannot(format!("failed ({})", output.status)));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim().trim_start_matches('v').chars().take(40).collect())
}

/// The first two numbers.
fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        assert!(parsed("18.15.0") < Some(OLDEST));
        assert!(parsed("18.16.0") >= Some(OLDEST) && parsed("20.2.0") > Some(OLDEST));
        assert_eq!((parsed("nonsense"), parsed("")), (None, None));
    }
}
