//! Which commit is run: of a repository on this machine.

use canarytrace::exit_code;
use canarytrace_tests::git_repository::GitRepository;

use super::{assert_failed, assert_ran, cache, run_of, told};

#[test]
fn branch_tag_sha_and_default_branch_are_found() {
    let repository = GitRepository::with_stand_in("one");
    let first = repository.head();
    repository.git(&["tag", "--annotate", "v1", "--message", "the first"]);
    let second = repository.change("two");
    repository.git(&["checkout", "--quiet", "-b", "feature/three"]);
    let third = repository.change("three");
    let cache = cache();
    let of = |revision: Option<&str>| {
        let run = run_of(&repository, cache.path());
        let finished = match revision {
            Some(revision) => run.env("GIT_REVISION", revision),
            None => run,
        }
        .run();
        (told(&finished, "marker").map(str::to_owned), told(&finished, "CANARYTRACE_REVISION").map(str::to_owned))
    };
    let ran = |marker: &str, commit: &str| (Some(marker.to_owned()), Some(commit.to_owned()));
    assert_eq!(of(None), ran("two", &second));
    assert_eq!(of(Some("v1")), ran("one", &first));
    assert_eq!(of(Some("feature/three")), ran("three", &third));
    assert_eq!(of(Some("refs/heads/main")), ran("two", &second));
    assert_eq!(of(Some(&third)), ran("three", &third));
    // At the tip of a branch, and behind one.
    assert_eq!(of(Some(&third[..9])), ran("three", &third));
    assert_eq!(of(Some(&first[..9])), ran("one", &first));
    assert_eq!(of(Some(&first)), ran("one", &first));
}

#[test]
fn an_unknown_revision_is_said_with_the_branches_there_are() {
    let repository = GitRepository::with_stand_in("one");
    let cache = cache();
    let run = |revision: &str| run_of(&repository, cache.path()).env("GIT_REVISION", revision).env("SPEC", "buy").run();
    let message = assert_failed(&run("release"), exit_code::UNKNOWN_REVISION, "buy");
    assert!(message.contains("has no branch, tag or commit release") && message.contains("branches are: main"));
    for sha in ["0123456789012345678901234567890123456789", "0123456789"] {
        let message = assert_failed(&run(sha), exit_code::UNKNOWN_REVISION, "buy");
        assert!(message.contains(&format!("has no commit {sha}")), "{message}");
    }
    let empty = GitRepository::empty();
    let message = assert_failed(&run_of(&empty, cache.path()).run(), exit_code::UNKNOWN_REVISION, "smoke");
    assert!(message.contains("has no commit on its default branch"), "{message}");
}

#[test]
fn submodules_come_along_and_follow() {
    let library = GitRepository::empty();
    library.write("marker.txt", "from the submodule");
    library.push("library");
    let repository = GitRepository::with_stand_in("one");
    let url = library.bare().display().to_string();
    repository.git(&["submodule", "--quiet", "add", &url, "library"]);
    repository.write(
        "tests/monitors.rs",
        "fn main() { println!(\"marker={}\", include_str!(\"../library/marker.txt\")); }",
    );
    repository.push("with a submodule");
    let cache = cache();
    assert_ran(&run_of(&repository, cache.path()).run(), "from the submodule");
    library.write("marker.txt", "another");
    library.push("changed");
    repository.git(&["-C", "library", "pull", "--quiet", "origin", "main"]);
    repository.push("the submodule follows");
    assert_ran(&run_of(&repository, cache.path()).run(), "another");
}
