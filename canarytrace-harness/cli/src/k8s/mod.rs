//! `canarytrace k8s`: one `CronJob` a registered monitor, from what the monitor itself declares, and what they ask of a cluster.

mod command;
mod cronjob;
mod described;
mod diff;
mod folder;
mod image;
mod load;
mod names;
mod prune;
mod quantity;
mod schedule;
mod settings;
mod yaml;

pub(crate) use command::{Arguments, run};
