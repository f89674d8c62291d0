//! What a query means for our documents: every field looked up, every value read.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::condition::{Test, described};
use super::error::QueryError;
use super::model::{Filter, MAX_GROUPS, MetricKind, Query};
use super::schema::{Column, Kind, Schemas, nearest};
use super::values::{self, Number};
use super::{Bound, date};

/// A query that can be answered.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) query: Query,
    pub(super) condition: Condition,
    pub(super) sort: Vec<(Place, bool)>,
    pub(super) group: Option<Place>,
    pub(super) metric: Option<Place>,
    /// What is odd about the query, though it can be answered: fields that no dataset has.
    pub notes: Vec<String>,
}

/// A field and the datasets that have it.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) column: Column,
    pub(super) datasets: Vec<String>,
}

/// A filter with its fields looked up.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    All,
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Leaf(Place, Test),
    /// A condition on a field that none of our datasets has: documents of others may.
    Unknown(Filter),
}

/// A value that sorts and groups.
#[derive(Clone, Debug)]
pub(super) enum Key {
    Boolean(bool),
    Whole(i64),
    Float(f64),
    Text(String),
    Address(u128),
}

/// Fields that tell any two documents of runs apart. They end every order, so that it is the same everywhere.
pub(super) const TIE_BREAKERS: [&str; 3] = ["uuid", "sequence", "attempt"];

impl Plan {
    /// Looks up what the query names. `now` is the moment that date math counts from.
    ///
    /// # Errors
    /// When a dataset is unknown, a value doesn't fit its field, or a field can't be used so.
    pub fn new(query: &Query, schemas: &Schemas, now: Timestamp) -> Result<Self, QueryError> {
        if query.datasets.is_empty() {
            return Err(QueryError::new("dataset", "none is named; `--dataset report` names one"));
        }
        for dataset in &query.datasets {
            if schemas.get(dataset).is_none() {
                let near = nearest(dataset, schemas.names());
                let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                let all = schemas.names().collect::<Vec<_>>().join(", ");
                return Err(QueryError::new(
                    "dataset",
                    format!("there is none of the name {dataset:?}{near} There are {all}"),
                ));
            }
        }
        let mut planner = Planner { query, schemas, now, notes: Vec::new() };
        let condition = planner.condition(&whole_filter(query))?;
        let mut sort = Vec::new();
        for order in &query.sort {
            sort.push((planner.ordered(&order.field, "sort")?, order.descending));
        }
        let descending = sort.last().is_some_and(|(_, descending)| *descending);
        for field in TIE_BREAKERS {
            sort.push((planner.ordered(field, "sort")?, descending));
        }
        let group = match &query.group {
            Some(group) if !(1..=MAX_GROUPS).contains(&group.size) => {
                return Err(QueryError::new(
                    "by",
                    format!("{} groups can't be shown; 1 to {MAX_GROUPS} can", group.size),
                ));
            }
            Some(group) => Some(planner.ordered(&group.field, "by")?),
            None => None,
        };
        let metric = match &query.metric {
            Some(metric) => Some(planner.measured(&metric.field, &metric.kind)?),
            None => None,
        };
        let notes = planner.notes;
        Ok(Self { query: query.clone(), condition, sort, group, metric, notes })
    }

    /// Whether a document of a dataset is one of those that are asked for.
    pub fn matches(&self, dataset: &str, document: &Value) -> bool {
        self.query.datasets.iter().any(|name| name == dataset) && self.condition.passes(dataset, document)
    }

    /// The moments that `timestamp` of a matching document lies in, ms since the epoch, both ends within.
    pub(super) fn window(&self) -> (i64, i64) {
        fn narrow(condition: &Condition, window: &mut (i64, i64)) {
            match condition {
                Condition::And(all) => all.iter().for_each(|condition| narrow(condition, window)),
                Condition::Leaf(place, Test::Time(first, last)) if place.column.path == "timestamp" => {
                    *window = (window.0.max(*first), window.1.min(*last));
                }
                _ => (),
            }
        }
        let mut window = (i64::MIN, i64::MAX);
        narrow(&self.condition, &mut window);
        window
    }
}

