//! `canarytrace replay`: a log of the browser's messages becomes documents again, without a browser.

mod budgets;
mod command;
mod compare;
mod report;
mod tally;

pub(crate) use command::{Arguments, run};
