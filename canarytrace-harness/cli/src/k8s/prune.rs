//! `CronJob`s whose monitors are gone.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use super::folder::{Files, is_of_a_monitor};

/// The files in a folder of ours that no monitor has any more.
pub(crate) fn gone<'a>(there: &'a Files, files: &Files) -> Vec<&'a str> {
    there.keys().filter(|name| !files.contains_key(*name)).map(String::as_str).collect()
}

/// A `CronJob` in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InCluster {
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl InCluster {
    /// The command that deletes it. Neither name holds anything that a shell reads.
    pub(crate) fn delete_command(&self) -> String {
        format!("kubectl delete cronjob {} --namespace {}", self.name, self.namespace)
    }
}

/// The `CronJob`s of monitors in what `kubectl get cronjobs -o json` printed (`-`: standard input) that are not among these, in
/// their namespaces.
///
/// # Errors
/// When it can't be read or is no list of objects.
pub(crate) fn gone_in_cluster(path: &Path, cronjobs: &BTreeMap<String, Value>) -> anyhow::Result<Vec<InCluster>> {
    let json = if path.as_os_str() == "-" {
        let mut json = String::new();
        std::io::stdin().read_to_string(&mut json).context("standard input can't be read")?;
        json
    } else {
        fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?
    };
    let list: Value = serde_json::from_str(&json)
        .with_context(|| format!("{} is not what `kubectl get cronjobs -o json` prints", path.display()))?;
    let items = list["items"]
        .as_array()
        .with_context(|| format!("{} has no items: `kubectl get cronjobs -o json` prints them", path.display()))?;
    Ok(among(items, cronjobs))
}

fn among(items: &[Value], cronjobs: &BTreeMap<String, Value>) -> Vec<InCluster> {
    let place = |manifest: &Value| InCluster {
        namespace: manifest["metadata"]["namespace"].as_str().unwrap_or("default").to_owned(),
        name: manifest["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
    };
    let wanted: Vec<InCluster> = cronjobs.values().map(place).collect();
    let is_gone =
        |there: &InCluster| wanted.iter().any(|wanted| wanted.namespace == there.namespace) && !wanted.contains(there);
    let mut gone: Vec<InCluster> =
        items.iter().filter(|item| is_of_a_monitor(item)).map(place).filter(is_gone).collect();
    gone.sort();
    gone
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cronjob(namespace: &str, name: &str, managed_by: &str) -> Value {
        json!({
            "kind": "CronJob",
            "metadata": {
                "namespace": namespace, "name": name,
                "labels": { "app.kubernetes.io/managed-by": managed_by },
                "annotations": { "canarytrace/monitor": name },
            },
        })
    }

    #[test]
    fn only_what_is_ours_and_in_the_same_namespace_is_gone() {
        let wanted = BTreeMap::from([("buy".to_owned(), cronjob("shop", "buy", "canarytrace"))]);
        let items = [
            cronjob("shop", "sell", "canarytrace"),
            cronjob("shop", "buy", "canarytrace"),
            cronjob("shop", "backup", "kustomize"),
            cronjob("blog", "read", "canarytrace"),
        ];
        let gone = among(&items, &wanted);
        let commands: Vec<String> = gone.iter().map(InCluster::delete_command).collect();
        assert_eq!(commands, ["kubectl delete cronjob sell --namespace shop"]);
    }
}
