//! From a push to the documents.

use std::fs;
use std::path::Path;
use std::process::Command;

use canarytrace_tests::containers::{Image, Images, Pod};
use tempfile::TempDir;

use crate::support::{World, assert_ends};

#[track_caller]
fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    let who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"];
    let output = git.arg("-C").arg(folder).args(who).args(arguments).output().expect("git is there");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A repository with everything of this checkout that git knows, and a clone of it.
fn repository() -> (TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace");
    let work = folder.path().join("work");
    fs::create_dir(&work).expect("it is new");
    for file in git(checkout, &["ls-files", "-z"]).split('\0').filter(|file| !file.is_empty()) {
        let (from, to) = (checkout.join(file), work.join(file));
        // A file that was removed, and not yet from git.
        let Ok(kind) = fs::symlink_metadata(&from) else { continue };
        fs::create_dir_all(to.parent().expect("it is in a folder")).expect("it can be made");
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from).expect("it is a link"), to).expect("it is new");
        } else {
            fs::copy(&from, to).expect("it is a file");
        }
    }
    git(&work, &["init", "--quiet"]);
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--message", "As it is"]);
    let bare = folder.path().join("monitors.git");
    git(&work, &["clone", "--quiet", "--bare", ".", bare.to_str().expect("it is UTF-8")]);
    git(&work, &["remote", "add", "origin", bare.to_str().expect("it is UTF-8")]);
    (folder, bare)
}

#[test]
fn a_pushed_change_of_a_monitor_is_in_the_documents_of_its_pod_with_the_new_commit() {
    let Some(world) = World::new() else { return };
    let Some(cron_job) = world.pod("user-journey") else { return };
    let (folder, bare) = repository();
    let work = folder.path().join("work");
    let monitor = work.join("monitors/src/checkout.rs");
    let before = fs::read_to_string(&monitor).expect("it is a monitor");
    let after =
        before.replace(".step(\"pay\"", ".step(\"pay by card\"").replace("step(\"pay\")", "step(\"pay by card\")");
    assert_ne!(before, after, "the monitor has such a step");
    fs::write(&monitor, after).expect("it can be written");
    git(&work, &["commit", "--quiet", "--all", "--message", "The step says how it is paid"]);
    git(&work, &["push", "--quiet", "origin", "main"]);
    let pushed = git(&bare, &["rev-parse", "main"]);

    // What a pipeline does: it clones and builds the image, in which nothing else is compiled again.
    let clone = folder.path().join("clone");
    git(
        folder.path(),
        &["clone", "--quiet", bare.to_str().expect("it is UTF-8"), clone.to_str().expect("it is UTF-8")],
    );
    let images = Images::new(world.engine).of(&clone);
    images.build(&[Image::Runner]);
    let pod = Pod::play(world.engine, &cron_job.image("runner", images.name(Image::Runner)));
    assert_ends(&pod, 0);
    let reports = world.documents("report");
    let step = reports.iter().find(|report| report["title"] == "pay by card");
    let step = step.unwrap_or_else(|| panic!("the changed step ran: {reports:#?}"));
    assert_eq!(step["git"]["revision"], pushed.as_str(), "{step:#}");
    let summary = world.document("summary", &pod);
    assert_eq!(summary["git"]["repository"], bare.to_str().expect("it is UTF-8"), "{summary:#}");
    drop(pod);
    images.remove(&[Image::Runner, Image::Builder]);
}
