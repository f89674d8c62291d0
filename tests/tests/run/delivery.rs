//! A failure before there are monitors reaches the cluster, or is kept for later.

use canarytrace::exit_code;
use canarytrace_tests::elastic::{Product, or_ignored, prefix, shared};
use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::runner::Runner;
use canarytrace_tests::servers::RefusedPort;

use super::{assert_failed, cache, run_of};

#[test]
fn a_failure_is_delivered_to_the_cluster() {
    let Some(server) = or_ignored(shared(Product::Elasticsearch)) else { return };
    let prefix = prefix();
    let install = Runner::new(env!("CARGO_BIN_EXE_fixture-tool")).arg("install");
    let installed = install.env("ELASTIC_CLUSTER", server.url().as_str()).env("INDEX_PREFIX", &prefix).run();
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    let repository = GitRepository::with_stand_in("one");
    let finished = run_of(&repository, cache().path())
        .env("GIT_REVISION", "nothing")
        .env("SPEC", "shop::buy")
        .env("ELASTIC_CLUSTER", server.url().as_str())
        .env("INDEX_PREFIX", &prefix)
        .env("CANARYTRACE_FLUSH", "30s")
        .run();
    assert_eq!(finished.code, Some(exit_code::UNKNOWN_REVISION.into()), "{finished:#?}");
    assert!(finished.stderr.contains("canarytrace: delivery: "), "{finished:#?}");
    let summaries = server.documents(&format!("{prefix}summary-*"));
    assert_eq!(summaries.len(), 1, "{finished:#?}");
    let summary = summaries[0].to_string();
    for part in ["\"spec\":\"shop::buy\"", "\"fault\":\"harness\"", "\"status\":\"unknown\"", "\"down\":0"] {
        assert!(summary.contains(part), "{part}: {summary}");
    }
    assert_eq!(server.count(&format!("{prefix}report-*")), 3);
    server.delete(&prefix);
}

#[test]
fn a_cluster_that_is_down_delays_the_end_no_longer_than_allowed() {
    let repository = GitRepository::with_stand_in("one");
    let down = RefusedPort::take();
    let finished = run_of(&repository, cache().path())
        .env("GIT_REVISION", "nothing")
        .env("ELASTIC_CLUSTER", down.url())
        .env("CANARYTRACE_FLUSH", "1s")
        .run();
    assert_failed(&finished, exit_code::UNKNOWN_REVISION, "smoke");
    assert!(finished.stderr.contains("canarytrace ship --drain"), "{finished:#?}");
}
