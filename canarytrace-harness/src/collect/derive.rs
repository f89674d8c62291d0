//! From messages of the browser to documents: the same while a run goes on and when its log is replayed.
//!
//! Nothing here does I/O, asks the browser or looks at a clock: the messages are all there is, marks of steps included.
//! So a raw log gives the same documents again.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::console::{self, console};
use super::coverage;
use super::cut::{SHORT, beginning};
use super::entries::{self, performance_entry};
use super::memory::{self, memory};
use super::requests::{self, Around, request_log};
use super::sessions::Sessions;
use super::timeline::{Batch, Entry};
use super::usage::{self, transferred, usage};
use super::visual_progress::{self, PageLoads};
use super::vitals::{self, Finished, Pages, Within};
use crate::devtools::exchange::{Exchange, ExchangeOptions, Exchanges};
use crate::devtools::protocol::canarytrace::UsageMeasured;
use crate::devtools::protocol::{Event, Message};
use crate::record::{
    Console, CoverageAudit, Dataset, Memory, PerformanceEntry, PostDataPath, RequestLog, Sample, Usage, VisualProgress,
    Vitals,
};

/// Types of entries whose losses are told one by one.
const MOST_TYPES: usize = 100;

/// What is derived, and how.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "one switch a dataset, as in the options")]
pub struct DeriveOptions {
    /// Whether requests become documents (`REQUEST_LOG`).
    pub request_log: bool,
    /// Whether the browser tells of requests at all: without, nobody knows how many bytes there were.
    pub network: bool,
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
            let sample = |(metric, value)| Sample {
                metric,
                name: None,
                value,
                step: self.step,
                url: Some(url.to_owned()).filter(|url| !url.is_empty()),
            };
            figures.into_iter().map(sample).collect()
        };
        match &self.document {
            DerivedDocument::RequestLog(document) => of(&document.url, requests::figures(document)),
            DerivedDocument::Console(document) => of("", console::figures(document)),
            DerivedDocument::VisualProgress(document) => of(&document.url, visual_progress::figures(document)),
            DerivedDocument::PerformanceEntry(document) => {
                let named = |(metric, name, value): (_, &str, _)| Sample {
                    metric,
                    name: Some(name.to_owned()),
                    value,
                    step: self.step,
                    url: None,
                };
                entries::figure(document).map(named).into_iter().collect()
            }
            DerivedDocument::Vitals(document) => of(&document.url, vitals::figures(document)),
            DerivedDocument::Usage(document) => of("", usage::figures(document)),
            DerivedDocument::CoverageAudit(document) => of(&document.url, coverage::figures(document)),
            DerivedDocument::Memory(document) => of(&document.url, memory::figures(document)),
        }
    }
}

/// Takes documents of every dataset.
pub trait TakeDocument {
    /// Takes one, which belongs to `step`.
    fn take<D: Dataset>(&mut self, step: Option<Uuid>, document: &D);
}

