//! Bulk requests: from lines of the spool to a body of `create` actions, and from replies to what became of each.
//!
//! Nothing here does I/O. Bulk API: <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::record::document_id;

/// Parts of a reply that are read; the rest need not be sent.
pub const FILTER: &str = "errors,items.*._id,items.*._index,items.*.status,items.*.error.type,items.*.error.reason,\
                          items.*.error.caused_by.type,items.*.error.caused_by.reason";

/// What a document says of itself that its delivery depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `_id`, see [`document_id`].
    pub id: String,
    /// The attempt that it belongs to.
    pub attempt: u32,
    /// Its position within the run.
    pub sequence: u64,
    /// When it was made, ms since the epoch; none when it doesn't say.
    pub made: Option<i64>,
}

/// Reads the key of a document, which is a line of the spool.
///
/// # Errors
/// Why the line is no document of ours.
pub fn key(dataset: &str, line: &[u8]) -> Result<Key, String> {
    #[derive(Deserialize)]
    struct Fields<'a> {
        uuid: Uuid,
        attempt: u32,
        sequence: u64,
        // Whatever it is, it must not keep the document from being delivered.
        #[serde(borrow)]
        timestamp: Option<&'a RawValue>,
    }
    let fields: Fields<'_> =
        serde_json::from_slice(line).map_err(|error| format!("the line is no document of Canarytrace: {error}"))?;
    Ok(Key {
        id: document_id(fields.uuid, fields.attempt, dataset, fields.sequence),
        attempt: fields.attempt,
        sequence: fields.sequence,
        made: fields.timestamp.and_then(|timestamp| timestamp.get().parse().ok()),
    })
}

/// Appends an action and its document to the body of a request.
pub fn push_create(body: &mut Vec<u8>, stream: &str, id: &str, document: &[u8]) {
    #[derive(serde::Serialize)]
    struct Action<'a> {
        create: Target<'a>,
    }
    #[derive(serde::Serialize)]
    struct Target<'a> {
        #[serde(rename = "_index")]
        index: &'a str,
        #[serde(rename = "_id")]
        id: &'a str,
    }
    // Two texts can always be written as JSON, and to a Vec.
    let _ = serde_json::to_writer(&mut *body, &Action { create: Target { index: stream, id } });
    body.push(b'\n');
    body.extend_from_slice(document);
    body.push(b'\n');
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is stored, in this backing index.
    Stored(String),
    /// It was stored before.
    Duplicate,
    /// It may be taken another time.
    Retry {
        /// Why not now.
        reason: String,
        /// Whether it may have been stored all the same.
        unsure: bool,
    },
    /// The cluster failed at it, in a way that does not pass by itself: it may have been stored all the same, and it may be
    /// that it never will be.
    Failed {
        /// The cluster's status for it.
        status: u16,
        /// The type of the error.
        kind: String,
        /// The reason in the cluster's words.
        reason: String,
    },
    /// It is too large.
    TooLarge(String),
    /// Its data stream has no template or is closed: nothing of its dataset can be stored until somebody repairs that.
    NoStream(String),
    /// Our role may not write to its data stream.
    Forbidden(String),
    /// It will never be taken.
    Dead {
        /// The cluster's status for it.
        status: u16,
        /// The type of the error.
        kind: String,
        /// The reason in the cluster's words.
        reason: String,
    },
}

/// What a reply to a bulk request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// What became of each document, in the order of the request.
    Items(Vec<Verdict>),
    /// Nothing was done; the same request may be taken another time.
    Retry(String),
    /// Nobody knows what was done: the ids must be asked for.
    Unknown(String),
    /// The request is too large.
    TooLarge,
    /// We are not who we say (401), or may not do this (403).
    Refused(String),
    /// The parameter `require_data_stream` is not known there.
    NoRequireDataStream,
    /// The request as a whole is wrong; without the document that makes it so it may be taken.
    Bad {
        /// HTTP status.
        status: u16,
        /// Why.
        reason: String,
    },
}

/// Errors that pass by themselves, whatever their status.
const PASSING: &[&str] = &[
    "circuit_breaking_exception",
    "cluster_block_exception",
    "es_rejected_execution_exception",
    "rejected_execution_exception",
    "master_not_discovered_exception",
    "cluster_manager_not_discovered_exception",
    "no_shard_available_action_exception",
    "node_closed_exception",
    "node_disconnected_exception",
    "node_not_connected_exception",
    "primary_missing_action_exception",
    "process_cluster_event_timeout_exception",
    "retry_on_primary_exception",
    "shard_not_in_primary_mode_exception",
    "unavailable_shards_exception",
];

