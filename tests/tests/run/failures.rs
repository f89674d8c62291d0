//! No package, no toolchain, code that does not compile: said with its reason, and in documents.

use canarytrace::exit_code;
use canarytrace_tests::git_repository::GitRepository;

use super::{assert_failed, assert_ran, cache, run, run_of};

#[test]
fn the_compilers_message_is_shown_and_in_the_documents() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    assert_ran(&run_of(&repository, cache.path()).run(), "one");
    repository.write("src/lib.rs", "fn unused() {}\n");
    repository.write("tests/monitors.rs", "fn main() {\n    let number: u32 = \"text\";\n}\n");
    let commit = repository.push("does not compile");
    let finished = run_of(&repository, cache.path()).env("SPEC", "buy").run();
    let message = assert_failed(&finished, exit_code::BUILD_FAILED, "buy");
    for shown in [&message, &finished.stderr] {
        assert!(shown.contains("error[E0308]: mismatched types"), "{shown}");
        assert!(shown.contains("tests/monitors.rs:2:23"), "{shown}");
    }
    // Without the warnings before it.
    assert!(!message.contains("never used") && finished.stderr.contains("`unused` is never used"), "{message}");
    let summary = finished.document("summary", |_| true);
    assert!(summary["preparation"]["build"].as_f64().unwrap() > 0.0, "{summary:#}");
    assert!(summary["git"]["repository"].as_str().unwrap().ends_with("monitors.git"), "{summary:#}");
    assert!(finished.stderr.contains(&commit), "{finished:#?}");
}

#[test]
fn a_lock_file_that_does_not_fit_is_no_licence_to_build_something_else() {
    let repository = GitRepository::with_stand_in("one");
    repository.write("Cargo.lock", "version = 3\n\n[[package]]\nname = \"monitors\"\nversion = \"0.2.0\"\n");
    repository.push("another lock file");
    let message = assert_failed(&run_of(&repository, cache().path()).run(), exit_code::BUILD_FAILED, "smoke");
    assert!(message.contains("--locked"), "{message}");
}

#[test]
fn a_repository_without_monitors_is_said_with_what_it_has() {
    let repository = GitRepository::empty();
    repository.write("README.md", "nothing here");
    repository.push("no package");
    let cache = cache();
    let message = assert_failed(&run_of(&repository, cache.path()).run(), exit_code::NO_MONITORS_PACKAGE, "smoke");
    assert!(message.contains("no Cargo.toml"), "{message}");
    let repository = GitRepository::with_stand_in("one");
    let finished = run_of(&repository, cache.path()).env("MONITORS_PACKAGE", "shop").run();
    let message = assert_failed(&finished, exit_code::NO_MONITORS_PACKAGE, "smoke");
    assert!(message.contains("none is named shop; there are: monitors"), "{message}");
}

#[test]
fn without_a_toolchain_nothing_is_built_and_that_is_said() {
    let repository = GitRepository::with_stand_in("one");
    let (cache, empty) = (cache(), cache());
    let finished = run_of(&repository, cache.path()).env("PATH", empty.path()).run();
    let message = assert_failed(&finished, exit_code::NO_TOOLCHAIN, "smoke");
    assert!(message.contains("there is no Rust toolchain"), "{message}");
}

#[test]
fn a_folder_that_is_no_repository_and_no_repository_at_all_are_told_apart() {
    let (cache, folder) = (cache(), cache());
    let finished = run(cache.path()).env("GIT_REPOSITORY", folder.path()).run();
    assert_failed(&finished, exit_code::CLONE_FAILED, "smoke");
    let finished = run(cache.path()).env("SPEC", "buy").run();
    assert_eq!(finished.code, Some(exit_code::USAGE.into()), "{finished:#?}");
    assert!(finished.stderr.contains("GIT_REPOSITORY names the repository"), "{finished:#?}");
}

#[test]
fn a_failed_build_of_an_init_container_is_reported_too() {
    let repository = GitRepository::with_stand_in("one");
    repository.write("tests/monitors.rs", "nonsense");
    repository.push("does not compile");
    let finished = run_of(&repository, cache().path()).arg("--build-only").run();
    assert_failed(&finished, exit_code::BUILD_FAILED, "build");
}
