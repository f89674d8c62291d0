//! Opening pages: navigation, history, and waiting for what a page becomes.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;
use url::Url;

use super::evaluate::ScriptError;
use super::page::{CallError, DEATH_NOTICE, POLL, Page, http_status_failure};
use super::text_match::Match;
use crate::browser::navigation_failure;
use crate::record::{Failure, FailureKind, Fault};

type Result<T = ()> = std::result::Result<T, Failure>;

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

/// How long stopping a page that never ends may take.
const STOP_LIMIT: Duration = Duration::from_secs(1);

/// How long the browser's own page about a navigation that failed is waited for.
const ERROR_PAGE: Duration = Duration::from_millis(500);

impl Page {
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

    /// Opens a URL, relative to `BASE_URL`, and waits for the page's load event, whatever the server answers
    /// (`Page.navigate`).
    ///
    /// # Errors
    /// [`FailureKind::Navigation`] or [`FailureKind::Tls`] when the browser could not open it,
    /// [`FailureKind::Timeout`] when the page did not finish loading within `WAIT_FOR_TIMEOUT`, with what is still loading,
    /// [`FailureKind::Assertion`] when a dialog stood in the way, with its text.
    pub async fn navigate(&self, url: &str) -> Result<Navigation> {
        let url = self.resolve(url)?;
        let what = format!("open {url}");
        self.flush_timeline_before_leaving().await;
        let deadline = Instant::now() + self.wait_for_timeout();
        self.window.network.begin_navigation();
        let mut loads = self.window.loads.subscribe();
        let called = self.call(&what, self.wait_for_timeout(), "Page.navigate", json!({ "url": url.as_str() })).await;
        let reply = match called {
            Ok(reply) => reply,
            Err(CallError::Ended(failure)) => return Err(failure),
            Err(CallError::Refused(message)) => return Err(Failure::harness(format!("could not {what}: {message}"))),
            Err(CallError::Timeout) => return Err(self.stop(url.as_str()).await),
        };
        match reply["errorText"].as_str().filter(|error| !error.is_empty()) {
            None => self.loaded(&what, deadline).await,
            Some(_) if reply["isDownload"] == true => {
                let text = format!("could not {what}: it is a file to be downloaded; wait_for_download takes it");
                Err(Failure::new(FailureKind::Navigation, text))
            }
            Some(error) => match self.window.network.last_document().filter(|document| document.url == url.as_str()) {
                // An answer without a page, for which the browser shows one of its own.
                Some(document) if document.status.is_some_and(|status| status >= 400) => Ok(Navigation {
                    url: document.url,
                    status: document.status,
                    status_text: Some(document.status_text).filter(|text| !text.is_empty()),
                    load_event_end: None,
                }),
                Some(document) if document.status == Some(204) => {
                    let text = format!("could not {what}: it answered 204, which is no page");
                    Err(Failure::new(FailureKind::Navigation, text))
                }
                // What a crash of the page looks like at first.
                _ if error == "net::ERR_ABORTED" => match tokio::time::timeout(DEATH_NOTICE, self.end()).await {
                    Ok(failure) => Err(failure.context(format_args!("could not {what}"))),
                    Err(_lives) => Err(navigation_failure(url.as_str(), error)),
                },
                _ => {
                    // The browser shows a page about it just now, which is the evidence.
                    if tokio::time::timeout(ERROR_PAGE, loads.changed()).await.is_err() {
                        tracing::debug!(limit = ?ERROR_PAGE, "the browser's page about an error did not load");
                    }
                    Err(navigation_failure(url.as_str(), error))
                }
            },
        }
    }

    /// Loads the page again and waits for its load event.
    pub async fn reload(&self) -> Result<Navigation> {
        self.load("reload the page", "Page.reload", json!({})).await
    }

    /// Goes back one entry in the history, and waits for the load event of the page there.
    ///
    /// # Errors
    /// [`FailureKind::Navigation`] when there is no earlier entry, and all errors of [`navigate`](Self::navigate).
    pub async fn back(&self) -> Result<Navigation> {
        self.travel("go back", -1).await
    }

    /// Goes forward one entry in the history, and waits for the load event of the page there.
    ///
    /// # Errors
    /// [`FailureKind::Navigation`] when there is no later entry, and all errors of [`navigate`](Self::navigate).
    pub async fn forward(&self) -> Result<Navigation> {
        self.travel("go forward", 1).await
    }

