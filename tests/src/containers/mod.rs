//! Containers for tests: podman and buildah with folders of their own, the images of `k8s/`, and pods of its manifests.

mod engine;
mod images;
mod manifests;
mod pod;

pub use engine::{Engine, Missing, engine_or_ignored};
pub(crate) use engine::{OutputOf, in_ci_on_debian};
pub use images::{Image, Images};
pub use manifests::{Manifests, PodOfCronJob};
pub use pod::{HOST, Limits, Pod};
