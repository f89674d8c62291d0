//! Which node is asked: in turn, without those that failed a moment ago.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Longest time that a node is left out after its first failure; doubled with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest time that a node is left out at all.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// The nodes of a cluster by their numbers, and how each fares.
#[derive(Debug)]
pub(super) struct Rotation(Mutex<State>);

#[derive(Debug)]
struct State {
    nodes: Vec<Health>,
    /// Whose turn it is.
    next: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Health {
    /// Failures since the last reply.
    failures: u32,
    /// When it is tried again; none while it is well.
    due: Option<Instant>,
}

impl Rotation {
    /// So many nodes, all well.
    pub(super) fn new(count: usize) -> Self {
        Self(Mutex::new(State { nodes: vec![Health::default(); count], next: 0 }))
    }

    /// The nodes that a request may go to, one after the other: the one whose turn it is, then the others that are
    /// well. When none is, the one that is tried again soonest.
    pub(super) fn turn(&self, now: Instant) -> Vec<usize> {
        let mut state = self.state();
        let count = state.nodes.len();
        let first = state.next;
        state.next = (first + 1) % count;
        let is_due = |node: &usize| state.nodes[*node].due.is_none_or(|due| due <= now);
        let well: Vec<usize> = (first..first + count).map(|node| node % count).filter(is_due).collect();
        if well.is_empty() { (0..count).min_by_key(|node| state.nodes[*node].due).into_iter().collect() } else { well }
    }

    /// A node answered.
    pub(super) fn answered(&self, node: usize) {
        self.state().nodes[node] = Health::default();
    }

    /// A node failed: it is left out for a while with full jitter, so that many clients don't come back at once.
    pub(super) fn failed(&self, node: usize, now: Instant) {
        self.failed_with(node, now, random());
    }

    /// With a random number of [0, 1).
    fn failed_with(&self, node: usize, now: Instant, random: f64) {
        let health = &mut self.state().nodes[node];
        let longest = FIRST_PAUSE.saturating_mul(1 << health.failures.min(10)).min(LONGEST_PAUSE);
        health.failures = health.failures.saturating_add(1);
        health.due = Some(now + longest.mul_f64(random));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A random number of [0, 1): the seeds of std's hash maps are random.
fn random() -> f64 {
    f64::from((RandomState::new().build_hasher().finish() >> 32) as u32) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_take_turns() {
        let (nodes, now) = (Rotation::new(3), Instant::now());
        let turns: Vec<Vec<usize>> = (0..4).map(|_| nodes.turn(now)).collect();
        assert_eq!(turns, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
    }

    #[test]
    fn a_node_that_failed_is_left_out_longer_each_time_and_is_well_after_one_reply() {
        let (nodes, start) = (Rotation::new(2), Instant::now());
        let mut now = start;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            nodes.failed_with(1, now, 0.999);
            let pause = (0..100).find(|s| nodes.turn(now + Duration::from_secs(*s)).len() == 2).unwrap();
            pauses.push(pause);
            now += Duration::from_secs(pause);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        nodes.failed_with(1, now, 0.999);
        nodes.answered(1);
        assert_eq!(nodes.turn(now).len(), 2);
        nodes.failed_with(1, now, 0.999);
        assert_eq!(nodes.turn(now + Duration::from_secs(1)).len(), 2, "it begins anew");
    }

    #[test]
    fn when_all_failed_the_one_that_is_due_soonest_is_asked() {
        let (nodes, now) = (Rotation::new(3), Instant::now());
        for (node, random) in [(0, 0.9), (1, 0.2), (2, 0.5)] {
            nodes.failed_with(node, now, random);
        }
        assert_eq!(nodes.turn(now), [1]);
        assert_eq!(nodes.turn(now), [1]);
        let mut later = nodes.turn(now + Duration::from_millis(600));
        later.sort_unstable();
        assert_eq!(later, [1, 2]);
        let alone = Rotation::new(1);
        alone.failed(0, now);
        assert_eq!(alone.turn(now), [0], "a single node is always asked");
    }

    #[test]
    fn random_numbers_differ_and_are_below_one() {
        let numbers: Vec<f64> = (0..100).map(|_| random()).collect();
        assert!(numbers.iter().all(|number| (0.0..1.0).contains(number)));
        assert!(numbers.iter().any(|number| *number > 0.5) && numbers.iter().any(|number| *number < 0.5));
    }
}
