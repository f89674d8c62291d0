//! The manifests in `k8s/`: each is built, and valid for Kubernetes and for our own rules, which can all fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use canarytrace::elastic::Names;
use canarytrace_cli::install::{RoleForm, roles};
use canarytrace_tests::elastic::{Unavailable, or_ignored};
use canarytrace_tests::k8s::kustomize::{build, build_folder, folder, kustomizations};
use canarytrace_tests::k8s::objects::{Pod, list, name, text};
use canarytrace_tests::k8s::qos::{self, Qos};
use canarytrace_tests::k8s::quantity::thousandths;
use canarytrace_tests::k8s::{Manifests, assert_none, rules, schemas, validate};
use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What is applied before all others.
const SHARED: [&str; 2] = ["base/namespace", "base/agents"];

/// Several kustomizations as one text.
fn together(kustomizations: &[&str]) -> Result<String, Unavailable> {
    let built: Result<Vec<String>, _> = kustomizations.iter().map(|kustomization| build(kustomization)).collect();
    Ok(built?.join("---\n"))
}

fn parsed(yaml: &str) -> Manifests {
    Manifests::parse(yaml).expect("it is YAML")
}

/// All that can be applied.
fn all() -> Vec<String> {
    [kustomizations("base"), kustomizations("overlays")].concat()
}

/// The overlays that make a monitor.
fn monitors() -> Result<Vec<String>, Unavailable> {
    let mut found = Vec::new();
    for overlay in kustomizations("overlays") {
        if parsed(&build(&overlay)?).pods().any(Pod::is_monitor) {
            found.push(overlay);
        }
    }
    Ok(found)
}

/// A kustomization with components on top of an overlay, as users write their own.
fn with_components(overlay: &str, components: &[&str]) -> Result<String, Unavailable> {
    let own = tempfile::tempdir().expect("a folder can be made");
    let own = own.path().canonicalize().expect("it is there");
    let path = |of: &str| relative(&own, &folder().canonicalize().expect("it is there").join(of)).display().to_string();
    let components: Vec<String> = components.iter().map(|component| path(&format!("components/{component}"))).collect();
    let content = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
        "resources": [path(overlay)], "components": components,
    });
    // JSON is YAML.
    fs::create_dir_all(&own).expect("it can be made");
    fs::write(own.join("kustomization.yaml"), content.to_string()).expect("it can be written");
    let built = build_folder(&own);
    fs::remove_dir_all(&own).expect("it can be removed");
    built
}

/// Kustomize takes no absolute paths.
fn relative(from: &Path, to: &Path) -> PathBuf {
    let up = from.components().filter(|part| matches!(part, Component::Normal(_))).map(|_| "..");
    up.collect::<PathBuf>().join(to.strip_prefix("/").expect("it is absolute"))
}

#[test]
fn every_kustomization_is_valid() {
    let kustomizations = all();
    assert!(kustomizations.len() > 15, "{kustomizations:?}");
    let built: Result<Vec<String>, _> = kustomizations.iter().map(|kustomization| build(kustomization)).collect();
    let Some(mut built) = or_ignored(built) else { return };
    // It is in no kustomization, and people fill it in.
    built.push(fs::read_to_string(folder().join("base/namespace/secret.example.yaml")).expect("there is an example"));
    let texts: Vec<&str> = built.iter().map(String::as_str).collect();
    let Some(problems) = or_ignored(schemas::check(&texts)) else { return };
    assert_none("against Kubernetes' schemas", &problems);
}

#[test]
fn every_kustomization_keeps_our_rules() {
    // The options that a monitor has come from here too.
    let Some(shared) = or_ignored(together(&["base/namespace", "overlays/git-build"])) else { return };
    for kustomization in all() {
        let Some(built) = or_ignored(build(&kustomization)) else { return };
        assert_none(&kustomization, &rules::check(&built));
        let alone = ["base/namespace", "overlays/single-node", "overlays/git-build"].contains(&kustomization.as_str());
        if !alone {
            assert_none(&format!("{kustomization} in its namespace"), &rules::check(&format!("{shared}---\n{built}")));
        }
    }
}

