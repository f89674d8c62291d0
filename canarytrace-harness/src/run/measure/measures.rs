//! Everything that is measured of an attempt by asking, in its order.

use std::sync::Arc;

use super::memory;
use super::said::Said;
use crate::browser::ProcessId;
use crate::page::Page;
use crate::record::StepInfo;
use crate::run::recording::Marks;
use crate::run::state::RunState;

/// What is measured of one attempt with a browser. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Measures(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    page: Page,
    marks: Marks,
    said: Said,
}

impl Measures {
    /// Begins to measure, before the first step. `process` is the browser's first process, if it runs here.
    pub(crate) async fn start(run: &Arc<RunState>, page: &Page, _process: Option<ProcessId>, marks: &Marks) -> Self {
        if page.config().memory_intercept {
            memory::start(page).await;
        }
        Self(Arc::new(Parts { page: page.clone(), marks: marks.clone(), said: Said::new(run) }))
    }

    /// A step begins; its clock does not run yet.
    pub(crate) async fn step_starts(&self, _step: &StepInfo) {}

    /// The code of a step is over and its clock stands still; what is asked now belongs to it.
    ///
    /// Nothing here fails a step: what can't be asked is missing, and said once.
    pub(crate) async fn step_is_over(&self, _step: &StepInfo) {
        let Parts { page, marks, said } = &*self.0;
        if !page.is_alive() {
            return;
        }
        if page.config().memory_intercept {
            memory::measure(page, marks, said).await;
        }
    }

    /// The monitor's code is over; the page is still there unless the browser died.
    pub(crate) async fn finish(&self) {}
}