/// The filter with dataset-independent narrowing as conditions like all others.
fn whole_filter(query: &Query) -> Filter {
    let mut all = Vec::new();
    let bound =
        |text: &Option<String>| text.as_ref().map(|text| Bound { value: Value::String(text.clone()), inclusive: true });
    if query.since.is_some() || query.until.is_some() {
        let (from, to) = (bound(&query.since), bound(&query.until));
        all.push(Filter::Range { field: "timestamp".to_owned(), from, to });
    }
    if let Some(run) = &query.run {
        all.push(Filter::matches("uuid", run.as_str()));
    }
    if let Some(monitor) = &query.monitor {
        // Documents of the original have only the latter.
        let fields = ["monitor.name", "spec"];
        all.push(Filter::Or(fields.iter().map(|field| Filter::matches(field, monitor.as_str())).collect()));
    }
    all.push(query.filter.clone());
    Filter::And(all)
}

struct Planner<'a> {
    query: &'a Query,
    schemas: &'a Schemas,
    now: Timestamp,
    notes: Vec<String>,
}

impl Planner<'_> {
    fn condition(&mut self, filter: &Filter) -> Result<Condition, QueryError> {
        let field = match filter {
            Filter::All => return Ok(Condition::All),
            Filter::And(all) => return Ok(Condition::And(self.conditions(all)?)),
            Filter::Or(any) => return Ok(Condition::Or(self.conditions(any)?)),
            Filter::Not(not) => return Ok(Condition::Not(Box::new(self.condition(not)?))),
            Filter::Match { field, .. }
            | Filter::Phrase { field, .. }
            | Filter::Contains { field, .. }
            | Filter::Wildcard { field, .. }
            | Filter::Range { field, .. }
            | Filter::Exists { field } => field,
        };
        let Some(place) = self.place(field)? else {
            self.unknown(field);
            return Ok(Condition::Unknown(filter.clone()));
        };
        if place.column.kind == Kind::NotIndexed {
            self.notes.push(format!("{field} is kept and not indexed: nothing is found by it"));
        }
        let mut test = Test::new(filter, &place.column, self.now)?;
        if place.column.kind == Kind::Object && test == Test::Exists {
            let schemas = place.datasets.iter().filter_map(|dataset| self.schemas.get(dataset));
            test = Test::Below(schemas.flat_map(|schema| schema.below(&place.column.name)).cloned().collect());
        }
        Ok(Condition::Leaf(place, test))
    }

    fn conditions(&mut self, filters: &[Filter]) -> Result<Vec<Condition>, QueryError> {
        filters.iter().map(|filter| self.condition(filter)).collect()
    }

    /// The field and the datasets that have it; none when none has.
    fn place(&self, field: &str) -> Result<Option<Place>, QueryError> {
        let mut place: Option<Place> = None;
        for dataset in &self.query.datasets {
            let Some(column) = self.schemas.get(dataset).and_then(|schema| schema.column_of(field)) else { continue };
            match &mut place {
                None => place = Some(Place { column: column.clone(), datasets: vec![dataset.clone()] }),
                Some(place) if place.column.kind == column.kind => place.datasets.push(dataset.clone()),
                Some(place) => {
                    let (one, other) = (described(place.column.kind), described(column.kind));
                    let message = format!(
                        "it is {one} in {} and {other} in {dataset}; ask them one after another",
                        place.datasets.join(", ")
                    );
                    return Err(QueryError::new(format!("field {field}"), message));
                }
            }
        }
        Ok(place)
    }

    fn near(&self, field: &str) -> String {
        let mut schemas = self.query.datasets.iter().filter_map(|dataset| self.schemas.get(dataset));
        let near = schemas.find_map(|schema| nearest(field, schema.names()));
        near.map(|near| format!("; did you mean {near}?")).unwrap_or_default()
    }

    fn unknown(&mut self, field: &str) {
        self.notes.push(format!("{field} is no field of {}{}", self.query.datasets.join(", "), self.near(field)));
    }

    /// A field whose values have an order.
    fn ordered(&mut self, field: &str, clause: &str) -> Result<Place, QueryError> {
        let wrong = |message: String| QueryError::new(format!("{clause} {field}"), message);
        let Some(place) = self.place(field)? else {
            return Err(wrong(format!("it is no field of {}{}", self.query.datasets.join(", "), self.near(field))));
        };
        match place.column.kind {
            Kind::Text => {
                let sub = ["raw", "keyword"].map(|sub| format!("{field}.{sub}"));
                let schemas = || place.datasets.iter().filter_map(|dataset| self.schemas.get(dataset));
                let exact = sub.iter().find(|sub| schemas().any(|schema| schema.column_of(sub).is_some()));
                let advice = exact.map(|exact| format!("; take {exact}")).unwrap_or_default();
                Err(wrong(format!("it is {}{advice}", described(place.column.kind))))
            }
            Kind::NotIndexed | Kind::Object | Kind::DateRange => {
                Err(wrong(format!("it is {}, which has no order", described(place.column.kind))))
            }
            _ => Ok(place),
        }
    }

    /// A field that a figure can be made of.
    fn measured(&mut self, field: &str, kind: &MetricKind) -> Result<Place, QueryError> {
        let place = self.ordered(field, "figure of")?;
        let wrong = |message: String| QueryError::new(format!("figure of {field}"), message);
        let is_number = matches!(place.column.kind, Kind::Long | Kind::Double | Kind::Date);
        if !is_number && *kind != MetricKind::Count {
            return Err(wrong(format!("it is {}; only numbers and dates have one", described(place.column.kind))));
        }
        if let MetricKind::Percentiles(percents) = kind {
            if percents.is_empty() {
                return Err(wrong("no percentile is named, such as 50 or 99".to_owned()));
            }
            if let Some(percent) = percents.iter().find(|percent| !(0.0..=100.0).contains(*percent)) {
                return Err(wrong(format!("{percent} is no percentile: 0 to 100 are")));
            }
        }
        Ok(place)
    }
}

