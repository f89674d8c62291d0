//! The client of an API as a monitor sees it: steps, suites, parameters, and requests.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::monitor::Result;
use super::params::{ParamValue, Params};
use super::state::RunState;
use super::steps::Step;
use crate::http::{Client, Request};
use crate::record::Object;

/// Between two tries of [`Api::poll`].
const POLL: Duration = Duration::from_millis(250);

/// Sends requests without a browser. A monitor that is given one, `async fn name(api: &mut Api) -> Result`, starts none.
///
/// ```no_run
/// use canarytrace::prelude::*;
///
/// /// The shop's list of products is there, and there quickly.
/// #[monitor]
/// async fn the_products_are_listed(api: &mut Api) -> Result {
///     api.step("list the products", async |api| {
///         let response = api.get("/api/products").query("limit", 10).await?;
///         response.expect(status()).to_be(200)?;
///         response.expect(json_path("$.items[0].name")).to_be("Lamp")?;
///         response.expect(timing(Phase::FirstByte)).to_be_below("500ms")
///     })
///     .await
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Api {
    client: Client,
    run: Arc<RunState>,
    params: Params,
}

impl Api {
    pub(crate) fn new(client: Client, run: Arc<RunState>, params: Params) -> Self {
        Self { client, run, params }
    }

    /// A step of the check: recorded and timed. Await it.
    ///
    /// Steps may be nested. A step that fails ends the check unless its error is caught.
    pub fn step<T, F>(&mut self, title: impl Into<String>, body: F) -> Step<'_, Self, T, F>
    where
        F: AsyncFnOnce(&mut Api) -> Result<T>,
    {
        let run = self.run.clone();
        Step::of_journey(self, run, None, title.into(), body)
    }

    /// A named group of steps. Await it. Suites may be nested.
    pub fn suite<T, F>(&mut self, title: impl Into<String>, body: F) -> Step<'_, Self, T, F>
    where
        F: AsyncFnOnce(&mut Api) -> Result<T>,
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

    /// A parameter as a number, a [`Duration`], a [`Url`](url::Url) or another type.
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

    /// Stores a document of a dataset of your own, which [`object!`](crate::object) defines, within the step that is
    /// open. It has the fields that every document has; secrets are masked in it.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) when it can't be written as JSON.
    #[expect(clippy::unused_async, reason = "saving may come to wait, and everything else that is done is awaited too")]
    pub async fn save<O: Object>(&self, object: &O) -> Result {
        self.run.save(object)
    }

    /// A request with any method; `url` may be relative to `BASE_URL`. It is sent when it is awaited.
    pub fn request(&self, method: &str, url: &str) -> Request {
        self.client.request(method, url)
    }

    /// A GET request.
    pub fn get(&self, url: &str) -> Request {
        self.request("GET", url)
    }

    /// A HEAD request: the response has no body.
    pub fn head(&self, url: &str) -> Request {
        self.request("HEAD", url)
    }

    /// A POST request.
    pub fn post(&self, url: &str) -> Request {
        self.request("POST", url)
    }

    /// A PUT request.
    pub fn put(&self, url: &str) -> Request {
        self.request("PUT", url)
    }

    /// A PATCH request.
    pub fn patch(&self, url: &str) -> Request {
        self.request("PATCH", url)
    }

    /// A DELETE request.
    pub fn delete(&self, url: &str) -> Request {
        self.request("DELETE", url)
    }

    /// Tries `check` every 250 ms until it passes: for what an API does later than it answers.
    ///
    /// # Errors
    /// What `check` failed with last, when `limit` is over; a try that takes longer is not cut off.
    pub async fn poll<T>(&mut self, limit: Duration, mut check: impl AsyncFnMut(&mut Api) -> Result<T>) -> Result<T> {
        let deadline = Instant::now() + limit;
        let mut tries = 0;
        loop {
            tries += 1;
            match check(self).await {
                Ok(value) => return Ok(value),
                Err(failure) if Instant::now() + POLL > deadline => {
                    let times = if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
                    return Err(failure.context(format_args!("tried {times} within {limit:?}")));
                }
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }
}
