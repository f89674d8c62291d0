//! An element of the page: what it is like. It is looked up anew each time.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::engine::{Asked, World};
use super::locator::Locator;
use super::page::{POLL, Page};
use crate::record::{Failure, FailureKind};

pub(super) type Result<T = ()> = std::result::Result<T, Failure>;

/// An element of the page. What needs it waits until exactly one element matches; actions wait until it is ready for
/// them; at most `WAIT_FOR_TIMEOUT`, or [`timeout`](Self::timeout).
#[derive(Clone, Debug)]
#[must_use = "nothing is looked up until one of its methods is awaited"]
pub struct Element {
    pub(super) page: Page,
    pub(super) locator: Locator,
    pub(super) timeout: Option<Duration>,
}

/// A state that [`Element::wait_for`] waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// An element matches, shown or not.
    Attached,
    /// No element matches.
    Detached,
    /// One element matches and is shown.
    Visible,
    /// No element that matches is shown.
    Hidden,
}

/// Place and size in CSS px, from the upper left corner of the viewport of its frame
/// (`Element.getBoundingClientRect()`).
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct Rect {
    /// Left edge
    pub x: f64,
    /// Upper edge
    pub y: f64,
    /// Width
    pub width: f64,
    /// Height
    pub height: f64,
}

/// The engine's answer to `look`.
#[derive(Debug, Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Look {
    count: usize,
    obstacle: Option<String>,
    visible: bool,
    enabled: bool,
    editable: bool,
    checked: Option<bool>,
}

/// The engine's answer to `read`.
#[derive(Deserialize)]
struct Read {
    #[serde(default)]
    found: bool,
    obstacle: Option<String>,
    description: Option<String>,
    #[serde(default)]
    value: Value,
}

/// How long something is waited for, and why so long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) deadline: Instant,
    limit: Duration,
    is_own: bool,
}

impl Patience {
    pub(super) fn new(page: &Page, timeout: Option<Duration>) -> Self {
        let limit = timeout.unwrap_or(page.wait_for_timeout());
        Self { deadline: Instant::now() + limit, limit, is_own: timeout.is_some() }
    }

    /// Waits until the next look; false when the time is over.
    pub(super) async fn again(&self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        tokio::time::sleep(POLL).await;
        true
    }

    /// `waited 30s (WAIT_FOR_TIMEOUT)`
    pub(super) fn waited(&self) -> String {
        format!("waited {:?} ({})", self.limit, if self.is_own { "its own timeout" } else { "WAIT_FOR_TIMEOUT" })
    }
}

/// What an obstacle says when nothing matched; then it is worth while to look for something similar.
const NO_MATCH: &str = "no element matched";

impl Element {
    pub(crate) fn new(page: Page, locator: Locator) -> Self {
        Self { page, locator, timeout: None }
    }

    /// Waits at most this long, instead of `WAIT_FOR_TIMEOUT`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// How it is found.
    pub fn locator(&self) -> &Locator {
        &self.locator
    }

    /// The text as it is shown (`innerText`).
    pub async fn text(&self) -> Result<String> {
        self.read("text", None).await.map(|(text, _)| text)
    }

    /// The value of an input, a textarea or a select.
    pub async fn value(&self) -> Result<String> {
        let (value, description): (Option<String>, _) = self.read("value", None).await?;
        value.ok_or_else(|| Failure::new(FailureKind::Locator, format!("{} has no value: {description}", self.locator)))
    }

    /// The value of an attribute, `None` when it has no such attribute.
    pub async fn attribute(&self, name: &str) -> Result<Option<String>> {
        self.read("attribute", Some(name)).await.map(|(value, _)| value)
    }

    /// Place and size.
    pub async fn bounding_box(&self) -> Result<Rect> {
        self.read("box", None).await.map(|(rect, _)| rect)
    }

