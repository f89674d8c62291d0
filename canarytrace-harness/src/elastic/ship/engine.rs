//! Sends batches to one cluster: one request in flight, and each document until somebody knows what became of it.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::super::bulk::{self, Answer, Verdict};
use super::super::{Client, Dialect, Method, Names, Product, Request};
use super::batch::{Batch, Room, State};
use super::control::{Control, Phase};
use super::dead_letters::{DeadLetter, Refusal};
use super::options::ShipOptions;
use super::shipment::Shipment;
use super::shorten::shortened;
use super::streams::{self, Unanswered};
use crate::pace::Pace;
use crate::record::{Dataset as _, Delivery};

/// A document that was too large is cut to half of its size, and at most to this, bytes: what proxies take that nobody
/// configured.
const SHORTENED: usize = 512 * 1024;

/// Requests don't become smaller than this, bytes, but for those of one document.
const SMALLEST: usize = 16 * 1024;

/// Told of everything a person should know.
pub type Notices = Arc<dyn Fn(String) + Send + Sync>;

/// Why sending ended before everything was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The time is over.
    Over,
    /// The cluster doesn't answer, or wants none of ours.
    GaveUp,
}

/// What to do when there is no data stream, or none that we may write to.
const TO_INSTALL: &str = "Run `canarytrace install`, or give the role of ELASTIC_HTTP_AUTH what `canarytrace install \
                          --print-roles` prints";

/// What the shipper itself writes is not counted.
fn is_counted(dataset: &str) -> bool {
    dataset != Delivery::NAME
}

/// What became of a request.
struct Answered {
    /// How long the cluster wants to be left alone.
    asked: Option<Duration>,
    /// HTTP status, when the cluster itself failed and no proxy before it.
    failed: Option<u16>,
    answer: Answer,
}

/// Something of a request is to be sent again.
struct Again {
    /// Why one of it was not taken; none when the cluster took others of the same data stream meanwhile.
    reason: Option<String>,
    /// How often in a row the cluster failed at the one of them that it failed at least often.
    failures: u32,
}

/// Who sends to a cluster.
pub(super) struct Engine {
    client: Client,
    names: Names,
    pub(super) options: ShipOptions,
    notices: Notices,
    pace: Pace,
    /// Largest body, bytes; less than wanted once a request was too large.
    most_bytes: usize,
    /// Whether the cluster keeps us from making an index where there is no template. Until it says that it can't.
    requires_data_stream: bool,
    /// Streams that are known to be there, or that we may not look for.
    ready: HashSet<String>,
    /// Datasets that can't be sent until somebody repairs what is wrong, and when they are tried again.
    held: HashMap<String, Instant>,
    /// What a person was told and is still so.
    told: HashSet<&'static str>,
    /// What keeps documents from being stored, told or not: the key of `told`, and the message.
    trouble: Option<(&'static str, String)>,
    product: Option<String>,
    version: Option<String>,
}

impl Engine {
    pub(super) fn new(client: Client, names: Names, options: ShipOptions, notices: Notices) -> Self {
        let pace = Pace::new(options.backoff_first, options.backoff_most);
        let most_bytes = options.batch_bytes;
        Self {
            client,
            names,
            options,
            notices,
            pace,
            most_bytes,
            requires_data_stream: true,
            ready: HashSet::new(),
            held: HashMap::new(),
            told: HashSet::new(),
            trouble: None,
            product: None,
            version: None,
        }
    }

    pub(super) fn tell(&self, message: String) {
        (self.notices)(message);
    }

    /// Says something once, until it is over.
    fn tell_once(&mut self, what: &'static str, message: impl FnOnce() -> String) {
        if self.told.insert(what) {
            (self.notices)(message());
        }
    }

    /// The next failures are the first ones, and what was held is tried again.
    pub(super) fn begin_anew(&mut self) {
        self.pace.reset();
        self.held.clear();
    }

    fn is_held(&self, dataset: &str) -> bool {
        self.held.get(dataset).is_some_and(|until| *until > Instant::now())
    }

