//! Starts a browser for one run, or takes one that runs in the pod; ends it so that nothing is left.

use std::fmt;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::process::Child;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use url::Url;

use super::capabilities::{self, Local};
use super::driver::{Driver, LastWords};
use super::find::Pair;
use super::health::{self, Health, Watched, WatchedDriver};
use super::intercept::Interceptor;
use super::leftovers::{self, RunFolder};
use super::process::{self, ProcessId, RunProcesses};
use super::tab;
use super::version;
use crate::config::{Config, Device};
use crate::devtools::{self, CdpError, Connection, Interest};
use crate::record::{Failure, FailureKind};

/// Takes lines for people: what is installed and why, how far a download is.
pub type Notices = Arc<dyn Fn(String) + Send + Sync>;

/// A new session takes about a second; on a machine under load, or with a cold disk, many.
const SESSION_LIMIT: Duration = Duration::from_mins(1);

/// How often a driver that may choose its port is started when the one it chose is taken.
const DRIVER_STARTS: u32 = 5;

/// How long the browser may take to end by itself; killing it comes after.
const END_LIMIT: Duration = Duration::from_secs(1);

/// How long killed processes may take to be gone.
const GONE_LIMIT: Duration = Duration::from_millis(1500);

/// How long they may take in the background when that was not enough.
const SLOW_LIMIT: Duration = Duration::from_secs(30);

/// Smaller than this, `/dev/shm` (64 MB in a plain container) makes tabs crash on large pages.
const SHARED_MEMORY: u64 = 512 * 1024 * 1024;

/// What the browser and its driver say about themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserFacts {
    /// `chrome`.
    pub browser_name: String,
    /// `156.0.8078.79`.
    pub browser_version: String,
    /// The same for the driver.
    pub driver_version: String,
    /// The arguments that we gave to the browser.
    pub args: Vec<String>,
    /// The WebDriver session.
    pub session_id: String,
    /// Where the driver listens.
    pub webdriver_url: String,
    /// The browser's DevTools websocket.
    pub devtools_url: String,
}

/// What a new window is prepared with.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) config: Arc<Config>,
    pub(crate) device: Device,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The options hold secrets.
        f.debug_struct("Options").field("device", &self.device).finish_non_exhaustive()
    }
}

/// A browser that is ready: one tab, on `about:blank`.
///
/// [`close`](Self::close) ends it in an orderly way; dropping it kills it.
pub struct Launched {
    /// WebDriver. It has no time limits of its own.
    pub client: Client,
    /// The DevTools protocol of the first tab.
    pub devtools: devtools::Session,
    /// Who it is.
    pub facts: BrowserFacts,
    /// Changes once, when the browser can't be used any more.
    pub health: watch::Receiver<Health>,
    killer: Killer,
    /// Holds the lock that says that the folder is in use.
    folder: Option<RunFolder>,
    watcher: Option<(oneshot::Sender<()>, JoinHandle<Option<Child>>)>,
    /// The browser's first process; `None` for a browser in the pod.
    pub(crate) process: Option<ProcessId>,
    /// What becomes of requests on their way.
    pub(crate) interceptor: Interceptor,
    /// What windows that the page opens are prepared with.
    pub(crate) options: Options,
}

impl fmt::Debug for Launched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launched").field("facts", &self.facts).field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Ends a browser from anywhere, without a runtime: for panics and the end of the process.
#[derive(Clone, Debug)]
pub struct Killer(Arc<Ending>);

#[derive(Debug)]
struct Ending {
    what: What,
    /// Locked while it is being done: whoever comes second returns only when everything is gone.
    done: Mutex<bool>,
}

#[derive(Debug)]
pub(super) enum What {
    Local { processes: RunProcesses, folder: PathBuf },
    Remote { webdriver: Url, session_id: String },
}

/// Every browser of this process that may still be there.
static LIVING: Mutex<Vec<Weak<Ending>>> = Mutex::new(Vec::new());

/// Browsers that are being killed by threads of their own.
static ENDING: Mutex<Vec<std::thread::JoinHandle<()>>> = Mutex::new(Vec::new());

/// Waits until every browser is gone whose end was left to a thread of its own.
pub(crate) async fn left_to_threads() {
    let threads = std::mem::take(&mut *ENDING.lock().unwrap_or_else(PoisonError::into_inner));
    if threads.is_empty() {
        return;
    }
    let waiting = tokio::task::spawn_blocking(move || {
        for thread in threads {
            // A panic in there was told already.
            _ = thread.join();
        }
    });
    _ = waiting.await;
}