/// What fails a rule: the rule, a text in valid manifests, and what it is replaced with.
const BROKEN: &[(&str, &str, &str)] = &[
    (
        "names",
        "  name: canarytrace-user-journey\n",
        "  name: canarytrace-user-journey-with-a-name-that-is-far-too-long\n",
    ),
    ("names", "  name: canarytrace-user-journey\n", "  name: Canarytrace_Journey\n"),
    ("names", "  name: canarytrace-spool\n  namespace: canarytrace\n", "  name: canarytrace-spool\n"),
    ("names", "  name: canarytrace-attachments\n", "  name: canarytrace-spool\n"),
    ("names", "            - name: CANARYTRACE_RETRIES\n", "            - name: CANARYTRACE_TIMEOUT\n"),
    ("labels", "    app.kubernetes.io/component: spool\n    app.kubernetes.io/managed-by: kustomize\n", ""),
    ("labels", "            app.kubernetes.io/component: monitor\n", ""),
    ("image", "canarytrace/browser:{version}\n", "canarytrace/browser\n"),
    ("image", "canarytrace/browser:{version}\n", "canarytrace/browser:latest\n"),
    (
        "image",
        "canarytrace/browser:{version}\n",
        "canarytrace/browser:{version}\n            imagePullPolicy: Always\n",
    ),
    ("resources", "                cpu: 4000m\n", ""),
    ("resources", "                memory: 2000M\n", ""),
    ("resources", "                memory: 2000M\n", "                memory: 5000M\n"),
    ("sidecar", "            restartPolicy: Always\n", ""),
    ("sidecar", "            name: runner\n", "            name: main\n"),
    ("sidecar", "            - name: WEBDRIVER_URL\n              value: http://127.0.0.1:4444\n", ""),
    ("sidecar", "            name: browser\n", "            name: chromium\n"),
    ("probes", "            startupProbe:\n", "            livenessProbe:\n"),
    (
        "probes",
        "              exec:\n                command:\n                - browser-ready\n                - \"4444\"\n",
        "              httpGet:\n                path: /status\n                port: 4444\n",
    ),
    ("shared-memory", "              medium: Memory\n", ""),
    ("shared-memory", "              sizeLimit: 1Gi\n", "              sizeLimit: 256Mi\n"),
    ("shared-memory", "              sizeLimit: 1Gi\n", "              sizeLimit: 3Gi\n"),
    ("shared-memory", "/dev/shm\n", "/dev/shared\n"),
    ("security-pod", "runAsNonRoot: true", "runAsNonRoot: false"),
    ("security-pod", "runAsUser: 10001", "runAsUser: 0"),
    ("security-pod", "            fsGroup: 10001\n", ""),
    ("security-pod", "type: RuntimeDefault", "type: Unconfined"),
    ("security-container", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"),
    ("security-container", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
    (
        "security-container",
        "                drop:\n                - ALL\n",
        "                add:\n                - SYS_ADMIN\n",
    ),
    (
        "security-container",
        "readOnlyRootFilesystem: true",
        "readOnlyRootFilesystem: true\n              privileged: true",
    ),
    ("security-container", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: true\n              runAsUser: 1"),
    (
        "security-host",
        "          enableServiceLinks: false\n",
        "          enableServiceLinks: false\n          hostNetwork: true\n",
    ),
    ("security-host", "          path: /var/log\n", "          path: /etc\n"),
    (
        "security-host",
        "        - mountPath: /var/log\n          name: logs\n          readOnly: true\n",
        "        - mountPath: /var/log\n          name: logs\n",
    ),
    ("token", "automountServiceAccountToken: false", "automountServiceAccountToken: true"),
    ("token", "          automountServiceAccountToken: false\n", ""),
    ("token", "enableServiceLinks: false", "enableServiceLinks: true"),
    ("token", "          serviceAccountName: canarytrace\n", ""),
    ("token", "- kind: ServiceAccount\n  name: filebeat\n", "- kind: ServiceAccount\n  name: canarytrace\n"),
    ("pod-security", "pod-security.kubernetes.io/enforce: restricted", "pod-security.kubernetes.io/enforce: baseline"),
    ("pod-security", "    pod-security.kubernetes.io/enforce: restricted\n", ""),
    (
        "secret-object",
        "---\n",
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  namespace: canarytrace\n  labels:\n    \
        app.kubernetes.io/name: s\n    app.kubernetes.io/part-of: s\n    app.kubernetes.io/managed-by: s\n---\n",
    ),
    ("secret-value", "  ELASTIC_CLUSTER: https://", "  ELASTIC_CLUSTER: https://writer:secret@"),
    ("secret-value", "            - name: SPEC\n", "            - name: PASS\n"),
    ("secret-value", "  LABELS: \"\"\n", "  ELASTIC_HTTP_AUTH: writer:secret\n"),
    ("volumes", "              name: elastic-ca\n", "              name: elastic\n"),
    ("volumes", "          - emptyDir:\n              sizeLimit: 1000M\n", "          - emptyDir: {}\n"),
    ("volumes", "            - mountPath: /var/lib/canarytrace/attachments\n              name: attachments\n", ""),
    ("read-only-root", "value: /var/lib/canarytrace/spool/$(INSTANCE)", "value: /data"),
    ("read-only-root", "            - name: TMPDIR\n              value: /tmp\n", ""),
    ("job", "backoffLimit: 0", "backoffLimit: 3"),
    ("job", "          restartPolicy: Never\n", "          restartPolicy: OnFailure\n"),
    ("job", "      activeDeadlineSeconds: 295\n", ""),
    ("job", "  ttlSecondsAfterFinished: 86400\n", ""),
    ("schedule", "concurrencyPolicy: Replace", "concurrencyPolicy: Allow"),
    ("schedule", "  startingDeadlineSeconds: 60\n", ""),
    ("schedule", "  failedJobsHistoryLimit: 2\n", ""),
    ("schedule", "  timeZone: Etc/UTC\n", ""),
    // 2 attempts of 90 s, 30 s before and 10 s behind them.
    ("deadline", "activeDeadlineSeconds: 295", "activeDeadlineSeconds: 220"),
    ("deadline", "  CANARYTRACE_FLUSH: 10s", "  CANARYTRACE_FLUSH: 90s"),
    ("grace", "terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 5"),
    ("option-name", "            - name: CANARYTRACE_TIMEOUT\n", "            - name: CANARYTRACE_TIMOUT\n"),
    ("option-name", "  LOG_LEVEL: warn\n", "  LOGLEVEL: warn\n"),
    ("option-value", "              value: 90s\n", "              value: soon\n"),
    ("option-value", "  AVAILABILITY_CHECK: allow\n", "  AVAILABILITY_CHECK: sometimes\n"),
    ("elastic", "  nodeSets:\n", "  nodes:\n"),
    ("elastic", "        name: elasticsearch-data\n", "        name: data\n"),
    ("elastic", "  version: 8.19.21\n", "  version: \"8\"\n"),
    ("elastic", "apiVersion: kibana.k8s.elastic.co/v1\n", "apiVersion: kibana.k8s.elastic.co/v2\n"),
];

/// What [`BROKEN`] replaces something in.
const SOUND: [&str; 6] =
    ["base/namespace", "overlays/user-journey", "base/agents", "overlays/logs", "overlays/elastic", "overlays/install"];

#[test]
fn each_rule_can_fail_and_does_so_alone() {
    let Some(sound) = or_ignored(together(&SOUND)) else { return };
    assert_none("what is broken below", &rules::check(&sound));
    for &(rule, from, to) in BROKEN {
        let [from, to] = [from, to].map(|text| text.replace("{version}", VERSION));
        assert!(sound.contains(&from), "nothing is {from:?}");
        let problems = rules::check(&sound.replacen(&from, &to, 1));
        let broken: BTreeSet<&str> = problems.iter().map(|problem| problem.rule).collect();
        assert_eq!(broken, BTreeSet::from([rule]), "{from:?} -> {to:?}: {problems:#?}");
    }
    let tested: BTreeSet<&str> = BROKEN.iter().map(|(rule, _, _)| *rule).collect();
    assert_eq!(tested, rules::names().collect::<BTreeSet<_>>());
}

#[test]
fn schemas_refuse_what_kubernetes_does_not_know() {
    let Some(sound) = or_ignored(together(&SOUND)) else { return };
    for (from, to) in [
        // A field at the wrong place is dropped without a word by older clients.
        ("          restartPolicy: Never\n", "          restartPolicy: Never\n          activeDeadline: 30\n"),
        ("            startupProbe:\n", "            startProbe:\n"),
        ("  startingDeadlineSeconds: 60\n", "  startingDeadlineSeconds: 60s\n"),
        // A switch where a text is wanted, as YAML of Kubernetes reads it.
        ("              value: \"no\"\n", "              value: no\n"),
        ("  schedule: ", "  scheduled: "),
        ("  kind: Role\n", "  kinds: Role\n"),
    ] {
        assert!(sound.contains(from), "nothing is {from:?}");
        let broken = sound.replacen(from, to, 1);
        let Some(problems) = or_ignored(schemas::check(&[&broken])) else { return };
        // Each version says it.
        assert!(problems.len() >= schemas::VERSIONS.len(), "{from:?} -> {to:?}: {problems:?}");
    }
}

#[test]
fn images_have_the_version_of_the_workspace() {
    for kustomization in all() {
        let Some(built) = or_ignored(build(&kustomization)) else { return };
        for pod in parsed(&built).pods() {
            for image in pod.all_containers().map(|container| text(&container["image"])) {
                if image.contains("canarytrace") {
                    let [_, tag] = image.rsplitn(2, ':').collect::<Vec<_>>()[..] else { panic!("{image}") };
                    assert!(tag.starts_with("localhost/canarytrace/"), "{kustomization}: {image}");
                    assert!(image.ends_with(&format!(":{VERSION}")), "{kustomization}: {image}");
                }
            }
        }
    }
}

#[test]
fn the_figures_of_the_original_are_the_defaults() {
    let Some(built) = or_ignored(build("base")) else { return };
    let manifests = parsed(&built);
    let cronjob = &manifests.objects[0]["spec"];
    assert_eq!(cronjob["schedule"], "*/3 * * * *");
    assert_eq!((&cronjob["concurrencyPolicy"], &cronjob["failedJobsHistoryLimit"]), (&json!("Replace"), &json!(2)));
    let pod = manifests.pods().next().expect("it makes pods");
    let resources: BTreeMap<&str, [&str; 4]> = pod
        .all_containers()
        .map(|container| {
            let of = |part: &str, resource: &str| text(&container["resources"][part][resource]);
            let all = [of("requests", "cpu"), of("requests", "memory"), of("limits", "cpu"), of("limits", "memory")];
            (text(&container["name"]), all)
        })
        .collect();
    let runner = ("runner", ["200m", "300M", "800m", "1600M"]);
    let browser = ("browser", ["2000m", "2000M", "4000m", "4000M"]);
    assert_eq!(resources, BTreeMap::from([runner, browser]));
}

#[test]
fn a_pod_for_measuring_is_guaranteed() {
    let class = |yaml: &str| -> Vec<Qos> { parsed(yaml).pods().map(qos::class).collect() };
    let Some(overlays) = or_ignored(monitors()) else { return };
    assert!(overlays.len() >= 8, "{overlays:?}");
    for overlay in overlays {
        let Some(built) = or_ignored(with_components(&overlay, &["guaranteed"])) else { return };
        assert_eq!(class(&built), [Qos::Guaranteed], "{overlay}");
        assert_none(&overlay, &rules::check(&built));
        // The component is what makes it so.
        let as_it_is = if overlay.ends_with("-guaranteed") { Qos::Guaranteed } else { Qos::Burstable };
        assert_eq!(class(&build(&overlay).expect("it was built before")), [as_it_is], "{overlay}");
    }
}

/// What `canarytrace k8s` prints for three monitors.
fn of_the_tool(arguments: &[&str]) -> String {
    let monitor = |name: &str, kind: &str, timeout: f64, retries: u32| {
        json!({
            "name": name, "spec": name, "description": "A customer's way: \"search\", buy.", "schedule": "*/3 * * * *",
            "timeout": timeout, "retries": retries, "iterations": 1, "tags": ["shop", "no"], "device": "desktop",
            "throttle": null, "enabled": true, "kind": kind, "file": "src/shop.rs", "line": 1,
        })
    };
    let monitors = [
        monitor("checkout::a_customer_pays", "browser", 90.0, 1),
        monitor("shop::search::a_visitor_finds_what_is_sold_and_asks_for_what_is_not", "browser", 30.0, 0),
        monitor("api::the_api_finds_products", "api", 10.0, 2),
    ];
    let folder = tempfile::tempdir().expect("a folder can be made");
    let file = folder.path().join("monitors.json");
    let description = json!({ "canarytrace": VERSION, "flush": 10.0, "monitors": monitors });
    fs::write(&file, description.to_string()).expect("it can be written");
    let mut tool = Command::new(env!("CARGO_BIN_EXE_fixture-tool"));
    tool.args(["k8s", "--image", "registry.example/canarytrace/runner:1", "--monitors"]).arg(&file).args(arguments);
    let output = tool.current_dir(folder.path()).output().expect("the tool starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("manifests are text")
}

#[test]
fn what_the_tool_prints_is_valid() {
    let Some(shared) = or_ignored(together(&["base/namespace", "overlays/git-build"])) else { return };
    let git = ["--git-repository", "https://git.example/shop/monitors.git", "--git-revision", "main"];
    for arguments in [&[][..], &["--guaranteed"], &["--location", "prague", "--time-zone", "Europe/Prague"], &git] {
        let printed = of_the_tool(arguments);
        let Some(problems) = or_ignored(validate(&printed)) else { return };
        assert_none(&format!("{arguments:?}"), &problems);
        assert_none(&format!("{arguments:?} in its namespace"), &rules::check(&format!("{shared}---\n{printed}")));
        let classes: Vec<Qos> = parsed(&printed).pods().map(qos::class).collect();
        let wanted = if arguments == ["--guaranteed"] { Qos::Guaranteed } else { Qos::Burstable };
        assert_eq!(classes, [wanted; 3], "{arguments:?}");
    }
}

#[test]
fn open_shift_gives_users_and_groups() {
    let Some(overlays) = or_ignored(monitors()) else { return };
    let others = ["overlays/install", "overlays/git-build", "base/namespace"].map(str::to_owned);
    for overlay in overlays.into_iter().chain(others) {
        let Some(built) = or_ignored(with_components(&overlay, &["openshift"])) else { return };
        assert_none(&overlay, &rules::check(&built));
        for pod in parsed(&built).pods() {
            let context = &pod.spec["securityContext"];
            assert_eq!(context["runAsNonRoot"], true);
            for key in ["runAsUser", "runAsGroup", "fsGroup"] {
                assert!(context[key].is_null(), "{overlay}: {key}");
            }
        }
        // Its resolver listens on another port.
        for policy in parsed(&built).of_kind("NetworkPolicy") {
            let ports = list(&policy["spec"]["egress"][0]["ports"]);
            assert!(
                ["UDP", "TCP"].iter().all(|kind| ports.contains(&json!({ "protocol": kind, "port": 5353 }))),
                "{ports:?}"
            );
        }
    }
}

#[test]
fn what_pods_refer_to_is_there_or_in_the_readme() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("there is one");
    let Some(shared) = or_ignored(together(&[&SHARED[..], &["overlays/git-build", "overlays/elastic"]].concat()))
    else {
        return;
    };
    for kustomization in all() {
        let Some(built) = or_ignored(build(&kustomization)) else { return };
        let (known, manifests) = (parsed(&format!("{shared}---\n{built}")), parsed(&built));
        let is_there = |kind: &str, wanted: &Value, namespace: &Value| {
            known
                .of_kind(kind)
                .any(|object| object["metadata"]["name"] == *wanted && object["metadata"]["namespace"] == *namespace)
        };
        for pod in manifests.pods() {
            let namespace = &pod.object["metadata"]["namespace"];
            let mut wanted: Vec<(&str, &Value)> = vec![("ServiceAccount", &pod.spec["serviceAccountName"])];
            for volume in list(&pod.spec["volumes"]) {
                wanted.push(("PersistentVolumeClaim", &volume["persistentVolumeClaim"]["claimName"]));
                wanted.push(("ConfigMap", &volume["configMap"]["name"]));
                wanted.push(("Secret", &volume["secret"]["secretName"]));
            }
            for container in pod.all_containers() {
                for source in list(&container["envFrom"]) {
                    wanted.push(("ConfigMap", &source["configMapRef"]["name"]));
                    wanted.push(("Secret", &source["secretRef"]["name"]));
                }
                for variable in list(&container["env"]) {
                    wanted.push(("Secret", &variable["valueFrom"]["secretKeyRef"]["name"]));
                }
            }
            for (kind, named) in wanted.into_iter().filter(|(_, named)| !named.is_null()) {
                // Made by hand, as the README shows.
                let command = match kind {
                    "Secret" => format!("create secret generic {} ", text(named)),
                    _ => format!("create configmap {} ", text(named)),
                };
                let by_hand = readme.contains(&command);
                assert!(by_hand || is_there(kind, named, namespace), "{}: {kind} {named}", name(pod.object));
            }
        }
        for user in manifests.of_kind("Elasticsearch").flat_map(|elastic| {
            let auth = &elastic["spec"]["auth"];
            list(&auth["roles"]).iter().chain(list(&auth["fileRealm"]))
        }) {
            let named = text(&user["secretName"]);
            assert!(readme.contains(&format!("create secret generic {named} ")), "the README does not make {named}");
        }
    }
}

#[test]
fn monitors_reach_what_they_need_and_nobody_reaches_them() {
    let Some(built) = or_ignored(build("base/namespace")) else { return };
    let manifests = parsed(&built);
    let policy = &manifests.of_kind("NetworkPolicy").next().expect("there is one")["spec"];
    assert_eq!(policy["podSelector"], json!({}), "it is for all pods");
    assert_eq!(policy["policyTypes"], json!(["Ingress", "Egress"]));
    // Kustomize leaves an empty list as it is.
    assert!(list(&policy["ingress"]).is_empty());
    let ports: BTreeSet<(String, u64)> = list(&policy["egress"])
        .iter()
        .flat_map(|rule| list(&rule["ports"]))
        .map(|port| (text(&port["protocol"]).to_owned(), port["port"].as_u64().expect("it is a number")))
        .collect();
    let wanted = [("TCP", 22), ("TCP", 53), ("TCP", 80), ("TCP", 443), ("TCP", 9200), ("UDP", 53), ("UDP", 443)];
    assert_eq!(ports, wanted.map(|(protocol, port)| (protocol.to_owned(), port)).into());
    // Where clouds hand out credentials.
    let closed: Vec<&Value> = list(&policy["egress"])
        .iter()
        .flat_map(|rule| list(&rule["to"]))
        .flat_map(|to| list(&to["ipBlock"]["except"]))
        .collect();
    assert!(closed.contains(&&json!("169.254.0.0/16")), "{closed:?}");
}

#[test]
fn the_quota_has_room_for_what_it_says() {
    let Some(built) = or_ignored(together(&["base/namespace", "base", "overlays/git-build"])) else { return };
    let manifests = parsed(&built);
    let hard = &manifests.of_kind("ResourceQuota").next().expect("there is one")["spec"]["hard"];
    for (part, resource) in [
        ("requests", "cpu"),
        ("requests", "memory"),
        ("requests", "ephemeral-storage"),
        ("limits", "cpu"),
        ("limits", "memory"),
        ("limits", "ephemeral-storage"),
    ] {
        let of = |component: &str| -> i128 {
            let pods = manifests.pods().filter(|pod| pod.component() == component);
            let containers = pods.flat_map(Pod::all_containers);
            containers.filter_map(|container| thousandths(&container["resources"][part][resource])).sum()
        };
        let wanted = 10 * of("monitor") + of("build");
        let allowed = thousandths(&hard[format!("{part}.{resource}")]).expect("it is limited");
        assert!(wanted > 0 && wanted <= allowed, "{part}.{resource}: {wanted} of {allowed} thousandths");
    }
}

#[test]
fn roles_for_eck_are_those_that_install_prints() {
    let text = fs::read_to_string(folder().join("overlays/elastic/roles.yml")).expect("it is there");
    let [written] = &parsed(&text).objects[..] else { panic!("it is one document") };
    let names = Names { prefix: "c.".into(), namespace: "default".into() };
    for role in roles(&names, RoleForm::Elasticsearch) {
        let written = &written[role.name];
        assert_eq!(written["indices"], role.body["indices"], "{}", role.name);
        for privilege in list(&role.body["cluster"]) {
            assert!(list(&written["cluster"]).contains(privilege), "{}: {privilege}", role.name);
        }
        // What `--print-roles` says snapshots need beside it.
        let more = list(&written["cluster"]).len() - list(&role.body["cluster"]).len();
        assert_eq!(more, if role.name == "canarytrace_installer" { 3 } else { 0 }, "{}", role.name);
    }
}

#[test]
fn configurations_of_agents_are_yaml() {
    for file in ["logs/filebeat.yml", "logs-opentelemetry/collector.yaml", "metrics/metricbeat.yml"] {
        let text = fs::read_to_string(folder().join("overlays").join(file)).expect("it is there");
        assert_eq!(parsed(&text).objects.len(), 1, "{file}");
        // What it takes from its surroundings is given to it.
        let overlay = format!("overlays/{}", file.split('/').next().expect("it has a folder"));
        let Some(built) = or_ignored(together(&["base/agents", &overlay])) else { return };
        for variable in text.split("${").skip(1).filter_map(|rest| rest.split('}').next()) {
            let variable = variable.trim_start_matches("env:");
            let is_given = built.contains(&format!("name: {variable}\n")) || built.contains(&format!("  {variable}: "));
            assert!(is_given || variable.starts_with("data."), "{file}: nobody gives {variable}");
        }
    }
}

#[test]
fn the_readme_knows_every_kustomization() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("there is one");
    for kustomization in [all(), kustomizations("components")].concat() {
        assert!(readme.contains(&format!("`{kustomization}`")), "k8s/README.md has no `{kustomization}`");
    }
    // And each one that a command in the documents applies is there.
    for page in ["README.md", "OPENSHIFT.md", "SECURITY.md", "CAPACITY.md"] {
        let page = fs::read_to_string(folder().join(page)).expect("it is there");
        let paths = page.split("-k k8s/").skip(1).filter_map(|rest| rest.split([' ', '`', '\n']).next());
        for path in paths.filter(|path| *path != "PATH") {
            assert!(folder().join(path).join("kustomization.yaml").is_file(), "k8s/{path} is no kustomization");
        }
    }
}
