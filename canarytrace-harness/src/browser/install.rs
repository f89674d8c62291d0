//! Installs browser and driver when there are none, unless that is forbidden.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::chrome_for_testing;
use super::find::{self, Pair, Search};
use super::launch::Notices;
use crate::config::Config;
use crate::record::{Failure, Fault};

/// What Debian calls them. A browser without any font draws empty pages, and so measures the wrong thing.
const PACKAGES: [&str; 3] = ["chromium", "chromium-driver", "fonts-liberation"];

/// 100 MB of packages over a slow line.
const APT_LIMIT: Duration = Duration::from_mins(15);

/// What is installed, for people who wait.
const BROWSER: &str = "the browser";

const FORBID: &str = "forbid this with CANARYTRACE_BROWSER_INSTALL=no";

/// Browser and driver: found, else installed. Whether they fit together shows when they are started.
///
/// # Errors
///
/// When there is none and installing is forbidden or fails.
pub async fn ready(config: &Config, notices: &Notices) -> Result<Pair, Failure> {
    match find::find(config)? {
        Search::Found(pair) => {
            // Files that are there may still lack their libraries.
            installed(&lock_path(config), BROWSER, notices).await;
            Ok(pair)
        }
        Search::Missing(what) => {
            if config.browser.is_some() || config.chromedriver.is_some() {
                return Err(Failure::harness(format!(
                    "{what}; with CANARYTRACE_BROWSER or CANARYTRACE_CHROMEDRIVER set, nothing is installed: name both"
                )));
            }
            if !config.browser_install {
                return Err(Failure::harness(format!(
                    "{what}, and CANARYTRACE_BROWSER_INSTALL=no forbids to install them; install the packages chromium \
                     and chromium-driver, or name the files with CANARYTRACE_BROWSER and CANARYTRACE_CHROMEDRIVER, or \
                     allow it with CANARYTRACE_BROWSER_INSTALL=yes"
                )));
            }
            install(config, &what, notices).await
        }
    }
}

/// Installs browser and driver: by apt on Debian as root, else Chrome for Testing into the cache. A mirror for Chrome
/// for Testing chooses the latter.
///
/// Several processes may call this at once: one installs, the others wait and take what it installed.
///
/// # Errors
///
/// Why it failed: apt's own last lines, or what happened to which download.
pub async fn install(config: &Config, missing: &str, notices: &Notices) -> Result<Pair, Failure> {
    let _lock = lock(&lock_path(config), BROWSER, notices).await?;
    // While we waited, another process may have installed it.
    if by_apt(config) {
        if let Search::Found(pair) = find::find(config)? {
            return Ok(pair);
        }
        apt(missing, notices).await?;
        match find::find(config)? {
            Search::Found(pair) => Ok(pair),
            Search::Missing(what) => Err(failed(format!("apt-get installed {}, but {what}", PACKAGES.join(" ")))),
        }
    } else {
        chrome_for_testing::install(config, missing, FORBID, notices).await
    }
}

fn by_apt(config: &Config) -> bool {
    config.browser_mirror.is_none() && is_debian() && rustix::process::geteuid().is_root()
}

/// Packages are the machine's, so whoever installs them is alone on it; a download is its cache's.
fn lock_path(config: &Config) -> PathBuf {
    let machine = Path::new("/run/lock");
    let folder = if by_apt(config) && machine.is_dir() { machine } else { &config.cache };
    folder.join("canarytrace-install.lock")
}

pub(super) fn failed(message: String) -> Failure {
    Failure::harness(message).blame(Fault::Browser)
}

/// Debian itself: Ubuntu's package of that name is an empty hull around a snap, which can't run in containers.
fn is_debian() -> bool {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release.lines().any(|line| matches!(line, "ID=debian" | "ID=\"debian\"" | "ID=raspbian"))
        && Path::new("/usr/bin/apt-get").exists()
}

async fn apt(missing: &str, notices: &Notices) -> Result<(), Failure> {
    notices(format!("{missing}; installing {} with apt-get ({FORBID})", PACKAGES.join(" ")));
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(PACKAGES);
    // A fresh container has no lists, an old one has lists of packages that are gone.
    let has_lists = fs::read_dir("/var/lib/apt/lists").is_ok_and(|entries| {
        entries.flatten().any(|entry| entry.file_name().as_encoded_bytes().ends_with(b"_Packages"))
    });
    if has_lists && apt_get(&install).await.is_ok() {
        return Ok(());
    }
    apt_get(&["update"]).await?;
    apt_get(&install).await
}

/// How long is waited between two looks whether another apt is done.
const APT_BUSY: Duration = Duration::from_secs(1);

/// Runs apt-get; while another one is at work, waits for its end.
async fn apt_get(args: &[&str]) -> Result<(), Failure> {
    let deadline = Instant::now() + APT_LIMIT;
    loop {
        // apt waits for the lock of the packages itself, but not for that of the lists.
        match apt_get_once(args).await {
            Err(failure) if failure.message.contains("Could not get lock") && Instant::now() < deadline => {
                tokio::time::sleep(APT_BUSY).await;
            }
            result => return result,
        }
    }
}

async fn apt_get_once(args: &[&str]) -> Result<(), Failure> {
    let what = format!("apt-get {}", args.join(" "));
    let running = Command::new("apt-get")
        .args(["-q", "-o", "DPkg::Lock::Timeout=300"])
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(APT_LIMIT, running)
        .await
        .map_err(|_| failed(format!("`{what}` did not end within {} min", APT_LIMIT.as_secs() / 60)))?
        .map_err(|error| failed(format!("cannot run `{what}`: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let last = tail(&[output.stdout, output.stderr]);
    Err(failed(format!("`{what}` failed ({}); its last lines:\n  {last}", output.status)))
}

/// The last lines of outputs, indented.
pub(crate) fn tail(outputs: &[Vec<u8>]) -> String {
    let text: String = outputs.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(8)..].join("\n  ")
}

/// Held by whoever installs `what`. The kernel releases it when its process ends, however that happens.
pub(crate) async fn lock(path: &Path, what: &str, notices: &Notices) -> Result<File, Failure> {
    let cannot = |error: std::io::Error| {
        failed(format!(
            "cannot lock {}: {error}; the cache must be a writable folder (CANARYTRACE_CACHE)",
            path.display()
        ))
    };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(cannot)?;
    wait_for(what, notices, || file.try_lock()).await.map_err(cannot)?;
    Ok(file)
}

/// Waits until nobody installs any more. Without a lock that can be read, nobody does.
async fn installed(path: &Path, what: &str, notices: &Notices) {
    if let Ok(file) = File::open(path) {
        // A file system that knows no locks has no installer that holds one.
        let _ = wait_for(what, notices, || file.try_lock_shared()).await;
    }
}

async fn wait_for(
    what: &str,
    notices: &Notices,
    mut try_lock: impl FnMut() -> Result<(), TryLockError>,
) -> std::io::Result<()> {
    let mut told = false;
    loop {
        match try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {
                if !told {
                    notices(format!("waiting for another process that installs {what}"));
                    told = true;
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}
