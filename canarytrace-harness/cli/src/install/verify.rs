//! Asks the cluster what a new data stream would be like, and compares.

use anyhow::{Context as _, bail};
use canarytrace::elastic::templates::{Wanted, changes, leaves, stream_mappings, stream_settings};
use canarytrace::elastic::{Method, Request};
use canarytrace::record::DatasetSchema;
use serde_json::Value;

use super::cluster::{Cluster, part, reason};
use super::overrides::Overrides;

/// Simulates the data stream of a dataset.
///
/// # Errors
/// When it would lack something of ours that `@custom` does not decide on.
pub(super) async fn check(
    cluster: &Cluster<'_>,
    wanted: &Wanted,
    dataset: &DatasetSchema,
    overrides: &Overrides,
) -> anyhow::Result<()> {
    let stream = wanted.names.stream(&dataset.name);
    let simulated = simulate(cluster, &stream).await.context("the templates can't be simulated")?;
    let template = &simulated["template"];
    let mut wrong = changes(&leaves(&template["mappings"]), &leaves(&stream_mappings(dataset, wanted.strict)));
    wrong.retain(|change| !overrides.has_mapping(&change.path));
    let mut settings = changes(&leaves(&template["settings"]), &leaves(&stream_settings(wanted)));
    settings.retain(|change| !overrides.has_setting(&change.path));
    wrong.append(&mut settings);
    // More is no harm: the products add what they need.
    wrong.retain(|change| change.new.is_some());
    if wrong.is_empty() {
        return Ok(());
    }
    let lines = wrong.iter().take(10).map(|change| format!("  {change}")).collect::<Vec<_>>().join("\n");
    bail!(
        "{stream} would not be what its templates say; an index template of another that wins, a template that was \
         changed meanwhile, or a server that maps otherwise may be why:\n{lines}"
    )
}

/// What a new index of a stream would be like.
async fn simulate(cluster: &Cluster<'_>, stream: &str) -> anyhow::Result<Value> {
    let request = |what: &str| Request::new(Method::Post, format!("/_index_template/{what}/{}", part(stream)));
    let reply = cluster.try_send(request("_simulate_index")).await?;
    if reply.is_success() {
        return Ok(reply.json()?);
    }
    // OpenSearch can't simulate the index of a data stream that is there; its template has the same name.
    let is_there = reason(&reply).contains("need to be unique");
    cluster.send(request(if is_there { "_simulate" } else { "_simulate_index" })).await
}
