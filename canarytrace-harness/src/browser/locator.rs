//! How elements are found.

use std::fmt;

/// How elements are found on a page; the page API waits for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    selector: String,
    nth: Option<usize>,
}

/// Elements that match a CSS selector. `css!("…")` checks a literal when the monitor is compiled.
pub fn css(selector: impl Into<String>) -> Locator {
    Locator { selector: selector.into(), nth: None }
}

impl Locator {
    /// The CSS selector.
    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// Only the first match, in the order of the document. Without this a second match is an error.
    #[must_use]
    pub fn first(self) -> Self {
        self.nth(0)
    }

    /// Only the match at `index`, from 0.
    #[must_use]
    pub fn nth(mut self, index: usize) -> Self {
        self.nth = Some(index);
        self
    }

    /// Which of several matches is meant.
    pub(crate) fn index(&self) -> Option<usize> {
        self.nth
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "css \"{}\"", self.selector)?;
        match self.nth {
            Some(index) => write!(f, " nth({index})"),
            None => Ok(()),
        }
    }
}
