//! Queries of a cluster, in the part of its language that Elasticsearch and `OpenSearch` share.
//!
//! What a query means was settled by the [`Plan`]: dates are moments, numbers are within bounds, patterns are in lower case
//! where words are. Nothing is left for the cluster to understand otherwise.

use std::cmp::Ordering;
use std::fmt::Write as _;

use canarytrace::elastic::{Client, Method, Names, Request, Trouble};
use serde_json::{Map, Value, json};

use super::condition::Test;
use super::date;
use super::error::QueryError;
use super::memory::too_many_groups;
use super::model::{Answer, Bound, Figure, Filter, GroupRow, Hit, MAX_GROUPS, MetricKind};
use super::plan::{Condition, Key, Place, Plan};
use super::schema::Kind;
use super::values;
use super::wildcard::Pattern;

/// A cluster that is asked.
#[derive(Debug)]
pub struct Cluster<'a> {
    client: &'a Client,
    names: &'a Names,
    page: usize,
}

/// Why a cluster gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No whole reply came.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// It refused.
    #[error("{0}")]
    Refused(String),
    /// It answered, but not completely or not what it was asked for.
    #[error("{node}: {message}")]
    Incomplete {
        /// Who answered.
        node: String,
        /// What is missing.
        message: String,
    },
    /// The answer would be too large.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Documents asked for at once.
const PAGE: usize = 500;

/// Characters of a path that mean nothing.
const PLAIN: &[u8] = b"-_.*,";

impl<'a> Cluster<'a> {
    /// The cluster behind `client`, whose data streams and indices are named so.
    pub fn new(client: &'a Client, names: &'a Names) -> Self {
        Self { client, names, page: PAGE }
    }

    /// Asks for so many documents at once.
    #[must_use]
    pub fn page(mut self, documents: usize) -> Self {
        self.page = documents.max(1);
        self
    }

    /// Asks the cluster.
    ///
    /// # Errors
    /// When it doesn't answer, refuses, or knows only a part of the answer.
    pub async fn search(&self, plan: &Plan) -> Result<Answer, ClusterError> {
        let size = plan.query.size;
        let mut first = body(plan);
        first["size"] = json!(size.min(self.page));
        first["track_total_hits"] = json!(true);
        if let Some(aggregations) = aggregations(plan) {
            first["aggs"] = aggregations;
        }
        let mut reply = self.ask(plan, &first).await?;
        let mut answer = Answer {
            total: reply["hits"]["total"]["value"].as_u64().unwrap_or(0),
            hits: Vec::new(),
            groups: groups(plan, &reply["aggregations"])?,
            figure: None,
        };
        if answer.groups.is_none() {
            answer.figure = figure(plan, &reply["aggregations"]);
        }
        while let Value::Array(hits) = reply["hits"]["hits"].take() {
            let (count, last) = (hits.len(), hits.last().map(|hit| hit["sort"].clone()));
            answer.hits.extend(hits.into_iter().map(|hit| self.hit(plan, hit)));
            let wanted = size - answer.hits.len().min(size);
            let Some(last) = last.filter(|_| wanted > 0 && count == self.page) else { break };
            let mut next = body(plan);
            next["size"] = json!(wanted.min(self.page));
            next["track_total_hits"] = json!(false);
            next["search_after"] = last;
            reply = self.ask(plan, &next).await?;
        }
        Ok(answer)
    }

    async fn ask(&self, plan: &Plan, body: &Value) -> Result<Value, ClusterError> {
        let patterns = plan.query.datasets.iter().map(|dataset| self.names.pattern(dataset)).collect::<Vec<_>>();
        let mut path = String::from("/");
        for byte in patterns.join(",").bytes() {
            if byte.is_ascii_alphanumeric() || PLAIN.contains(&byte) {
                path.push(char::from(byte));
            } else {
                // Writing to a String can't fail.
                let _ = write!(path, "%{byte:02X}");
            }
        }
        let request = Request::new(Method::Post, path + "/_search")
            .query("ignore_unavailable", "true")
            .query("allow_no_indices", "true")
            .query("allow_partial_search_results", "false")
            .json(body);
        let reply = self.client.send(request).await?;
        if let Some(problem) = reply.problem() {
            return Err(ClusterError::Refused(problem));
        }
        let incomplete = |message: String| ClusterError::Incomplete { node: reply.node.clone(), message };
        let answer: Value = reply.json().map_err(|error| incomplete(format!("its answer is no JSON: {error}")))?;
        if answer["timed_out"].as_bool() == Some(true) {
            return Err(incomplete("it gave up because the search took too long; narrow it down".to_owned()));
        }
        match answer["_shards"]["failed"].as_u64() {
            Some(0) if answer["hits"]["hits"].is_array() => Ok(answer),
            Some(0) | None => Err(incomplete("its answer is none to a search".to_owned())),
            Some(failed) => {
                let reason = &answer["_shards"]["failures"][0]["reason"]["reason"];
                Err(incomplete(format!("{failed} shards failed: {}", reason.as_str().unwrap_or("no reason given"))))
            }
        }
    }

