//! The evaluator in memory: the reference for every other back end.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use canarytrace::record::document_id;
use serde_json::Value;

use super::error::QueryError;
use super::model::{Answer, Figure, GroupRow, Hit, MAX_GROUPS, MetricKind};
use super::plan::{Key, Plan};
use super::schema::Kind;

/// Answers a query from documents with the names of their datasets.
///
/// # Errors
/// When there are more groups than are counted.
pub fn evaluate<'a>(
    plan: &Plan,
    documents: impl IntoIterator<Item = (&'a str, &'a Value)>,
) -> Result<Answer, QueryError> {
    let mut collector = Collector::new(plan);
    for (dataset, document) in documents {
        collector.take(dataset, document)?;
    }
    Ok(collector.finish())
}

/// Takes documents one after another and keeps what the answer needs: the first documents, the groups, the numbers that
/// percentiles are made of.
#[derive(Debug)]
pub struct Collector<'a> {
    plan: &'a Plan,
    total: u64,
    hits: Vec<Found>,
    groups: BTreeMap<Ordered, Tally>,
    all: Tally,
}

#[derive(Debug)]
struct Found {
    keys: Vec<Option<Key>>,
    hit: Hit,
}

#[derive(Debug)]
struct Ordered(Key);

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}

/// What is known of some documents' numbers.
#[derive(Debug, Default)]
struct Tally {
    documents: u64,
    values: u64,
    min: Option<f64>,
    max: Option<f64>,
    sum: Sum,
    /// Only for percentiles.
    numbers: Vec<f64>,
}

/// A sum that forgets less than plain addition (Kahan).
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    sum: f64,
    rest: f64,
}

