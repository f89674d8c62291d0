//! A wish to stop everything: a signal that a person or Kubernetes sent.

use tokio::sync::watch;

use crate::record::Failure;

/// Which signal asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// Kubernetes, systemd, `kill`.
    Terminate,
}

impl Signal {
    /// `SIGINT` or `SIGTERM`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            Self::Terminate => "SIGTERM",
        }
    }
}

/// Tells everybody that the process is to stop. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Interrupt(watch::Sender<Option<Signal>>);

impl Default for Interrupt {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Interrupt {
    /// Asks everybody to stop.
    pub fn raise(&self, signal: Signal) {
        self.0.send_if_modified(|raised| {
            let first = raised.is_none();
            raised.get_or_insert(signal);
            first
        });
    }

    /// The signal, if there was one.
    pub fn raised(&self) -> Option<Signal> {
        *self.0.borrow()
    }

    /// Waits for a signal and returns the failure of whatever it interrupts.
    pub async fn failure(&self) -> Failure {
        let mut receiver = self.0.subscribe();
        let signal = receiver.wait_for(Option::is_some).await.ok().and_then(|raised| *raised);
        match signal {
            Some(signal) => Failure::harness(format!("interrupted by {}", signal.name())),
            // The sender lives in `self`, so this is never reached.
            None => std::future::pending().await,
        }
    }
}
