//! The twelve queries that the original published, by name, with its values as defaults.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::QueryError;
use super::model::{Bound, Filter, Query};
use super::schema::nearest;

/// A query that the original published.
#[derive(Debug)]
pub struct Published {
    /// Its name here.
    pub name: &'static str,
    /// What it finds.
    pub doc: &'static str,
    /// Where it looks.
    pub dataset: &'static str,
    /// Only documents made then or later.
    pub since: Option<&'static str>,
    /// Its conditions, all of which have to hold.
    pub parts: &'static [Part],
}

/// A condition of a published query, whose value is a parameter.
#[derive(Debug)]
pub struct Part {
    /// The parameter, as in `--set NAME=VALUE`.
    pub param: &'static str,
    /// The field.
    pub field: &'static str,
    /// How they belong together.
    pub operator: Operator,
    /// The published value. A condition without one is left out until a value is given.
    pub default: Option<&'static str>,
}

/// How a field and a value belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// It is the value.
    Is,
    /// It is not the value.
    IsNot,
    /// It fits the pattern.
    Fits,
    /// It is the value or more.
    AtLeast,
    /// It is the value or less.
    AtMost,
}

const fn part(param: &'static str, field: &'static str, operator: Operator, default: &'static str) -> Part {
    Part { param, field, operator, default: Some(default) }
}

const fn open(param: &'static str, field: &'static str, operator: Operator) -> Part {
    Part { param, field, operator, default: None }
}

use Operator::{AtLeast, AtMost, Fits, Is, IsNot};

/// All of them, in the order in which the original published them.
pub const PUBLISHED: &[Published] = &[
    Published {
        name: "failed-steps",
        doc: "Steps and attempts that failed",
        dataset: "report",
        since: None,
        parts: &[part("passed", "passed", Is, "false")],
    },
    Published {
        name: "slow-steps",
        doc: "Steps that passed and took long, ms; but one if wanted",
        dataset: "report",
        since: None,
        parts: &[
            part("duration", "testStepDuration", AtLeast, "5000"),
            part("passed", "passed", Is, "true"),
            open("but", "fullTitle", IsNot),
        ],
    },
    Published {
        name: "slow-pages",
        doc: "Audits that found a page to be slow and unsteady",
        dataset: "audit",
        since: None,
        parts: &[
            part("lcp", "audits.largest-contentful-paint.numericValue", AtLeast, "4000"),
            part("tti", "audits.interactive.numericValue", AtLeast, "300"),
            part("cls", "audits.cumulative-layout-shift.numericValue", AtLeast, "0.25"),
        ],
    },
    Published {
        name: "middling-scores",
        doc: "Audits with a performance score between two, 0 to 100",
        dataset: "audit",
        since: None,
        parts: &[
            part("from", "categories.performance.score", AtLeast, "70"),
            part("to", "categories.performance.score", AtMost, "90"),
        ],
    },
    Published {
        name: "slow-responses",
        doc: "Entries of the last hour with a long response time, ms",
        dataset: "performance-entries",
        since: Some("now-1h"),
        parts: &[part("time", "responseTime", AtLeast, "1000")],
    },
    Published {
        name: "slow-styles",
        doc: "Style sheets with a long time to first byte, ms",
        dataset: "performance-entries",
        since: None,
        parts: &[part("name", "name", Fits, "*css"), part("ttfb", "ttfb", AtLeast, "100")],
    },
    Published {
        name: "late-marks",
        doc: "Marks that came late, ms",
        dataset: "performance-entries",
        since: None,
        parts: &[part("type", "entryType", Is, "mark"), part("start", "startTime", AtLeast, "2000")],
    },
    Published {
        name: "large-heaps",
        doc: "Pages that use much memory, bytes",
        dataset: "memory",
        since: None,
        parts: &[part("bytes", "data.usedJSHeapSize", AtLeast, "40000000")],
    },
    Published {
        name: "uncompressed-scripts",
        doc: "Scripts that came without compression",
        dataset: "request-log",
        since: None,
        parts: &[
            part("type", "response.headers.content-type", Is, "javascript"),
            part("encoding", "response.headers.content-encoding", IsNot, "gzip"),
        ],
    },
    Published {
        name: "large-transfers",
        doc: "Answers that are large, bytes",
        dataset: "request-log",
        since: None,
        parts: &[part("bytes", "response.totalEncodedDataLength", AtLeast, "500000")],
    },
    Published {
        name: "unused-code",
        doc: "Scripts and style sheets of which much is not used, percent",
        dataset: "coverage-audit",
        since: None,
        parts: &[part("percent", "percentUnused", AtLeast, "25")],
    },
    Published {
        name: "wrong-titles",
        doc: "Answers of a URL (url) with another title than this (title)",
        dataset: "smoke-title",
        since: None,
        parts: &[open("url", "entryUrl", Is), open("title", "title", IsNot)],
    },
];

