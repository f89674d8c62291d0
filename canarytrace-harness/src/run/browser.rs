//! The browser as a monitor sees it: steps, suites, parameters, and through [`Deref`] the page.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use super::api::Api;
use super::monitor::Result;
use super::params::Params;
use super::state::RunState;
use super::steps::Step;
use crate::browser::Page;
use crate::http::Client;
use crate::record::Failure;

/// The browser of one run. Steps and suites are taken here; everything of the page API is here too.
#[derive(Clone, Debug)]
pub struct Browser {
    page: Page,
    run: Arc<RunState>,
    params: Params,
    client: Client,
}

impl Deref for Browser {
    type Target = Page;

    fn deref(&self) -> &Page {
        &self.page
    }
}

impl Browser {
    pub(crate) fn new(page: Page, run: Arc<RunState>, params: Params, client: Client) -> Self {
        Self { page, run, params, client }
    }

    /// A step of the journey: recorded, timed, and with evidence when it fails. Await it.
    ///
    /// Steps may be nested. A step that fails ends the journey unless its error is caught.
    pub fn step<T, F>(&mut self, title: impl Into<String>, body: F) -> Step<'_, Self, T, F>
    where
        F: AsyncFnOnce(&mut Browser) -> Result<T>,
    {
        let (run, page) = (self.run.clone(), self.page.clone());
        Step::of_journey(self, run, Some(page), title.into(), body)
    }

    /// A named group of steps. Await it. Suites may be nested.
    pub fn suite<T, F>(&mut self, title: impl Into<String>, body: F) -> Step<'_, Self, T, F>
    where
        F: AsyncFnOnce(&mut Browser) -> Result<T>,
    {
        let run = self.run.clone();
        Step::suite(self, run, title.into(), body)
    }

    /// A parameter that the monitor declares with `params(…)`.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the monitor does not declare it.
    pub fn param(&self, name: &str) -> Result<&str> {
        self.params.get(name)
    }

    /// A parameter as a number or anything else that can be parsed.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when the monitor does not declare it or its value can't be parsed.
    pub fn param_as<T>(&self, name: &str) -> Result<T>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        let text = self.param(name)?;
        text.parse().map_err(|error| {
            Failure::harness(format!("parameter {name} ({}) is \"{text}\": {error}", name.to_uppercase()))
        })
    }

    /// Requests of our own beside those of the page, such as to prepare what it will show or to look behind it.
    ///
    /// They share neither cookies nor connections nor cache with the browser.
    pub fn api(&self) -> Api {
        Api::new(self.client.clone(), self.run.clone(), self.params.clone())
    }

    /// The page that steps take evidence of.
    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    pub(crate) fn run(&self) -> &RunState {
        &self.run
    }
}
