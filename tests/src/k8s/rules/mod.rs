//! What we demand of manifests beyond what Kubernetes does. One file a concern; `registry.rs` knows all of them.

mod elastic;
mod images;
mod jobs;
mod naming;
mod options;
mod registry;
mod resources;
mod secrets;
mod security;
mod sidecar;
mod volumes;

pub use registry::{check, names};
