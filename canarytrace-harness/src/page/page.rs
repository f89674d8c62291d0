//! A page: one window or tab of the browser, and the two ways to it, DevTools and the driver.

use std::sync::Arc;
use std::time::Duration;

use fantoccini::Client;
use fantoccini::error::{CmdError, ErrorStatus};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use super::element::Element;
use super::engine::Worlds;
use super::expect::{Expect, Subject};
use super::locator::Locator;
use super::network::DocumentResponse;
use super::shared::Shared;
use super::soft::SoftFailures;
use super::window::{self, Window};
use crate::browser::{Health, Launched, death, navigation_failure};
use crate::config::{Config, Device};
use crate::devtools::{CdpError, Session};
use crate::record::{Failure, FailureKind, Fault};

type Result<T = ()> = std::result::Result<T, Failure>;

/// What a command of the driver returns.
type DriverResult<T> = std::result::Result<T, CmdError>;

/// How often a condition on the page is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(30);

/// How long a dead browser may take to be noticed after a command to it failed.
pub(super) const DEATH_NOTICE: Duration = Duration::from_millis(1500);

/// How long a window that closes itself may take to be gone.
const CLOSING_LIMIT: Duration = Duration::from_millis(500);

/// Between two looks at a page that goes on to another process.
const MOVING: Duration = Duration::from_millis(5);

/// How long evidence of a failure may take to be collected.
const EVIDENCE_LIMIT: Duration = Duration::from_secs(2);

/// One window or tab of the browser. Cheap to clone; all clones are the same window.
#[derive(Clone, Debug)]
pub struct Page {
    pub(super) shared: Arc<Shared>,
    pub(super) window: Arc<Window>,
    wait_for_timeout: Duration,
}

impl Page {
    /// The page of a browser that was just launched.
    pub async fn new(launched: &Launched, base_url: Option<Url>, wait_for_timeout: Duration) -> Result<Self> {
        Self::with_soft_failures(launched, base_url, wait_for_timeout, SoftFailures::default()).await
    }

    /// The page of a browser that was just launched; what `expect_soft` notes goes to `soft`.
    pub(crate) async fn with_soft_failures(
        launched: &Launched,
        base_url: Option<Url>,
        wait_for_timeout: Duration,
        soft: SoftFailures,
    ) -> Result<Self> {
        let noted = soft.clone();
        launched.interceptor.on_failure(move |failure| noted.note(failure));
        let following = async {
            let window = Arc::new(Window::first(launched.devtools.clone()));
            let shared = Arc::new(Shared::new(launched, base_url, soft, window.clone()));
            window::watch_windows(&shared, &window).await?;
            Ok(Self { shared, window, wait_for_timeout })
        };
        following.await.map_err(|error: CdpError| {
            Failure::new(FailureKind::BrowserCrash, format!("DevTools did not answer: {error}"))
        })
    }

    /// The page of another window of this browser.
    pub(super) fn of(&self, window: Arc<Window>) -> Self {
        Self { window, ..self.clone() }
    }

    /// The same window, with another limit for everything that waits than `WAIT_FOR_TIMEOUT`.
    #[must_use]
    pub fn with_timeout(&self, limit: Duration) -> Self {
        Self { wait_for_timeout: limit, ..self.clone() }
    }

    /// The element that `locator` finds once it is asked for; nothing is looked up yet.
    pub fn find(&self, locator: impl Into<Locator>) -> Element {
        Element::new(self.clone(), locator.into())
    }

    /// Something to be expected of the page: [`title()`](super::title), [`url()`](super::url) or a locator.
    pub fn expect(&self, subject: impl Into<Subject>) -> Expect {
        Expect::new(self.clone(), subject.into(), false)
    }

    /// Like [`expect`](Self::expect), but when it does not hold, that is noted and the journey goes on; the step and the
    /// monitor fail at their end with everything that was noted. A browser that died is an error at once all the same.
    pub fn expect_soft(&self, subject: impl Into<Subject>) -> Expect {
        Expect::new(self.clone(), subject.into(), true)
    }

    /// The `WebDriver` client, for what this API does not offer. Its calls have no time limit of their own, and go to
    /// the window that was used last.
    pub fn webdriver(&self) -> &Client {
        &self.shared.client
    }

    /// The `DevTools` session of the window, for what this API does not offer.
    pub fn devtools(&self) -> &Session {
        &self.window.session
    }

    /// What the server answered to the last navigation, also when the page never finished loading.
    pub(crate) fn last_answer(&self) -> Option<DocumentResponse> {
        self.window.network.last_document()
    }

