//! Failures of `expect_soft`: noted while the journey goes on.

use std::sync::{Arc, Mutex, PoisonError};

use crate::record::Failure;

/// The soft failures of one attempt, in their order; shared by all its pages and its run.
#[derive(Clone, Debug, Default)]
pub(crate) struct SoftFailures(Arc<Mutex<Vec<Failure>>>);

impl SoftFailures {
    /// Notes a failure.
    pub(crate) fn note(&self, failure: Failure) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(failure);
    }

    /// How many there are so far.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Those from `index` on.
    pub(crate) fn since(&self, index: usize) -> Vec<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(index..).unwrap_or_default().to_vec()
    }
}
