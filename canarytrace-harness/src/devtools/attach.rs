//! Sessions of everything that makes requests or writes to the console: tabs, frames of other processes, workers of every
//! kind, worklets, pages that are rendered before they are shown; and what is in them, recursively.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::connection::{CdpError, Connection};
use super::event::{CdpEvent, Interest, Received, Subscription};
use super::session::Session;
use super::timeline::Timeline;

/// Bodies of requests up to this size, in bytes, come with the event of the request.
const MAX_POST_DATA: u32 = 64 * 1024;

/// What is asked of each target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Domains {
    /// `Network`.
    pub(crate) network: bool,
    /// `Runtime`, `Log` and `Console`: each costs the page a little with every line that it logs.
    pub(crate) console: bool,
    /// The performance timeline of tabs; it needs `Runtime` too.
    pub(crate) timeline: Option<Timeline>,
    /// Whether that is observed from the beginning of each document.
    pub(crate) timeline_from_start: bool,
}

impl Domains {
    /// Whether targets other than tabs are of any interest.
    pub(crate) fn any(self) -> bool {
        self.network || self.console || self.timeline.is_some()
    }

    /// The calls that switch the domains on, in their order, for a target of the type `kind`. What is in it is attached
    /// to as well, and stopped until it is set up in the same way.
    fn calls(self, kind: &str) -> Vec<(&'static str, Value)> {
        let mut calls = Vec::new();
        let page = matches!(kind, "page" | "iframe" | "webview");
        // The page API lives on both.
        if page || self.network {
            calls.push(("Network.enable", json!({ "maxPostDataSize": MAX_POST_DATA })));
        }
        if page {
            calls.push(("Page.enable", json!({})));
        }
        if self.console {
            // The three tell what was said before, so that nothing is lost by their order.
            calls.extend(["Runtime.enable", "Log.enable", "Console.enable"].map(|method| (method, json!({}))));
        }
        if let Some(timeline) = self.timeline.filter(|_| kind == "page") {
            if !self.console {
                calls.push(("Runtime.enable", json!({})));
            }
            calls.push(Timeline::binding());
            if self.timeline_from_start {
                calls.push(timeline.at_start());
            }
        }
        if self.any() {
            calls.push(attach_to_inner());
        }
        calls
    }

    /// What has to be on in every target before settings of the network hold in it, when it is not on anyway.
    fn for_settings(self) -> Vec<(&'static str, Value)> {
        let mut calls = Vec::new();
        if !self.network {
            calls.push(("Network.enable", json!({ "maxPostDataSize": MAX_POST_DATA })));
        }
        if !self.any() {
            calls.push(attach_to_inner());
        }
        calls
    }

    /// The types of targets that the browser itself attaches to.
    pub(crate) fn of_browser(self) -> Value {
        let shared: &[&str] = if self.any() { &["service_worker", "shared_worker"] } else { &[] };
        ["page"].iter().chain(shared).map(|kind| json!({ "type": kind })).collect()
    }
}

/// Has everything in a target attached to, and stopped until it is set up.
fn attach_to_inner() -> (&'static str, Value) {
    let params = json!({
        "autoAttach": true,
        "waitForDebuggerOnStart": true,
        "flatten": true,
        // Workers that pages share belong to the browser, which attaches to them itself: once is enough.
        "filter": [
            { "type": "service_worker", "exclude": true },
            { "type": "shared_worker", "exclude": true },
            { "type": "browser", "exclude": true },
            { "type": "tab", "exclude": true },
            {},
        ],
    });
    ("Target.setAutoAttach", params)
}

/// The sessions of one browser whose domains are on. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Attached(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    domains: Domains,
    connection: Connection,
    targets: Mutex<Targets>,
}