macro_rules! documents {
    ($( $(#[doc = $doc:literal])+ $variant:ident($document:ty), )+) => {
        /// The document, by its dataset.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum DerivedDocument {
            $( $(#[doc = $doc])+ $variant(Box<$document>), )+
        }

        /// The datasets that are derived.
        pub const DATASETS: &[&str] = &[$( <$document as Dataset>::NAME, )+];

        impl Derived {
            /// Gives the document to whoever wants to know its type.
            pub fn give(&self, to: &mut impl TakeDocument) {
                match &self.document {
                    $( DerivedDocument::$variant(document) => to.take(self.step, &**document), )+
                }
            }
        }
    };
}

documents! {
    /// Of a request.
    RequestLog(RequestLog),
    /// Of a message of the console.
    Console(Console),
    /// Of how a page came to look as it does.
    VisualProgress(VisualProgress),
    /// Of an entry of a page's performance timeline.
    PerformanceEntry(PerformanceEntry),
    /// Of a page load or soft navigation.
    Vitals(Vitals),
    /// Of a page's memory.
    Memory(Memory),
    /// Of a script or style sheet.
    CoverageAudit(CoverageAudit),
    /// Of what a step or an attempt cost.
    Usage(Usage),
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
    /// The steps that are open, outermost first, and the bytes that were transferred before each.
    steps: Vec<(Uuid, f64)>,
    /// Bytes over the wire so far.
    transferred: f64,
    /// What the attempt cost: bytes may come until its code is over.
    attempt: Option<UsageMeasured>,
    /// Titles of all steps so far: requests end after the step in which they began.
    titles: HashMap<Uuid, Titles>,
    pages: Pages,
    missed: MissedEntries,
}

/// What pages told of that is in no document.
#[derive(Clone, Debug, Default)]
pub struct MissedEntries {
    /// How many entries were not kept by their pages, by type.
    pub not_kept: BTreeMap<String, u64>,
    /// How many batches could not be read.
    pub unreadable: u64,
}

impl MissedEntries {
    fn add(&mut self, kind: &str, count: u64) {
        // The browser knows some twenty types.
        if self.not_kept.len() < MOST_TYPES || self.not_kept.contains_key(kind) {
            *self.not_kept.entry(beginning(kind, SHORT).to_owned()).or_default() += count;
        }
    }

    /// In words; `None` when nothing was missed.
    pub fn in_words(&self) -> Option<String> {
        let mut parts: Vec<String> =
            self.not_kept.iter().map(|(kind, count)| format!("{count} of type {kind}")).collect();
        if self.unreadable > 0 {
            parts.push(format!("{} batches that can't be read", self.unreadable));
        }
        (!parts.is_empty()).then(|| {
            format!(
                "entries of performance timelines were not stored: {}. Of one type a page may have 10,000",
                parts.join(", ")
            )
        })
    }
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
            transferred: 0.0,
            attempt: None,
            titles: HashMap::new(),
            pages: Pages::default(),
            missed: MissedEntries::default(),
        };
        Self { exchanges: Exchanges::new(awaited), page_loads: PageLoads::default(), scene }
    }

    /// Takes the next message, and gives the documents that are complete with it.
    pub fn push(&mut self, message: Message<'static>) -> Vec<Derived> {
        let mut derived = Vec::new();
        self.scene.take(&message);
        derived.extend(self.scene.of_console(&message));
        if self.scene.options.visual_progress {
            let over = self.page_loads.push(&message, self.scene.steps.last().map(|(step, _)| *step));
            derived.extend(over.into_iter().map(|over| self.scene.of_page_load(over)));
        }
        derived.extend(self.scene.of_timeline(&message));
        derived.extend(self.scene.of_mark(&message));
        derived.extend(self.scene.of_coverage(&message));
        if self.scene.options.request_log {
            self.exchanges.push(message);
            derived.extend(self.exchanges.take_complete().iter().map(|exchange| self.scene.of_exchange(exchange)));
        }
        derived
    }

    /// The figures of requests that are under way: they were made, whatever becomes of them. Their documents come later.
    pub fn under_way(&self) -> Vec<Sample> {
        if !self.scene.options.request_log {
            return Vec::new();
        }
        let open = self.exchanges.clone().finish();
        open.iter().flat_map(|exchange| self.scene.of_exchange(exchange).samples()).collect()
    }

    /// What pages told of that is in no document.
    pub fn missed_entries(&self) -> &MissedEntries {
        &self.scene.missed
    }

    /// What is left when there are no more messages: requests that were never answered, and pages that are still shown.
    pub fn finish(mut self) -> Vec<Derived> {
        let pages = self.scene.pages.end_all("recording-over");
        let pages: Vec<Derived> = pages.into_iter().flat_map(|page| self.scene.of_page(page)).collect();
        let attempt = self.scene.of_attempt();
        let requests = self.exchanges.finish();
        let requests = requests.iter().map(|exchange| self.scene.of_exchange(exchange));
        let page_loads = self.page_loads.finish().into_iter().map(|over| self.scene.of_page_load(over));
        pages.into_iter().chain(page_loads).chain(requests).chain(attempt).collect()
    }
}

impl Scene {
    fn take(&mut self, message: &Message<'_>) {
        self.sessions.take(message);
        self.transferred += transferred(message);
        match &message.event {
            Event::StepStarted(step) => {
                if let Ok(started) = Uuid::parse_str(step.uuid_action.text()) {
                    self.steps.push((started, self.transferred));
                    let text = |text: &str| beginning(text, SHORT).to_owned();
                    let titles = Titles { title: text(step.title.text()), full: text(step.full_title.text()) };
                    self.titles.insert(started, titles);
                }
            }
            Event::StepEnded(step) => {
                if let Ok(ended) = Uuid::parse_str(step.uuid_action.text()) {
                    self.steps.retain(|(open, _)| *open != ended);
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
        let step = self.steps.last().map(|(step, _)| *step);
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
        match &message.event {
            Event::AttemptOver(_) => {
                let finished = self.pages.end_all("attempt-over");
                finished.into_iter().flat_map(|page| self.of_page(page)).collect()
            }
            Event::DetachedFromTarget(detached) => {
                let finished = self.pages.end(detached.session_id.text(), "closed");
                finished.map(|page| self.of_page(page)).unwrap_or_default()
            }
            Event::BindingCalled(_) => self.of_batch(message, session),
            _ => Vec::new(),
        }
    }

    fn of_batch(&mut self, message: &Message<'_>, session: &str) -> Vec<Derived> {
        let batch = match Batch::of(message) {
            Some(Ok(batch)) => batch,
            Some(Err(error)) => {
                tracing::warn!(%error, "what a page told of its timeline can't be read");
                self.missed.unreadable += 1;
                return Vec::new();
            }
            None => return Vec::new(),
        };
        for (kind, count) in &batch.missed {
            self.missed.add(kind, *count);
        }
        let step = self.steps.last().map(|(step, _)| *step);
        let full_title = step.and_then(|step| self.titles.get(&step)).map(|titles| titles.full.clone());
        let within = Within { step, full_title };
        let finished = self.pages.take(session, &batch, &within);
        let mut derived = finished.map(|page| self.of_page(page)).unwrap_or_default();
        if self.options.performance_entries {
            derived.extend(batch.entries.iter().map(|entry| of_entry(entry, &batch.url, &within)));
        }
        derived
    }

    /// The document of something that was asked at the end of a step: the step is open still.
    fn of_mark(&mut self, message: &Message<'_>) -> Option<Derived> {
        let step = self.steps.last().map(|(step, _)| *step);
        let title = self.title(step);
        let document = match &message.event {
            Event::UsageMeasured(mark) if mark.usage.get().is_some_and(|usage| usage["of"] == "attempt") => {
                self.attempt = Some((**mark).clone());
                return None;
            }
            Event::UsageMeasured(mark) => {
                let before = self.steps.last().map_or(0.0, |(_, before)| *before);
                DerivedDocument::Usage(Box::new(usage(mark, self.bytes_since(before), title)?))
            }
            Event::AttemptOver(_) => return self.of_attempt(),
            Event::MemoryMeasured(mark) => DerivedDocument::Memory(Box::new(memory(mark, title)?)),
            _ => return None,
        };
        Some(Derived { step, document })
    }

    fn of_coverage(&self, message: &Message<'_>) -> Vec<Derived> {
        let Event::CoverageTaken(mark) = &message.event else { return Vec::new() };
        let step = self.steps.last().map(|(step, _)| *step);
        let documents = coverage::documents(mark, self.title(step)).into_iter();
        documents
            .map(|document| Derived { step, document: DerivedDocument::CoverageAudit(Box::new(document)) })
            .collect()
    }

    /// What the attempt cost, once all of its bytes are known.
    fn of_attempt(&mut self) -> Option<Derived> {
        let mark = self.attempt.take()?;
        let document = usage(&mark, self.bytes_since(0.0), None)?;
        Some(Derived { step: None, document: DerivedDocument::Usage(Box::new(document)) })
    }

    fn bytes_since(&self, before: f64) -> Option<f64> {
        self.options.network.then_some(self.transferred - before)
    }

    /// What is known of a page once it is over.
    fn of_page(&self, page: Finished) -> Vec<Derived> {
        let navigation = page.navigation.filter(|_| self.options.performance_entries);
        let navigation = navigation.map(|entry| of_entry(&entry, &page.url, &page.within));
        let vitals = page.vitals.into_iter().filter(|_| self.options.vitals);
        let vitals = vitals.map(|(step, vitals)| Derived { step, document: DerivedDocument::Vitals(Box::new(vitals)) });
        navigation.into_iter().chain(vitals).collect()
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

fn of_entry(entry: &Entry, url: &str, within: &Within) -> Derived {
    let document = performance_entry(entry, url, within.full_title.as_deref());
    Derived { step: within.step, document: DerivedDocument::PerformanceEntry(Box::new(document)) }
}