    /// The URL that the window shows, as far as the browser told; nobody is asked.
    pub(crate) fn shown_url(&self) -> String {
        self.window.url()
    }

    /// The failures of `expect_soft` so far, of all pages of this browser.
    pub(crate) fn soft_failures(&self) -> &SoftFailures {
        &self.shared.soft
    }

    /// Calls `hook` with the id of the window's session before a window of this browser gets input from mouse, finger or
    /// keyboard.
    pub(crate) fn on_input(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        self.shared.on_input(Arc::new(hook));
    }

    /// Keeps a picture for the evidence of a failure that is just being told.
    pub(super) fn exhibit(&self, png: Vec<u8>) {
        self.shared.exhibit(png);
    }

    /// The pictures that were kept since this was called last.
    pub(crate) fn take_exhibits(&self) -> Vec<Vec<u8>> {
        self.shared.take_exhibits()
    }

    /// Whether the browser lives.
    pub(crate) fn health(&self) -> watch::Receiver<Health> {
        self.shared.health.clone()
    }

    /// Whether the browser lives, as far as is known.
    pub(crate) fn is_alive(&self) -> bool {
        *self.shared.health.borrow() == Health::Alive
    }

    /// How long element waits and expectations wait: `WAIT_FOR_TIMEOUT`.
    pub(crate) fn wait_for_timeout(&self) -> Duration {
        self.wait_for_timeout
    }

    /// Our engine in the window's frames.
    pub(super) fn worlds(&self) -> &Worlds {
        &self.window.worlds
    }

    /// Whether a finger is emulated.
    pub(super) fn touch(&self) -> bool {
        self.shared.options.device == Device::Mobile
    }

    /// Whether the browser runs in another container, which doesn't see our disk.
    pub(super) fn is_remote(&self) -> bool {
        self.shared.folder.is_none()
    }

    /// The pause after an action that the options want.
    pub(super) async fn slow_motion(&self) {
        let pause = self.shared.options.config.slowmo;
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
    }

    /// The options of the run.
    pub(crate) fn config(&self) -> &Config {
        &self.shared.options.config
    }

    // ---- whether it can be used

    /// Waits until the browser is dead; forever while it lives.
    pub(crate) async fn dead(&self) -> Failure {
        death(&mut self.shared.health.clone()).await
    }

    /// Waits until the browser is dead or the window is closed, and says why.
    pub(crate) async fn end(&self) -> Failure {
        tokio::select! {
            failure = self.dead() => failure,
            failure = self.closed() => failure,
        }
    }

    /// Makes sure that the page can be used: it lives, is open, is drawn, and no dialog was in the way.
    pub(crate) async fn ready(&self, what: &str) -> Result {
        self.usable().await.map_err(|failure| failure.context(format_args!("could not {what}")))
    }

    pub(super) async fn usable(&self) -> Result {
        let failure = match (&*self.shared.health.borrow(), &*self.window.closed.borrow()) {
            (Health::Dead(failure), _) | (Health::Alive, Some(failure)) => Some(failure.clone()),
            (Health::Alive, None) => self.unexpected_dialog(),
        };
        if let Some(failure) = failure {
            return Err(failure);
        }
        if !self.shared.is_in_front(self.window.id()) {
            // A window in the background is not drawn, and its animation frames stand still.
            self.shared.set_front(self.window.id());
            tokio::select! {
                failure = self.end() => return Err(failure),
                reply = self.window.session.send("Page.bringToFront", json!({})) => {
                    if let Err(error) = reply {
                        tracing::debug!(%error, "a window was not brought to the front");
                    }
                }
            }
        }
        Ok(())
    }

    // ---- over DevTools

    /// Waits until every page and worker has sent what it had to tell of until now, at most `limit`.
    pub(crate) async fn settle(&self, limit: Duration) {
        self.shared.attached.settle(limit).await;
    }

    /// Calls a method of the window's session; `WAIT_FOR_TIMEOUT` is its limit. Nothing of the driver can hold it up.
    pub(crate) async fn cdp(&self, what: &str, method: &str, params: Value) -> Result<Value> {
        self.call(what, self.wait_for_timeout(), method, params).await.map_err(|error| match error {
            CallError::Ended(failure) => failure,
            CallError::Refused(message) => {
                Failure::new(FailureKind::Assertion, format!("could not {what}: {method}: {message}"))
            }
            CallError::Timeout => self.no_reply(what),
        })
    }

