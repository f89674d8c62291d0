//! Data streams that are there already: their templates hold for the next index alone, so the newest one is changed.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::bail;
use canarytrace::elastic::templates::{Change, Keep, Wanted, changes, leaves, stream_mappings};
use canarytrace::elastic::{Method, Request};
use canarytrace::record::DatasetSchema;
use serde_json::{Value, json};

use super::cluster::{Cluster, is_unknown, part, put, reason};
use super::overrides::Overrides;

/// A data stream that is otherwise than its template.
#[derive(Debug)]
pub struct StreamPlan {
    /// Its name.
    pub stream: String,
    /// What has to change in the mapping of its newest index.
    pub changes: Vec<Change>,
    /// The mapping that is put.
    mappings: Value,
    /// How long its documents are to be kept, where that changes.
    retention: Option<(String, Keep)>,
}

impl StreamPlan {
    /// Looks at the data stream of a dataset; nothing when there is none, or nothing to change.
    pub(super) async fn make(
        cluster: &Cluster<'_>,
        wanted: &Wanted,
        dataset: &DatasetSchema,
        overrides: &Overrides,
    ) -> anyhow::Result<Option<Self>> {
        let stream = wanted.names.stream(&dataset.name);
        let Some(found) = cluster.get(&format!("/{}/_mapping", part(&stream))).await? else { return Ok(None) };
        if found.get(&stream).is_some() {
            bail!(
                "{stream} is an index and no data stream, so its template can't hold for it; move its documents elsewhere \
                 (_reindex) and delete it, or set INDEX_PREFIX to something else"
            );
        }
        let Some(newest) = newest(&found) else { return Ok(None) };
        let mappings = overrides.without(&stream_mappings(dataset, wanted.strict));
        let mut changes = changes(&leaves(&newest["mappings"]), &leaves(&mappings));
        // What is there beside that was ours once, or is the user's.
        changes.retain(|change| change.new.is_some());
        let retention = match retention(cluster, &stream).await? {
            Some(old) if wanted.ilm.is_none() => {
                let keep = wanted.retention.of(&dataset.name);
                (old != keep.to_string()).then_some((old, keep))
            }
            _ => None,
        };
        let nothing = changes.is_empty() && retention.is_none();
        Ok((!nothing).then_some(Self { stream, changes, mappings, retention }))
    }

    /// Whether the newest index can't become what it should be, so that a new one is begun.
    fn needs_rollover(&self) -> bool {
        let fixed = [".type", ".enabled", ".format"];
        let changed = self.changes.iter().filter(|change| change.old.is_some());
        changed.into_iter().any(|change| fixed.iter().any(|fixed| change.path.ends_with(fixed)))
    }

    /// Changes the newest index, or begins a new one. Gives what it did, in words.
    pub(super) async fn apply(&self, cluster: &Cluster<'_>) -> anyhow::Result<String> {
        let mut done = Vec::new();
        if !self.changes.is_empty() {
            let path = format!("/{}/_mapping", part(&self.stream));
            let request = put(&path, &self.mappings).query("write_index_only", "true");
            let reply = cluster.try_send(request.clone()).await?;
            let fields = fields(&self.changes);
            if reply.is_success() {
                done.push(format!("{fields} from now on"));
            } else if reply.status == 400 {
                cluster.send(Request::new(Method::Post, format!("/{}/_rollover", part(&self.stream)))).await?;
                let reason = reason(&reply);
                done.push(format!("{fields} in a new index, because the newest could not be changed ({reason})"));
            } else {
                cluster.send(request).await?;
            }
        }
        if let Some((_, keep)) = self.retention {
            let body = match keep {
                Keep::Days(_) => json!({ "data_retention": keep.to_string() }),
                Keep::Forever => json!({}),
            };
            let path = format!("/_data_stream/{}/_lifecycle", part(&self.stream));
            cluster.send(put(&path, &body)).await?;
            done.push(format!("documents are kept {keep}"));
        }
        Ok(done.join("; "))
    }
}

impl fmt::Display for StreamPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = match (self.changes.is_empty(), self.needs_rollover()) {
            (true, _) => "",
            (false, true) => " (by a rollover: its newest index can't be changed so far)",
            (false, false) => " (its newest index is changed)",
        };
        writeln!(f, "~ data stream {}{how}", self.stream)?;
        for change in &self.changes {
            writeln!(f, "    {change}")?;
        }
        if let Some((old, keep)) = &self.retention {
            writeln!(f, "    ~ retention: {old} -> {keep}")?;
        }
        Ok(())
    }
}

/// The names of the fields that change, at most five of them.
fn fields(changes: &[Change]) -> String {
    let field =
        |change: &Change| change.path.rsplit_once('.').map_or(change.path.clone(), |(field, _)| field.to_owned());
    let mut fields: Vec<_> = changes.iter().map(field).collect();
    fields.dedup();
    let more = fields.len().saturating_sub(5);
    fields.truncate(5);
    let named = fields.join(", ");
    if more > 0 { format!("{named} and {more} more") } else { named }
}

/// The index that is written to: the one of the highest generation, at the end of the name.
fn newest(found: &Value) -> Option<&Value> {
    let generation = |name: &str| name.rsplit('-').next()?.parse::<u64>().ok();
    let indices = found.as_object()?.iter();
    let sorted: BTreeMap<_, _> = indices.map(|(name, index)| (generation(name), index)).collect();
    sorted.into_values().next_back()
}

/// How long documents of a stream are kept; nothing where the cluster does not say.
async fn retention(cluster: &Cluster<'_>, stream: &str) -> anyhow::Result<Option<String>> {
    if !cluster.dialect().supports_lifecycle() {
        return Ok(None);
    }
    let path = format!("/_data_stream/{}/_lifecycle", part(stream));
    let reply = cluster.try_send(Request::new(Method::Get, path)).await?;
    // Whoever may not look is not to change it either.
    if is_unknown(&reply) || matches!(reply.status, 403 | 404) {
        return Ok(None);
    }
    let answer: Value = reply.json().unwrap_or_default();
    let Some(stream) = answer["data_streams"].get(0) else { return Ok(None) };
    let lifecycle = &stream["lifecycle"];
    Ok(Some(match lifecycle["data_retention"].as_str() {
        Some(days) => days.to_owned(),
        None if lifecycle.is_object() => Keep::Forever.to_string(),
        None => "none".to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_index_is_that_of_the_highest_generation() {
        // The day in the name is that of the rollover, and a clock may be set back.
        let found = json!({ ".ds-c.report-default-2026.11.23-000009": 1, ".ds-c.report-default-2026.11.22-000010": 2 });
        assert_eq!(newest(&found), Some(&json!(2)));
    }
}
