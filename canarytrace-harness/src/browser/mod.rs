//! Finds, installs, launches and stops browser and driver; the page API.

mod capabilities;
mod chrome_for_testing;
mod dialog;
mod driver;
mod element;
mod evaluate;
mod expect;
pub mod find;
mod health;
pub mod install;
pub mod launch;
pub mod leftovers;
mod locator;
mod navigate;
mod net_error;
mod network;
mod page;
pub mod process;
mod shared;
mod soft;
mod tab;
mod text_match;
mod version;
mod window;

pub use dialog::{Answer, Dialog, DialogKind};
pub use element::Element;
pub use expect::{Expect, Subject, title, url};
pub use health::Health;
pub use launch::{BrowserFacts, Killer, Launched, kill_all, launch};
pub use locator::{Locator, css};
pub use navigate::Navigation;
pub use page::Page;
pub(crate) use page::{POLL, death, http_status_failure};
pub use text_match::{Match, any, exact, regex};
