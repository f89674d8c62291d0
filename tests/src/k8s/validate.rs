//! Everything that there is to check of manifests.

use super::{Problem, rules, schemas};
use crate::elastic::Unavailable;

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
