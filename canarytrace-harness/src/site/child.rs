//! The practice site in a process of its own: this executable, started once more.
//!
//! Its life hangs on its standard input, which is a pipe from the process that started it. The kernel closes that pipe
//! however that process ends, `kill -9` included, and then the child ends too.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::record::Failure;
use crate::site::serve_forever;

/// Set by [`start`] for the child that it makes; its value is the port. This is no option for people: `config` has
/// those, and the child must know what it is before any of them is read.
pub const CHILD_VARIABLE: &str = "CANARYTRACE_PRACTICE_SITE";

/// The line that the child writes when it listens begins with this; the URL follows.
const LISTENING: &str = "listening on ";

/// The line that the child writes when it can't begins with this; the reason follows, as a JSON string.
const FAILED: &str = "failed: ";

/// How long the child has to say that it listens. It needs a few ms; the rest is for a machine that is overloaded.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long the child has to end by itself before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// Longest first line of a child that is none, in bytes, that is read for the message.
const LONGEST_LINE: u64 = 4096;

/// A practice site that runs as a child process. Dropping it kills the child; [`SiteProcess::stop`] also waits for its
/// end.
#[derive(Debug)]
pub struct SiteProcess {
    /// Holds the pipe to the child's standard input, too.
    child: Child,
    url: Url,
}

/// Starts the practice site on `port` of 127.0.0.1 (0 takes any free one) and returns when it listens.
///
/// The executable's main must call [`serve_if_child`] before anything else.
///
/// # Errors
///
/// When the port is in use (and by what), when the process can't be started, or when the executable doesn't become a
/// practice site.
pub async fn start(port: u16) -> Result<SiteProcess, Failure> {
    let executable = std::env::current_exe()
        .map_err(|error| Failure::harness(format!("can't start the practice shop: own executable unknown: {error}")))?;
    if own_port().is_some() {
        // Without this check such an executable would start itself for ever.
        return Err(no_site(&executable.display(), "runs on instead of becoming the practice shop"));
    }
    let mut command = Command::new(&executable);
    command
        .env(CHILD_VARIABLE, port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Ctrl+C in a terminal goes to the whole group: the site must outlive it until the run has wound down.
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| {
        Failure::harness(format!("can't start the practice shop: {} does not run: {error}", executable.display()))
    })?;
    match listening_at(&mut child, &executable).await {
        Ok(url) => Ok(SiteProcess { child, url }),
        Err(failure) => {
            // Most have ended by themselves; they are waited for all the same, so that nothing of them is left.
            let _ = child.kill().await;
            Err(failure)
        }
    }
}

/// Where the child listens, as it says.
async fn listening_at(child: &mut Child, executable: &Path) -> Result<Url, Failure> {
    let no_site = |what: &str| no_site(&executable.display(), what);
    let line = tokio::time::timeout(START_LIMIT, first_line(child))
        .await
        .map_err(|_elapsed| no_site(&format!("said nothing for {} s", START_LIMIT.as_secs())))?;
    if let Some(reason) = line.strip_prefix(FAILED) {
        return Err(Failure::harness(serde_json::from_str(reason).unwrap_or_else(|_| reason.to_owned())));
    }
    match line.strip_prefix(LISTENING).and_then(|url| Url::parse(url).ok()) {
        Some(url) => Ok(url),
        None if line.is_empty() => Err(no_site("ended without a word")),
        None => Err(no_site(&format!("answered “{line}”"))),
    }
}

async fn first_line(child: &mut Child) -> String {
    let mut line = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        // What can't be read is as good as not said.
        let _ = BufReader::new(stdout.take(LONGEST_LINE)).read_until(b'\n', &mut line).await;
    }
    String::from_utf8_lossy(&line).trim_end().to_owned()
}

fn no_site(executable: &dyn std::fmt::Display, what: &str) -> Failure {
    Failure::harness(format!(
        "can't start the practice shop: {executable}, started with {CHILD_VARIABLE}, {what}. Its main must call \
         canarytrace::site::serve_if_child() before anything else; or set BASE_URL to a site of your own."
    ))
}

impl SiteProcess {
    /// Where the site is: `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The child's process id, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends the child and waits until it is gone.
    pub async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(STOP_LIMIT, self.child.wait()).await.is_err() {
            // It fails only for a child that is gone already, which is what we want.
            let _ = self.child.kill().await;
        }
    }
}

fn own_port() -> Option<OsString> {
    std::env::var_os(CHILD_VARIABLE)
}

/// Becomes the practice site, and never returns, if [`start`] made this process. To be called first in main: before
/// arguments and options are read, and before any thread is started.
pub fn serve_if_child() {
    if let Some(port) = own_port() {
        std::process::exit(i32::from(serve_as_child(&port) != ExitCode::SUCCESS));
    }
}

fn serve_as_child(port: &OsString) -> ExitCode {
    let Some(port) = port.to_str().and_then(|port| port.parse().ok()) else {
        say_failed(&Failure::harness(format!(
            "{CHILD_VARIABLE} is “{}”, which is no port. Canarytrace sets it for itself: unset it.",
            port.display()
        )));
        return ExitCode::FAILURE;
    };
    let watching = std::thread::Builder::new().name("parent watch".to_owned()).spawn(end_with_parent);
    if let Err(error) = watching {
        say_failed(&Failure::harness(format!("the practice shop can't start a thread: {error}")));
        return ExitCode::FAILURE;
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match serve_forever(address, |actual| say(&format!("{LISTENING}http://{actual}"))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say_failed(&failure);
            ExitCode::FAILURE
        }
    }
}

/// Waits for the end of standard input, which is the end of the parent, and ends the process. A thread does it, and not
/// the runtime, so that nothing that the site does can delay it.
fn end_with_parent() {
    let mut stdin = std::io::stdin().lock();
    let mut ignored = [0; 64];
    loop {
        match stdin.read(&mut ignored) {
            Ok(1..) => {}
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => std::process::exit(0),
        }
    }
}

fn say_failed(failure: &Failure) {
    say(&format!("{FAILED}{}", serde_json::Value::from(failure.message.as_str())));
}

/// Writes the line that [`start`] waits for. If nobody reads it the parent is gone, and the other thread knows.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
