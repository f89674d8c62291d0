//! How much of its scripts and style sheets a page uses.
//!
//! V8 and the style engine forget everything of a page with the next document, and from the start of a navigation on the
//! browser hands no call to the page that is left (measured with Chromium 156: whatever is asked is answered by the next
//! document). So a listener of ours, in a world of its own, stops the page in its `beforeunload`, which comes before that;
//! what it used is taken; it goes on. That costs some milliseconds before the navigation begins, and is in none of its
//! timings.
//!
//! What is lost: a page that crashes or is closed; frames of another process; code that the garbage collector threw away
//! before it was looked at; a page that comes back from the back/forward cache counts from then on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::page::Page;
use crate::collect::coverage::{BlockRange, Ranges, UsedRule, Widths, used_by_blocks, used_by_rules};
use crate::devtools::{CdpError, CdpEvent, Received, Session, Subscription};
use crate::record::{Failure, FailureKind};

/// Longest text that is read, in UTF-16 units: 8 MB of ASCII. It is read to count bytes; of a longer one UTF-16 units are
/// counted, which is the same in ASCII.
const MAX_TEXT: u64 = 8 << 20;

/// Texts of one look, in UTF-16 units.
const MAX_TEXTS: u64 = 64 << 20;

/// Scripts and sheets of one page; more are left out.
const MAX_SOURCES: usize = 20_000;

/// Pages that were left and nobody asked for yet: of the oldest nothing is known any more.
const MAX_LEFT: usize = 100;

/// How many texts are asked for at the same time.
const AT_ONCE: usize = 8;

/// How long the browser may take to tell.
const LIMIT: Duration = Duration::from_secs(10);

/// How long a page is kept from its navigation.
const LEAVING_LIMIT: Duration = Duration::from_secs(5);

/// How its world and its script are called.
const OURS: &str = "canarytrace-coverage";

const LISTENER: &str = "if (self === top) addEventListener('beforeunload', () => { debugger; });\n\
    //# sourceURL=canarytrace-coverage";

/// What of a page a [`SourceCoverage`] is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum SourceKind {
    /// A script.
    Js,
    /// A style sheet.
    Css,
}

impl SourceKind {
    /// `js` or `css`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Js => "js",
            Self::Css => "css",
        }
    }
}

/// How much of a script or style sheet a page used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SourceCoverage {
    /// Whether it is a script or a style sheet.
    pub kind: SourceKind,
    /// Its address; that of the document for what stands in one.
    pub url: String,
    /// The page.
    pub page: String,
    /// Size of its text, bytes of UTF-8.
    pub total: u64,
    /// What was used of it, bytes.
    pub used: u64,
    /// Whether the sizes are bytes. A text of more than 8 MB is not read: of it UTF-16 units are counted, which is the same
    /// in ASCII.
    pub is_exact: bool,
}

impl SourceCoverage {
    /// What was not used, bytes.
    pub fn unused(&self) -> u64 {
        self.total - self.used
    }

    /// What was not used, in percent.
    #[expect(clippy::cast_precision_loss, reason = "no file has 2^52 bytes")]
    pub fn percent_unused(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.unused() as f64 * 100.0 / self.total as f64 }
    }
}

/// Who asks: each is told of the pages that were left once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Monitor,
    Step,
}

/// What was used so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Taken {
    pub(crate) sources: Vec<SourceCoverage>,
    /// Pages that were left before anybody could look.
    pub(crate) lost: u64,
}

type Reply = oneshot::Sender<Result<Taken, CdpError>>;

/// The coverage of one window.
#[derive(Debug, Default)]
pub(super) struct CoverageFollower(Mutex<Option<mpsc::UnboundedSender<(Asker, Reply)>>>);

impl CoverageFollower {
    fn asking(&self) -> Option<mpsc::UnboundedSender<(Asker, Reply)>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone().filter(|asking| !asking.is_closed())
    }
}

