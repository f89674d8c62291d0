//! One runner, one browser: the browser is a native sidecar, which ends when the runner has ended.

use serde_json::Value;

use super::super::objects::{Pod, list, text};
use super::super::quantity::thousandths;
use super::super::{Manifests, Problem};

/// The browser of a pod.
fn browser(pod: Pod<'_>) -> Option<&Value> {
    list(&pod.spec["initContainers"]).iter().find(|container| container["name"] == "browser")
}

/// A monitor's pod has exactly one runner, and a browser exactly when the runner is told where one is.
pub(super) fn sidecar(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods().filter(|pod| pod.is_monitor()) {
        let mut wrong = |what: &str| problems.push(pod.problem("sidecar", what));
        let containers = list(&pod.spec["containers"]);
        let [runner] = containers else {
            wrong("a Job ends when all its containers have: everything but the runner is a sidecar");
            continue;
        };
        if runner["name"] != "runner" {
            wrong("the container is not called runner");
        }
        let told = list(&runner["env"]).iter().find(|variable| variable["name"] == "WEBDRIVER_URL");
        match (browser(pod), told) {
            (Some(browser), Some(_)) => {
                if browser["restartPolicy"] != "Always" {
                    wrong("the browser has no restartPolicy Always: the runner would wait for its end");
                }
                if list(&pod.spec["initContainers"]).last() != Some(browser) {
                    wrong("something else is done while the browser runs already");
                }
            }
            (None, None) => {}
            (Some(_), None) => wrong("the runner is not told of the browser (WEBDRIVER_URL)"),
            (None, Some(_)) => wrong("the runner is told of a browser (WEBDRIVER_URL), and there is none"),
        }
    }
    problems
}

/// The runner starts when the browser takes sessions.
pub(super) fn probes(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        let Some(browser) = browser(pod) else { continue };
        for probe in ["startupProbe", "readinessProbe"] {
            let asked = ["exec", "httpGet", "tcpSocket"].iter().any(|how| browser[probe][how].is_object());
            if !asked {
                problems.push(pod.problem("probes", format!("browser: there is no {probe}")));
            }
            // It listens on localhost alone.
            if browser[probe]["httpGet"].is_object() || browser[probe]["tcpSocket"].is_object() {
                problems.push(pod.problem("probes", format!("browser: {probe} comes from outside of the pod")));
            }
        }
    }
    problems
}

/// Pictures of pages go through `/dev/shm`: 64 MB, the usual size in containers, are too little.
pub(super) fn shared_memory(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        let Some(browser) = browser(pod) else { continue };
        let mut wrong = |what: &str| problems.push(pod.problem("shared-memory", format!("browser: {what}")));
        let mount = list(&browser["volumeMounts"]).iter().find(|mount| mount["mountPath"] == "/dev/shm");
        let volume = mount.and_then(|mount| {
            list(&pod.spec["volumes"]).iter().find(|volume| volume["name"] == mount["name"])
        });
        let Some(volume) = volume else {
            wrong("nothing is mounted at /dev/shm");
            continue;
        };
        if volume["emptyDir"]["medium"] != "Memory" {
            wrong("/dev/shm is not in memory");
        }
        let limit = thousandths(&browser["resources"]["limits"]["memory"]).unwrap_or_default();
        match thousandths(&volume["emptyDir"]["sizeLimit"]) {
            None => wrong("/dev/shm has no sizeLimit, and could take all memory"),
            // Below it the browser is started without it.
            Some(size) if size < 512 * 1024 * 1024 * 1000 => wrong("/dev/shm has less than 512 MiB"),
            Some(size) if size * 2 > limit => wrong("/dev/shm could take more than half of the container's memory"),
            Some(_) => {}
        }
    }
    problems
}
