//! From messages of the browser to documents: the same while a run goes on and when its log is replayed.
//!
//! Nothing here does I/O, asks the browser or looks at a clock: the messages are all there is, marks of steps included.
//! So a raw log gives the same documents again.

use std::collections::HashMap;

use uuid::Uuid;

use super::console::{self, console};
use super::cut::{SHORT, beginning};
use super::entries::performance_entry;
use super::requests::{self, Around, request_log};
use super::sessions::Sessions;
use super::timeline::Batch;
use super::visual_progress::{self, PageLoads};
use super::vitals::{self, Finished, Pages, Within};
use crate::devtools::exchange::{Exchange, ExchangeOptions, Exchanges};
use crate::devtools::protocol::{Event, Message};
use crate::record::{Console, PerformanceEntry, PostDataPath, RequestLog, Sample, VisualProgress, Vitals};

/// What is derived, and how.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one switch a dataset, as in the options")]
pub struct DeriveOptions {
    /// Whether requests become documents (`REQUEST_LOG`).
    pub request_log: bool,
    /// Whether the console becomes documents (`CONSOLE_INTERCEPT`).
    pub console: bool,
    /// Whether pictures of page loads become documents (`CANARYTRACE_VISUAL_PROGRESS`).
    pub visual_progress: bool,
    /// Whether entries of pages' timelines become documents (`PERFORMANCE_ENTRIES_INTERCEPT`).
    pub performance_entries: bool,
    /// Whether pages' Web Vitals become documents (`CANARYTRACE_VITALS`).
    pub vitals: bool,
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
            DerivedDocument::PerformanceEntry(_) => Vec::new(),
            DerivedDocument::Vitals(document) => of(&document.url, vitals::figures(document)),
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
    /// Of an entry of a page's performance timeline.
    PerformanceEntry(Box<PerformanceEntry>),
    /// Of a page load or soft navigation.
    Vitals(Box<Vitals>),
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
    titles: HashMap<Uuid, Titles>,
    pages: Pages,
}

/// The title of a step, and those of its suites with it.
#[derive(Debug)]
struct Titles {
    title: String,
    full: String,
}

impl Derivation {
    /// Begins with the first message.
    pub fn new(options: DeriveOptions) -> Self {
        // The recording asks for bodies that are left out when something of them is wanted.
        let awaited =
            ExchangeOptions { await_request_bodies: options.post_data_path.is_some(), ..ExchangeOptions::default() };
        let scene = Scene {
            options,
            sessions: Sessions::default(),
            steps: Vec::new(),
            titles: HashMap::new(),
            pages: Pages::default(),
        };
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
        derived.extend(self.scene.of_timeline(&message));
        if self.scene.options.request_log {
            self.exchanges.push(message);
            derived.extend(self.exchanges.take_complete().iter().map(|exchange| self.scene.of_exchange(exchange)));
        }
        derived
    }

    /// What is left when there are no more messages: requests that were never answered.
    pub fn finish(mut self) -> Vec<Derived> {
        let vitals = self.scene.pages.end_all("recording-over");
        let requests = self.exchanges.finish();
        let requests = requests.iter().map(|exchange| self.scene.of_exchange(exchange));
        let page_loads = self.page_loads.finish().into_iter().map(|over| self.scene.of_page_load(over));
        vitals.into_iter().map(of_vitals).chain(page_loads).chain(requests).collect()
    }
}

impl Scene {
    fn take(&mut self, message: &Message<'_>) {
        self.sessions.take(message);
        match &message.event {
            Event::StepStarted(step) => {
                if let Ok(started) = Uuid::parse_str(step.uuid_action.text()) {
                    self.steps.push(started);
                    let text = |text: &str| beginning(text, SHORT).to_owned();
                    let titles = Titles { title: text(step.title.text()), full: text(step.full_title.text()) };
                    self.titles.insert(started, titles);
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
        self.titles.get(&step?).map(|titles| titles.title.as_str())
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

    fn of_timeline(&mut self, message: &Message<'_>) -> Vec<Derived> {
        let session = message.session_id.as_deref().unwrap_or_default();
        let finished = match &message.event {
            Event::AttemptOver(_) => self.pages.end_all("attempt-over"),
            Event::DetachedFromTarget(detached) => self.pages.end(detached.session_id.text(), "closed"),
            Event::BindingCalled(_) => return self.of_batch(message, session),
            _ => return Vec::new(),
        };
        finished.into_iter().map(of_vitals).collect()
    }

    fn of_batch(&mut self, message: &Message<'_>, session: &str) -> Vec<Derived> {
        let Some(batch) = Batch::of(message) else { return Vec::new() };
        let Ok(batch) = batch else { return Vec::new() };
        let step = self.steps.last().copied();
        let full_title = step.and_then(|step| self.titles.get(&step)).map(|titles| titles.full.clone());
        let within = Within { step, full_title };
        let mut derived: Vec<Derived> = Vec::new();
        if self.options.vitals {
            derived.extend(self.pages.take(session, &batch, &within).into_iter().map(of_vitals));
        }
        if self.options.performance_entries {
            derived.extend(batch.entries.iter().map(|entry| {
                let document = performance_entry(entry, &batch.url, within.full_title.as_deref());
                Derived { step, document: DerivedDocument::PerformanceEntry(Box::new(document)) }
            }));
        }
        derived
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

fn of_vitals((step, vitals): Finished) -> Derived {
    Derived { step, document: DerivedDocument::Vitals(Box::new(vitals)) }
}
