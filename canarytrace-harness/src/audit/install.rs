//! Installs Lighthouse: the npm package at the version of our lock file, into our cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use tokio::process::Command;

use super::node::{Node, npm};
use crate::browser::install::lock;
use crate::browser::launch::Notices;
use crate::config::Config;
use crate::record::Failure;

/// The version that is pinned in `package.json`.
pub const VERSION: &str = "12.8.2";

const PACKAGE: &str = include_str!("lighthouse/package.json");
/// Two of Lighthouse's dependencies are the "latest" of their packages, which npm 9 can't compare and newer ones look up anew:
/// here they have versions, for which the word was replaced in the file.
const LOCK: &str = include_str!("lighthouse/package-lock.json");
const RUNNER: &str = include_str!("lighthouse/run.mjs");

/// 40 MB over a slow line.
const NPM_LIMIT: Duration = Duration::from_mins(15);

/// Loading Lighthouse takes a second; on a busy machine many.
const CHECK_LIMIT: Duration = Duration::from_mins(2);

/// The program that runs Lighthouse, within the folder that it is installed in.
pub fn runner(config: &Config) -> PathBuf {
    folder(config).join("run.mjs")
}

/// Where Lighthouse is installed: `<cache>/lighthouse/<version>-<hash>/`. The hash is of everything that we put there, so
/// that versions of Canarytrace that differ in it don't share it.
pub fn folder(config: &Config) -> PathBuf {
    let content = digest(&SHA256, [PACKAGE, LOCK, RUNNER].concat().as_bytes());
    let hash = HEXLOWER.encode(&content.as_ref()[..6]);
    config.cache.join("lighthouse").join(format!("{VERSION}-{hash}"))
}

/// Whether it is there. A folder gets its name when it is complete.
pub fn is_installed(config: &Config) -> bool {
    runner(config).is_file()
}

/// Installs Lighthouse unless it is there, and loads it once; returns its version as it says it itself.
///
/// Several processes may call this at once: one installs, the others wait and take what it installed.
///
/// # Errors
///
/// Node.js or npm missing, a cache that can't be written, npm's own last lines.
pub async fn install(config: &Config, notices: &Notices) -> Result<String, Failure> {
    let node = Node::find().await?;
    let folder = folder(config);
    let _lock = lock(&config.cache.join("canarytrace-install-lighthouse.lock"), "Lighthouse", notices).await?;
    if !is_installed(config) {
        let npm = npm()?;
        notices(format!("installing Lighthouse {VERSION} with npm into {}", folder.display()));
        put_together(&npm, &folder).await?;
    }
    version(&node, &folder).await
}

async fn put_together(npm: &Path, folder: &Path) -> Result<(), Failure> {
    let staging = Staging::create(&folder.with_file_name(".installing"))?;
    for (name, content) in [("package.json", PACKAGE), ("package-lock.json", LOCK), ("run.mjs", RUNNER)] {
        let file = staging.0.join(name);
        fs::write(&file, content).map_err(|error| cannot("write", &file, &error))?;
    }
    // `ci` takes what the lock file names, checks each archive against its hash, and changes nothing. No package of these
    // needs its install script, and one that came with such would run as us.
    let mut command = Command::new(npm);
    command.args(["ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    run(command.current_dir(&staging.0), "npm ci", NPM_LIMIT).await?;
    // What is there by this name is incomplete, or it would have been taken.
    _ = fs::remove_dir_all(folder);
    fs::rename(&staging.0, folder).map_err(|error| cannot("make", folder, &error))
}

/// What the installed one says itself, which also shows that it can be loaded.
async fn version(node: &Node, folder: &Path) -> Result<String, Failure> {
    let mut command = Command::new(&node.program);
    command.arg(folder.join("run.mjs")).arg("--version").env_remove("NODE_OPTIONS");
    let output = run(&mut command, "Lighthouse --version", CHECK_LIMIT).await.map_err(|failure| {
        failure.context(format_args!("Lighthouse in {} can't be loaded; remove that folder", folder.display()))
    })?;
    let version = output.trim().to_owned();
    if version == VERSION {
        Ok(version)
    } else {
        Err(Failure::harness(format!(
            "Lighthouse in {} is {version:?}, not {VERSION}; remove that folder and install it again",
            folder.display()
        )))
    }
}

/// Runs a command to its end and returns its standard output.
async fn run(command: &mut Command, what: &str, limit: Duration) -> Result<String, Failure> {
    let running =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).output();
    let output = tokio::time::timeout(limit, running)
        .await
        .map_err(|_| Failure::harness(format!("`{what}` did not end within {} min", limit.as_secs() / 60)))?
        .map_err(|error| Failure::harness(format!("cannot run `{what}`: {error}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    // npm begins with the reason and ends with how it is used.
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(8).collect();
    Err(Failure::harness(format!("`{what}` failed ({}):\n  {}", output.status, lines.join("\n  "))))
}

/// A folder beside the one that is wanted, so that a rename finishes the work; removed whatever happens.
struct Staging(PathBuf);

impl Staging {
    fn create(path: &Path) -> Result<Self, Failure> {
        // Left by an installer that was killed: we hold the lock, so nobody uses it.
        _ = fs::remove_dir_all(path);
        fs::create_dir_all(path).map_err(|error| cannot("make", path, &error))?;
        Ok(Self(path.to_owned()))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::harness(format!(
        "cannot {what} {}: {error}; the cache must be writable (CANARYTRACE_CACHE)",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn package_and_lock_pin_the_same_version_and_name_no_registry() {
        let package: Value = serde_json::from_str(PACKAGE).unwrap();
        assert_eq!(package["dependencies"]["lighthouse"], VERSION);
        let lock: Value = serde_json::from_str(LOCK).unwrap();
        let packages = lock["packages"].as_object().unwrap();
        assert_eq!(packages["node_modules/lighthouse"]["version"], VERSION);
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            assert!(package["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name}");
            assert!(package["resolved"].is_null(), "{name} names a registry");
        }
    }
}