    /// Sends what is in a folder, up to the last whole line. Calls `progress` after each batch.
    pub(super) async fn ship(
        &mut self,
        shipment: &mut Shipment,
        control: &mut Control,
        progress: &mut dyn FnMut(&Shipment),
    ) -> Result<(), Halt> {
        let halt = loop {
            if control.is_over() {
                break Err(Halt::Over);
            }
            let room = Room {
                documents: self.options.batch_documents,
                bytes: self.options.batch_bytes,
                longest: self.options.longest_document,
            };
            let next = shipment.next(room, |dataset| self.is_held(dataset));
            let mut batch = match next {
                Ok(Some(batch)) => batch,
                Ok(None) => break Ok(()),
                Err(error) => {
                    self.tell(format!("{} can't be read: {error}", shipment.folder.display()));
                    break Err(Halt::GaveUp);
                }
            };
            let started = Instant::now();
            shipment.figures.batches += 1;
            let delivered = self.deliver(&mut batch, shipment, control).await;
            shipment.settle(&batch);
            shipment.figures.duration += started.elapsed();
            shipment.figures.product.clone_from(&self.product);
            shipment.figures.version.clone_from(&self.version);
            progress(shipment);
            if let Err(halt) = delivered {
                break Err(halt);
            }
        };
        if let Err(error) = shipment.save() {
            self.cursor_unsaved(shipment, &error);
        }
        halt
    }

    fn cursor_unsaved(&mut self, shipment: &Shipment, error: &std::io::Error) {
        let folder = shipment.folder.display().to_string();
        self.tell_once("cursor", || {
            format!("{folder}: what the cluster has can't be noted: {error}; it may be sent again, each document stored once")
        });
    }

    /// Sends a batch until each of its documents is stored, refused for good, or held.
    pub(super) async fn deliver(
        &mut self,
        batch: &mut Batch,
        shipment: &mut Shipment,
        control: &mut Control,
    ) -> Result<(), Halt> {
        self.bury_bad_lines(batch, shipment)?;
        shipment.remember(batch);
        let mut noted = false;
        // A request that is wrong as a whole is halved until the document is found that makes it so.
        let mut most_documents = usize::MAX;
        loop {
            if control.is_over() {
                return Err(Halt::Over);
            }
            self.pace.set_hurry(control.phase() != Phase::Going);
            if !batch.items.iter().any(|item| item.state == State::Pending) {
                return Ok(());
            }
            if let Some(wait) = self.settle_unsure(batch, shipment, control).await? {
                self.pause(wait, None, control).await?;
                continue;
            }
            if self.give_up_failures(batch, shipment)? {
                continue;
            }
            if let Some(wait) = self.look_for_streams(batch, control).await? {
                self.pause(wait, None, control).await?;
                continue;
            }
            let chunk = self.chunk(batch, if self.pace.is_open() { 1 } else { most_documents });
            if chunk.is_empty() {
                continue;
            }
            if !noted {
                noted = true;
                if let Err(error) = shipment.sending(batch) {
                    self.cursor_unsaved(shipment, &error);
                }
            }
            let Answered { asked, failed, answer } =
                self.send(batch, &chunk, shipment, control).await.ok_or(Halt::Over)?;
            match answer {
                Answer::Items(verdicts) => {
                    most_documents = most_documents.saturating_mul(2);
                    let again = self.judge(batch, &chunk, verdicts, shipment)?;
                    if let Some(again) = again {
                        self.pace.rejected();
                        if let Some(reason) = again.reason {
                            self.tell_of_rejections(&reason);
                        }
                        self.pause(self.pace.wait_after(again.failures, asked), asked, control).await?;
                    } else {
                        self.answered();
                    }
                    self.know(control).await;
                }
                Answer::Retry(reason) => {
                    Self::sure(batch, &chunk);
                    self.pace.rejected();
                    self.tell_of_rejections(&reason);
                    self.pause(self.pace.wait(asked), asked, control).await?;
                }
                Answer::Unknown(reason) => {
                    self.unanswered(&reason);
                    let mut failures = 0;
                    if let Some(status) = failed {
                        // It may be one document that makes the cluster fail: it is looked for as in a wrong request.
                        most_documents = (chunk.len() / 2).max(1);
                        if let [only] = chunk[..] {
                            let item = &mut batch.items[only];
                            item.failures.add(Refusal { status, kind: String::new(), reason }, false);
                            failures = item.failures.times;
                        }
                    }
                    self.pause(self.pace.wait_after(failures, asked), asked, control).await?;
                }
                Answer::TooLarge => {
                    Self::sure(batch, &chunk);
                    if let [only] = chunk[..] {
                        self.shorten(batch, only, shipment, "HTTP 413")?;
                    } else {
                        let bytes: usize = chunk.iter().map(|at| batch.text(&batch.items[*at]).len()).sum();
                        self.most_bytes = (bytes.min(self.most_bytes) / 2).max(SMALLEST);
                        most_documents = (chunk.len() / 2).max(1);
                    }
                }
                Answer::Bad { status, reason } => {
                    Self::sure(batch, &chunk);
                    if let [only] = chunk[..] {
                        let refusal = Refusal { status, kind: "bad_request".to_owned(), reason };
                        self.bury(batch, only, shipment, refusal)?;
                    } else {
                        most_documents = (chunk.len() / 2).max(1);
                    }
                }
                Answer::NoRequireDataStream => {
                    Self::sure(batch, &chunk);
                    // The question was wrong, not the documents: they were not sent in vain.
                    for at in &chunk {
                        batch.items[*at].sent -= 1;
                    }
                    self.requires_data_stream = false;
                }
                Answer::Refused(reason) => {
                    Self::sure(batch, &chunk);
                    self.refused(&reason, control).await?;
                }
            }
        }
    }

