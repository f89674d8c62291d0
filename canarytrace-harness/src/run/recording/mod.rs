//! The recording of an attempt: what the browser tells, kept as a log and made into documents while the monitor runs.

mod bodies;
mod console_text;
mod frames;
mod har;
mod log;
mod marks;
mod objects;
mod parts;
mod recorder;

pub(crate) use marks::Marks;
pub(crate) use recorder::{Recorded, Recording};
