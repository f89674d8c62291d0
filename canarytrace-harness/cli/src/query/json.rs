//! Queries as JSON: our own names, and in the filter those of Elasticsearch's DSL that published queries are made of.
//!
//! ```json
//! {
//!   "dataset": "performance-entries", "since": "now-1h", "run": "…", "monitor": "…",
//!   "filter": { "and": [{ "match": { "entryType": "mark" } }, { "range": { "startTime": { "gte": 2000 } } }] },
//!   "sort": [{ "timestamp": "desc" }], "size": 20,
//!   "by": { "field": "monitor.name", "size": 10 }, "metric": { "percentiles": "startTime", "percents": [50, 95] }
//! }
//! ```

use serde_json::{Map, Value};

use super::error::QueryError;
use super::model::{Bound, Filter, Group, Metric, Order, Query};
use super::text::{USUAL_GROUPS, metric_kind, parse_conditions};

/// What a query may have.
const KEYS: &str = "dataset, since, until, run, monitor, filter, must, must_not, sort, size, by, metric";

/// What a filter may be.
const FILTERS: &str = "match, term, terms, match_phrase, contains, wildcard, prefix, range, exists, query_string, and, \
                       or, not, bool, match_all";

/// Reads a query. Its datasets are those of `dataset`; none when it has none.
///
/// # Errors
/// When it can't be read: the place and what is allowed there.
pub fn parse_json(text: &str) -> Result<Query, QueryError> {
    let json: Value = serde_json::from_str(text).map_err(|error| {
        QueryError::new(format!("line {}, column {}", error.line(), error.column()), format!("no JSON: {error}"))
    })?;
    let Value::Object(object) = json else { return Err(QueryError::new("the query", "an object is wanted")) };
    let mut query = Query::of("");
    query.datasets.clear();
    let mut all = Vec::new();
    for (key, value) in &object {
        let wrong = |wanted: &str| QueryError::new(key.as_str(), format!("{wanted} is wanted, not {}", short(value)));
        let text = || value.as_str().map(ToOwned::to_owned).ok_or_else(|| wrong("a text"));
        match key.as_str() {
            "dataset" | "datasets" => {
                let names = list(value).iter().map(|name| name.as_str().map(ToOwned::to_owned)).collect::<Option<_>>();
                query.datasets = names.ok_or_else(|| wrong("a name or a list of names"))?;
            }
            "since" => query.since = Some(text()?),
            "until" => query.until = Some(text()?),
            "run" => query.run = Some(text()?),
            "monitor" => query.monitor = Some(text()?),
            "filter" | "query" | "must" => all.extend(filters(key, value)?),
            "must_not" => all.extend(filters(key, value)?.into_iter().map(Filter::negated)),
            "sort" => {
                let orders = list(value).into_iter().enumerate().map(|(i, value)| order(&format!("sort[{i}]"), value));
                query.sort = orders.collect::<Result<_, _>>()?;
            }
            "size" => {
                let size = value.as_u64().and_then(|size| usize::try_from(size).ok());
                query.size = size.ok_or_else(|| wrong("a number"))?;
            }
            "by" => query.group = Some(group(value)?),
            "metric" => query.metric = Some(metric(value)?),
            _ => return Err(QueryError::new(key.as_str(), format!("there is no such key; allowed are {KEYS}"))),
        }
    }
    query.filter = match all.len() {
        0 => Filter::All,
        1 => all.remove(0),
        _ => Filter::And(all),
    };
    Ok(query)
}

/// One or several.
fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

fn short(value: &Value) -> String {
    super::table::shortened(&value.to_string(), 40)
}

fn order(place: &str, value: &Value) -> Result<Order, QueryError> {
    let wrong =
        || QueryError::new(place, format!("\"field\" or {{\"field\": \"desc\"}} is wanted, not {}", short(value)));
    if let Some(field) = value.as_str() {
        return Ok(Order { field: field.to_owned(), descending: false });
    }
    let (field, direction) = single(value).ok_or_else(wrong)?;
    let direction = direction.get("order").unwrap_or(direction);
    match direction.as_str() {
        Some("asc") => Ok(Order { field: field.to_owned(), descending: false }),
        Some("desc") => Ok(Order { field: field.to_owned(), descending: true }),
        _ => Err(wrong()),
    }
}

