//! Has the browser send pictures of what it draws (`Page.startScreencast`), for visual progress and the filmstrip.
//!
//! The browser draws a picture when something changes and sends the next one once the last was acknowledged, so that
//! is done at once, on a task of its own: the recording takes its time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::devtools::{CdpEvent, Interest, Received};
use crate::page::Page;
use crate::run::recording::Marks;
use crate::run::state::RunState;

/// Width of a picture in pixels: enough to see by, and for a histogram that differs when the page does.
const WIDTH: u32 = 480;

/// Height at most, for windows that are higher than wide.
const HEIGHT: u32 = 960;

/// JPEG, since PNG of a photograph is eight times as large and takes the browser half as much time again.
const QUALITY: u32 = 70;

/// A page that showed nothing new for so long is taken for drawn at the end of its step: ten frames.
const STILL: Duration = Duration::from_millis(170);

/// How long that is waited for: some pages move for ever.
const STILL_LIMIT: Duration = Duration::from_secs(1);

/// The pictures of one attempt.
#[derive(Debug)]
pub(super) struct Frames {
    marks: Marks,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// Sessions that send pictures.
    filmed: Vec<String>,
    /// When the last picture came.
    last: Option<Instant>,
    /// Sessions in which a page was opened, whose load is not over.
    loading: Vec<String>,
}

impl State {
    fn take(&mut self, event: &CdpEvent) {
        let session = event.session_id.clone().unwrap_or_default();
        if event.method == "Page.screencastFrame" {
            self.last = Some(Instant::now());
        } else if let Ok(params) = event.params::<Value>()
            && params["frame"].get("parentId").is_none()
            && !self.loading.contains(&session)
        {
            self.loading.push(session);
        }
    }
}

impl Frames {
    /// Films the page in front, if the options want pictures of this attempt.
    pub(super) async fn start(page: &Page, marks: &Marks, run: &RunState) -> Option<Self> {
        if !run.config.records_frames(run.attempt()) {
            return None;
        }
        let state = Arc::new(Mutex::new(State::default()));
        let connection = page.devtools().connection().clone();
        let interest = Interest { methods: &["Page.screencastFrame", "Page.frameNavigated"], session: None };
        let mut events = connection.subscribe_to(interest);
        let following = Arc::downgrade(&state);
        tokio::spawn(async move {
            while let Some(received) = events.next().await {
                let Some(state) = following.upgrade() else { return };
                let Received::Event(event) = received else { continue };
                lock(&state).take(&event);
                if event.method == "Page.screencastFrame"
                    && let Ok(params) = event.params::<Value>()
                {
                    let (connection, session) = (connection.clone(), event.session_id.clone());
                    let params = json!({ "sessionId": params["sessionId"] });
                    // Its reply is nothing; a tab that was closed meanwhile gives none.
                    tokio::spawn(async move {
                        _ = connection.send(session.as_deref(), "Page.screencastFrameAck", params).await;
                    });
                }
            }
        });
        let frames = Self { marks: marks.clone(), state };
        frames.film(&page.in_front(), run).await;
        let input = (frames.marks.clone(), Arc::downgrade(&frames.state));
        page.on_input(move |session| {
            let (marks, state) = &input;
            if let Some(state) = state.upgrade() {
                over(marks, &state, Some(session), "input");
            }
        });
        Some(frames)
    }

    /// Films a page, too.
    pub(super) async fn film(&self, page: &Page, run: &RunState) {
        let session = page.devtools();
        {
            let mut state = lock(&self.state);
            if state.filmed.iter().any(|filmed| filmed == session.id()) {
                return;
            }
            state.filmed.push(session.id().to_owned());
        }
        let params = json!({
            "format": "jpeg", "quality": QUALITY, "maxWidth": WIDTH, "maxHeight": HEIGHT, "everyNthFrame": 1,
        });
        if let Err(error) = session.send("Page.startScreencast", params).await {
            run.notice(format!("the browser sends no pictures of its page, so there is no visual progress: {error}"));
        }
    }

    /// The code of a step is over: once its page is drawn, what else it shows is no part of its load.
    pub(super) async fn step_is_over(&self, page: &Page) {
        if lock(&self.state).loading.is_empty() {
            return;
        }
        let limit = Instant::now() + STILL_LIMIT;
        // What the step waited for may be in the document and not drawn yet: that is so behind the next two frames. A page
        // that nobody sees has none.
        let drawn = json!({
            "expression": "new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(() => drawn())))",
            "awaitPromise": true,
        });
        _ = page.devtools().send_within(STILL_LIMIT / 2, "Runtime.evaluate", drawn).await;
        let since = Instant::now();
        loop {
            // A picture that was drawn just now is on its way.
            let still = lock(&self.state).last.map_or(since, |last| last.max(since)) + STILL;
            if Instant::now() >= still.min(limit) {
                break;
            }
            tokio::time::sleep_until(still.min(limit)).await;
        }
        over(&self.marks, &self.state, None, "step");
    }
}

/// Says that the page loads of `session`, or of all, are over.
fn over(marks: &Marks, state: &Mutex<State>, session: Option<&str>, reason: &str) {
    let ended: Vec<String> =
        lock(state).loading.extract_if(.., |loading| session.is_none_or(|session| session == loading)).collect();
    for session in ended {
        let params = json!({ "reason": reason, "timestamp": jiff::Timestamp::now().as_millisecond() });
        marks.mark(Some(session), "Canarytrace.pageLoadOver", &params);
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    // Consistent between statements.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