    /// Lines that are no documents go to the dead letters and keep nobody waiting.
    fn bury_bad_lines(&mut self, batch: &mut Batch, shipment: &mut Shipment) -> Result<(), Halt> {
        let mut letters = Vec::new();
        for item in &batch.items {
            if let State::Bad(why) = &item.state {
                letters.push(DeadLetter::of_line(batch.dataset(item), batch.original(item), item.end, why.clone()));
            }
        }
        if letters.is_empty() {
            return Ok(());
        }
        self.write_letters(&letters, shipment)?;
        for item in &mut batch.items {
            if matches!(item.state, State::Bad(_)) {
                item.state = State::Done;
            }
        }
        Ok(())
    }

    fn write_letters(&mut self, letters: &[DeadLetter], shipment: &mut Shipment) -> Result<(), Halt> {
        if let Err(error) = shipment.bury(letters) {
            let folder = shipment.folder.display().to_string();
            self.tell_once("letters", || format!("{folder}: dead letters can't be written: {error}; sending stops"));
            return Err(Halt::GaveUp);
        }
        shipment.figures.dead += letters.len() as u64;
        let folder = shipment.folder.display();
        if let Some(letter) = letters.first()
            && self.told.insert("dead")
        {
            self.tell(format!(
                "a document of {} can't be stored: {}; it and others like it lie in {folder}/dead-letters.jsonl",
                letter.dataset, letter.reason
            ));
        }
        Ok(())
    }

    fn bury(&mut self, batch: &mut Batch, at: usize, shipment: &mut Shipment, refusal: Refusal) -> Result<(), Halt> {
        let item = &batch.items[at];
        let letter = DeadLetter::of_document(batch.dataset(item), &item.id, batch.original(item), refusal);
        self.write_letters(&[letter], shipment)?;
        batch.items[at].state = State::Done;
        Ok(())
    }

    /// A document that is too large alone is sent once more with its longest texts cut, and given up after that.
    fn shorten(&mut self, batch: &mut Batch, at: usize, shipment: &mut Shipment, reason: &str) -> Result<(), Halt> {
        let item = &batch.items[at];
        let short = if item.shortened.is_some() {
            None
        } else {
            let line = batch.original(item);
            shortened(line, (line.len() / 2).min(SHORTENED))
        };
        if let Some(short) = short {
            batch.items[at].shortened = Some(short);
            shipment.figures.shortened += 1;
            return Ok(());
        }
        let reason = format!("the document is too large: {reason}");
        self.bury(batch, at, shipment, Refusal { status: 413, kind: "too_large".to_owned(), reason })
    }

    /// Asks for the documents of which nobody knows whether they are in the cluster. A duration means that there was no
    /// answer, and how long to wait for the next question.
    async fn settle_unsure(
        &mut self,
        batch: &mut Batch,
        shipment: &mut Shipment,
        control: &mut Control,
    ) -> Result<Option<Duration>, Halt> {
        for part in 0..batch.datasets.len() {
            let unsure: Vec<usize> = (0..batch.items.len())
                .filter(|at| {
                    let item = &batch.items[*at];
                    item.part == part && item.unsure && item.state == State::Pending
                })
                .collect();
            if unsure.is_empty() {
                continue;
            }
            let stream = self.names.stream(&batch.datasets[part].dataset);
            let counted = is_counted(&batch.datasets[part].dataset);
            let since = shipment.cursor.indices.get(&stream).map(String::as_str);
            for some in unsure.chunks(self.options.batch_documents) {
                let ids: Vec<&str> = some.iter().map(|at| batch.items[*at].id.as_str()).collect();
                let asked = control.within(streams::find(&self.client, &stream, since, &ids)).await;
                match asked.ok_or(Halt::Over)? {
                    Ok(found) => {
                        self.answered();
                        for at in some {
                            let item = &mut batch.items[*at];
                            item.unsure = false;
                            if found.contains(&item.id) {
                                item.state = State::Done;
                                shipment.figures.duplicates += u64::from(counted);
                            }
                        }
                    }
                    Err(Unanswered::NotAllowed) => {
                        for at in some {
                            batch.items[*at].unsure = false;
                        }
                        shipment.figures.uncertain += some.len() as u64;
                    }
                    Err(Unanswered::Trouble(reason)) => {
                        self.unanswered(&reason);
                        return Ok(Some(self.pace.wait(None)));
                    }
                }
            }
        }
        Ok(None)
    }

