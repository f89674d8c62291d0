//! Custom resources of the operator ECK, of which Kubernetes has no schema: the fields that we use, and no others.

use serde_json::Value;

use super::super::objects::{list, problem, text};
use super::super::quantity::thousandths;
use super::super::{Manifests, Problem};

/// Of each kind: its API, and the fields of its specification (`apis/` of elastic/cloud-on-k8s).
const KINDS: [(&str, &str, &[&str]); 2] = [
    (
        "Elasticsearch",
        "elasticsearch.k8s.elastic.co/v1",
        &[
            "version", "image", "http", "transport", "nodeSets", "updateStrategy", "podDisruptionBudget", "auth",
            "secureSettings", "serviceAccountName", "remoteClusters", "volumeClaimDeletePolicy", "monitoring",
            "revisionHistoryLimit",
        ],
    ),
    (
        "Kibana",
        "kibana.k8s.elastic.co/v1",
        &[
            "version", "image", "count", "elasticsearchRef", "enterpriseSearchRef", "config", "http", "podTemplate",
            "revisionHistoryLimit", "secureSettings", "serviceAccountName", "monitoring",
        ],
    ),
];

const NODE_SET: [&str; 5] = ["name", "count", "config", "podTemplate", "volumeClaimTemplates"];

/// The structure is what the operator reads, and every container has its resources.
pub(super) fn elastic(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for object in &manifests.objects {
        if !text(&object["apiVersion"]).contains(".k8s.elastic.co/") {
            continue;
        }
        let mut wrong = |what: String| problems.push(problem(object, "elastic", what));
        let known = KINDS.iter().find(|(kind, api, _)| object["kind"] == *kind && object["apiVersion"] == *api);
        let Some((kind, _, fields)) = known else {
            wrong(format!("{} {} is none that we know", text(&object["apiVersion"]), text(&object["kind"])));
            continue;
        };
        let spec = &object["spec"];
        for field in unknown(spec, fields) {
            wrong(format!("spec.{field} is no field"));
        }
        let version: Vec<Option<u32>> = text(&spec["version"]).split('.').map(|part| part.parse().ok()).collect();
        if version.len() != 3 || version.contains(&None) {
            wrong("spec.version is no version with three numbers".to_owned());
        }
        if *kind == "Kibana" {
            if spec["count"].as_u64().is_none() || text(&spec["elasticsearchRef"]["name"]).is_empty() {
                wrong("spec.count or spec.elasticsearchRef.name is missing".to_owned());
            }
            template(&spec["podTemplate"], "kibana", &mut wrong);
            continue;
        }
        if list(&spec["nodeSets"]).is_empty() {
            wrong("spec.nodeSets is empty".to_owned());
        }
        for set in list(&spec["nodeSets"]) {
            for field in unknown(set, &NODE_SET) {
                wrong(format!("spec.nodeSets.{field} is no field"));
            }
            if text(&set["name"]).is_empty() || set["count"].as_u64().is_none_or(|count| count == 0) {
                wrong("a node set has no name or no nodes".to_owned());
            }
            template(&set["podTemplate"], "elasticsearch", &mut wrong);
            for claim in list(&set["volumeClaimTemplates"]) {
                // Under any other name it is mounted nowhere, and the data are gone with the pod.
                if claim["metadata"]["name"] != "elasticsearch-data" {
                    wrong("a volumeClaimTemplate is not called elasticsearch-data".to_owned());
                }
            }
        }
        for user in list(&spec["auth"]["roles"]).iter().chain(list(&spec["auth"]["fileRealm"])) {
            if text(&user["secretName"]).is_empty() {
                wrong("spec.auth names no Secret".to_owned());
            }
        }
    }
    problems
}

fn unknown<'a>(object: &'a Value, fields: &[&str]) -> Vec<&'a str> {
    let names = object.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    names.filter(|name| !fields.contains(name)).collect()
}

fn template(template: &Value, container: &str, wrong: &mut impl FnMut(String)) {
    let containers = list(&template["spec"]["containers"]);
    // The operator's own container: one of another name would run beside it.
    let Some(found) = containers.iter().find(|found| found["name"] == container) else {
        wrong(format!("podTemplate has no container {container}"));
        return;
    };
    for part in ["requests", "limits"] {
        for resource in ["cpu", "memory"] {
            if thousandths(&found["resources"][part][resource]).is_none() {
                wrong(format!("{container}: resources.{part} has no {resource}"));
            }
        }
    }
}