/// Errors that say that there is nowhere to store a dataset.
const NO_STREAM: &[&str] = &["index_not_found_exception", "index_closed_exception"];

#[derive(Debug, Deserialize)]
struct BulkReply<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

#[derive(Debug, Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    create: Created<'a>,
}

#[derive(Debug, Deserialize)]
struct Created<'a> {
    #[serde(rename = "_id", borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(rename = "_index", borrow)]
    index: Option<Cow<'a, str>>,
    status: u16,
    #[serde(borrow)]
    error: Option<Cause<'a>>,
}

#[derive(Debug, Default, Deserialize)]
struct Cause<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    reason: Option<Cow<'a, str>>,
    #[serde(borrow)]
    caused_by: Option<Box<Cause<'a>>>,
}

impl Cause<'_> {
    fn kind(&self) -> &str {
        self.kind.as_deref().unwrap_or_default()
    }

    /// The reason, and what caused it.
    fn reason(&self) -> String {
        let own = self.reason.as_deref().unwrap_or("no reason was given");
        match self.caused_by.as_ref().and_then(|cause| cause.reason.as_deref()) {
            Some(deeper) if !own.contains(deeper) => format!("{own}: {deeper}"),
            _ => own.to_owned(),
        }
    }
}

/// The error of a request that failed as a whole.
fn whole_error(body: &[u8]) -> Option<(String, String)> {
    #[derive(Deserialize)]
    struct Whole<'a> {
        #[serde(borrow)]
        error: Cause<'a>,
    }
    let whole: Whole<'_> = serde_json::from_slice(body).ok()?;
    Some((whole.error.kind().to_owned(), whole.error.reason()))
}

/// What a reply of this status and body says of the documents with these ids.
pub fn read<'a>(status: u16, body: &[u8], ids: impl ExactSizeIterator<Item = &'a str>) -> Answer {
    if (200..300).contains(&status) {
        return read_items(body, ids).map_or_else(|why| Answer::Unknown(format!("the reply {why}")), Answer::Items);
    }
    let (kind, reason) = whole_error(body).unwrap_or_default();
    let told = if reason.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {reason}") };
    match status {
        429 => Answer::Retry(told),
        _ if PASSING.contains(&kind.as_str()) => Answer::Retry(told),
        // A gateway that gives up says nothing of what happened behind it.
        408 | 500..=599 => Answer::Unknown(told),
        413 => Answer::TooLarge,
        400 if reason.contains("[require_data_stream]") && reason.contains("unrecognized parameter") => {
            Answer::NoRequireDataStream
        }
        400 => Answer::Bad { status, reason: told },
        // 404, 405 and redirects come of somebody who is no cluster, or may not be asked: a person must look.
        _ => Answer::Refused(told),
    }
}

fn read_items<'a>(body: &[u8], mut ids: impl ExactSizeIterator<Item = &'a str>) -> Result<Vec<Verdict>, String> {
    let reply: BulkReply<'_> = serde_json::from_slice(body).map_err(|error| format!("can't be read: {error}"))?;
    if reply.items.len() != ids.len() {
        return Err(format!("has {} items for {} documents", reply.items.len(), ids.len()));
    }
    reply
        .items
        .into_iter()
        .map(|Item { create }| match (&create.id, ids.next()) {
            (Some(answered), Some(asked)) if answered != asked => Err(format!("speaks of {answered}, not of {asked}")),
            _ => Ok(verdict(create)),
        })
        .collect()
}

fn verdict(item: Created<'_>) -> Verdict {
    let error = item.error.unwrap_or_default();
    let kind = error.kind();
    let told = || format!("{}: {}", item.status, error.reason());
    match item.status {
        200..=299 => Verdict::Stored(item.index.unwrap_or_default().into_owned()),
        409 => Verdict::Duplicate,
        413 => Verdict::TooLarge(error.reason()),
        // A shard that failed in the middle may have it; one that rejects has not.
        500..=599 if PASSING.contains(&kind) => Verdict::Retry { reason: told(), unsure: true },
        status @ 500..=599 => Verdict::Failed { status, kind: kind.to_owned(), reason: error.reason() },
        _ if item.status == 429 || PASSING.contains(&kind) => Verdict::Retry { reason: told(), unsure: false },
        _ if NO_STREAM.contains(&kind) => Verdict::NoStream(told()),
        401 | 403 => Verdict::Forbidden(told()),
        status => Verdict::Dead { status, kind: kind.to_owned(), reason: error.reason() },
    }
}

