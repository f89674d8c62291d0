//! What becomes of requests that fit a pattern.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::Serialize;

use super::request::Request;
use crate::record::Failure;

type Result<T = ()> = std::result::Result<T, Failure>;
type Handler = Arc<dyn Fn(Request) -> BoxFuture<'static, Result<Route>> + Send + Sync>;
type BodyChange = Arc<dyn Fn(String) -> String + Send + Sync>;

/// What becomes of requests: given to `Page::route` with a pattern of their URLs.
///
/// ```
/// # use canarytrace::page::{NetError, Reply, Route};
/// # use std::time::Duration;
/// Route::fulfil(Reply::text("from the monitor"));
/// Route::block();
/// Route::fail(NetError::ConnectionReset).times(1);
/// Route::delay(Duration::from_millis(500));
/// Route::go_on().header("x-variant", "b").without_header("dnt");
/// Route::go_on().response_header("cache-control", "no-store").change_response(|html| html.replace("€19", "€20"));
/// Route::with(async |request| Ok(if request.method == "POST" { Route::block() } else { Route::go_on() }));
/// ```
#[derive(Clone)]
pub struct Route {
    pub(super) action: Action,
    pub(super) after: Duration,
    pub(super) times: Option<u32>,
    pub(super) changes: Changes,
}

#[derive(Clone)]
pub(super) enum Action {
    GoOn,
    Fulfil(Reply),
    Fail(NetError),
    FallBack,
    Call(Handler),
}

/// What is changed in a request that goes on, and in its answer.
#[derive(Clone, Default)]
pub(super) struct Changes {
    pub(super) url: Option<String>,
    pub(super) method: Option<String>,
    pub(super) headers: Vec<(String, Option<String>)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) response: ResponseChanges,
}

#[derive(Clone, Default)]
pub(super) struct ResponseChanges {
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(String, Option<String>)>,
    pub(super) body: Option<BodyChange>,
}

impl Changes {
    fn any(&self) -> bool {
        self.url.is_some()
            || self.method.is_some()
            || !self.headers.is_empty()
            || self.body.is_some()
            || self.response.any()
    }
}

impl ResponseChanges {
    pub(super) fn any(&self) -> bool {
        self.status.is_some() || !self.headers.is_empty() || self.body.is_some()
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = match &self.action {
            Action::GoOn => "go on".to_owned(),
            Action::Fulfil(reply) => format!("fulfil with status {}", reply.status),
            Action::Fail(error) => format!("fail with {error:?}"),
            Action::FallBack => "fall back".to_owned(),
            Action::Call(_) => "call".to_owned(),
        };
        f.debug_struct("Route").field("action", &action).field("times", &self.times).finish_non_exhaustive()
    }
}

impl Route {
    fn new(action: Action) -> Self {
        Self { action, after: Duration::ZERO, times: None, changes: Changes::default() }
    }

    /// The request goes to the server; what is changed on the way is said by `header`, `body`, `response_header` …
    pub fn go_on() -> Self {
        Self::new(Action::GoOn)
    }

    /// The request is answered by this, and never reaches the server.
    pub fn fulfil(reply: Reply) -> Self {
        Self::new(Action::Fulfil(reply))
    }

    /// The request is blocked, as by an ad blocker (`net::ERR_BLOCKED_BY_CLIENT`).
    pub fn block() -> Self {
        Self::fail(NetError::BlockedByClient)
    }

    /// The request fails as if the network had failed.
    pub fn fail(error: NetError) -> Self {
        Self::new(Action::Fail(error))
    }

    /// The request goes to the server this much later.
    pub fn delay(delay: Duration) -> Self {
        Self::go_on().after(delay)
    }

    /// What becomes of the request is said by the next older route that it fits, or it goes on.
    pub fn fall_back() -> Self {
        Self::new(Action::FallBack)
    }

    /// What becomes of each request is said by a function. Meanwhile the request waits, and others don't.
    ///
    /// When it panics or returns an error, the request goes on and the monitor fails.
    pub fn with<F, R>(handler: F) -> Self
    where
        F: Fn(Request) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Self>> + Send + 'static,
    {
        // Called within the future, so that a panic before its first await is caught like any other.
        let handler = Arc::new(handler);
        Self::new(Action::Call(Arc::new(move |request| {
            let handler = handler.clone();
            Box::pin(async move { handler(request).await })
        })))
    }

    /// Whatever becomes of the request is done this much later.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }

    /// Only the first `count` requests that fit are meant.
    #[must_use]
    pub fn times(mut self, count: u32) -> Self {
        self.times = Some(count);
        self
    }

