//! What a pod may do. Pods that read what nodes have (component `node-agent`) may run as root and mount folders of the node.

use serde_json::{Value, json};

use super::super::objects::{Pod, list, problem, text};
use super::super::{Manifests, Problem};

/// No pod runs as root, and each has the runtime's filter of system calls.
pub(super) fn pod(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        let context = &pod.spec["securityContext"];
        let mut wrong = |what: &str| problems.push(pod.problem("security-pod", format!("securityContext: {what}")));
        if context["seccompProfile"]["type"] != "RuntimeDefault" {
            wrong("seccompProfile is not RuntimeDefault");
        }
        if pod.is_node_agent() {
            continue;
        }
        if context["runAsNonRoot"] != true {
            wrong("runAsNonRoot is not true");
        }
        // OpenShift gives the user, the group and that of the volumes.
        let ids = ["runAsUser", "runAsGroup", "fsGroup"].map(|key| context[key].as_u64());
        if ids.contains(&Some(0)) {
            wrong("root or its group are named");
        }
        if ids.contains(&None) && ids != [None; 3] {
            wrong("runAsUser, runAsGroup and fsGroup are given together, or none of them");
        }
    }
    problems
}

/// No container gets more rights than its user has, and none changes itself.
pub(super) fn container(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        for container in pod.all_containers() {
            let context = &container["securityContext"];
            let name = text(&container["name"]);
            let mut wrong = |what: &str| {
                problems.push(pod.problem("security-container", format!("{name}: securityContext: {what}")));
            };
            if context["allowPrivilegeEscalation"] != false {
                wrong("allowPrivilegeEscalation is not false");
            }
            if context["readOnlyRootFilesystem"] != true {
                wrong("readOnlyRootFilesystem is not true");
            }
            if context["capabilities"]["drop"] != json!(["ALL"]) || !list(&context["capabilities"]["add"]).is_empty() {
                wrong("capabilities are kept or added");
            }
            if context["privileged"] == true {
                wrong("privileged is true");
            }
            // What the pod says holds.
            for key in ["runAsNonRoot", "runAsUser", "seccompProfile"] {
                if !context[key].is_null() {
                    wrong(&format!("{key} of the pod is replaced"));
                }
            }
        }
    }
    problems
}

/// Nothing of the node is shared but what agents read.
pub(super) fn host(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        let mut wrong = |what: String| problems.push(pod.problem("security-host", what));
        for key in ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"] {
            if pod.spec[key] == true {
                wrong(format!("{key} is true"));
            }
        }
        for container in pod.all_containers() {
            if list(&container["ports"]).iter().any(|port| !port["hostPort"].is_null()) {
                wrong(format!("{}: a hostPort", text(&container["name"])));
            }
        }
        for volume in list(&pod.spec["volumes"]).iter().filter(|volume| !volume["hostPath"].is_null()) {
            let path = text(&volume["hostPath"]["path"]);
            let ours = path.starts_with("/var/lib/canarytrace-");
            if !pod.is_node_agent() || !(ours || path == "/var/log" || path.starts_with("/var/log/")) {
                wrong(format!("a volume is the node's {path}"));
            } else if !ours && mounts(pod, volume).any(|mount| mount["readOnly"] != true) {
                wrong(format!("the node's {path} is not mounted read-only"));
            }
        }
    }
    problems
}

fn mounts<'a>(pod: Pod<'a>, volume: &'a Value) -> impl Iterator<Item = &'a Value> {
    pod.all_containers()
        .flat_map(|container| list(&container["volumeMounts"]))
        .filter(move |mount| mount["name"] == volume["name"])
}

/// No pod can ask anything of Kubernetes, and none knows of the services around it.
pub(super) fn token(manifests: &Manifests) -> Vec<Problem> {
    let mut problems = Vec::new();
    for pod in manifests.pods() {
        let spec = pod.spec;
        if spec["automountServiceAccountToken"] != false && !pod.is_node_agent() {
            problems.push(pod.problem("token", "automountServiceAccountToken is not false"));
        }
        if spec["enableServiceLinks"] != false {
            problems.push(pod.problem("token", "enableServiceLinks is not false"));
        }
        if text(&spec["serviceAccountName"]).is_empty() {
            problems.push(pod.problem("token", "serviceAccountName is missing"));
        }
    }
    for account in manifests.of_kind("ServiceAccount") {
        if account["automountServiceAccountToken"] != false {
            problems.push(problem(account, "token", "automountServiceAccountToken is not false"));
        }
    }
    for binding in manifests.of_kind("RoleBinding").chain(manifests.of_kind("ClusterRoleBinding")) {
        if list(&binding["subjects"]).iter().any(|subject| subject["name"] == "canarytrace") {
            problems.push(problem(binding, "token", "monitors get a role"));
        }
    }
    problems
}

/// Each namespace says which of Kubernetes' standards holds in it; where monitors are, the strictest.
pub(super) fn namespace(manifests: &Manifests) -> Vec<Problem> {
    let monitors = |name: &Value| manifests.pods().any(|pod| pod.is_monitor() && pod.object["metadata"]["namespace"] == *name);
    let mut problems = Vec::new();
    for namespace in manifests.of_kind("Namespace") {
        let name = &namespace["metadata"]["name"];
        let standard = &namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"];
        if standard.is_null() {
            problems.push(problem(namespace, "pod-security", "pod-security.kubernetes.io/enforce is missing"));
        } else if (name == "canarytrace" || monitors(name)) && standard != "restricted" {
            problems.push(problem(namespace, "pod-security", "pod-security.kubernetes.io/enforce is not restricted"));
        }
    }
    problems
}
