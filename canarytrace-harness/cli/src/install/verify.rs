//! Asks the cluster what a new data stream would be like, and compares.

use anyhow::{Context as _, bail};
use canarytrace::elastic::Method;
use canarytrace::elastic::templates::{Wanted, changes, leaves, stream_mappings, stream_settings};
use canarytrace::record::DatasetSchema;

use super::cluster::{Cluster, part};
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
    let path = format!("/_index_template/_simulate_index/{}", part(&stream));
    let simulated = cluster.send(Method::Post, &path, None).await.context("the templates can't be simulated")?;
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
    let lines = wrong.iter().take(10).map(|change| format!("\n  {change}")).collect::<String>();
    bail!(
        "{stream} would not be what its templates say; an index template of another that wins, a template that was \
         changed meanwhile, or a server that maps otherwise may be why:{lines}"
    )
}
