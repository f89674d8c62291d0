//! One execution of a monitor's code, in one browser if it takes one, supervised from outside its thread.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::evidence::Wanted;
use super::given::Given;
use super::interrupt::Interrupt;
use super::monitor::{MonitorFuture, Result};
use super::panic;
use super::state::{Evidence, RunState};
use crate::browser::death;
use crate::record::{Failure, FailureKind};

/// The code of a monitor, ready to be called once.
pub(crate) type Body = Box<dyn for<'a> FnOnce(&'a mut Given) -> MonitorFuture<'a> + Send>;

/// How long a monitor's thread may take to give up once it is told to.
const GRACE: Duration = Duration::from_millis(500);

/// How an execution ended; soft failures are in the run's state.
pub(crate) struct Executed {
    pub(crate) failure: Option<Failure>,
    /// The monitor's code blocks its thread and could not be stopped: it must not be run again beside itself.
    pub(crate) stuck: bool,
    /// Files kept of a failure outside every step.
    pub(crate) attachments: Vec<String>,
}

/// Runs `body` on a thread of its own until it is over, too slow, its browser dies, or we are interrupted.
///
/// The thread is the monitor's: blocking code in it can't keep the documents from being flushed or the browser from
/// being stopped. Its runtime has one thread, so a monitor's futures need not be [`Send`].
pub(crate) async fn execute(
    run: &Arc<RunState>,
    mut given: Given,
    body: Body,
    limit: Duration,
    interrupt: &Interrupt,
) -> Executed {
    let (cancel, cancelled) = oneshot::channel::<()>();
    let (done, mut result) = oneshot::channel::<Result>();
    let page = given.page().cloned();
    let name = run.info.monitor.clone();
    let spawned = std::thread::Builder::new().name(name).spawn(move || {
        panic::note_on_this_thread();
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                let _ = done.send(Err(Failure::harness(format!("the monitor's thread could not start: {error}"))));
                return;
            }
        };
        let tasks = tokio::task::LocalSet::new();
        let outcome = tasks.block_on(&runtime, async {
            let body = AssertUnwindSafe(async { body(&mut given).await }).catch_unwind();
            tokio::select! {
                biased;
                _ = cancelled => None,
                outcome = body => Some(outcome.unwrap_or_else(|_payload| Err(panic::failure()))),
            }
        });
        // Nobody listens when the supervisor has given up.
        let _ = done.send(outcome.unwrap_or(Ok(())));
    });
    if let Err(error) = spawned {
        let failure = Failure::harness(format!("the monitor's thread could not start: {error}"));
        return Executed { failure: Some(failure), stuck: false, attachments: Vec::new() };
    }

    let browser_death = async {
        match &page {
            Some(page) => {
                let failure = death(&mut page.health()).await;
                if run.stopwatch.was_stopped_lately() {
                    // A person closed it who had seen enough: what the run was paused for is its verdict.
                    run.stopwatch.goes_on().await;
                    tokio::time::sleep(GRACE).await;
                }
                failure
            }
            None => std::future::pending().await,
        }
    };
    let (stopped_by, returned) = tokio::select! {
        biased;
        returned = &mut result => (None, returned.ok()),
        failure = browser_death => (Some(failure), None),
        failure = interrupt.failure() => (Some(failure), None),
        () = run.stopwatch.sleep(limit) => (Some(too_slow(run, limit)), None),
    };
    let (failure, stuck) = match (stopped_by, returned) {
        (None, Some(Ok(()))) => (None, false),
        (None, Some(Err(failure))) => (Some(failure), false),
        (None, None) => (Some(Failure::harness("the monitor's thread ended without a result")), false),
        (Some(mut failure), _) => {
            let _ = cancel.send(());
            let stuck = tokio::time::timeout(GRACE, result).await.is_err();
            if stuck {
                failure.message.push_str("; the monitor's code blocks its thread (use tokio's sleep and I/O)");
            }
            (Some(failure), stuck)
        }
    };
    let files = match (&page, &failure) {
        (Some(page), Some(failure)) => Wanted::of_step(run, Some(failure)).take(page, run).await,
        (Some(page), None) => Wanted::outside_steps(run).take(page, run).await,
        (None, _) => Evidence::new(),
    };
    let attachments = match &failure {
        Some(failure) => run.end_all(failure, files),
        None => run.keep(files),
    };
    Executed { failure, stuck, attachments }
}

fn too_slow(run: &RunState, limit: Duration) -> Failure {
    let mut message = format!("the monitor took longer than its timeout of {limit:?}");
    if let Some(step) = run.current_step() {
        message = format!("{message} while in the step \"{}\"", step.title);
    }
    Failure::new(FailureKind::Timeout, message)
}