    async fn travel(&self, what: &str, by: isize) -> Result<Navigation> {
        let history = self.cdp(what, "Page.getNavigationHistory", json!({})).await?;
        let current =
            history["currentIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
        let entry = current.checked_add_signed(by).map(|index| &history["entries"][index]["id"]);
        let Some(entry) = entry.filter(|id| id.is_number()) else {
            let text = format!("could not {what}: the history of this window ends here");
            return Err(Failure::new(FailureKind::Navigation, text));
        };
        self.load(what, "Page.navigateToHistoryEntry", json!({ "entryId": entry })).await
    }

    /// Calls a method that loads a page without waiting for it, and waits until the page's load event is over.
    async fn load(&self, what: &str, method: &str, params: Value) -> Result<Navigation> {
        self.flush_timeline_before_leaving().await;
        let deadline = Instant::now() + self.wait_for_timeout();
        let mut commits = self.window.commits.subscribe();
        self.window.network.begin_navigation();
        self.cdp(what, method, params).await?;
        tokio::select! {
            biased;
            _ = commits.changed() => self.loaded(what, deadline).await,
            failure = self.end() => Err(failure.context(format_args!("could not {what}"))),
            () = tokio::time::sleep_until(deadline) => Err(self.stop("the page").await),
        }
    }

    /// Waits until the load event of the document that is shown is over.
    async fn loaded(&self, what: &str, deadline: Instant) -> Result<Navigation> {
        let mut loads = self.window.loads.subscribe();
        let mut url = "the page".to_owned();
        loop {
            loads.mark_unchanged();
            // Without an answer in time nothing more can be asked.
            let left = deadline.saturating_duration_since(Instant::now()).max(POLL);
            let asked = match self.run_script(what, left, NAVIGATION_ENTRY, &[]).await {
                // The page overwrote what it was asked by, or has no such entry.
                Ok(Value::Null) | Err(ScriptError::Threw(_)) => {
                    self.run_script_apart(what, left, NAVIGATION_ENTRY).await
                }
                answer => answer,
            };
            match asked {
                Ok(entry) => match serde_json::from_value::<Option<NavigationEntry>>(entry) {
                    // Not every error of a navigation is told by the call that began it.
                    Ok(Some(entry)) if entry.error_page => {
                        if let Some(error) = self.window.network.failed_document() {
                            return Err(navigation_failure(what.trim_start_matches("open "), &error));
                        }
                        url = entry.url;
                    }
                    Ok(Some(entry)) if entry.load_event_end > 0.0 => return Ok(self.navigation(entry)),
                    Ok(Some(entry)) => url = entry.url,
                    // Pages without the entry have no load event that we could read.
                    Ok(None) => {}
                    Err(error) => return Err(Failure::harness(format!("could not {what}: {error}"))),
                },
                Err(ScriptError::Failed(failure) | ScriptError::Threw(failure)) => return Err(failure),
                Err(ScriptError::Navigated | ScriptError::Timeout) => {}
            }
            if Instant::now() >= deadline {
                return Err(self.stop(&url).await);
            }
            _ = tokio::time::timeout(POLL, loads.changed()).await;
        }
    }

    fn navigation(&self, entry: NavigationEntry) -> Navigation {
        let status_text = self
            .window
            .network
            .last_document()
            // The fragment is not part of what the server was asked for.
            .filter(|document| document.url.split('#').next() == entry.url.split('#').next())
            .map(|document| document.status_text)
            .filter(|text| !text.is_empty());
        Navigation {
            status: Some(entry.status).filter(|status| *status != 0),
            status_text,
            load_event_end: Some(entry.load_event_end),
            url: entry.url,
        }
    }

    /// The failure of a page that is stopped because it does not end.
    async fn stop(&self, url: &str) -> Failure {
        let failure = self.never_loaded(url);
        // While a request for a page waits for its answer, the page that is there answers no script.
        let stopping = self.window.session.send_within(STOP_LIMIT, "Page.stopLoading", json!({}));
        if let Err(error) = stopping.await {
            tracing::debug!(%error, "a page that never ends was not stopped");
        }
        failure
    }

    /// Says of a page that does not end what it still waits for.
    pub(super) fn never_loaded(&self, url: &str) -> Failure {
        let limit = self.wait_for_timeout();
        let network = &self.window.network;
        let (urls, count) = network.still_loading(5);
        let message = if network.no_answer() {
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
    pub(crate) fn resolve(&self, url: &str) -> Result<Url> {
        let base_url = &self.shared.base_url;
        let parsed = match base_url {
            Some(base) => base.join(url),
            None => Url::parse(url),
        };
        parsed.map_err(|error| {
            let hint = if base_url.is_none() { " (relative URLs need BASE_URL)" } else { "" };
            Failure::harness(format!("\"{url}\" is no URL that can be opened: {error}{hint}"))
        })
    }

    /// The page's title.
    pub async fn title(&self) -> Result<String> {
        self.read("read the title", "return document.title", &[]).await
    }

    /// The page's URL (`Page.getNavigationHistory`: also told by a page that answers no script).
    pub async fn url(&self) -> Result<String> {
        let history = self.cdp("read the URL", "Page.getNavigationHistory", json!({})).await?;
        let current =
            history["currentIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
        let url = history["entries"][current]["url"].as_str().filter(|url| !url.is_empty());
        Ok(url.unwrap_or("about:blank").to_owned())
    }

    /// Waits until the load event of the document that is shown is over; at once when it is.
    pub async fn wait_for_load(&self) -> Result {
        self.loaded("wait for the page to load", Instant::now() + self.wait_for_timeout()).await.map(drop)
    }

    /// Waits until the page's URL fits: contains a text, or is [`exact`](super::exact) or fits a
    /// [`regex`](super::regex). Upper and lower case count.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] with the URL that was there after `WAIT_FOR_TIMEOUT`.
    pub async fn wait_for_url(&self, wanted: impl Into<Match>) -> Result {
        let wanted = wanted.into();
        let deadline = Instant::now() + self.wait_for_timeout();
        loop {
            let url = self.url().await?;
            if self.fits("the URL", &wanted, &url).await? {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.never_became("the URL", &wanted, &url));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits until the page's title fits: contains a text, or is [`exact`](super::exact) or fits a
    /// [`regex`](super::regex). Upper and lower case count.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] with the title that was there after `WAIT_FOR_TIMEOUT`.
    pub async fn wait_for_title(&self, wanted: impl Into<Match>) -> Result {
        let wanted = wanted.into();
        let deadline = Instant::now() + self.wait_for_timeout();
        loop {
            let title = self.title().await?;
            if self.fits("the title", &wanted, &title).await? {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(self.never_became("the title", &wanted, &title));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Whether a text of the page is one of those that are meant.
    async fn fits(&self, what: &str, wanted: &Match, text: &str) -> Result<bool> {
        match wanted {
            Match::Any => Ok(true),
            Match::Contains(part) => Ok(text.contains(part.as_str())),
            Match::Exact(whole) => Ok(text.trim() == whole.trim()),
            Match::Regex(pattern) => {
                let arguments = [json!(pattern), json!(text)];
                let script =
                    "try { return new RegExp(arguments[0]).test(arguments[1]) } catch (error) { return error.message }";
                match self.read(&format!("compare {what}"), script, &arguments).await? {
                    Value::Bool(fits) => Ok(fits),
                    reason => {
                        let reason = reason.as_str().unwrap_or_default();
                        let text = format!("regex \"{pattern}\" is no regular expression of JavaScript: {reason}");
                        Err(Failure::new(FailureKind::Assertion, text).blame(Fault::Harness))
                    }
                }
            }
        }
    }

    fn never_became(&self, what: &str, wanted: &Match, was: &str) -> Failure {
        let limit = self.wait_for_timeout();
        let to = match wanted {
            Match::Contains(text) => format!("contain \"{text}\""),
            Match::Exact(text) => format!("be \"{text}\""),
            Match::Regex(pattern) => format!("fit regex \"{pattern}\""),
            Match::Any => "be anything".to_owned(),
        };
        let text = format!("expected {what} to {to}, but it was \"{was}\"; waited {limit:?} (WAIT_FOR_TIMEOUT)");
        Failure::new(FailureKind::Assertion, text)
    }

    /// Runs a script in the page, as [`evaluate`](Self::evaluate) does, again and again until it returns something
    /// that JavaScript takes for true; returns that. It may be run in several documents, when the page navigates.
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] with what it returned last after `WAIT_FOR_TIMEOUT`, and all errors of `evaluate`.
    pub async fn wait_for_function<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> Result<T> {
        let what = "wait for a function";
        let limit = self.wait_for_timeout();
        let deadline = Instant::now() + limit;
        let mut last = "it returned nothing".to_owned();
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(POLL);
            match self.run_script(what, left, script, &arguments).await {
                Ok(value) if is_true(&value) => return super::evaluate::typed(&value),
                Ok(value) => last = format!("it returned {value}"),
                Err(ScriptError::Failed(failure) | ScriptError::Threw(failure)) => return Err(failure),
                Err(ScriptError::Navigated) => "the page opened another one".clone_into(&mut last),
                Err(ScriptError::Timeout) => "it did not end".clone_into(&mut last),
            }
            if Instant::now() >= deadline {
                let text = format!(
                    "expected the function to return something true, but {last}; waited {limit:?} (WAIT_FOR_TIMEOUT)"
                );
                return Err(Failure::new(FailureKind::Assertion, text));
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// What JavaScript takes for true.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(_) | Value::Object(_) => true,
    }
}
