//! One file a collector: what it listens to, and the documents it makes of it.

pub mod availability;
pub mod console;
mod console_text;
pub mod coverage;
mod cut;
pub mod derive;
mod entries;
pub mod histogram;
pub mod memory;
pub mod requests;
pub mod sessions;
mod timeline;
pub mod usage;
pub mod visual_progress;
pub mod vitals;
