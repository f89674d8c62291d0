//! Copies the attachments of a session's runs while they go on: a thread of its own, which no run waits for.

use std::collections::HashSet;
use std::io;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use uuid::Uuid;

use super::destination::Destination;
use super::figures::UploadFigures;
use super::upload::{Folder, Notices, Patience, Work, left_of, upload_runs};
use crate::config::AttachmentStore;
use crate::record::{Consumer, Event};
use crate::spool::Spool;

/// The scheduler lets monitors and browsers go first.
const NICE: i32 = 10;

/// How often files are looked for.
const TICK: Duration = Duration::from_millis(500);

/// How long the thread may take to end beyond what it was given; after that it is left behind.
const GRACE: Duration = Duration::from_millis(250);

/// Copies a session's attachments while its runs go on. Nothing of it decides about verdicts.
#[derive(Debug)]
pub struct Uploader {
    messages: mpsc::UnboundedSender<Message>,
    end: watch::Sender<Option<Instant>>,
    done: oneshot::Receiver<UploadFigures>,
    thread: JoinHandle<()>,
}

#[derive(Debug)]
enum Message {
    Began(Uuid),
    /// A file is written in parts: it is not whole yet.
    Grows(Uuid, String),
    /// It is whole.
    Grown(Uuid, String),
    Closed(Uuid),
}

/// Tells the uploader which runs there are, and which of their files are not whole. It never hands over a file: those are
/// read from the spool.
#[derive(Debug)]
struct Teller {
    messages: mpsc::UnboundedSender<Message>,
    growing: HashSet<(Uuid, String)>,
}

impl Consumer for Teller {
    fn event(&mut self, event: &Event) {
        // Once the thread is gone, nobody listens.
        match event {
            Event::RunStarted { run } => _ = self.messages.send(Message::Began(run.uuid)),
            Event::RunClosed { run } => {
                self.growing.retain(|(of, _)| *of != run.uuid);
                _ = self.messages.send(Message::Closed(run.uuid));
            }
            Event::AttachmentPart { run, name, .. } if self.growing.insert((run.uuid, name.clone())) => {
                _ = self.messages.send(Message::Grows(run.uuid, name.clone()));
            }
            Event::AttachmentEnded { run, name, .. } => {
                _ = self.messages.send(Message::Grown(run.uuid, name.clone()));
            }
            _ => {}
        }
    }
}

impl Uploader {
    /// Starts the thread. Nothing is copied before there is something.
    ///
    /// # Errors
    /// When the machine gives no thread.
    pub fn start(spool: Spool, store: AttachmentStore, notices: Notices) -> io::Result<Self> {
        let (messages, receiver) = mpsc::unbounded_channel();
        let (end, ending) = watch::channel(None);
        let (report, done) = oneshot::channel();
        let thread = std::thread::Builder::new().name("uploader".to_owned()).spawn(move || {
            // Of this thread alone, on Linux. What can't be had is done without.
            let _ = rustix::process::nice(NICE);
            let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => {
                    return notices(format!("no attachment is uploaded: the runtime could not start: {error}"));
                }
            };
            let uploaded = runtime.block_on(async {
                let destination = match Destination::open(store.clone()).await {
                    Ok(destination) => destination,
                    Err(why) => {
                        notices(format!("no attachment is uploaded to {}: {why}", store.name()));
                        return UploadFigures::default();
                    }
                };
                let work = Work::new(destination, notices);
                Session { spool, store, work, receiver, ending, runs: Vec::new() }.run().await
            });
            // A name lookup that hangs must not hold the exit.
            runtime.shutdown_background();
            let _ = report.send(uploaded);
        })?;
        Ok(Self { messages, end, done, thread })
    }

    /// The consumer that belongs on the bus, behind the spool.
    pub fn consumer(&self) -> impl Consumer + use<> {
        Teller { messages: self.messages.clone(), growing: HashSet::new() }
    }

    /// Copies what is left within `budget`, and ends. `hurry` may shorten the budget to what it gives while this goes on.
    ///
    /// None when the thread could not say in time what it did.
    pub async fn finish(self, budget: Duration, hurry: impl Future<Output = Duration>) -> Option<UploadFigures> {
        let Self { messages, end, mut done, thread } = self;
        drop(messages);
        let mut until = Instant::now() + budget;
        // Only a thread that is gone already has no receiver.
        let _ = end.send(Some(until));
        tokio::pin!(hurry);
        let mut hurried = false;
        let uploaded = loop {
            tokio::select! {
                uploaded = &mut done => break uploaded.ok(),
                () = tokio::time::sleep_until(until + GRACE) => break None,
                less = &mut hurry, if !hurried => {
                    hurried = true;
                    until = until.min(Instant::now() + less);
                    let _ = end.send(Some(until));
                }
            }
        };
        if uploaded.is_some() {
            let _ = thread.join();
        }
        uploaded
    }
}

