//! The manifests of `k8s/` in a real Kubernetes, whose kubelet knows sidecars: what admission says of them, a first run as
//! `k8s/README.md` has it, and its end.

mod support;

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use canarytrace_tests::cluster::NODE;
use canarytrace_tests::k8s::kustomize;
use serde_json::Value;

use crate::support::{MONITORS, world};

/// The status of a container.
#[track_caller]
fn container<'p>(pod: &'p Value, name: &str) -> &'p Value {
    let status = &pod["status"];
    let of = |kind: &str| status[kind].as_array().into_iter().flatten().find(|container| container["name"] == name);
    of("containerStatuses").or_else(|| of("initContainerStatuses")).unwrap_or_else(|| panic!("no {name}: {status:#}"))
}

/// Those of the monitor of `overlays/user-journey`.
fn of_journey(documents: Vec<Value>) -> Vec<Value> {
    let is_its = |document: &Value| document["monitor"]["name"] == "checkout::a_customer_pays";
    documents.into_iter().filter(is_its).collect()
}

#[test]
fn a_first_run_completes_and_its_documents_arrive() {
    let Some(world) = world() else { return };
    world.run("user-journey", "first-run", &[("CANARYTRACE_START_OFFSET", "0s")]);
    world.cluster.assert_completes(MONITORS, "first-run");

    // The browser never ends by itself: the Job does, because it is a sidecar. It goes after the runner.
    let pod = world.pod("first-run");
    let ended = |name: &str| container(&pod, name)["state"]["terminated"]["finishedAt"].as_str().map(str::to_owned);
    assert_eq!(container(&pod, "runner")["state"]["terminated"]["exitCode"], 0, "{pod:#}");
    assert_eq!(container(&pod, "runner")["restartCount"], 0, "{pod:#}");
    assert!(ended("browser").is_some() && ended("browser") >= ended("runner"), "{pod:#}");
    assert_eq!(pod["status"]["qosClass"], "Burstable", "{pod:#}");

    let summaries: Vec<_> = of_journey(world.documents("summary"));
    let [summary] = &summaries[..] else { panic!("one run: {summaries:#?}\n{}", world.cluster.story(MONITORS)) };
    assert_eq!((&summary["summary"]["up"], &summary["summary"]["down"]), (&1.into(), &0.into()), "{summary:#}");
    assert_eq!(summary["location"], "kubernetes", "{summary:#}");
    for dataset in ["report", "request-log", "performance-entries", "vitals", "usage", "availability"] {
        assert!(!of_journey(world.documents(dataset)).is_empty(), "no {dataset}\n{}", world.cluster.story(MONITORS));
    }

    // Its lines need no parser.
    let logs = world.kubectl(&["logs", "job/first-run", "--container", "runner"]);
    let lines: Vec<Value> = logs.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let actions: Vec<_> = lines.iter().filter_map(|line| line["event.action"].as_str()).collect();
    assert!(actions.contains(&"session-started") && actions.contains(&"session-ended"), "{logs}");
    let of_run = lines.iter().filter(|line| line["event.action"] == "run-ended");
    assert!(
        of_run.clone().count() == 1 && of_run.clone().all(|line| line["canarytrace.uuid"] == summary["uuid"]),
        "{logs}"
    );
}