/// Kills every browser of this process, those that are just being started too: for a process that can't wait any more.
pub fn kill_all() {
    let living = std::mem::take(&mut *LIVING.lock().unwrap_or_else(PoisonError::into_inner));
    for ending in living.iter().filter_map(Weak::upgrade) {
        Killer(ending).kill_now();
    }
}

/// A browser of ours that stands still until this is dropped.
#[derive(Debug)]
pub(crate) struct Still(Killer);

impl Drop for Still {
    fn drop(&mut self) {
        self.0.processes(|processes| processes.stand_still(false));
    }
}

impl Killer {
    /// [`kill_now`](Self::kill_now) on a thread of its own, for one that must not be blocked; [`left_to_threads`] waits for
    /// it. `afterwards` is dropped when all is gone.
    pub(super) fn kill_beside(&self, afterwards: impl Send + 'static) {
        let killer = self.clone();
        let thread = std::thread::spawn(move || {
            killer.kill_now();
            drop(afterwards);
        });
        ENDING.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
    }

    /// Stops a browser of ours where it is (`SIGSTOP`): its page takes no processor and notices nothing but the time. One
    /// in the pod goes on.
    pub(crate) fn stand_still(&self) -> Still {
        let still = Still(self.clone());
        self.processes(|processes| processes.stand_still(true));
        still
    }

    pub(super) fn new(what: What) -> Self {
        let ending = Arc::new(Ending { what, done: Mutex::new(false) });
        let mut living = LIVING.lock().unwrap_or_else(PoisonError::into_inner);
        living.retain(|other| other.strong_count() > 0);
        living.push(Arc::downgrade(&ending));
        Self(ending)
    }

    /// Kills the browser's processes and removes its folder, or ends the session in the pod. Blocks for some
    /// milliseconds, at most two seconds. Does nothing when it was done before.
    pub fn kill_now(&self) {
        let mut done = self.0.done.lock().unwrap_or_else(PoisonError::into_inner);
        if *done {
            return;
        }
        *done = true;
        match &self.0.what {
            What::Local { processes, folder } => {
                if !processes.kill_and_wait(GONE_LIMIT) {
                    // A machine this slow gets the time it needs, but not ours.
                    let ending = self.0.clone();
                    std::thread::spawn(move || {
                        if let What::Local { processes, .. } = &ending.what {
                            processes.kill_and_wait(SLOW_LIMIT);
                        }
                    });
                }
                if let Err(error) = leftovers::remove(folder) {
                    tracing::warn!(%error, folder = %folder.display(), "the browser's folder was not removed");
                }
            }
            What::Remote { webdriver, session_id } => {
                if let Err(error) = delete_session(webdriver, session_id) {
                    tracing::warn!(%error, "the WebDriver session was not ended");
                }
            }
        }
    }
}

/// Starts a browser for one run, or opens a session in the one at `webdriver_url`.
///
/// # Errors
///
/// What is missing and what to do: nothing found and installing forbidden, versions that don't agree, a port in use, a
/// browser that crashes at start (kind `browser_crash`, with the end of its output).
pub async fn launch(config: &Config, device: Device, notices: &Notices) -> Result<Launched, Failure> {
    match &config.webdriver_url {
        Some(url) => launch_in_pod(config, device, url).await,
        None => launch_here(config, device, notices).await,
    }
}

async fn launch_here(config: &Config, device: Device, notices: &Notices) -> Result<Launched, Failure> {
    let pair = super::install::ready(config, notices).await?;
    match start(config, device, &pair).await {
        Ok(launched) => Ok(launched),
        Err(failure) => {
            // Versions that don't agree are the commonest reason, and chromedriver does not tell which file is the
            // wrong one. Asking both files before each start would cost every run what only this case needs.
            version::check(&pair).await?;
            Err(failure)
        }
    }
}