impl Condition {
    fn passes(&self, dataset: &str, document: &Value) -> bool {
        match self {
            Self::All => true,
            Self::And(all) => all.iter().all(|condition| condition.passes(dataset, document)),
            Self::Or(any) => any.iter().any(|condition| condition.passes(dataset, document)),
            Self::Not(not) => !not.passes(dataset, document),
            Self::Leaf(place, test) => place.is_in(dataset) && test.passes(&place.column, document),
            Self::Unknown(_) => false,
        }
    }
}

impl Place {
    fn is_in(&self, dataset: &str) -> bool {
        self.datasets.iter().any(|name| name == dataset)
    }

    /// The field's values in a document, sorted, each once.
    pub(super) fn keys(&self, dataset: &str, document: &Value) -> Vec<Key> {
        let mut keys = self.all_keys(dataset, document);
        keys.sort_unstable_by(Key::compare);
        keys.dedup_by(|a, b| a.compare(b).is_eq());
        keys
    }

    /// The field's values in a document.
    pub(super) fn all_keys(&self, dataset: &str, document: &Value) -> Vec<Key> {
        if !self.is_in(dataset) {
            return Vec::new();
        }
        let mut found = Vec::new();
        values::values(document, &self.column.path, &mut found);
        found.into_iter().filter_map(|value| Key::of(value, self.column.kind)).collect()
    }
}

impl Key {
    fn of(value: &Value, kind: Kind) -> Option<Self> {
        match kind {
            Kind::Keyword => values::exact(value).map(Self::Text),
            Kind::Long => Number::of(value)?.long().map(Self::Whole),
            Kind::Double => Some(Self::Float(Number::of(value)?.double())),
            Kind::Boolean => values::boolean(value).map(Self::Boolean),
            Kind::Date => date::of_document(value).map(Self::Whole),
            Kind::Ip => values::ip(value.as_str()?).map(Self::Address),
            _ => None,
        }
    }

    /// Lucene's order of two values of one field.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(a), Self::Boolean(b)) => a.cmp(b),
            (Self::Whole(a), Self::Whole(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            // By bytes of UTF-8, as Rust compares texts.
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Address(a), Self::Address(b)) => a.cmp(b),
            _ => Ordering::Equal,
        }
    }

    /// As JSON.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Boolean(value) => Value::from(*value),
            Self::Whole(value) => Value::from(*value),
            Self::Float(value) => Value::from(*value),
            Self::Text(value) => Value::from(value.as_str()),
            Self::Address(value) => Value::from(values::ip_text(*value)),
        }
    }

    /// As a number, to make figures of.
    #[expect(clippy::cast_precision_loss, reason = "figures are doubles, as Elasticsearch's are")]
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Whole(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            _ => None,
        }
    }
}
