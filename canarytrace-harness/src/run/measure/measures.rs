//! Everything that is measured of an attempt by asking, in its order.

use std::sync::Arc;
use std::time::Duration;

use crate::page::Page;
use crate::record::StepInfo;
use crate::run::recording::Marks;

/// How long pages may take to tell their performance timelines. What a busy one does not tell now it tells later.
const TIMELINES_LIMIT: Duration = Duration::from_millis(500);

/// What is measured of one attempt with a browser. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Measures(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    page: Page,
    marks: Marks,
}

impl Measures {
    /// Begins to measure, before the first step.
    pub(crate) async fn start(page: &Page, marks: &Marks) -> Self {
        Self(Arc::new(Parts { page: page.clone(), marks: marks.clone() }))
    }

    /// A step begins; its clock does not run yet.
    pub(crate) async fn step_starts(&self, _step: &StepInfo) {}

    /// The code of a step is over and its clock stands still; what is asked now belongs to it.
    ///
    /// Nothing here fails a step: what can't be asked is missing, and said once.
    pub(crate) async fn step_is_over(&self, _step: &StepInfo) {
        self.0.page.flush_timelines(false, TIMELINES_LIMIT).await;
        let _page = self.0.page.in_front();
        let _marks = &self.0.marks;
    }

    /// The monitor's code is over; the page is still there.
    pub(crate) async fn finish(&self) {
        self.0.page.flush_timelines(true, TIMELINES_LIMIT).await;
    }
}