async fn start(config: &Config, device: Device, pair: &Pair) -> Result<Launched, Failure> {
    process::adopt_orphans();
    let mut folder = RunFolder::create()?;
    let killer = Killer::new(What::Local {
        processes: RunProcesses::new(folder.path(), None),
        folder: folder.path().to_owned(),
    });
    // From here on something exists that has to go, also when this future is dropped.
    let guard = KillOnDrop(Some(killer.clone()));
    let mut starts = 0;
    let (driver, port) = loop {
        let mut driver = Driver::spawn(config, &pair.driver, &folder)?;
        let driver_id = driver.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(ProcessId::of);
        killer.processes(|processes| processes.set_driver(driver_id));
        folder.write_owner(driver_id)?;
        if let Some(port) = driver.ready(&pair.driver).await? {
            break (driver, port);
        }
        starts += 1;
        // The driver takes a free port of IPv4 and wants the same one of IPv6, which may be another's by then.
        if config.driver_port != 0 || starts == DRIVER_STARTS {
            return Err(Failure::harness(format!(
                "chromedriver cannot listen on port {}: another process does; stop that one, or choose another port \
                 with CANARYTRACE_DRIVER_PORT (0 takes any free one)",
                config.driver_port
            )));
        }
    };
    let profile = folder.profile();
    let local = local(&pair.browser, &profile);
    let webdriver = format!("http://127.0.0.1:{port}/");
    let webdriver = Url::parse(&webdriver).map_err(|error| Failure::harness(format!("{webdriver}: {error}")))?;
    let words = driver.words.clone();
    let opened = open_session(config, device, &webdriver, Some(local), &words).await;
    let opened = opened.map_err(|failure| explain(failure, pair, &words))?;
    killer.processes(RunProcesses::remember);
    let browser = opened.process.and_then(ProcessId::of);
    let driver = WatchedDriver::Child(Box::new(driver.child));
    let launched = finish(config, device, opened, killer, Some(folder), browser, driver, words).await?;
    guard.disarm();
    Ok(launched)
}

/// What a browser on this machine is started with.
pub(super) fn local<'a>(binary: &'a Path, profile: &'a Path) -> Local<'a> {
    Local {
        binary,
        profile,
        root: rustix::process::geteuid().is_root(),
        small_shared_memory: shared_memory().is_some_and(|bytes| bytes < SHARED_MEMORY),
    }
}

async fn launch_in_pod(config: &Config, device: Device, url: &Url) -> Result<Launched, Failure> {
    let mut webdriver = url.clone();
    if !webdriver.path().ends_with('/') {
        // Paths are appended to it: `/wd/hub` must stay a part.
        webdriver.set_path(&format!("{}/", url.path()));
    }
    if webdriver.scheme() != "http" {
        return Err(Failure::harness(format!(
            "WEBDRIVER_URL {url}: only http is supported; the browser runs in the same pod, beside us"
        )));
    }
    wait_until_ready(&webdriver, config.wait_for_timeout).await?;
    let words = LastWords::default();
    let opened = open_session(config, device, &webdriver, None, &words).await?;
    let killer = Killer::new(What::Remote { webdriver: webdriver.clone(), session_id: opened.session_id.clone() });
    let guard = KillOnDrop(Some(killer.clone()));
    let driver = WatchedDriver::Remote(webdriver);
    let launched = finish(config, device, opened, killer, None, None, driver, words).await?;
    guard.disarm();
    Ok(launched)
}

/// Kills when dropped, unless disarmed.
struct KillOnDrop(Option<Killer>);

impl KillOnDrop {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        if let Some(killer) = &self.0 {
            killer.kill_now();
        }
    }
}

impl Killer {
    pub(super) fn processes(&self, then: impl FnOnce(&RunProcesses)) {
        if let What::Local { processes, .. } = &self.0.what {
            then(processes);
        }
    }
}

/// A WebDriver session that was just opened.
struct Opened {
    client: Client,
    session_id: String,
    capabilities: Value,
    process: Option<i32>,
    args: Vec<String>,
    webdriver: Url,
}

async fn open_session(
    config: &Config,
    device: Device,
    webdriver: &Url,
    local: Option<Local<'_>>,
    words: &LastWords,
) -> Result<Opened, Failure> {
    let failed = |text: String| Failure::new(FailureKind::BrowserCrash, text);
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities::capabilities(config, device, local));
    let client = tokio::time::timeout(SESSION_LIMIT, builder.connect(webdriver.as_str()))
        .await
        .map_err(|_| {
            failed(format!(
                "the browser did not start within {} s{}",
                SESSION_LIMIT.as_secs(),
                words.after("last output of browser and driver:")
            ))
        })?
        .map_err(|error| failed(format!("the browser did not start: {error}")))?;
    let response = client.session_creation_response();
    let session_id = response.map(|response| response.session_id().to_owned()).unwrap_or_default();
    let capabilities = Value::Object(client.capabilities().cloned().unwrap_or_default());
    let process = capabilities["goog:processID"].as_i64().and_then(|pid| i32::try_from(pid).ok());
    let args = capabilities::arguments(config, device, local);
    Ok(Opened { client, session_id, capabilities, process, args, webdriver: webdriver.clone() })
}