    fn hit(&self, plan: &Plan, mut hit: Value) -> Hit {
        let index = hit["_index"].as_str().unwrap_or_default();
        let index = index.strip_prefix(".ds-").unwrap_or(index);
        let is_of = |dataset: &&String| index.starts_with(&format!("{}{dataset}-", self.names.prefix));
        // `x-y` is a dataset as well as `x` may be.
        let dataset = plan.query.datasets.iter().filter(is_of).max_by_key(|dataset| dataset.len());
        let dataset = dataset.or(plan.query.datasets.first()).cloned().unwrap_or_default();
        let id = hit["_id"].as_str().unwrap_or_default().to_owned();
        Hit { dataset, id, document: hit["_source"].take() }
    }
}

/// Query and order.
fn body(plan: &Plan) -> Value {
    let sort = plan.sort.iter().map(|(place, descending)| {
        let kind = match place.column.kind {
            Kind::Long => "long",
            Kind::Double => "double",
            Kind::Boolean => "boolean",
            Kind::Date => "date",
            Kind::Ip => "ip",
            _ => "keyword",
        };
        let order = if *descending { "desc" } else { "asc" };
        named(&place.column.name, json!({ "order": order, "missing": "_last", "unmapped_type": kind }))
    });
    json!({ "query": condition(&plan.condition), "sort": sort.collect::<Vec<Value>>() })
}

