//! Windows and tabs: each has its own session, requests and dialogs, and is prepared before its first request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures_util::future::join3;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::Instant;

use super::coverage::CoverageFollower;
use super::dialog::{Answer, Dialog, Dialogs};
use super::engine::Worlds;
use super::network::NetworkTracker;
use super::page::Page;
use super::shared::Shared;
use crate::browser;
use crate::devtools::{CdpError, CdpEvent, Interest, Received, Session, Subscription};
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// One window or tab.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) session: Session,
    pub(super) network: NetworkTracker,
    pub(super) dialogs: Dialogs,
    /// Our engine in the window's frames.
    pub(super) worlds: Worlds,
    /// What its pages use of their scripts and style sheets.
    pub(super) coverage: CoverageFollower,
    /// Grows with every document that the main frame shows, and with every step within one (`history.pushState`).
    pub(super) commits: watch::Sender<u64>,
    /// Grows with every load event of the main frame.
    pub(super) loads: watch::Sender<u64>,
    /// Why the window can't be used any more.
    pub(super) closed: watch::Sender<Option<Failure>>,
    /// The window whose page opened this one.
    opener: Option<String>,
    /// The last URL that is known of it.
    url: Mutex<String>,
    prepared: AtomicBool,
    closed_by_us: AtomicBool,
}

impl Window {
    /// A window whose events are followed from now on.
    fn new(session: Session, opener: Option<String>, url: &str) -> Self {
        Self {
            network: NetworkTracker::follow(&session),
            session,
            dialogs: Dialogs::default(),
            worlds: Worlds::default(),
            coverage: CoverageFollower::default(),
            commits: watch::Sender::new(0),
            loads: watch::Sender::new(0),
            closed: watch::Sender::new(None),
            opener,
            url: Mutex::new(url.to_owned()),
            prepared: AtomicBool::new(false),
            closed_by_us: AtomicBool::new(false),
        }
    }

    /// The first window, which is prepared already.
    pub(super) fn first(session: Session) -> Self {
        let window = Self::new(session, None, "about:blank");
        window.prepared.store(true, Ordering::Relaxed);
        window
    }

    /// Whether it may be used.
    pub(super) fn is_prepared(&self) -> bool {
        self.prepared.load(Ordering::Relaxed)
    }

    /// The target's id, which is the driver's window handle.
    pub(super) fn id(&self) -> &str {
        self.session.target_id()
    }