    /// A document that the cluster failed at often enough goes to the dead letters when the cluster took others of its data
    /// stream meanwhile. When it took none, nothing of that stream is sent for a while, so that others don't wait for it.
    /// Gives whether anything was given up.
    fn give_up_failures(&mut self, batch: &mut Batch, shipment: &mut Shipment) -> Result<bool, Halt> {
        let mut some = false;
        for at in 0..batch.items.len() {
            let item = &mut batch.items[at];
            if item.state != State::Pending || item.failures.times < self.options.attempts_alone {
                continue;
            }
            let times = item.failures.times;
            if item.failures.alone {
                // One that an earlier process tried often enough is tried once more: what the cluster says is told.
                let Some(refusal) = item.failures.last.take() else { continue };
                let reason = format!(
                    "{} (tried {times} times while other documents of {} were stored)",
                    refusal.reason,
                    batch.dataset(&batch.items[at])
                );
                self.bury(batch, at, shipment, Refusal { reason, ..refusal })?;
                some = true;
            } else if item.failures.of_item {
                let part = item.part;
                let said = item.failures.last.as_ref();
                let reason = said.map(|said| format!("{}: {}", said.status, said.reason)).unwrap_or_default();
                self.hold(batch, part, &reason, "Look into the logs of the cluster: it fails at each of them");
                some = true;
            }
        }
        Ok(some)
    }

    /// Where the cluster doesn't see to it itself, nothing is sent to a stream that would become a plain index.
    async fn look_for_streams(&mut self, batch: &mut Batch, control: &mut Control) -> Result<Option<Duration>, Halt> {
        if self.requires_data_stream {
            return Ok(None);
        }
        for part in 0..batch.datasets.len() {
            let dataset = batch.datasets[part].dataset.clone();
            let stream = self.names.stream(&dataset);
            let wanted = batch.items.iter().any(|item| item.part == part && item.state == State::Pending);
            if !wanted || self.ready.contains(&stream) {
                continue;
            }
            match control.within(streams::is_ready(&self.client, &stream)).await.ok_or(Halt::Over)? {
                // Who may not look goes ahead.
                Ok(true) | Err(Unanswered::NotAllowed) => _ = self.ready.insert(stream),
                Ok(false) => {
                    let reason = format!("there is no template that makes the data stream {stream}");
                    self.hold(batch, part, &reason, TO_INSTALL);
                }
                Err(Unanswered::Trouble(reason)) => {
                    self.unanswered(&reason);
                    return Ok(Some(self.pace.wait(None)));
                }
            }
        }
        Ok(None)
    }

    /// Nothing of a dataset is sent until somebody repaired what is wrong.
    fn hold(&mut self, batch: &mut Batch, part: usize, reason: &str, advice: &str) {
        let dataset = batch.datasets[part].dataset.clone();
        for item in &mut batch.items {
            if item.part == part && item.state == State::Pending {
                item.state = State::Held;
            }
        }
        self.tell_once("held", || {
            format!("ELASTICSEARCH DOES NOT TAKE DOCUMENTS of {dataset}: {reason}; they stay on disk. {advice}")
        });
        self.held.insert(dataset, Instant::now() + self.options.repair_pause);
    }

    /// The documents of the next request.
    fn chunk(&self, batch: &Batch, most_documents: usize) -> Vec<usize> {
        let mut bytes = 0;
        let mut chunk = Vec::new();
        let pending = || batch.items.iter().enumerate().filter(|(_, item)| item.state == State::Pending);
        // Those that the cluster failed at go by themselves, behind the others, so that these don't suffer for them.
        let least = pending().map(|(_, item)| item.failures.times).min().unwrap_or_default();
        for (at, item) in pending().filter(|(_, item)| item.failures.times == least) {
            let more = batch.text(item).len() + item.id.len() + 80;
            if !chunk.is_empty() && (bytes + more > self.most_bytes || chunk.len() >= most_documents) {
                break;
            }
            bytes += more;
            chunk.push(at);
        }
        chunk
    }

