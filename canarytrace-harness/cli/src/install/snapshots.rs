//! Snapshots of our data streams, and policies of the lifecycle: what the cluster has of both.

use std::fmt::Write as _;

use anyhow::{Context as _, bail, ensure};
use canarytrace::elastic::templates::{MANAGED_BY, changes, leaves};
use canarytrace::elastic::{Method, Names, Request};
use serde_json::{Map, Value, json};

use super::cluster::{Cluster, is_unknown, part, put};

/// A repository for snapshots, as it is asked for.
#[derive(Debug)]
pub(super) struct Repository<'a> {
    pub(super) name: &'a str,
    /// What it is made of when it is not there; none when it has to be there.
    pub(super) made_of: Option<Value>,
}

impl<'a> Repository<'a> {
    /// A repository that is made when it is not there if a type is given, with settings such as `location=/mnt/backup`.
    ///
    /// # Errors
    /// When a setting has no value, or one is missing that its type can't do without.
    pub(super) fn of(name: &'a str, kind: Option<&str>, settings: &[String]) -> anyhow::Result<Self> {
        let Some(kind) = kind else { return Ok(Self { name, made_of: None }) };
        let mut all = Map::new();
        for setting in settings {
            let pair = setting.split_once('=').filter(|(name, value)| !name.is_empty() && !value.is_empty());
            let Some((name, value)) = pair else {
                bail!("--snapshot-setting is {setting:?}: a name and a value are wanted, such as location=/mnt/backup");
            };
            // The products take every value as text, and tell it as text.
            all.insert(name.to_owned(), json!(value));
        }
        let needed = match kind {
            "fs" => Some("location"),
            "s3" | "gcs" => Some("bucket"),
            _ => None,
        };
        if let Some(needed) = needed {
            ensure!(
                all.contains_key(needed),
                "a snapshot repository of type {kind} needs its {needed}: add --snapshot-setting {needed}=…"
            );
        }
        Ok(Self { name, made_of: Some(json!({ "type": kind, "settings": all })) })
    }
}

/// A repository, and a policy that stores a snapshot each night.
#[derive(Debug)]
pub(super) struct Plan {
    name: String,
    path: String,
    body: Value,
    /// What puts it; nothing when it is there and the same.
    put: Option<Request>,
    repository: String,
    /// What makes the repository; nothing when it is there.
    put_repository: Option<(Request, String)>,
}

impl Plan {
    /// Looks whether the repository is there, and whether the policy is.
    ///
    /// # Errors
    /// When the repository is not and can't be made, is another one, or the server makes no snapshots by itself.
    pub(super) async fn make(
        cluster: &Cluster<'_>,
        names: &Names,
        repository: &Repository<'_>,
        with_policy: bool,
    ) -> anyhow::Result<Self> {
        let put_repository = needed_repository(cluster, repository).await?;
        let repository = repository.name;
        let name = format!("{}-snapshots", names.stream(MANAGED_BY));
        let (path, body) = if cluster.is_opensearch() {
            (format!("/_plugins/_sm/policies/{}", part(&name)), opensearch_policy(names, repository))
        } else {
            (format!("/_slm/policy/{}", part(&name)), elasticsearch_policy(names, &name, repository))
        };
        let mut plan = Self { name, path, body, put: None, repository: repository.to_owned(), put_repository };
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
        let mut text = String::new();
        if let Some((_, what)) = &self.put_repository {
            // Writing to a String can't fail.
            let _ = writeln!(text, "+ snapshot repository {} ({what})", self.repository);
        }
        if self.put.is_some() {
            let _ = writeln!(text, "~ snapshot policy {} (each night, into {})", self.name, self.repository);
        }
        text
    }

    /// Makes the repository and puts the policy, as far as they are not there. Gives what it did, in words.
    pub(super) async fn apply(&self, cluster: &Cluster<'_>) -> anyhow::Result<Vec<String>> {
        let mut done = Vec::new();
        if let Some((put, what)) = &self.put_repository {
            let made = cluster.send(put.clone()).await;
            made.with_context(|| format!("the snapshot repository {} ({what}) can't be made", self.repository))?;
            done.push(format!("snapshot repository {}: made ({what})", self.repository));
        }
        if let Some(put) = &self.put {
            cluster.send(put.clone()).await?;
            done.push(format!("snapshot policy {}: each night into {}", self.name, self.repository));
        }
        Ok(done)
    }
}

/// What makes the repository, and its type and settings for people; none when it is there.
async fn needed_repository(
    cluster: &Cluster<'_>,
    repository: &Repository<'_>,
) -> anyhow::Result<Option<(Request, String)>> {
    let name = repository.name;
    let path = format!("/_snapshot/{}", part(name));
    let found = cluster.get(&path).await?;
    let Some(wanted) = &repository.made_of else {
        if found.is_none() {
            bail!(
                "{} has no snapshot repository {name:?}; say what it is to be made of (--snapshot-repository-type fs \
                 --snapshot-setting location=/mnt/backup), or register it first (PUT /_snapshot/{name})",
                cluster.dialect()
            );
        }
        return Ok(None);
    };
    match found {
        None => Ok(Some((put(&path, wanted), in_words(wanted)))),
        Some(found) if is_within(wanted, &found[name]) => Ok(None),
        // Whoever made it has snapshots in it.
        Some(found) => bail!(
            "{} has a snapshot repository {name:?} that is another one ({}, and not {}); give yours another name, or leave \
             --snapshot-repository-type out to use that one",
            cluster.dialect(),
            in_words(&found[name]),
            in_words(wanted)
        ),
    }
}

/// Type and settings of a repository: `fs, location=/mnt/backup`.
fn in_words(repository: &Value) -> String {
    let mut words = vec![repository["type"].as_str().unwrap_or_default().to_owned()];
    for (name, value) in repository["settings"].as_object().into_iter().flatten() {
        words.push(format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    words.join(", ")
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
