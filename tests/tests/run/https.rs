//! Over https, from git's own http-backend, which wants a token.

use std::path::PathBuf;

use canarytrace::exit_code;
use canarytrace_tests::git_https::{GitHttps, TOKEN, authority_in};
use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::runner::Runner;
use canarytrace_tests::servers::{Certificate, RefusedPort, taken_port};
use tempfile::TempDir;

use super::{assert_failed, assert_ran, cache, run, told, was_built};

struct Served {
    repository: GitRepository,
    server: GitHttps,
    cache: TempDir,
    authority: PathBuf,
}

fn served() -> Served {
    let repository = GitRepository::with_stand_in("one");
    let server = GitHttps::serve(&repository.served());
    let cache = cache();
    let authority = authority_in(&repository.work());
    Served { repository, server, cache, authority }
}

impl Served {
    /// Without a token.
    fn run(&self) -> Runner {
        run(self.cache.path()).env("GIT_REPOSITORY", self.server.url("monitors.git")).env("GIT_CA", &self.authority)
    }
}

#[test]
fn a_token_lets_in_and_is_told_nobody() {
    let served = served();
    let finished = served.run().env("GIT_TOKEN", TOKEN).env("ENV_PRINT", "allow").run();
    assert_ran(&finished, "one");
    assert_eq!(told(&finished, "CANARYTRACE_REPOSITORY"), Some(served.server.url("monitors.git").as_str()));
    assert_eq!(told(&finished, "CANARYTRACE_REVISION"), Some(served.repository.head().as_str()));
    assert_eq!((told(&finished, "GIT_TOKEN"), told(&finished, "GIT_REPOSITORY")), (None, None));
    assert!(finished.stderr.contains("objects received"), "{finished:#?}");
    // Only what was wanted was fetched.
    let shallow = walk(served.cache.path(), "shallow");
    assert_eq!(shallow.len(), 1, "{shallow:?}");

    // Also in the URL, which git sees as little as anybody.
    let url = served.server.url("monitors.git").replace("https://", &format!("https://jane:{TOKEN}@"));
    served.repository.change("two");
    let finished = served.run().env("GIT_REPOSITORY", url).run();
    assert_ran(&finished, "two");
    assert!(!format!("{finished:?}").contains(TOKEN), "{finished:#?}");
    for file in walk(served.cache.path(), "") {
        let content = std::fs::read(&file).unwrap_or_default();
        assert!(!content.windows(TOKEN.len()).any(|some| some == TOKEN.as_bytes()), "{}", file.display());
    }
}

/// The files below a folder whose name ends so, but for what cargo compiled.
fn walk(folder: &std::path::Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() && !name.starts_with("target-") {
            found.extend(walk(&path, ending));
        } else if path.is_file() && name.ends_with(ending) {
            found.push(path);
        }
    }
    found
}

#[test]
fn short_and_full_shas_behind_the_tip_are_fetched() {
    let served = served();
    let first = served.repository.head();
    served.repository.change("two");
    served.repository.change("three");
    let of = |revision: &str| served.run().env("GIT_TOKEN", TOKEN).env("GIT_REVISION", revision).run();
    assert_ran(&of("main"), "three");
    // The clone is shallow by now.
    assert_ran(&of(&first[..10]), "one");
    assert_ran(&of(&served.repository.git(&["rev-parse", "HEAD~1"])), "two");
}

#[test]
fn no_token_and_a_wrong_one_are_refused_credentials() {
    let served = served();
    let message = assert_failed(&served.run().run(), exit_code::CREDENTIALS_REFUSED, "smoke");
    assert!(message.contains("wants credentials; set GIT_TOKEN"), "{message}");
    let finished = served.run().env("GIT_TOKEN", "hunter2-wrong").run();
    let message = assert_failed(&finished, exit_code::CREDENTIALS_REFUSED, "smoke");
    assert!(message.contains("refused the token of GIT_TOKEN"), "{message}");
    assert!(!format!("{finished:?}").contains("hunter2"), "{finished:#?}");
}

