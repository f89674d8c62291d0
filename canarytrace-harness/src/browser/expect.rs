//! Expectations that wait until they hold.

use tokio::time::Instant;

use super::element::Element;
use super::locator::Locator;
use super::page::{POLL, Page};
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// What is expected something of.
#[derive(Clone, Debug)]
pub enum Subject {
    /// The page's title.
    Title,
    /// The page's URL.
    Url,
    /// An element.
    Element(Locator),
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

/// An expectation; each of its methods looks every 40 ms until it holds, at most `WAIT_FOR_TIMEOUT`.
#[derive(Debug)]
#[must_use = "nothing is expected until one of its methods is awaited"]
pub struct Expect {
    page: Page,
    subject: Subject,
    soft: bool,
}

/// What was seen of the subject.
struct Seen {
    count: usize,
    visible: bool,
    text: Option<String>,
}

impl Expect {
    pub(crate) fn new(page: Page, subject: Subject) -> Self {
        Self { page, subject, soft: false }
    }

    /// A failure is noted instead of returned.
    pub(crate) fn softly(self) -> Self {
        Self { soft: true, ..self }
    }

    /// The text is exactly this, white space at its ends aside.
    pub async fn to_be(self, expected: &str) -> Result {
        self.until(&format!("to be \"{expected}\""), |seen| seen.text.as_deref().map(str::trim) == Some(expected)).await
    }

    /// The text contains this.
    pub async fn to_contain(self, expected: &str) -> Result {
        self.until(&format!("to contain \"{expected}\""), |seen| {
            seen.text.as_ref().is_some_and(|text| text.contains(expected))
        })
        .await
    }

    /// The text is not empty.
    pub async fn not_to_be_empty(self) -> Result {
        self.until("not to be empty", |seen| seen.text.as_ref().is_some_and(|text| !text.trim().is_empty())).await
    }

    /// Exactly one element matches and it is shown.
    pub async fn to_be_visible(self) -> Result {
        self.until("to be visible", |seen| seen.visible).await
    }

    /// No element matches, or the one that is meant is not shown.
    pub async fn to_be_hidden(self) -> Result {
        self.until("to be hidden", |seen| seen.count == 0 || (seen.text.is_some() && !seen.visible)).await
    }

    /// This many elements match.
    pub async fn to_have_count(self, expected: usize) -> Result {
        self.until(&format!("to match {expected} times"), |seen| seen.count == expected).await
    }

    async fn see(&self) -> Result<Seen> {
        match &self.subject {
            Subject::Title => Ok(Seen { count: 1, visible: true, text: Some(self.page.title().await?) }),
            Subject::Url => Ok(Seen { count: 1, visible: true, text: Some(self.page.url().await?) }),
            Subject::Element(locator) => {
                let probe = Element::new(self.page.clone(), locator.clone()).probe(false).await?;
                let meant = probe.count == 1 || locator.index().is_some_and(|index| index < probe.count);
                let text = meant.then_some(probe.text);
                Ok(Seen { count: probe.count, visible: probe.visible, text })
            }
        }
    }

    async fn until(self, wanted: &str, holds: impl Fn(&Seen) -> bool) -> Result {
        let deadline = Instant::now() + self.page.wait_for_timeout();
        loop {
            let seen = self.see().await?;
            if holds(&seen) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let what = match &self.subject {
                    Subject::Title => "the title".to_owned(),
                    Subject::Url => "the URL".to_owned(),
                    Subject::Element(locator) => locator.to_string(),
                };
                let was = match (&self.subject, &seen.text) {
                    (Subject::Element(_), None) if seen.count == 0 => "no element matched".to_owned(),
                    (Subject::Element(_), None) => format!("{} elements matched", seen.count),
                    (Subject::Element(_), Some(text)) => {
                        format!(
                            "it {} and says \"{}\"",
                            if seen.visible { "is visible" } else { "is hidden" },
                            shortened(text)
                        )
                    }
                    (_, text) => format!("it was \"{}\"", text.as_deref().unwrap_or_default()),
                };
                let failure = Failure::new(
                    FailureKind::Assertion,
                    format!(
                        "expected {what} {wanted}, but {was}; waited {:?} (WAIT_FOR_TIMEOUT)",
                        self.page.wait_for_timeout()
                    ),
                );
                if self.soft {
                    self.page.soft_failures().note(failure);
                    return Ok(());
                }
                return Err(failure);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// At most this many characters of a text are shown in a message.
const SHOWN: usize = 200;

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}… ({} more characters)", &text[..end], text[end..].chars().count()),
        None => text.to_owned(),
    }
}
