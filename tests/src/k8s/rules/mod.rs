//! What we demand of manifests beyond what Kubernetes does. One file a concern; [`RULES`] is where a rule is registered.

mod elastic;
mod images;
mod jobs;
mod names;
mod options;
mod resources;
mod secrets;
mod security;
mod sidecar;
mod volumes;

use super::{Manifests, Problem};

/// A rule: its name, and what finds where it is broken.
type Rule = (&'static str, fn(&Manifests) -> Vec<Problem>);

const RULES: &[Rule] = &[
    ("names", names::names),
    ("labels", names::labels),
    ("image", images::image),
    ("resources", resources::resources),
    ("sidecar", sidecar::sidecar),
    ("probes", sidecar::probes),
    ("shared-memory", sidecar::shared_memory),
    ("security-pod", security::pod),
    ("security-container", security::container),
    ("security-host", security::host),
    ("token", security::token),
    ("pod-security", security::namespace),
    ("secret-object", secrets::object),
    ("secret-value", secrets::value),
    ("volumes", volumes::volumes),
    ("read-only-root", volumes::writable),
    ("job", jobs::job),
    ("schedule", jobs::schedule),
    ("deadline", jobs::deadline),
    ("grace", jobs::grace),
    ("option-name", options::name),
    ("option-value", options::value),
    ("elastic", elastic::elastic),
];

/// The names of all rules.
pub fn names() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|(name, _)| *name)
}

/// Where the objects in a YAML text break our rules.
pub fn check(yaml: &str) -> Vec<Problem> {
    match Manifests::parse(yaml) {
        Ok(manifests) => RULES.iter().flat_map(|(_, rule)| rule(&manifests)).collect(),
        Err(what) => vec![Problem { rule: "names", object: "(text)".to_owned(), what: format!("no valid YAML: {what}") }],
    }
}
