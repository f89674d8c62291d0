//! `canarytrace k8s`, run as an operator would: on the example monitors, which it builds, and on descriptions of others.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

const IMAGE: [&str; 2] = ["--image", "registry.example/shop/monitors:4f2c1d9"];

/// The tool in an environment of its own.
fn k8s(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
    command.env_clear().arg("k8s").args(arguments);
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the tool starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code().expect("it ended by itself"), text(stdout), text(stderr))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up").to_owned()
}

/// The manifests of the example monitors, built by the tool itself, into the target folder that this test was built into.
fn of_the_examples() -> &'static str {
    static MANIFESTS: OnceLock<String> = OnceLock::new();
    MANIFESTS.get_or_init(|| {
        let target =
            Path::new(env!("CARGO_BIN_EXE_canarytrace")).ancestors().nth(2).expect("it lies in a target folder");
        let mut command = k8s(&IMAGE);
        for name in ["PATH", "HOME", "CARGO", "CARGO_HOME", "RUSTUP_HOME"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let (code, out, err) = run(command.current_dir(root()).env("CARGO_TARGET_DIR", target));
        assert_eq!(code, 0, "{err}");
        out
    })
}

fn monitor(name: &str, own: Value) -> Value {
    let mut monitor = json!({
        "name": name, "spec": name, "description": "A visitor: buys.", "schedule": "*/3 * * * *", "timeout": 60.0,
        "retries": 0, "iterations": 1, "tags": [], "device": "desktop", "throttle": null, "enabled": true,
        "kind": "browser", "file": "src/shop.rs", "line": 1,
    });
    let Value::Object(own) = own else { panic!("an object") };
    monitor.as_object_mut().unwrap().extend(own);
    monitor
}

/// A folder with the description of these monitors in `monitors.json`.
fn described(monitors: &[Value]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    describe(folder.path(), monitors);
    folder
}

fn describe(folder: &Path, monitors: &[Value]) {
    let description = json!({ "canarytrace": "0.1.0", "flush": 10.0, "monitors": monitors });
    fs::write(folder.join("monitors.json"), description.to_string()).unwrap();
}

/// The tool on the description in this folder.
fn k8s_in(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = k8s(&["--monitors", "monitors.json"]);
    command.args(IMAGE).args(arguments).current_dir(folder);
    command
}

fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// The only `CronJob` that the tool makes of the description in this folder.
fn cronjob(folder: &Path, arguments: &[&str]) -> Value {
    let (code, out, err) = run(&mut k8s_in(folder, arguments));
    assert_eq!(code, 0, "{err}");
    let [cronjob] = <[Value; 1]>::try_from(documents(&out)).unwrap();
    cronjob
}

fn pod(cronjob: &Value) -> &Value {
    &cronjob["spec"]["jobTemplate"]["spec"]["template"]["spec"]
}

fn environment<'a>(cronjob: &'a Value, name: &str) -> &'a Value {
    let all = pod(cronjob)["containers"][0]["env"].as_array().unwrap();
    all.iter().find(|variable| variable["name"] == name).unwrap_or(&Value::Null)
}

#[test]
fn the_example_monitors_become_these_manifests() {
    insta::assert_snapshot!("examples", of_the_examples());
}

