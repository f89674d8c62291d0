//! An element of the page, found when it is used.

use std::time::Duration;

use fantoccini::error::{CmdError, ErrorStatus};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::locator::Locator;
use super::page::{CommandError, POLL, Page};
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// Between the two looks that tell whether an element moves: more than a frame of a screen with 60 Hz.
const STILL: Duration = Duration::from_millis(20);

/// An element of the page. Every action waits until exactly one element matches and is ready for it: visible, enabled,
/// not moving, not covered; at most `WAIT_FOR_TIMEOUT`.
#[derive(Clone, Debug)]
pub struct Element {
    page: Page,
    locator: Locator,
}

/// What [`probe.js`](probe.js) saw.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Probe {
    pub(crate) count: usize,
    element: Option<Value>,
    describe: String,
    pub(crate) visible: bool,
    enabled: bool,
    editable: bool,
    pub(crate) text: String,
    value: Option<String>,
    #[serde(rename = "box")]
    place: Option<String>,
    covered: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Attached,
    Clickable,
    Editable,
}

impl Element {
    pub(crate) fn new(page: Page, locator: Locator) -> Self {
        Self { page, locator }
    }

    /// Clicks the middle of the element with the main button.
    pub async fn click(&self) -> Result {
        self.act("click", Need::Clickable, |element| async move { element.click().await }).await
    }

    /// Replaces the value of an input, as a user who selects all and types.
    pub async fn fill(&self, text: &str) -> Result {
        self.act("fill", Need::Editable, |element| async move {
            element.clear().await?;
            element.send_keys(text).await
        })
        .await
    }

    /// Types into the element without emptying it first.
    pub async fn type_text(&self, text: &str) -> Result {
        self.act("type into", Need::Editable, |element| async move { element.send_keys(text).await }).await
    }

    /// Chooses the option of a `select` by its label.
    pub async fn select(&self, label: &str) -> Result {
        self.act("select in", Need::Editable, |element| async move { element.select_by_label(label).await }).await
    }

    /// The text as it is shown (`innerText`).
    pub async fn text(&self) -> Result<String> {
        self.wait("read", Need::Attached).await.map(|probe| probe.text)
    }

    /// The value of an input.
    pub async fn value(&self) -> Result<String> {
        let probe = self.wait("read", Need::Attached).await?;
        probe.value.ok_or_else(|| {
            Failure::new(FailureKind::Locator, format!("{} has no value: {}", self.locator, probe.describe))
        })
    }

    /// The value of an attribute, `None` when it has no such attribute.
    pub async fn attribute(&self, name: &str) -> Result<Option<String>> {
        let probe = self.wait("read", Need::Attached).await?;
        self.page
            .script(
                "read the attribute",
                "return arguments[0].getAttribute(arguments[1])",
                vec![element_of(&probe), json!(name)],
            )
            .await
    }

    /// Whether exactly the element that is meant is there and shown, without waiting.
    pub async fn is_visible(&self) -> Result<bool> {
        self.probe(false).await.map(|probe| probe.visible)
    }

    /// How many elements match, without waiting.
    pub async fn count(&self) -> Result<usize> {
        self.probe(false).await.map(|probe| probe.count)
    }

    /// Looks once.
    pub(crate) async fn probe(&self, act: bool) -> Result<Probe> {
        let arguments = vec![json!(self.locator.selector()), json!(self.locator.index()), json!(act)];
        self.page
            .script("look for it", include_str!("probe.js"), arguments)
            .await
            .map_err(|failure| failure.context(format_args!("{}", self.locator)))
    }

    /// Waits until the element is ready, then acts; again if the page changed in between.
    async fn act<F, Fut>(&self, what: &str, need: Need, action: F) -> Result
    where
        F: Fn(fantoccini::elements::Element) -> Fut,
        Fut: Future<Output = std::result::Result<(), CmdError>>,
    {
        let deadline = Instant::now() + self.page.wait_for_timeout();
        loop {
            let probe = self.wait_until(what, need, deadline).await?;
            let element = driver_element(&self.page, &probe)?;
            match self.page.command(action(element)).await {
                Ok(()) => return Ok(()),
                Err(CommandError::Command(error)) if page_changed(&error) && Instant::now() < deadline => {
                    tokio::time::sleep(POLL).await;
                }
                Err(CommandError::Command(error)) => {
                    return Err(self.page.classify(&format!("{what} {}", self.locator), &error));
                }
                Err(CommandError::Dead(failure)) => {
                    return Err(failure.context(format_args!("could not {what} {}", self.locator)));
                }
            }
        }
    }

    async fn wait(&self, what: &str, need: Need) -> Result<Probe> {
        self.wait_until(what, need, Instant::now() + self.page.wait_for_timeout()).await
    }

    async fn wait_until(&self, what: &str, need: Need, deadline: Instant) -> Result<Probe> {
        let mut last_place = None;
        loop {
            let probe = self.probe(need != Need::Attached).await?;
            let obstacle = obstacle(&probe, need, last_place.as_deref());
            let Some(obstacle) = obstacle else { return Ok(probe) };
            if Instant::now() >= deadline {
                let waited = self.page.wait_for_timeout();
                return Err(Failure::new(
                    FailureKind::Locator,
                    format!("could not {what} {}: waited {waited:?} (WAIT_FOR_TIMEOUT), {obstacle}", self.locator),
                ));
            }
            // It only has to be seen in the same place once more.
            let first_look = last_place.is_none() && probe.place.is_some();
            last_place = probe.place;
            tokio::time::sleep(if first_look { STILL } else { POLL }).await;
        }
    }
}

/// Why the element can't be used yet.
fn obstacle(probe: &Probe, need: Need, last_place: Option<&str>) -> Option<String> {
    let which = &probe.describe;
    if probe.element.is_none() {
        return Some(match probe.count {
            0 => "no element matched".to_owned(),
            many => format!("{many} elements matched; say which with first() or nth()"),
        });
    }
    if need == Need::Attached {
        return None;
    }
    if !probe.visible {
        return Some(format!("{which} is hidden"));
    }
    if !probe.enabled {
        return Some(format!("{which} is disabled"));
    }
    if need == Need::Editable && !probe.editable {
        return Some(format!("{which} can't be edited"));
    }
    if probe.place.as_deref() != last_place {
        return Some(format!("{which} is moving"));
    }
    probe.covered.as_ref().map(|other| format!("{which} is covered by {other}"))
}

fn element_of(probe: &Probe) -> Value {
    probe.element.clone().unwrap_or_default()
}

fn driver_element(page: &Page, probe: &Probe) -> Result<fantoccini::elements::Element> {
    // The W3C's key of an element reference.
    let id = probe
        .element
        .as_ref()
        .and_then(|element| element.get("element-6066-11e4-a52e-4f735466cecf"))
        .and_then(Value::as_str)
        .ok_or_else(|| Failure::harness("the driver returned no reference to the element"))?;
    Ok(fantoccini::elements::Element::from_element_id(page.webdriver().clone(), id.to_owned().into()))
}

/// Errors that mean the page changed between looking and acting.
fn page_changed(error: &CmdError) -> bool {
    matches!(error, CmdError::Standard(error) if matches!(
        error.error,
        ErrorStatus::StaleElementReference
            | ErrorStatus::DetachedShadowRoot
            | ErrorStatus::ElementClickIntercepted
            | ErrorStatus::ElementNotInteractable
            | ErrorStatus::MoveTargetOutOfBounds
            | ErrorStatus::NoSuchElement
    ))
}
