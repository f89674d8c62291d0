//! What is in the images, and what is not.

use std::process::Output;

use canarytrace_tests::containers::{Engine, Image, Images};
use serde_json::Value;

use crate::support::built;

/// As a pod runs them: nothing may be written, nothing is permitted, and the user is nobody in particular.
fn run(engine: &Engine, image: &str, program: &str, arguments: &[&str]) -> Output {
    let mut podman = engine.podman();
    podman.args(["run", "--rm", "--read-only", "--read-only-tmpfs=false", "--cap-drop=all", "--network=none"]);
    podman.args(["--security-opt=no-new-privileges", "--user=1000650000:0", "--tmpfs=/tmp:mode=1777"]);
    podman.args(["--entrypoint", program, image]).args(arguments);
    podman.output().expect("podman is there")
}

#[track_caller]
fn prints(engine: &Engine, image: &str, program: &str, arguments: &[&str]) -> String {
    let output = run(engine, image, program, arguments);
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn inspect(engine: &Engine, image: &str) -> Value {
    let output = engine.podman().args(["image", "inspect", image]).output().expect("podman is there");
    let mut all: Vec<Value> =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    all.remove(0)
}

#[test]
fn no_image_runs_as_root_and_each_says_what_it_is() {
    let Some((engine, images)) = built() else { return };
    for image in [Image::Builder, Image::Runner, Image::Browser] {
        let inspected = inspect(engine, &images.name(image));
        assert_eq!(inspected["Config"]["User"], "10001:0", "{inspected:#}");
        let labels = &inspected["Config"]["Labels"];
        let label = |name: &str| labels[format!("org.opencontainers.image.{name}")].as_str().unwrap_or_default();
        assert_eq!(label("title"), format!("canarytrace {}", image.name()), "{labels:#}");
        assert_eq!(label("version"), env!("CARGO_PKG_VERSION"), "{labels:#}");
        assert!(label("revision").len() >= 40, "{labels:#}");
        // The time of the commit, not that of the build.
        let created = label("created");
        assert!(
            created.ends_with('Z') && created == inspected["Created"].as_str().unwrap_or_default(),
            "{inspected:#}"
        );
    }
}

#[test]
fn the_runner_has_the_monitors_and_no_toolchain() {
    let Some((engine, images)) = built() else { return };
    let runner = images.name(Image::Runner);
    assert!(prints(engine, &runner, "canarytrace", &["--version"]).contains(env!("CARGO_PKG_VERSION")));
    let listed = prints(engine, &runner, "/usr/local/bin/monitors", &["--list"]);
    assert!(listed.contains("checkout::a_customer_pays: test"), "{listed}");
    // The documents say which commit it is.
    let revision = prints(engine, &runner, "sh", &["-c", "echo $CANARYTRACE_REVISION"]);
    let inspected = inspect(engine, &runner);
    assert_eq!(revision.trim(), inspected["Config"]["Labels"]["org.opencontainers.image.revision"], "{inspected:#}");
    // What asks Elasticsearch by https needs them.
    assert!(prints(engine, &runner, "head", &["-1", "/etc/ssl/certs/ca-certificates.crt"]).contains("BEGIN"));
    for absent in ["cargo", "rustc", "cc", "ld", "git", "npm", "node", "chromium", "python3", "curl"] {
        let found = run(engine, &runner, "sh", &["-c", &format!("command -v {absent}")]);
        assert!(!found.status.success(), "{absent} is in the runner: {found:?}");
    }
    // What apt left behind would be in every pull.
    let left = prints(engine, &runner, "sh", &["-c", "ls /var/lib/apt/lists /var/cache/apt /var/log"]);
    assert!(
        !["deb.debian", "pkgcache", "apt", "dpkg.log"]
            .iter()
            .any(|name| left.lines().any(|line| line.starts_with(name))),
        "{left}"
    );
}

#[test]
fn the_builder_has_what_a_clone_and_its_build_need() {
    let Some((engine, images)) = built() else { return };
    let builder = images.name(Image::Builder);
    for (program, words) in
        [("cargo", "cargo 1."), ("rustc", "rustc 1."), ("git", "git version"), ("cc", "Free Software")]
    {
        let said = prints(engine, &builder, program, &["--version"]);
        assert!(said.contains(words), "{program}: {said}");
    }
    assert!(prints(engine, &builder, "canarytrace", &["--version"]).contains(env!("CARGO_PKG_VERSION")));
    // It compiles and links, into what can be written.
    let script = "cd /tmp && echo 'fn main() { println!(\"built\") }' > a.rs && rustc a.rs && ./a";
    assert_eq!(prints(engine, &builder, "sh", &["-c", script]).trim(), "built");
}

#[test]
fn the_runner_can_be_built_again_as_it_was() {
    let Some((engine, _)) = built() else { return };
    let built = || {
        let again = Images::new(engine).again();
        again.build(&[Image::Runner]);
        let inspected = inspect(engine, &again.name(Image::Runner));
        again.remove(&[Image::Runner, Image::Builder]);
        inspected
    };
    let (first, second) = (built(), built());
    assert_eq!(first["RootFS"]["Layers"], second["RootFS"]["Layers"]);
    assert_eq!((&first["Id"], &first["Created"]), (&second["Id"], &second["Created"]));
}