impl<'a> Collector<'a> {
    /// Nothing taken yet.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, total: 0, hits: Vec::new(), groups: BTreeMap::new(), all: Tally::default() }
    }

    /// Looks at a document, and takes it if it is one of those that are asked for.
    ///
    /// # Errors
    /// When there are more groups than are counted.
    pub fn take(&mut self, dataset: &str, document: &Value) -> Result<(), QueryError> {
        if !self.plan.matches(dataset, document) {
            return Ok(());
        }
        self.total += 1;
        let query = &self.plan.query;
        let numbers = self.plan.metric.as_ref().map(|place| match place.column.kind {
            // An index has each text and address of a document once, and numbers as often as they stand there.
            Kind::Keyword | Kind::Ip => place.keys(dataset, document),
            _ => place.all_keys(dataset, document),
        });
        let numbers = numbers.unwrap_or_default();
        let keeps = matches!(query.metric.as_ref().map(|metric| &metric.kind), Some(MetricKind::Percentiles(_)));
        match &self.plan.group {
            None => self.all.add(&numbers, keeps),
            Some(place) => {
                for key in place.keys(dataset, document) {
                    self.groups.entry(Ordered(key)).or_default().add(&numbers, keeps);
                }
                if self.groups.len() > MAX_GROUPS {
                    return Err(too_many_groups());
                }
            }
        }
        if query.size > 0 {
            self.keep(dataset, document);
        }
        Ok(())
    }

    fn keep(&mut self, dataset: &str, document: &Value) {
        let keys = self.plan.sort.iter().map(|(place, descending)| {
            let mut keys = place.keys(dataset, document);
            // Of several values the one that comes first decides.
            let key = if *descending { keys.pop() } else { keys.into_iter().next() };
            // Elasticsearch takes the last whole number there is for one that is missing, so the two are alike.
            match place.column.kind {
                Kind::Long | Kind::Date => key.or(Some(Key::Whole(if *descending { i64::MIN } else { i64::MAX }))),
                _ => key,
            }
        });
        let keys: Vec<Option<Key>> = keys.collect();
        let size = self.plan.query.size;
        let hit = Hit { dataset: dataset.to_owned(), id: id(dataset, document), document: document.clone() };
        self.hits.push(Found { keys, hit });
        if self.hits.len() >= size.saturating_mul(2).max(64) {
            self.cut();
        }
    }

    /// Sorts what was kept and leaves out what can't be shown any more.
    fn cut(&mut self) {
        let sort = &self.plan.sort;
        self.hits.sort_by(|a, b| {
            let orders = a.keys.iter().zip(&b.keys).zip(sort).map(|((a, b), (_, descending))| match (a, b) {
                (Some(a), Some(b)) if *descending => b.compare(a),
                (Some(a), Some(b)) => a.compare(b),
                // What is missing comes last, always.
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
        self.hits.truncate(self.plan.query.size);
    }

    /// The answer.
    pub fn finish(mut self) -> Answer {
        self.cut();
        let query = &self.plan.query;
        let figure = |tally: &mut Tally| query.metric.as_ref().map(|metric| tally.figure(&metric.kind));
        let groups = query.group.as_ref().map(|group| {
            let rows = std::mem::take(&mut self.groups).into_iter().map(|(key, mut tally)| GroupRow {
                key: key.0.value(),
                count: tally.documents,
                figure: figure(&mut tally),
            });
            let mut rows: Vec<GroupRow> = rows.collect();
            // They are in the order of their keys already, and stay so where they are equally frequent.
            rows.sort_by_key(|row| std::cmp::Reverse(row.count));
            rows.truncate(group.size);
            rows
        });
        let figure = if groups.is_none() { figure(&mut self.all) } else { None };
        Answer { total: self.total, hits: self.hits.into_iter().map(|found| found.hit).collect(), groups, figure }
    }
}

/// The id that the document has in a cluster.
fn id(dataset: &str, document: &Value) -> String {
    let uuid = document["uuid"].as_str().and_then(|uuid| uuid.parse().ok());
    let attempt = document["attempt"].as_u64().and_then(|attempt| u32::try_from(attempt).ok());
    match (uuid, attempt, document["sequence"].as_u64()) {
        (Some(uuid), Some(attempt), Some(sequence)) => document_id(uuid, attempt, dataset, sequence),
        _ => String::new(),
    }
}

/// More groups than are counted.
pub(super) fn too_many_groups() -> QueryError {
    QueryError::new("by", format!("there are more than {MAX_GROUPS} groups; narrow the query down"))
}

impl Tally {
    fn add(&mut self, keys: &[Key], keeps: bool) {
        self.documents += 1;
        self.values += keys.len() as u64;
        for number in keys.iter().filter_map(Key::number) {
            self.min = Some(self.min.map_or(number, |min| min.min(number)));
            self.max = Some(self.max.map_or(number, |max| max.max(number)));
            self.sum.add(number);
            if keeps {
                self.numbers.push(number);
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "means are doubles")]
    fn figure(&mut self, kind: &MetricKind) -> Figure {
        match kind {
            MetricKind::Count => Figure::Count(self.values),
            MetricKind::Min => Figure::Number(self.min),
            MetricKind::Max => Figure::Number(self.max),
            MetricKind::Avg => Figure::Number((self.values > 0).then(|| self.sum.sum / self.values as f64)),
            MetricKind::Sum => Figure::Number(Some(self.sum.sum)),
            MetricKind::Percentiles(percents) => {
                self.numbers.sort_unstable_by(f64::total_cmp);
                let percentile = |percent: &f64| (*percent, percentile(&self.numbers, *percent));
                Figure::Percentiles(percents.iter().map(percentile).collect())
            }
        }
    }
}

/// Between two neighbours in proportion, of sorted numbers.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is an index"
)]
fn percentile(numbers: &[f64], percent: f64) -> Option<f64> {
    let place = percent / 100.0 * (numbers.len().checked_sub(1)?) as f64;
    let (low, high) = (numbers[place.floor() as usize], numbers[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

impl Sum {
    fn add(&mut self, number: f64) {
        let corrected = number - self.rest;
        let sum = self.sum + corrected;
        self.rest = (sum - self.sum) - corrected;
        self.sum = sum;
    }
}
