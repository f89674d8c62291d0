//! Ships a session's runs while they go on: a thread of its own, so that nothing of it runs where monitors do.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::super::{Client, Names};
use super::control::{Control, Patience, Phase};
use super::drain::{ship_runs, unsent};
use super::engine::{Engine, Notices};
use super::figures::DeliveryFigures;
use super::options::ShipOptions;
use super::run::RunShipment;
use crate::record::{Consumer, Event};
use crate::spool::Spool;

/// The scheduler lets monitors and browsers go first.
const NICE: i32 = 10;

/// How long the thread may take to end beyond what it was given; after that it is left behind.
const GRACE: Duration = Duration::from_millis(250);

/// Ships a session's runs while they go on. Nothing of it decides about verdicts.
#[derive(Debug)]
pub struct Shipper {
    messages: mpsc::UnboundedSender<Message>,
    phase: watch::Sender<Phase>,
    documents: Arc<AtomicU64>,
    done: oneshot::Receiver<Delivered>,
    thread: JoinHandle<()>,
}

/// What came of a session's documents.
#[derive(Clone, Debug, Default)]
pub struct Delivered {
    /// Of this session's runs.
    pub session: DeliveryFigures,
    /// Of earlier runs that were not wholly sent.
    pub earlier: DeliveryFigures,
}

#[derive(Clone, Copy, Debug)]
enum Message {
    Began(Uuid),
    Closed(Uuid),
}

/// Tells the shipper which runs there are, and how many documents were made. It never hands over a document: those are
/// read from the spool.
#[derive(Debug)]
struct Teller {
    messages: mpsc::UnboundedSender<Message>,
    documents: Arc<AtomicU64>,
}

impl Consumer for Teller {
    fn event(&mut self, event: &Event) {
        // Once the thread is gone, nobody listens.
        match event {
            Event::RunStarted { run } => _ = self.messages.send(Message::Began(run.uuid)),
            Event::RunClosed { run } => _ = self.messages.send(Message::Closed(run.uuid)),
            Event::Document { .. } => _ = self.documents.fetch_add(1, Ordering::Relaxed),
            _ => {}
        }
    }
}

impl Shipper {
    /// Starts the thread. Nothing is sent before there is a run.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn start(
        spool: Spool,
        client: Client,
        names: Names,
        options: ShipOptions,
        notices: Notices,
    ) -> io::Result<Self> {
        let (messages, receiver) = mpsc::unbounded_channel();
        let (phase, control) = Control::new(Phase::Going, Patience::WhileGoing);
        let documents = Arc::new(AtomicU64::new(0));
        let (report, done) = oneshot::channel();
        let made = Arc::clone(&documents);
        let thread = std::thread::Builder::new().name("shipper".to_owned()).spawn(move || {
            // Of this thread alone, on Linux. What can't be had is done without.
            let _ = rustix::process::nice(NICE);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => {
                    return notices(format!("nothing is sent: the shipper's runtime could not start: {error}"));
                }
            };
            let engine = Engine::new(client, names, options, notices);
            let work = Work { spool, engine, control, receiver, made, taken: 0, runs: Vec::new(), begun: Vec::new() };
            let delivered = runtime.block_on(work.run());
            // A name lookup that hangs must not hold the exit.
            runtime.shutdown_background();
            let _ = report.send(delivered);
        })?;
        Ok(Self { messages, phase, documents, done, thread })
    }

    /// The consumer that belongs on the bus, behind the spool.
    pub fn consumer(&self) -> impl Consumer + use<> {
        Teller { messages: self.messages.clone(), documents: Arc::clone(&self.documents) }
    }

    /// Sends what is left within `budget`, and ends. `hurry` may shorten the budget to what it gives while this goes on.
    ///
    /// None when the thread could not say in time what it did; its cursors say it.
    pub async fn finish(self, budget: Duration, hurry: impl Future<Output = Duration>) -> Option<Delivered> {
        let Self { messages, phase, mut done, thread, .. } = self;
        drop(messages);
        let mut end = tokio::time::Instant::now() + budget;
        // Only a thread that is gone already has no receiver.
        let _ = phase.send(Phase::Ending(end));
        tokio::pin!(hurry);
        let mut hurried = false;
        let delivered = loop {
            tokio::select! {
                delivered = &mut done => break delivered.ok(),
                () = tokio::time::sleep_until(end + GRACE) => break None,
                less = &mut hurry, if !hurried => {
                    hurried = true;
                    end = end.min(tokio::time::Instant::now() + less);
                    let _ = phase.send(Phase::Ending(end));
                }
            }
        };
        if delivered.is_some() {
            let _ = thread.join();
        }
        delivered
    }
}

/// A run of this session.
struct Live {
    shipment: RunShipment,
    /// Nothing more is written.
    closed: bool,
    /// Since when something waits to be sent.
    waiting: Option<Instant>,
}

