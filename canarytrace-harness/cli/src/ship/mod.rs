//! `canarytrace ship`: sends to the cluster what runs left on disk.

mod command;
mod progress;

pub(crate) use command::{Arguments, run};
