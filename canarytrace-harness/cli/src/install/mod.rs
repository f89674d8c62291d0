//! `canarytrace install` and `canarytrace uninstall`: what the documents need in a cluster, put there, checked, removed.

mod apply;
mod cluster;
mod command;
mod overrides;
mod plan;
mod roles;
mod snapshots;
mod streams;
mod uninstall;
mod verify;
mod wait;

pub use apply::{Installed, install};
pub use cluster::Cluster;
pub(crate) use command::{Arguments, run};
pub use plan::{Plan, PlannedTemplate};
pub use roles::{Role, RoleForm, print_roles, roles};
pub use streams::StreamPlan;
pub(crate) use uninstall::{Arguments as UninstallArguments, run as run_uninstall};
pub use uninstall::{Uninstalled, uninstall};
