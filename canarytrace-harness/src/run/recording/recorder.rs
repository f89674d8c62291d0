//! Takes the messages of the browser, in their order, on a thread of its own: beside the monitor's and the runtime's, so
//! that neither waits for the other.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;
use uuid::Uuid;

use super::bodies::Bodies;
use super::console_text::ConsoleText;
use super::frames::{self, FRAME, Filmstrip};
use super::har::Har;
use super::log::RawLog;
use super::marks::{self, Marks};
use super::objects::Objects;
use crate::browser::launch::BrowserFacts;
use crate::collect::derive::{Derivation, DeriveOptions, Derived, DerivedDocument, TakeDocument};
use crate::config::{Config, Keep};
use crate::devtools::protocol::{IntoOwned as _, Message};
use crate::devtools::{CdpEvent, Received, Session, Subscription};
use crate::page::Page;
use crate::record::{Budget, Dataset, Event};
use crate::run::state::RunState;

/// How long pages and workers may take to tell the last of what they have to tell.
const SETTLE_LIMIT: Duration = Duration::from_millis(300);

/// How long bodies that were asked for may take to come once the attempt is over.
const BODIES_LIMIT: Duration = Duration::from_secs(1);

/// How long what waits in the queue may take to be recorded once the attempt is over; the rest is counted as missed.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// How often what was recorded is handed on, so that it is on disk whatever happens to us.
const TICK: Duration = Duration::from_secs(1);

/// How long counting it may take.
const COUNT_LIMIT: Duration = Duration::from_secs(5);

/// How long messages gather before they are worked on, all together: while a page loads, the processors are its own.
/// Their queue is bounded by bytes (`MAX_QUEUED`), of which a flood brings far less in this time.
const GATHER: Duration = Duration::from_millis(200);

/// The mark behind everything that the monitor did: what belongs to it is derived when this was recorded.
const ATTEMPT_OVER: &str = "Canarytrace.attemptOver";

/// The mark of the end; it is for the recorder alone.
const END: &str = "Canarytrace.end";

/// How much lower than the page's the priority of the thread is (`nice`).
const NICE: i32 = 2;

/// The recording of one attempt while it goes on. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Recording {
    marks: Marks,
    /// What has gathered is worked on at once.
    ending: Arc<Notify>,
    hurry: Arc<AtomicBool>,
    derived: Option<oneshot::Receiver<u64>>,
    done: Option<oneshot::Receiver<Counts>>,
    /// Name of the file with the log, when one is written.
    log: Option<String>,
    /// Name of the HAR file, when one may be written.
    har: Option<String>,
    /// Files that are written while the attempt goes on, each with its policy.
    growing: Vec<(String, Keep)>,
}

/// How many messages the browser sent, and what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    seen: u64,
    missed: u64,
    truncated: u64,
}

/// What came of a recording.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorded {
    /// Messages that the browser sent.
    pub(crate) seen: u64,
    /// Of these, those that were recorded.
    pub(crate) kept: u64,
    /// Of these, those that were not, because too many waited.
    pub(crate) missed: u64,
    /// Paths within the run's folder of the files that were kept.
    pub(crate) files: Vec<String>,
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.marks.mark(None, END, &json!({}));
        self.ending.notify_one();
    }
}

