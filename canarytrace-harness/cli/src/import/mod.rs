//! `canarytrace import`: a recording of the DevTools Recorder becomes a monitor.

mod address;
mod code;
mod command;
mod literal;
mod locator;
mod names;
mod plan;
mod recording;
mod rustfmt;
mod secret;

pub(crate) use command::{Arguments, run};