fn group(value: &Value) -> Result<Group, QueryError> {
    let wrong = || QueryError::new("by", format!("a field or {{\"field\", \"size\"}} is wanted, not {}", short(value)));
    if let Some(field) = value.as_str() {
        return Ok(Group { field: field.to_owned(), size: USUAL_GROUPS });
    }
    let object = value.as_object().ok_or_else(wrong)?;
    if let Some(key) = object.keys().find(|key| !["field", "size"].contains(&key.as_str())) {
        return Err(QueryError::new(format!("by.{key}"), "there is no such key; allowed are field and size"));
    }
    let field = object.get("field").and_then(Value::as_str).ok_or_else(wrong)?.to_owned();
    let size = match object.get("size") {
        Some(size) => size.as_u64().and_then(|size| usize::try_from(size).ok()).ok_or_else(wrong)?,
        None => USUAL_GROUPS,
    };
    Ok(Group { field, size })
}

fn metric(value: &Value) -> Result<Metric, QueryError> {
    let wrong = || QueryError::new("metric", format!("{{\"avg\": \"field\"}} is wanted, not {}", short(value)));
    let object = value.as_object().ok_or_else(wrong)?;
    let percents = match object.get("percents") {
        Some(percents) => list(percents).iter().map(|percent| percent.as_f64()).collect::<Option<Vec<f64>>>(),
        None => Some(Vec::new()),
    };
    let percents = percents.ok_or_else(|| QueryError::new("metric.percents", "a list of numbers is wanted"))?;
    let mut rest = object.iter().filter(|(key, _)| *key != "percents");
    let ((name, field), None) = (rest.next().ok_or_else(wrong)?, rest.next()) else { return Err(wrong()) };
    let kind = metric_kind(name, percents).map_err(|message| QueryError::new(format!("metric.{name}"), message))?;
    Ok(Metric { kind, field: field.as_str().ok_or_else(wrong)?.to_owned() })
}

/// The only key of an object, and its value.
fn single(value: &Value) -> Option<(&str, &Value)> {
    let object = value.as_object()?;
    let (key, value) = object.iter().next()?;
    (object.len() == 1).then_some((key.as_str(), value))
}

/// One filter or a list of them.
fn filters(place: &str, value: &Value) -> Result<Vec<Filter>, QueryError> {
    match value.as_array() {
        Some(items) => items.iter().enumerate().map(|(i, item)| filter(&format!("{place}[{i}]"), item)).collect(),
        None => Ok(vec![filter(place, value)?]),
    }
}

