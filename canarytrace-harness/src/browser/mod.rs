//! Finds, installs, launches and stops browser and driver; the page API.

mod action;
mod capabilities;
mod chrome_for_testing;
mod dialog;
mod driver;
mod element;
mod engine;
mod evaluate;
mod expect;
pub mod find;
mod frame;
mod health;
mod input;
pub mod install;
mod keys;
pub mod launch;
pub mod leftovers;
mod locator;
mod navigate;
mod net_error;
mod network;
mod page;
pub mod process;
mod role;
mod shared;
mod soft;
mod tab;
mod text_match;
mod version;
mod window;

pub use dialog::{Answer, Dialog, DialogKind};
pub use element::{Element, Rect, State};
pub use expect::{Expect, Subject, title, url};
pub use frame::Frame;
pub use health::Health;
pub use input::{Button, Click};
pub use keys::Modifier;
pub use launch::{BrowserFacts, Killer, Launched, kill_all, launch};
pub use locator::{
    Filter, Locator, alt_text, css, has, has_text, label, placeholder, role, test_id, text, visible, xpath,
};
pub use navigate::Navigation;
pub use page::Page;
pub(crate) use page::{POLL, death, http_status_failure};
pub use role::Role;
pub(crate) use soft::SoftFailures;
pub use text_match::{Match, any, exact, regex};
