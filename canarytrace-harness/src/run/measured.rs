//! What was measured of an attempt so far: the figures that its documents hold, for budgets.

use std::sync::{Arc, Mutex, PoisonError};

use crate::record::Sample;

/// The figures of one attempt. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Measured(Arc<Mutex<Figures>>);

#[derive(Debug, Default)]
struct Figures {
    samples: Vec<Sample>,
    /// Nothing more counts.
    over: bool,
}

impl Measured {
    /// Notes figures of a document.
    pub(crate) fn note(&self, samples: impl IntoIterator<Item = Sample>) {
        let mut figures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !figures.over {
            figures.samples.extend(samples);
        }
    }

    /// What becomes known from now on does not count: budgets are judged by what a replay of the log finds up to the
    /// same mark.
    pub(crate) fn end(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).over = true;
    }

    /// All figures so far, in the order in which they became known.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).samples.clone()
    }
}
