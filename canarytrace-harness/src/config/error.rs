//! What is wrong with the options: everything at once, each with its place and what is allowed.

use std::fmt;
use std::path::PathBuf;

/// Where an option was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// An environment variable.
    Environment,
    /// A line, counted from 1, of the file.
    File {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// Nowhere, and it has to be given.
    Unset,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => f.write_str("environment variable"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// One option that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name as it is written at its place: `WAIT_FOR_TIMEOUT`, or `wait_for_timeout` in the file.
    pub option: String,
    /// Where it stands.
    pub place: Place,
    /// Its value, masked when the option is secret.
    pub value: Option<String>,
    /// What is allowed instead.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.option, self.place)?;
        if let Some(value) = &self.value {
            write!(f, " is {value:?}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// All options that are wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", list(.problems))]
pub struct ConfigError {
    /// At least one, in the order of the options' table.
    pub problems: Vec<Problem>,
}

fn list(problems: &[Problem]) -> String {
    let count = match problems.len() {
        1 => "one option is wrong".to_owned(),
        n => format!("{n} options are wrong"),
    };
    problems.iter().fold(count, |text, problem| format!("{text}\n  {problem}"))
}

/// The one of `known` that a misspelt `word` most likely means.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (edits(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len().div_ceil(3).min(4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_neighbour_and_a_foreign_one_none() {
        let known = ["timeout", "step_timeout", "retries"];
        assert_eq!(did_you_mean("timout", known), Some("timeout"));
        assert_eq!(did_you_mean("STEP_TIMEUOT", known), Some("step_timeout"));
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(edits("kitten", "sitting"), 3);
    }
}
