//! A query and its answer.

use serde_json::Value;

/// The most groups that a query may make: so many are counted exactly everywhere, and no more are of use to anybody.
pub const MAX_GROUPS: usize = 10_000;

/// A question about documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Where to look; never empty.
    pub datasets: Vec<String>,
    /// Only documents made then or later: a date, or date math such as `now-1h`.
    pub since: Option<String>,
    /// Only documents made then or earlier.
    pub until: Option<String>,
    /// Only documents of this run.
    pub run: Option<String>,
    /// Only documents of this monitor, by its name.
    pub monitor: Option<String>,
    /// What the documents have to be like.
    pub filter: Filter,
    /// What comes first; documents that are alike in all of this come in the order they were made in, in the direction of
    /// the last one.
    pub sort: Vec<Order>,
    /// How many documents to show; all are counted.
    pub size: usize,
    /// Count them by the values of a field.
    pub group: Option<Group>,
    /// A figure of all of them, or of each group.
    pub metric: Option<Metric>,
}

/// How many documents are shown when nobody says.
const USUAL_SIZE: usize = 20;

impl Query {
    /// Every document of a dataset, the newest first.
    pub fn of(dataset: &str) -> Self {
        Self {
            datasets: vec![dataset.to_owned()],
            since: None,
            until: None,
            run: None,
            monitor: None,
            filter: Filter::All,
            sort: vec![Order { field: "timestamp".to_owned(), descending: true }],
            size: USUAL_SIZE,
            group: None,
            metric: None,
        }
    }

    /// The same, of documents that are like this only.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }
}

/// What a document has to be like. The meaning is Elasticsearch's on the fields' mappings: an array fits when one of its
/// values does, and what is missing fits nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Every document.
    All,
    /// The value: exactly it, or in analysed text one of its words.
    Match {
        /// The field.
        field: String,
        /// Text, number or boolean.
        value: Value,
    },
    /// The words of analysed text one after another; elsewhere the same as `Match`.
    Phrase {
        /// The field.
        field: String,
        /// The words.
        text: String,
    },
    /// The words of analysed text one after another; of an exact text, any part of it.
    Contains {
        /// The field.
        field: String,
        /// What is looked for.
        text: String,
    },
    /// A text, or in analysed text a word, that fits a pattern with `*` and `?`, which `\` makes plain.
    Wildcard {
        /// The field.
        field: String,
        /// The pattern.
        pattern: String,
    },
    /// A value between two bounds.
    Range {
        /// The field.
        field: String,
        /// Lower bound.
        from: Option<Bound>,
        /// Upper bound.
        to: Option<Bound>,
    },
    /// Any value at all.
    Exists {
        /// The field.
        field: String,
    },
    /// All of these.
    And(Vec<Filter>),
    /// At least one of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
}

impl Filter {
    /// `field` has the value.
    pub fn matches(field: &str, value: impl Into<Value>) -> Self {
        Self::Match { field: field.to_owned(), value: value.into() }
    }

    /// `field` is `value` or more.
    pub fn at_least(field: &str, value: impl Into<Value>) -> Self {
        Self::Range { field: field.to_owned(), from: Some(Bound { value: value.into(), inclusive: true }), to: None }
    }

    /// `field` is `value` or less.
    pub fn at_most(field: &str, value: impl Into<Value>) -> Self {
        Self::Range { field: field.to_owned(), from: None, to: Some(Bound { value: value.into(), inclusive: true }) }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// Number, date or text.
    pub value: Value,
    /// Whether the value itself is within.
    pub inclusive: bool,
}

/// What comes first. Documents without a value come last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The field.
    pub field: String,
    /// The largest first.
    pub descending: bool,
}

/// Counting by the values of a field, the most frequent first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The field.
    pub field: String,
    /// How many groups to show.
    pub size: usize,
}

/// A figure of documents.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Which one.
    pub kind: MetricKind,
    /// Of which field.
    pub field: String,
}

/// Which figure.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricKind {
    /// How many values there are.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The mean.
    Avg,
    /// The sum.
    Sum,
    /// The values below which so many percent lie, 0 to 100. Clusters estimate them (t-digest).
    Percentiles(Vec<f64>),
}

/// What a query found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// How many documents there are like this.
    pub total: u64,
    /// The first of them.
    pub hits: Vec<Hit>,
    /// The groups, if they were asked for.
    pub groups: Option<Vec<GroupRow>>,
    /// The figure of all, if it was asked for and there are no groups.
    pub figure: Option<Figure>,
}

/// A document that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Name of its dataset.
    pub dataset: String,
    /// Its id.
    pub id: String,
    /// All of it.
    pub document: Value,
}

/// The documents that share a value.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// The value.
    pub key: Value,
    /// How many documents have it.
    pub count: u64,
    /// The figure of these.
    pub figure: Option<Figure>,
}

/// A figure; none where no document has a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Figure {
    /// How many.
    Count(u64),
    /// One number.
    Number(Option<f64>),
    /// Percent and value.
    Percentiles(Vec<(f64, Option<f64>)>),
}