    /// Like [`cdp`](Self::cdp), for callers that handle some of the errors themselves.
    pub(crate) async fn call(
        &self,
        what: &str,
        limit: Duration,
        method: &str,
        params: Value,
    ) -> std::result::Result<Value, CallError> {
        let ended = |failure: Failure| CallError::Ended(failure.context(format_args!("could not {what}")));
        self.ready(what).await.map_err(CallError::Ended)?;
        let calling = async {
            let deadline = Instant::now() + limit;
            loop {
                match self.window.session.send_within(limit, method, params.clone()).await {
                    // The page goes on to another process just now; nothing was done.
                    Err(CdpError::Refused { message, .. })
                        if message.contains("Not attached to an active page") && Instant::now() < deadline =>
                    {
                        tokio::time::sleep(MOVING).await;
                    }
                    reply => return reply,
                }
            }
        };
        let reply = tokio::select! {
            failure = self.end() => return Err(ended(failure)),
            reply = calling => reply,
        };
        // A script that opened a dialog has gone on once it was dismissed.
        if let Some(failure) = self.unexpected_dialog() {
            return Err(ended(failure));
        }
        match reply {
            Ok(reply) => Ok(reply),
            Err(CdpError::Timeout { .. }) => Err(CallError::Timeout),
            Err(error) => {
                let message = match error {
                    CdpError::Refused { message, .. } => message,
                    error => error.to_string(),
                };
                // A window that is closing takes its session with it, and a dying browser the connection.
                let ending = message.contains("Session with given id not found")
                    || message.contains("connection is closed")
                    || message.contains("Target closed")
                    || message.contains("navigated or closed");
                let limit = if message.contains("connection is closed") { DEATH_NOTICE } else { CLOSING_LIMIT };
                // A page that only navigated lives on: then it is not waited for.
                let limit = if message.contains("navigated or closed") { POLL } else { limit };
                if ending && let Ok(failure) = tokio::time::timeout(limit, self.end()).await {
                    return Err(ended(failure));
                }
                Err(CallError::Refused(message))
            }
        }
    }

    /// The failure of a page that does not answer.
    pub(crate) fn no_reply(&self, what: &str) -> Failure {
        let text = format!(
            "could not {what}: the page did not answer within {:?} (WAIT_FOR_TIMEOUT); either a script of it runs \
             without an end, or the next page that it opens is not answered",
            self.wait_for_timeout()
        );
        Failure::new(FailureKind::Timeout, text)
    }

    // ---- over the driver

    /// Runs a command of the driver. A browser that dies meanwhile, or a window that closes, ends it.
    pub(crate) async fn command<T>(
        &self,
        command: impl Future<Output = DriverResult<T>>,
    ) -> std::result::Result<T, CommandError> {
        let mut command = Some(command);
        self.command_again(|| command.take()).await
    }

