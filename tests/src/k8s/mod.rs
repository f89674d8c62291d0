//! Kubernetes manifests: built by Kustomize, checked against Kubernetes' own schemas and against our rules.

pub mod kustomize;
pub mod objects;
mod problem;
pub mod qos;
pub mod quantity;
pub mod rules;
pub mod schemas;
mod validate;

pub use objects::Manifests;
pub use problem::{Problem, assert_none};
pub use validate::validate;
