//! `canarytrace verify`: pages with known truth are measured, and what was measured is compared with it.

mod command;
mod machine;
mod measured;
mod monitor;
mod report;

pub(crate) use command::{Arguments, run};
pub(crate) use monitor::MONITOR;