impl Recording {
    /// Records what the browser of this first tab tells from now on; `None` when the options want nothing of it.
    ///
    /// `budgets` are those that can be judged by this recording alone.
    pub(crate) fn start(run: &Arc<RunState>, tab: &Session, facts: &BrowserFacts, budgets: &[Budget]) -> Option<Self> {
        let config = &run.config;
        let connection = tab.connection();
        let network = config.records_network() || config.records_frames(run.attempt());
        if !network && !config.records() {
            return None;
        }
        let events = connection.subscribe();
        let marks = Marks::new(events.injector()?);
        let log = config.keep_cdp_log().writes(run.attempt()).then(|| file_name(run, "cdp.ndjson.zst"));
        let har = config.har.writes(run.attempt()).then(|| file_name(run, "network.har"));
        let console = config.keep_console_text().writes(run.attempt()).then(|| file_name(run, "console.txt"));
        let filmstrip = config.filmstrip.writes(run.attempt()).then(|| file_name(run, "filmstrip.html"));
        let growing = [(&console, config.keep_console_text()), (&filmstrip, config.filmstrip)];
        let growing = growing.into_iter().filter_map(|(name, keep)| Some((name.clone()?, keep))).collect();
        let hurry = Arc::new(AtomicBool::new(false));
        let ending = Arc::new(Notify::new());
        let (ended, done) = oneshot::channel();
        let (attempt_over, derived) = oneshot::channel();
        let recorder = Recorder {
            events,
            derivation: Derivation::new(derive_options(config)),
            log: None,
            har: har.as_ref().map(|_| Har::new(config)),
            console: None,
            filmstrip: None,
            objects: Objects::new(connection.clone()),
            // The browser keeps bodies for as long as it likes: they are asked for at once.
            gathers: config.post_data_path.is_none() && !config.response_bodies,
            ending: ending.clone(),
            hurry: hurry.clone(),
            attempt_over: Some(attempt_over),
            counts: Counts::default(),
            run: run.clone(),
        };
        let (facts, tab, own) = (facts.clone(), tab.clone(), marks.clone());
        let names = Names { log: log.clone(), console, filmstrip };
        let budgets = budgets.to_vec();
        let thread = std::thread::Builder::new().name("recording".to_owned()).spawn(move || {
            be_modest();
            let bodies = Bodies::new(tab.connection().clone(), own, &recorder.run.config);
            match tokio::runtime::Builder::new_current_thread().enable_time().build() {
                // Nobody waits any more when the attempt was given up.
                Ok(runtime) => {
                    _ = ended.send(runtime.block_on(recorder.record(names, &tab, &facts, &budgets, &bodies)));
                }
                Err(error) => recorder.run.notice(format!("nothing is recorded: its thread could not start: {error}")),
            }
        });
        if let Err(error) = thread {
            run.notice(format!("nothing is recorded: its thread could not start: {error}"));
            return None;
        }
        run.set_marks(Some(marks.clone()));
        Some(Self { marks, ending, hurry, derived: Some(derived), done: Some(done), log, har, growing })
    }

    /// Marks and asks for marks of this recording.
    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    /// Waits until everything is derived that the browser has told of the attempt, so that budgets can be judged. It
    /// goes on until [`end`](Self::end).
    ///
    /// Gives what is wrong with the sums of what was derived, if something is.
    pub(crate) async fn attempt_is_over(&mut self, page: Option<&Page>) -> Option<String> {
        if let Some(page) = page.filter(|page| page.is_alive()) {
            page.settle(SETTLE_LIMIT).await;
        }
        self.marks.mark(None, ATTEMPT_OVER, &json!({ "timestamp": marks::now() }));
        self.ending.notify_one();
        // What takes longer is missing in the budgets, which then say that they have no data.
        match tokio::time::timeout(DRAIN_LIMIT, self.derived.take()?).await {
            Ok(Ok(0)) => None,
            Ok(Ok(missed)) => Some(format!("{missed} messages of the browser are missing in the recording")),
            Ok(Err(_)) => Some("the recording broke off".to_owned()),
            Err(_) => Some(format!("the recording did not come to the end of the attempt within {DRAIN_LIMIT:?}")),
        }
    }

