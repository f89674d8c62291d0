//! The page API: navigation, elements, and what a page is like.

use std::sync::Arc;
use std::time::Duration;

use fantoccini::Client;
use fantoccini::error::{CmdError, ErrorStatus};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use super::element::Element;
use super::expect::{Expect, Subject};
use super::health::Health;
use super::launch::Launched;
use super::locator::Locator;
use super::net_error::navigation_failure;
use super::network::{DocumentResponse, NetworkTracker};
use super::soft::SoftFailures;
use crate::devtools::Session;
use crate::record::{Failure, FailureKind, Fault};

type Result<T = ()> = std::result::Result<T, Failure>;

/// What a command of the driver returns.
type DriverResult<T> = std::result::Result<T, CmdError>;

/// How often a condition on the page is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(40);

/// How long a dead browser may take to be noticed after a command to it failed.
const DEATH_NOTICE: Duration = Duration::from_millis(1500);

/// How long a window that closes itself may take to be gone.
const CLOSING_LIMIT: Duration = Duration::from_millis(500);

/// How long evidence of a failure may take to be collected.
const EVIDENCE_LIMIT: Duration = Duration::from_secs(2);

/// The page that the browser shows. Cheap to clone; all clones are the same page.
#[derive(Clone, Debug)]
pub struct Page {
    core: Arc<Core>,
}

#[derive(Debug)]
struct Core {
    client: Client,
    devtools: Session,
    network: NetworkTracker,
    health: watch::Receiver<Health>,
    base_url: Option<Url>,
    wait_for_timeout: Duration,
    slowmo: Duration,
    soft: SoftFailures,
}

/// What came of a navigation.
#[derive(Clone, Debug, PartialEq)]
pub struct Navigation {
    /// The URL that answered, after redirects.
    pub url: String,
    /// Status of the answer; `None` for pages that don't come over HTTP.
    pub status: Option<u16>,
    /// Status text of the answer; HTTP/2 and later have none.
    pub status_text: Option<String>,
    /// End of the load event in ms since the start of the navigation (Navigation Timing Level 2 `loadEventEnd`).
    pub load_event_end: Option<f64>,
}

#[derive(Deserialize)]
struct NavigationEntry {
    url: String,
    status: u16,
    load_event_end: f64,
    error_page: bool,
}

const NAVIGATION_ENTRY: &str = "const n = performance.getEntriesByType('navigation')[0]; \
    return n ? {url: n.name, status: n.responseStatus || 0, load_event_end: n.loadEventEnd, \
    error_page: location.protocol === 'chrome-error:'} : null;";

impl Page {
    /// The page of a browser that was just launched; what `expect_soft` notes goes to `soft`.
    pub(crate) async fn new(
        launched: &Launched,
        base_url: Option<Url>,
        wait_for_timeout: Duration,
        slowmo: Duration,
        soft: SoftFailures,
    ) -> Result<Self> {
        let network = NetworkTracker::start(&launched.devtools, launched.devtools.target_id().to_owned())
            .await
            .map_err(|error| Failure::new(FailureKind::BrowserCrash, format!("DevTools did not answer: {error}")))?;
        Ok(Self {
            core: Arc::new(Core {
                client: launched.client.clone(),
                devtools: launched.devtools.clone(),
                network,
                health: launched.health.clone(),
                base_url,
                wait_for_timeout,
                slowmo,
                soft,
            }),
        })
    }

    /// Opens a URL, relative to `BASE_URL`, and waits for the page's load event.
    ///
    /// # Errors
    /// [`FailureKind::HttpStatus`] when the answer's status is 400 or above (see [`navigate`](Self::navigate) for pages
    /// that should answer so), and all errors of `navigate`.
    pub async fn goto(&self, url: &str) -> Result<Navigation> {
        let navigation = self.navigate(url).await?;
        match navigation.status {
            Some(status @ 400..) => {
                Err(http_status_failure(&navigation.url, status, navigation.status_text.as_deref()))
            }
            _ => Ok(navigation),
        }
    }

    /// Opens a URL, relative to `BASE_URL`, and waits for the page's load event, whatever the server answers.
    ///
    /// # Errors
    /// [`FailureKind::Navigation`] or [`FailureKind::Tls`] when the browser could not open it,
    /// [`FailureKind::Timeout`] when the page did not finish loading within `WAIT_FOR_TIMEOUT`, with what is still loading,
    /// [`FailureKind::Assertion`] when a dialog stood in the way, with its text.
    pub async fn navigate(&self, url: &str) -> Result<Navigation> {
        let url = self.resolve(url)?;
        self.load(&format!("open {url}"), self.core.client.goto(url.as_str())).await
    }

