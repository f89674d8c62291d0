//! Objects of Kubernetes as they stand in YAML, and the pods that they make.

use serde_json::Value;

use super::Problem;

/// The objects of one YAML text.
#[derive(Clone, Debug)]
pub struct Manifests {
    /// In their order.
    pub objects: Vec<Value>,
}

/// A pod that an object makes.
#[derive(Clone, Copy, Debug)]
pub struct Pod<'a> {
    /// The object.
    pub object: &'a Value,
    /// The specification of the Job that makes it, of Jobs and `CronJob`s.
    pub job: Option<&'a Value>,
    /// Its metadata.
    pub metadata: &'a Value,
    /// Its specification.
    pub spec: &'a Value,
}

impl Manifests {
    /// Reads them.
    ///
    /// # Errors
    /// What is no YAML.
    pub fn parse(yaml: &str) -> Result<Self, String> {
        let objects: Vec<Value> = serde_saphyr::from_multiple(yaml).map_err(|error| error.to_string())?;
        Ok(Self { objects: objects.into_iter().filter(|object| !object.is_null()).collect() })
    }

    /// Those of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// The pods that they make, but for those that an operator makes of custom resources.
    pub fn pods(&self) -> impl Iterator<Item = Pod<'_>> {
        self.objects.iter().filter_map(Pod::of)
    }
}

impl<'a> Pod<'a> {
    fn of(object: &'a Value) -> Option<Self> {
        let (job, template) = match object["kind"].as_str()? {
            "CronJob" => {
                let job = &object["spec"]["jobTemplate"]["spec"];
                (Some(job), &job["template"])
            }
            "Job" => (Some(&object["spec"]), &object["spec"]["template"]),
            "Deployment" | "DaemonSet" | "StatefulSet" | "ReplicaSet" => (None, &object["spec"]["template"]),
            "Pod" => (None, object),
            _ => return None,
        };
        Some(Self { object, job, metadata: &template["metadata"], spec: &template["spec"] })
    }

    /// Init containers, then the others.
    pub fn all_containers(self) -> impl Iterator<Item = &'a Value> {
        list(&self.spec["initContainers"]).iter().chain(list(&self.spec["containers"]))
    }

    /// The label `app.kubernetes.io/component` of the pod.
    pub fn component(self) -> &'a str {
        text(&self.metadata["labels"]["app.kubernetes.io/component"])
    }

    /// Whether it measures: a runner, with or without a browser beside it.
    pub fn is_monitor(self) -> bool {
        self.component() == "monitor"
    }

    /// Whether it reads what the node has, which no monitor may.
    pub fn is_node_agent(self) -> bool {
        self.component() == "node-agent"
    }

    /// A problem of it.
    pub fn problem(self, rule: &'static str, what: impl Into<String>) -> Problem {
        problem(self.object, rule, what)
    }
}

/// A problem of an object.
pub fn problem(object: &Value, rule: &'static str, what: impl Into<String>) -> Problem {
    Problem { rule, object: name(object), what: what.into() }
}

/// `CronJob canarytrace/canarytrace`.
pub fn name(object: &Value) -> String {
    let namespace = object["metadata"]["namespace"].as_str().map(|name| format!("{name}/")).unwrap_or_default();
    format!("{} {namespace}{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// A list; what is none is an empty one.
pub fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A text; what is none is an empty one.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
