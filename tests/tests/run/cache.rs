//! The build cache: built once, checked before use, bounded, shared.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use canarytrace::exit_code;
use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::tmpfs::Tmpfs;

use super::{assert_failed, assert_ran, cache, run_of, told, was_built};

/// The folders of the builds in a cache.
fn builds(cache: &Path) -> Vec<PathBuf> {
    let folders = |path: PathBuf| fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path());
    folders(cache.join("builds")).filter(|path| path.is_dir()).flat_map(folders).collect()
}

#[test]
fn of_builders_at_once_one_builds_and_all_run() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    let started: Vec<_> = (0..4).map(|_| run_of(&repository, cache.path()).start()).collect();
    let finished: Vec<_> = started.into_iter().map(|running| running.finish()).collect();
    finished.iter().for_each(|finished| assert_ran(finished, "one"));
    let built = finished.iter().filter(|finished| was_built(finished)).count();
    assert_eq!((built, builds(cache.path()).len()), (1, 1), "{finished:#?}");
}

#[test]
fn features_profile_and_package_have_builds_of_their_own() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    let usual = run_of(&repository, cache.path()).run();
    assert_eq!(told(&usual, "extra"), Some("false"));
    let extra = run_of(&repository, cache.path()).env("CANARYTRACE_BUILD_FEATURES", "extra").run();
    assert_eq!(told(&extra, "extra"), Some("true"));
    let release = run_of(&repository, cache.path()).env("CANARYTRACE_BUILD_PROFILE", "release").run();
    assert!(was_built(&release), "{release:#?}");
    assert_eq!(builds(cache.path()).len(), 3);
    assert!(!was_built(&run_of(&repository, cache.path()).run()));
}

#[test]
fn a_damaged_build_is_said_and_built_again() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    assert_ran(&run_of(&repository, cache.path()).run(), "one");
    let executable = builds(cache.path())[0].join("monitors");
    let mut content = fs::read(&executable).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&executable, &content).unwrap();
    let finished = run_of(&repository, cache.path()).run();
    assert_ran(&finished, "one");
    assert!(was_built(&finished) && finished.stderr.contains("is damaged, so it is built again"), "{finished:#?}");
    assert!(!was_built(&run_of(&repository, cache.path()).run()));
    // Whoever must not build does not run it either.
    fs::write(&executable, &content[..middle]).unwrap();
    let finished = run_of(&repository, cache.path()).arg("--no-build").run();
    let message = assert_failed(&finished, exit_code::NOT_BUILT, "smoke");
    assert!(message.contains("--build-only"), "{message}");
    assert!(finished.stderr.contains("is damaged, so it is not used"), "{finished:#?}");
}

#[test]
fn one_pod_builds_and_another_runs_from_a_volume_that_it_can_only_read() {
    let Some(volume) = Tmpfs::mount("size=200m") else { return };
    let repository = GitRepository::with_stand_in("one");
    let path = volume.path().join("cache");
    let commit = repository.head();
    let missing = run_of(&repository, &path).arg("--no-build").run();
    assert_failed(&missing, exit_code::NOT_BUILT, "smoke");
    let built = run_of(&repository, &path).arg("--build-only").run();
    assert_eq!((built.code, built.stdout.as_str()), (Some(0), ""), "{built:#?}");
    volume.make_read_only();
    // The toolchain is not needed, and git only for the name of a branch.
    let empty = cache();
    for revision in ["main", commit.as_str(), &commit[..8]] {
        let run = run_of(&repository, &path).arg("--no-build").env("GIT_REVISION", revision);
        assert_ran(&run.env("PATH", empty.path()).run(), "one");
    }
    let change = repository.change("two");
    let finished = run_of(&repository, &path).env("GIT_REVISION", &change).run();
    let message = assert_failed(&finished, exit_code::CACHE_FAILED, "smoke");
    assert!(message.contains("CANARYTRACE_BUILD_CACHE"), "{message}");
}

#[test]
fn a_pod_that_never_builds_waits_for_the_build_or_runs_the_one_before() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    let never = || run_of(&repository, cache.path()).arg("--no-build");
    let waiting = never().env("CANARYTRACE_BUILD_WAIT", "60s").start();
    waiting.wait_for_notice("waiting up to");
    assert_eq!(run_of(&repository, cache.path()).arg("--build-only").run().code, Some(0));
    assert_ran(&waiting.finish(), "one");
    // The branch went on, and its newest commit is not built yet.
    let change = repository.change("two");
    let finished = never().run();
    assert_ran(&finished, "one");
    assert!(told(&finished, "CANARYTRACE_PREPARATION").unwrap().contains("stale=yes"), "{finished:#?}");
    assert!(finished.stderr.contains(&change), "{finished:#?}");
    assert_failed(&never().env("GIT_FALLBACK", "no").run(), exit_code::NOT_BUILT, "smoke");
    assert_failed(&never().env("GIT_REVISION", &change).run(), exit_code::NOT_BUILT, "smoke");
}

#[test]
fn the_cache_stays_within_its_bound_and_what_runs_stays() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    let going_on = cache.path().join("go-on");
    // Monitors that run all the time.
    let running = run_of(&repository, cache.path()).env("STAND_IN_WAITS_FOR", &going_on).start();
    running.wait_for_line("marker=one");
    let first = builds(cache.path())[0].clone();
    let bounded = |marker: &str| {
        repository.change(marker);
        let run = run_of(&repository, cache.path()).env("CANARYTRACE_BUILD_CACHE_MAX_SIZE", "1 kB");
        let finished = run.run();
        assert_ran(&finished, marker);
        finished
    };
    let second = bounded("two");
    assert!(second.stderr.contains("target folder is removed from the build cache"), "{second:#?}");
    assert_eq!((builds(cache.path()).len(), first.exists()), (2, true));
    let third = bounded("three");
    assert!(third.stderr.contains("is removed from the build cache: not used for longest"), "{third:#?}");
    assert_eq!((builds(cache.path()).len(), first.exists()), (2, true));
    fs::write(&going_on, "").unwrap();
    assert_eq!(running.finish().code, Some(0));
    bounded("four");
    assert_eq!((builds(cache.path()).len(), first.exists()), (1, false));
}

#[test]
fn a_signal_ends_cargo_and_nothing_is_left_behind() {
    let repository = GitRepository::with_stand_in("one");
    // It compiles for ever.
    let build = "fn main() { std::fs::write(std::env::var(\"OUT_DIR\").unwrap() + \"/begun\", \"\").unwrap(); loop { \
                 std::thread::park(); } }";
    repository.write("build.rs", build);
    repository.push("never ends");
    let cache = cache();
    let mut running = run_of(&repository, cache.path()).start();
    running.wait_for_notice("Compiling monitors");
    running.wait_while(|| !has_begun(cache.path()));
    running.signal(rustix::process::Signal::TERM);
    let finished = running.finish();
    assert_eq!(finished.code, Some(exit_code::TERMINATED.into()), "{finished:#?}");
    let deadline = Instant::now() + Duration::from_secs(30);
    while !canarytrace_tests::runner::processes_below(cache.path(), "").is_empty() {
        assert!(Instant::now() < deadline, "cargo goes on");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The next one is not kept from building by what it left.
    fs::remove_file(repository.work().join("build.rs")).unwrap();
    repository.change("two");
    assert_ran(&run_of(&repository, cache.path()).run(), "two");
}

/// Whether the build script runs.
fn has_begun(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() { has_begun(&path) } else { entry.file_name() == "begun" }
    })
}
