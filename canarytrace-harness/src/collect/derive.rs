//! From messages of the browser to documents: the same while a run goes on and when its log is replayed.
//!
//! Nothing here does I/O, asks the browser or looks at a clock: the messages are all there is, marks of steps included.
//! So a raw log gives the same documents again.

use std::collections::HashMap;

use uuid::Uuid;

use super::console::{self, console};
use super::cut::{SHORT, beginning};
use super::requests::{self, Around, request_log};
use super::sessions::Sessions;
use super::visual_progress::{self, PageLoads};
use crate::devtools::exchange::{Exchange, ExchangeOptions, Exchanges};
use crate::devtools::protocol::{Event, Message};
use crate::record::{Console, PostDataPath, RequestLog, Sample, VisualProgress};

/// What is derived, and how.
#[derive(Clone, Debug, Default)]
pub struct DeriveOptions {
    /// Whether requests become documents (`REQUEST_LOG`).
    pub request_log: bool,
    /// Whether the console becomes documents (`CONSOLE_INTERCEPT`).
    pub console: bool,
    /// Whether pictures of page loads become documents (`CANARYTRACE_VISUAL_PROGRESS`).
    pub visual_progress: bool,
    /// What is picked from the bodies of requests (`POST_DATA_PATH`).
    pub post_data_path: Option<PostDataPath>,
    /// The request header with the trace id (`TRACE_ID_NAME`), beside `traceparent`.
    pub trace_id_name: Option<String>,
}

/// A document that was derived.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The step it belongs to.
    pub step: Option<Uuid>,
    /// The document.
    pub document: DerivedDocument,
}

impl Derived {
    /// The figures in it, for budgets.
    pub fn samples(&self) -> Vec<Sample> {
        let of = |url: &str, figures: Vec<_>| {
            let sample = |(metric, value)| Sample { metric, value, step: self.step, url: Some(url.to_owned()) };
            figures.into_iter().map(sample).collect()
        };
        match &self.document {
            DerivedDocument::RequestLog(document) => of(&document.url, requests::figures(document)),
            DerivedDocument::Console(document) => of("", console::figures(document)),
            DerivedDocument::VisualProgress(document) => of(&document.url, visual_progress::figures(document)),
        }
    }
}

/// The document, by its dataset.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum DerivedDocument {
    /// Of a request.
    RequestLog(Box<RequestLog>),
    /// Of a message of the console.
    Console(Box<Console>),
    /// Of how a page came to look as it does.
    VisualProgress(Box<VisualProgress>),
}

/// Derives documents from messages in their order.
#[derive(Debug)]
pub struct Derivation {
    exchanges: Exchanges<'static>,
    page_loads: PageLoads,
    scene: Scene,
}

/// What is known beside the exchanges.
#[derive(Debug)]
struct Scene {
    options: DeriveOptions,
    sessions: Sessions,
    /// The steps that are open, outermost first.
    steps: Vec<Uuid>,
    /// Titles of all steps so far: requests end after the step in which they began.
    titles: HashMap<Uuid, String>,
}

impl Derivation {
    /// Begins with the first message.
    pub fn new(options: DeriveOptions) -> Self {
        // The recording asks for bodies that are left out when something of them is wanted.
        let awaited =
            ExchangeOptions { await_request_bodies: options.post_data_path.is_some(), ..ExchangeOptions::default() };
        let scene = Scene { options, sessions: Sessions::default(), steps: Vec::new(), titles: HashMap::new() };
        Self { exchanges: Exchanges::new(awaited), page_loads: PageLoads::default(), scene }
    }

    /// Takes the next message, and gives the documents that are complete with it.
    pub fn push(&mut self, message: Message<'static>) -> Vec<Derived> {
        let mut derived = Vec::new();
        self.scene.take(&message);
        derived.extend(self.scene.of_console(&message));
        if self.scene.options.visual_progress {
            let over = self.page_loads.push(&message, self.scene.steps.last().copied());
            derived.extend(over.into_iter().map(|over| self.scene.of_page_load(over)));
        }
        if self.scene.options.request_log {
            self.exchanges.push(message);
            derived.extend(self.exchanges.take_complete().iter().map(|exchange| self.scene.of_exchange(exchange)));
        }
        derived
    }

    /// What is left when there are no more messages: requests that were never answered.
    pub fn finish(self) -> Vec<Derived> {
        let scene = &self.scene;
        let page_loads = self.page_loads.finish().into_iter().map(|over| scene.of_page_load(over));
        page_loads.chain(self.exchanges.finish().iter().map(|exchange| scene.of_exchange(exchange))).collect()
    }
}

impl Scene {
    fn take(&mut self, message: &Message<'_>) {
        self.sessions.take(message);
        match &message.event {
            Event::StepStarted(step) => {
                if let Ok(started) = Uuid::parse_str(step.uuid_action.text()) {
                    self.steps.push(started);
                    self.titles.insert(started, beginning(step.title.text(), SHORT).to_owned());
                }
            }
            Event::StepEnded(step) => {
                if let Ok(ended) = Uuid::parse_str(step.uuid_action.text()) {
                    self.steps.retain(|open| *open != ended);
                }
            }
            _ => {}
        }
    }

    fn title(&self, step: Option<Uuid>) -> Option<&str> {
        self.titles.get(&step?).map(String::as_str)
    }

    fn of_console(&self, message: &Message<'_>) -> Option<Derived> {
        if !self.options.console {
            return None;
        }
        let step = self.steps.last().copied();
        let console = console(message, &self.sessions, self.title(step))?;
        Some(Derived { step, document: DerivedDocument::Console(Box::new(console)) })
    }

    fn of_page_load(&self, (step, document): (Option<Uuid>, VisualProgress)) -> Derived {
        let test_step = self.title(step).map(str::to_owned);
        let document = VisualProgress { test_step, ..document };
        Derived { step, document: DerivedDocument::VisualProgress(Box::new(document)) }
    }

    fn of_exchange(&self, exchange: &Exchange<'_>) -> Derived {
        let step = exchange.step.as_ref().and_then(|step| Uuid::parse_str(step).ok());
        let around = Around {
            context: self.title(step),
            target: self.sessions.target(exchange.session_id.as_deref()),
            post_data_path: self.options.post_data_path.as_ref(),
            trace_id_name: self.options.trace_id_name.as_deref(),
        };
        Derived { step, document: DerivedDocument::RequestLog(Box::new(request_log(exchange, &around))) }
    }
}
