//! The images of `k8s/`, and the pods of its `CronJob`s: built, played by podman, with a real browser in a container of its
//! own and a real Elasticsearch.

mod changes;
mod images;
mod journey;
mod support;
