//! What is asked about data streams: whether documents are in them, and whether they have a template.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::{Client, Method, Reply, Request};

/// No more backing indices than these are looked into.
const MOST_INDICES: usize = 8;

/// Without a known one, the newest so many are looked into.
const NEWEST: usize = 3;

/// Why a question was not answered.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Our role may not ask, or the cluster doesn't know the question.
    NotAllowed,
    /// It may be answered another time.
    Trouble(String),
}

async fn ask(client: &Client, request: Request) -> Result<Option<Reply>, Unanswered> {
    let reply = client.send(request).await.map_err(|trouble| Unanswered::Trouble(trouble.to_string()))?;
    match reply.status {
        200..=299 => Ok(Some(reply)),
        404 => Ok(None),
        // Credentials may be repaired; asking is then allowed as before.
        401 | 408 | 429 | 500..=599 => Err(Unanswered::Trouble(format!("{}: HTTP {}", reply.node, reply.status))),
        _ => Err(Unanswered::NotAllowed),
    }
}

fn unreadable(reply: &Reply, error: &serde_json::Error) -> Unanswered {
    Unanswered::Trouble(format!("{}: the reply can't be read: {error}", reply.node))
}

/// Of the documents with these ids, those that are in the backing indices of `stream` that it may have written to
/// since it wrote to `since`.
pub(super) async fn find(
    client: &Client,
    stream: &str,
    since: Option<&str>,
    ids: &[&str],
) -> Result<HashSet<String>, Unanswered> {
    // Only the names of the backing indices are wanted.
    let request = Request::new(Method::Get, format!("/{}/_settings", encoded(stream)))
        .query("filter_path", "*.settings.index.provided_name");
    let Some(reply) = ask(client, request).await? else { return Ok(HashSet::new()) };
    let indices: Map<String, Value> = reply.json().map_err(|error| unreadable(&reply, &error))?;
    let indices = candidates(indices.keys().map(String::as_str), since);
    let mut found = HashSet::new();
    for index in indices {
        let rest: Vec<&&str> = ids.iter().filter(|id| !found.contains(**id)).collect();
        if rest.is_empty() {
            break;
        }
        let request = Request::new(Method::Post, format!("/{}/_mget", encoded(index)))
            .query("_source", "false")
            .query("filter_path", "docs._id,docs.found,docs.error.type")
            .json(&json!({ "ids": rest }));
        // An index that is gone has no documents.
        let Some(reply) = ask(client, request).await? else { continue };
        found.extend(found_in(&reply.body).map_err(|error| unreadable(&reply, &error))?);
    }
    Ok(found)
}

fn found_in(body: &[u8]) -> serde_json::Result<impl Iterator<Item = String>> {
    #[derive(Deserialize)]
    struct Found {
        docs: Vec<Doc>,
    }
    #[derive(Deserialize)]
    struct Doc {
        #[serde(rename = "_id")]
        id: String,
        #[serde(default)]
        found: bool,
    }
    let found: Found = serde_json::from_slice(body)?;
    Ok(found.docs.into_iter().filter(|doc| doc.found).map(|doc| doc.id))
}

/// The backing indices to look into, the newest first.
fn candidates<'a>(indices: impl Iterator<Item = &'a str>, since: Option<&str>) -> Vec<&'a str> {
    let mut indices: Vec<&str> = indices.collect();
    // The generation is the last part of the name; the date before it may be anything.
    indices.sort_unstable_by_key(|index| (generation(index), *index));
    let from = match since.and_then(|since| indices.iter().position(|index| *index == since)) {
        Some(at) => at.max(indices.len().saturating_sub(MOST_INDICES)),
        None => indices.len().saturating_sub(NEWEST),
    };
    indices.drain(..from);
    indices.reverse();
    indices
}

fn generation(index: &str) -> u64 {
    index.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// Whether documents that are sent to `stream` go to a data stream: there is one, or a template would make one.
pub(super) async fn is_ready(client: &Client, stream: &str) -> Result<bool, Unanswered> {
    let request = Request::new(Method::Get, format!("/_data_stream/{}", encoded(stream)))
        .query("filter_path", "data_streams.name");
    if ask(client, request).await?.is_some() {
        return Ok(true);
    }
    let request = Request::new(Method::Get, "/_index_template").query(
        "filter_path",
        "index_templates.index_template.index_patterns,index_templates.index_template.data_stream,\
         index_templates.index_template.priority",
    );
    let Some(reply) = ask(client, request).await? else { return Ok(false) };
    let templates: Templates = reply.json().map_err(|error| unreadable(&reply, &error))?;
    Ok(templates.make_data_stream(stream))
}

#[derive(Debug, Default, Deserialize)]
struct Templates {
    #[serde(default)]
    index_templates: Vec<Named>,
}

#[derive(Debug, Deserialize)]
struct Named {
    index_template: Template,
}

#[derive(Debug, Deserialize)]
struct Template {
    #[serde(default)]
    index_patterns: Vec<String>,
    data_stream: Option<Value>,
    #[serde(default)]
    priority: i64,
}

impl Templates {
    /// Whether the template that holds for `stream` makes a data stream.
    fn make_data_stream(&self, stream: &str) -> bool {
        let matching = |template: &&Template| template.index_patterns.iter().any(|pattern| matches(pattern, stream));
        let templates = self.index_templates.iter().map(|named| &named.index_template).filter(matching);
        templates.max_by_key(|template| template.priority).is_some_and(|template| template.data_stream.is_some())
    }
}

/// Whether `pattern`, in which `*` is any text, means `name`.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A name as part of a path.
fn encoded(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_backing_indices_that_may_have_been_written_to_are_looked_into() {
        let indices = [
            ".ds-a-2026.01.02-000002",
            ".ds-a-2026.01.01-000001",
            ".ds-a-2025.12.31-000003",
            ".ds-a-2026.01.09-000010",
        ];
        let of = |since| candidates(indices.into_iter(), since);
        assert_eq!(of(Some(".ds-a-2025.12.31-000003")), [".ds-a-2026.01.09-000010", ".ds-a-2025.12.31-000003"]);
        assert_eq!(of(Some(".ds-a-2026.01.09-000010")), [".ds-a-2026.01.09-000010"]);
        let newest = [".ds-a-2026.01.09-000010", ".ds-a-2025.12.31-000003", ".ds-a-2026.01.02-000002"];
        assert_eq!(of(None), newest);
        assert_eq!(of(Some("gone")), newest);
    }

    #[test]
    fn the_template_with_the_highest_priority_that_matches_decides() {
        let templates: Templates = serde_json::from_value(json!({ "index_templates": [
            { "index_template": { "index_patterns": ["c.*-*"], "data_stream": {}, "priority": 5 } },
            { "index_template": { "index_patterns": ["c.report-old*"], "priority": 7 } },
        ] }))
        .unwrap();
        assert!(templates.make_data_stream("c.report-default"));
        assert!(!templates.make_data_stream("c.report-older"));
        assert!(!templates.make_data_stream("d.report-default"));
        assert!(!Templates::default().make_data_stream("c.report-default"));
    }

    #[test]
    fn a_star_is_any_text() {
        for (pattern, name, fits) in [
            ("c.report-default", "c.report-default", true),
            ("c.report-default", "c.report-default2", false),
            ("*", "anything", true),
            ("c.*-default", "c.request-log-default", true),
            ("c.*-default", "c.request-log-other", false),
            ("a*b*b", "axbb", true),
            ("a*b*b", "ab", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