    /// Ends the recording once everything was recorded. `failed` says whether the attempt did.
    pub(crate) async fn end(mut self, run: &RunState, failed: bool) -> Recorded {
        run.set_marks(None);
        let har = self.har.take().filter(|_| run.config.har.keeps(failed));
        self.marks.mark(None, END, &json!({ "har": har }));
        self.ending.notify_one();
        let mut counts = None;
        if let Some(mut done) = self.done.take() {
            if let Ok(ended) = tokio::time::timeout(DRAIN_LIMIT, &mut done).await {
                counts = ended.ok();
            } else {
                self.hurry.store(true, Ordering::Relaxed);
                counts = tokio::time::timeout(COUNT_LIMIT, done).await.ok().and_then(Result::ok);
            }
        }
        let kept = run.config.keep_cdp_log().keeps(failed);
        if let Some(name) = &self.log {
            run.bus.emit(Event::AttachmentEnded { run: run.info.clone(), name: name.clone(), keep: kept });
        }
        let mut growing = Vec::new();
        for (name, keep) in std::mem::take(&mut self.growing) {
            let keep = keep.keeps(failed);
            run.bus.emit(Event::AttachmentEnded { run: run.info.clone(), name: name.clone(), keep });
            growing.extend(keep.then_some(name));
        }
        let files = self.log.take().filter(|_| kept).into_iter().chain(har).chain(growing);
        let files = files.map(|name| format!("attachments/{name}")).collect();
        let Some(counts) = counts else {
            run.notice(
                "the recording did not come to its end: requests and messages of the console are missing".to_owned(),
            );
            return Recorded { files, ..Recorded::default() };
        };
        let Counts { seen, missed, truncated } = counts;
        if missed > 0 {
            run.notice(format!(
                "{missed} of {seen} messages of the browser were not recorded: more came than could be taken in. \
                 Documents of requests and of the console are missing"
            ));
        }
        if truncated > 0 && kept {
            run.notice(format!(
                "{truncated} of {seen} messages of the browser are not in its log, which is as long as \
                 CANARYTRACE_CDP_LOG_MAX allows; their documents are there"
            ));
        }
        Recorded { seen, kept: seen - missed, missed, files }
    }
}

fn derive_options(config: &Config) -> DeriveOptions {
    DeriveOptions {
        request_log: config.request_log,
        network: config.records_network(),
        console: config.console_intercept,
        visual_progress: config.visual_progress,
        performance_entries: config.performance_entries,
        vitals: config.vitals,
        post_data_path: config.post_data_path.clone(),
        trace_id_name: config.trace_id_name.clone(),
    }
}

fn file_name(run: &RunState, kind: &str) -> String {
    let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let iteration = run.iteration().map(|iteration| format!("-{iteration}")).unwrap_or_default();
    format!("{}-{}-{}{iteration}-{kind}", now.strftime("%H%M%S-%Y-%m-%d"), run.info.uuid, run.attempt())
}

/// Lets the page have the processor first. Only Linux does so by thread.
fn be_modest() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE) {
        tracing::debug!(%error, "the recording has the priority of everything else");
    }
}

/// Whether the event is the console's, in the domain `Runtime`.
fn is_of_console(event: &CdpEvent) -> bool {
    matches!(event.method.as_str(), "Runtime.consoleAPICalled" | "Runtime.exceptionThrown" | "Runtime.exceptionRevoked")
}

/// What the mark of the end says.
#[derive(Deserialize)]
struct Ending {
    /// Name of the HAR file to write.
    har: Option<String>,
}

/// Where documents go.
struct Stored<'a>(&'a RunState);

impl TakeDocument for Stored<'_> {
    fn take<D: Dataset>(&mut self, step: Option<Uuid>, document: &D) {
        self.0.document(step, document);
    }
}

/// Names of the files that are written, of those that are.
struct Names {
    log: Option<String>,
    console: Option<String>,
    filmstrip: Option<String>,
}

/// Lives on the thread.
struct Recorder {
    events: Subscription,
    derivation: Derivation,
    log: Option<RawLog>,
    har: Option<Har>,
    console: Option<ConsoleText>,
    filmstrip: Option<Filmstrip>,
    objects: Objects,
    gathers: bool,
    ending: Arc<Notify>,
    /// The rest is counted and no more.
    hurry: Arc<AtomicBool>,
    /// Told when the mark behind the attempt was recorded.
    attempt_over: Option<oneshot::Sender<u64>>,
    counts: Counts,
    run: Arc<RunState>,
}