    /// Loads the page again and waits for its load event.
    pub async fn reload(&self) -> Result<Navigation> {
        self.load("reload the page", self.core.client.refresh()).await
    }

    /// Goes back one entry in the history.
    pub async fn back(&self) -> Result<Navigation> {
        self.load("go back", self.core.client.back()).await
    }

    /// Gives a command that loads a page and waits until the page's load event is over.
    async fn load(&self, what: &str, command: impl Future<Output = DriverResult<()>>) -> Result<Navigation> {
        self.core.network.begin_navigation();
        self.driver(what, command).await?;
        let deadline = Instant::now() + self.core.wait_for_timeout;
        loop {
            let entry: Option<NavigationEntry> = self.script(what, NAVIGATION_ENTRY, vec![]).await?;
            match entry {
                // Not every error of a navigation is one of the driver's: an endless redirect is none for it.
                Some(entry) if entry.error_page => match self.core.network.failed_document() {
                    Some(error) => return Err(navigation_failure(what.trim_start_matches("open "), &error)),
                    None if Instant::now() >= deadline => return Err(self.never_loaded(&entry.url)),
                    None => tokio::time::sleep(POLL).await,
                },
                Some(entry) if entry.load_event_end > 0.0 => {
                    let document = self.core.network.last_document();
                    let status_text = document
                        // The fragment is not part of what the server was asked for.
                        .filter(|document| document.url.split('#').next() == entry.url.split('#').next())
                        .map(|document| document.status_text)
                        .filter(|text| !text.is_empty());
                    return Ok(Navigation {
                        status: Some(entry.status).filter(|status| *status != 0),
                        status_text,
                        load_event_end: Some(entry.load_event_end),
                        url: entry.url,
                    });
                }
                Some(entry) if Instant::now() >= deadline => return Err(self.never_loaded(&entry.url)),
                // Pages without the entry (a PDF viewer, chrome://) have no load event that we could read.
                None if Instant::now() >= deadline => return Err(self.never_loaded("the page")),
                _ => tokio::time::sleep(POLL).await,
            }
        }
    }

    fn never_loaded(&self, url: &str) -> Failure {
        let limit = self.core.wait_for_timeout;
        let (urls, count) = self.core.network.still_loading(5);
        let message = if self.core.network.no_answer() {
            // After redirects it is another server that is silent.
            let silent = urls.iter().find(|silent| *silent != url).filter(|_| count == 1);
            let to = silent.map(|silent| format!(" to {silent}, where it was redirected to,")).unwrap_or_default();
            format!("{url}: no answer{to} within {limit:?} (WAIT_FOR_TIMEOUT)")
        } else if count > 0 {
            let urls = urls.join(", ");
            format!("{url} did not finish loading within {limit:?} (WAIT_FOR_TIMEOUT); still loading ({count}): {urls}")
        } else {
            format!("{url} did not finish loading within {limit:?} (WAIT_FOR_TIMEOUT)")
        };
        Failure::new(FailureKind::Timeout, message)
    }

    /// The absolute URL that `url` means.
    fn resolve(&self, url: &str) -> Result<Url> {
        let parsed = match &self.core.base_url {
            Some(base) => base.join(url),
            None => Url::parse(url),
        };
        parsed.map_err(|error| {
            let hint = if self.core.base_url.is_none() { " (relative URLs need BASE_URL)" } else { "" };
            Failure::harness(format!("\"{url}\" is no URL that can be opened: {error}{hint}"))
        })
    }

    /// The page's title.
    pub async fn title(&self) -> Result<String> {
        self.driver("read the title", self.core.client.title()).await
    }

    /// The page's URL.
    pub async fn url(&self) -> Result<String> {
        self.driver("read the URL", self.core.client.current_url()).await.map(String::from)
    }

    /// Runs JavaScript in the page, as the body of a function with `arguments`, and returns what it returns.
    pub async fn evaluate<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> Result<T> {
        self.script("run a script in the page", script, arguments).await
    }

    /// Runs JavaScript as a part of what a message calls `what`.
    pub(crate) async fn script<T: DeserializeOwned>(
        &self,
        what: &str,
        script: &str,
        arguments: Vec<Value>,
    ) -> Result<T> {
        let value = self.driver(what, self.core.client.execute(script, arguments)).await?;
        match serde_json::from_value(value.clone()) {
            Ok(value) => Ok(value),
            // What chromedriver answers when the window closes while the script runs.
            Err(_) if value.is_null() && self.has_no_window().await => {
                Err(no_window().context(format_args!("could not {what}")))
            }
            Err(error) => Err(Failure::new(
                FailureKind::Assertion,
                format!("the script returned {value}, which is not what was wanted: {error}"),
            )),
        }
    }

