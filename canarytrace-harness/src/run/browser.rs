//! The browser as a monitor sees it: steps, suites, parameters, and through [`Deref`] the page.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::evidence::evidence;
use super::monitor::Result;
use super::params::{ParamValue, Params};
use super::state::{Evidence, RunState};
use crate::browser::Page;
use crate::record::{Failure, FailureKind};

/// The browser of one run. Steps and suites are taken here; everything of the page API is here too.
#[derive(Clone, Debug)]
pub struct Browser {
    page: Page,
    run: Arc<RunState>,
    params: Params,
}

impl Deref for Browser {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Browser {
    pub(crate) fn new(page: Page, run: Arc<RunState>, params: Params) -> Self {
        Self { page, run, params }
    }

    /// A step of the journey: recorded, timed, and with evidence when it fails. Await it.
    ///
    /// Steps may be nested. A step that fails ends the journey unless its error is caught.
    pub fn step<T, F>(&mut self, title: impl Into<String>, body: F) -> Step<'_, T, F>
    where
        F: AsyncFnOnce(&mut Browser) -> Result<T>,
    {
        let timeout = self.run.config.step_timeout;
        Step { browser: self, title: title.into(), timeout, is_suite: false, body, returns: PhantomData }
    }

    /// A named group of steps. Await it. Suites may be nested.
    pub fn suite<T, F>(&mut self, title: impl Into<String>, body: F) -> Step<'_, T, F>
    where
        F: AsyncFnOnce(&mut Browser) -> Result<T>,
    {
        Step { browser: self, title: title.into(), timeout: None, is_suite: true, body, returns: PhantomData }
    }

    /// The text of a parameter that the monitor declares with `params(…)`.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the monitor does not declare it, or as a `totp`.
    pub fn param(&self, name: &str) -> Result<&str> {
        self.params.get(name)
    }

    /// A parameter as a number, a [`Duration`], a [`Url`](url::Url) or another type.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the monitor does not declare it or its value is none of that type.
    pub fn param_as<T: ParamValue>(&self, name: &str) -> Result<T> {
        self.params.parse(name)
    }

    /// The one-time password of this moment (RFC 6238) from the secret of a parameter that is declared as `totp`.
    ///
    /// When less than two seconds are left of it, this waits for the next one: a code must not expire while it is typed.
    /// It is masked in every output, as its secret is.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the monitor does not declare the parameter as `totp`.
    pub async fn totp(&self, name: &str) -> Result<String> {
        self.params.totp(name, &self.run.bus).await
    }

    pub(crate) fn run(&self) -> &RunState {
        &self.run
    }
}

/// A step or suite that begins when it is awaited.
#[must_use = "a step does nothing until it is awaited"]
pub struct Step<'a, T, F> {
    browser: &'a mut Browser,
    title: String,
    timeout: Option<Duration>,
    is_suite: bool,
    body: F,
    returns: PhantomData<fn() -> T>,
}

impl<T, F> fmt::Debug for Step<'_, T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("title", &self.title).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl<T, F> Step<'_, T, F> {
    /// Ends the step with a failure when it takes longer, instead of `CANARYTRACE_STEP_TIMEOUT`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }
}

impl<'a, T, F> IntoFuture for Step<'a, T, F>
where
    T: 'a,
    F: AsyncFnOnce(&mut Browser) -> Result<T> + 'a,
{
    type Output = Result<T>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { browser, title, timeout, is_suite, body, .. } = self;
            let mut inner = browser.clone();
            let step = browser.run.begin(title, is_suite);
            let result = match timeout {
                None => body(&mut inner).await,
                Some(limit) => match tokio::time::timeout(limit, body(&mut inner)).await {
                    Ok(result) => result,
                    Err(_elapsed) => Err(Failure::new(
                        FailureKind::Timeout,
                        format!("the step \"{}\" took longer than its timeout of {limit:?}", step.title),
                    )),
                },
            };
            let evidence = if is_suite {
                Evidence::new()
            } else {
                evidence(&browser.page, &browser.run, result.as_ref().err()).await
            };
            browser.run.end(&step, result.as_ref().err(), evidence);
            result
        })
    }
}
