//! What `canarytrace k8s` generates is held to the same as what is written by hand (`k8s_manifests.rs`): Kubernetes' own
//! schemas, and our rules, together with what the monitors of a namespace share.

use std::path::Path;
use std::process::Command;

use canarytrace_tests::elastic::or_ignored;
use canarytrace_tests::k8s::kustomize::{build, build_folder};
use canarytrace_tests::k8s::{Manifests, assert_none, rules, schemas};
use serde_json::Value;

/// Every way to generate: the monitors in the image, from git, with requests equal to limits.
const WAYS: [&[&str]; 3] = [
    &[],
    &["--git-repository", "https://git.example/shop/monitors.git", "--git-revision", "release/2026-11"],
    &["--guaranteed", "--location-of-node", "--apply-offsets", "--name-prefix", "a-prefix-of-19-char"],
];

/// The tool on the fixtures' monitors: of both kinds, with long names, with tags, schedules and without.
fn k8s(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fixture-tool"));
    command.env_clear().args(["k8s", "--image", "registry.example/monitors:4f2c1d9"]);
    let output = command.args(["--executable", env!("CARGO_BIN_EXE_fixture-monitors")]).args(arguments).output();
    let output = output.expect("the tool was built");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it is text")
}

#[test]
fn they_keep_our_rules() {
    let Some(shared) = or_ignored(build("base/namespace")) else { return };
    for way in WAYS {
        let generated = k8s(way);
        assert!(Manifests::parse(&generated).expect("it is YAML").pods().count() > 50, "{generated}");
        assert_none(&format!("{way:?}"), &rules::check(&generated));
        assert_none(&format!("{way:?} in its namespace"), &rules::check(&format!("{shared}---\n{generated}")));
    }
}

#[test]
fn they_are_valid_for_kubernetes() {
    let generated = WAYS.map(k8s);
    let texts: Vec<&str> = generated.iter().map(String::as_str).collect();
    let Some(problems) = or_ignored(schemas::check(&texts)) else { return };
    assert_none("against Kubernetes' schemas", &problems);
}

#[test]
fn a_generated_folder_is_a_kustomization_of_the_same_manifests() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().to_str().expect("it is text");
    k8s(&["--output", path]);
    let Some(built) = or_ignored(build_folder(Path::new(path))) else { return };
    let objects = |yaml: &str| -> Vec<Value> {
        let mut objects = Manifests::parse(yaml).expect("it is YAML").objects;
        objects.sort_by_key(|object| object["metadata"]["name"].to_string());
        objects
    };
    assert_eq!(objects(&built), objects(&k8s(&[])));
}
