//! Kubernetes manifests: built by Kustomize, checked against Kubernetes' own schemas and against our rules.

pub mod kustomize;
pub mod objects;
pub mod qos;
pub mod quantity;
pub mod rules;
pub mod schemas;

use std::fmt;

pub use objects::Manifests;

use crate::elastic::Unavailable;

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule that it breaks, one of [`rules::NAMES`], or `schema`.
    pub rule: &'static str,
    /// The object: `CronJob canarytrace/canarytrace`.
    pub object: String,
    /// What is wrong, and where in the object.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.object, self.rule, self.what)
    }
}

/// Everything that is wrong with the objects in a YAML text: Kubernetes' schemas of each version in [`schemas::VERSIONS`],
/// and our rules.
///
/// # Errors
/// When the schemas can't be had here.
pub fn validate(yaml: &str) -> Result<Vec<Problem>, Unavailable> {
    let mut problems = schemas::check(&[yaml])?;
    problems.extend(rules::check(yaml));
    Ok(problems)
}

/// Fails and names each problem.
///
/// # Panics
/// When there is any.
pub fn assert_none(what: &str, problems: &[Problem]) {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{what}:\n{}", lines.join("\n"));
}