#[derive(Debug, Default)]
struct Targets {
    /// By target: a second session of one would tell everything twice.
    sessions: HashMap<String, Session>,
    /// What is set on each of them, and on those that come.
    settings: Vec<(&'static str, Value)>,
}

impl Shared {
    fn targets(&self) -> MutexGuard<'_, Targets> {
        // They are consistent between statements.
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attached {
    /// Sets up what the browser attaches to from now on, but for its tabs: they are told of by [`Attached::add`] and
    /// [`Attached::enable`].
    pub(crate) fn follow(connection: &Connection, domains: Domains) -> Self {
        let shared = Shared { domains, connection: connection.clone(), targets: Mutex::default() };
        let attached = Self(Arc::new(shared));
        // Only what this reads is kept for it, so that it misses nothing: what it missed would stay stopped.
        let interest = Interest {
            methods: &["Target.attachedToTarget", "Target.detachedFromTarget", "Inspector.targetReloadedAfterCrash"],
            session: None,
        };
        tokio::spawn(follow(connection.subscribe_to(interest), Arc::downgrade(&attached.0)));
        attached
    }

    /// What is asked of each target.
    pub(crate) fn domains(&self) -> Domains {
        self.0.domains
    }

    /// Notes the session of a tab.
    pub(crate) fn add(&self, session: &Session) {
        self.0.targets().sessions.insert(session.target_id().to_owned(), session.clone());
    }

    /// Switches the domains of a tab on. All is sent before the first reply is waited for.
    ///
    /// # Errors
    /// When `Network` or `Page` is refused, which the page API needs.
    pub(crate) async fn enable(&self, session: &Session) -> Result<(), CdpError> {
        let settings = self.0.targets().settings.clone();
        let calls = self.0.domains.calls("page").into_iter().chain(settings).map(|(method, params)| async move {
            match session.send(method, params).await {
                Err(error) if !matches!(method, "Network.enable" | "Page.enable") => {
                    tracing::debug!(%error, "a domain of a tab was not enabled");
                    Ok(())
                }
                reply => reply.map(drop),
            }
        });
        join_all(calls).await.into_iter().collect()
    }

    /// Makes these calls to every target, and to each that comes before it goes on. They replace those of the last time;
    /// what a kind of target does not know it does not take.
    ///
    /// # Errors
    /// When the browser does not answer.
    pub(crate) async fn set_everywhere(&self, calls: Vec<(&'static str, Value)>) -> Result<(), CdpError> {
        let domains = self.0.domains;
        let mut settings = domains.for_settings();
        settings.extend(calls);
        let sessions: Vec<Session> = {
            let mut targets = self.0.targets();
            targets.settings.clone_from(&settings);
            targets.sessions.values().cloned().collect()
        };
        if !domains.any() {
            let filter = Domains { network: true, ..domains }.of_browser();
            let params =
                json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": filter });
            self.0.connection.send(None, "Target.setAutoAttach", params).await?;
        }
        let calls = sessions
            .iter()
            .flat_map(|session| settings.iter().map(move |(method, params)| session.send(method, params.clone())));
        for error in join_all(calls).await.into_iter().filter_map(Result::err) {
            match error {
                CdpError::Refused { .. } => tracing::debug!(%error, "a target did not take a setting"),
                other => return Err(other),
            }
        }
        Ok(())
    }

    /// Waits until the targets have sent what they had to tell when this was called, or `limit` is over, as it is when
    /// one of them is busy.
    pub(crate) async fn settle(&self, limit: Duration) {
        let sessions: Vec<Session> = self.0.targets().sessions.values().cloned().collect();
        // Answered behind what was told before.
        let asked = sessions.iter().map(|session| session.send_within(limit, "Runtime.getIsolateId", json!({})));
        let browser = self.0.connection.send_within(limit, None, "Browser.getVersion", json!({}));
        _ = tokio::time::timeout(limit, futures_util::future::join(join_all(asked), browser)).await;
    }
}

async fn follow(mut events: Subscription, shared: Weak<Shared>) {
    while let Some(received) = events.next().await {
        let Some(shared) = shared.upgrade() else { return };
        match received {
            Received::Event(event) => {
                if let Err(error) = take(&event, &shared) {
                    tracing::warn!(%error, event = event.method, "an event of the browser can't be read");
                }
            }
            Received::Missed(count) => tracing::error!(count, "targets may stay stopped: their events were missed"),
            Received::Injected(_) => {}
        }
    }
}

fn take(event: &CdpEvent, shared: &Arc<Shared>) -> Result<(), serde_json::Error> {
    let params: Value = event.params()?;
    let text = |pointer: &str| params.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    match event.method.as_str() {
        "Target.attachedToTarget" => {
            let (kind, target, id) = (text("/targetInfo/type"), text("/targetInfo/targetId"), text("/sessionId"));
            let session = Session::attached(&shared.connection, id, target);
            let waits = params["waitingForDebugger"] == true;
            // Others are attached to by somebody of ours who wants to talk to them; tabs are prepared by the page API.
            let of_browser = matches!(kind, "service_worker" | "shared_worker");
            let mut targets = shared.targets();
            let any = shared.domains.any() || !targets.settings.is_empty();
            let wanted = any && (event.session_id.is_some() || of_browser);
            if wanted && !targets.sessions.contains_key(target) {
                targets.sessions.insert(target.to_owned(), session.clone());
                let mut calls = shared.domains.calls(kind);
                calls.extend(targets.settings.iter().cloned());
                tokio::spawn(set_up(session, calls));
            } else if waits && (event.session_id.is_some() || kind != "page") {
                // Nobody else lets it go on.
                tokio::spawn(set_up(session, Vec::new()));
            }
        }
        "Target.detachedFromTarget" => {
            let id = text("/sessionId");
            shared.targets().sessions.retain(|_, session| session.id() != id);
        }
        "Inspector.targetReloadedAfterCrash" => {
            // A shared worker that starts again waits again.
            if let Some(id) = &event.session_id {
                let session = Session::attached(&shared.connection, id, "");
                tokio::spawn(set_up(session, Vec::new()));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Lets a target go on once the calls are made. It may answer none of them before that: all are sent first.
async fn set_up(session: Session, mut calls: Vec<(&'static str, Value)>) {
    calls.push(("Runtime.runIfWaitingForDebugger", json!({})));
    let sent = calls.into_iter().map(|(method, params)| session.send(method, params));
    for error in join_all(sent).await.into_iter().filter_map(Result::err) {
        // A worklet has no network, a worker no frames; what is gone meanwhile answers nothing.
        tracing::debug!(%error, target = session.target_id(), "a target did not take a setting");
    }
}