    /// The element that `locator` finds once it is asked for; nothing is looked up yet.
    pub fn find(&self, locator: Locator) -> Element {
        Element::new(self.clone(), locator)
    }

    /// Something to be expected of the page: [`title()`](super::title), [`url()`](super::url) or a locator.
    pub fn expect(&self, subject: impl Into<Subject>) -> Expect {
        Expect::new(self.clone(), subject.into())
    }

    /// Like [`expect`](Self::expect), but a failure is noted and the journey goes on; the monitor fails at its end.
    pub fn expect_soft(&self, subject: impl Into<Subject>) -> Expect {
        Expect::new(self.clone(), subject.into()).softly()
    }

    /// The `WebDriver` client, for what this API does not offer. Its calls have no time limit of their own.
    pub fn webdriver(&self) -> &Client {
        &self.core.client
    }

    /// The `DevTools` session of the tab, for what this API does not offer.
    pub fn devtools(&self) -> &Session {
        &self.core.devtools
    }

    /// What the server answered to the last navigation, also when the page never finished loading.
    pub(crate) fn last_answer(&self) -> Option<DocumentResponse> {
        self.core.network.last_document()
    }

    /// The failures of `expect_soft` so far, of all pages of this browser.
    pub(crate) fn soft_failures(&self) -> &SoftFailures {
        &self.core.soft
    }