fn filter(place: &str, value: &Value) -> Result<Filter, QueryError> {
    let Some((name, inner)) = single(value) else {
        let message = format!("an object with one key is wanted ({FILTERS}), not {}", short(value));
        return Err(QueryError::new(place, message));
    };
    let place = format!("{place}.{name}");
    let wrong = |wanted: &str| QueryError::new(place.as_str(), format!("{wanted} is wanted, not {}", short(inner)));
    // `{"field": value}` or `{"field": {"query": value}}`.
    let of_field = |key: &str| {
        let (field, value) = single(inner).ok_or_else(|| wrong("{\"field\": value}"))?;
        let value = match value {
            Value::Object(object) => {
                let mut rest = object.keys().filter(|name| *name != key);
                if let Some(other) = rest.next() {
                    let message = format!("there is no such key here; allowed is {key}");
                    return Err(QueryError::new(format!("{place}.{field}.{other}"), message));
                }
                object.get(key).ok_or_else(|| wrong("{\"field\": value}"))?
            }
            value => value,
        };
        Ok((field.to_owned(), value))
    };
    let scalar = |(field, value): (String, &Value)| match value {
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok((field, value.clone())),
        _ => Err(wrong("a text, a number, true or false")),
    };
    let textual = |(field, value): (String, &Value)| match value {
        Value::String(text) => Ok((field, text.clone())),
        _ => Err(wrong("a text")),
    };
    Ok(match name {
        "match_all" => Filter::All,
        "match" => {
            let (field, value) = scalar(of_field("query")?)?;
            Filter::Match { field, value }
        }
        "term" => {
            let (field, value) = scalar(of_field("value")?)?;
            Filter::Match { field, value }
        }
        "terms" => {
            let (field, values) = single(inner).ok_or_else(|| wrong("{\"field\": [values]}"))?;
            let values = values.as_array().ok_or_else(|| wrong("{\"field\": [values]}"))?;
            let is = |value| scalar((field.to_owned(), value)).map(|(field, value)| Filter::Match { field, value });
            Filter::Or(values.iter().map(is).collect::<Result<_, _>>()?)
        }
        "match_phrase" => {
            let (field, text) = textual(of_field("query")?)?;
            Filter::Phrase { field, text }
        }
        "contains" => {
            let (field, text) = textual(of_field("value")?)?;
            Filter::Contains { field, text }
        }
        "wildcard" => {
            let (field, pattern) = textual(of_field("value")?)?;
            Filter::Wildcard { field, pattern }
        }
        "prefix" => {
            let (field, text) = textual(of_field("value")?)?;
            let plain: String =
                text.chars().flat_map(|c| if "*?\\".contains(c) { vec!['\\', c] } else { vec![c] }).collect();
            Filter::Wildcard { field, pattern: plain + "*" }
        }
        "range" => {
            let (field, bounds) = single(inner).ok_or_else(|| wrong("{\"field\": {\"gte\": …, \"lt\": …}}"))?;
            let bounds = bounds.as_object().ok_or_else(|| wrong("{\"field\": {\"gte\": …, \"lt\": …}}"))?;
            range(&format!("{place}.{field}"), field, bounds)?
        }
        "exists" => {
            let field = inner.as_str().or_else(|| single(inner).filter(|(key, _)| *key == "field")?.1.as_str());
            Filter::Exists { field: field.ok_or_else(|| wrong("\"field\" or {\"field\": \"…\"}"))?.to_owned() }
        }
        "query_string" => {
            let query = inner.as_str().or_else(|| single(inner).filter(|(key, _)| *key == "query")?.1.as_str());
            let query = query.ok_or_else(|| wrong("a text or {\"query\": \"…\"}"))?;
            parse_conditions(query)
                .map_err(|error| QueryError::new(format!("{place}, {}", error.place), error.message))?
        }
        "and" => Filter::And(filters(&place, inner)?),
        "or" => Filter::Or(filters(&place, inner)?),
        "not" => Filter::Not(Box::new(filter(&place, inner)?)),
        "bool" => boolean(&place, inner)?,
        _ => return Err(QueryError::new(place.as_str(), format!("there is no such filter; allowed are {FILTERS}"))),
    })
}

fn range(place: &str, field: &str, bounds: &Map<String, Value>) -> Result<Filter, QueryError> {
    let (mut from, mut to) = (None, None);
    for (key, value) in bounds {
        let place = format!("{place}.{key}");
        let (bound, inclusive) = match key.as_str() {
            "gt" => (&mut from, false),
            "gte" => (&mut from, true),
            "lt" => (&mut to, false),
            "lte" => (&mut to, true),
            _ => return Err(QueryError::new(place, "there is no such bound; allowed are gt, gte, lt, lte")),
        };
        if !(value.is_string() || value.is_number()) {
            return Err(QueryError::new(place, format!("a number, date or text is wanted, not {}", short(value))));
        }
        if bound.replace(Bound { value: value.clone(), inclusive }).is_some() {
            return Err(QueryError::new(place, "one bound on each side is allowed"));
        }
    }
    if from.is_none() && to.is_none() {
        return Err(QueryError::new(place, "a bound is wanted: gt, gte, lt, lte"));
    }
    Ok(Filter::Range { field: field.to_owned(), from, to })
}

