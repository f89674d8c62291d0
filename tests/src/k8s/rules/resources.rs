//! Fixed resources: they are what makes figures comparable.

use super::super::objects::text;
use super::super::quantity::thousandths;
use super::super::{Manifests, Problem};

/// Every container says what it asks for and what it may have, of processor and memory.
pub(super) fn resources(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        for container in pod.all_containers() {
            for resource in ["cpu", "memory"] {
                let of = |part: &str| thousandths(&container["resources"][part][resource]);
                let what = match (of("requests"), of("limits")) {
                    (Some(request), Some(limit)) if request > limit => format!("asks for more {resource} than it may have"),
                    (Some(request), Some(_)) if request > 0 => continue,
                    (_, None) => format!("resources.limits has no {resource}"),
                    _ => format!("resources.requests has no {resource}"),
                };
                problems.push(pod.problem("resources", format!("{}: {what}", text(&container["name"]))));
            }
        }
    }
    problems
}
