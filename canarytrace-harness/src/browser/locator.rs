//! How an element is found.

/// Names elements of a page; nothing is looked up before it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    selector: String,
}

/// The elements that a CSS selector matches. `css!("…")` is the same for a selector that is written down: it is
/// checked when the monitor is compiled.
pub fn css(selector: impl Into<String>) -> Locator {
    Locator { selector: selector.into() }
}

impl Locator {
    /// The CSS selector.
    pub fn selector(&self) -> &str {
        &self.selector
    }
}
