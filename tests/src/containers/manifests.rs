//! The manifests of `k8s/` as kustomize puts them together, and the pod of a `CronJob` as podman can play it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value, json};

use crate::elastic::Unavailable;
use crate::k8s;

/// What kustomize made.
#[derive(Clone, Debug)]
pub struct Manifests(Vec<Value>);

impl Manifests {
    /// Of folders below `k8s/`.
    ///
    /// # Errors
    /// When there is no Kustomize here.
    ///
    /// # Panics
    /// When they can't be put together.
    pub fn of(folders: &[&str]) -> Result<Self, Unavailable> {
        let mut all = Vec::new();
        for folder in folders {
            let objects = k8s::Manifests::parse(&k8s::kustomize::build(folder)?);
            all.extend(objects.unwrap_or_else(|error| panic!("{folder}: {error}")).objects);
        }
        Ok(Self(all))
    }

    /// The pod of the only `CronJob`.
    ///
    /// # Panics
    /// When there is another number of them.
    pub fn pod_of_cron_job(&self) -> PodOfCronJob {
        let jobs: Vec<_> = self.0.iter().filter(|manifest| manifest["kind"] == "CronJob").collect();
        assert_eq!(jobs.len(), 1, "one CronJob: {jobs:#?}");
        let template = jobs[0]["spec"]["jobTemplate"]["spec"]["template"].clone();
        PodOfCronJob { template, manifests: self.clone(), changes: BTreeMap::new() }
    }

    fn data_of(&self, kind: &str, name: &Value) -> Option<&Map<String, Value>> {
        let of = |manifest: &&Value| manifest["kind"] == kind && manifest["metadata"]["name"] == *name;
        self.0.iter().find(of)?["data"].as_object()
    }
}

/// The pod of a `CronJob`, before it is played.
#[derive(Clone, Debug)]
pub struct PodOfCronJob {
    template: Value,
    manifests: Manifests,
    /// By container, what is set in place of what the manifests have.
    changes: BTreeMap<String, Changes>,
}

#[derive(Clone, Debug, Default)]
struct Changes {
    image: Option<String>,
    env: BTreeMap<String, String>,
    memory: Option<String>,
}

impl PodOfCronJob {
    /// The image that a container is of.
    #[must_use]
    pub fn image(mut self, container: &str, image: String) -> Self {
        self.changes.entry(container.to_owned()).or_default().image = Some(image);
        self
    }

    /// A variable of a container.
    #[must_use]
    pub fn env(mut self, container: &str, name: &str, value: impl Into<String>) -> Self {
        self.changes.entry(container.to_owned()).or_default().env.insert(name.to_owned(), value.into());
        self
    }

    /// How much memory a container may have, such as `600M`.
    #[must_use]
    pub fn memory(mut self, container: &str, limit: &str) -> Self {
        self.changes.entry(container.to_owned()).or_default().memory = Some(limit.to_owned());
        self
    }

