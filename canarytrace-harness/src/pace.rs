//! How often a cluster, or a store, in trouble is asked: exponential backoff with full jitter, and a circuit breaker.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// So many requests in a row without an answer open the circuit.
const OPENS_AFTER: u32 = 5;

/// Once the end is near, no wait is longer that the cluster didn't ask for: a run's last seconds are worth more requests.
const MOST_IN_A_HURRY: Duration = Duration::from_secs(2);

/// What a cluster asks for with `Retry-After` is done, up to this.
const LONGEST_ASKED: Duration = Duration::from_mins(5);

/// How often a cluster is asked. An open circuit is tried with one document at a time.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    first: Duration,
    most: Duration,
    /// The end is near.
    hurry: bool,
    /// Requests in a row that came to nothing.
    in_vain: u32,
    /// Of these, in a row, those that nobody answered.
    unanswered: u32,
}

impl Pace {
    /// The first wait is at most `first`, each further one at most twice that, none longer than `most`.
    pub(crate) fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, hurry: false, in_vain: 0, unanswered: 0 }
    }

    /// Whether the end is near.
    pub(crate) fn set_hurry(&mut self, hurry: bool) {
        self.hurry = hurry;
    }

    /// Something was stored.
    pub(crate) fn succeeded(&mut self) {
        self.in_vain = 0;
        self.unanswered = 0;
    }

    /// The cluster is there and wants none of it now.
    #[cfg(any(feature = "elastic", test))]
    pub(crate) fn rejected(&mut self) {
        self.in_vain = self.in_vain.saturating_add(1);
        self.unanswered = 0;
    }

    /// Nobody answered, or nothing that could be read.
    pub(crate) fn unanswered(&mut self) {
        self.in_vain = self.in_vain.saturating_add(1);
        self.unanswered = self.unanswered.saturating_add(1);
    }

    /// Whether the cluster is taken for dead until it answers.
    #[cfg(any(feature = "elastic", test))]
    pub(crate) fn is_open(&self) -> bool {
        self.unanswered >= OPENS_AFTER
    }

    /// Whether the trouble lasts, so that a person should know of it.
    pub(crate) fn is_persistent(&self) -> bool {
        self.in_vain >= OPENS_AFTER
    }

    /// Begins anew: the next failures are the first ones.
    pub(crate) fn reset(&mut self) {
        self.succeeded();
    }

    /// How long to wait before the next request; what the cluster asks for is the least.
    pub(crate) fn wait(&self, asked: Option<Duration>) -> Duration {
        self.wait_after(0, asked)
    }

    /// The same before a document is sent once more at which the cluster failed so often in a row, whatever it did with
    /// other requests.
    pub(crate) fn wait_after(&self, failures: u32, asked: Option<Duration>) -> Duration {
        let most = self.ceiling(failures.max(self.in_vain));
        // A new state of the hasher is random.
        let random = RandomState::new().hash_one(0) % 1_000_001;
        let share = u32::try_from(random).unwrap_or_default();
        let jitter = most.saturating_mul(share) / 1_000_000;
        asked.map_or(jitter, |asked| jitter.max(asked.min(LONGEST_ASKED)))
    }

    fn ceiling(&self, in_vain: u32) -> Duration {
        let doublings = in_vain.saturating_sub(1).min(20);
        let most = if self.hurry { self.most.min(MOST_IN_A_HURRY) } else { self.most };
        self.first.saturating_mul(1 << doublings).min(most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_circuit_opens_when_nobody_answers_and_closes_with_a_success() {
        let mut pace = Pace::new(Duration::from_millis(100), Duration::from_secs(30));
        (1..OPENS_AFTER).for_each(|_| pace.unanswered());
        assert!(!pace.is_open());
        pace.rejected();
        (1..OPENS_AFTER).for_each(|_| pace.unanswered());
        assert!(!pace.is_open(), "a cluster that rejects is alive");
        pace.unanswered();
        assert!(pace.is_open());
        pace.succeeded();
        assert!(!pace.is_open());
        assert_eq!(pace.ceiling(pace.in_vain), Duration::from_millis(100));
    }

    #[test]
    fn near_the_end_waits_are_short_unless_the_cluster_asks_for_more() {
        let mut pace = Pace::new(Duration::from_millis(100), Duration::from_secs(30));
        (0..20).for_each(|_| pace.rejected());
        pace.set_hurry(true);
        assert_eq!(pace.ceiling(pace.in_vain), MOST_IN_A_HURRY);
        assert!(pace.wait(Some(Duration::from_secs(5))) >= Duration::from_secs(5));
        pace.set_hurry(false);
        assert_eq!(pace.ceiling(pace.in_vain), Duration::from_secs(30));
    }

    proptest! {
        #[test]
        fn waits_grow_and_stay_within_their_bounds(failures in 1u32..100, asked in proptest::option::of(0u64..10_000)) {
            let mut pace = Pace::new(Duration::from_millis(100), Duration::from_secs(30));
            for _ in 0..failures { pace.rejected(); }
            let ceiling = Duration::from_millis(100).saturating_mul(1 << (failures - 1).min(20)).min(Duration::from_secs(30));
            prop_assert_eq!(pace.ceiling(pace.in_vain), ceiling);
            let asked = asked.map(Duration::from_secs);
            let least = asked.unwrap_or_default().min(LONGEST_ASKED);
            let wait = pace.wait(asked);
            prop_assert!(wait >= least && wait <= ceiling.max(least), "{:?}", wait);
        }
    }
}