/// Elasticsearch's `bool`: `should` decides where nothing else does, or where `minimum_should_match` is 1.
fn boolean(place: &str, value: &Value) -> Result<Filter, QueryError> {
    let object = value.as_object().ok_or_else(|| QueryError::new(place, "an object is wanted"))?;
    let (mut all, mut any) = (Vec::new(), None);
    for (key, value) in object {
        let place = format!("{place}.{key}");
        match key.as_str() {
            "must" | "filter" => all.extend(filters(&place, value)?),
            "must_not" => all.extend(filters(&place, value)?.into_iter().map(Filter::negated)),
            "should" => any = Some(filters(&place, value)?),
            "minimum_should_match" if value.as_u64() == Some(1) || value.as_str() == Some("1") => (),
            "minimum_should_match" => return Err(QueryError::new(place, "only 1 is known here")),
            _ => {
                let allowed = "must, filter, must_not, should, minimum_should_match";
                return Err(QueryError::new(place, format!("there is no such key; allowed are {allowed}")));
            }
        }
    }
    let needed =
        object.contains_key("minimum_should_match") || !(object.contains_key("must") || object.contains_key("filter"));
    if let Some(any) = any.filter(|any| needed && !any.is_empty()) {
        all.push(Filter::Or(any));
    }
    Ok(Filter::And(all))
}

#[cfg(test)]
mod tests {
    use super::super::text::parse_text;
    use super::*;

    #[test]
    fn json_says_what_text_says() {
        let json = parse_json(
            r#"{
                "dataset": ["report", "summary"], "since": "now-1h",
                "must": [{ "match": { "a": "1" } }, { "range": { "n": { "gte": "5", "lt": "7" } } }],
                "must_not": { "exists": "b" },
                "sort": [{ "a": "desc" }, "b"], "size": 3, "by": { "field": "c", "size": 5 },
                "metric": { "percentiles": "d", "percents": [50, 99.9] }
            }"#,
        );
        let text = "a:1 AND n:[5 TO 7} AND NOT _exists_:b | from report, summary | since now-1h | sort a desc, b \
                    | size 3 | by c 5 | percentiles d 50 99.9";
        assert_eq!(json.unwrap(), parse_text(text).unwrap());
    }

    #[test]
    fn filters_of_elasticsearch_are_taken() {
        let query = r#"{ "query": { "bool": {
            "must": [{ "query_string": { "query": "name:*css" } }, { "term": { "a": { "value": "1" } } }],
            "must_not": [{ "match": { "b": { "query": "2" } } }], "should": [{ "exists": { "field": "c" } }]
        } } }"#;
        assert_eq!(parse_json(query).unwrap(), parse_text("name:*css AND a:1 AND NOT b:2").unwrap());
        let should = r#"{ "query": { "bool": { "should": [{ "exists": "c" }, { "prefix": { "d": "x*" } }] } } }"#;
        let or = vec![
            Filter::Exists { field: "c".to_owned() },
            Filter::Wildcard { field: "d".to_owned(), pattern: r"x\**".to_owned() },
        ];
        assert_eq!(parse_json(should).unwrap().filter, Filter::And(vec![Filter::Or(or)]));
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        for (text, place, message) in [
            ("{", "line 1, column 1", "no JSON"),
            ("[]", "the query", "an object"),
            (r#"{"limit": 3}"#, "limit", "allowed are dataset"),
            (r#"{"size": "x"}"#, "size", "a number is wanted, not \"x\""),
            (r#"{"filter": {"and": [{"match": {"a": 1}}, {"mtch": {}}]}}"#, "filter.and[1].mtch", "allowed are match"),
            (r#"{"filter": {"range": {"a": {"gtt": 1}}}}"#, "filter.range.a.gtt", "gt, gte, lt, lte"),
            (r#"{"filter": {"range": {"a": {"gt": 1, "gte": 2}}}}"#, "filter.range.a.gte", "one bound"),
            (r#"{"filter": {"match": {"a": {"query": 1, "boost": 2}}}}"#, "filter.match.a.boost", "allowed is query"),
            (r#"{"filter": {"query_string": "a:1 b:2"}}"#, "filter.query_string, column 5, at `b:2`", "AND or OR"),
            (r#"{"metric": {"median": "a"}}"#, "metric.median", "count, min"),
            (r#"{"sort": ["a", {"b": "up"}]}"#, "sort[1]", "desc"),
        ] {
            let error = parse_json(text).expect_err(text);
            assert_eq!(error.place, place, "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }
}
