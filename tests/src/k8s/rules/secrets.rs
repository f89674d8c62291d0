//! Nothing secret is in a manifest.

use canarytrace::config::{OPTIONS, Shown};
use serde_json::Value;
use url::Url;

use super::super::objects::{list, problem, text};
use super::super::{Manifests, Problem};

/// Parts of the names of variables that hold something secret.
const SECRET: [&str; 7] = ["PASS", "TOKEN", "SECRET", "KEY", "AUTH", "CREDENTIAL", "TOTP"];

/// Secrets are made outside of git.
pub(super) fn object(manifests: &Manifests) -> Vec<Problem> {
    let secrets = manifests.of_kind("Secret");
    secrets.map(|secret| problem(secret, "secret-object", "a Secret is in the manifests, which lie in git")).collect()
}

/// What is secret comes from Secrets, never as it is.
pub(super) fn value(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        for container in pod.all_containers() {
            for variable in list(&container["env"]) {
                if let Some(what) = wrong(text(&variable["name"]), &variable["value"]) {
                    problems.push(pod.problem("secret-value", format!("{}: {what}", text(&container["name"]))));
                }
            }
            for part in ["command", "args"] {
                for argument in list(&container[part]) {
                    if has_password(text(argument)) {
                        problems.push(pod.problem("secret-value", format!("{}: {part}", text(&container["name"]))));
                    }
                }
            }
        }
    }
    for map in manifests.of_kind("ConfigMap") {
        for (name, value) in map["data"].as_object().into_iter().flatten() {
            if let Some(what) = wrong(name, value) {
                problems.push(problem(map, "secret-value", what));
            }
        }
    }
    problems
}

fn wrong(name: &str, value: &Value) -> Option<String> {
    let value = text(value);
    // Which file it is in is no secret, and what Kubernetes puts together comes from elsewhere.
    if value.is_empty() || name.ends_with("_FILE") || value.contains("$(") {
        return None;
    }
    if has_password(value) {
        return Some(format!("{name} holds a URL with a password"));
    }
    let option = OPTIONS.iter().find(|option| option.env == name);
    let secret = match option {
        Some(option) => option.shown == Shown::Never,
        None => SECRET.iter().any(|part| name.to_uppercase().contains(part)),
    };
    secret.then(|| format!("{name} has its value here: take it from a Secret (valueFrom, envFrom)"))
}

/// Whether one of the words is a URL with a password in it.
fn has_password(text: &str) -> bool {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ';' | ',' | '"' | '\''));
    words.filter_map(|word| Url::parse(word).ok()).any(|url| url.password().is_some())
}
