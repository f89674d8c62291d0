//! Waiting for the network: for a request, an answer, more of them, or none.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::mpsc::UnboundedReceiver;

use super::network::{Answered, Seen};
use super::page::{POLL, Page};
use super::route::nearest;
use crate::browser::Request;
use crate::config::{PatternText, UrlPattern};
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// How many URLs are named that still load.
const NAMED: usize = 5;

/// An answer that the page got.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Response {
    /// The URL that answered.
    pub url: String,
    /// Status of HTTP.
    pub status: u16,
    /// Its text; HTTP/2 and later have none.
    pub status_text: String,
    /// As the page sees them.
    pub headers: Vec<(String, String)>,
    /// What was asked.
    pub request: Request,
    /// How long it took.
    pub timing: Timing,
    page: Page,
    id: String,
    session: String,
    redirect: bool,
}

/// How long an answer took to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// From when the page asked to when the answer's headers were there.
    pub response: Duration,
    /// From when the request was sent to when its answer began (time to first byte); `None` when it went over no
    /// network, as from the cache.
    pub first_byte: Option<Duration>,
}

impl Response {
    fn new(page: &Page, answered: &Answered) -> Self {
        let response = &answered.response;
        let text = |name: &str| response[name].as_str().unwrap_or_default().to_owned();
        let timing = &response["timing"];
        let first_byte = timing["receiveHeadersStart"].as_f64().or_else(|| timing["receiveHeadersEnd"].as_f64());
        let first_byte = first_byte.zip(timing["sendStart"].as_f64()).map(|(begin, sent)| begin - sent);
        let seconds = |seconds: f64| Duration::try_from_secs_f64(seconds).ok();
        Self {
            url: text("url"),
            status: response["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default(),
            status_text: text("statusText"),
            headers: response["headers"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect(),
            request: (*answered.request).clone(),
            timing: Timing {
                response: seconds(answered.waited).unwrap_or_default(),
                first_byte: first_byte.and_then(|ms| seconds(ms / 1000.0)),
            },
            page: page.clone(),
            id: answered.id.clone(),
            session: answered.session.clone(),
            redirect: answered.redirect,
        }
    }

    /// The value of a header, whose name may be in upper or lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body, decompressed, once all of it is there (`Network.getResponseBody`).
    ///
    /// # Errors
    /// [`FailureKind::Assertion`] when the browser does not have it any more, because the page went on or it is too
    /// large; [`FailureKind::Timeout`] when it was not there within `WAIT_FOR_TIMEOUT`.
    pub async fn bytes(&self) -> Result<Vec<u8>> {
        use base64::Engine as _;
        let what = format!("read the body of {}", self.url);
        if self.redirect {
            return Err(Failure::new(FailureKind::Assertion, format!("could not {what}: a redirect has none")));
        }
        let page = &self.page;
        let limit = page.wait_for_timeout();
        let mut changes = page.window.network.changes();
        let over = async {
            while page.window.network.is_in_flight(&self.id) {
                // Its end is no change when it was expected to stay open.
                _ = tokio::time::timeout(POLL, changes.changed()).await;
            }
        };
        let reading = async {
            if tokio::time::timeout(limit, over).await.is_err() {
                let text = format!("could not {what}: it was not there within {limit:?} (WAIT_FOR_TIMEOUT)");
                return Err(Failure::new(FailureKind::Timeout, text));
            }
            let params = json!({ "requestId": self.id });
            let calling =
                page.shared.connection.send_within(limit, Some(&self.session), "Network.getResponseBody", params);
            calling.await.map_err(|error| {
                let text = format!("could not {what}: the browser does not have it (any more): {error}");
                Failure::new(FailureKind::Assertion, text)
            })
        };
        let reply = tokio::select! {
            failure = page.end() => return Err(failure.context(format_args!("could not {what}"))),
            reply = reading => reply?,
        };
        let body = reply["body"].as_str().unwrap_or_default();
        if reply["base64Encoded"] == true {
            let decoded = base64::engine::general_purpose::STANDARD.decode(body);
            return decoded.map_err(|error| Failure::harness(format!("could not {what}: {error}")));
        }
        Ok(body.as_bytes().to_owned())
    }

    /// The body as text.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes).
    pub async fn body(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.bytes().await?).into_owned())
    }