    /// Sends some documents of a batch, and says what came of it. None when the time was over first: then they may be there
    /// or not.
    async fn send(
        &mut self,
        batch: &mut Batch,
        chunk: &[usize],
        shipment: &mut Shipment,
        control: &mut Control,
    ) -> Option<Answered> {
        let streams: Vec<String> = batch.datasets.iter().map(|part| self.names.stream(&part.dataset)).collect();
        let mut body = Vec::new();
        for at in chunk {
            let item = &mut batch.items[*at];
            item.unsure = true;
            shipment.figures.retried += u64::from(item.sent > 0);
            item.sent += 1;
            let item = &batch.items[*at];
            bulk::push_create(&mut body, &streams[item.part], &item.id, batch.text(item));
        }
        let raw = body.len() as u64;
        let mut request = Request::new(Method::Post, "/_bulk").ndjson(body).query("filter_path", bulk::FILTER);
        if self.requires_data_stream {
            request = request.query("require_data_stream", "true");
        }
        shipment.figures.requests += 1;
        shipment.figures.raw_bytes += raw;
        let before = self.client.traffic().sent;
        let sent = control.within(self.client.send(request)).await;
        // Nobody else uses this client meanwhile.
        *shipment.figures.wire_bytes.get_or_insert_default() += self.client.traffic().sent - before;
        let reply = match sent? {
            Ok(reply) => reply,
            Err(trouble) => {
                if !trouble.may_be_done() {
                    Self::sure(batch, chunk);
                }
                let answer = Answer::Unknown(trouble.to_string());
                return Some(Answered { asked: None, failed: None, answer });
            }
        };
        let ids = chunk.iter().map(|at| batch.items[*at].id.as_str());
        let answer = match bulk::read(reply.status, &reply.body, ids) {
            // The client knows what to do about a status.
            Answer::Unknown(reason) => {
                Answer::Unknown(reply.problem().unwrap_or_else(|| format!("{}: {reason}", reply.node)))
            }
            Answer::Refused(reason) => Answer::Refused(reply.problem().unwrap_or(reason)),
            other => other,
        };
        let asked = reply.header("retry-after").and_then(|value| bulk::retry_after(value, Timestamp::now()));
        let failed = (500..=599).contains(&reply.status) && !reply.is_of_a_gateway();
        Some(Answered { asked, failed: failed.then_some(reply.status), answer })
    }

    /// Finds out who answers, once something was answered.
    async fn know(&mut self, control: &mut Control) {
        if self.product.is_some() {
            return;
        }
        // Whoever can't be asked is not asked again and again.
        let unknown = Dialect::new(Product::Unknown, None);
        let dialect = control.within(self.client.dialect()).await.and_then(Result::ok).unwrap_or(unknown);
        let product = match dialect.product {
            Product::Elasticsearch => "elasticsearch",
            Product::OpenSearch => "opensearch",
            Product::Unknown => "unknown",
        };
        self.product = Some(product.to_owned());
        self.version = dialect.version.map(|(major, minor, patch)| format!("{major}.{minor}.{patch}"));
    }

    /// It is certain that the cluster did nothing with these.
    fn sure(batch: &mut Batch, chunk: &[usize]) {
        for at in chunk {
            batch.items[*at].unsure = false;
        }
    }

