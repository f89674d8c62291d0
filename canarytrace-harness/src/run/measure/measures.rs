//! Everything that is measured of an attempt by asking, in its order.

use std::sync::Arc;
use std::time::Duration;

use super::frames::Frames;
use crate::page::Page;
use crate::record::StepInfo;
use crate::run::recording::Marks;
use crate::run::state::RunState;

/// How long pages may take to tell their performance timelines. What a busy one does not tell now it tells later.
const TIMELINES_LIMIT: Duration = Duration::from_millis(500);

/// What is measured of one attempt with a browser. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Measures(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    page: Page,
    run: Arc<RunState>,
    /// Pictures of what the browser draws, if they are wanted.
    frames: Option<Frames>,
}

impl Measures {
    /// Begins to measure, before the first step.
    pub(crate) async fn start(page: &Page, marks: &Marks, run: &Arc<RunState>) -> Self {
        let frames = Frames::start(page, marks, run).await;
        Self(Arc::new(Parts { page: page.clone(), run: run.clone(), frames }))
    }

    /// A step begins; its clock does not run yet.
    pub(crate) async fn step_starts(&self, _step: &StepInfo) {
        if let Some(frames) = &self.0.frames {
            frames.film(&self.0.page.in_front(), &self.0.run).await;
        }
    }

    /// The code of a step is over and its clock stands still; what is asked now belongs to it.
    ///
    /// Nothing here fails a step: what can't be asked is missing, and said once.
    pub(crate) async fn step_is_over(&self, _step: &StepInfo) {
        self.0.page.flush_timelines(false, TIMELINES_LIMIT).await;
        if let Some(frames) = &self.0.frames {
            frames.step_is_over(&self.0.page.in_front()).await;
        }
    }

    /// The monitor's code is over; the page is still there.
    pub(crate) async fn finish(&self) {
        self.0.page.flush_timelines(true, TIMELINES_LIMIT).await;
    }
}
