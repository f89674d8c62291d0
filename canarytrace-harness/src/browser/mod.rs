//! Finds, installs, launches and stops browser and driver; the page API.

mod capabilities;
mod chrome_for_testing;
mod driver;
pub mod find;
mod health;
pub mod install;
pub mod launch;
pub mod leftovers;
pub mod process;
mod tab;
pub mod version;

pub use health::Health;

/// The browser of one run, as a monitor sees it.
#[derive(Debug)]
pub struct Browser {}
