//! Everything that is measured of an attempt by asking, in its order.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::coverage;
use super::frames::Frames;
use super::memory;
use super::said::Said;
use super::usage::{Reliability, Usage};
use crate::browser::ProcessId;
use crate::devtools::timeline::After;
use crate::page::Page;
use crate::record::StepInfo;
use crate::run::recording::Marks;
use crate::run::state::RunState;

/// How long pages may take to tell their performance timelines. What a busy one does not tell now it tells later.
const TIMELINES_LIMIT: Duration = Duration::from_millis(500);

/// The same once the monitor's code is over: then the first paint of a page that was just loaded is waited for.
const LAST_TIMELINES_LIMIT: Duration = Duration::from_millis(1500);

/// What is measured of one attempt with a browser. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Measures(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    page: Page,
    marks: Marks,
    said: Said,
    usage: Option<Arc<Usage>>,
    run: Arc<RunState>,
    /// Pictures of what the browser draws, if they are wanted.
    frames: Option<Frames>,
}

impl Measures {
    /// Begins to measure, before the first step. `process` is the browser's first process, if it runs here.
    pub(crate) async fn start(run: &Arc<RunState>, page: &Page, process: Option<ProcessId>, marks: &Marks) -> Self {
        if page.config().memory_intercept {
            memory::start(page).await;
        }
        let said = Said::new(run);
        if page.config().coverage_audit {
            coverage::start(page, &said).await;
        }
        let frames = Frames::start(page, marks, run).await;
        // Last: the browser has nothing to do any more.
        let usage = page.config().usage.then(|| Arc::new(Usage::start(page.devtools().connection(), process)));
        if usage.as_ref().is_some_and(|usage| !usage.sees_browser()) {
            said.missing("processor time and memory of the browser", "it does not run here, or hides from us");
        }
        let (page, marks, run) = (page.clone(), marks.clone(), run.clone());
        Self(Arc::new(Parts { page, marks, said, usage, run, frames }))
    }

    /// A step begins; its clock does not run yet.
    pub(crate) async fn step_starts(&self, step: &StepInfo) {
        let Parts { page, said, usage, run, frames, .. } = &*self.0;
        if page.config().coverage_audit && page.is_alive() {
            // Of windows that were opened in a step before.
            coverage::start(page, said).await;
        }
        if let Some(frames) = frames {
            frames.film(&page.in_front(), run).await;
        }
        if let Some(usage) = usage {
            usage.step_starts(step.uuid_action);
        }
    }

    /// The code of a step is over and its clock stands still; what is asked now belongs to it. `is_drawn` says that a picture
    /// of the page is taken meanwhile, for which the browser draws some frames.
    ///
    /// Nothing here fails a step: what can't be asked is missing, and said once.
    pub(crate) async fn step_is_over(&self, step: &StepInfo, is_drawn: bool) {
        let Parts { page, marks, said, usage, frames, .. } = &*self.0;
        // Before anything else is asked, which would be counted too.
        let now = usage.as_ref().map(|usage| usage.now());
        let costs = async {
            let (usage, now) = usage.as_ref().zip(now)?;
            let (usage, step) = (usage.clone(), step.uuid_action);
            on_a_thread(move || usage.step_is_over(step, &now)).await.flatten()
        };
        let pages = async {
            if !page.is_alive() {
                return;
            }
            if let Some(frames) = frames {
                frames.step_is_over(&page.in_front()).await;
            }
            let after = if is_drawn { After::NextFrame } else { After::Nothing };
            let memory = async {
                if page.config().memory_intercept {
                    memory::measure(page, marks, said).await;
                }
            };
            let coverage = async {
                if page.config().coverage_audit {
                    coverage::measure(page, marks, said).await;
                }
            };
            tokio::join!(page.flush_timelines(after, TIMELINES_LIMIT), memory, coverage);
        };
        let (told, ()) = tokio::join!(costs, pages);
        if let Some(told) = told {
            marks.mark(None, "Canarytrace.usage", &json!({ "usage": told }));
        }
    }

    /// The monitor's code is over; the page is still there unless the browser died. Says whether the figures can be trusted.
    pub(crate) async fn finish(&self) -> Option<Reliability> {
        let Parts { page, marks, said, usage, .. } = &*self.0;
        let now = usage.as_ref().map(|usage| usage.now());
        let costs = async {
            let (usage, now) = usage.clone().zip(now)?;
            on_a_thread(move || usage.attempt_is_over(&now)).await
        };
        let pages = async {
            if page.is_alive() {
                page.flush_timelines(After::FirstPaint, LAST_TIMELINES_LIMIT).await;
            }
        };
        let (told, ()) = tokio::join!(costs, pages);
        let (told, reliability) = told?;
        marks.mark(None, "Canarytrace.usage", &json!({ "usage": told }));
        if !reliability.reasons.is_empty() {
            said.notice(format!("figures of this attempt can't be trusted: {}", reliability.words.join("; ")));
        }
        Some(reliability)
    }
}

/// Runs `work` beside what is asked of pages: the kernel takes its time for the memory of processes. A panic goes on here, as
/// if `work` had been called; [`None`] when the runtime ends.
async fn on_a_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) => error.try_into_panic().map_or(None, |panic| std::panic::resume_unwind(panic)),
    }
}
