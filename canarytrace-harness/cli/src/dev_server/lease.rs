//! Servers that processes share, and that end once none of them is left.
//!
//! Whoever uses such a server holds a [`Lease`], a lock that the kernel gives back however its process ends. A watchdog,
//! which is a process of its own, ends the server when nobody has held one for a while.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::folder::Folder;
use super::home::Home;
use super::lock::Lock;
use super::port::Port;
use super::start::{Options, start_locked};
use super::state::State;

/// How often the watchdog looks.
const POLL: Duration = Duration::from_millis(100);

/// How long the watchdog has until it watches.
const WATCHES: Duration = Duration::from_secs(30);

/// Keeps a shared server alive until it is dropped.
#[derive(Debug)]
pub struct Lease {
    _lock: Lock,
}

/// How a watchdog is started: a program that calls [`watch`] with the arguments that follow its own.
#[derive(Clone, Debug)]
pub struct Watchdog {
    /// The program.
    pub program: PathBuf,
    /// Its first arguments.
    pub arguments: Vec<OsString>,
    /// How long a server is kept that nobody uses.
    pub grace: Duration,
}

/// A server that is shared with every process that asks for the same folder. It is started if it does not run, on
/// `port` if one is given, and ends by a watchdog once its leases have been gone for the grace; its data then go too.
///
/// # Errors
/// Like [`start`](super::start()), and when no watchdog can be started.
pub fn leased(
    folder: &Folder,
    options: Options,
    port: Option<&Port>,
    watchdog: &Watchdog,
    say: &dyn Fn(&str),
) -> anyhow::Result<(State, Lease)> {
    folder.home().make()?;
    let _lock = folder.lock()?;
    let lease = Lease { _lock: Lock::wait_shared(&folder.beside("lease"))? };
    // Before the server: from here on nothing is left behind, whatever happens.
    watchdog.ensure(folder)?;
    if let Some(state) = folder.running()? {
        return Ok((state, lease));
    }
    let found;
    let port = if let Some(port) = port {
        port
    } else {
        found = Port::free(folder.home())?;
        &found
    };
    Ok((start_locked(folder, options, port, say)?, lease))
}

impl Watchdog {
    /// Starts one unless one watches already. The caller has the folder's lock.
    fn ensure(&self, folder: &Folder) -> anyhow::Result<()> {
        let watching = folder.beside("watchdog");
        if Lock::take(&watching)?.is_none() {
            return Ok(());
        }
        let log = folder.beside("watchdog.log");
        let log = File::create(&log).with_context(|| format!("{} can't be written", log.display()))?;
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .arg(folder.home().path())
            .arg(folder.path())
            .arg(self.grace.as_millis().to_string())
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} can't be started", self.program.display()))?;
        let deadline = Instant::now() + WATCHES;
        while Lock::take(&watching)?.is_some() {
            if let Some(status) = child.try_wait()? {
                bail!("the watchdog {} ended with {status}", self.program.display());
            }
            if Instant::now() > deadline {
                bail!("{} does not become a watchdog", self.program.display());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::spawn(move || child.wait());
        Ok(())
    }
}

/// A watchdog: waits until nobody has held a lease for the grace, ends the server and removes its folder. The arguments
/// are those that [`Watchdog`] appends.
///
/// # Errors
/// When the arguments are none, or the server does not end.
pub fn watch(arguments: impl IntoIterator<Item = OsString>) -> anyhow::Result<()> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let [home, folder, grace] = &arguments[..] else { bail!("a watchdog needs home, folder and grace in ms") };
    let grace = grace.to_str().and_then(|grace| grace.parse().ok()).context("the grace is a number of ms")?;
    let folder = Folder::new(Home::at(Path::new(home))?, PathBuf::from(folder));
    watch_folder(&folder, Duration::from_millis(grace))
}

fn watch_folder(folder: &Folder, grace: Duration) -> anyhow::Result<()> {
    // The one that starts us looks by taking it for a moment.
    let deadline = Instant::now() + WATCHES;
    let watching = loop {
        if let Some(watching) = Lock::take(&folder.beside("watchdog"))? {
            break watching;
        }
        if Instant::now() > deadline {
            bail!("another watchdog watches {}", folder.path().display());
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let lease = folder.beside("lease");
    let mut idle_since = None;
    loop {
        std::thread::sleep(POLL);
        if Lock::take(&lease)?.is_none() {
            idle_since = None;
            continue;
        }
        if idle_since.get_or_insert_with(Instant::now).elapsed() < grace {
            continue;
        }
        // Whoever wants the server now has to wait, and then finds neither server nor watchdog.
        let lock = folder.lock()?;
        if Lock::take(&lease)?.is_none() {
            idle_since = None;
            continue;
        }
        let ended = folder.stop_locked().and_then(|_| folder.wipe());
        for ending in ["lease", "watchdog.log"] {
            let _ = fs::remove_file(folder.beside(ending));
        }
        if grace.is_zero() {
            // Nobody else knows this folder. The locks of others stay: somebody may be waiting for them.
            for ending in ["watchdog", "lock"] {
                let _ = fs::remove_file(folder.beside(ending));
            }
        }
        drop(watching);
        drop(lock);
        return ended;
    }
}
