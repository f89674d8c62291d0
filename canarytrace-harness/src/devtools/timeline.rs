//! The script that tells the performance timeline of each page, and who puts it there.
//!
//! It runs in an isolated world, and what it tells comes as `Runtime.bindingCalled` among the other messages: so it is in
//! the raw log, and a replay has it again.
//!
//! A world costs a page more than a millisecond while it loads, and who observes there as much again. The browser keeps
//! what happens meanwhile: so the script comes once the page has loaded, before a user's input, when the page is left,
//! and before the browser's own buffers are full. Only what a page clears before that is not seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};

use super::connection::{CdpError, Connection};
use super::event::{CdpEvent, Interest, Received, Subscription};
use super::session::Session;

/// Name of our world among those of a page; people see it in the list of contexts of their `DevTools`.
pub(crate) const WORLD: &str = "canarytrace";

/// Name of the binding, in our world alone.
pub(crate) const BINDING: &str = "canarytraceTellTimeline";

/// Name of the function in our world that has what was gathered told at once.
pub(crate) const FLUSH: &str = "canarytraceFlushTimeline";

/// Entries of one type that are kept of one document; what is beyond is counted.
const MOST: u32 = 10_000;

/// Entries of one message.
const MOST_IN_BATCH: u32 = 500;

/// The longest `detail` of a mark or measure, characters of JSON.
const MOST_DETAIL: u32 = 2048;

/// How long entries gather before the page's next idle moment is waited for, and how long that is waited for, ms.
const PATIENCE_MS: u32 = 500;

/// How long a page is said to be left once it began to leave for another, ms.
const LEAVING_MS: u32 = 5_000;

/// How long the next frame is waited for, ms.
const FRAME_MS: u32 = 100;

/// How long the first paint is waited for then, ms: a page that is busy shows it long after its load event.
const FIRST_PAINT_MS: u32 = 1_000;

/// How long after its load event a page is left alone: it paints then.
const AFTER_LOAD: Duration = Duration::from_millis(250);

/// How long a page may load until it is observed all the same.
const LOADING: Duration = Duration::from_secs(1);

/// Requests of a page after which it is observed although it loads: the browser keeps 250 entries of resources, unless
/// somebody observes them.
const MANY_REQUESTS: u32 = 100;

/// How long after an input its page may be drawing what that led to.
const DRAWING: Duration = Duration::from_millis(250);

/// How long a page may take to take the script. It waits for a page that is busy.
const PUTTING_LIMIT: Duration = Duration::from_secs(30);

const SCRIPT: &str = include_str!("timeline.js");

/// What vitals are made of.
const TYPES_OF_VITALS: [&str; 11] = [
    "navigation",
    "resource",
    "paint",
    "largest-contentful-paint",
    "layout-shift",
    "event",
    "first-input",
    "longtask",
    "long-animation-frame",
    "soft-navigation",
    "interaction-contentful-paint",
];

/// Which parts of a page's timeline are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timeline {
    /// Entries of every type that the browser has.
    Everything,
    /// What vitals are made of.
    Vitals,
}

impl Timeline {
    /// The call by which the script can tell something, behind `Runtime.enable`.
    pub(crate) fn binding() -> (&'static str, Value) {
        ("Runtime.addBinding", json!({ "name": BINDING, "executionContextName": WORLD }))
    }

    /// The call that puts the script into each document of a tab from now on, before the page's own scripts.
    pub(crate) fn at_start(self) -> (&'static str, Value) {
        ("Page.addScriptToEvaluateOnNewDocument", in_world(&self.script(false)))
    }

    /// With `is_left` it tells all at once that there is.
    fn script(self, is_left: bool) -> String {
        let options = json!({
            "binding": BINDING,
            "flush": FLUSH,
            "types": (self == Self::Vitals).then_some(TYPES_OF_VITALS),
            "most": MOST,
            "mostInBatch": MOST_IN_BATCH,
            "mostDetail": MOST_DETAIL,
            "patience": PATIENCE_MS,
            "leaving": LEAVING_MS,
            "frame": FRAME_MS,
            "firstPaint": FIRST_PAINT_MS,
            "isLeft": is_left,
        });
        format!("({}\n)({options});", SCRIPT.trim_end())
    }
}

fn in_world(script: &str) -> Value {
    json!({ "source": script, "worldName": WORLD, "runImmediately": true })
}

/// What a page waits for before it tells what it has gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// For nothing.
    Nothing,
    /// For the next frame, with which the browser tells of what led to it.
    NextFrame,
    /// For the first paint of a page that was just loaded, and for the next frame.
    FirstPaint,
}

