//! One process: runs the selected jobs, each in its own browser, and counts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::{JoinHandle, JoinSet};

use crate::config::Mode;
use crate::record::{Event, Outcome, Totals};
use crate::run::{Context, Ended, Job, Prepared, is_infrastructure};

/// Jobs that nobody has taken yet.
#[derive(Clone)]
struct Queue(Arc<Mutex<VecDeque<Job>>>);

impl Queue {
    fn take(&self) -> Option<Job> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Runs `jobs`, `at_once` of them at the same time, and returns the counts. `totals` holds what was left out before.
pub(crate) async fn run(context: &Context, jobs: Vec<Job>, at_once: usize, mut totals: Totals) -> Totals {
    let started = Instant::now();
    let queue = Queue(Arc::new(Mutex::new(jobs.into())));
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        workers.spawn(worker(context.clone(), queue.clone()));
    }
    while let Some(counted) = workers.join_next().await {
        match counted {
            Ok(counted) => add(&mut totals, counted),
            Err(error) => {
                // Only a bug of ours comes here; the run that was lost counts as failed, never as passed.
                context.bus.emit(Event::Notice { run: None, message: format!("a worker broke off: {error}") });
                totals.failed += 1;
                totals.failed_by_infrastructure += 1;
            }
        }
    }
    totals.not_run += queue.left();
    context.bus.emit(Event::SessionEnded { totals, duration: started.elapsed() });
    totals
}

async fn worker(context: Context, queue: Queue) -> Totals {
    let mut totals = Totals::default();
    let mut way_out: Option<JoinHandle<()>> = None;
    let mut prepared: Option<Prepared> = queue.take().map(|job| context.prepare(job));
    while let Some(current) = prepared.take() {
        if context.interrupt.raised().is_some() {
            totals.not_run += 1;
            break;
        }
        let prepare_next = || {
            if pause(&context).is_none() && context.interrupt.raised().is_none() {
                prepared = queue.take().map(|job| context.prepare(job));
            }
        };
        let ended = current.run(way_out.take(), prepare_next).await;
        count(&mut totals, &ended);
        way_out = Some(ended.closing);
        if let Some(pause) = pause(&context) {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = context.interrupt.failure() => {}
            }
            if context.interrupt.raised().is_none() {
                prepared = queue.take().map(|job| context.prepare(job));
            }
        }
    }
    if let Some(way_out) = way_out {
        let _ = way_out.await;
    }
    totals
}

/// `PAUSE_BETWEEN_SMOKE`, if there is to be one: the next browser then starts after it.
fn pause(context: &Context) -> Option<Duration> {
    let pause = context.config.pause_between_smoke;
    (context.config.mode == Mode::Smoke && !pause.is_zero()).then_some(pause)
}

fn count(totals: &mut Totals, ended: &Ended) {
    match ended.outcome {
        Outcome::Passed => totals.passed += 1,
        Outcome::Degraded => {
            totals.passed += 1;
            totals.degraded += 1;
        }
        Outcome::Flaky => {
            totals.passed += 1;
            totals.flaky += 1;
        }
        Outcome::Failed => {
            totals.failed += 1;
            if ended.failure.as_ref().is_some_and(is_infrastructure) {
                totals.failed_by_infrastructure += 1;
            }
        }
    }
}

fn add(totals: &mut Totals, more: Totals) {
    totals.passed += more.passed;
    totals.failed += more.failed;
    totals.failed_by_infrastructure += more.failed_by_infrastructure;
    totals.flaky += more.flaky;
    totals.degraded += more.degraded;
    totals.not_run += more.not_run;
}
