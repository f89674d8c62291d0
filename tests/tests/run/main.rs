//! `canarytrace run`: from git to the monitors, through the build cache, and every way not to get there.
//!
//! Most monitors here are a stand-in that depends on nothing and prints what it was told; `monitors.rs` has real ones.

mod cache;
mod failures;
mod https;
mod monitors;
mod others;
mod revisions;
mod ssh;

use std::path::Path;

use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::runner::{Finished, Runner};
use tempfile::TempDir;

/// A build cache of one test.
pub(crate) fn cache() -> TempDir {
    tempfile::Builder::new().prefix("ctcache").tempdir_in("/tmp").expect("/tmp can be written")
}

/// `canarytrace run` with this cache.
pub(crate) fn run(cache: &Path) -> Runner {
    let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-tool")).arg("run");
    runner.env("CANARYTRACE_BUILD_CACHE", cache).env("GIT_TIMEOUT", "30s")
}

/// The same, of a repository on this machine.
pub(crate) fn run_of(repository: &GitRepository, cache: &Path) -> Runner {
    run(cache).env("GIT_REPOSITORY", repository.bare())
}

/// What the stand-in printed under this name.
pub(crate) fn told<'a>(finished: &'a Finished, name: &str) -> Option<&'a str> {
    let begin = format!("{name}=");
    finished.stdout.lines().find_map(|line| line.strip_prefix(begin.as_str()))
}

/// Asserts that the stand-in ran, and which.
pub(crate) fn assert_ran(finished: &Finished, marker: &str) {
    assert_eq!((finished.code, told(finished, "marker")), (Some(0), Some(marker)), "{finished:#?}");
}

/// Whether cargo was asked to build.
pub(crate) fn was_built(finished: &Finished) -> bool {
    finished.stderr.contains("canarytrace: building ")
}

/// Asserts an exit code, that the failure is in the documents, that it is nobody's fault but ours, and that nothing is said
/// of the site. Gives the message.
pub(crate) fn assert_failed(finished: &Finished, code: u8, spec: &str) -> String {
    assert_eq!(finished.code, Some(code.into()), "{finished:#?}");
    let summary = finished.document("summary", |_| true);
    assert_eq!(summary["spec"], spec, "{summary:#}");
    assert_eq!(summary["monitor"]["status"], "unknown", "{summary:#}");
    assert_eq!((&summary["summary"]["up"], &summary["summary"]["down"]), (&0.into(), &0.into()), "{summary:#}");
    assert_eq!(summary["summary"]["outcome"], "failed", "{summary:#}");
    assert_eq!((&summary["error"]["type"], &summary["error"]["fault"]), (&"harness".into(), &"harness".into()));
    let end = finished.document("report", |document| document["event"] == "testEnd");
    assert_eq!((&end["passed"], &end["fault"]), (&false.into(), &"harness".into()));
    assert_eq!(end["errMessage"], summary["error"]["message"]);
    finished.assert_complete();
    summary["error"]["message"].as_str().expect("it has one").to_owned()
}