    /// Does what the verdicts on a chunk ask for.
    fn judge(
        &mut self,
        batch: &mut Batch,
        chunk: &[usize],
        verdicts: Vec<Verdict>,
        shipment: &mut Shipment,
    ) -> Result<Option<Again>, Halt> {
        let now = Timestamp::now().as_millisecond();
        let mut again: Option<Again> = None;
        let mut taken = vec![false; batch.datasets.len()];
        for (at, verdict) in chunk.iter().zip(&verdicts) {
            taken[batch.items[*at].part] |= matches!(verdict, Verdict::Stored(_) | Verdict::Duplicate);
        }
        for item in batch.items.iter_mut().filter(|item| taken[item.part]) {
            item.failures.another_was_taken();
        }
        let mut letters = Vec::new();
        let mut buried = Vec::new();
        for (at, verdict) in chunk.iter().copied().zip(verdicts) {
            let counted = is_counted(batch.dataset(&batch.items[at]));
            let item = &mut batch.items[at];
            item.unsure = false;
            match verdict {
                Verdict::Stored(index) => {
                    item.state = State::Done;
                    shipment.figures.sent += u64::from(counted);
                    if let Some(made) = item.made
                        && counted
                    {
                        let lag = u64::try_from(now.saturating_sub(made)).unwrap_or_default();
                        shipment.figures.lag(Duration::from_millis(lag));
                    }
                    let stream = self.names.stream(batch.dataset(&batch.items[at]));
                    let known = &mut shipment.cursor.indices;
                    if !index.is_empty() && known.get(&stream) != Some(&index) {
                        known.insert(stream, index);
                    }
                }
                Verdict::Duplicate => {
                    item.state = State::Done;
                    shipment.figures.duplicates += u64::from(counted);
                }
                Verdict::Retry { reason, unsure } => {
                    item.unsure = unsure;
                    again = Some(Again { reason: Some(reason), failures: 0 });
                }
                Verdict::Failed { status, kind, reason } => {
                    // A shard that failed in the middle may have it.
                    item.unsure = true;
                    let told = format!("{status}: {reason}");
                    item.failures.alone |= taken[item.part];
                    item.failures.add(Refusal { status, kind, reason }, true);
                    let before = again.get_or_insert(Again { reason: None, failures: item.failures.times });
                    before.failures = before.failures.min(item.failures.times);
                    if !item.failures.alone {
                        before.reason.get_or_insert(told);
                    }
                }
                Verdict::TooLarge(reason) => self.shorten(batch, at, shipment, &reason)?,
                Verdict::NoStream(reason) | Verdict::Forbidden(reason) => {
                    let part = item.part;
                    self.hold(batch, part, &reason, TO_INSTALL);
                }
                Verdict::Dead { status, kind, reason } => {
                    let item = &batch.items[at];
                    let refusal = Refusal { status, kind, reason };
                    letters.push(DeadLetter::of_document(batch.dataset(item), &item.id, batch.original(item), refusal));
                    buried.push(at);
                }
            }
        }
        if !letters.is_empty() {
            self.write_letters(&letters, shipment)?;
            for at in buried {
                batch.items[at].state = State::Done;
            }
        }
        Ok(again)
    }

    /// The cluster answered as it should.
    fn answered(&mut self) {
        self.pace.succeeded();
        self.trouble = None;
        if self.told.remove("unanswered") | self.told.remove("refused") | self.told.remove("rejected") {
            self.tell("the cluster takes documents again".to_owned());
        }
    }

    fn unanswered(&mut self, reason: &str) {
        self.pace.unanswered();
        let message = format!("the cluster does not answer: {reason}; documents stay on disk until it does");
        self.trouble = Some(("unanswered", message));
        if self.pace.is_open() {
            self.tell_trouble();
        }
    }

    /// Sending ends. What could not be sent in a short time was no reason to say so at once, and now it is.
    pub(super) fn tell_trouble(&mut self) {
        if let Some((what, message)) = self.trouble.take() {
            self.tell_once(what, || message);
        }
    }

    fn tell_of_rejections(&mut self, reason: &str) {
        let message = format!("the cluster takes no documents now: {reason}; they stay on disk until it does");
        self.trouble = Some(("rejected", message));
        if self.pace.is_persistent() {
            self.tell_trouble();
        }
    }

    /// The cluster wants nothing of us until a person repairs that.
    async fn refused(&mut self, reason: &str, control: &mut Control) -> Result<(), Halt> {
        self.tell_once("refused", || {
            format!(
                "ELASTICSEARCH REFUSES US: {reason}; documents stay on disk. Look at ELASTIC_CLUSTER, ELASTIC_HTTP_AUTH and \
                 CANARYTRACE_ELASTIC_API_KEY"
            )
        });
        if control.gives_up() {
            return Err(Halt::GaveUp);
        }
        control.sleep(self.options.repair_pause).await;
        Ok(())
    }

    /// Waits before the next try, unless there is no use in one. What the cluster asked for with `Retry-After` is waited for
    /// even when the end comes near meanwhile.
    async fn pause(&mut self, wait: Duration, asked: Option<Duration>, control: &mut Control) -> Result<(), Halt> {
        if self.pace.is_open() && control.gives_up() {
            return Err(Halt::GaveUp);
        }
        let firm = asked.unwrap_or_default().min(wait);
        control.within(tokio::time::sleep(firm)).await;
        control.sleep(wait.saturating_sub(firm)).await;
        if control.is_over() { Err(Halt::Over) } else { Ok(()) }
    }
}
