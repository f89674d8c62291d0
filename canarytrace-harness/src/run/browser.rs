//! The browser as a monitor sees it: steps, suites, parameters, and through [`Deref`] the page.

use std::ops::Deref;
use std::sync::Arc;

use super::api::Api;
use super::monitor::Result;
use super::params::{ParamValue, Params};
use super::state::RunState;
use super::steps::Step;
use crate::http::Client;
use crate::page::Page;
use crate::record::Object;

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

    /// The text of a parameter that the monitor declares with `params(…)`.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) when the monitor does not declare it, or as a
    /// `totp`.
    pub fn param(&self, name: &str) -> Result<&str> {
        self.params.get(name)
    }

    /// A parameter as a number, a [`Duration`](std::time::Duration), a [`Url`](url::Url) or another type.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) when the monitor does not declare it or its value
    /// is none of that type.
    pub fn param_as<T: ParamValue>(&self, name: &str) -> Result<T> {
        self.params.parse(name)
    }

    /// The one-time password of this moment (RFC 6238) from the secret of a parameter that is declared as `totp`.
    ///
    /// When less than two seconds are left of it, this waits for the next one: a code must not expire while it is typed.
    /// It is masked in every output, as its secret is.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) when the monitor does not declare the parameter as
    /// `totp`.
    pub async fn totp(&self, name: &str) -> Result<String> {
        self.params.totp(name, &self.run.bus).await
    }

    /// Requests of our own beside those of the page, such as to prepare what it will show or to look behind it.
    ///
    /// They share neither cookies nor connections nor cache with the browser.
    pub fn api(&self) -> Api {
        Api::new(self.client.clone(), self.run.clone(), self.params.clone())
    }

    /// Stores a document of a dataset of your own, which [`object!`](crate::object) defines, within the step that is
    /// open. It has the fields that every document has; secrets are masked in it.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) when it can't be written as JSON.
    #[expect(clippy::unused_async, reason = "saving may come to wait, and everything else that is done is awaited too")]
    pub async fn save<O: Object>(&self, object: &O) -> Result {
        self.run.save(object)
    }

    /// The page that steps take evidence of.
    pub(crate) fn page(&self) -> &Page {
        &self.page
    }

    pub(crate) fn run(&self) -> &RunState {
        &self.run
    }
}