#[test]
fn a_certificate_of_an_unknown_authority_is_not_trusted() {
    let served = served();
    let finished = run(served.cache.path())
        .env("GIT_REPOSITORY", served.server.url("monitors.git"))
        .env("GIT_TOKEN", TOKEN)
        .run();
    let message = assert_failed(&finished, exit_code::HOST_NOT_TRUSTED, "smoke");
    assert!(message.contains("certificate") && message.contains("GIT_CA"), "{message}");
    let expired = GitHttps::serve_with(&served.repository.served(), Certificate::Expired);
    let finished = served.run().env("GIT_REPOSITORY", expired.url("monitors.git")).env("GIT_TOKEN", TOKEN).run();
    assert_failed(&finished, exit_code::HOST_NOT_TRUSTED, "smoke");
}

#[test]
fn a_repository_that_is_not_there_is_told_from_an_unreachable_host() {
    let served = served();
    let missing = served.run().env("GIT_REPOSITORY", served.server.url("missing.git")).env("GIT_TOKEN", TOKEN).run();
    let message = assert_failed(&missing, exit_code::CLONE_FAILED, "smoke");
    assert!(message.contains("404"), "{message}");

    let refused = RefusedPort::take();
    let silent = taken_port();
    let silent = format!("https://127.0.0.1:{}/monitors.git", canarytrace_tests::servers::port_of(&silent));
    for url in ["https://nobody.invalid/monitors.git", &refused.url().replace("http:", "https:"), &silent] {
        let finished = run(served.cache.path()).env("GIT_REPOSITORY", url).env("GIT_TIMEOUT", "3s").run();
        let message = assert_failed(&finished, exit_code::GIT_UNREACHABLE, "smoke");
        assert!(message.contains("GIT_TIMEOUT"), "{message}");
    }
}

#[test]
fn a_known_commit_needs_no_network_and_a_branch_one_question() {
    let served = served();
    let commit = served.repository.head();
    assert_ran(&served.run().env("GIT_TOKEN", TOKEN).run(), "one");
    let before = served.server.requests();
    let finished = served.run().env("GIT_TOKEN", TOKEN).env("GIT_REVISION", &commit).run();
    assert_ran(&finished, "one");
    assert_eq!((served.server.requests(), was_built(&finished)), (before, false), "{finished:#?}");
    assert!(told(&finished, "CANARYTRACE_PREPARATION").unwrap().contains("cached=yes"));
    // Not even a program beside ours is started: there is none in PATH.
    let empty = cache();
    let finished = served.run().env("GIT_REVISION", &commit).env("PATH", empty.path()).run();
    assert_ran(&finished, "one");
    let finished = served.run().env("GIT_TOKEN", TOKEN).run();
    assert_ran(&finished, "one");
    // The question itself, and the same again with the token.
    assert!(!was_built(&finished) && served.server.requests() <= before + 2, "{finished:#?}");
}

#[test]
fn the_last_build_of_a_branch_is_run_when_nobody_answers_and_that_is_said() {
    let served = served();
    let commit = served.repository.head();
    assert_ran(&served.run().env("GIT_TOKEN", TOKEN).env("GIT_REVISION", "main").run(), "one");
    // The same URL, where nobody listens any more: a port completes one that has none.
    let url = |port: u16| format!("https://127.0.0.1:{port}/monitors.git");
    let port = served.server.port();
    assert_eq!(url(port), served.server.url("monitors.git"));
    let down = || {
        // A proxy that refuses connections stands for a network that is down.
        let refused = RefusedPort::take();
        let run = served.run().env("GIT_TOKEN", TOKEN).env("GIT_REVISION", "main").env("https_proxy", refused.url());
        (refused, run.env("HTTPS_PROXY", "http://127.0.0.1:1/").env("GIT_TIMEOUT", "5s"))
    };
    let (_refused, run) = down();
    let finished = run.run();
    assert_ran(&finished, "one");
    assert_eq!(told(&finished, "CANARYTRACE_REVISION"), Some(commit.as_str()));
    assert!(told(&finished, "CANARYTRACE_PREPARATION").unwrap().contains("stale=yes"), "{finished:#?}");
    assert!(finished.stderr.contains("the last build of main is run instead"), "{finished:#?}");
    let (_refused, run) = down();
    assert_failed(&run.env("GIT_FALLBACK", "no").run(), exit_code::GIT_UNREACHABLE, "smoke");
}