#[expect(clippy::too_many_arguments, reason = "the two kinds of launch meet here and share nothing else")]
async fn finish(
    config: &Config,
    device: Device,
    opened: Opened,
    killer: Killer,
    folder: Option<RunFolder>,
    browser: Option<ProcessId>,
    driver: WatchedDriver,
    words: LastWords,
) -> Result<Launched, Failure> {
    let Opened { client, session_id, capabilities, args, webdriver, .. } = opened;
    let preparing = async {
        // Each takes a browser that was just started some milliseconds: what needs nothing of the other goes together.
        let connecting = async {
            let devtools_url = devtools_url(&capabilities).await?;
            let connection = Connection::connect(&devtools_url).await.map_err(lost)?;
            Ok::<_, Failure>((devtools_url, connection))
        };
        let window = async {
            let no_window = |error| format!("the browser has no window: {error}");
            client.window().await.map_err(|error| Failure::new(FailureKind::BrowserCrash, no_window(error)))
        };
        let ((devtools_url, connection), handle) = tokio::try_join!(connecting, window)?;
        let events = connection.subscribe_to(Interest { methods: &["Target.targetCrashed"], session: None });
        let handle = String::from(handle);
        // Tells which targets are pages, and when one crashes.
        let discover = async {
            connection.send(None, "Target.setDiscoverTargets", json!({ "discover": true })).await.map_err(lost)
        };
        let attach = async { devtools::Session::attach(&connection, &handle).await.map_err(lost) };
        let (_, tab, ()) = tokio::try_join!(discover, attach, show_nothing(&client, folder.is_none()))?;
        tab::prepare(&tab, config, device).await.map_err(lost)?;
        let first = (tab.id(), tab.target_id());
        let interceptor = Interceptor::start(&connection, config, first).await.map_err(lost)?;
        Ok::<_, Failure>((devtools_url, connection, events, tab, interceptor))
    };
    let (devtools_url, connection, events, tab, interceptor) =
        tokio::time::timeout(SESSION_LIMIT, preparing).await.map_err(|_| {
            Failure::new(FailureKind::BrowserCrash, "the browser started, but its first tab does not answer")
        })??;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = text(&capabilities["chrome"]["chromedriverVersion"]);
    let facts = BrowserFacts {
        browser_name: text(&capabilities["browserName"]),
        browser_version: text(&capabilities["browserVersion"]),
        driver_version: told.split_whitespace().next().unwrap_or_default().to_owned(),
        args,
        session_id,
        webdriver_url: webdriver.to_string(),
        devtools_url,
    };
    let (death, health) = watch::channel(Health::Alive);
    let (stop, asked_to_stop) = oneshot::channel();
    let first_tab = tab.target_id().to_owned();
    let observed = Watched { connection, events, first_tab, browser, driver, words };
    let watcher = tokio::spawn(health::watch(observed, death, asked_to_stop));
    let options = Options { config: Arc::new(config.clone()), device };
    Ok(Launched {
        client,
        devtools: tab,
        facts,
        health,
        killer,
        folder,
        watcher: Some((stop, watcher)),
        process: browser,
        interceptor,
        options,
    })
}

impl Launched {
    /// The private folder of the run; `None` for a browser in the pod.
    pub(crate) fn folder(&self) -> Option<&Path> {
        self.folder.as_ref().map(RunFolder::path)
    }

    /// Ends everything that was started for the session. Takes about 0.1 s, at most 3 s.
    pub async fn close(mut self) {
        let in_pod = matches!(self.killer.0.what, What::Remote { .. });
        // A session in the pod is ended, also when its tab crashed. A browser of ours is killed: nobody reads its
        // profile again, which it would take 0.2 s to write back. (chromedriver kills browsers whose profiles it made.)
        if in_pod {
            let ending = self.client.clone().close();
            if !matches!(tokio::time::timeout(END_LIMIT, ending).await, Ok(Ok(()))) {
                tracing::debug!("the WebDriver session did not end by itself");
            }
        }
        let child = match self.watcher.take() {
            Some((stop, watcher)) => {
                _ = stop.send(());
                watcher.await.ok().flatten()
            }
            None => None,
        };
        if in_pod {
            // Deleted above; a second time when that failed would only wait for a server that doesn't answer.
            *self.killer.0.done.lock().unwrap_or_else(PoisonError::into_inner) = true;
            return;
        }
        // Looking through all processes and waiting for them blocks: not on a thread of the runtime.
        let killer = self.killer.clone();
        _ = tokio::task::spawn_blocking(move || killer.kill_now()).await;
        if let Some(mut child) = child {
            _ = tokio::time::timeout(Duration::from_millis(500), child.wait()).await;
        }
    }

