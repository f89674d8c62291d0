//! The time that a request has, and what it has taken so far.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::trouble::Trouble;
use crate::record::Fault;

/// Runs from the beginning of the first request, redirects included.
pub(super) struct Clock {
    start: Instant,
    deadline: Instant,
    timeout: Duration,
}

/// What is being waited for.
#[derive(Clone, Copy)]
pub(super) enum Doing {
    Lookup,
    Connecting,
    Handshake,
    Waiting,
    Reading,
}

impl Clock {
    pub(super) fn start(timeout: Duration) -> Self {
        let start = Instant::now();
        Self { start, deadline: start + timeout, timeout }
    }

    /// Milliseconds since the beginning, to the microsecond.
    pub(super) fn ms(&self) -> f64 {
        self.ms_of(Instant::now())
    }

    pub(super) fn ms_of(&self, moment: Instant) -> f64 {
        (moment.duration_since(self.start).as_secs_f64() * 1e6).round() / 1e3
    }

    /// What is left of the time.
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// `future`, or trouble when the time is over.
    pub(super) async fn limit<T>(&self, doing: Doing, future: impl Future<Output = T>) -> Result<T, Trouble> {
        timeout_at(self.deadline, future).await.map_err(|_| self.too_late(doing))
    }

    pub(super) fn too_late(&self, doing: Doing) -> Trouble {
        let (phase, fault, what) = match doing {
            Doing::Lookup => ("dns", Fault::Network, "the name was not resolved"),
            Doing::Connecting => ("connect", Fault::Network, "no connection was made"),
            Doing::Handshake => ("timeout", Fault::Application, "the TLS handshake was not done"),
            Doing::Waiting => ("timeout", Fault::Application, "no answer came"),
            Doing::Reading => ("timeout", Fault::Application, "the answer did not end"),
        };
        Trouble { phase, fault, message: format!("{what} within {:?}", self.timeout) }
    }
}