    async fn read<T: DeserializeOwned>(&self, property: &str, name: Option<&str>) -> Result<(T, String)> {
        let patience = self.patience();
        let request = json!({ "op": "read", "property": property, "name": name });
        loop {
            let obstacle = match self.see::<Read>(request.clone(), patience.deadline).await? {
                Asked::Answer(read, _) if read.found => {
                    let value = serde_json::from_value(read.value)
                        .map_err(|error| Failure::harness(format!("the {property} of {}: {error}", self.locator)))?;
                    return Ok((value, read.description.unwrap_or_default()));
                }
                Asked::Answer(read, _) => read.obstacle.unwrap_or_default(),
                Asked::Not(obstacle) => obstacle,
            };
            if !patience.again().await {
                return Err(self.failure("read", &patience, &obstacle).await);
            }
        }
    }

    /// Whether exactly one element matches and is shown, without waiting.
    pub async fn is_visible(&self) -> Result<bool> {
        self.look().await.map(|look| look.visible)
    }

    /// Whether it is enabled, without waiting.
    ///
    /// # Errors
    /// [`FailureKind::Locator`] when not exactly one element matches.
    pub async fn is_enabled(&self) -> Result<bool> {
        self.look_at_one().await.map(|look| look.enabled)
    }

    /// Whether a user could change its text, without waiting.
    ///
    /// # Errors
    /// [`FailureKind::Locator`] when not exactly one element matches.
    pub async fn is_editable(&self) -> Result<bool> {
        self.look_at_one().await.map(|look| look.editable && look.enabled)
    }

    /// Whether a checkbox, radio button or switch is on, without waiting.
    ///
    /// # Errors
    /// [`FailureKind::Locator`] when not exactly one element matches, or it is none of these.
    pub async fn is_checked(&self) -> Result<bool> {
        let look = self.look_at_one().await?;
        look.checked.ok_or_else(|| {
            Failure::new(FailureKind::Locator, format!("{} is nothing that can be checked", self.locator))
        })
    }

    /// How many elements match, without waiting.
    pub async fn count(&self) -> Result<usize> {
        self.look().await.map(|look| look.count)
    }

    /// One [`Element`] for each that matches now, without waiting. Each is found by its place among them, so a list that
    /// changes meanwhile changes what they mean.
    pub async fn all(&self) -> Result<Vec<Element>> {
        let count = self.count().await?;
        let element = |index| Self { locator: self.locator.clone().nth(index), ..self.clone() };
        Ok((0..count).map(element).collect())
    }

    /// The texts of all that match now, as they are shown, without waiting.
    pub async fn texts(&self) -> Result<Vec<String>> {
        let patience = self.patience();
        loop {
            match self.see(json!({ "op": "texts" }), patience.deadline).await? {
                Asked::Answer(texts, _) => return Ok(texts),
                Asked::Not(obstacle) if !patience.again().await => {
                    return Err(self.failure("read", &patience, &obstacle).await);
                }
                Asked::Not(_) => {}
            }
        }
    }

    /// Waits until it is in this state.
    ///
    /// # Errors
    /// [`FailureKind::Locator`] when it was not in time, with what it was instead.
    pub async fn wait_for(&self, state: State) -> Result {
        let patience = self.patience();
        loop {
            let obstacle = match self.see::<Look>(json!({ "op": "look" }), patience.deadline).await? {
                Asked::Answer(look, _) => {
                    let holds = match state {
                        State::Attached => look.count > 0,
                        State::Detached => look.count == 0,
                        State::Visible => look.visible,
                        // Of several, each would have to be looked at: expectations do.
                        State::Hidden => look.count == 0 || (look.count == 1 && !look.visible),
                    };
                    if holds {
                        return Ok(());
                    }
                    look.obstacle
                        .unwrap_or_else(|| if look.visible { "it is visible" } else { "it is hidden" }.to_owned())
                }
                // A frame that is gone took what was in it along.
                Asked::Not(_) if matches!(state, State::Detached | State::Hidden) => return Ok(()),
                Asked::Not(obstacle) => obstacle,
            };
            if !patience.again().await {
                let state = format!("{state:?}").to_lowercase();
                let what = format!("wait until {state}:");
                return Err(self.failure(&what, &patience, &obstacle).await);
            }
        }
    }

