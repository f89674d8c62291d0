//! What steps and attempts cost, of our own process, the browser's, and the connection between them; and whether the machine
//! was fit to measure.

mod benchmark;
mod cgroup;
mod processes;
mod spent;
mod verdict;

pub(super) use spent::Usage;
pub(crate) use verdict::Reliability;
