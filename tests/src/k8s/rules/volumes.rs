//! Volumes and where they are mounted.

use std::collections::BTreeSet;

use super::super::objects::{list, text};
use super::super::{Manifests, Problem};

/// Each mount has its volume, each volume its mount, and what grows its limit.
pub(super) fn volumes(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        let mut wrong = |what: String| problems.push(pod.problem("volumes", what));
        let declared: BTreeSet<&str> = list(&pod.spec["volumes"]).iter().map(|volume| text(&volume["name"])).collect();
        let mut mounted = BTreeSet::new();
        for container in pod.all_containers() {
            let mut paths = BTreeSet::new();
            for mount in list(&container["volumeMounts"]) {
                let (name, path) = (text(&mount["name"]), text(&mount["mountPath"]));
                if !declared.contains(name) {
                    wrong(format!("{}: {path} is the volume {name}, which there is not", text(&container["name"])));
                }
                if !paths.insert(path) {
                    wrong(format!("{}: two volumes are mounted at {path}", text(&container["name"])));
                }
                mounted.insert(name);
            }
        }
        for name in declared.difference(&mounted) {
            wrong(format!("the volume {name} is mounted nowhere"));
        }
        for volume in list(&pod.spec["volumes"]) {
            if volume["emptyDir"].is_object() && volume["emptyDir"]["sizeLimit"].is_null() {
                wrong(format!("the volume {} has no sizeLimit", text(&volume["name"])));
            }
        }
    }
    problems
}

/// With a read-only root, the folders that our programs write to are volumes.
pub(super) fn writable(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods().filter(|pod| !pod.is_node_agent()) {
        for container in pod.all_containers() {
            let name = text(&container["name"]);
            let mounts = list(&container["volumeMounts"]);
            for variable in list(&container["env"]) {
                let (option, path) = (text(&variable["name"]), text(&variable["value"]));
                let written = ["HOME", "TMPDIR", "CANARYTRACE_DATA", "CARGO_HOME"].contains(&option);
                let is_volume = mounts.iter().any(|mount| {
                    let at = text(&mount["mountPath"]);
                    mount["readOnly"] != true && (path == at || path.starts_with(&format!("{at}/")))
                });
                if written && !is_volume {
                    problems.push(pod.problem("read-only-root", format!("{name}: {option}={path} can't be written")));
                }
            }
            for folder in ["HOME", "TMPDIR"] {
                if !list(&container["env"]).iter().any(|variable| variable["name"] == folder) {
                    problems.push(pod.problem("read-only-root", format!("{name}: {folder} is not set")));
                }
            }
        }
    }
    problems
}
