//! Expectations that wait until they hold.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::console::ConsoleErrors;
use super::element::{Patience, Result};
use super::engine::Asked;
use super::locator::Locator;
use super::page::Page;
use crate::record::{Failure, FailureKind};

/// What is expected something of.
#[derive(Clone, Debug)]
pub enum Subject {
    /// The page's title.
    Title,
    /// The page's URL.
    Url,
    /// An element.
    Element(Locator),
    /// The console.
    Console(ConsoleErrors),
}

/// The page's title, for [`Page::expect`].
pub fn title() -> Subject {
    Subject::Title
}

/// The page's URL, for [`Page::expect`].
pub fn url() -> Subject {
    Subject::Url
}

impl From<Locator> for Subject {
    fn from(locator: Locator) -> Self {
        Self::Element(locator)
    }
}

impl From<&Locator> for Subject {
    fn from(locator: &Locator) -> Self {
        Self::Element(locator.clone())
    }
}

/// An expectation; each of its methods looks every 30 ms until it holds, at most `WAIT_FOR_TIMEOUT` or
/// [`timeout`](Self::timeout).
///
/// A failure is of kind [`FailureKind::Assertion`] and says what was there instead. One of
/// [`expect_soft`](Page::expect_soft) is noted, and the journey goes on.
#[derive(Debug)]
#[must_use = "nothing is expected until one of its methods is awaited"]
pub struct Expect {
    pub(super) page: Page,
    pub(super) subject: Subject,
    pub(super) negated: bool,
    soft: bool,
    pub(super) timeout: Option<Duration>,
}

/// The engine's answer.
#[derive(Deserialize)]
struct Judgement {
    holds: bool,
    /// What is there, in words.
    was: String,
    /// How many elements matched.
    count: usize,
}

impl Expect {
    pub(crate) fn new(page: Page, subject: Subject, soft: bool) -> Self {
        Self { page, subject, negated: false, soft, timeout: None }
    }

    /// The contrary: `expect(…).not().to_be_checked()`. It holds of an element that is there; one that is not there is
    /// only not visible.
    #[expect(clippy::should_implement_trait, reason = "the name that every assertion library has for it")]
    pub fn not(mut self) -> Self {
        self.negated = !self.negated;
        self
    }

    /// Waits at most this long, instead of `WAIT_FOR_TIMEOUT`.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// The text is exactly this. White space counts as one blank, and none at the ends.
    pub async fn to_be(self, expected: &str) -> Result {
        self.text(format!("to be \"{expected}\""), "equals", expected).await
    }

    /// The text contains this. White space counts as one blank.
    pub async fn to_contain(self, expected: &str) -> Result {
        self.text(format!("to contain \"{expected}\""), "contains", expected).await
    }

    /// A regular expression matches somewhere in the text. Its dialect is JavaScript's, with the flag `u`.
    pub async fn to_match(self, expression: &str) -> Result {
        self.text(format!("to match /{expression}/"), "matches", expression).await
    }

    /// There is no text but white space.
    pub async fn to_be_empty(self) -> Result {
        self.text("to be empty".to_owned(), "empty", "").await
    }

    /// There is some text.
    pub async fn not_to_be_empty(self) -> Result {
        self.not().to_be_empty().await
    }

    /// Exactly one element matches and it is shown.
    pub async fn to_be_visible(self) -> Result {
        self.state("to be visible", "visible").await
    }

    /// No element matches, or those that do are not shown.
    pub async fn to_be_hidden(self) -> Result {
        let negated = self.negated;
        let wanted = if negated { "not to be hidden" } else { "to be hidden" };
        self.not().until(wanted.to_owned(), json!({ "kind": "visible" })).await
    }

    /// The element can be used.
    pub async fn to_be_enabled(self) -> Result {
        self.state("to be enabled", "enabled").await
    }

    /// The element is disabled, by itself, by its fieldset or by `aria-disabled`.
    pub async fn to_be_disabled(self) -> Result {
        let wanted = if self.negated { "not to be disabled" } else { "to be disabled" };
        self.not().until(wanted.to_owned(), json!({ "kind": "enabled" })).await
    }

    /// The text of the element can be changed.
    pub async fn to_be_editable(self) -> Result {
        self.state("to be editable", "editable").await
    }

    /// The checkbox, radio button or switch is on.
    pub async fn to_be_checked(self) -> Result {
        self.state("to be checked", "checked").await
    }

