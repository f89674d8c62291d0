//! Snapshots of our data streams, and policies of the lifecycle: what the cluster has of both.

use anyhow::bail;
use canarytrace::elastic::templates::{MANAGED_BY, changes, leaves};
use canarytrace::elastic::{Method, Names, Request};
use serde_json::{Value, json};

use super::cluster::{Cluster, is_unknown, part, put};

/// A policy that stores a snapshot each night.
#[derive(Debug)]
pub(super) struct Plan {
    name: String,
    path: String,
    body: Value,
    /// What puts it; nothing when it is there and the same.
    put: Option<Request>,
    repository: String,
}

impl Plan {
    /// Looks whether the repository is there, and whether the policy is.
    ///
    /// # Errors
    /// When the repository is not, or the server makes no snapshots by itself.
    pub(super) async fn make(
        cluster: &Cluster<'_>,
        names: &Names,
        repository: &str,
        with_policy: bool,
    ) -> anyhow::Result<Self> {
        if cluster.get(&format!("/_snapshot/{}", part(repository))).await?.is_none() {
            bail!(
                "{} has no snapshot repository {repository:?}; register it first (PUT /_snapshot/{repository}: its type and \
                 its place are yours to choose)",
                cluster.dialect()
            );
        }
        let name = format!("{}-snapshots", names.stream(MANAGED_BY));
        let (path, body) = if cluster.is_opensearch() {
            (format!("/_plugins/_sm/policies/{}", part(&name)), opensearch_policy(names, repository))
        } else {
            (format!("/_slm/policy/{}", part(&name)), elasticsearch_policy(names, &name, repository))
        };
        let mut plan = Self { name, path, body, put: None, repository: repository.to_owned() };
        if with_policy {
            plan.put = plan.needed(cluster).await?;
        }
        Ok(plan)
    }

    async fn needed(&self, cluster: &Cluster<'_>) -> anyhow::Result<Option<Request>> {
        let reply = cluster.try_send(Request::new(Method::Get, self.path.clone())).await?;
        if is_unknown(&reply) {
            bail!(
                "{} can't make snapshots by itself: it has neither snapshot lifecycle management (Elasticsearch) nor \
                 snapshot management (OpenSearch); leave --snapshot-policy out, and call PUT /_snapshot/{}/NAME each night \
                 by other means",
                cluster.dialect(),
                self.repository
            );
        }
        if reply.status == 404 {
            let method = if cluster.is_opensearch() { Method::Post } else { Method::Put };
            return Ok(Some(Request::new(method, self.path.clone()).json(&self.body)));
        }
        // Any other refusal is told with its reason.
        let found = cluster.get(&self.path).await?.unwrap_or_default();
        if !cluster.is_opensearch() {
            let same = is_within(&self.body, &found[&self.name]["policy"]);
            return Ok((!same).then(|| put(&self.path, &self.body)));
        }
        let same = is_within(&self.body, &found["sm_policy"]);
        // Another may change it at the same moment.
        let number = |name: &str| found[name].as_i64().unwrap_or_default().to_string();
        let only_this = || {
            let request = put(&self.path, &self.body).query("if_seq_no", number("_seq_no"));
            request.query("if_primary_term", number("_primary_term"))
        };
        Ok((!same).then(only_this))
    }

    /// What would change, for people.
    pub(super) fn diff(&self) -> String {
        match self.put {
            Some(_) => format!("~ snapshot policy {} (each night, into {})\n", self.name, self.repository),
            None => String::new(),
        }
    }

    /// Puts the policy. Gives what it did, in words.
    pub(super) async fn apply(&self, cluster: &Cluster<'_>) -> anyhow::Result<Option<String>> {
        let Some(put) = &self.put else { return Ok(None) };
        cluster.send(put.clone()).await?;
        Ok(Some(format!("snapshot policy {}: each night into {}", self.name, self.repository)))
    }
}

/// Whether all that is wanted is found.
fn is_within(wanted: &Value, found: &Value) -> bool {
    changes(&leaves(found), &leaves(wanted)).iter().all(|change| change.new.is_none())
}

/// <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-slm-put-lifecycle>
fn elasticsearch_policy(names: &Names, name: &str, repository: &str) -> Value {
    json!({
        "schedule": "0 30 1 * * ?",
        "name": format!("<{name}-{{now/d}}>"),
        "repository": repository,
        "config": { "indices": [names.stream("*")], "include_global_state": false },
        "retention": { "expire_after": "30d", "min_count": 5, "max_count": 50 },
    })
}

/// <https://docs.opensearch.org/latest/tuning-your-cluster/availability-and-recovery/snapshots/sm-api/>
fn opensearch_policy(names: &Names, repository: &str) -> Value {
    let cron = |expression: &str| json!({ "schedule": { "cron": { "expression": expression, "timezone": "UTC" } } });
    let mut deletion = cron("0 3 * * *");
    deletion["condition"] = json!({ "max_age": "30d", "min_count": 5, "max_count": 50 });
    json!({
        "description": "Data streams of Canarytrace, each night",
        "enabled": true,
        "creation": cron("30 1 * * *"),
        "deletion": deletion,
        "snapshot_config": {
            "repository": repository,
            "indices": names.stream("*"),
            "include_global_state": false,
        },
    })
}

/// Whether there is such a policy of index lifecycle management.
///
/// # Errors
/// When there is none.
pub(super) async fn check_ilm(cluster: &Cluster<'_>, policy: &str) -> anyhow::Result<()> {
    if cluster.is_opensearch() {
        bail!("--ilm is for Elasticsearch; OpenSearch attaches its policies (Index State Management) by itself");
    }
    let reply = cluster.try_send(Request::new(Method::Get, format!("/_ilm/policy/{}", part(policy)))).await?;
    if is_unknown(&reply) {
        bail!("this cluster has no index lifecycle management; leave --ilm out");
    }
    if reply.status == 404 {
        bail!("there is no policy {policy:?} of index lifecycle management; make it first (PUT /_ilm/policy/{policy})");
    }
    Ok(())
}
