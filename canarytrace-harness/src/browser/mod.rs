//! Finds, installs, launches and stops browser and driver; the page API.

/// The browser of one run, as a monitor sees it.
#[derive(Debug)]
pub struct Browser {}
