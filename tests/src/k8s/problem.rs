//! What is wrong with a manifest.

use std::fmt;

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule that it breaks, one of [`super::rules::names`], or `schema`.
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

/// Fails and names each problem.
///
/// # Panics
/// When there is any.
pub fn assert_none(what: &str, problems: &[Problem]) {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{what}:\n{}", lines.join("\n"));
}