impl Recorder {
    async fn record(
        mut self,
        names: Names,
        tab: &Session,
        facts: &BrowserFacts,
        budgets: &[Budget],
        bodies: &Bodies,
    ) -> Counts {
        if let Some(name) = names.log {
            let log = RawLog::new(&self.run, name);
            self.log = self.log_or_notice(log);
        }
        if let Some(name) = names.console {
            let console = ConsoleText::new(&self.run, name);
            self.console = self.log_or_notice(console);
        }
        if let Some(name) = names.filmstrip {
            let filmstrip = Filmstrip::new(&self.run, name);
            self.filmstrip = self.log_or_notice(filmstrip);
        }
        let config = &self.run.config;
        let started = json!({
            "format": 1,
            "version": env!("CARGO_PKG_VERSION"),
            "uuid": self.run.info.uuid,
            "attempt": self.run.attempt(),
            "iteration": self.run.iteration(),
            "monitor": self.run.info.monitor,
            "budgets": budgets,
            "browser": format!("{} {}", facts.browser_name, facts.browser_version),
            "tab": { "sessionId": tab.id(), "targetId": tab.target_id() },
            "options": {
                "REQUEST_LOG": config.request_log,
                "network": config.records_network(),
                "CONSOLE_INTERCEPT": config.console_intercept,
                "CANARYTRACE_VISUAL_PROGRESS": config.visual_progress,
                "PERFORMANCE_ENTRIES_INTERCEPT": config.performance_entries,
                "CANARYTRACE_VITALS": config.vitals,
                "POST_DATA_PATH": config.post_data_path.as_ref().map(ToString::to_string),
                "TRACE_ID_NAME": config.trace_id_name,
            },
            "timestamp": marks::now(),
        });
        self.say("Canarytrace.recordingStarted", &started, bodies);
        let mut ends = false;
        let mut har = None;
        let mut tick = Instant::now() + TICK;
        loop {
            let gathers = self.gathers && !ends && self.events.is_empty();
            let received = tokio::time::timeout_at(tick, self.events.next()).await;
            if gathers && matches!(received, Ok(Some(_))) {
                tokio::select! {
                    () = tokio::time::sleep(GATHER) => {}
                    () = self.ending.notified() => {}
                }
            }
            let now = Instant::now();
            if now >= tick {
                tick = now + TICK;
                self.flush();
                self.objects.release();
            }
            let Ok(received) = received else { continue };
            match received {
                // The timeline needs the domain that tells the console too.
                Some(Received::Event(event)) if !self.run.config.console_intercept && is_of_console(&event) => {
                    if let Ok(message) = event.message() {
                        self.objects.look(&message);
                    }
                }
                Some(Received::Event(event)) => {
                    self.counts.seen += 1;
                    if self.hurry.load(Ordering::Relaxed) {
                        self.counts.missed += 1;
                    } else {
                        self.take(&event, false, bodies);
                    }
                }
                Some(Received::Missed(count)) => {
                    self.counts.seen += count;
                    self.counts.missed += count;
                    self.say("Canarytrace.messagesMissed", &json!({ "count": count }), bodies);
                }
                // A page that goes on telling is not listened to for ever, but bodies come behind the mark of the end.
                Some(Received::Injected(event)) if event.method == END => {
                    har = har.or_else(|| event.params::<Ending>().ok().and_then(|ending| ending.har));
                    if ends || bodies.pending() == 0 {
                        break;
                    }
                    ends = true;
                    bodies.then_say(END, BODIES_LIMIT);
                }
                Some(Received::Injected(event)) => {
                    self.take(&event, true, bodies);
                    if event.method == ATTEMPT_OVER
                        && let Some(attempt_over) = self.attempt_over.take()
                    {
                        self.run.measured().end();
                        // Nobody waits any more when it took too long.
                        _ = attempt_over.send(self.counts.missed);
                    }
                    if event.method == "Canarytrace.stepEnded" {
                        self.flush();
                    }
                }
                None => break,
            }
        }
        self.finish(har, bodies)
    }