#[test]
fn a_pod_that_is_deleted_in_the_middle_delivers_what_it_has() {
    let Some(world) = world() else { return };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    world.cluster.lead_out(80, listener.local_addr().expect("it has one"));
    let (asked, wait) = mpsc::channel();
    // Takes requests, and never answers.
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().flatten() {
            let read = stream.read(&mut [0; 1024]);
            kept.push(stream);
            // Of later ones nobody wants to know.
            _ = read.map(|_| asked.send(()));
        }
    });
    let url = format!("http://{NODE}/");
    let variables = [("BASE_URL", &*url), ("CANARYTRACE_START_OFFSET", "0s"), ("AVAILABILITY_CHECK", "no")];
    world.run("smoke-desktop", "deleted", &variables);
    let told = wait.recv_timeout(Duration::from_mins(3));
    told.unwrap_or_else(|_| panic!("the browser opens the site\n{}", world.cluster.story(MONITORS)));

    let pod = world.pod("deleted");
    assert_eq!(container(&pod, "browser")["started"], true, "{pod:#}");
    // A finalizer, so that the pod can be looked at when all in it has ended.
    let name = pod["metadata"]["name"].as_str().unwrap_or_default();
    let keep = |finalizers: &str| {
        let patch = format!("{{\"metadata\":{{\"finalizers\":{finalizers}}}}}");
        world.kubectl(&["patch", "pod", name, "--type", "merge", "--patch", &patch]);
    };
    keep("[\"canarytrace.example/tests\"]");
    world.kubectl(&["delete", "pod", name, "--wait=false"]);
    let codes = world.cluster.wait_for("the containers to end", || {
        let pod = world.cluster.get(MONITORS, "pod", name).ok()?;
        let code = |name: &str| container(&pod, name)["state"]["terminated"]["exitCode"].as_i64();
        code("runner").zip(code("browser"))
    });
    keep("null");
    // The kubelet signals the runner, and the browser when the runner is gone; neither had to be killed (137) after the grace
    // period.
    assert_eq!(codes, (143, 143), "{}", world.cluster.story(MONITORS));
    let summaries = world.documents("summary");
    let summary = summaries.iter().find(|summary| summary["summary"]["down"] == 1);
    let summary =
        summary.unwrap_or_else(|| panic!("no summary of it: {summaries:#?}\n{}", world.cluster.story(MONITORS)));
    assert_eq!(summary["error"]["message"], "interrupted by SIGTERM", "{summary:#}");
}

#[test]
fn the_server_takes_every_path_of_the_table_without_a_warning() {
    let Some(world) = world() else { return };
    // As the page says for an upgrade: a Job can't be changed.
    world.kubectl(&["delete", "job", "canarytrace-install"]);
    world.apply("base/agents");
    let paths = [kustomize::kustomizations("base"), kustomize::kustomizations("overlays")].concat();
    // Elasticsearch and Kibana are kinds of Elastic's operator, which is not here; and the namespace is there with the volumes
    // of a single node, which can't become those of several.
    let known = paths.iter().filter(|path| !path.starts_with("overlays/elastic") && *path != "base/namespace");
    let known: Vec<_> = known.collect();
    assert!(known.len() > 15, "{known:?}");
    for path in known {
        world.apply_folder(&kustomize::folder().join(path), &["--dry-run=server"]);
    }
}

#[test]
fn the_server_takes_what_is_generated_without_a_warning() {
    let Some(world) = world() else { return };
    let from_git = ["--git-repository", "https://git.example/shop/monitors.git", "--git-revision", "release/2026-11"];
    let for_measuring = ["--guaranteed", "--location-of-node", "--apply-offsets"];
    for way in [&[][..], &from_git, &for_measuring] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_fixture-tool"));
        command.env_clear().args(["k8s", "--image", "registry.example/monitors:4f2c1d9"]).args(way);
        command.args(["--executable", env!("CARGO_BIN_EXE_fixture-monitors"), "--output"]).arg(folder.path());
        let output = command.output().expect("the tool was built");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        world.apply_folder(folder.path(), &["--dry-run=server"]);
    }
}

#[test]
fn the_pod_for_measuring_is_guaranteed_its_processors() {
    let Some(world) = world() else { return };
    let path = kustomize::folder().join("overlays/user-journey-guaranteed");
    world.apply_folder(&path, &[]);
    let name = "canarytrace-user-journey";
    world.kubectl(&["patch", "cronjob", name, "--patch", "{\"spec\":{\"suspend\":true}}"]);
    world.kubectl(&["create", "job", "--from", &format!("cronjob/{name}"), "guaranteed"]);
    // It waits for a larger node than that of these tests, and has its class already.
    let class = world.cluster.wait_for("its pod", || {
        let pods = world.kubectl(&["get", "pods", "--selector", "job-name=guaranteed", "--output", "json"]);
        let pods: Value = serde_json::from_str(&pods).ok()?;
        pods["items"][0]["status"]["qosClass"].as_str().map(str::to_owned)
    });
    world.kubectl(&["delete", "job", "guaranteed"]);
    assert_eq!(class, "Guaranteed");
}
