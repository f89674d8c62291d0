//! Finds, installs, launches and stops browser and driver; the page API.

mod capabilities;
mod chrome_for_testing;
mod driver;
mod element;
mod expect;
pub mod find;
mod health;
pub mod install;
pub mod launch;
pub mod leftovers;
mod locator;
mod net_error;
mod network;
mod page;
pub mod process;
mod soft;
mod tab;
mod version;

pub use element::Element;
pub use expect::{Expect, Subject, title, url};
pub use health::Health;
pub use launch::{BrowserFacts, Killer, Launched, kill_all, launch};
pub use locator::{Locator, css};
pub use page::{Navigation, Page};
pub(crate) use page::{POLL, death, http_status_failure};
pub(crate) use soft::SoftFailures;
