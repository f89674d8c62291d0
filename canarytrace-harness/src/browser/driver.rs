//! chromedriver as our child, and the last words of it and its browser.

use std::collections::VecDeque;
use std::env;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::leftovers::RunFolder;
use super::process::MARKER;
use crate::config::Config;
use crate::record::{Failure, FailureKind};

/// chromedriver is ready in 15 ms; on a machine that swaps it may take longer.
const READY_LIMIT: Duration = Duration::from_secs(15);

/// Lines kept, and characters of each.
const KEPT_LINES: usize = 30;
const KEPT_WIDTH: usize = 400;

/// Lines with these are not kept. A machine without a desktop has no D-Bus, a container no frequency of its CPU, and
/// what the page's scripts log is not the browser's: thirty such lines would push out the one that matters.
const NOISE: [&str; 4] = ["ERROR:dbus/", "WARNING:dbus/", "crashpad/util/file", ":CONSOLE:"];

/// How the lines begin that every chromedriver writes; its port is read from the last of them.
const GREETINGS: [&str; 4] = [
    "Starting ChromeDriver ",
    "Only local connections are allowed.",
    "Please see https://chromedriver.chromium.org/security-considerations",
    "ChromeDriver was started successfully on port ",
];

/// The last lines that driver and browser wrote, for messages about their end.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastWords(Arc<Mutex<VecDeque<String>>>);

impl LastWords {
    fn push(&self, line: &str) {
        let line = line.trim_end();
        if line.is_empty() || NOISE.iter().any(|noise| line.contains(noise)) {
            return;
        }
        // The same for every driver that starts.
        if GREETINGS.iter().any(|greeting| line.starts_with(greeting)) {
            return;
        }
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == KEPT_LINES {
            lines.pop_front();
        }
        lines.push_back(line.chars().take(KEPT_WIDTH).collect());
    }

    /// The lines, indented, after a line break and `introduction`; nothing when there are none.
    pub(crate) fn after(&self, introduction: &str) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.is_empty() {
            return String::new();
        }
        lines.iter().fold(format!("\n{introduction}"), |text, line| format!("{text}\n  {line}"))
    }

    pub(super) fn contains(&self, text: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|line| line.contains(text))
    }

    /// Reads `stream` to its end, for as long as anybody holds its other end, and keeps the last lines. Each line is
    /// offered to `each` as well.
    pub(crate) fn drain(
        &self,
        stream: impl AsyncRead + Send + Unpin + 'static,
        each: Option<mpsc::UnboundedSender<String>>,
    ) -> JoinHandle<()> {
        let kept = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stream).split(b'\n');
            while let Ok(Some(line)) = lines.next_segment().await {
                let line = String::from_utf8_lossy(&line);
                kept.push(&line);
                if let Some(each) = &each {
                    _ = each.send(line.into_owned());
                }
            }
        })
    }
}

/// A chromedriver that was started, ready or not.
#[derive(Debug)]
pub(super) struct Driver {
    pub(super) child: Child,
    pub(super) words: LastWords,
    lines: mpsc::UnboundedReceiver<String>,
}

