//! `canarytrace overhead`: what each collector costs the page, measured on against off.

mod collectors;
mod command;
mod monitor;
mod pair;
mod report;

pub use collectors::{COLLECTORS, Collector, all_off, all_on};
pub(crate) use command::{Arguments, run};
pub(crate) use monitor::MONITOR;
pub use pair::{Changes, Pairs, Times};