impl After {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "now",
            Self::NextFrame => "frame",
            Self::FirstPaint => "paint",
        }
    }
}

/// Puts the script into the pages of one browser. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Timelines(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    script: String,
    /// For a document that is about to be left.
    script_of_left: String,
    /// The pages by their session.
    pages: Mutex<HashMap<String, Document>>,
}

/// The document that a tab shows.
#[derive(Debug, Default)]
struct Document {
    /// `loaderId`: no other document has it.
    loader: String,
    /// Frame of the document.
    frame: String,
    /// Requests that ended so far.
    requests: u32,
    /// The context of our world in it, once the script is there.
    context: Option<i64>,
    /// The last input of ours.
    input: Option<Instant>,
}

impl Shared {
    fn pages(&self) -> MutexGuard<'_, HashMap<String, Document>> {
        // They are consistent between statements.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the document that this session shows now waits for the script; the document, then.
    fn waiting(&self, session: &str) -> Option<String> {
        let pages = self.pages();
        let document = pages.get(session)?;
        document.context.is_none().then(|| document.loader.clone())
    }

    /// Puts the script into the document of a session, if it is not there; returns the context of our world.
    async fn put(&self, session: &Session, limit: Duration) -> Result<i64, CdpError> {
        let (loader, frame, known) = {
            let pages = self.pages();
            let document = pages.get(session.id());
            let frame = document.map_or(session.target_id(), |document| &document.frame).to_owned();
            (document.map(|document| document.loader.clone()), frame, document.and_then(|document| document.context))
        };
        if let Some(context) = known {
            return Ok(context);
        }
        let world = json!({ "frameId": frame, "worldName": WORLD });
        let reply = session.send_within(limit, "Page.createIsolatedWorld", world).await?;
        let context = reply["executionContextId"].as_i64().unwrap_or_default();
        let params = json!({ "expression": self.script, "contextId": context, "silent": true, "returnByValue": true });
        let reply = session.send_within(limit, "Runtime.evaluate", params).await?;
        if let Some(thrown) = reply.get("exceptionDetails") {
            tracing::warn!(%thrown, "the timeline of a page is not observed");
        }
        if let Some(document) = self.pages().get_mut(session.id()).filter(|now| Some(&now.loader) == loader.as_ref()) {
            document.context = Some(context);
        }
        Ok(context)
    }

    /// Has the document of a session tell at once what there is. There is no time for questions: one call does it, which is
    /// taken back at once, since it would hold for the next document too.
    async fn put_last(&self, session: &Session) -> Result<(), CdpError> {
        let put = in_world(&self.script_of_left);
        let reply = session.send("Page.addScriptToEvaluateOnNewDocument", put).await?;
        let identifier = json!({ "identifier": reply["identifier"] });
        session.send("Page.removeScriptToEvaluateOnNewDocument", identifier).await.map(drop)
    }

    /// Notes an event; returns the session whose document is to be observed, and when.
    fn take(&self, event: &CdpEvent) -> Option<(String, Wanted)> {
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Frame {
            id: String,
            parent_id: Option<String>,
            loader_id: String,
            url: String,
        }
        #[derive(Default, Deserialize)]
        #[serde(default, rename_all = "camelCase")]
        struct Params {
            frame: Frame,
            frame_id: String,
        }
        let session = event.session_id.as_deref().unwrap_or_default();
        match event.method.as_str() {
            "Page.frameNavigated" => {
                let Params { frame, .. } = event.params().ok()?;
                if frame.parent_id.is_some() {
                    return None;
                }
                if ["about:", "chrome-error:", "chrome:", "devtools:"]
                    .iter()
                    .any(|scheme| frame.url.starts_with(scheme))
                {
                    self.pages().remove(session);
                    return None;
                }
                let document = Document { loader: frame.loader_id, frame: frame.id, ..Document::default() };
                self.pages().insert(session.to_owned(), document);
                Some((session.to_owned(), Wanted::After(LOADING)))
            }
            "Page.loadEventFired" => {
                self.waiting(session)?;
                Some((session.to_owned(), Wanted::After(AFTER_LOAD)))
            }
            "Network.loadingFinished" => {
                let mut pages = self.pages();
                let document = pages.get_mut(session).filter(|document| document.context.is_none())?;
                document.requests += 1;
                (document.requests == MANY_REQUESTS).then(|| (session.to_owned(), Wanted::After(Duration::ZERO)))
            }
            "Page.frameRequestedNavigation" => {
                let frame = event.params::<Params>().ok()?.frame_id;
                let pages = self.pages();
                let document = pages.get(session)?;
                (document.frame == frame && document.context.is_none()).then(|| (session.to_owned(), Wanted::Leaves))
            }
            "Target.detachedFromTarget" => {
                let params: Value = event.params().ok()?;
                self.pages().remove(params["sessionId"].as_str()?);
                None
            }
            _ => None,
        }
    }
}

