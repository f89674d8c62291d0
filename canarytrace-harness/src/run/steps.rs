//! Steps and suites, of browsers and of API clients.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::evidence::Wanted;
use super::monitor::Result;
use super::pause;
use super::state::{Evidence, RunState};
use crate::page::Page;
use crate::record::{Failure, FailureKind};

/// A step or suite that begins when it is awaited. `A` is what takes it: a browser or an API client.
#[must_use = "a step does nothing until it is awaited"]
pub struct Step<'a, A, T, F> {
    actor: &'a mut A,
    run: Arc<RunState>,
    /// What evidence is taken of, if there is a browser.
    page: Option<Page>,
    title: String,
    timeout: Option<Duration>,
    is_suite: bool,
    body: F,
    returns: PhantomData<fn() -> T>,
}

impl<A, T, F> fmt::Debug for Step<'_, A, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("title", &self.title).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl<'a, A, T, F> Step<'a, A, T, F> {
    pub(super) fn of_journey(actor: &'a mut A, run: Arc<RunState>, page: Option<Page>, title: String, body: F) -> Self {
        let timeout = run.config.step_timeout;
        Self { actor, run, page, title, timeout, is_suite: false, body, returns: PhantomData }
    }

    pub(super) fn suite(actor: &'a mut A, run: Arc<RunState>, title: String, body: F) -> Self {
        Self { actor, run, page: None, title, timeout: None, is_suite: true, body, returns: PhantomData }
    }

    /// Ends the step with a failure when it takes longer, instead of `CANARYTRACE_STEP_TIMEOUT`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

impl<'a, A, T, F> IntoFuture for Step<'a, A, T, F>
where
    A: Clone + 'a,
    T: 'a,
    F: AsyncFnOnce(&mut A) -> Result<T> + 'a,
{
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { actor, run, page, title, timeout, is_suite, body, .. } = self;
            let mut inner = actor.clone();
            let step = run.begin(title, is_suite);
            // A suite only groups: its steps are measured.
            let measures = run.measures().filter(|_| page.is_some());
            if let Some(measures) = &measures {
                measures.step_starts(&step).await;
                run.start_clock(&step);
            }
            let result = match timeout {
                None => body(&mut inner).await,
                Some(limit) => match run.stopwatch.timeout(limit, body(&mut inner)).await {
                    Some(result) => result,
                    None => Err(Failure::new(
                        FailureKind::Timeout,
                        format!("the step \"{}\" took longer than its timeout of {limit:?}", step.title),
                    )),
                },
            };
            run.stop_clock(&step);
            let hard = result.as_ref().err();
            // Once: a failure is evidenced from then on.
            let shown = page.as_ref().map(|page| (page, Wanted::of_step(&run, hard)));
            let is_drawn = shown.is_some_and(|(_, wanted)| wanted.has_screenshot());
            let measuring = async {
                if let Some(measures) = &measures {
                    measures.step_is_over(&step, is_drawn).await;
                }
            };
            let showing = async {
                match shown {
                    Some((page, wanted)) => wanted.take(page, &run).await,
                    None => Evidence::new(),
                }
            };
            // A picture takes the browser three frames, in which it has time for questions. Frames that are counted are not
            // to be of our making, and a page that fails may still be coming to show why.
            let is_apart = run.config.records_frames(run.attempt()) || hard.is_some();
            let files = if is_apart {
                measuring.await;
                showing.await
            } else {
                tokio::join!(measuring, showing).1
            };
            let failure = run.end(&step, result.as_ref().err(), files);
            if let Some(page) = &page {
                pause::after_step(&run, page, &step, result.as_ref().err(), failure).await;
            }
            result
        })
    }
}
