//! Over ssh, from a real sshd with a host key of its own.

use std::path::PathBuf;

use canarytrace::exit_code;
use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::git_ssh::GitSsh;
use canarytrace_tests::runner::Runner;
use tempfile::TempDir;

use super::{assert_failed, assert_ran, cache, run, told};

struct Served {
    repository: GitRepository,
    server: GitSsh,
    cache: TempDir,
}

fn served() -> Option<Served> {
    let server = GitSsh::start()?;
    Some(Served { repository: GitRepository::with_stand_in("one"), server, cache: cache() })
}

impl Served {
    fn run(&self, key: PathBuf, known_hosts: PathBuf) -> Runner {
        run(self.cache.path())
            .env("GIT_REPOSITORY", self.server.url(&self.repository.bare()))
            .env("GIT_SSH_KEY_FILE", key)
            .env("GIT_KNOWN_HOSTS", known_hosts)
    }
}

#[test]
fn a_key_lets_in_where_the_host_is_known() {
    let Some(served) = served() else { return };
    let (server, repository) = (&served.server, &served.repository);
    let finished = served.run(server.key(), server.known_hosts()).run();
    assert_ran(&finished, "one");
    assert_eq!(told(&finished, "CANARYTRACE_REPOSITORY"), Some(server.url(&repository.bare()).as_str()));
    assert_eq!(told(&finished, "GIT_SSH_KEY_FILE"), None);
    // The path of the key, and its text, are as good.
    repository.change("two");
    let run_with = |key: String| {
        let url = server.url(&repository.bare());
        run(served.cache.path())
            .env("GIT_REPOSITORY", url)
            .env("GIT_SSH_KEY", key)
            .env("GIT_KNOWN_HOSTS", server.known_hosts())
    };
    assert_ran(&run_with(server.key().display().to_string()).run(), "two");
    repository.change("three");
    let finished = run_with(std::fs::read_to_string(server.key()).unwrap()).run();
    assert_ran(&finished, "three");
    assert!(!format!("{finished:?}").contains("PRIVATE KEY"), "{finished:#?}");
}

#[test]
fn the_originals_host_and_port_beside_a_path_are_enough() {
    let Some(served) = served() else { return };
    let url = served.server.url(&served.repository.bare());
    let (host, path) = url.split_once("127.0.0.1:").unwrap();
    let (port, path) = path.split_once('/').unwrap();
    let finished = served
        .run(served.server.key(), served.server.known_hosts())
        .env("GIT_REPOSITORY", path)
        .env("GIT_REPOSITORY_HOST", format!("{host}127.0.0.1"))
        .env("GIT_REPOSITORY_PORT", port)
        .run();
    assert_ran(&finished, "one");
}

#[test]
fn wrong_keys_unknown_hosts_and_changed_hosts_are_told_apart() {
    let Some(served) = served() else { return };
    let server = &served.server;
    let stranger = served.run(server.strange_key(), server.known_hosts()).run();
    let message = assert_failed(&stranger, exit_code::CREDENTIALS_REFUSED, "smoke");
    assert!(message.contains("refused the key of GIT_SSH_KEY"), "{message}");

    let unknown = served.run(server.key(), server.no_known_hosts()).run();
    let message = assert_failed(&unknown, exit_code::HOST_NOT_TRUSTED, "smoke");
    // The line that would make it known, for whoever compared the key.
    assert!(message.contains("is not known to") && message.contains("\n[127.0.0.1]:"), "{message}");

    let changed = served.run(server.key(), server.outdated_known_hosts()).run();
    let message = assert_failed(&changed, exit_code::HOST_KEY_CHANGED, "smoke");
    assert!(message.contains("known_hosts_stranger:1 has another one"), "{message}");

    let url = server.url(&served.repository.bare());
    let none = run(served.cache.path()).env("GIT_REPOSITORY", url).env("GIT_KNOWN_HOSTS", server.known_hosts()).run();
    let message = assert_failed(&none, exit_code::CREDENTIALS_REFUSED, "smoke");
    assert!(message.contains("wants a key: set GIT_SSH_KEY_FILE"), "{message}");

    let missing = served
        .run(server.key(), server.known_hosts())
        .env("GIT_REPOSITORY", server.url(&served.repository.served().join("missing.git")))
        .run();
    assert_failed(&missing, exit_code::CLONE_FAILED, "smoke");
}
