//! Time limits that stand still while a person looks at a paused run.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// For so long after a pause a browser that is gone was closed in it.
const LATELY: Duration = Duration::from_secs(1);

/// Counts how long a run was stopped. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopwatch(watch::Sender<Stopped>);

#[derive(Clone, Copy, Debug, Default)]
struct Stopped {
    since: Option<Instant>,
    /// All stops before that one.
    before: Duration,
    /// The end of the last of them.
    until: Option<Instant>,
}

/// The run stands still until this is dropped.
pub(super) struct Standstill(Stopwatch);

impl Drop for Standstill {
    fn drop(&mut self) {
        self.0.0.send_modify(|stopped| {
            if let Some(since) = stopped.since.take() {
                stopped.before += since.elapsed();
                stopped.until = Some(Instant::now());
            }
        });
    }
}

impl Stopwatch {
    pub(super) fn stop(&self) -> Standstill {
        self.0.send_modify(|stopped| {
            stopped.since.get_or_insert_with(Instant::now);
        });
        Standstill(self.clone())
    }

    /// How long the run was stopped in all.
    pub(super) fn total(&self) -> Duration {
        let stopped = *self.0.borrow();
        stopped.before + stopped.since.map(|since| since.elapsed()).unwrap_or_default()
    }

    /// Whether the run is stopped, or was a moment ago.
    pub(super) fn was_stopped_lately(&self) -> bool {
        let stopped = *self.0.borrow();
        stopped.since.is_some() || stopped.until.is_some_and(|until| until.elapsed() < LATELY)
    }

    /// Waits until the run goes on.
    pub(super) async fn goes_on(&self) {
        // The sender lives in `self`.
        let _ = self.0.subscribe().wait_for(|stopped| stopped.since.is_none()).await;
    }

    /// Sleeps for `limit`, and for as long as the run is stopped meanwhile.
    pub(super) async fn sleep(&self, limit: Duration) {
        let mut changes = self.0.subscribe();
        let end = Instant::now() + limit;
        let before = self.total();
        loop {
            let stopped = *changes.borrow_and_update();
            let over = async {
                match stopped.since {
                    Some(_) => std::future::pending().await,
                    None => tokio::time::sleep_until(end + stopped.before.saturating_sub(before)).await,
                }
            };
            tokio::select! {
                () = over => return,
                _ = changes.changed() => {}
            }
        }
    }

    /// `future`, or `None` when it takes longer than `limit`.
    pub(super) async fn timeout<T>(&self, limit: Duration, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            value = future => Some(value),
            () = self.sleep(limit) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
    }

    #[test]
    fn a_limit_stands_still_while_the_run_is_stopped() {
        run(async {
            let watch = Stopwatch::default();
            let mut limit = pin!(watch.sleep(Duration::from_millis(20)));
            assert!(limit.as_mut().now_or_never().is_none());
            let standstill = watch.stop();
            // Longer than the limit.
            let stopped = tokio::time::timeout(Duration::from_millis(60), limit.as_mut()).await;
            assert!(stopped.is_err() && watch.was_stopped_lately());
            drop(standstill);
            watch.goes_on().await;
            limit.await;
            assert!(watch.total() >= Duration::from_millis(60));
        });
    }

    #[test]
    fn a_limit_ends_what_takes_longer() {
        run(async {
            let watch = Stopwatch::default();
            assert_eq!(watch.timeout(Duration::from_hours(1), async { 1 }).await, Some(1));
            assert_eq!(watch.timeout(Duration::from_millis(1), std::future::pending::<()>()).await, None);
            assert!(!watch.was_stopped_lately());
        });
    }
}