    /// Whether the browser lives.
    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.core.health.clone()
    }

    /// Whether the browser lives, as far as is known.
    pub(crate) fn is_alive(&self) -> bool {
        *self.core.health.borrow() == Health::Alive
    }

    /// The pause after each action: `SLOWMO`.
    #[expect(dead_code, reason = "the actions will pause")]
    pub(crate) fn slowmo(&self) -> Duration {
        self.core.slowmo
    }

    /// How long element waits and expectations wait: `WAIT_FOR_TIMEOUT`.
    pub(crate) fn wait_for_timeout(&self) -> Duration {
        self.core.wait_for_timeout
    }

    /// Runs a command of the driver. A browser that dies meanwhile ends it.
    pub(crate) async fn driver<T>(&self, what: &str, command: impl Future<Output = DriverResult<T>>) -> Result<T> {
        self.command(command).await.map_err(|error| match error {
            CommandError::Dead(failure) => failure.context(format_args!("could not {what}")),
            CommandError::Command(error) => self.classify(what, &error),
        })
    }

    /// Like [`driver`](Self::driver), for callers that handle some of the driver's errors themselves.
    pub(crate) async fn command<T>(
        &self,
        command: impl Future<Output = DriverResult<T>>,
    ) -> std::result::Result<T, CommandError> {
        let mut health = self.core.health.clone();
        let error = tokio::select! {
            failure = death(&mut health) => return Err(CommandError::Dead(failure)),
            result = command => match result {
                Ok(value) => return Ok(value),
                Err(error) => error,
            },
        };
        if may_mean_death(&error)
            && let Ok(failure) = tokio::time::timeout(DEATH_NOTICE, death(&mut health)).await
        {
            return Err(CommandError::Dead(failure));
        }
        if may_mean_no_window(&error) && self.has_no_window().await {
            return Err(CommandError::Dead(no_window()));
        }
        Err(CommandError::Command(error))
    }

    /// Whether the last window is closed. Chromium itself lives on without one. Only asked after an answer that makes
    /// no sense otherwise: a window that is just closing is still listed for a moment.
    async fn has_no_window(&self) -> bool {
        let closed = async {
            while !self.core.client.windows().await.is_ok_and(|windows| windows.is_empty()) {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(CLOSING_LIMIT, closed).await.is_ok()
    }

    /// Turns an error of the driver into a failure that says what to do.
    pub(crate) fn classify(&self, what: &str, error: &CmdError) -> Failure {
        let CmdError::Standard(error) = error else {
            return Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {error}"));
        };
        let message = first_lines(&error.message);
        match error.error {
            ErrorStatus::Timeout => self.never_loaded(what.strip_prefix("open ").unwrap_or("the page")),
            ErrorStatus::ScriptTimeout => Failure::new(FailureKind::Timeout, format!("could not {what}: {message}")),
            ErrorStatus::UnexpectedAlertOpen => {
                let text = message.split_once("{Alert text : ").map_or(message, |(_, text)| text.trim_end_matches('}'));
                Failure::new(
                    FailureKind::Assertion,
                    format!("could not {what}: the page opened a dialog that says \"{text}\"; it was dismissed"),
                )
            }
            ErrorStatus::NoSuchWindow => Failure::new(
                FailureKind::Navigation,
                format!("could not {what}: the window that the monitor is in was closed"),
            ),
            ErrorStatus::InsecureCertificate => navigation_failure(what.strip_prefix("open ").unwrap_or(what), message),
            ErrorStatus::UnknownError if message.contains("net::ERR_") => {
                navigation_failure(what.strip_prefix("open ").unwrap_or(what), message)
            }
            ErrorStatus::InvalidSelector => {
                Failure::new(FailureKind::Locator, format!("could not {what}: {message}")).blame(Fault::Harness)
            }
            ErrorStatus::InvalidSessionId | ErrorStatus::UnknownError => {
                Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {message}"))
            }
            _ => Failure::new(FailureKind::Assertion, format!("could not {what}: {message}")),
        }
    }

    /// PNG of the viewport over the `DevTools` protocol, which works while a command of the driver hangs
    /// (`Page.captureScreenshot`). `None` when the page could not be shown in time.
    pub(crate) async fn screenshot(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        let reply = self.evidence("Page.captureScreenshot", json!({"format": "png", "optimizeForSpeed": true})).await?;
        base64::engine::general_purpose::STANDARD.decode(reply.get("data")?.as_str()?).ok()
    }

    /// Copy of the DOM as HTML (`Runtime.evaluate`). `None` when the page did not answer in time.
    pub(crate) async fn dom(&self) -> Option<String> {
        let expression = "(document.doctype ? new XMLSerializer().serializeToString(document.doctype) : '') \
            + document.documentElement.outerHTML";
        let reply = self.evidence("Runtime.evaluate", json!({"expression": expression, "returnByValue": true})).await?;
        Some(reply.pointer("/result/value")?.as_str()?.to_owned())
    }

    async fn evidence(&self, method: &str, params: Value) -> Option<Value> {
        let mut health = self.core.health.clone();
        tokio::select! {
            _ = death(&mut health) => None,
            reply = tokio::time::timeout(EVIDENCE_LIMIT, self.core.devtools.send(method, params)) => reply.ok()?.ok(),
        }
    }
}

/// Why a command of the driver came to nothing.
pub(crate) enum CommandError {
    /// The browser is dead, or has no window any more.
    Dead(Failure),
    /// The driver answered with an error.
    Command(CmdError),
}

/// The failure of a navigation that was answered with a status of 400 or above.
pub(crate) fn http_status_failure(url: &str, status: u16, text: Option<&str>) -> Failure {
    let text = text.map(|text| format!(" {text}")).unwrap_or_default();
    Failure::new(FailureKind::HttpStatus, format!("{url} answered {status}{text}"))
}

/// Waits until the browser is dead; forever while it lives.
pub(crate) async fn death(health: &mut watch::Receiver<Health>) -> Failure {
    loop {
        if let Health::Dead(failure) = &*health.borrow_and_update() {
            return failure.clone();
        }
        if health.changed().await.is_err() {
            // Nobody watches any more: the browser was closed on purpose, after the last use of this page.
            std::future::pending::<()>().await;
        }
    }
}

/// The failure of everything that is asked of a browser without a window.
fn no_window() -> Failure {
    Failure::new(FailureKind::Navigation, "the page closed its own window, the last one")
}

fn may_mean_death(error: &CmdError) -> bool {
    match error {
        CmdError::Standard(error) => {
            matches!(error.error, ErrorStatus::InvalidSessionId | ErrorStatus::NoSuchWindow | ErrorStatus::UnknownError)
                && !error.message.contains("net::ERR_")
        }
        _ => true,
    }
}

/// Without a window chromedriver says so, or answers `null` where a text is wanted (the title), which fantoccini takes
/// for an answer that is none of WebDriver.
fn may_mean_no_window(error: &CmdError) -> bool {
    match error {
        CmdError::Standard(error) => error.error == ErrorStatus::NoSuchWindow,
        _ => true,
    }
}

/// What chromedriver says before its session information and stack of addresses.
pub(crate) fn first_lines(message: &str) -> &str {
    message.split("\n  (Session info").next().unwrap_or(message).trim()
}