    /// The last URL that is known of it.
    pub(super) fn url(&self) -> String {
        self.url.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_url(&self, url: &str) {
        url.clone_into(&mut self.url.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn gone(&self, left: usize) -> Failure {
        let url = self.url();
        let text = if self.closed_by_us.load(Ordering::Relaxed) {
            format!("the window that showed {url} was closed by the monitor")
        } else if left == 0 {
            "the page closed its own window, the last one".to_owned()
        } else {
            format!("the window that showed {url} was closed by its page")
        };
        Failure::new(FailureKind::Navigation, text)
    }
}

/// Asks the first window for its events. Has every new window, and everything else that makes requests, stopped before its
/// first one until it is prepared, and follows all of them.
pub(super) async fn watch_windows(shared: &Arc<Shared>, first: &Window) -> std::result::Result<(), CdpError> {
    let interest = Interest {
        methods: &["Target.", "Page.javascriptDialog", "Page.frameNavigated", "Page.navigatedWithin", "Page.loadEvent"],
        session: None,
    };
    let events = shared.connection.subscribe_to(interest);
    tokio::spawn(follow(events, Arc::downgrade(shared)));
    let params = json!({
        "autoAttach": true,
        "waitForDebuggerOnStart": true,
        "flatten": true,
        "filter": shared.attached.domains().of_browser(),
    });
    shared.attached.add(&first.session);
    let attaching = async { shared.connection.send(None, "Target.setAutoAttach", params).await.map(drop) };
    tokio::try_join!(shared.attached.enable(&first.session), attaching).map(drop)
}

async fn follow(mut events: Subscription, shared: Weak<Shared>) {
    while let Some(received) = events.next().await {
        let event = match received {
            Received::Event(event) => event,
            Received::Missed(_) => {
                tracing::warn!("events of the browser were missed; a dialog or window may not be noticed");
                continue;
            }
            Received::Injected(_) => continue,
        };
        let Some(shared) = shared.upgrade() else { return };
        if let Err(error) = take(&event, &shared) {
            tracing::warn!(%error, event = event.method, "an event of the browser can't be read");
        }
    }
}

fn take(event: &CdpEvent, shared: &Arc<Shared>) -> std::result::Result<(), serde_json::Error> {
    let of_session = || {
        let session = event.session_id.as_deref()?;
        shared.window(|window| window.session.id() == session)
    };
    match event.method.as_str() {
        "Target.attachedToTarget" => {
            let params: Value = event.params()?;
            let info = &params["targetInfo"];
            if event.session_id.is_none() && info["type"] == "page" {
                adopt(shared, &params);
            }
        }
        "Target.targetInfoChanged" => {
            let params: Value = event.params()?;
            let info = &params["targetInfo"];
            if let (Some(id), Some(url)) = (info["targetId"].as_str(), info["url"].as_str())
                && let Some(window) = shared.window(|window| window.id() == id)
            {
                window.set_url(url);
            }
        }
        "Target.targetDestroyed" => {
            let params: Value = event.params()?;
            close(shared, params["targetId"].as_str().unwrap_or_default());
        }
        "Target.targetCrashed" => {
            let params: Value = event.params()?;
            let id = params["targetId"].as_str().unwrap_or_default();
            if let Some(window) = shared.window(|window| window.id() == id) {
                // That of the first window ends the run, which is noticed elsewhere, with more to say about it.
                let status = params["status"].as_str().unwrap_or_default();
                let failure = browser::crash(status, params["errorCode"].as_i64().unwrap_or_default(), false);
                window.closed.send_replace(Some(failure));
            }
        }
        "Page.javascriptDialogOpening" => {
            if let Some(window) = of_session() {
                let dialog: Dialog = event.params()?;
                let answer = window.dialogs.opened(dialog, shared);
                tokio::spawn(respond(window, answer));
            }
        }
        "Page.javascriptDialogClosed" => {
            if let Some(window) = of_session() {
                window.dialogs.closed();
            }
        }
        "Page.frameNavigated" => {
            if let Some(window) = of_session() {
                let params: Value = event.params()?;
                if params["frame"]["id"].as_str() == Some(window.id()) {
                    window.commits.send_modify(|count| *count += 1);
                }
            }
        }
        "Page.navigatedWithinDocument" => {
            if let Some(window) = of_session() {
                let params: Value = event.params()?;
                if params["frameId"].as_str() == Some(window.id()) {
                    window.commits.send_modify(|count| *count += 1);
                }
            }
        }
        "Page.loadEventFired" => {
            if let Some(window) = of_session() {
                window.loads.send_modify(|count| *count += 1);
            }
        }
        _ => {}
    }
    Ok(())
}

async fn respond(window: Arc<Window>, answer: Answer) {
    let params = match answer {
        Answer::Accept => json!({ "accept": true }),
        Answer::Dismiss => json!({ "accept": false }),
        Answer::Text(text) => json!({ "accept": true, "promptText": text }),
    };
    if let Err(error) = window.session.send("Page.handleJavaScriptDialog", params).await {
        // Somebody else answered it: the driver, before it opened another page.
        tracing::debug!(%error, "a dialog was not answered");
    }
}

/// Takes a window that the browser stopped at its start into the list, and lets it go on once it is prepared.
fn adopt(shared: &Arc<Shared>, params: &Value) {
    let info = &params["targetInfo"];
    let (Some(session), Some(id)) = (params["sessionId"].as_str(), info["targetId"].as_str()) else { return };
    let session = Session::attached(&shared.connection, session, id);
    if shared.window(|window| window.id() == id).is_some() {
        // The first window has a session already.
        tokio::spawn(async move {
            let params = json!({ "sessionId": session.id() });
            _ = session.connection().send(None, "Target.detachFromTarget", params).await;
        });
        return;
    }
    let opener = info["openerId"].as_str().map(str::to_owned);
    let window = Arc::new(Window::new(session, opener, info["url"].as_str().unwrap_or_default()));
    shared.attached.add(&window.session);
    // In the list before the next event is read: it may be the window's end, or its first dialog.
    shared.add_window(window.clone());
    tokio::spawn(prepare(shared.clone(), window));
}

async fn prepare(shared: Arc<Shared>, window: Arc<Window>) {
    // Polled in this order, each sends what it has to send before the last one lets the window go on.
    let (set_up, enabled, going_on) = join3(
        browser::set_up(&window.session, &shared.options.config),
        shared.attached.enable(&window.session),
        window.session.send("Runtime.runIfWaitingForDebugger", json!({})),
    )
    .await;
    if let Err(error) = set_up.and(enabled).and(going_on) {
        // It was closed meanwhile; or it can be used all the same, and shows what is missing.
        tracing::warn!(%error, "a new window was not prepared");
    }
    window.prepared.store(true, Ordering::Relaxed);
    shared.windows_changed();
}

fn close(shared: &Shared, id: &str) {
    if let Some((window, left)) = shared.remove_window(id) {
        let failure = window.gone(left);
        // A crash says more.
        window.closed.send_if_modified(|closed| closed.is_none() && closed.replace(failure).is_none());
        window.dialogs.closed();
    }
}

impl Page {
    /// Does something that opens a window or tab, and returns its page once that has begun to load.
    ///
    /// ```no_run
    /// # use canarytrace::page::Page;
    /// # use canarytrace::css;
    /// # async fn example(page: Page) -> canarytrace::Result {
    /// let invoice = page.wait_for_window(page.find(css("#invoice")).click()).await?;
    /// invoice.wait_for_load().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The action's own failure; [`FailureKind::Assertion`] when no window was opened within `WAIT_FOR_TIMEOUT` after it.
    pub async fn wait_for_window<T>(&self, action: impl Future<Output = Result<T>>) -> Result<Self> {
        let what = "wait for a window";
        self.ready(what).await?;
        let before: Vec<String> = self.shared.windows().iter().map(|window| window.id().to_owned()).collect();
        let mut changes = self.shared.window_changes.subscribe();
        action.await?;
        let limit = self.wait_for_timeout();
        let deadline = Instant::now() + limit;
        loop {
            changes.mark_unchanged();
            let opened = self.shared.window(|window| {
                window.is_prepared()
                    && window.opener.as_deref().is_none_or(|opener| opener == self.window.id())
                    && !before.iter().any(|known| known == window.id())
            });
            if let Some(window) = opened {
                return Ok(self.of(window));
            }
            tokio::select! {
                biased;
                _ = changes.changed() => {}
                failure = self.dead() => return Err(failure.context(format_args!("could not {what}"))),
                () = tokio::time::sleep_until(deadline) => {
                    let text = format!(
                        "expected the page to open a window, but it opened none; waited {limit:?} (WAIT_FOR_TIMEOUT)"
                    );
                    return Err(self.unexpected_dialog().unwrap_or_else(|| Failure::new(FailureKind::Assertion, text)));
                }
            }
        }
    }

    /// The pages of all open windows and tabs of this browser, oldest first.
    pub fn windows(&self) -> Vec<Self> {
        let windows = self.shared.windows().into_iter().filter(|window| window.is_prepared());
        windows.map(|window| self.of(window)).collect()
    }

    /// Opens an empty tab (`Target.createTarget`).
    pub async fn new_window(&self) -> Result<Self> {
        let what = "open a window";
        let mut changes = self.shared.window_changes.subscribe();
        let calling = self.shared.connection.send(None, "Target.createTarget", json!({ "url": "about:blank" }));
        let reply = tokio::select! {
            failure = self.dead() => return Err(failure.context(format_args!("could not {what}"))),
            reply = calling => reply,
        };
        let reply =
            reply.map_err(|error| Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {error}")))?;
        let id = reply["targetId"].as_str().unwrap_or_default();
        let limit = self.wait_for_timeout();
        let deadline = Instant::now() + limit;
        loop {
            changes.mark_unchanged();
            if let Some(window) = self.shared.window(|window| window.is_prepared() && window.id() == id) {
                return Ok(self.of(window));
            }
            tokio::select! {
                biased;
                _ = changes.changed() => {}
                failure = self.dead() => return Err(failure.context(format_args!("could not {what}"))),
                () = tokio::time::sleep_until(deadline) => {
                    let text = format!("could not {what}: it did not open within {limit:?} (WAIT_FOR_TIMEOUT)");
                    return Err(Failure::new(FailureKind::BrowserCrash, text));
                }
            }
        }
    }

    /// Closes this window, without asking its page (`Target.closeTarget`), and waits until it is closed.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] for the browser's last window, without which nothing can be done any more.
    pub async fn close(&self) -> Result {
        if self.is_closed() {
            return Ok(());
        }
        if self.shared.windows().len() == 1 {
            return Err(Failure::harness("could not close the window: it is the browser's last one"));
        }
        self.flush_timeline_before_leaving().await;
        self.window.closed_by_us.store(true, Ordering::Relaxed);
        let params = json!({ "targetId": self.window.id() });
        let calling = self.shared.connection.send(None, "Target.closeTarget", params);
        tokio::select! {
            failure = self.dead() => return Err(failure.context("could not close the window")),
            // A window that is closed meanwhile is what was wanted.
            _ = calling => {}
        }
        self.wait_for_close().await
    }

    /// Whether this window is closed.
    pub fn is_closed(&self) -> bool {
        self.window.closed.borrow().is_some()
    }

    /// Waits until this window is closed, as by its page.
    ///
    /// # Errors
    /// [`FailureKind::Timeout`] when it is still open after `WAIT_FOR_TIMEOUT`.
    pub async fn wait_for_close(&self) -> Result {
        let limit = self.wait_for_timeout();
        tokio::select! {
            biased;
            _closed = self.closed() => Ok(()),
            failure = self.dead() => Err(failure.context("could not wait for the window to be closed")),
            () = tokio::time::sleep(limit) => {
                let url = self.window.url.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let text = format!("the window that shows {url} is still open after {limit:?} (WAIT_FOR_TIMEOUT)");
                Err(Failure::new(FailureKind::Timeout, text))
            }
        }
    }

    /// Waits until this window is closed, forever while it is open, and says by whom.
    pub(crate) async fn closed(&self) -> Failure {
        let mut closed = self.window.closed.subscribe();
        match closed.wait_for(Option::is_some).await.map(|failure| failure.clone()) {
            Ok(Some(failure)) => failure,
            _ => std::future::pending().await,
        }
    }
}
