//! Pauses the requests that somebody wants something of, and answers each exactly once.
//!
//! `Fetch` is enabled on the browser itself, not on its tabs: so it holds for every window, frame, worker and service
//! worker from its first request on. Documents that are open already when it is enabled first keep the loaders that they
//! have; enabling and disabling it on a session gives the session's frames new ones.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use url::{Origin, Url};

use super::auth::Authenticator;
use super::hero_mark::{Document, HeroMark, set_marks};
use super::request::{Request, header};
use super::route::{Action, Changes, Reply, ResponseChanges, Route};
use super::rules::{Rule, Rules, What};
use super::trace::Tracer;
use crate::config::{Config, PatternText, UrlPattern};
use crate::devtools::{CdpError, CdpEvent, Connection, Interest, Received, Subscription};
use crate::record::Failure;

/// How long it may take until it is known which window a new frame belongs to.
const FRAME_LIMIT: Duration = Duration::from_secs(1);

/// How long a body may take to come from the server. Nothing of the page's loads meanwhile.
const BODY_LIMIT: Duration = Duration::from_mins(5);

/// How many answers that are to be changed are remembered; a request that is given up never has one.
const MAX_PLANS: usize = 10_000;

/// How many functions of routes may follow on each other for one request.
const MAX_CALLS: usize = 10;

/// The one user of the `Fetch` domain. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Interceptor(Arc<Inner>);

struct Inner {
    connection: Connection,
    state: Mutex<State>,
    /// The patterns that are in effect; locked while they are changed.
    applied: tokio::sync::Mutex<Vec<String>>,
    /// Grows with every frame that becomes known.
    frames_changed: watch::Sender<u64>,
    follower: Mutex<Option<AbortHandle>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interceptor").finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Some(follower) = self.follower.lock().unwrap_or_else(PoisonError::into_inner).take() {
            follower.abort();
        }
    }
}

type Note = Arc<dyn Fn(Failure) + Send + Sync>;

#[derive(Default)]
struct State {
    authenticator: Option<Authenticator>,
    origins: Vec<Origin>,
    tracer: Option<Arc<Tracer>>,
    traced: Vec<UrlPattern>,
    rules: Rules,
    /// The answers that are to be changed, by the request's id.
    plans: HashMap<String, Plan>,
    plan_order: VecDeque<String>,
    /// The frame, or window, that a frame or worker is in.
    parents: HashMap<String, String>,
    windows: HashSet<String>,
    /// Sessions of tabs and frames, with their targets.
    sessions: HashMap<String, String>,
    /// Where failures of rules go.
    note: Option<Note>,
}

/// What is to be done with an answer.
#[derive(Clone, Default)]
struct Plan {
    changes: ResponseChanges,
    marks: Vec<Arc<Rule>>,
}

impl Interceptor {
    /// An interceptor of a browser, as the options want it; `first` is the session and target of the first tab.
    pub(crate) async fn start(connection: &Connection, config: &Config, first: (&str, &str)) -> Result<Self, CdpError> {
        let origins: Vec<Origin> = config
            .base_urls
            .iter()
            .filter_map(|target| Some(target.url.as_ref().ok()?.origin()))
            .filter(Origin::is_tuple)
            .collect();
        let authenticator = config.basic_auth.clone().map(|auth| Authenticator::new(auth, origins.clone()));
        let tracer = config.trace_id_name.as_deref().map(|name| Arc::new(Tracer::new(name)));
        let state = State {
            authenticator,
            origins,
            tracer,
            traced: config.trace_urls.clone(),
            sessions: HashMap::from([(first.0.to_owned(), first.1.to_owned())]),
            windows: HashSet::from([first.1.to_owned()]),
            ..State::default()
        };
        let inner = Arc::new(Inner {
            connection: connection.clone(),
            state: Mutex::new(state),
            applied: tokio::sync::Mutex::default(),
            frames_changed: watch::Sender::new(0),
            follower: Mutex::new(None),
        });
        let interest = Interest { methods: &["Fetch.", "Page.frame", "Target."], session: None };
        let follower = tokio::spawn(follow(connection.subscribe_to(interest), Arc::downgrade(&inner)));
        *inner.follower.lock().unwrap_or_else(PoisonError::into_inner) = Some(follower.abort_handle());
        inner.apply().await?;
        Ok(Self(inner))
    }