    /// Like [`command`](Self::command), with a command that can be made again. The driver refuses a command, before it
    /// begins with it, while a dialog is open; once that is answered the command is given again.
    pub(crate) async fn command_again<T, F: Future<Output = DriverResult<T>>>(
        &self,
        mut make: impl FnMut() -> Option<F>,
    ) -> std::result::Result<T, CommandError> {
        self.usable().await.map_err(CommandError::Dead)?;
        let deadline = Instant::now() + self.wait_for_timeout();
        let mut refused = None;
        loop {
            let error = tokio::select! {
                failure = self.end() => return Err(CommandError::Dead(failure)),
                result = self.command_in_window(&mut make) => match result {
                    Some(Ok(value)) => {
                        return match self.unexpected_dialog() {
                            Some(failure) => Err(CommandError::Dead(failure)),
                            None => Ok(value),
                        };
                    }
                    Some(Err(error)) => error,
                    None => match refused.take() {
                        Some(error) => return Err(CommandError::Command(error)),
                        None => return Err(CommandError::Dead(Failure::harness("no command was given"))),
                    },
                },
            };
            if may_mean_death(&error)
                && let Ok(failure) = tokio::time::timeout(DEATH_NOTICE, self.dead()).await
            {
                return Err(CommandError::Dead(failure));
            }
            if may_mean_no_window(&error)
                && let Some(failure) = self.is_closing().await
            {
                return Err(CommandError::Dead(failure));
            }
            if let Some(failure) = self.unexpected_dialog() {
                return Err(CommandError::Dead(failure));
            }
            if !is_alert_open(&error) || Instant::now() >= deadline {
                return Err(CommandError::Command(error));
            }
            refused = Some(error);
            // The driver learns of its end no earlier than we do.
            _ = tokio::time::timeout_at(deadline, self.window.dialogs.none_open()).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Gives the driver a command for this window.
    async fn command_in_window<T, F: Future<Output = DriverResult<T>>>(
        &self,
        make: &mut impl FnMut() -> Option<F>,
    ) -> Option<DriverResult<T>> {
        let mut current = self.shared.driver_window.lock().await;
        if *current != self.window.id() {
            // A step that is cut off leaves it open which window the driver is in.
            current.clear();
            match self.window.id().to_owned().try_into() {
                Ok(handle) => {
                    if let Err(error) = self.shared.client.switch_to_window(handle).await {
                        return Some(Err(error));
                    }
                }
                Err(error) => return Some(Err(error.into())),
            }
            self.window.id().clone_into(&mut current);
        }
        Some(make()?.await)
    }

    /// Why the window can't be used any more, when it is closed or just closing.
    async fn is_closing(&self) -> Option<Failure> {
        tokio::time::timeout(CLOSING_LIMIT, self.closed()).await.ok()
    }

    /// Turns an error of the driver into a failure that says what to do.
    pub(crate) fn classify(&self, what: &str, error: &CmdError) -> Failure {
        let CmdError::Standard(error) = error else {
            return Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {error}"));
        };
        let message = first_lines(&error.message);
        match error.error {
            ErrorStatus::Timeout => self.never_loaded("the page").context(format_args!("could not {what}")),
            ErrorStatus::ScriptTimeout => Failure::new(FailureKind::Timeout, format!("could not {what}: {message}")),
            ErrorStatus::UnexpectedAlertOpen => {
                let text = message.split_once("{Alert text : ").map_or(message, |(_, text)| text.trim_end_matches('}'));
                Failure::new(
                    FailureKind::Assertion,
                    format!("could not {what}: a dialog of the page that says \"{text}\" is open"),
                )
            }
            ErrorStatus::NoSuchWindow => Failure::new(
                FailureKind::Navigation,
                format!("could not {what}: the window that the monitor is in was closed"),
            ),
            ErrorStatus::InsecureCertificate => navigation_failure("the page", message),
            ErrorStatus::UnknownError if message.contains("net::ERR_") => navigation_failure("the page", message),
            ErrorStatus::InvalidSelector => {
                Failure::new(FailureKind::Locator, format!("could not {what}: {message}")).blame(Fault::Harness)
            }
            ErrorStatus::InvalidSessionId | ErrorStatus::UnknownError => {
                Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {message}"))
            }
            _ => Failure::new(FailureKind::Assertion, format!("could not {what}: {message}")),
        }
    }

    // ---- evidence

    /// The page of the window that was used last, or opened since then: what a person would look at now.
    pub(crate) fn in_front(&self) -> Self {
        let front = self.shared.window(|window| self.shared.is_in_front(window.id()));
        front.or_else(|| self.shared.windows().pop()).map_or_else(|| self.clone(), |window| self.of(window))
    }

    /// The pages of all windows that are open.
    pub(crate) fn windows_now(&self) -> Vec<Self> {
        self.shared.windows().into_iter().map(|window| self.of(window)).collect()
    }

    /// PNG of the viewport over the `DevTools` protocol, which works while a command of the driver hangs
    /// (`Page.captureScreenshot`). `None` when the page could not be shown in time.
    pub(crate) async fn evidence_screenshot(&self) -> Option<Vec<u8>> {
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
        tokio::select! {
            _ = self.end() => None,
            reply = tokio::time::timeout(EVIDENCE_LIMIT, self.window.session.send(method, params)) => reply.ok()?.ok(),
        }
    }
}

/// Why a call over `DevTools` came to nothing.
pub(crate) enum CallError {
    /// The browser is dead, the window closed, or a dialog was in the way; the message says what could not be done.
    Ended(Failure),
    /// The browser's words.
    Refused(String),
    /// No reply in time.
    Timeout,
}

/// Why a command of the driver came to nothing.
pub(crate) enum CommandError {
    /// The browser is dead, the window is closed, or a dialog was in the way.
    Dead(Failure),
    /// The driver answered with an error.
    Command(CmdError),
}

/// The failure of a navigation that was answered with a status of 400 or above.
pub(crate) fn http_status_failure(url: &str, status: u16, text: Option<&str>) -> Failure {
    let text = text.map(|text| format!(" {text}")).unwrap_or_default();
    Failure::new(FailureKind::HttpStatus, format!("{url} answered {status}{text}"))
}

fn is_alert_open(error: &CmdError) -> bool {
    matches!(error, CmdError::Standard(error) if error.error == ErrorStatus::UnexpectedAlertOpen)
}

fn may_mean_death(error: &CmdError) -> bool {
    match error {
        CmdError::Standard(error) => {
            matches!(error.error, ErrorStatus::InvalidSessionId | ErrorStatus::UnknownError)
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