    /// The body read as JSON.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes), and [`FailureKind::Assertion`] when it is no JSON of that type.
    pub async fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.bytes().await?).map_err(|error| {
            let text = format!("the answer of {} is no JSON that can be read: {error}", self.url);
            Failure::new(FailureKind::Assertion, text)
        })
    }
}

/// Requests that a monitor means: not those that are none of the network, nor the browser's own question whether the
/// page may ask.
fn counts(request: &Request) -> bool {
    !request.url.starts_with("data:") && !request.url.starts_with("blob:") && request.resource_type != "Preflight"
}

fn told(request: &Request) -> String {
    format!("{} {}", request.method, request.url)
}

impl Page {
    /// Does something that makes the page ask for a URL that fits, and returns the answer once its headers are there.
    ///
    /// Patterns are those of [`route`](Self::route). An answer to a request that was sent before counts too when it comes
    /// after the action began.
    ///
    /// ```no_run
    /// # use canarytrace::prelude::*;
    /// # async fn example(page: &Page) -> Result {
    /// let answer = page.wait_for_response("**/api/cart", page.find(css("#add")).click()).await?;
    /// assert_eq!(answer.status, 200);
    /// assert!(answer.body().await?.contains("lamp"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The action's own failure; [`FailureKind::Assertion`] when none came within `WAIT_FOR_TIMEOUT` after it, with what
    /// came instead.
    pub async fn wait_for_response<T>(
        &self,
        pattern: impl Into<PatternText>,
        action: impl Future<Output = Result<T>>,
    ) -> Result<Response> {
        let pattern = self.pattern(pattern.into())?;
        let what = format!("wait for an answer to {pattern}");
        let mut seen = self.begin(&what).await?;
        action.await?;
        let mut others = Vec::new();
        let waiting = async {
            while let Some(seen) = seen.recv().await {
                match seen {
                    Seen::Answered(answered) if counts(&answered.request) => {
                        if pattern.matches(&answered.request.url) {
                            return Response::new(self, &answered);
                        }
                        let status = answered.response["status"].as_u64().unwrap_or_default();
                        others.push(format!("{} ({status})", told(&answered.request)));
                    }
                    // Of two of them, a request that fits and failed is the reason.
                    Seen::Over(request, Some(error)) if counts(&request) => {
                        others.push(format!("{} ({error})", told(&request)));
                    }
                    _ => {}
                }
            }
            std::future::pending().await
        };
        let answer = self.within(&what, waiting).await?;
        answer.ok_or_else(|| self.did_not_come(&format!("an answer to {pattern}"), &pattern, &others))
    }

    /// Does something that makes the page ask for a URL that fits, and returns the request once it is sent.
    ///
    /// # Errors
    /// The action's own failure; [`FailureKind::Assertion`] when none was sent within `WAIT_FOR_TIMEOUT` after it, with
    /// what was sent instead.
    pub async fn wait_for_request<T>(
        &self,
        pattern: impl Into<PatternText>,
        action: impl Future<Output = Result<T>>,
    ) -> Result<Request> {
        let pattern = self.pattern(pattern.into())?;
        let what = format!("wait for a request to {pattern}");
        let mut seen = self.begin(&what).await?;
        action.await?;
        let mut others = Vec::new();
        let waiting = async {
            while let Some(seen) = seen.recv().await {
                if let Seen::Sent(request) = seen
                    && counts(&request)
                {
                    if pattern.matches(&request.url) {
                        return (*request).clone();
                    }
                    others.push(told(&request));
                }
            }
            std::future::pending().await
        };
        let request = self.within(&what, waiting).await?;
        request.ok_or_else(|| self.did_not_come(&format!("a request to {pattern}"), &pattern, &others))
    }