impl Driver {
    /// Starts `program` as the leader of a process group of its own, at home in `folder`.
    pub(super) fn spawn(config: &Config, program: &Path, folder: &RunFolder) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command
            .arg(format!("--port={}", config.driver_port))
            // The browser's output comes with the driver's: it says why a browser died.
            .arg("--enable-chrome-logs")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        at_home(&mut command, config, folder);
        let mut child = command.spawn().map_err(|error| {
            Failure::new(FailureKind::BrowserCrash, format!("cannot start chromedriver {}: {error}", program.display()))
        })?;
        let words = LastWords::default();
        let (sender, lines) = mpsc::unbounded_channel();
        if let Some(stdout) = child.stdout.take() {
            words.drain(stdout, Some(sender));
        }
        if let Some(stderr) = child.stderr.take() {
            words.drain(stderr, None);
        }
        Ok(Self { child, words, lines })
    }

    /// Waits until it listens. Returns the port; none when its port belongs to another process.
    pub(super) async fn ready(&mut self, program: &Path) -> Result<Option<u16>, Failure> {
        let reading = async {
            while let Some(line) = self.lines.recv().await {
                if let Some(port) = port_in(&line) {
                    return Some(port);
                }
            }
            None
        };
        let failed = |what: String| Failure::new(FailureKind::BrowserCrash, what);
        match tokio::time::timeout(READY_LIMIT, reading).await {
            Ok(Some(port)) => Ok(Some(port)),
            Ok(None) => {
                // Its output is closed, so it has ended; stderr may hold the reason and be a moment later.
                let status = tokio::time::timeout(Duration::from_secs(1), self.child.wait()).await;
                let ended = match status {
                    Ok(Ok(status)) => status.to_string(),
                    _ => "no exit status".to_owned(),
                };
                if self.words.contains("port not available") || self.words.contains("Address already in use") {
                    return Ok(None);
                }
                Err(failed(format!(
                    "chromedriver {} ended before it was ready ({ended}){}",
                    program.display(),
                    self.words.after("its last output:")
                )))
            }
            Err(_) => Err(failed(format!(
                "chromedriver {} was not ready within {} s{}",
                program.display(),
                READY_LIMIT.as_secs(),
                self.words.after("its last output:")
            ))),
        }
    }
}

/// Makes `folder` the home of a driver or browser that is to be started, and known as that of the run.
pub(super) fn at_home(command: &mut Command, config: &Config, folder: &RunFolder) {
    command
        .env(MARKER, folder.path())
        // Nothing is written into the user's home, nor read from it: crash reports, settings, caches.
        .env("HOME", folder.home())
        .env("XDG_CONFIG_HOME", folder.home().join(".config"))
        .env("XDG_CACHE_HOME", folder.home().join(".cache"))
        .env("XDG_DATA_HOME", folder.home().join(".local/share"))
        .env("TMPDIR", folder.temporary())
        // The language of the browser's own texts, such as the button of a file input.
        .env("LANGUAGE", &config.locale)
        // In the locale "C", which containers mostly have, no file with other letters than ASCII in its name can be
        // uploaded.
        .env_remove("LC_ALL")
        .env("LC_CTYPE", "C.UTF-8");
    if let Some(timezone) = &config.timezone {
        command.env("TZ", timezone);
    }
    if let Some(home) = env::home_dir() {
        // What belongs to the desktop of a headed run stays where it is.
        let authority = home.join(".Xauthority");
        if config.headed && env::var_os("XAUTHORITY").is_none() && authority.exists() {
            command.env("XAUTHORITY", authority);
        }
        trust_own_authorities(&home, &folder.home());
    }
}

/// The port in `ChromeDriver was started successfully on port 44597.`
fn port_in(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim().trim_end_matches('.').parse().ok()
}

/// Copies the user's own certificate authorities (NSS, where Chromium on Linux looks for them) into the new home: a
/// company's internal application is trusted by the monitor as it is by the person at this machine.
fn trust_own_authorities(home: &Path, new_home: &Path) {
    for database in [".pki/nssdb", ".local/share/pki/nssdb"] {
        let Ok(files) = std::fs::read_dir(home.join(database)) else { continue };
        let target = new_home.join(database);
        let copied = std::fs::create_dir_all(&target).and_then(|()| {
            files
                .flatten()
                .try_for_each(|file| std::fs::copy(file.path(), target.join(file.file_name())).map(|_bytes| ()))
        });
        if let Err(error) = copied {
            tracing::warn!(%error, database, "the user's own certificate authorities are not trusted in this run");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_drivers_announcement() {
        assert_eq!(port_in("ChromeDriver was started successfully on port 44597."), Some(44597));
        assert_eq!(port_in("ChromeDriver was started successfully on port 44597.\r"), Some(44597));
        assert_eq!(port_in("Starting ChromeDriver 156.0.8078.79 on port 0"), None);
    }

    #[test]
    fn only_the_last_lines_are_kept_and_no_noise_of_the_desktop_bus() {
        let words = LastWords::default();
        for number in 0..100 {
            words.push(&format!("line {number}"));
            words.push("[1:2:ERROR:dbus/bus.cc:405] Failed to connect to the bus");
        }
        let text = words.after("said:");
        assert!(text.starts_with("\nsaid:\n  line 70\n") && text.ends_with("line 99"), "{text}");
    }
}
