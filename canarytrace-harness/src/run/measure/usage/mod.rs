//! What steps and attempts cost, of our own process, the browser's, and the connection between them; and whether the machine
//! was fit to measure.

mod benchmark;
mod cgroup;
mod processes;
mod usage;
mod verdict;

pub(super) use usage::Usage;
pub(crate) use verdict::Reliability;