/// What Kubernetes asks of every `CronJob`, and we of ours (`k8s/README.md`). The strict schemas are checked by the tests of
/// the manifests in `k8s/`, whose template this is.
#[test]
fn every_manifest_keeps_the_rules() {
    let all = documents(of_the_examples());
    assert_eq!(all.len(), 9);
    for cronjob in &all {
        let name = cronjob["metadata"]["name"].as_str().unwrap();
        assert!(name.len() <= 52, "{name}");
        assert_eq!((&cronjob["apiVersion"], &cronjob["kind"]), (&json!("batch/v1"), &json!("CronJob")));
        assert_eq!(cronjob["metadata"]["labels"]["app.kubernetes.io/managed-by"], "canarytrace");
        assert_eq!(cronjob["metadata"]["labels"]["app.kubernetes.io/instance"], name);
        let spec = &cronjob["spec"];
        assert_eq!(spec["concurrencyPolicy"], "Replace", "{name}");
        assert_eq!(spec["failedJobsHistoryLimit"], 2, "{name}");
        assert_eq!(spec["jobTemplate"]["spec"]["backoffLimit"], 0, "{name}");
        let pod = pod(cronjob);
        assert_eq!(pod["restartPolicy"], "Never", "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert!(grace >= 6, "{name}: SIGTERM ends a run within 5 seconds");
        let sidecars = pod["initContainers"].as_array().into_iter().flatten();
        for container in pod["containers"].as_array().unwrap().iter().chain(sidecars) {
            let security = &container["securityContext"];
            assert_eq!(security["readOnlyRootFilesystem"], true, "{name}");
            assert_eq!(security["allowPrivilegeEscalation"], false, "{name}");
            assert_eq!(security["capabilities"]["drop"], json!(["ALL"]), "{name}");
            let image = container["image"].as_str().unwrap();
            assert!(image.contains(':') && !image.ends_with(":latest"), "{name}: {image}");
            for (part, what) in [("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")] {
                assert!(container["resources"][part][what].is_string(), "{name}: {part} of {what}");
            }
        }
        let mounted =
            pod["containers"].as_array().unwrap().iter().chain(pod["initContainers"].as_array().into_iter().flatten());
        for mount in mounted.flat_map(|container| container["volumeMounts"].as_array().into_iter().flatten()) {
            let volumes = pod["volumes"].as_array().unwrap();
            assert!(volumes.iter().any(|volume| volume["name"] == mount["name"]), "{name}: {mount}");
        }
        assert!(environment(cronjob, "SPEC")["value"].is_string(), "{name}");
    }
}

#[test]
fn the_same_monitors_give_the_same_bytes() {
    let folder = described(&[monitor("shop::sell", json!({})), monitor("shop::buy", json!({ "tags": ["b", "a"] }))]);
    let once = run(&mut k8s_in(folder.path(), &[]));
    assert_eq!(once.0, 0, "{}", once.2);
    assert_eq!(once, run(&mut k8s_in(folder.path(), &[])));
    describe(folder.path(), &[monitor("shop::buy", json!({ "tags": ["b", "a"] })), monitor("shop::sell", json!({}))]);
    assert_eq!(once.1, run(&mut k8s_in(folder.path(), &[])).1);
}

#[test]
fn what_a_monitor_declares_and_the_operator_says_is_in_its_cronjob() {
    let own = json!({
        "schedule": "0 8 * * 7", "timeout": 90.0, "retries": 1, "iterations": 2,
        "tags": ["shop", "team: payments", "--"],
    });
    let folder = described(&[monitor("checkout::a_customer_pays", own)]);
    let cronjob = cronjob(
        folder.path(),
        &[
            "--namespace",
            "shop",
            "--name-prefix",
            "eu-",
            "--time-zone",
            "Europe/Prague",
            "--location",
            "prague",
            "--start-offset",
            "20",
            "--runner-cpu",
            "500m",
            "--browser-memory-limit",
            "5Gi",
            "--guaranteed",
            "--browser-image",
            "registry.example/browser:156",
        ],
    );
    assert_eq!(cronjob["metadata"]["name"], "eu-checkout-a-customer-pays");
    assert_eq!(cronjob["metadata"]["namespace"], "shop");
    assert_eq!(
        (&cronjob["spec"]["schedule"], &cronjob["spec"]["timeZone"]),
        (&json!("0 8 * * 0"), &json!("Europe/Prague"))
    );
    // 20 s offset, 60 s to start the pod, 2 attempts of 2 iterations of 90 s and 5 s of the browser, 10 s flush, 5 s to end.
    assert_eq!(cronjob["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"], 475);
    let labels = &cronjob["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"];
    assert_eq!(labels["tag.canarytrace/shop"], "true");
    assert_eq!(labels["tag.canarytrace/team--payments"], "true");
    assert_eq!(labels["app.kubernetes.io/version"], "4f2c1d9");
    let annotations = &cronjob["metadata"]["annotations"];
    assert_eq!(annotations["canarytrace/tags"], "shop,team: payments,--");
    assert_eq!(annotations["canarytrace/monitor"], "checkout::a_customer_pays");
    assert_eq!(annotations["canarytrace/description"], "A visitor: buys.");
    let runner = &pod(&cronjob)["containers"][0];
    assert_eq!(runner["image"], "registry.example/shop/monitors:4f2c1d9");
    assert_eq!(runner["resources"]["requests"]["cpu"], "800m", "--guaranteed wins");
    let browser = &pod(&cronjob)["initContainers"][0];
    assert_eq!(browser["image"], "registry.example/browser:156");
    assert_eq!(browser["resources"]["requests"]["memory"], "5Gi");
    assert_eq!(environment(&cronjob, "SPEC")["value"], "checkout::a_customer_pays");
    assert_eq!(environment(&cronjob, "MODE")["value"], "user-journey");
    assert_eq!(environment(&cronjob, "CANARYTRACE_START_OFFSET")["value"], "20s");
    assert_eq!(environment(&cronjob, "CANARYTRACE_LOCATION")["value"], "prague");
}

#[test]
fn a_monitor_that_declares_nothing_runs_as_the_original_s_did() {
    let folder = described(&[monitor("shop::buy", json!({ "schedule": null }))]);
    // Where it runs is said for all of them in the ConfigMap, unless it is by node.
    assert_eq!(environment(&cronjob(folder.path(), &[]), "CANARYTRACE_LOCATION"), &Value::Null);
    let cronjob = cronjob(folder.path(), &["--location-of-node"]);
    assert_eq!(cronjob["spec"]["schedule"], "*/3 * * * *");
    assert_eq!(environment(&cronjob, "CANARYTRACE_LOCATION")["valueFrom"]["fieldRef"]["fieldPath"], "spec.nodeName");
    assert_eq!(
        pod(&cronjob)["containers"][0]["resources"]["requests"],
        json!({
            "cpu": "200m", "memory": "300M", "ephemeral-storage": "100M",
        })
    );
}

#[test]
fn a_monitor_of_an_api_has_no_browser_beside_it() {
    let folder = described(&[monitor("api::answers", json!({ "kind": "http" }))]);
    let cronjob = cronjob(folder.path(), &[]);
    assert_eq!(pod(&cronjob)["initContainers"], Value::Null);
    let has = |volume: &str| pod(&cronjob)["volumes"].as_array().unwrap().iter().any(|there| there["name"] == volume);
    assert!(has("tmp") && has("spool") && !has("shm") && !has("browser-tmp"), "{cronjob:#}");
    assert_eq!(environment(&cronjob, "WEBDRIVER_URL"), &Value::Null);
}

#[test]
fn monitors_that_pods_clone_are_told_from_where() {
    let folder = described(&[monitor("shop::buy", json!({}))]);
    let git = ["--git-repository", "https://git.example/shop/monitors.git", "--git-revision", "release/2026-11"];
    let cronjob = cronjob(folder.path(), &git);
    assert_eq!(environment(&cronjob, "GIT_REPOSITORY")["value"], "https://git.example/shop/monitors.git");
    assert_eq!(environment(&cronjob, "GIT_REVISION")["value"], "release/2026-11");
    assert_eq!(cronjob["metadata"]["labels"]["app.kubernetes.io/version"], "release-2026-11");
    assert_eq!(cronjob["metadata"]["annotations"]["canarytrace/revision"], "release/2026-11");
    // Nothing is built beside a browser.
    let runner = &pod(&cronjob)["containers"][0];
    assert_eq!(runner["command"], json!(["canarytrace", "run", "--no-build"]));
    let cache = |list: &Value| list.as_array().unwrap().iter().any(|item| item["name"] == "build-cache");
    assert!(cache(&runner["volumeMounts"]) && cache(&pod(&cronjob)["volumes"]), "{cronjob:#}");
}

#[test]
fn what_is_odd_is_said_beside_the_manifests() {
    let slow = |name: &str| monitor(name, json!({ "retries": 2 }));
    let off = monitor("shop::sell", json!({ "enabled": false }));
    let folder = described(&[slow("shop::buy"), slow("shop::pay"), slow("shop::return"), off]);
    let (code, out, err) = run(&mut k8s_in(folder.path(), &[]));
    assert_eq!((code, documents(&out).len()), (0, 3), "{err}");
    assert!(err.contains("canarytrace: shop::sell is disabled: it gets no CronJob\n"), "{err}");
    assert!(
        err.contains("warning: shop::buy and 2 more may need up to 300 s, and \"*/3 * * * *\" starts it every 180 s"),
        "{err}"
    );
}

#[test]
fn wrong_arguments_and_monitors_are_refused_with_the_reason() {
    let folder = described(&[monitor("a::b_c", json!({})), monitor("a_b::c", json!({}))]);
    let refused = |arguments: &[&str], code: i32, reason: &str| {
        let mut command = k8s(&["--monitors", "monitors.json"]);
        let (got, out, err) = run(command.args(arguments).current_dir(folder.path()));
        assert_eq!((got, out.as_str()), (code, ""), "{arguments:?}: {err}");
        assert!(err.contains(reason), "{arguments:?}: {err}");
    };
    refused(&[], 2, "--image <IMAGE>");
    refused(&["--image", "registry/monitors"], 2, "it has no tag");
    refused(&["--image", "registry/monitors:latest"], 2, "another image every day");
    refused(&["--image", "m:1", "--namespace", "My_Shop"], 2, "lower-case letters");
    refused(&["--image", "m:1", "--runner-cpu", "two"], 2, "quantities of Kubernetes");
    refused(&["--image", "m:1", "--git-repository", "x"], 2, "--git-revision");
    let token = "https://x-access-token:ghp_1234@git.example/shop.git";
    refused(&["--image", "m:1", "--git-repository", token, "--git-revision", "main"], 1, "put it into the Secret");
    refused(&["--image", "m:1", "--prune"], 2, "--prune needs --output DIR");
    refused(&["--image", "m:1"], 1, "the CronJobs of a::b_c and a_b::c would both be named a-b-c");

    describe(folder.path(), &[monitor("shop::buy", json!({ "schedule": "0 0 L * *" }))]);
    refused(&["--image", "m:1"], 1, "the schedule of shop::buy: \"0 0 L * *\" has L, W, # or +");
    describe(folder.path(), &[monitor("shop::buy", json!({ "enabled": false }))]);
    refused(&["--image", "m:1"], 1, "no monitor is enabled");
    describe(folder.path(), &[monitor("shop::buy", json!({}))]);
    refused(&["--image", "m:1", "--runner-cpu", "2"], 1, "give --runner-cpu-limit too");
    fs::write(folder.path().join("monitors.json"), "[]").unwrap();
    refused(&["--image", "m:1"], 1, "monitors.json is no description of monitors");
}

#[test]
fn an_executable_that_has_no_monitors_is_refused_and_runs_no_tests() {
    let itself = std::env::current_exe().unwrap();
    let (code, out, err) = run(k8s(&IMAGE).arg("--executable").arg(&itself));
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    assert!(err.contains("is no test target with monitors"), "{err}");
}

#[test]
fn a_folder_follows_the_monitors_and_the_exit_code_says_whether_it_does() {
    let buy = || monitor("shop::buy", json!({}));
    let folder = described(&[buy(), monitor("shop::sell", json!({}))]);
    let diff = |arguments: &[&str]| run(k8s_in(folder.path(), &["--diff", "out"]).args(arguments));
    let output = |arguments: &[&str]| run(k8s_in(folder.path(), &["--output", "out"]).args(arguments));

    let (code, out, _) = diff(&[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("--- /dev/null\n+++ b/shop-buy.yaml\n") && !out.contains('\x1b'), "{out}");
    let (code, _, err) = output(&[]);
    assert_eq!((code, err.as_str()), (0, "canarytrace: out: 3 of 3 files written, the others are as they were\n"));
    assert_eq!(diff(&[]), (0, String::new(), String::new()));
    let kustomization = fs::read_to_string(folder.path().join("out/kustomization.yaml")).unwrap();
    assert!(kustomization.ends_with("resources:\n  - shop-buy.yaml\n  - shop-sell.yaml\n"), "{kustomization}");

    // One changes, one goes; what is not ours in the folder stays out of it.
    fs::write(folder.path().join("out/other.yaml"), "kind: ConfigMap\n").unwrap();
    describe(folder.path(), &[monitor("shop::buy", json!({ "schedule": "*/5 * * * *" }))]);
    let (code, out, _) = diff(&["--color", "always"]);
    assert_eq!(code, 1);
    assert!(
        out.contains("\x1b[31m-  schedule: \"*/3 * * * *\"\x1b[0m\n\x1b[32m+  schedule: \"*/5 * * * *\"\x1b[0m\n"),
        "{out}"
    );
    assert!(out.contains("--- a/shop-sell.yaml\x1b[0m\n\x1b[1m+++ /dev/null"), "{out}");
    assert!(!out.contains("other.yaml"), "{out}");
    let (code, _, err) = output(&[]);
    assert_eq!(code, 0);
    assert!(err.contains("warning: out/shop-sell.yaml is of a monitor that is gone: --prune deletes it"), "{err}");
    let (code, _, err) = output(&["--prune"]);
    assert_eq!(code, 0);
    assert!(err.contains("canarytrace: out/shop-sell.yaml deleted: its monitor is gone"), "{err}");
    assert_eq!(diff(&[]).0, 0);
    let mut left: Vec<_> =
        fs::read_dir(folder.path().join("out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["kustomization.yaml", "other.yaml", "shop-buy.yaml"]);

    // Trouble is no difference.
    fs::write(folder.path().join("monitors.json"), "{}").unwrap();
    assert_eq!(diff(&[]).0, 2);
}

#[test]
fn a_kustomization_of_somebody_else_is_left_alone() {
    let folder = described(&[monitor("shop::buy", json!({}))]);
    let path = folder.path().join("kustomization.yaml");
    fs::write(&path, "kind: Kustomization\n").unwrap();
    let (code, _, err) = run(&mut k8s_in(folder.path(), &["--output", "."]));
    assert_eq!(code, 1);
    assert!(err.contains("was not written by this command"), "{err}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "kind: Kustomization\n");
    assert!(!folder.path().join("shop-buy.yaml").exists());
}

#[test]
fn cronjobs_of_a_cluster_whose_monitors_are_gone_are_listed_as_commands() {
    let folder = described(&[monitor("shop::buy", json!({})), monitor("shop::sell", json!({}))]);
    let (_, out, _) = run(&mut k8s_in(folder.path(), &[]));
    let list = json!({ "apiVersion": "v1", "kind": "List", "items": documents(&out) });
    fs::write(folder.path().join("cluster.json"), list.to_string()).unwrap();
    let prune = || k8s_in(folder.path(), &["--prune", "--cluster"]);
    assert_eq!(run(prune().arg("cluster.json")), (0, String::new(), String::new()));

    describe(folder.path(), &[monitor("shop::buy", json!({}))]);
    let expected = "kubectl delete cronjob shop-sell --namespace canarytrace\n";
    assert_eq!(run(prune().arg("cluster.json")).1, expected);
    let mut child = prune().arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(list.to_string().as_bytes()).unwrap();
    assert_eq!(String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap(), expected);

    fs::write(folder.path().join("cluster.json"), "{}").unwrap();
    let (code, _, err) = run(prune().arg("cluster.json"));
    assert_eq!(code, 1);
    assert!(err.contains("cluster.json has no items"), "{err}");
}

/// Nine monitors, some of one schedule, one at a fixed time.
fn a_crowd() -> TempDir {
    let line = |name: &str, line: &str| monitor(name, json!({ "schedule": line }));
    let mut api = line("api::the_api_finds_products", "* * * * *");
    api["kind"] = "http".into();
    described(&[
        api,
        line("account::a_customer_logs_in", "*/5 * * * *"),
        line("basket::the_basket_keeps_count", "*/5 * * * *"),
        line("catalogue::a_search_finds_a_product", "*/5 * * * *"),
        line("catalogue::the_shop_is_open", "*/3 * * * *"),
        line("checkout::a_customer_pays_with_a_card_that_has_a_very_long_name", "*/3 * * * *"),
        line("mobile::the_menu_works_on_a_phone", "*/10 8-18 * * 1-5"),
        line("report::every_morning", "0 8 * * *"),
        line("report::once_a_month", "0 0 1 * *"),
    ])
}

#[test]
fn the_load_is_a_table_that_fits_a_terminal() {
    let folder = a_crowd();
    let table = || run(k8s(&["--monitors", "monitors.json", "--load"]).current_dir(folder.path()));
    let (code, out, err) = table();
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert_eq!(out, table().1);
    insta::assert_snapshot!("load", out);
}

#[test]
fn offsets_of_the_table_are_written_into_the_schedules_when_that_is_asked_for() {
    let folder = a_crowd();
    let schedules = |arguments: &[&str]| {
        let (code, out, err) = run(&mut k8s_in(folder.path(), arguments));
        assert_eq!(code, 0, "{err}");
        let of = |cronjob: &Value| cronjob["spec"]["schedule"].as_str().unwrap().to_owned();
        documents(&out).iter().map(of).collect::<Vec<_>>()
    };
    let (before, after) = (schedules(&[]), schedules(&["--apply-offsets"]));
    assert_ne!(before, after);
    let moved: Vec<_> = before.iter().zip(&after).filter(|(before, after)| before != after).collect();
    assert!(moved.iter().all(|(before, after)| before.starts_with("*/") && after.contains("-59/")), "{moved:?}");
    let (_, table, _) = run(k8s(&["--monitors", "monitors.json", "--load"]).current_dir(folder.path()));
    for (before, after) in moved {
        assert!(table.lines().any(|line| line.contains(before) && line.ends_with(after)), "{after}\n{table}");
    }
}