struct Work {
    spool: Spool,
    engine: Engine,
    control: Control,
    receiver: mpsc::UnboundedReceiver<Message>,
    /// Documents that were made in this session.
    made: Arc<AtomicU64>,
    /// How many had been made when everything was sent the last time.
    taken: u64,
    runs: Vec<Live>,
    /// Every run of this session.
    begun: Vec<Uuid>,
}

impl Work {
    async fn run(mut self) -> Delivered {
        let mut delivered = Delivered::default();
        let tick = (self.engine.options.batch_age / 4).clamp(Duration::from_millis(10), Duration::from_millis(500));
        while self.control.phase() == Phase::Going {
            tokio::select! {
                message = self.receiver.recv() => match message {
                    Some(message) => self.note(message),
                    // The session ends; the phase says so in a moment.
                    None => self.control.sleep(tick).await,
                },
                // Also without runs: the phase is looked at.
                () = tokio::time::sleep(tick) => {}
            }
            while let Ok(message) = self.receiver.try_recv() {
                self.note(message);
            }
            self.ship_due(&mut delivered).await;
        }
        while let Ok(message) = self.receiver.try_recv() {
            self.note(message);
        }
        self.engine.begin_anew();
        self.end(&mut delivered).await;
        delivered
    }

    fn note(&mut self, message: Message) {
        match message {
            Message::Began(uuid) => {
                self.begun.push(uuid);
                self.runs.push(Live { shipment: RunShipment::new(uuid), closed: false, waiting: None });
            }
            Message::Closed(uuid) => {
                if let Some(live) = self.runs.iter_mut().find(|live| live.shipment.run == uuid) {
                    live.closed = true;
                }
            }
        }
    }

    /// Sends what has waited long enough or is enough for a request, and what is of runs that are over.
    async fn ship_due(&mut self, delivered: &mut Delivered) {
        let made = self.made.load(Ordering::Relaxed);
        let full = made.saturating_sub(self.taken) >= self.engine.options.batch_documents as u64;
        if made == self.taken && !self.runs.iter().any(|live| live.closed) {
            return;
        }
        let mut sent_all = true;
        for live in &mut self.runs {
            let folders = self.spool.folders_of(live.shipment.run);
            for notice in live.shipment.open(&folders) {
                self.engine.tell(notice);
            }
            let unread = live.shipment.unread();
            let since = *live.waiting.get_or_insert_with(Instant::now);
            let due = live.closed
                || full
                || unread >= self.engine.options.batch_bytes as u64
                || since.elapsed() >= self.engine.options.batch_age;
            if unread == 0 && !live.closed {
                live.waiting = None;
            } else if due {
                // An end that comes meanwhile is seen by the loop around.
                let _ = live.shipment.ship(&mut self.engine, &mut self.control, &mut |_| {}).await;
                live.waiting = None;
            } else {
                sent_all = false;
            }
            if self.control.phase() != Phase::Going {
                return;
            }
        }
        if sent_all {
            self.taken = made;
        }
        // What is closed and wholly sent is finished now, not at the end.
        let mut at = 0;
        while at < self.runs.len() {
            let live = &self.runs[at];
            if live.closed && live.shipment.unread() == 0 && live.shipment.elsewhere.is_empty() {
                let live = self.runs.remove(at);
                let (figures, _) = live.shipment.finish(&mut self.engine, &mut self.control, true, None).await;
                delivered.session.add(&figures);
            } else {
                at += 1;
            }
        }
    }

    /// The session is over: sends what is left of its runs, then what is left of earlier ones, while there is time.
    async fn end(&mut self, delivered: &mut Delivered) {
        let mut halted = None;
        for live in &mut self.runs {
            let folders = self.spool.folders_of(live.shipment.run);
            for notice in live.shipment.open(&folders) {
                self.engine.tell(notice);
            }
            if halted.is_none() {
                halted = live.shipment.ship(&mut self.engine, &mut self.control, &mut |_| {}).await.err();
            }
        }
        for live in self.runs.drain(..) {
            let (figures, ended) = live.shipment.finish(&mut self.engine, &mut self.control, true, halted).await;
            delivered.session.add(&figures);
            halted = halted.or(ended);
        }
        if halted.is_some() {
            self.engine.tell_trouble();
            return;
        }
        let spool = self.spool.options().clone();
        match unsent(&spool, false) {
            Ok(runs) => {
                let runs = runs.into_iter().filter(|run| !self.begun.contains(&run.uuid)).collect();
                let control = &mut self.control;
                // Whatever stops it, the next run goes on.
                let _ = ship_runs(&mut self.engine, control, runs, &mut delivered.earlier, &mut |_| {}).await;
            }
            Err(failure) => self.engine.tell(failure.message),
        }
    }
}
