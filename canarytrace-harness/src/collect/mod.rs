//! One file a collector: what it listens to, and the documents it makes of it.

pub mod availability;
pub mod console;
mod console_text;
mod cut;
pub mod derive;
mod entries;
pub mod histogram;
pub mod requests;
pub mod sessions;
mod timeline;
pub mod visual_progress;
pub mod vitals;