/// What the header `Retry-After` asks for (RFC 9110, section 10.2.3): seconds, or a moment.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RUN: &str = "01890000-0000-7000-8000-000000000000";

    fn items(items: &str) -> String {
        format!(r#"{{"errors":true,"took":3,"items":[{items}]}}"#)
    }

    fn one(status: u16, kind: &str, reason: &str) -> Verdict {
        let item = format!(
            r#"{{"create":{{"_index":"x","_id":"a","status":{status},"error":{{"type":"{kind}","reason":"{reason}"}}}}}}"#
        );
        match read(200, items(&item).as_bytes(), ["a"].into_iter()) {
            Answer::Items(mut verdicts) => verdicts.remove(0),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_id_is_made_of_the_documents_own_fields() {
        let line =
            format!(r#"{{"uuid":"{RUN}","attempt":2,"sequence":7,"timestamp":1700000000000,"a":{{"sequence":1}}}}"#);
        let made = key("report", line.as_bytes()).unwrap();
        assert_eq!(made.id, format!("{RUN}-2-report-7"));
        assert_eq!((made.attempt, made.sequence, made.made), (2, 7, Some(1_700_000_000_000)));
        let odd = format!(r#"{{"uuid":"{RUN}","attempt":2,"sequence":7,"timestamp":"yesterday"}}"#);
        assert_eq!(key("report", odd.as_bytes()).unwrap().made, None);
    }

    #[test]
    fn a_line_without_the_fields_of_an_id_says_what_is_missing() {
        for (line, what) in [
            ("", "EOF"),
            ("{\"uu", "EOF"),
            ("[]", "invalid length"),
            ("{\"attempt\":1,\"sequence\":1}", "uuid"),
            ("{\"uuid\":\"01890000-0000-7000-8000-000000000000\",\"attempt\":1}", "sequence"),
            ("{\"uuid\":\"x\",\"attempt\":1,\"sequence\":1}", "UUID"),
        ] {
            let why = key("report", line.as_bytes()).unwrap_err();
            assert!(why.contains(what), "{line}: {why}");
        }
    }

    #[test]
    fn a_body_has_two_lines_a_document() {
        let mut body = Vec::new();
        push_create(&mut body, "c.report-default", "a\"b", b"{\"x\":1}");
        let expected = "{\"create\":{\"_index\":\"c.report-default\",\"_id\":\"a\\\"b\"}}\n{\"x\":1}\n";
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn each_item_is_judged_by_its_status_and_error() {
        assert_eq!(one(201, "", ""), Verdict::Stored("x".to_owned()));
        assert_eq!(one(409, "version_conflict_engine_exception", ""), Verdict::Duplicate);
        for (status, kind) in [
            (429, "es_rejected_execution_exception"),
            (429, "cluster_block_exception"),
            (403, "cluster_block_exception"),
            (503, "unavailable_shards_exception"),
            (400, "process_cluster_event_timeout_exception"),
        ] {
            assert!(matches!(one(status, kind, "why"), Verdict::Retry { .. }), "{status} {kind}");
        }
        let failed = |status| Verdict::Failed { status, kind: "anything".to_owned(), reason: "why".to_owned() };
        assert_eq!(one(500, "anything", "why"), failed(500));
        assert_eq!(one(503, "anything", "why"), failed(503));
        assert!(matches!(one(404, "index_not_found_exception", "why"), Verdict::NoStream(_)));
        assert!(matches!(one(403, "security_exception", "why"), Verdict::Forbidden(_)));
        assert!(matches!(one(413, "x", "why"), Verdict::TooLarge(_)));
        let reason = "why".to_owned();
        let kind = "strict_dynamic_mapping_exception".to_owned();
        assert_eq!(one(400, &kind, "why"), Verdict::Dead { status: 400, kind, reason });
    }

    #[test]
    fn the_cause_is_told_with_the_reason() {
        let item = r#"{"create":{"_id":"a","status":400,"error":{"type":"document_parsing_exception","reason":"failed to parse",
            "caused_by":{"type":"illegal_argument_exception","reason":"\"x\" is no number"}}}}"#;
        let Answer::Items(verdicts) = read(200, items(item).as_bytes(), ["a"].into_iter()) else { panic!() };
        let [Verdict::Dead { reason, .. }] = &verdicts[..] else { panic!("{verdicts:?}") };
        assert_eq!(reason, "failed to parse: \"x\" is no number");
    }

    #[test]
    fn a_reply_that_does_not_fit_the_request_says_nothing() {
        let ok = r#"{"create":{"_index":"x","_id":"a","status":201}}"#;
        let two = items(&format!("{ok},{ok}"));
        for (body, why) in [
            ("", "can't be read"),
            ("<html>", "can't be read"),
            ("{}", "can't be read"),
            (r#"{"items":[{"index":{"status":201}}]}"#, "can't be read"),
            (&two[..two.len() - 3], "can't be read"),
            (&two, "2 items for 1"),
            (&items(""), "0 items for 1"),
            (&items(r#"{"create":{"_index":"x","_id":"b","status":201}}"#), "speaks of b, not of a"),
        ] {
            match read(200, body.as_bytes(), ["a"].into_iter()) {
                Answer::Unknown(text) => assert!(text.contains(why), "{body}: {text}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_status_of_the_whole_request_says_what_to_do() {
        let told = |status, body: &str| read(status, body.as_bytes(), ["a"].into_iter());
        assert_eq!(told(429, ""), Answer::Retry("HTTP 429".to_owned()));
        for status in [408, 500, 502, 503, 504] {
            assert!(matches!(told(status, "<html>Bad Gateway</html>"), Answer::Unknown(_)), "{status}");
        }
        let block = r#"{"error":{"type":"cluster_block_exception","reason":"blocked by: [no master]"},"status":503}"#;
        assert_eq!(told(503, block), Answer::Retry("HTTP 503: blocked by: [no master]".to_owned()));
        assert_eq!(told(413, ""), Answer::TooLarge);
        for status in [301, 401, 403, 404, 405] {
            assert!(matches!(told(status, ""), Answer::Refused(_)), "{status}");
        }
        assert!(matches!(told(400, ""), Answer::Bad { .. }));
        let unknown = r#"{"error":{"type":"illegal_argument_exception",
            "reason":"request [/_bulk] contains unrecognized parameter: [require_data_stream] -> did you mean [require_alias]?"}}"#;
        assert_eq!(told(400, unknown), Answer::NoRequireDataStream);
    }

    #[test]
    fn retry_after_is_seconds_or_a_moment() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        assert_eq!(retry_after(" 3 ", now), Some(Duration::from_secs(3)));
        assert_eq!(retry_after("Thu, 01 Jan 2026 00:00:07 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Wed, 31 Dec 2025 23:59:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
    }

    proptest! {
        #[test]
        fn any_reply_is_read_without_panic_and_never_invents_verdicts(
            status in 100u16..600, body in proptest::collection::vec(any::<u8>(), 0..200), documents in 0usize..4,
        ) {
            let ids = vec!["a"; documents];
            if let Answer::Items(verdicts) = read(status, &body, ids.into_iter()) {
                prop_assert_eq!(verdicts.len(), documents);
            }
        }

        #[test]
        fn a_cut_reply_is_always_of_unknown_outcome(statuses in proptest::collection::vec(200u16..500, 1..20), cut in 0.0..1.0) {
            let reply: Vec<String> = statuses.iter().enumerate()
                .map(|(at, status)| format!(r#"{{"create":{{"_index":"x","_id":"{at}","status":{status}}}}}"#)).collect();
            let whole = items(&reply.join(","));
            let ids: Vec<String> = (0..statuses.len()).map(|at| at.to_string()).collect();
            let read = |body: &str| super::read(200, body.as_bytes(), ids.iter().map(String::as_str));
            prop_assert!(matches!(read(&whole), Answer::Items(verdicts) if verdicts.len() == statuses.len()));
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
            let at = (whole.len() as f64 * cut) as usize;
            prop_assert!(matches!(read(&whole[..at]), Answer::Unknown(_)));
        }

        #[test]
        fn any_line_gives_a_key_or_a_reason(line in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = key("report", &line);
        }
    }
}
