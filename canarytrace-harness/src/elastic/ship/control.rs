//! How long sending may go on.

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Where sending stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// There is no end in sight.
    Going,
    /// What can be sent until this moment is sent.
    Ending(Instant),
}

/// What is done about a cluster that doesn't answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// It is asked again and again, more and more rarely; once the end is near, a few times in a row at most.
    #[default]
    WhileGoing,
    /// It is asked a few times in a row.
    Brief,
    /// It is asked again and again, more and more rarely, until the end.
    Endless,
}

/// Follows the phase, for whoever sends.
#[derive(Clone, Debug)]
pub struct Control {
    phase: watch::Receiver<Phase>,
    pub(super) patience: Patience,
}

impl Control {
    /// Whoever holds the sender may change the phase at any time. When it is dropped, the phase stays.
    pub fn new(phase: Phase, patience: Patience) -> (watch::Sender<Phase>, Self) {
        let (sender, phase) = watch::channel(phase);
        (sender, Self { phase, patience })
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Whether the end is here.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.phase(), Phase::Ending(end) if end <= Instant::now())
    }

    /// Whether there is no use in asking a cluster once more that didn't answer a few times in a row.
    pub(super) fn gives_up(&self) -> bool {
        match self.patience {
            Patience::Brief => true,
            Patience::Endless => false,
            Patience::WhileGoing => self.phase() != Phase::Going,
        }
    }

    /// Waits for the end.
    async fn over(&mut self) {
        loop {
            let phase = *self.phase.borrow_and_update();
            let end = async {
                match phase {
                    Phase::Going => std::future::pending().await,
                    Phase::Ending(end) => sleep_until(end).await,
                }
            };
            tokio::select! {
                () = end => return,
                changed = self.phase.changed() => if changed.is_err() {
                    return match phase {
                        Phase::Going => std::future::pending().await,
                        Phase::Ending(end) => sleep_until(end).await,
                    };
                },
            }
        }
    }

    /// The output of `future`, unless the end comes first: then it is dropped.
    pub(super) async fn within<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            output = future => Some(output),
            () = self.over() => None,
        }
    }

    /// Waits, but no longer than until the phase changes or the end.
    pub(super) async fn sleep(&mut self, duration: Duration) {
        let mut phase = self.phase.clone();
        phase.mark_unchanged();
        let woken = async {
            tokio::select! {
                () = tokio::time::sleep(duration) => {}
                Ok(()) = phase.changed() => {}
            }
        };
        self.within(woken).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_takes_longer_than_the_end_is_dropped() {
        let (sender, mut control) = Control::new(Phase::Going, Patience::Brief);
        assert_eq!(control.within(async { 1 }).await, Some(1));
        sender.send(Phase::Ending(Instant::now())).unwrap();
        assert!(control.is_over());
        assert_eq!(control.within(std::future::pending::<u8>()).await, None);
    }

    #[tokio::test]
    async fn an_end_that_is_set_meanwhile_holds() {
        let (sender, mut control) = Control::new(Phase::Going, Patience::Brief);
        let mut other = control.clone();
        let (first, second, ()) =
            tokio::join!(control.within(std::future::pending::<u8>()), other.sleep(Duration::from_hours(1)), async {
                sender.send(Phase::Ending(Instant::now() + Duration::from_millis(1))).unwrap();
            });
        assert_eq!((first, second), (None, ()));
    }

    #[test]
    fn patience_ends_with_the_going() {
        let far = Instant::now() + Duration::from_hours(1);
        let gives_up = |phase, patience| Control::new(phase, patience).1.gives_up();
        assert!(!gives_up(Phase::Going, Patience::WhileGoing));
        assert!(gives_up(Phase::Ending(far), Patience::WhileGoing));
        assert!(gives_up(Phase::Going, Patience::Brief));
        assert!(!gives_up(Phase::Ending(far), Patience::Endless));
    }
}
