//! The practice site: a small shop to practise monitoring on, and pages that misbehave on purpose.
//!
//! It is served on 127.0.0.1 by a child process ([`start`], [`serve_if_child`]), so that its CPU is not in the figures
//! of a run, or in the foreground for people ([`serve_forever`]). It asks nothing of the network: pictures, style and
//! scripts are its own, and the one host that it names besides is this machine by its other name.
//!
//! To add a page: write it into the file of its group under `pages`, `practice`, `faults`, `calibration` or `api` (or a new file there),
//! and, for a new group, add one line to `router.rs` or to the `index.rs` of that folder. A fault that visitors can
//! switch on in the shop is one more line in `switches.rs`, and the place where it shows.

mod api;
mod assets;
mod calibration;
mod catalogue;
mod child;
mod faults;
mod html;
mod layout;
mod pages;
mod practice;
mod raw;
mod router;
mod serve;
mod session;
mod switches;
#[cfg(test)]
mod testing;
mod visitor;
mod wait;

pub use calibration::{Bounds, CALIBRATION_PAGES, CalibrationPage, TRUTHS, Truth};
pub use child::{CHILD_VARIABLE, SiteProcess, serve_if_child, start};
pub use faults::{PRACTICE_BASIC_AUTH_PASSWORD, PRACTICE_BASIC_AUTH_USER};
pub use pages::{PRACTICE_CARD, PRACTICE_PASSWORD, PRACTICE_USER};
pub use serve::{serve, serve_forever};
