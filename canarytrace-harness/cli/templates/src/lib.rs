//! Monitors: journeys through an application, as its users make them. Each file here is one part of the application.
//!
//! A monitor is an async function with `#[monitor]`; whatever several of them do is an ordinary function or a page
//! object (see [`pages`]). A new file needs a line here, and nothing else.

pub mod account;
pub mod catalogue;
pub mod pages;
