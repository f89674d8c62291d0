//! The document in a frame, also of another origin.

use super::element::Element;
use super::expect::{Expect, Subject};
use super::locator::Locator;
use super::page::Page;

/// A frame of a page; found when something in it is used, so it may be there later, or be replaced meanwhile.
#[derive(Clone, Debug)]
pub struct Frame {
    page: Page,
    locator: Locator,
}

impl Frame {
    /// The element that `locator` finds in the frame once it is asked for.
    pub fn find(&self, locator: impl Into<Locator>) -> Element {
        Element::new(self.page.clone(), locator.into().in_frame(&self.locator))
    }

    /// Something to be expected of an element in the frame.
    pub fn expect(&self, locator: impl Into<Locator>) -> Expect {
        Expect::new(self.page.clone(), Subject::Element(locator.into().in_frame(&self.locator)), false)
    }

    /// The same, where a failure is noted and the journey goes on; see [`Page::expect_soft`].
    pub fn expect_soft(&self, locator: impl Into<Locator>) -> Expect {
        Expect::new(self.page.clone(), Subject::Element(locator.into().in_frame(&self.locator)), true)
    }

    /// A frame in this frame.
    #[must_use]
    pub fn frame(&self, frame: impl Into<Locator>) -> Frame {
        Self { page: self.page.clone(), locator: frame.into().in_frame(&self.locator) }
    }
}

impl Page {
    /// The frame that `frame` finds; nothing is looked up yet.
    pub fn frame(&self, frame: impl Into<Locator>) -> Frame {
        Frame { page: self.clone(), locator: frame.into() }
    }
}
