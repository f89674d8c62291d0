//! Builds the monitors with cargo.

mod cargo;
mod package;
mod toolchain;

pub(super) use cargo::{Job, build};
pub(super) use package::{Package, package};
pub(super) use toolchain::{stamp, toolchain};