/// A run of this session.
#[derive(Debug)]
struct Live {
    uuid: Uuid,
    growing: HashSet<String>,
    folders: Vec<Folder>,
    closed: bool,
}

struct Session {
    spool: Spool,
    store: AttachmentStore,
    work: Work,
    receiver: mpsc::UnboundedReceiver<Message>,
    /// Until when copying may go on; none while the session does.
    ending: watch::Receiver<Option<Instant>>,
    runs: Vec<Live>,
}

impl Session {
    async fn run(mut self) -> UploadFigures {
        let mut figures = UploadFigures::default();
        let mut ending = self.ending.clone();
        while self.ending.borrow().is_none() {
            tokio::select! {
                changed = ending.changed() => if changed.is_err() { break },
                () = tokio::time::sleep(TICK) => {}
            }
            self.listen();
            // The end comes in the middle of a file, too: it is copied once more then, within what time there is.
            tokio::select! {
                () = self.pass(&mut figures) => {}
                _ = ending.wait_for(Option::is_some) => {}
            }
        }
        self.listen();
        self.work.hurry();
        let mut until = self.ending.clone();
        tokio::select! {
            () = self.finish(&mut figures) => {}
            () = over(&mut until) => {}
        }
        figures.left = self.runs.iter().flat_map(|live| &live.folders).map(|folder| self.work.left(folder)).sum();
        figures
    }

    fn listen(&mut self) {
        while let Ok(message) = self.receiver.try_recv() {
            let of = |runs: &mut Vec<Live>, uuid| runs.iter().position(|live: &Live| live.uuid == uuid);
            match message {
                Message::Began(uuid) => {
                    self.runs.push(Live { uuid, growing: HashSet::new(), folders: Vec::new(), closed: false });
                }
                Message::Grows(uuid, name) => {
                    if let Some(at) = of(&mut self.runs, uuid) {
                        self.runs[at].growing.insert(name);
                    }
                }
                Message::Grown(uuid, name) => {
                    if let Some(at) = of(&mut self.runs, uuid) {
                        self.runs[at].growing.remove(&name);
                    }
                }
                Message::Closed(uuid) => {
                    if let Some(at) = of(&mut self.runs, uuid) {
                        self.runs[at].growing.clear();
                        self.runs[at].closed = true;
                    }
                }
            }
        }
    }

    /// Copies what there is, unless the store needs a rest.
    async fn pass(&mut self, figures: &mut UploadFigures) {
        if self.work.refused || self.work.not_before.is_some_and(|at| at > Instant::now()) {
            return;
        }
        for live in &mut self.runs {
            open(&self.spool, live);
            for folder in &live.folders {
                // Counted file by file: this may be dropped in the middle of one.
                figures.add(&self.work.folder(live.uuid, folder, &live.growing).await);
                if self.work.not_before.is_some() || self.work.refused {
                    return;
                }
            }
        }
        // What is over and wholly copied is let go of.
        let work = &self.work;
        self.runs.retain(|live| !live.closed || live.folders.iter().any(|folder| work.left(folder) > 0));
    }

    /// Copies what is left, of this session and then of earlier ones.
    async fn finish(&mut self, figures: &mut UploadFigures) {
        loop {
            self.pass(figures).await;
            if self.runs.is_empty() || self.work.is_in_trouble() {
                break;
            }
            match self.work.not_before {
                Some(at) => tokio::time::sleep_until(at).await,
                None => break,
            }
        }
        if self.work.is_in_trouble() {
            return;
        }
        match left_of(self.spool.options(), &self.store) {
            Ok(runs) => {
                let own: Vec<Uuid> = self.runs.iter().map(|live| live.uuid).collect();
                let earlier = runs.into_iter().filter(|(run, _)| !own.contains(&run.uuid)).collect();
                let mut earlier = upload_runs(&mut self.work, earlier, Patience::Brief).await;
                earlier.left = 0;
                figures.add(&earlier);
            }
            Err(failure) => self.work.tell(failure.message),
        }
    }
}

/// Takes the folders of a run that are there by now.
fn open(spool: &Spool, live: &mut Live) {
    for path in spool.folders_of(live.uuid) {
        if !live.folders.iter().any(|folder| folder.path == path) && path.join("attachments").is_dir() {
            live.folders.extend(Folder::take(path));
        }
    }
}

/// Waits until the time is over.
async fn over(ending: &mut watch::Receiver<Option<Instant>>) {
    loop {
        let until = *ending.borrow_and_update();
        let sleep = async {
            match until {
                Some(until) => tokio::time::sleep_until(until).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = sleep => return,
            changed = ending.changed() => if changed.is_err() {
                return sleep_until_or_now(until).await;
            },
        }
    }
}

async fn sleep_until_or_now(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}
