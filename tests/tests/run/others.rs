//! What is run without cloning, how monitors are started, offline builds.

use canarytrace::exit_code;
use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::servers::PracticeSite;

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
    repository
        .write("vendor/lamp/.cargo-checksum.json", &format!("{{\"files\":{{}},\"package\":\"{checksum}\"}}"));
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
