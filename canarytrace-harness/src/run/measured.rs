//! What was measured of an attempt so far: the figures that its documents hold, for budgets.

use std::sync::{Arc, Mutex, PoisonError};

use crate::record::Sample;

/// The figures of one attempt. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured(Arc<Mutex<Vec<Sample>>>);

impl Measured {
    /// Notes figures of a document.
    pub(crate) fn note(&self, samples: impl IntoIterator<Item = Sample>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(samples);
    }

    /// All figures so far, in the order in which they became known.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