    /// Says where failures of rules go: they are noted while the journey goes on.
    pub(crate) fn on_failure(&self, note: impl Fn(Failure) + Send + Sync + 'static) {
        self.0.state().note = Some(Arc::new(note));
    }

    /// Adds a rule. It holds for every request that is made from when this returns.
    pub(crate) async fn add(&self, rule: Arc<Rule>) -> Result<(), CdpError> {
        self.0.state().rules.add(rule);
        self.0.apply().await
    }

    /// Takes a rule back.
    pub(crate) async fn remove(&self, rule: &Arc<Rule>) -> Result<(), CdpError> {
        self.0.state().rules.remove(rule);
        self.0.apply().await
    }
}

/// A text as a pattern of the browser that means nothing but itself and what begins with it.
fn of_origin(origin: &Origin) -> String {
    format!("{}/*", origin.ascii_serialization())
}

impl State {
    /// The patterns of what somebody wants something of.
    fn patterns(&self) -> Vec<String> {
        let mut patterns = BTreeSet::new();
        if self.authenticator.is_some() || self.tracer.is_some() {
            patterns.extend(self.origins.iter().map(of_origin));
        }
        if self.tracer.is_some() {
            patterns.extend(self.traced.iter().map(|pattern| pattern.wildcard().to_owned()));
        }
        patterns.extend(self.rules.open().iter().map(|rule| rule.pattern.wildcard().to_owned()));
        patterns.into_iter().collect()
    }

    fn is_traced(&self, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| self.origins.contains(&url.origin()))
            || self.traced.iter().any(|pattern| pattern.matches(url))
    }

    /// The window that a frame or worker is in, when that is known.
    fn window_of(&self, frame: &str) -> Option<&str> {
        let mut frame = frame;
        // Frames can't be their own ancestors; what the browser tells may be anything.
        for _ in 0..100 {
            if let Some(window) = self.windows.get(frame) {
                return Some(window);
            }
            frame = self.parents.get(frame)?;
        }
        None
    }

    fn plan(&mut self, id: &str, plan: Plan) {
        self.plans.insert(id.to_owned(), plan);
        self.plan_order.push_back(id.to_owned());
        if self.plan_order.len() > MAX_PLANS
            && let Some(oldest) = self.plan_order.pop_front()
        {
            self.plans.remove(&oldest);
        }
    }

    /// Where frames are, as far as an event tells.
    fn learn(&mut self, event: &CdpEvent) -> bool {
        let Ok(params) = event.params::<Value>() else { return false };
        let text = |path: &str| params.pointer(path).and_then(Value::as_str).map(str::to_owned);
        match event.method.as_str() {
            "Page.frameAttached" => {
                if let (Some(frame), Some(parent)) = (text("/frameId"), text("/parentFrameId")) {
                    self.parents.insert(frame, parent);
                    return true;
                }
            }
            "Page.frameDetached" if params["reason"] != "swap" => {
                self.parents.remove(&text("/frameId").unwrap_or_default());
            }
            "Target.targetCreated" | "Target.targetInfoChanged" | "Target.attachedToTarget" => {
                let id = text("/targetInfo/targetId").unwrap_or_default();
                let page = params["targetInfo"]["type"] == "page";
                if let Some(session) = text("/sessionId")
                    && (page || params["targetInfo"]["type"] == "iframe")
                {
                    self.sessions.insert(session, id.clone());
                }
                let known = if page {
                    self.windows.insert(id)
                } else if let Some(parent) = text("/targetInfo/parentFrameId").or_else(|| text("/targetInfo/parentId"))
                {
                    self.parents.insert(id, parent).is_none()
                } else {
                    false
                };
                return known;
            }
            "Target.detachedFromTarget" => {
                self.sessions.remove(&text("/sessionId").unwrap_or_default());
            }
            _ => {}
        }
        false
    }
}