    /// The element has the focus.
    pub async fn to_be_focused(self) -> Result {
        self.state("to be focused", "focused").await
    }

    /// The value of the input is exactly this. White space counts as one blank, and none at the ends.
    pub async fn to_have_value(self, expected: &str) -> Result {
        let condition = json!({ "kind": "value", "how": "equals", "text": expected });
        self.until(format!("to have the value \"{expected}\""), condition).await
    }

    /// The attribute is exactly this. White space counts as one blank, and none at the ends.
    pub async fn to_have_attribute(self, name: &str, expected: &str) -> Result {
        let condition = json!({ "kind": "attribute", "name": name, "how": "equals", "text": expected });
        self.until(format!("to have the attribute {name}=\"{expected}\""), condition).await
    }

    /// This many elements match.
    pub async fn to_have_count(self, expected: usize) -> Result {
        self.until(format!("to match {expected} times"), json!({ "kind": "count", "count": expected })).await
    }

    async fn state(self, wanted: &str, kind: &str) -> Result {
        self.until(wanted.to_owned(), json!({ "kind": kind })).await
    }

    async fn text(self, wanted: String, how: &str, text: &str) -> Result {
        self.until(wanted, json!({ "kind": "text", "how": how, "text": text })).await
    }

    /// `wanted` is what is expected without negation, except where an opposite has words of its own.
    async fn until(self, wanted: String, condition: Value) -> Result {
        let wanted = match &self {
            // "to be hidden" is a negation already.
            Self { negated: true, .. } if !wanted.contains("hidden") && !wanted.contains("disabled") => {
                format!("not {wanted}")
            }
            _ => wanted,
        };
        let result = self.wait(&wanted, &condition).await;
        self.settle(result)
    }

    /// The result of the expectation: of a soft one a failure is noted instead of returned, unless the browser or we are
    /// to blame.
    pub(super) fn settle(&self, result: Result) -> Result {
        match result {
            Err(failure) if self.soft && matches!(failure.kind, FailureKind::Assertion | FailureKind::Locator) => {
                self.page.soft_failures().note(failure);
                Ok(())
            }
            other => other,
        }
    }

    async fn wait(&self, wanted: &str, condition: &Value) -> Result {
        let patience = Patience::new(&self.page, self.timeout);
        loop {
            let (was, count) = match self.judge(condition, &patience).await? {
                Asked::Answer(judgement, _) if judgement.holds => return Ok(()),
                Asked::Answer(judgement, _) => (judgement.was, judgement.count),
                // What is in a frame that is not there is not visible.
                Asked::Not(obstacle)
                    if obstacle.starts_with("of the frame") && self.negated && condition["kind"] == "visible" =>
                {
                    tracing::debug!(obstacle, "not visible");
                    return Ok(());
                }
                Asked::Not(obstacle) => (obstacle, 1),
            };
            if !patience.again().await {
                let similar = match &self.subject {
                    Subject::Element(locator) if count == 0 && !self.negated => self.page.similar(locator).await,
                    _ => String::new(),
                };
                let message =
                    format!("expected {} {wanted}, but {was}; {}{similar}", self.subject_in_words(), patience.waited());
                return Err(Failure::new(FailureKind::Assertion, message));
            }
        }
    }

    async fn judge(&self, condition: &Value, patience: &Patience) -> Result<Asked<Judgement>> {
        let of_page = |subject: &str| json!({ "op": "expectOfPage", "subject": subject });
        let (mut request, frames, query) = match &self.subject {
            Subject::Title => (of_page("title"), [].as_slice(), None),
            Subject::Url => (of_page("url"), [].as_slice(), None),
            Subject::Element(locator) => (json!({ "op": "expect" }), locator.frames(), Some(locator.query())),
            Subject::Console(_) => {
                return Err(Failure::harness("the console can only be expected to_have_no_errors()"));
            }
        };
        request["condition"] = condition.clone();
        request["negated"] = self.negated.into();
        let asked = self.page.ask(frames, request, query, patience.deadline).await;
        asked.map_err(|failure| failure.context(format_args!("could not look at {}", self.subject_in_words())))
    }

    pub(super) fn subject_in_words(&self) -> String {
        match &self.subject {
            Subject::Title => "the title".to_owned(),
            Subject::Url => "the URL".to_owned(),
            Subject::Element(locator) => locator.to_string(),
            Subject::Console(_) => "the console".to_owned(),
        }
    }
}