/// When a document is to be observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    After(Duration),
    /// At once, and has to tell what there is: it is about to be left.
    Leaves,
}

impl Timelines {
    /// Follows the pages of a browser whose sessions have the domains `Page` and `Runtime` switched on, and the binding.
    pub(crate) fn follow(connection: &Connection, timeline: Timeline) -> Self {
        let shared = Arc::new(Shared {
            script: timeline.script(false),
            script_of_left: timeline.script(true),
            pages: Mutex::default(),
        });
        let interest = Interest {
            methods: &[
                "Page.frameNavigated",
                "Page.loadEventFired",
                "Page.frameRequestedNavigation",
                "Network.loadingFinished",
                "Target.detachedFromTarget",
            ],
            session: None,
        };
        tokio::spawn(follow(connection.subscribe_to(interest), connection.clone(), Arc::downgrade(&shared)));
        Self(shared)
    }

    /// Whether the page of this session is not observed yet.
    pub(crate) fn is_waiting(&self, session: &Session) -> bool {
        self.0.waiting(session.id()).is_some()
    }

    /// Observes the page of this session from now on.
    ///
    /// # Errors
    /// When the page goes away meanwhile, or is busy for longer than `limit`.
    pub(crate) async fn put(&self, session: &Session, limit: Duration) -> Result<(), CdpError> {
        self.0.put(session, limit).await.map(drop)
    }

    /// The page of a session was given input just now, of which the browser tells once the next frame is drawn.
    pub(crate) fn got_input(&self, session: &Session) {
        if let Some(document) = self.0.pages().get_mut(session.id()) {
            document.input = Some(Instant::now());
        }
    }

    /// Whether the page of a session may still be drawing what its last input led to.
    pub(crate) fn draws(&self, session: &Session) -> bool {
        let input = self.0.pages().get(session.id()).and_then(|document| document.input);
        input.is_some_and(|input| input.elapsed() < DRAWING)
    }

    /// Has the page of a session tell what it has gathered, in messages before the reply.
    ///
    /// # Errors
    /// When the page goes away meanwhile, or is busy for longer than `limit`.
    pub(crate) async fn flush(&self, session: &Session, after: After, limit: Duration) -> Result<(), CdpError> {
        let mut again = true;
        loop {
            let context = self.0.put(session, limit).await?;
            let params = json!({
                "expression": format!("globalThis.{FLUSH}?.('{}')", after.name()),
                "contextId": context,
                "awaitPromise": true,
                "returnByValue": true,
            });
            match session.send_within(limit, "Runtime.evaluate", params).await {
                // The document was replaced, of which we are not told yet: the next one is meant.
                Err(CdpError::Refused { .. }) if again => {
                    again = false;
                    let mut pages = self.0.pages();
                    if pages.get(session.id()).is_some_and(|document| document.context == Some(context)) {
                        pages.remove(session.id());
                    }
                }
                reply => return reply.map(drop),
            }
        }
    }
}

async fn follow(mut events: Subscription, connection: Connection, shared: Weak<Shared>) {
    while let Some(received) = events.next().await {
        let Some(strong) = shared.upgrade() else { return };
        // What is missed makes a page be observed later.
        let Received::Event(event) = received else { continue };
        let Some((session, wanted)) = strong.take(&event) else { continue };
        let Some(loader) = strong.waiting(&session) else { continue };
        let frame = strong.pages().get(&session).map(|document| document.frame.clone()).unwrap_or_default();
        let session = Session::attached(&connection, &session, &frame);
        let shared = shared.clone();
        tokio::spawn(async move {
            if let Wanted::After(time) = wanted {
                tokio::time::sleep(time).await;
            }
            let Some(shared) = shared.upgrade() else { return };
            if shared.waiting(session.id()).as_ref() != Some(&loader) {
                return;
            }
            let done = match wanted {
                Wanted::After(_) => shared.put(&session, PUTTING_LIMIT).await.map(drop),
                Wanted::Leaves => shared.put_last(&session).await,
            };
            if let Err(error) = done {
                tracing::debug!(%error, "a page went away before its timeline was observed");
            }
        });
    }
}