async fn follow(mut events: Subscription, inner: Weak<Inner>) {
    while let Some(received) = events.next().await {
        let Some(inner) = inner.upgrade() else { return };
        let event = match received {
            Received::Event(event) => event,
            Received::Missed(count) => {
                tracing::warn!(
                    "{count} events of the browser were missed; requests that wait for an answer are let go, and routes \
                     may not have seen some"
                );
                tokio::spawn(async move { inner.release().await });
                continue;
            }
            Received::Injected(_) => continue,
        };
        match event.method.as_str() {
            "Fetch.requestPaused" => match event.params::<Value>() {
                Ok(params) => drop(tokio::spawn(async move { inner.paused(params).await })),
                Err(error) => tracing::warn!(%error, "a paused request can't be read; it waits until it is given up"),
            },
            "Fetch.authRequired" => {
                let Ok(params) = event.params::<Value>() else { continue };
                let response = match &mut inner.state().authenticator {
                    Some(authenticator) => authenticator.answer(&params),
                    None => json!({ "response": "Default" }),
                };
                let answer = json!({ "requestId": params["requestId"], "authChallengeResponse": response });
                tokio::spawn(async move { inner.send("Fetch.continueWithAuth", answer).await });
            }
            "Target.targetDestroyed" => {
                let Ok(params) = event.params::<Value>() else { continue };
                let id = params["targetId"].as_str().unwrap_or_default();
                let forgot = {
                    let mut state = inner.state();
                    state.parents.remove(id);
                    state.windows.remove(id) && state.rules.forget_window(id)
                };
                if forgot {
                    tokio::spawn(async move { inner.apply_or_tell().await });
                }
            }
            method
                if (method.starts_with("Target.") || method.starts_with("Page.frame"))
                    && inner.state().learn(&event) =>
            {
                inner.frames_changed.send_modify(|count| *count += 1);
            }
            _ => {}
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // The values are consistent between statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the browser pause what somebody wants something of, and nothing else.
    async fn apply(&self) -> Result<(), CdpError> {
        let mut applied = self.applied.lock().await;
        let (patterns, auth) = {
            let state = self.state();
            (state.patterns(), state.authenticator.is_some())
        };
        if *applied == patterns {
            return Ok(());
        }
        if patterns.is_empty() {
            self.connection.send(None, "Fetch.disable", json!({})).await?;
        } else {
            let listed: Vec<Value> = patterns.iter().map(|pattern| json!({ "urlPattern": pattern })).collect();
            let params = json!({ "handleAuthRequests": auth, "patterns": listed });
            self.connection.send(None, "Fetch.enable", params).await?;
            if applied.is_empty() {
                self.renew_loaders().await;
            }
        }
        *applied = patterns;
        Ok(())
    }

    async fn apply_or_tell(&self) {
        if let Err(error) = self.apply().await {
            tracing::debug!(%error, "the browser was not told which requests to pause");
        }
    }

    /// Gives the documents that are open new loaders, which know that requests are paused.
    async fn renew_loaders(&self) {
        let sessions: Vec<String> = self.state().sessions.keys().cloned().collect();
        join_all(sessions.iter().map(async |session| {
            let nothing = json!({ "patterns": [{ "urlPattern": "about:nothing" }] });
            let enabled = self.connection.send(Some(session), "Fetch.enable", nothing);
            let disabled = self.connection.send(Some(session), "Fetch.disable", json!({}));
            if let (Err(error), _) | (_, Err(error)) = tokio::join!(enabled, disabled) {
                tracing::debug!(%error, "an open document may not have its requests paused");
            }
        }))
        .await;
    }

    /// Lets everything go on that is paused.
    async fn release(&self) {
        let mut applied = self.applied.lock().await;
        if !applied.is_empty() {
            _ = self.connection.send(None, "Fetch.disable", json!({})).await;
            applied.clear();
        }
        drop(applied);
        self.apply_or_tell().await;
    }

    /// Sends an answer; returns whether it was taken.
    async fn send(&self, method: &str, params: Value) -> bool {
        let sent = self.connection.send(None, method, params).await;
        if let Err(error) = &sent {
            // A request that the page took back meanwhile, or whose page is gone, can't be answered any more.
            tracing::debug!(%error, "a paused request was not answered");
        }
        sent.is_ok()
    }

    fn fail(&self, failure: Failure) {
        let note = self.state().note.clone();
        if let Some(note) = note {
            note(failure);
        } else {
            tracing::warn!("{failure}");
        }
    }

    async fn paused(&self, params: Value) {
        if params["responseStatusCode"].is_number() || params["responseErrorReason"].is_string() {
            return self.answered(&params).await;
        }
        let request = Request::read(&params);
        let id = params["requestId"].as_str().unwrap_or_default();
        let rules = self.state().rules.open();
        let mut wanted = Vec::new();
        for rule in rules {
            if rule.fits(&request) && self.is_of_window(&rule, &params).await {
                wanted.push(rule);
            }
        }
        let mut plan = Plan::default();
        if request.resource_type == "Document" {
            // Marks in the order in which they were asked for.
            plan.marks = wanted.iter().rev().filter(|rule| matches!(rule.what, What::HeroMark(_))).cloned().collect();
        }
        let preflight = request.method == "OPTIONS" && request.header("access-control-request-method").is_some();
        let mut changes = Changes::default();
        for rule in &wanted {
            let What::Route(route) = &rule.what else { continue };
            if preflight && matches!(route.action, Action::Fulfil(_)) {
                // The question whether the request may be asked, which the server won't be either.
                self.fulfil(id, &request, &preflight_reply(&request)).await;
                return;
            }
            if !rule.take() {
                continue;
            }
            rule.matched.add();
            if !rule.is_open() {
                self.apply_or_tell().await;
            }
            let route = match self.resolve(rule, route, &request).await {
                Ok(route) => route,
                Err(failure) => {
                    self.fail(failure);
                    break;
                }
            };
            match route.action {
                Action::Fulfil(reply) => {
                    self.fulfil(id, &request, &reply).await;
                    return;
                }
                Action::Fail(error) => {
                    let params = json!({ "requestId": id, "errorReason": error.reason() });
                    self.send("Fetch.failRequest", params).await;
                    return;
                }
                Action::FallBack | Action::Call(_) => {}
                Action::GoOn => {
                    changes = route.changes;
                    break;
                }
            }
        }
        self.go_on(id, &request, changes, plan).await;
    }

    /// Whether a rule for one window is for a request.
    async fn is_of_window(&self, rule: &Rule, params: &Value) -> bool {
        let Some(wanted) = &rule.window else { return true };
        let frame = params["frameId"].as_str().unwrap_or_default();
        let mut changed = self.frames_changed.subscribe();
        let finding = async {
            loop {
                changed.mark_unchanged();
                if let Some(window) = self.state().window_of(frame) {
                    return window == wanted;
                }
                if changed.changed().await.is_err() {
                    return false;
                }
            }
        };
        // Service workers and shared workers belong to no window.
        tokio::time::timeout(FRAME_LIMIT, finding).await.unwrap_or(false)
    }

    /// The route that says what is done, once its functions were asked and its delays are over.
    async fn resolve(&self, rule: &Rule, route: &Route, request: &Request) -> Result<Route, Failure> {
        let mut route = route.clone();
        for _ in 0..MAX_CALLS {
            if !route.after.is_zero() {
                tokio::time::sleep(route.after).await;
            }
            let Action::Call(handler) = &route.action else { return Ok(route) };
            let called = AssertUnwindSafe(handler(request.clone())).catch_unwind().await;
            let context = || format!("the route for {} failed for {} {}", rule.pattern, request.method, request.url);
            route = match called {
                Ok(Ok(route)) => route,
                Ok(Err(failure)) => return Err(failure.context(context())),
                Err(panic) => {
                    let text = panic
                        .downcast_ref::<&str>()
                        .map(|text| (*text).to_owned())
                        .or_else(|| panic.downcast_ref::<String>().cloned())
                        .unwrap_or_else(|| "it panicked".to_owned());
                    let kind = crate::record::FailureKind::Assertion;
                    return Err(Failure::new(kind, format!("{}: it panicked: {text}", context())));
                }
            };
            route.check().map_err(|failure| failure.context(context()))?;
        }
        Err(Failure::harness(format!("the route for {} leads to functions without an end", rule.pattern)))
    }

    async fn fulfil(&self, id: &str, request: &Request, reply: &Reply) {
        let mut headers = reply.headers.clone();
        // What another origin asks for it only sees when it may, as Playwright has it.
        if let Some(origin) = request.header("origin")
            && header(&headers, "access-control-allow-origin").is_none()
        {
            headers.push(("access-control-allow-origin".to_owned(), origin.to_owned()));
            headers.push(("access-control-allow-credentials".to_owned(), "true".to_owned()));
            headers.push(("vary".to_owned(), "Origin".to_owned()));
        }
        let body = STANDARD.encode(reply.body.as_deref().unwrap_or_default());
        let params = json!({
            "requestId": id, "responseCode": reply.status, "responseHeaders": entries(&headers), "body": body,
        });
        self.send("Fetch.fulfillRequest", params).await;
    }

    async fn go_on(&self, id: &str, request: &Request, changes: Changes, plan: Plan) {
        let plan = Plan { changes: changes.response, ..plan };
        let mut headers = changed(&request.headers, &changes.headers);
        let mut params = Map::from_iter([("requestId".to_owned(), json!(id))]);
        {
            let mut state = self.state();
            let url = changes.url.as_deref().unwrap_or(&request.url);
            if let Some(tracer) = state.tracer.clone()
                && state.is_traced(url)
            {
                headers.extend(tracer.headers(&headers));
            }
            if plan.changes.any() || !plan.marks.is_empty() {
                params.insert("interceptResponse".to_owned(), true.into());
                state.plan(id, plan);
            }
        }
        if headers != request.headers {
            params.insert("headers".to_owned(), entries(&headers));
        }
        let rewritten = changes.url.is_some() || changes.method.is_some() || changes.body.is_some();
        for (name, value) in [("url", changes.url), ("method", changes.method)] {
            if let Some(value) = value {
                params.insert(name.to_owned(), value.into());
            }
        }
        if let Some(body) = changes.body {
            params.insert("postData".to_owned(), STANDARD.encode(body).into());
        }
        let as_it_is = params.len() == 1;
        let sent = self.connection.send(None, "Fetch.continueRequest", Value::Object(params)).await;
        if let Err(error) = sent {
            tracing::debug!(%error, "a paused request did not go on");
            // When it is still there, it was what we changed that the browser would not take.
            if !as_it_is && self.send("Fetch.continueRequest", json!({ "requestId": id })).await && rewritten {
                let text = format!("could not change {} {} as its route says: {error}", request.method, request.url);
                self.fail(Failure::harness(text));
            }
        }
    }

    /// An answer that is paused before its body.
    async fn answered(&self, params: &Value) {
        let id = params["requestId"].as_str().unwrap_or_default();
        let url = params["request"]["url"].as_str().unwrap_or_default();
        let status = params["responseStatusCode"].as_u64();
        let headers: Vec<(String, String)> = params["responseHeaders"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|entry| Some((entry["name"].as_str()?.to_owned(), entry["value"].as_str()?.to_owned())))
            .collect();
        let redirected =
            status.is_some_and(|status| (300..400).contains(&status)) && header(&headers, "location").is_some();
        let plan = {
            let mut state = self.state();
            if redirected {
                // The request that it leads to has the same id, and gets a plan of its own when it is one of those.
                None
            } else {
                let plan = state.plans.remove(id);
                state.plan_order.retain(|known| known != id);
                plan
            }
        };
        let (Some(status), Some(plan)) = (status, plan) else {
            self.send("Fetch.continueRequest", json!({ "requestId": id })).await;
            return;
        };
        let html = header(&headers, "content-type").unwrap_or("text/html").to_ascii_lowercase();
        let marks: Vec<(&Arc<Rule>, &HeroMark)> = plan
            .marks
            .iter()
            .filter_map(|rule| if let What::HeroMark(mark) = &rule.what { Some((rule, mark)) } else { None })
            .filter(|_| html.contains("html") && !matches!(status, 204 | 205 | 304))
            .collect();
        let new_status = plan.changes.status.map_or(status, u64::from);
        let mut document = Document { headers: changed(&headers, &plan.changes.headers), body: Vec::new() };
        if plan.changes.body.is_none() && marks.is_empty() {
            if plan.changes.any() {
                let params = json!({
                    "requestId": id, "responseCode": new_status, "responseHeaders": entries(&document.headers),
                });
                self.send("Fetch.continueResponse", params).await;
            } else {
                self.send("Fetch.continueRequest", json!({ "requestId": id })).await;
            }
            return;
        }
        document.body = match self.body(id).await {
            Ok(body) => body,
            Err(error) => {
                // An answer that breaks off breaks off for the page too.
                tracing::debug!(%error, url, "the body of an answer could not be read");
                self.send("Fetch.continueRequest", json!({ "requestId": id })).await;
                return;
            }
        };
        if let Some(change) = &plan.changes.body {
            match String::from_utf8(std::mem::take(&mut document.body)) {
                Ok(text) => match std::panic::catch_unwind(AssertUnwindSafe(|| change(text.clone()))) {
                    Ok(text) => document.body = text.into_bytes(),
                    Err(_panic) => {
                        document.body = text.into_bytes();
                        let text = format!("the function that changes the answer of {url} panicked");
                        self.fail(Failure::new(crate::record::FailureKind::Assertion, text));
                    }
                },
                Err(error) => {
                    document.body = error.into_bytes();
                    self.fail(Failure::harness(format!("the answer of {url} is no text in UTF-8: it was not changed")));
                }
            }
        }
        let only: Vec<&HeroMark> = marks.iter().map(|(_, mark)| *mark).collect();
        for (set, (rule, mark)) in set_marks(&mut document, &only).into_iter().zip(&marks) {
            match set {
                Ok(()) => rule.matched.add(),
                Err(reason) => tracing::warn!("the hero mark {} was not set in {url}: {reason}", mark.name()),
            }
        }
        // The body is decoded, and of another length. A body that changed is not what was signed or cached either.
        document.headers.retain(|(name, _)| {
            let dropped = ["content-encoding", "content-length", "transfer-encoding", "etag"];
            !dropped.iter().any(|known| name.eq_ignore_ascii_case(known))
        });
        let params = json!({
            "requestId": id, "responseCode": new_status, "responseHeaders": entries(&document.headers),
            "body": STANDARD.encode(&document.body),
        });
        self.send("Fetch.fulfillRequest", params).await;
    }

    /// The whole body of a paused answer, decompressed.
    async fn body(&self, id: &str) -> Result<Vec<u8>, String> {
        let params = json!({ "requestId": id });
        let reply = self.connection.send_within(BODY_LIMIT, None, "Fetch.getResponseBody", params).await;
        let reply = reply.map_err(|error| error.to_string())?;
        let body = reply["body"].as_str().unwrap_or_default();
        if reply["base64Encoded"] == true {
            STANDARD.decode(body).map_err(|error| error.to_string())
        } else {
            Ok(body.as_bytes().to_owned())
        }
    }
}

fn preflight_reply(request: &Request) -> Reply {
    let asked = |name: &str| request.header(name).unwrap_or_default().to_owned();
    Reply::empty(204)
        .header("access-control-allow-methods", asked("access-control-request-method"))
        .header("access-control-allow-headers", asked("access-control-request-headers"))
}

/// `HeaderEntry`s. Several lines of one name, which Chromium separates by line ends, are entries of their own.
fn entries(headers: &[(String, String)]) -> Value {
    headers
        .iter()
        .flat_map(|(name, value)| value.split('\n').map(move |value| json!({ "name": name, "value": value })))
        .collect()
}

/// Headers with these set, or left out.
fn changed(headers: &[(String, String)], changes: &[(String, Option<String>)]) -> Vec<(String, String)> {
    let mut headers = headers.to_vec();
    for (name, value) in changes {
        headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        if let Some(value) = value {
            headers.push((name.clone(), value.clone()));
        }
    }
    headers
}

impl Interceptor {
    /// A pattern of URLs, relative to `base`.
    pub(crate) fn pattern(pattern: impl Into<PatternText>, base: Option<&Url>) -> Result<UrlPattern, Failure> {
        UrlPattern::new(pattern, base).map_err(Failure::harness)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_belongs_to_the_window_that_it_is_in() {
        let mut state = State { windows: HashSet::from(["tab".to_owned()]), ..State::default() };
        for (frame, parent) in [("outer", "tab"), ("inner", "outer"), ("loop", "loop")] {
            state.parents.insert(frame.to_owned(), parent.to_owned());
        }
        assert_eq!(state.window_of("inner"), Some("tab"));
        assert_eq!(state.window_of("tab"), Some("tab"));
        assert_eq!(state.window_of("unknown"), None);
        assert_eq!(state.window_of("loop"), None);
    }

    #[test]
    fn headers_are_set_whatever_their_case_and_removed() {
        let headers = [("Accept", "a"), ("DNT", "1")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        let changes = [("accept".to_owned(), Some("b".to_owned())), ("dnt".to_owned(), None)];
        assert_eq!(changed(&headers, &changes), [("accept".to_owned(), "b".to_owned())]);
    }

    #[test]
    fn several_cookies_of_one_answer_stay_apart() {
        let headers = [("set-cookie".to_owned(), "a=1\nb=2".to_owned())];
        let expected = json!([{"name": "set-cookie", "value": "a=1"}, {"name": "set-cookie", "value": "b=2"}]);
        assert_eq!(entries(&headers), expected);
    }
}