    /// Waits until a click on it has (un)checked it.
    pub(super) async fn until_checked(&self, what: &str, checked: bool) -> Result {
        let patience = self.patience();
        loop {
            let look = self.look().await?;
            // An element that went with the click has done what it was there for.
            if look.count != 1 || look.checked == Some(checked) {
                return Ok(());
            }
            if !patience.again().await {
                let is = if checked { "not checked" } else { "checked" };
                return Err(self.failure(what, &patience, &format!("it was clicked and is still {is}")).await);
            }
        }
    }

    async fn look(&self) -> Result<Look> {
        // A page that is just being replaced is looked at once it is there.
        let patience = self.patience();
        loop {
            match self.see(json!({ "op": "look" }), patience.deadline).await? {
                Asked::Answer(look, _) => return Ok(look),
                Asked::Not(obstacle) if obstacle.starts_with("of the frame") => return Ok(Look::default()),
                Asked::Not(obstacle) if !patience.again().await => {
                    return Err(self.failure("look at", &patience, &obstacle).await);
                }
                Asked::Not(_) => {}
            }
        }
    }

    async fn look_at_one(&self) -> Result<Look> {
        let look = self.look().await?;
        if look.count == 1 {
            return Ok(look);
        }
        let obstacle = look.obstacle.unwrap_or_else(|| NO_MATCH.to_owned());
        let message = format!("could not look at {}: {obstacle}{}", self.locator, self.similar(&obstacle).await);
        Err(Failure::new(FailureKind::Locator, message))
    }

    pub(super) fn patience(&self) -> Patience {
        Patience::new(&self.page, self.timeout)
    }

    pub(super) async fn ask<T: DeserializeOwned>(&self, request: Value, deadline: Instant) -> Result<Asked<T>> {
        self.page.ask(self.locator.frames(), request, Some(self.locator.query()), deadline).await
    }

    /// Like [`ask`](Self::ask), for what only looks.
    async fn see<T: DeserializeOwned>(&self, request: Value, deadline: Instant) -> Result<Asked<T>> {
        let seen = self.ask(request, deadline).await;
        seen.map_err(|failure| failure.context(format_args!("could not look at {}", self.locator)))
    }

    /// Asks about an element that the engine keeps; the page may be gone, which the caller has to judge.
    pub(super) async fn ask_in<T: DeserializeOwned>(
        &self,
        world: &World,
        request: Value,
        deadline: Instant,
    ) -> Result<Asked<T>> {
        self.page.ask_in(world, request, None, deadline).await
    }

    /// The failure of something that was waited for.
    pub(super) async fn failure(&self, what: &str, patience: &Patience, obstacle: &str) -> Failure {
        let similar = self.similar(obstacle).await;
        let waited = patience.waited();
        Failure::new(FailureKind::Locator, format!("could not {what} {}: {waited}, {obstacle}{similar}", self.locator))
    }

    /// `; similar: …` when nothing matched and something comes near.
    async fn similar(&self, obstacle: &str) -> String {
        if obstacle != NO_MATCH {
            return String::new();
        }
        self.page.similar(&self.locator).await
    }
}

impl Page {
    /// `; similar: …`: what there is that is like what `locator` wants, in words; nothing when there is nothing.
    pub(super) async fn similar(&self, locator: &Locator) -> String {
        let deadline = Instant::now() + POLL;
        let request = json!({ "op": "similar" });
        match self.ask::<Vec<String>>(locator.frames(), request, Some(&locator.query().any_name()), deadline).await {
            Ok(Asked::Answer(similar, _)) if !similar.is_empty() => {
                format!("; similar: {}", similar.join(", "))
            }
            // Without a hint the failure still says all that is known.
            _ => String::new(),
        }
    }
}
