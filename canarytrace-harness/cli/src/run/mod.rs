//! `canarytrace run`: the container's command. From git to the monitors: clone, build once, become them.

mod baked;
mod build;
mod cache;
mod clone;
mod command;
mod digest;
mod from_git;
mod monitors;
mod phases;
mod progress;
mod report;
mod signals;
mod trouble;

pub(crate) use command::{Arguments, run};
