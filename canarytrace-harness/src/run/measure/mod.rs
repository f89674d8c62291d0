//! What is asked of the browser and the system at the edges of steps. The answers become marks in the recording, of which
//! `collect` makes documents: so a replay of the log gives them again.

mod coverage;
mod frames;
mod measures;
mod memory;
mod said;
mod usage;

pub(crate) use measures::Measures;
pub(crate) use usage::Reliability;