impl Page {
    /// Begins to note how much this window's pages use of their scripts and style sheets; [`take_coverage`] tells. It makes
    /// pages slower. With `COVERAGE_AUDIT=allow` it begins by itself, before the first step.
    ///
    /// A script that ran before, and a page that stands still since, are seen from now on only: begin before the page is
    /// opened. The page's own `debugger` statements do nothing, as ever.
    ///
    /// `Profiler.startPreciseCoverage` and `CSS.startRuleUsageTracking`.
    ///
    /// [`take_coverage`]: Self::take_coverage
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the browser refuses; [`FailureKind::Timeout`] when the page is busy.
    pub async fn start_coverage(&self) -> Result<(), Failure> {
        let what = "start coverage";
        self.ready(what).await?;
        tokio::select! {
            failure = self.end() => Err(failure.context(format_args!("could not {what}"))),
            begun = self.follow_coverage() => begun.map_err(|error| told(what, &error)),
        }
    }

    /// How much was used so far of the scripts and style sheets of the page that is open, and of those that were left since
    /// this was called last, each since it was opened. Scripts without an address, such as those of `eval`, are left out.
    ///
    /// `Profiler.takePreciseCoverage` and `CSS.takeCoverageDelta`.
    ///
    /// ```no_run
    /// # use canarytrace::prelude::*;
    /// # async fn example(page: &Page) -> Result {
    /// page.start_coverage().await?;
    /// page.goto("/").await?;
    /// for source in page.take_coverage().await? {
    ///     println!("{} {} %", source.url, source.percent_unused());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when [`start_coverage`](Self::start_coverage) was not called; [`FailureKind::Timeout`] when
    /// the page is busy.
    pub async fn take_coverage(&self) -> Result<Vec<SourceCoverage>, Failure> {
        let what = "take coverage";
        self.ready(what).await?;
        if self.window.coverage.asking().is_none() {
            return Err(Failure::harness(format!("could not {what}: call start_coverage before the page is opened")));
        }
        tokio::select! {
            failure = self.end() => Err(failure.context(format_args!("could not {what}"))),
            taken = self.coverage(Asker::Monitor) => taken.map(|taken| taken.sources).map_err(|error| told(what, &error)),
        }
    }

    /// Begins with the coverage of this window, if that is not so.
    pub(crate) async fn follow_coverage(&self) -> Result<(), CdpError> {
        if self.window.coverage.asking().is_some() {
            return Ok(());
        }
        let session = self.devtools();
        let events = session.events(&["Debugger.", "CSS.styleSheetAdded", "Page.frameNavigated"]);
        let (asking, asked) = mpsc::unbounded_channel();
        let follower = Follower {
            session: session.clone(),
            page: self.shown_url(),
            sources: BTreeMap::new(),
            ours: HashSet::new(),
            looked: false,
            left: HashMap::new(),
            lost: HashMap::new(),
        };
        tokio::spawn(follower.follow(events, asked));
        start(session).await?;
        *self.window.coverage.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(asking);
        Ok(())
    }

    /// What was used so far; nothing when it was never begun.
    pub(crate) async fn coverage(&self, asker: Asker) -> Result<Taken, CdpError> {
        let Some(asking) = self.window.coverage.asking() else { return Ok(Taken::default()) };
        let (reply, told) = oneshot::channel();
        let gone = || CdpError::Closed { method: "Profiler.takePreciseCoverage".into(), reason: "it ended".into() };
        asking.send((asker, reply)).map_err(|_| gone())?;
        told.await.unwrap_or_else(|_| Err(gone()))
    }
}

fn told(what: &str, error: &CdpError) -> Failure {
    match error {
        CdpError::Timeout { limit, .. } => Failure::new(
            FailureKind::Timeout,
            format!(
                "could not {what}: the page was busy for more than {limit:?}; a script of it may run without an end"
            ),
        ),
        error => Failure::harness(format!("could not {what}: {error}")),
    }
}

/// All is sent before the first reply is waited for, in this order.
async fn start(session: &Session) -> Result<(), CdpError> {
    let listener = json!({ "source": LISTENER, "worldName": OURS, "runImmediately": true });
    let calls = [
        ("Page.addScriptToEvaluateOnNewDocument", listener),
        ("DOM.enable", json!({})),
        ("CSS.enable", json!({})),
        ("Debugger.enable", json!({})),
        ("Profiler.enable", json!({})),
        ("Profiler.startPreciseCoverage", json!({ "callCount": false, "detailed": true })),
        ("CSS.startRuleUsageTracking", json!({})),
    ];
    let sent = calls.map(|(method, params)| session.send_within(LIMIT, method, params));
    futures_util::future::try_join_all(sent).await.map(drop)
}

