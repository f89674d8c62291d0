//! The page API: locators, actions and expectations, and everything else that a monitor does with a window.

mod action;
#[cfg(feature = "chromiumoxide")]
mod chromiumoxide;
mod clipboard;
mod conditions;
mod console;
mod cookie;
mod coverage;
mod dialog;
mod download;
mod element;
mod engine;
mod evaluate;
mod expect;
mod expect_screenshot;
mod frame;
mod hero_mark;
mod input;
mod keys;
mod locator;
mod navigate;
mod network;
#[expect(clippy::module_inception, reason = "it is what all the others are about")]
mod page;
mod permission;
mod picture;
mod role;
mod route;
mod screenshot;
mod shared;
mod soft;
mod storage;
mod text_match;
mod timeline;
mod wait_network;
mod window;

#[cfg(feature = "chromiumoxide")]
pub use chromiumoxide::ChromiumoxidePage;
pub use clipboard::Clipboard;
pub(crate) use conditions::Conditions;
pub use console::{ConsoleErrors, console};
pub use cookie::{Cookie, SameSite};
pub(crate) use coverage::Asker;
pub use coverage::{SourceCoverage, SourceKind};
pub use dialog::{Answer, Dialog, DialogKind};
pub use download::Download;
pub use element::{Element, Rect, State};
pub use expect::{Expect, Subject, title, url};
pub use frame::Frame;
pub use input::{Button, Click};
pub use keys::Modifier;
pub use locator::{
    Filter, Locator, alt_text, css, has, has_text, label, placeholder, role, test_id, text, visible, xpath,
};
pub use navigate::Navigation;
pub use page::Page;
pub(crate) use page::{POLL, http_status_failure};
pub use permission::Permission;
pub use picture::Tolerance;
pub use role::Role;
pub use route::Routed;
pub(crate) use soft::SoftFailures;
pub use storage::Storage;
pub use text_match::{Match, any, exact, regex};
pub use wait_network::{Response, Timing};

pub use crate::browser::{HeroMark, NetError, Reply, Request, Route};
pub use crate::config::{PatternText, all};
