//! Variables of our programs are options of ours, with values that these take.

use std::collections::BTreeMap;

use canarytrace::config::{Config, OPTIONS, Shown};
use serde_json::Value;

use super::super::objects::{Pod, list, problem, text};
use super::super::{Manifests, Problem};

/// Variables that are none of ours, and have a meaning in our images.
const OTHERS: [&str; 8] = ["HOME", "TMPDIR", "INSTANCE", "CARGO_HOME", "LANG", "TZ", "SSL_CERT_FILE", "NO_COLOR"];

/// `ConfigMap`s whose keys become variables of our containers.
const OURS: [&str; 2] = ["canarytrace", "canarytrace-git"];

fn is_ours(pod: Pod<'_>) -> bool {
    !pod.is_node_agent()
}

fn is_known(name: &str) -> bool {
    let secret = |name: &str| OPTIONS.iter().any(|option| option.env == name && option.shown == Shown::Never);
    OTHERS.contains(&name)
        || OPTIONS.iter().any(|option| option.env == name)
        || name.strip_suffix("_FILE").is_some_and(secret)
}

/// A name that is no option would be without effect, and nobody would notice.
pub(super) fn name(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods().filter(|pod| is_ours(*pod)) {
        for container in pod.all_containers() {
            for variable in list(&container["env"]).iter().map(|variable| text(&variable["name"])) {
                if !is_known(variable) {
                    problems.push(pod.problem("option-name", format!("{variable} is no option of Canarytrace")));
                }
            }
        }
    }
    for map in manifests.of_kind("ConfigMap").filter(|map| OURS.contains(&text(&map["metadata"]["name"]))) {
        for name in map["data"].as_object().into_iter().flatten().map(|(name, _)| name) {
            if !is_known(name) {
                problems.push(problem(map, "option-name", format!("{name} is no option of Canarytrace")));
            }
        }
    }
    problems
}

/// Every value is one that the option takes: else each run ends before it begins.
pub(super) fn value(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods().filter(|pod| is_ours(*pod)) {
        for container in pod.all_containers() {
            if let Err(error) = Config::from_parts(readable(&given(manifests, container)), None) {
                problems.push(pod.problem("option-value", format!("{}: {error}", text(&container["name"]))));
            }
        }
    }
    for map in manifests.of_kind("ConfigMap").filter(|map| OURS.contains(&text(&map["metadata"]["name"]))) {
        let mut given = BTreeMap::new();
        add(&mut given, map);
        if let Err(error) = Config::from_parts(readable(&given), None) {
            problems.push(problem(map, "option-value", error.to_string()));
        }
    }
    problems
}

/// The variables of a container whose values stand in the manifests.
pub(super) fn given(manifests: &Manifests, container: &Value) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    for source in list(&container["envFrom"]) {
        let name = &source["configMapRef"]["name"];
        for map in manifests.of_kind("ConfigMap").filter(|map| map["metadata"]["name"] == *name) {
            add(&mut given, map);
        }
    }
    for variable in list(&container["env"]) {
        if let Some(value) = variable["value"].as_str() {
            given.insert(text(&variable["name"]).to_owned(), value.to_owned());
        }
    }
    given
}

fn add(given: &mut BTreeMap<String, String>, map: &Value) {
    for (name, value) in map["data"].as_object().into_iter().flatten() {
        given.insert(name.clone(), text(value).to_owned());
    }
}

/// Without those that name files with secrets, which are not here.
pub(super) fn readable(given: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let here = given.iter().filter(|(name, _)| !name.ends_with("_FILE"));
    here.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A duration as options have it: with a unit, or in milliseconds.
pub(super) fn duration(text: &str) -> Option<std::time::Duration> {
    let env = [("CANARYTRACE_FLUSH".to_owned(), text.to_owned())];
    Config::from_parts(env, None).ok().map(|config| config.flush)
}
