//! Which images run.

use super::super::objects::text;
use super::super::{Manifests, Problem};

/// Each image is named with a version: what runs tomorrow is what was tested today.
pub(super) fn image(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        for container in pod.all_containers() {
            let (name, image) = (text(&container["name"]), text(&container["image"]));
            let tag = image.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
            let what = match tag {
                None => format!("{name}: image {image:?} has no tag"),
                Some("" | "latest") => format!("{name}: image {image:?} is another one every day"),
                // A tag that is pulled anew each time may be one that moves; and a registry that is down ends all monitors.
                Some(_) if container["imagePullPolicy"] == "Always" => format!("{name}: imagePullPolicy is Always"),
                Some(_) => continue,
            };
            problems.push(pod.problem("image", what));
        }
    }
    problems
}
