//! How long documents are kept, by dataset.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// How long the documents of a dataset are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// At least this many days.
    Days(u32),
    /// For ever.
    Forever,
}

/// How long documents are kept, by dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// For every dataset without a time of its own.
    all: Option<Keep>,
    of: BTreeMap<String, Keep>,
}

/// A time that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no time to keep documents for: give days (`30d`), `forever`, or one of both for a dataset (`console=14d`)"
)]
pub struct RetentionError(String);

/// Verdicts are small, and compared from year to year.
const YEAR: &[&str] = &["summary", "availability", "vitals", "usage"];

/// Steps, titles and audits: read for some weeks.
const QUARTER: &[&str] = &["report", "smoke-title", "audit", "delivery"];

impl Retention {
    /// Notes `30d` or `forever` for all datasets, or `console=14d` for one.
    ///
    /// # Errors
    /// When it is none of that.
    pub fn add(&mut self, text: &str) -> Result<(), RetentionError> {
        let wrong = || RetentionError(text.to_owned());
        match text.split_once('=') {
            Some((dataset, keep)) => {
                self.of.insert(dataset.trim().to_owned(), keep.parse().map_err(|()| wrong())?);
            }
            None => self.all = Some(text.parse().map_err(|()| wrong())?),
        }
        Ok(())
    }

    /// How long documents of a dataset are kept.
    pub fn of(&self, dataset: &str) -> Keep {
        self.of.get(dataset).copied().or(self.all).unwrap_or_else(|| {
            Keep::Days(if YEAR.contains(&dataset) {
                365
            } else if QUARTER.contains(&dataset) {
                90
            } else {
                30
            })
        })
    }

    /// The datasets that have a time of their own.
    pub fn datasets(&self) -> impl Iterator<Item = &str> {
        self.of.keys().map(String::as_str)
    }
}

impl FromStr for Keep {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim();
        if text == "forever" {
            return Ok(Self::Forever);
        }
        let days = text.strip_suffix('d').ok_or(())?.trim_end();
        if days.is_empty() || !days.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        match days.parse() {
            Ok(0) | Err(_) => Err(()),
            Ok(days) => Ok(Self::Days(days)),
        }
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}d"),
            Self::Forever => f.write_str("forever"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_of_its_own_time_wins_over_all() {
        let mut retention = Retention::default();
        assert_eq!(retention.of("console"), Keep::Days(30));
        assert_eq!(retention.of("summary"), Keep::Days(365));
        retention.add("console=14d").unwrap();
        retention.add("7d").unwrap();
        retention.add("summary = forever").unwrap();
        assert_eq!(retention.of("console"), Keep::Days(14));
        assert_eq!(retention.of("orders"), Keep::Days(7));
        assert_eq!(retention.of("summary"), Keep::Forever);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "d", "30", "0d", "-1d", "+1d", "1h", "console", "console=", "99999999999d"] {
            assert!(Retention::default().add(text).is_err(), "{text}");
        }
    }
}