/// The browser's id of a script or sheet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SourceId(SourceKind, String);

/// What is known of the widths of a source's characters.
#[derive(Debug)]
enum Known {
    NotAsked,
    /// It is gone, too long, or could not be told.
    Not,
    Widths(Widths),
}

/// A script or sheet of the page that is open.
#[derive(Debug)]
struct Source {
    url: String,
    /// UTF-16 units.
    length: u64,
    /// What two of the same address have in common that are the same.
    same: String,
    /// How many bytes its characters take.
    widths: Known,
    /// In UTF-16 units.
    used: Ranges,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScriptParsed {
    script_id: String,
    url: String,
    #[serde(default)]
    length: u64,
    #[serde(default)]
    hash: String,
    #[serde(default)]
    start_line: u64,
    #[serde(default)]
    start_column: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StyleSheetHeader {
    style_sheet_id: String,
    #[serde(rename = "sourceURL", default)]
    source_url: String,
    origin: String,
    #[serde(default)]
    length: f64,
    #[serde(default)]
    start_line: f64,
    #[serde(default)]
    start_column: f64,
    #[serde(default)]
    is_inline: bool,
    #[serde(default)]
    is_constructed: bool,
}

#[derive(Default)]
struct Told {
    scripts: Vec<(String, Ranges)>,
    sheets: HashMap<String, Vec<UsedRule>>,
}

struct Follower {
    session: Session,
    /// URL of the page that is open.
    page: String,
    sources: BTreeMap<SourceId, Source>,
    /// Our own scripts.
    ours: HashSet<String>,
    /// Whether the page that is open was looked at when it was about to be left.
    looked: bool,
    left: HashMap<&'static str, Vec<Vec<SourceCoverage>>>,
    lost: HashMap<&'static str, u64>,
}

impl Asker {
    const ALL: [&'static str; 2] = ["monitor", "step"];

    fn name(self) -> &'static str {
        match self {
            Self::Monitor => Self::ALL[0],
            Self::Step => Self::ALL[1],
        }
    }
}

impl Follower {
    /// Until the window, or the attempt, is over.
    async fn follow(mut self, mut events: Subscription, mut asked: mpsc::UnboundedReceiver<(Asker, Reply)>) {
        loop {
            tokio::select! {
                biased;
                received = events.next() => match received {
                    Some(received) => self.receive(received, &mut events).await,
                    None => return,
                },
                question = asked.recv() => match question {
                    Some((by, reply)) => {
                        let taken = self.look(LIMIT, &mut events).await.map(|()| self.taken(by));
                        // Who asked may not wait any more.
                        _ = reply.send(taken);
                    }
                    None => return,
                },
            }
        }
    }

    async fn receive(&mut self, received: Received, events: &mut Subscription) {
        match received {
            Received::Event(event) if event.method == "Debugger.paused" => self.paused(&event, events).await,
            Received::Event(event) => self.learn(&event),
            Received::Missed(count) => {
                tracing::warn!(
                    count,
                    "scripts or style sheets may be missing in the coverage: their events were missed"
                );
                // The page may stand still.
                self.go_on().await;
            }
            Received::Injected(_) => {}
        }
    }

    /// The page stands still: before it is left, or at a `debugger` statement of its own.
    async fn paused(&mut self, event: &CdpEvent, events: &mut Subscription) {
        let params: Value = event.params().unwrap_or_default();
        let script = params.pointer("/callFrames/0/location/scriptId").and_then(Value::as_str).unwrap_or_default();
        if self.ours.contains(script) {
            match tokio::time::timeout(LEAVING_LIMIT, self.look(LEAVING_LIMIT, events)).await {
                Ok(Ok(())) => self.looked = true,
                Ok(Err(error)) => tracing::debug!(%error, "a page was left before its coverage was known"),
                Err(_) => tracing::debug!("a page was left before its coverage was known: it took too long"),
            }
        }
        self.go_on().await;
    }

    async fn go_on(&self) {
        if let Err(error) = self.session.send("Debugger.resume", json!({})).await {
            // It went on by itself, or is gone.
            tracing::debug!(%error, "a page was not resumed");
        }
    }

    fn learn(&mut self, event: &CdpEvent) {
        match event.method.as_str() {
            "Debugger.scriptParsed" => {
                let Ok(script) = event.params::<ScriptParsed>() else { return };
                if script.url == OURS {
                    self.ours.insert(script.script_id);
                } else if !script.url.is_empty() {
                    let same = format!("{} {} {}", script.hash, script.start_line, script.start_column);
                    self.add(SourceKind::Js, script.script_id, script.url, script.length, same);
                }
            }
            "CSS.styleSheetAdded" => {
                let Ok(params) = event.params::<Value>() else { return };
                let Ok(sheet) = StyleSheetHeader::deserialize(&params["header"]) else { return };
                if sheet.origin != "regular" {
                    return;
                }
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a length")]
                let length = sheet.length as u64;
                let own = sheet.is_inline || sheet.is_constructed || sheet.source_url.is_empty();
                // A constructed sheet has no place by which it could be known.
                let same = if sheet.is_constructed {
                    sheet.style_sheet_id.clone()
                } else {
                    format!("{length} {} {}", sheet.start_line, sheet.start_column)
                };
                let url = if own && sheet.source_url.is_empty() { self.page.clone() } else { sheet.source_url };
                self.add(SourceKind::Css, sheet.style_sheet_id, url, length, same);
            }
            "Page.frameNavigated" => {
                let Ok(params) = event.params::<Value>() else { return };
                let frame = &params["frame"];
                if frame["id"].as_str() == Some(self.session.target_id()) {
                    self.leave();
                    frame["url"].as_str().unwrap_or_default().clone_into(&mut self.page);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, kind: SourceKind, id: String, url: String, length: u64, same: String) {
        if self.sources.len() < MAX_SOURCES {
            let source = Source { url, length, same, widths: Known::NotAsked, used: Ranges::default() };
            self.sources.insert(SourceId(kind, id), source);
        }
    }

    /// The page is another one.
    fn leave(&mut self) {
        let left = self.used();
        self.sources.clear();
        self.ours.clear();
        let looked = std::mem::take(&mut self.looked);
        if left.is_empty() {
            return;
        }
        for asker in Asker::ALL {
            if looked {
                let pages = self.left.entry(asker).or_default();
                pages.push(left.clone());
                if pages.len() > MAX_LEFT {
                    pages.remove(0);
                    *self.lost.entry(asker).or_default() += 1;
                }
            } else {
                *self.lost.entry(asker).or_default() += 1;
            }
        }
    }

    /// Asks for what was used since this was asked last.
    async fn look(&mut self, limit: Duration, events: &mut Subscription) -> Result<(), CdpError> {
        let (scripts, sheets) = tokio::try_join!(
            self.session.send_within(limit, "Profiler.takePreciseCoverage", json!({})),
            self.session.send_within(limit, "CSS.takeCoverageDelta", json!({})),
        )?;
        let told = Told::read(&scripts, &sheets);
        // What the browser said before it answered comes first: it may be another page by now.
        while !events.is_empty() {
            match events.next().await {
                // Just looked at, whatever it stands still for.
                Some(Received::Event(event)) if event.method == "Debugger.paused" => {
                    self.looked = true;
                    self.go_on().await;
                }
                Some(Received::Event(event)) => self.learn(&event),
                Some(_) => {}
                None => break,
            }
        }
        for (id, used) in told.scripts {
            if let Some(source) = self.sources.get_mut(&SourceId(SourceKind::Js, id)) {
                source.used.add(&used);
            }
        }
        for (id, rules) in told.sheets {
            if let Some(source) = self.sources.get_mut(&SourceId(SourceKind::Css, id)) {
                source.used.add(&used_by_rules(&rules));
            }
        }
        self.measure().await;
        Ok(())
    }

    /// Reads the texts that were not read yet, to know their bytes.
    async fn measure(&mut self) {
        let mut left = MAX_TEXTS;
        let mut wanted = Vec::new();
        for (id, source) in self.sources.iter_mut().filter(|(_, source)| matches!(source.widths, Known::NotAsked)) {
            if source.length <= MAX_TEXT.min(left) {
                left -= source.length;
                wanted.push(id.clone());
            } else {
                source.widths = Known::Not;
            }
        }
        let session = &self.session;
        let texts: Vec<(SourceId, Option<(u64, Known)>)> = stream::iter(wanted)
            .map(async |id| {
                let text = text(session, &id).await;
                let known = text.map(|text| {
                    (text.encode_utf16().count() as u64, Widths::of(&text).map_or(Known::Not, Known::Widths))
                });
                (id, known)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        for (id, known) in texts {
            if let Some(source) = self.sources.get_mut(&id) {
                match known {
                    Some((length, widths)) => {
                        // A sheet that a script changed is as long as it is now.
                        source.length = length;
                        source.widths = widths;
                    }
                    None => source.widths = Known::Not,
                }
            }
        }
    }

    /// What the page that is open used.
    fn used(&self) -> Vec<SourceCoverage> {
        // The same script in several frames, or a sheet that is linked twice, is one.
        let mut parts: BTreeMap<(SourceKind, &str, &str), (&Source, Ranges)> = BTreeMap::new();
        for (SourceId(kind, _), source) in &self.sources {
            parts
                .entry((*kind, &source.url, &source.same))
                .or_insert_with(|| (source, Ranges::default()))
                .1
                .add(&source.used);
        }
        parts
            .into_iter()
            .map(|((kind, ..), (source, used))| {
                let (total, used, is_exact) = match &source.widths {
                    Known::Widths(widths) => (widths.bytes(), widths.count(&used), true),
                    _ => (source.length, used.count(source.length), false),
                };
                let (url, page) = (source.url.clone(), self.page.clone());
                SourceCoverage { kind, url, page, total, used: used.min(total), is_exact }
            })
            .collect()
    }

    fn taken(&mut self, asker: Asker) -> Taken {
        let left = self.left.remove(asker.name()).unwrap_or_default();
        let sources = left.into_iter().flatten().chain(self.used()).collect();
        Taken { sources, lost: self.lost.remove(asker.name()).unwrap_or_default() }
    }
}

async fn text(session: &Session, SourceId(kind, id): &SourceId) -> Option<String> {
    let (method, params, field) = match kind {
        SourceKind::Js => ("Debugger.getScriptSource", json!({ "scriptId": id }), "scriptSource"),
        SourceKind::Css => ("CSS.getStyleSheetText", json!({ "styleSheetId": id }), "text"),
    };
    match session.send_within(LIMIT, method, params).await {
        Ok(mut reply) => match reply[field].take() {
            Value::String(text) => Some(text),
            _ => None,
        },
        Err(error) => {
            tracing::debug!(%error, "the text of a script or style sheet was not told");
            None
        }
    }
}

impl Told {
    fn read(scripts: &Value, sheets: &Value) -> Self {
        let mut told = Self::default();
        let place = |value: &Value| value.as_f64().filter(|place| *place >= 0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a place in a text")]
        let span = |value: &Value| Some((place(&value["startOffset"])? as u64, place(&value["endOffset"])? as u64));
        for script in scripts["result"].as_array().into_iter().flatten() {
            let functions = script["functions"].as_array().into_iter().flatten();
            let blocks = functions.flat_map(|function| function["ranges"].as_array().into_iter().flatten());
            let ranges: Vec<BlockRange> = blocks
                .filter_map(|range| {
                    let (start, end) = span(range)?;
                    Some(BlockRange { start, end, ran: range["count"].as_f64()? > 0.0 })
                })
                .collect();
            if let Some(id) = script["scriptId"].as_str() {
                told.scripts.push((id.to_owned(), used_by_blocks(&ranges)));
            }
        }
        for rule in sheets["coverage"].as_array().into_iter().flatten() {
            if let (true, Some(id), Some((start, end))) =
                (rule["used"] == true, rule["styleSheetId"].as_str(), span(rule))
            {
                told.sheets.entry(id.to_owned()).or_default().push(UsedRule { start, end });
            }
        }
        told
    }
}
