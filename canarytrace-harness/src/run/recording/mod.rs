//! The recording of an attempt: what the browser tells, kept as a log and made into documents while the monitor runs.

mod bodies;
mod log;
mod marks;
mod recorder;

pub(crate) use marks::Marks;
pub(crate) use recorder::{Recorded, Recording};