fn named(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

fn nothing() -> Value {
    json!({ "match_none": {} })
}

fn condition(of: &Condition) -> Value {
    let all = |conditions: &[Condition]| conditions.iter().map(condition).collect::<Vec<Value>>();
    match of {
        Condition::All => json!({ "match_all": {} }),
        Condition::And(conditions) => json!({ "bool": { "filter": all(conditions) } }),
        Condition::Or(conditions) if conditions.is_empty() => nothing(),
        Condition::Or(conditions) => json!({ "bool": { "should": all(conditions), "minimum_should_match": 1 } }),
        Condition::Not(not) => json!({ "bool": { "must_not": [condition(not)] } }),
        Condition::Leaf(place, test) => leaf(place, test),
        Condition::Unknown(filter) => unknown(filter),
    }
}

fn leaf(place: &Place, test: &Test) -> Value {
    let name = place.column.name.as_str();
    let range = |limits: Value| json!({ "range": named(name, limits) });
    match test {
        Test::Never => nothing(),
        // `OpenSearch` takes a text without words for missing; its exact form is there.
        Test::Exists if place.column.kind == Kind::Text => {
            let names = [name.to_owned(), format!("{name}.raw"), format!("{name}.keyword")];
            let exists = names.map(|name| json!({ "exists": { "field": name } }));
            json!({ "bool": { "should": exists, "minimum_should_match": 1 } })
        }
        Test::Exists | Test::Below(_) => json!({ "exists": { "field": name } }),
        Test::Words(words) => {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            json!({ "terms": named(name, json!(words)) })
        }
        Test::Phrase(words) => json!({ "match_phrase": named(name, json!(words.join(" "))) }),
        Test::Is(exact) => json!({ "term": named(name, json!(exact)) }),
        Test::Fits(pattern) => json!({ "wildcard": named(name, json!({ "value": pattern.escaped() })) }),
        Test::Between(from, to) => {
            let bound = |bound: &Option<(String, bool)>| bound.as_ref().map(|(text, within)| (json!(text), *within));
            range(between(bound(from), bound(to)))
        }
        Test::Whole(first, last) => range(between(Some((json!(first), true)), Some((json!(last), true)))),
        Test::Float(from, to) => {
            let bound = |bound: &Option<(f64, bool)>| bound.map(|(number, within)| (json!(number), within));
            range(between(bound(from), bound(to)))
        }
        Test::Boolean(value) => json!({ "term": named(name, json!(value)) }),
        Test::Time(first, last) => {
            let bound = |moment: i64| {
                let value = date::text(moment).map_or_else(|| json!(moment), Value::from);
                (moment != i64::MIN && moment != i64::MAX).then_some((value, true))
            };
            range(between(bound(*first), bound(*last)))
        }
        Test::Address(first, last) => {
            let bound = |address: &u128| Some((json!(values::ip_text(*address)), true));
            range(between(bound(first), bound(last)))
        }
    }
}

fn between(from: Option<(Value, bool)>, to: Option<(Value, bool)>) -> Value {
    let mut bounds = Map::new();
    if let Some((value, inclusive)) = from {
        bounds.insert(if inclusive { "gte" } else { "gt" }.to_owned(), value);
    }
    if let Some((value, inclusive)) = to {
        bounds.insert(if inclusive { "lte" } else { "lt" }.to_owned(), value);
    }
    Value::Object(bounds)
}

/// Conditions on fields that are none of ours: indices of others may have them.
fn unknown(filter: &Filter) -> Value {
    match filter {
        Filter::Match { field, value } => json!({ "match": named(field, json!({ "query": value })) }),
        Filter::Phrase { field, text } => json!({ "match_phrase": named(field, json!(text)) }),
        Filter::Contains { field, text } => {
            let part = Pattern::containing(text).escaped();
            let either = [
                json!({ "match_phrase": named(field, json!(text)) }),
                json!({ "wildcard": named(field, json!(part)) }),
            ];
            json!({ "bool": { "should": either, "minimum_should_match": 1 } })
        }
        Filter::Wildcard { field, pattern } => json!({ "wildcard": named(field, json!({ "value": pattern })) }),
        Filter::Range { field, from, to } => {
            let bound = |bound: &Option<Bound>| bound.as_ref().map(|bound| (bound.value.clone(), bound.inclusive));
            json!({ "range": named(field, between(bound(from), bound(to))) })
        }
        Filter::Exists { field } => json!({ "exists": { "field": field } }),
        // Those have no field.
        Filter::All | Filter::And(_) | Filter::Or(_) | Filter::Not(_) => nothing(),
    }
}

fn aggregations(plan: &Plan) -> Option<Value> {
    let metric = plan.metric.as_ref().zip(plan.query.metric.as_ref()).map(|(place, metric)| {
        let field = place.column.name.as_str();
        let simple = |name: &str| named(name, json!({ "field": field }));
        let aggregation = match &metric.kind {
            MetricKind::Count => simple("value_count"),
            MetricKind::Min => simple("min"),
            MetricKind::Max => simple("max"),
            MetricKind::Avg => simple("avg"),
            MetricKind::Sum => simple("sum"),
            MetricKind::Percentiles(percents) => {
                json!({ "percentiles": { "field": field, "percents": percents, "keyed": false } })
            }
        };
        json!({ "figure": aggregation })
    });
    let Some(place) = &plan.group else { return metric };
    // All groups are asked for: the counts of a part of them would be estimates.
    let mut groups = json!({ "terms": { "field": place.column.name, "size": MAX_GROUPS } });
    if let Some(metric) = metric {
        groups["aggs"] = metric;
    }
    Some(json!({ "groups": groups }))
}

fn groups(plan: &Plan, aggregations: &Value) -> Result<Option<Vec<GroupRow>>, QueryError> {
    let (Some(group), Some(place)) = (&plan.query.group, &plan.group) else { return Ok(None) };
    let of_all = &aggregations["groups"];
    if of_all["sum_other_doc_count"].as_u64().is_some_and(|others| others > 0) {
        return Err(too_many_groups());
    }
    let buckets = of_all["buckets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut rows: Vec<(Key, GroupRow)> = buckets.iter().filter_map(|bucket| row(plan, place, bucket)).collect();
    rows.sort_by(|(a, one), (b, other)| match other.count.cmp(&one.count) {
        Ordering::Equal => a.compare(b),
        order => order,
    });
    rows.truncate(group.size);
    Ok(Some(rows.into_iter().map(|(_, row)| row).collect()))
}

fn row(plan: &Plan, place: &Place, bucket: &Value) -> Option<(Key, GroupRow)> {
    let key = &bucket["key"];
    let key = match place.column.kind {
        Kind::Boolean => Key::Boolean(bucket["key_as_string"].as_str()? == "true"),
        Kind::Long | Kind::Date => Key::Whole(key.as_i64()?),
        Kind::Double => Key::Float(key.as_f64()?),
        Kind::Ip => Key::Address(values::ip(key.as_str()?)?),
        _ => Key::Text(key.as_str()?.to_owned()),
    };
    let row = GroupRow { key: key.value(), count: bucket["doc_count"].as_u64()?, figure: figure(plan, bucket) };
    Some((key, row))
}

fn figure(plan: &Plan, of: &Value) -> Option<Figure> {
    let metric = plan.query.metric.as_ref()?;
    let figure = &of["figure"];
    Some(match &metric.kind {
        MetricKind::Count => Figure::Count(figure["value"].as_u64().unwrap_or(0)),
        // Without any index there is no aggregation in the answer.
        MetricKind::Sum => Figure::Number(Some(figure["value"].as_f64().unwrap_or(0.0))),
        MetricKind::Min | MetricKind::Max | MetricKind::Avg => Figure::Number(figure["value"].as_f64()),
        MetricKind::Percentiles(percents) => {
            let value = |percent: &f64| {
                let values = figure["values"].as_array()?;
                let near = |value: &&Value| value["key"].as_f64().is_some_and(|key| (key - percent).abs() < 1e-9);
                values.iter().find(near)?["value"].as_f64()
            };
            Figure::Percentiles(percents.iter().map(|percent| (*percent, value(percent))).collect())
        }
    })
}