    /// Records a message; `ours` are never left out.
    fn take(&mut self, event: &CdpEvent, ours: bool, bodies: &Bodies) {
        // Asked for each time: a one-time password is a secret from when it was made.
        let redactor = self.run.bus.redactor();
        let (without_picture, picture) = if event.method == FRAME {
            let (text, picture) = frames::split(event, self.run.config.visual_progress);
            (Some(text), picture)
        } else {
            (None, None)
        };
        let text = redactor.message(without_picture.as_deref().unwrap_or(event.text()));
        self.log_call(|log| if ours { log.mark(&text) } else { log.message(&text).map(drop) });
        match Message::parse(&text) {
            Ok(message) => {
                bodies.look(&message);
                self.objects.look(&message);
                if let Some(filmstrip) = &mut self.filmstrip {
                    let written = match picture {
                        Some(picture) => filmstrip.push(&message, picture),
                        None => filmstrip.look(&message),
                    };
                    // What can't be compressed or handed on is a matter of the log; parts can't fail.
                    self.log_or_notice(written);
                }
                let message = message.into_owned();
                if let Some(har) = self.har.as_mut().filter(|_| event.method != FRAME) {
                    har.push(&message);
                }
                let derived = self.derivation.push(message);
                self.store(derived);
            }
            Err(error) => tracing::warn!(%error, "a message of the browser is no JSON; it is in the log as it came"),
        }
    }

    /// Records something of our own at this place.
    fn say(&mut self, method: &str, params: &serde_json::Value, bodies: &Bodies) {
        let text = marks::text(None, method, params);
        self.take(&CdpEvent::of_ours(method, text), true, bodies);
    }

    fn store(&mut self, derived: Vec<Derived>) {
        for derived in derived {
            self.run.measured().note(derived.samples());
            derived.give(&mut Stored(&self.run));
            if let (DerivedDocument::Console(document), Some(console)) = (&derived.document, &mut self.console) {
                let written = console.push(document);
                self.log_or_notice(written);
            }
        }
    }

    fn finish(mut self, har: Option<String>, bodies: &Bodies) -> Counts {
        self.counts.truncated = self.log.as_ref().map_or(0, RawLog::truncated);
        let Counts { seen, missed, truncated } = self.counts;
        let ended = json!({
            "seen": seen,
            "kept": seen - missed - truncated,
            "missed": missed,
            "timestamp": marks::now(),
        });
        self.say("Canarytrace.recordingEnded", &ended, bodies);
        if let Some(missed) = self.derivation.missed_entries().in_words() {
            self.run.notice(missed);
        }
        let left = std::mem::replace(&mut self.derivation, Derivation::new(derive_options(&self.run.config))).finish();
        if !self.hurry.load(Ordering::Relaxed) {
            self.store(left);
        }
        if let Some(log) = self.log.take() {
            let finished = log.finish();
            self.log_or_notice(finished);
        }
        if let Some(mut console) = self.console.take() {
            let flushed = console.flush();
            self.log_or_notice(flushed);
        }
        if let Some(filmstrip) = self.filmstrip.take() {
            let finished = filmstrip.finish();
            self.log_or_notice(finished);
        }
        if let (Some(name), Some(har)) = (har, self.har.take()) {
            let written = har.write(&self.run, name);
            self.log_or_notice(written);
        }
        self.counts
    }

    /// Hands on what was written to files so far.
    fn flush(&mut self) {
        self.log_call(RawLog::flush);
        let console = self.console.as_mut().map(ConsoleText::flush);
        let filmstrip = self.filmstrip.as_mut().map(Filmstrip::flush);
        for flushed in console.into_iter().chain(filmstrip) {
            self.log_or_notice(flushed);
        }
    }

    fn log_call(&mut self, call: impl FnOnce(&mut RawLog) -> io::Result<()>) {
        if let Some(log) = &mut self.log {
            let called = call(log);
            if self.log_or_notice(called).is_none() {
                // Broken for good; the documents go on.
                self.log = None;
            }
        }
    }

    fn log_or_notice<T>(&self, result: io::Result<T>) -> Option<T> {
        let tell = |error| {
            self.run.notice(format!("the log of the browser's messages, or the HAR file, is incomplete: {error}"));
        };
        result.map_err(tell).ok()
    }
}
