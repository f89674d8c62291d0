//! Finds, installs, launches and stops browser and driver; the page API.

mod locator;

pub use locator::{Locator, css};

/// The browser of one run, as a monitor sees it.
#[derive(Debug)]
pub struct Browser {}