    /// Asks another URL; the page doesn't notice.
    #[must_use]
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.changes.url = Some(url.into());
        self
    }

    /// Sends another method.
    #[must_use]
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.changes.method = Some(method.into());
        self
    }

    /// Sends this header, instead of one of that name if there is one.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.changes.headers.push((name.into(), Some(value.into())));
        self
    }

    /// Does not send this header.
    #[must_use]
    pub fn without_header(mut self, name: impl Into<String>) -> Self {
        self.changes.headers.push((name.into(), None));
        self
    }

    /// Sends another body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.changes.body = Some(body.into());
        self
    }

    /// The page sees this status instead of the server's.
    #[must_use]
    pub fn response_status(mut self, status: u16) -> Self {
        self.changes.response.status = Some(status);
        self
    }

    /// The page sees this header in the answer, instead of one of that name if there is one.
    #[must_use]
    pub fn response_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.changes.response.headers.push((name.into(), Some(value.into())));
        self
    }

    /// The page does not see this header in the answer.
    #[must_use]
    pub fn without_response_header(mut self, name: impl Into<String>) -> Self {
        self.changes.response.headers.push((name.into(), None));
        self
    }

    /// The page sees what the function makes of the answer's body, which is text in UTF-8. A body that is not is left
    /// as it is, and the monitor fails.
    #[must_use]
    pub fn change_response(mut self, change: impl Fn(String) -> String + Send + Sync + 'static) -> Self {
        self.changes.response.body = Some(Arc::new(change));
        self
    }

    /// What can't be meant.
    pub(crate) fn check(&self) -> Result {
        if let Action::Fulfil(reply) = &self.action {
            reply.check()?;
        }
        if self.times == Some(0) {
            return Err(Failure::harness("a route for times(0) would fit no request: leave it out"));
        }
        if !matches!(self.action, Action::GoOn) && self.changes.any() {
            return Err(Failure::harness(
                "only a route that lets the request go on (go_on, delay) can change it or its answer; a function says \
                 in the route that it returns what is changed",
            ));
        }
        let headers = self.changes.headers.iter().chain(&self.changes.response.headers);
        for (name, value) in headers {
            check_header(name, value.as_deref().unwrap_or_default())?;
        }
        check_status(self.changes.response.status.unwrap_or(200))
    }
}

fn check_header(name: &str, value: &str) -> Result {
    if hyper::header::HeaderName::try_from(name).is_err() || hyper::header::HeaderValue::try_from(value).is_err() {
        return Err(Failure::harness(format!("\"{name}: {}\" is no header (RFC 9110)", value.escape_debug())));
    }
    Ok(())
}

fn check_status(status: u16) -> Result {
    if !(200..=599).contains(&status) {
        return Err(Failure::harness(format!("{status} is no status of an answer: those go from 200 to 599")));
    }
    Ok(())
}

/// An answer that a monitor gives instead of the server.
#[derive(Clone, Debug)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: std::result::Result<Vec<u8>, String>,
}

impl Reply {
    /// A body of this type with status 200.
    pub fn bytes(content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.into())];
        Self { status: 200, headers, body: Ok(body.into()) }
    }

    /// JSON with status 200.
    pub fn json(value: impl Serialize) -> Self {
        let mut reply = Self::bytes("application/json", []);
        reply.body = serde_json::to_vec(&value).map_err(|error| error.to_string());
        reply
    }

    /// Plain text with status 200.
    pub fn text(text: impl Into<String>) -> Self {
        Self::bytes("text/plain; charset=utf-8", text.into())
    }

    /// A page with status 200.
    pub fn html(html: impl Into<String>) -> Self {
        Self::bytes("text/html; charset=utf-8", html.into())
    }

    /// Nothing but a status.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Ok(Vec::new()) }
    }

    /// The same answer with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The same answer with one more header, or another value of it. `set-cookie` may be there several times.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        if !name.eq_ignore_ascii_case("set-cookie") {
            self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        }
        self.headers.push((name, value.into()));
        self
    }

    fn check(&self) -> Result {
        if let Err(error) = &self.body {
            return Err(Failure::harness(format!("the reply of a route can't be written as JSON: {error}")));
        }
        for (name, value) in &self.headers {
            check_header(name, value)?;
        }
        check_status(self.status)
    }
}

/// How the network failed, as the page sees it (`Network.ErrorReason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NetError {
    /// `net::ERR_FAILED`
    Failed,
    /// `net::ERR_ABORTED`
    Aborted,
    /// `net::ERR_TIMED_OUT`
    TimedOut,
    /// `net::ERR_ACCESS_DENIED`
    AccessDenied,
    /// `net::ERR_CONNECTION_CLOSED`
    ConnectionClosed,
    /// `net::ERR_CONNECTION_RESET`
    ConnectionReset,
    /// `net::ERR_CONNECTION_REFUSED`
    ConnectionRefused,
    /// `net::ERR_CONNECTION_ABORTED`
    ConnectionAborted,
    /// `net::ERR_CONNECTION_FAILED`
    ConnectionFailed,
    /// `net::ERR_NAME_NOT_RESOLVED`
    NameNotResolved,
    /// `net::ERR_INTERNET_DISCONNECTED`
    InternetDisconnected,
    /// `net::ERR_ADDRESS_UNREACHABLE`
    AddressUnreachable,
    /// `net::ERR_BLOCKED_BY_CLIENT`
    BlockedByClient,
    /// `net::ERR_BLOCKED_BY_RESPONSE`
    BlockedByResponse,
}

impl NetError {
    /// The protocol's name, which is the variant's.
    pub(super) fn reason(self) -> String {
        format!("{self:?}")
    }
}