    /// Does something, and waits until at least `count` requests more than before are answered or have failed. Returns all
    /// of them.
    ///
    /// # Errors
    /// The action's own failure; [`FailureKind::Assertion`] when they were fewer after `WAIT_FOR_TIMEOUT`, with those that
    /// there were.
    pub async fn wait_for_more_requests<T>(
        &self,
        count: usize,
        action: impl Future<Output = Result<T>>,
    ) -> Result<Vec<Request>> {
        let what = format!("wait for {count} more requests");
        let mut seen = self.begin(&what).await?;
        action.await?;
        let mut over: Vec<Arc<Request>> = Vec::new();
        let add = |over: &mut Vec<Arc<Request>>, seen: Seen| {
            let request = match seen {
                Seen::Answered(answered) => answered.request.clone(),
                Seen::Over(request, Some(_)) => request,
                _ => return,
            };
            // An answer that breaks off is told twice.
            if counts(&request) && !over.iter().any(|known| Arc::ptr_eq(known, &request)) {
                over.push(request);
            }
        };
        let waiting = async {
            while over.len() < count {
                match seen.recv().await {
                    Some(seen) => add(&mut over, seen),
                    None => return std::future::pending().await,
                }
            }
            while let Ok(seen) = seen.try_recv() {
                add(&mut over, seen);
            }
        };
        if self.within(&what, waiting).await?.is_some() {
            return Ok(over.iter().map(|request| (**request).clone()).collect());
        }
        let limit = self.wait_for_timeout();
        let came: Vec<String> = over.iter().map(|request| told(request)).collect();
        let came = if came.is_empty() { String::new() } else { format!(": {}", came.join(", ")) };
        let text = format!(
            "expected {count} more requests to be answered, but {} were{came}; waited {limit:?} (WAIT_FOR_TIMEOUT){}",
            over.len(),
            self.still_busy()
        );
        Err(Failure::new(FailureKind::Assertion, text))
    }

    /// Waits until no request of this window was under way for as long as `quiet`. Those that may stay open for as long
    /// as the page does don't count: event streams, web sockets, beacons, films that have begun. Of a `fetch` whose answer
    /// has begun only what comes of it counts.
    ///
    /// A page that asks for news again and again is never quiet for long: what it shows is the better thing to wait for.
    ///
    /// # Errors
    /// [`FailureKind::Timeout`] when it never was within `WAIT_FOR_TIMEOUT`, with what still loads.
    pub async fn wait_for_network_idle(&self, quiet: Duration) -> Result {
        let what = "wait for the network to be idle";
        self.ready(what).await?;
        let network = &self.window.network;
        let mut changes = network.changes();
        let mut last = None;
        let waiting = async {
            loop {
                changes.mark_unchanged();
                let busy = network.busy_with();
                if busy.is_empty() {
                    match tokio::time::timeout(quiet, changes.changed()).await {
                        Err(_quiet) => return,
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return std::future::pending().await,
                    }
                } else {
                    last = busy.into_iter().next();
                    if changes.changed().await.is_err() {
                        return std::future::pending().await;
                    }
                }
            }
        };
        if self.within(what, waiting).await?.is_some() {
            return Ok(());
        }
        let limit = self.wait_for_timeout();
        let busy = match (self.still_busy(), last) {
            (busy, Some(last)) if busy.is_empty() => {
                format!("; nothing is under way just now, the last one was {last}")
            }
            (busy, _) => busy,
        };
        let text = format!("the network was not idle for {quiet:?} within {limit:?} (WAIT_FOR_TIMEOUT){busy}");
        Err(Failure::new(FailureKind::Timeout, text))
    }

    fn pattern(&self, pattern: PatternText) -> Result<UrlPattern> {
        UrlPattern::new(pattern, self.shared.base_url.as_ref()).map_err(Failure::harness)
    }

    async fn begin(&self, what: &str) -> Result<UnboundedReceiver<Seen>> {
        self.ready(what).await?;
        Ok(self.window.network.watch())
    }

    /// What is waited for, or `None` after `WAIT_FOR_TIMEOUT`.
    async fn within<T>(&self, what: &str, waiting: impl Future<Output = T>) -> Result<Option<T>> {
        tokio::select! {
            biased;
            value = waiting => Ok(Some(value)),
            failure = self.end() => Err(failure.context(format_args!("could not {what}"))),
            () = tokio::time::sleep(self.wait_for_timeout()) => match self.unexpected_dialog() {
                Some(failure) => Err(failure.context(format_args!("could not {what}"))),
                None => Ok(None),
            },
        }
    }

    fn did_not_come(&self, wanted: &str, pattern: &UrlPattern, others: &[String]) -> Failure {
        let (limit, busy) = (self.wait_for_timeout(), self.still_busy());
        let others = nearest(&pattern.to_string(), others);
        let text = format!("expected {wanted}, but none came; waited {limit:?} (WAIT_FOR_TIMEOUT){others}{busy}");
        Failure::new(FailureKind::Assertion, text)
    }

    /// What still loads, in words.
    fn still_busy(&self) -> String {
        let busy = self.window.network.busy_with();
        let more = busy.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let named = busy[..busy.len().min(NAMED)].join(", ");
        if busy.is_empty() { String::new() } else { format!("; still loading: {named}{more}") }
    }
}
