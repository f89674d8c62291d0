//! The class of a pod's quality of service, by the algorithm of Kubernetes (`ComputePodQOS` in `pkg/apis/core/helper/qos`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::objects::Pod;
use super::quantity::thousandths;

/// Who is evicted first: best effort, then burstable, then guaranteed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qos {
    /// Nothing is asked for.
    BestEffort,
    /// Something is asked for.
    Burstable,
    /// Every container may have exactly what it asks for.
    Guaranteed,
}

/// The only resources that the class depends on.
const COUNTED: [&str; 2] = ["cpu", "memory"];

/// The class of a pod.
pub fn class(pod: Pod<'_>) -> Qos {
    let mut requests: BTreeMap<&str, i128> = BTreeMap::new();
    let mut limits: BTreeMap<&str, i128> = BTreeMap::new();
    let mut guaranteed = true;
    for container in pod.all_containers() {
        let mut limited = 0;
        for name in COUNTED {
            let limit = positive(&container["resources"]["limits"][name]);
            // The API server fills in what is left out.
            let request = positive(&container["resources"]["requests"][name]).or(limit);
            if let Some(request) = request {
                *requests.entry(name).or_default() += request;
            }
            if let Some(limit) = limit {
                *limits.entry(name).or_default() += limit;
                limited += 1;
            }
        }
        guaranteed &= limited == COUNTED.len();
    }
    match (requests.is_empty() && limits.is_empty(), guaranteed && requests == limits) {
        (true, _) => Qos::BestEffort,
        (false, true) => Qos::Guaranteed,
        (false, false) => Qos::Burstable,
    }
}

fn positive(quantity: &Value) -> Option<i128> {
    thousandths(quantity).filter(|quantity| *quantity > 0)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::k8s::Manifests;

    fn class_of(containers: &Value) -> Qos {
        let manifests = Manifests { objects: vec![json!({ "kind": "Pod", "spec": containers })] };
        class(manifests.pods().next().unwrap())
    }

    #[test]
    fn a_pod_is_guaranteed_only_when_each_container_is() {
        let fixed = json!({ "resources": {
            "requests": { "cpu": "1", "memory": "1G" }, "limits": { "cpu": "1000m", "memory": "1000M" } } });
        let limits = json!({ "resources": { "limits": { "cpu": "1", "memory": "1G" } } });
        let without_memory = json!({ "resources": { "requests": { "cpu": "1" }, "limits": { "cpu": "1" } } });
        let loose = json!({ "resources": {
            "requests": { "cpu": "1", "memory": "1G" }, "limits": { "cpu": "2", "memory": "1G" } } });
        let nothing = json!({ "resources": { "requests": { "ephemeral-storage": "1G" } } });
        assert_eq!(class_of(&json!({ "containers": [fixed, limits] })), Qos::Guaranteed);
        assert_eq!(class_of(&json!({ "containers": [fixed], "initContainers": [loose] })), Qos::Burstable);
        assert_eq!(class_of(&json!({ "containers": [fixed], "initContainers": [fixed] })), Qos::Guaranteed);
        assert_eq!(class_of(&json!({ "containers": [without_memory] })), Qos::Burstable);
        assert_eq!(class_of(&json!({ "containers": [fixed, nothing] })), Qos::Burstable);
        assert_eq!(class_of(&json!({ "containers": [nothing] })), Qos::BestEffort);
    }
}
