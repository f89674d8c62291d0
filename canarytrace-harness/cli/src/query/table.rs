//! Answers for people, within 80 columns, and for programs.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::date;
use super::model::{Answer, Figure, Filter, Hit, Query};
use super::values;
use crate::print;

/// Columns of a moment: `22 Nov 18:23:15`.
const TIME: usize = 15;

/// Columns of a monitor's name.
const MONITOR: usize = 24;

/// Columns of a group's key.
const KEY: usize = 44;

/// Within `width` characters, and nothing that a terminal obeys.
pub(super) fn shortened(text: &str, width: usize) -> String {
    let one_line = print::visible(text).replace('\n', " ");
    print::shorten(&one_line, width)
}

/// As lines of at most 80 characters.
pub(super) fn table(query: &Query, answer: &Answer) -> String {
    let mut text = String::new();
    // Writing to a String can't fail.
    if let Some(groups) = &answer.groups {
        for row in groups {
            let key = format!("{:KEY$}", shortened(&plain(&row.key), KEY));
            let figure = row.figure.as_ref().map(|figure| format!("  {}", words(figure))).unwrap_or_default();
            let _ = writeln!(text, "{:>8}  {}", row.count, shortened(format!("{key}{figure}").trim_end(), 70));
        }
    } else {
        let fields = fields(query);
        for hit in &answer.hits {
            let _ = writeln!(text, "{}", line(hit, &fields, query.datasets.len() > 1));
        }
        if let (Some(figure), Some(metric)) = (&answer.figure, &query.metric) {
            let _ = writeln!(text, "{}", shortened(&format!("{}: {}", metric.field, words(figure)), print::WIDTH));
        }
    }
    let shown = answer.groups.as_ref().map_or(answer.hits.len(), Vec::len);
    let documents = if answer.total == 1 { "document" } else { "documents" };
    let names = query.datasets.join(", ");
    let summary = if answer.groups.is_some() {
        format!("{shown} groups of {} {documents} in {names}", answer.total)
    } else if answer.total == shown as u64 || query.size == 0 {
        format!("{} {documents} in {names}", answer.total)
    } else {
        format!("{shown} of {} {documents} in {names}", answer.total)
    };
    let _ = writeln!(text, "{}", shortened(&summary, print::WIDTH));
    text
}

/// Moment, monitor, and the fields that the query is about, or the beginning of the document.
fn line(hit: &Hit, fields: &[String], several: bool) -> String {
    let moment =
        date::of_document(&hit.document["timestamp"]).and_then(|moment| Timestamp::from_millisecond(moment).ok());
    let moment = moment.map(|moment| moment.to_zoned(TimeZone::system()).strftime("%d %b %H:%M:%S").to_string());
    let monitor = hit.document["monitor"]["name"].as_str().or(hit.document["spec"].as_str()).unwrap_or("?");
    let mut parts = if several { vec![hit.dataset.clone()] } else { Vec::new() };
    for field in fields {
        let path = field.trim_end_matches(".raw").trim_end_matches(".keyword");
        let mut found = Vec::new();
        values::values(&hit.document, path, &mut found);
        if !found.is_empty() {
            let found: Vec<String> = found.into_iter().map(plain).collect();
            parts.push(format!("{} {}", label(field), found.join(" ")));
        }
    }
    if fields.is_empty() {
        parts.push(own_fields(&hit.document).to_string());
    }
    let rest = print::WIDTH - TIME - MONITOR - 4;
    format!(
        "{:TIME$}  {:MONITOR$}  {}",
        moment.unwrap_or_default(),
        shortened(monitor, MONITOR),
        shortened(&parts.join(", "), rest)
    )
    .trim_end()
    .to_owned()
}

/// The part of a field's name that says most.
fn label(field: &str) -> &str {
    let parts: Vec<&str> = field.split('.').collect();
    match parts.as_slice() {
        ["audits", id, ..] => id,
        [.., name, "raw" | "keyword"] | [.., name] => name,
        [] => field,
    }
}

/// A document without the fields that every document has.
fn own_fields(document: &Value) -> Value {
    let mut own = document.clone();
    if let Some(own) = own.as_object_mut() {
        for field in canarytrace::record::Common::FIELDS {
            own.remove(field.name);
        }
    }
    own
}

/// The fields that a query names, each once; not the moment, which every line has.
fn fields(query: &Query) -> Vec<String> {
    fn walk(filter: &Filter, fields: &mut Vec<String>) {
        match filter {
            Filter::All | Filter::Not(_) => (),
            Filter::And(all) | Filter::Or(all) => all.iter().for_each(|filter| walk(filter, fields)),
            Filter::Match { field, .. }
            | Filter::Phrase { field, .. }
            | Filter::Contains { field, .. }
            | Filter::Wildcard { field, .. }
            | Filter::Range { field, .. }
            | Filter::Exists { field } => fields.push(field.clone()),
        }
    }
    let mut fields = Vec::new();
    walk(&query.filter, &mut fields);
    fields.extend(query.sort.iter().map(|order| order.field.clone()));
    let mut seen = std::collections::BTreeSet::new();
    fields.retain(|field| field != "timestamp" && field != "@timestamp" && seen.insert(field.clone()));
    fields
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)
}

fn words(figure: &Figure) -> String {
    let number = |number: &Option<f64>| number.map_or_else(|| "none".to_owned(), rounded);
    match figure {
        Figure::Count(count) => count.to_string(),
        Figure::Number(value) => number(value),
        Figure::Percentiles(percentiles) => {
            let one = |(percent, value): &(f64, Option<f64>)| format!("p{percent} {}", number(value));
            percentiles.iter().map(one).collect::<Vec<_>>().join("  ")
        }
    }
}

/// Three digits after the point say enough.
fn rounded(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn figure(figure: Option<&Figure>) -> Value {
    match figure {
        None => Value::Null,
        Some(Figure::Count(count)) => json!(count),
        Some(Figure::Number(number)) => json!(number),
        Some(Figure::Percentiles(percentiles)) => {
            Value::Object(percentiles.iter().map(|(percent, value)| (percent.to_string(), json!(value))).collect())
        }
    }
}

fn rows(answer: &Answer) -> Option<Vec<Value>> {
    let row = |row: &super::model::GroupRow| {
        let mut json = json!({ "key": row.key, "count": row.count });
        if row.figure.is_some() {
            json["figure"] = figure(row.figure.as_ref());
        }
        json
    };
    answer.groups.as_ref().map(|groups| groups.iter().map(row).collect())
}

/// All of it as one JSON.
pub(super) fn json(answer: &Answer) -> String {
    let hit = |hit: &Hit| json!({ "dataset": hit.dataset, "id": hit.id, "document": hit.document });
    let mut whole = json!({ "total": answer.total, "hits": answer.hits.iter().map(hit).collect::<Vec<_>>() });
    if let Some(rows) = rows(answer) {
        whole["groups"] = Value::Array(rows);
    }
    if answer.figure.is_some() {
        whole["figure"] = figure(answer.figure.as_ref());
    }
    print::json_line(&whole) + "\n"
}

/// A document a line, or a group.
pub(super) fn ndjson(answer: &Answer) -> String {
    let lines = rows(answer).unwrap_or_else(|| answer.hits.iter().map(|hit| hit.document.clone()).collect());
    lines.iter().map(|line| print::json_line(line) + "\n").collect()
}