    /// What ends this browser without awaiting anything: for signal handlers' threads and panics.
    pub fn killer(&self) -> Killer {
        self.killer.clone()
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        if let Some((_, watcher)) = self.watcher.take() {
            watcher.abort();
        }
        self.killer.kill_now();
        // Unlocked last: until now nobody else may take the folder for a leftover.
        self.folder.take();
    }
}

/// Leaves the first tab on `about:blank`.
///
/// A browser of ours starts there. One with a profile of chromedriver's making shows `about:blank` only for the moment
/// before it loads `data:,`, so that is never taken for granted.
async fn show_nothing(client: &Client, in_pod: bool) -> Result<(), Failure> {
    let failed = |error: fantoccini::error::CmdError| {
        Failure::new(FailureKind::BrowserCrash, format!("the browser started, but shows no empty page: {error}"))
    };
    if in_pod || client.current_url().await.map_err(failed)?.as_str() != "about:blank" {
        client.goto("about:blank").await.map_err(failed)?;
    }
    Ok(())
}

/// Selenium's address goes through its server; chromedriver tells the browser's own.
async fn devtools_url(capabilities: &Value) -> Result<String, Failure> {
    if let Some(url) = capabilities["se:cdp"].as_str() {
        return Ok(url.to_owned());
    }
    match capabilities["goog:chromeOptions"]["debuggerAddress"].as_str() {
        Some(address) => devtools::browser_websocket(address).await.map_err(lost),
        None => Err(Failure::harness(
            "the WebDriver server names no DevTools address (neither se:cdp nor goog:chromeOptions.debuggerAddress): \
             only Chromium and Chrome can be used",
        )),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn lost(error: CdpError) -> Failure {
    let failure = Failure::new(FailureKind::BrowserCrash, error.to_string());
    match error {
        CdpError::Refused { .. } => failure.context("the browser refused to be set up"),
        CdpError::Connect { .. } => failure.context(
            "the browser started, but its DevTools can't be reached (in a pod it must listen on the same localhost)",
        ),
        _ => failure.context("the browser died while it was set up"),
    }
}

fn explain(failure: Failure, pair: &Pair, words: &LastWords) -> Failure {
    let output = words.after("last output of browser and driver:");
    let no_display = "Missing X server";
    let advice = if output.contains(no_display) {
        "\nCANARYTRACE_HEADED=1 needs a display: set DISPLAY, or run it under xvfb-run"
    } else {
        ""
    };
    let message = if failure.message.contains("last output") {
        failure.message
    } else {
        format!(
            "{}\nbrowser {}, driver {}{advice}{output}",
            failure.message,
            pair.browser.display(),
            pair.driver.display()
        )
    };
    Failure { message, ..failure }
}

/// A browser in the pod may still come up beside us.
async fn wait_until_ready(webdriver: &Url, limit: Duration) -> Result<(), Failure> {
    let status = webdriver
        .join("status")
        .map_err(|error| Failure::harness(format!("WEBDRIVER_URL {webdriver} takes no path: {error}")))?;
    let deadline = Instant::now() + limit;
    loop {
        let why = match devtools::get_json(status.as_str(), Duration::from_secs(5)).await {
            Ok(answer) if answer["value"]["ready"] == true => return Ok(()),
            Ok(answer) => {
                format!("it is not ready: {}", answer["value"]["message"].as_str().unwrap_or("no reason given"))
            }
            Err(error) => error,
        };
        if Instant::now() > deadline {
            return Err(Failure::harness(format!(
                "no WebDriver server at {webdriver} after {} s: {why}; start chromedriver or Selenium there, or \
                 correct WEBDRIVER_URL, or leave it out to have a browser started here",
                limit.as_secs_f32()
            )));
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// `DELETE /session/<id>` without a runtime.
fn delete_session(webdriver: &Url, session_id: &str) -> std::io::Result<()> {
    let url = webdriver.join(&format!("session/{session_id}")).map_err(std::io::Error::other)?;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    let address = (host.trim_matches(['[', ']']), port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| std::io::Error::other(format!("{host} has no address")))?;
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_millis(500))?;
    stream.set_read_timeout(Some(END_LIMIT))?;
    stream.set_write_timeout(Some(Duration::from_millis(500)))?;
    write!(stream, "DELETE {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n", url.path())?;
    stream.read_exact(&mut [0; 12])
}

fn shared_memory() -> Option<u64> {
    let data = rustix::fs::statvfs("/dev/shm").ok()?;
    Some(data.f_bavail * data.f_frsize)
}