    /// The command that tells whether a container is ready.
    ///
    /// # Panics
    /// When it is none that runs in the container.
    pub fn startup_probe(&self, container: &str) -> Vec<String> {
        let containers = self.containers();
        let probe = containers.iter().find(|found| found["name"] == container).map(|found| &found["startupProbe"]);
        let command = probe.and_then(|probe| probe["exec"]["command"].as_array());
        let command = command.unwrap_or_else(|| panic!("{container} has no exec probe, but {probe:?}"));
        command.iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The limit of a resource as the manifest has it: `4000M`.
    pub fn limit(&self, container: &str, resource: &str) -> String {
        let containers = self.containers();
        let found = containers.iter().find(|found| found["name"] == container);
        let limit = found.and_then(|found| found["resources"]["limits"][resource].as_str());
        limit.unwrap_or_else(|| panic!("{container} has no limit of {resource}")).to_owned()
    }

    /// Sidecars first. This podman knows none: it starts all of them at once, as a kubelet does but for its waiting.
    fn containers(&self) -> Vec<Value> {
        let spec = &self.template["spec"];
        let sidecars = spec["initContainers"].as_array().into_iter().flatten();
        let sidecars = sidecars.inspect(|container| {
            assert_eq!(
                container["restartPolicy"], "Always",
                "only sidecars can be mapped to containers: {container:#}"
            );
        });
        sidecars.chain(spec["containers"].as_array().into_iter().flatten()).cloned().collect()
    }

    /// The manifest of a pod that podman 4.3 can play, which has no admission, no `ConfigMap` as variables in this form, no
    /// `fieldRef` of labels, no `$(NAME)` and no claims of volumes: here is done what kubelet and API server would do.
    /// Volumes are folders in `folder`.
    pub(super) fn playable(&self, name: &str, folder: &Path) -> anyhow::Result<Value> {
        let spec = &self.template["spec"];
        let mut volumes = Vec::new();
        let mut left_out = Vec::new();
        for volume in spec["volumes"].as_array().into_iter().flatten() {
            let of = volume["name"].as_str().unwrap_or_default();
            if volume["emptyDir"]["medium"] == "Memory" || self.is_missing(volume) {
                left_out.push(of);
                continue;
            }
            if volume["emptyDir"].is_null() && volume["persistentVolumeClaim"].is_null() {
                bail!("no test has volumes like {volume}");
            }
            let path = folder.join(of);
            fs::create_dir_all(&path)?;
            // As `fsGroup` has it: of whoever runs in the pod.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o777))?;
            volumes.push(json!({ "name": of, "hostPath": { "path": path, "type": "Directory" } }));
        }
        let containers: anyhow::Result<Vec<Value>> =
            self.containers().iter().map(|container| self.playable_container(container, &left_out)).collect();
        Ok(json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "name": name, "labels": self.template["metadata"]["labels"] },
            "spec": { "restartPolicy": spec["restartPolicy"], "containers": containers?, "volumes": volumes },
        }))
    }

    /// An optional `ConfigMap` that is not there.
    fn is_missing(&self, volume: &Value) -> bool {
        let map = &volume["configMap"];
        map["optional"] == true && self.manifests.data_of("ConfigMap", &map["name"]).is_none()
    }

    fn playable_container(&self, container: &Value, left_out: &[&str]) -> anyhow::Result<Value> {
        let changes = container["name"].as_str().and_then(|name| self.changes.get(name)).cloned().unwrap_or_default();
        let mut mounts = Vec::new();
        for mount in container["volumeMounts"].as_array().into_iter().flatten() {
            let is_left_out = mount["name"].as_str().is_some_and(|name| left_out.contains(&name));
            // All pods of these tests have a gigabyte of it, in memory (`shm_size` of containers.conf).
            let is_shared_memory = mount["mountPath"] == "/dev/shm";
            let is_optional = mount["readOnly"] == true;
            match is_left_out {
                false => mounts.push(mount.clone()),
                true if is_shared_memory || is_optional => {}
                true => bail!("{mount} is of a volume in memory"),
            }
        }
        // What the pod says holds for each container that says nothing.
        let mut security = container["securityContext"].as_object().cloned().unwrap_or_default();
        for name in ["runAsUser", "runAsGroup"] {
            let of_pod = &self.template["spec"]["securityContext"][name];
            security.entry(name).or_insert_with(|| of_pod.clone());
        }
        let mut limits = container["resources"]["limits"].clone();
        limits.as_object_mut().map(|limits| limits.remove("ephemeral-storage"));
        if let Some(memory) = changes.memory {
            limits["memory"] = memory.into();
        }
        let mut variables = self.variables(container)?;
        variables.extend(changes.env);
        let env: Vec<_> = variables.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let mut playable = json!({
            "name": container["name"],
            "image": changes.image.map_or_else(|| container["image"].clone(), Value::from),
            "imagePullPolicy": "Never",
            "env": env,
            "resources": { "limits": limits },
            "securityContext": security,
            "volumeMounts": mounts,
        });
        for name in ["command", "args"] {
            if !container[name].is_null() {
                playable[name] = container[name].clone();
            }
        }
        Ok(playable)
    }

    /// The variables of a container, as the kubelet puts them together.
    fn variables(&self, container: &Value) -> anyhow::Result<BTreeMap<String, String>> {
        let mut variables = BTreeMap::new();
        for from in container["envFrom"].as_array().into_iter().flatten() {
            let (kind, reference) = match (&from["configMapRef"], &from["secretRef"]) {
                (Value::Null, secret) => ("Secret", secret),
                (map, _) => ("ConfigMap", map),
            };
            match self.manifests.data_of(kind, &reference["name"]) {
                Some(data) => {
                    variables.extend(data.iter().map(|(name, value)| (name.clone(), text(value))));
                }
                None if reference["optional"] == true => {}
                None => bail!("there is no {kind} {}", reference["name"]),
            }
        }
        for variable in container["env"].as_array().into_iter().flatten() {
            let value = if variable["valueFrom"].is_null() {
                expanded(&text(&variable["value"]), &variables)
            } else {
                let path = variable["valueFrom"]["fieldRef"]["fieldPath"].as_str().unwrap_or_default();
                let label = path.strip_prefix("metadata.labels['").and_then(|rest| rest.strip_suffix("']"));
                let label = label.with_context(|| format!("no test has variables like {variable}"))?;
                text(&self.template["metadata"]["labels"][label])
            };
            variables.insert(text(&variable["name"]), value);
        }
        Ok(variables)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// `$(NAME)` of variables that came before.
fn expanded(value: &str, variables: &BTreeMap<String, String>) -> String {
    variables.iter().fold(value.to_owned(), |value, (name, with)| value.replace(&format!("$({name})"), with))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod() -> PodOfCronJob {
        let options = json!({ "kind": "ConfigMap", "metadata": { "name": "options" }, "data": { "A": "1", "B": "2" } });
        let runner = json!({
            "name": "runner",
            "image": "runner:1",
            "envFrom": [{ "configMapRef": { "name": "options" } }, { "secretRef": { "name": "x", "optional": true } }],
            "env": [
                { "name": "B", "value": "3" },
                { "name": "NAME", "valueFrom": { "fieldRef": { "fieldPath": "metadata.labels['name']" } } },
                { "name": "DATA", "value": "/data/$(NAME)" },
            ],
            "resources": { "limits": { "cpu": "800m", "memory": "1600M", "ephemeral-storage": "1G" } },
            "securityContext": { "runAsUser": 5 },
            "volumeMounts": [{ "name": "shm", "mountPath": "/dev/shm" }, { "name": "data", "mountPath": "/data" }],
        });
        let template = json!({
            "metadata": { "labels": { "name": "of-label" } },
            "spec": {
                "securityContext": { "runAsUser": 1, "runAsGroup": 2 },
                "initContainers": [{ "name": "browser", "restartPolicy": "Always", "image": "browser:1" }],
                "containers": [runner],
                "volumes": [
                    { "name": "shm", "emptyDir": { "medium": "Memory" } },
                    { "name": "data", "persistentVolumeClaim": { "claimName": "data" } },
                ],
            },
        });
        let job = json!({ "kind": "CronJob", "spec": { "jobTemplate": { "spec": { "template": template } } } });
        Manifests(vec![options, job]).pod_of_cron_job()
    }

    #[test]
    fn a_pod_has_what_a_kubelet_would_give_it() {
        let folder = tempfile::tempdir().unwrap();
        let pod = pod().env("runner", "A", "4").memory("runner", "1G").image("browser", "browser:2".to_owned());
        let played = pod.playable("p", folder.path()).unwrap();
        let containers = &played["spec"]["containers"];
        assert_eq!((&containers[0]["name"], &containers[0]["image"]), (&json!("browser"), &json!("browser:2")));
        let runner = &containers[1];
        let env = ["A=4", "B=3", "DATA=/data/of-label", "NAME=of-label"].map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            json!({ "name": name, "value": value })
        });
        assert_eq!(runner["env"], json!(env));
        assert_eq!(runner["resources"], json!({ "limits": { "cpu": "800m", "memory": "1G" } }));
        assert_eq!(runner["securityContext"], json!({ "runAsUser": 5, "runAsGroup": 2 }));
        assert_eq!(runner["volumeMounts"], json!([{ "name": "data", "mountPath": "/data" }]));
        let data = json!([{ "name": "data", "hostPath": { "path": folder.path().join("data"), "type": "Directory" } }]);
        assert_eq!(played["spec"]["volumes"], data);
    }
}