/// The query of a name, with other values for some of its parameters.
///
/// # Errors
/// When there is no query or parameter of a name.
pub fn published(name: &str, values: &BTreeMap<String, String>) -> Result<Query, QueryError> {
    let Some(found) = PUBLISHED.iter().find(|query| query.name == name) else {
        let near = nearest(name, PUBLISHED.iter().map(|query| query.name));
        let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
        let message =
            format!("no query is named {name:?}{near} `canarytrace query` lists them, --free TEXT is one of your own");
        return Err(QueryError::new("query", message));
    };
    if let Some(wrong) = values.keys().find(|value| !found.parts.iter().any(|part| part.param == value.as_str())) {
        let params = found.parts.iter().map(|part| part.param).collect::<Vec<_>>().join(", ");
        let message = format!("{name} has no parameter {wrong:?}; it has {params}");
        return Err(QueryError::new("--set", message));
    }
    let conditions = found.parts.iter().filter_map(|part| {
        let value = values.get(part.param).map(String::as_str).or(part.default)?;
        let field = part.field.to_owned();
        let bound = || Some(Bound { value: Value::from(value), inclusive: true });
        Some(match part.operator {
            Is => Filter::matches(part.field, value),
            IsNot => Filter::matches(part.field, value).negated(),
            Fits => Filter::Wildcard { field, pattern: value.to_owned() },
            AtLeast => Filter::Range { field, from: bound(), to: None },
            AtMost => Filter::Range { field, from: None, to: bound() },
        })
    });
    let mut query = Query::of(found.dataset).filter(Filter::And(conditions.collect()));
    query.since = found.since.map(ToOwned::to_owned);
    Ok(query)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::plan::Plan;
    use super::super::schema::Schemas;
    use super::*;

    #[test]
    fn all_twelve_can_be_asked_as_they_were_published() {
        assert_eq!(PUBLISHED.len(), 12);
        for query in PUBLISHED {
            let plan =
                Plan::new(&published(query.name, &BTreeMap::new()).unwrap(), &Schemas::default(), Timestamp::now());
            assert_eq!(plan.unwrap().notes, Vec::<String>::new(), "{}", query.name);
        }
    }

    #[test]
    fn other_values_may_be_given_and_wrong_names_are_told() {
        let values = BTreeMap::from([("duration".to_owned(), "100".to_owned())]);
        let query = published("slow-steps", &values).unwrap();
        let expected = [Filter::at_least("testStepDuration", "100"), Filter::matches("passed", "true")];
        assert_eq!(query.filter, Filter::And(expected.to_vec()));
        let error = published("large-heaps", &values).unwrap_err().to_string();
        assert_eq!(error, "--set: large-heaps has no parameter \"duration\"; it has bytes");
        let error = published("slow-step", &values).unwrap_err().to_string();
        assert!(error.contains("did you mean slow-steps?"), "{error}");
    }
}
