//! What could not be measured is said once: a reason that holds for a whole attempt would be told at every step.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::run::state::RunState;

/// The notices of one attempt about what is missing.
#[derive(Debug)]
pub(super) struct Said {
    run: Arc<RunState>,
    said: Mutex<HashSet<&'static str>>,
}

impl Said {
    pub(super) fn new(run: &Arc<RunState>) -> Self {
        Self { run: run.clone(), said: Mutex::default() }
    }

    /// Says something to people.
    pub(super) fn notice(&self, message: String) {
        self.run.notice(message);
    }

    /// Says that a figure of `what` is missing and why, unless something was said of it before.
    pub(super) fn missing(&self, what: &'static str, why: &str) {
        if self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(what) {
            let step =
                self.run.current_step().map(|step| format!(" in the step \"{}\"", step.title)).unwrap_or_default();
            self.run.notice(format!("{what} could not be measured{step}: {why}"));
        }
    }
}
