//! What is run without cloning, how monitors are started, offline builds.

use canarytrace::exit_code;
use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::servers::PracticeSite;
use serde_json::Value;

use super::{assert_failed, assert_ran, cache, run, run_of, told};

#[test]
fn monitors_run_in_their_package_with_what_they_are_told() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    let finished = run_of(&repository, cache.path()).arg("--").arg("--list").arg("a b").run();
    assert_ran(&finished, "one");
    let folder = told(&finished, "folder").unwrap();
    assert!(folder.starts_with(cache.path().to_str().unwrap()) && folder.ends_with("/source"), "{folder}");
    assert!(std::path::Path::new(folder).join("canarytrace.toml").is_file());
    assert!(!std::path::Path::new(folder).join(".git").exists());
    assert_eq!(told(&finished, "arguments"), Some("[\"--list\", \"a b\"]"));
    assert_eq!(told(&finished, "MODE"), Some("smoke"));
    let finished = run_of(&repository, cache.path()).env("SPEC", "shop::buy").run();
    assert_eq!((told(&finished, "MODE"), told(&finished, "SPEC")), (Some("user-journey"), Some("shop::buy")));
    let finished = run_of(&repository, cache.path()).env("MODE", "user-journey").run();
    assert_eq!(told(&finished, "MODE"), Some("user-journey"));
}

#[test]
fn an_executable_is_run_as_it_is() {
    let cache = cache();
    let fixture = env!("CARGO_BIN_EXE_fixture-monitors");
    let commit = "c0ffee254729296a45a3885639ac7e10f9d54979";
    let baked = || run(cache.path()).env("SPEC", "passes").env("CANARYTRACE_REVISION", commit);
    for run in [baked().arg("--executable").arg(fixture), baked().env("CANARYTRACE_MONITORS", fixture)] {
        let finished = run.run();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        let summary = finished.document("summary", |_| true);
        assert_eq!(summary["git"]["revision"], commit, "{summary:#}");
        assert!(summary["preparation"]["total"].as_f64().unwrap() >= 0.0, "{summary:#}");
        assert!(finished.documents("report").iter().all(|report| report["git"]["revision"] == commit));
    }
    assert!(!cache.path().join("builds").exists());
    let finished = baked().arg("--executable").arg("/no/such/file").run();
    let message = assert_failed(&finished, exit_code::NOT_EXECUTABLE, "passes");
    assert!(message.contains("/no/such/file"), "{message}");
    let finished = baked().arg("--executable").arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).run();
    let message = assert_failed(&finished, exit_code::NOT_EXECUTABLE, "passes");
    assert!(message.contains("it is not executable"), "{message}");
}

#[test]
fn urls_need_neither_a_repository_nor_monitors() {
    let site = PracticeSite::start();
    let url = site.url("/");
    let finished = run(cache().path()).env("BASE_URL", &url).run();
    assert_eq!(finished.code, Some(0), "{finished:#?}");
    assert_eq!(finished.document("smoke-title", |_| true)["entryUrl"], url.as_str());
}

#[test]
fn vendored_dependencies_are_enough_without_a_network() {
    let repository = GitRepository::with_stand_in("one");
    repository.write(
        "Cargo.toml",
        "[package]\nname = \"monitors\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n\n[[test]]\n\
         name = \"monitors\"\nharness = false\n\n[dependencies]\nlamp = \"1\"\n",
    );
    // As `cargo vendor` lays it out.
    repository.write(
        ".cargo/config.toml",
        "[source.crates-io]\nreplace-with = \"vendored-sources\"\n\n[source.vendored-sources]\ndirectory = \"vendor\"\n",
    );
    let manifest = "[package]\nname = \"lamp\"\nversion = \"1.0.0\"\nedition = \"2021\"\n";
    repository.write("vendor/lamp/Cargo.toml", manifest);
    repository.write("vendor/lamp/src/lib.rs", "pub fn colour() -> &'static str { \"green\" }\n");
    let checksum = "a".repeat(64);
    repository.write("vendor/lamp/.cargo-checksum.json", &format!("{{\"files\":{{}},\"package\":\"{checksum}\"}}"));
    repository.write(
        "Cargo.lock",
        &format!(
            "version = 3\n\n[[package]]\nname = \"lamp\"\nversion = \"1.0.0\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"{checksum}\"\n\n\
             [[package]]\nname = \"monitors\"\nversion = \"0.1.0\"\ndependencies = [\n \"lamp\",\n]\n"
        ),
    );
    repository.write("tests/monitors.rs", "fn main() { println!(\"marker={}\", lamp::colour()); }\n");
    repository.push("vendored");
    let home = cache();
    let run = run_of(&repository, cache().path()).env("CARGO_NET_OFFLINE", "true").env("CARGO_HOME", home.path());
    assert_ran(&run.run(), "green");
}

#[test]
fn build_scripts_see_no_secret() {
    let repository = GitRepository::with_stand_in("one");
    repository.write(
        "build.rs",
        "fn main() {\n    for (name, value) in std::env::vars() {\n        \
         assert!(!value.contains(\"hunter2\"), \"{name} is seen\");\n    }\n}\n",
    );
    repository.push("a build script that looks around");
    let cache = cache();
    let run = run_of(&repository, cache.path()).env("PASS", "hunter2").env("GIT_TOKEN", "hunter2-token");
    let run = run.env("ELASTIC_HTTP_AUTH", "jane:hunter2").env("CANARYTRACE_HEADERS", "X-Key: hunter2");
    assert_ran(&run.run(), "one");
}

#[test]
fn a_terminal_has_a_bar_and_what_is_said_stays_on_it() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    let finished = run_of(&repository, cache.path()).with_terminal().run();
    assert_ran(&finished, "one");
    assert!(finished.stderr.contains("canarytrace: the monitors are there: resolve "), "{finished:#?}");
    // The bar's text is drawn over and over instead of being lines.
    assert!(!finished.stderr.contains("canarytrace: cloning") && finished.stderr.contains("\u{1b}["), "{finished:#?}");
}

#[test]
fn where_nobody_looks_on_everything_that_is_said_is_a_line_of_json_and_the_monitors_are_told_so() {
    let repository = GitRepository::with_stand_in("one");
    repository
        .write("tests/monitors.rs", "fn main() { println!(\"{:?}\", std::env::var(\"CANARYTRACE_LOG_FORMAT\")); }\n");
    repository.push("says how it is to log");
    let cache = cache();
    let finished = run_of(&repository, cache.path()).env("CANARYTRACE_LOG_FORMAT", "auto").run();
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{finished:#?}");
    let (said, told): (Vec<&str>, Vec<&str>) = finished.stdout.lines().partition(|line| line.starts_with('{'));
    assert_eq!(told, ["Ok(\"ecs\")"], "{finished:#?}");
    let said: Vec<Value> = said.into_iter().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert!(said.iter().all(|line| line["ecs.version"].is_string() && line["log.level"] == "info"), "{said:#?}");
    assert!(
        said.iter().any(|line| line["message"].as_str().unwrap().starts_with("the monitors are there")),
        "{said:#?}"
    );

    let failed = run(cache.path()).env("CANARYTRACE_LOG_FORMAT", "auto").env("GIT_REPOSITORY", "/no/such").run();
    assert_eq!(failed.stderr, "", "{failed:#?}");
    let said: Vec<Value> = failed.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let error = said.iter().find(|line| line["log.level"] == "error").expect("it failed");
    assert!(error["message"].as_str().unwrap().contains("/no/such"), "{error:#}");
}
