//! Real monitors, from `git push` to the documents.

use std::fs;
use std::path::Path;
use std::process::Command;

use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::servers::PracticeSite;

use super::{cache, run_of};

fn monitor(title: &str) -> String {
    format!(
        "//! Monitors.\n\nuse std::process::ExitCode;\n\nuse canarytrace::prelude::*;\n\n/// The shop is open.\n\
         #[monitor(tags = [\"shop\"])]\nasync fn opens(browser: &mut Browser) -> Result {{\n    \
         browser.step(\"{title}\", async |page| {{\n        page.goto(\"/\").await?;\n        \
         page.expect(title()).to_be(\"Practice shop\").await\n    }}).await\n}}\n\n\
         fn main() -> ExitCode {{\n    canarytrace::main()\n}}\n"
    )
}

#[test]
fn what_is_pushed_is_what_runs_with_its_revision_in_every_document() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let repository = GitRepository::empty();
    repository.write_manifest();
    repository.write("Cargo.lock", &fs::read_to_string(root.join("Cargo.lock")).unwrap());
    repository.write("tests/monitors.rs", &monitor("open the shop"));
    // Of the versions of this workspace, those that it needs.
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["update", "--workspace", "--offline", "--quiet"]).current_dir(repository.work());
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let first = repository.push("a monitor");
    let cache = cache();
    let site = PracticeSite::start();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let run = || {
        let run = run_of(&repository, cache.path()).env("BASE_URL", site.url("/")).env("SPEC", "opens");
        run.env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true").run()
    };
    let check = |commit: &str, title: &str| {
        let finished = run();
        assert_eq!(finished.code, Some(0), "{finished:#?}");
        let summary = finished.document("summary", |_| true);
        assert_eq!((&summary["git"]["revision"], &summary["monitor"]["status"]), (&commit.into(), &"up".into()));
        assert!(summary["git"]["repository"].as_str().unwrap().ends_with("monitors.git"), "{summary:#}");
        let preparation = &summary["preparation"];
        assert_eq!(preparation["cached"], false, "{summary:#}");
        assert!(preparation["build"].as_f64() < preparation["total"].as_f64(), "{summary:#}");
        for dataset in ["report", "summary", "request-log", "vitals"] {
            let documents = finished.documents(dataset);
            assert!(!documents.is_empty(), "{dataset}");
            assert!(documents.iter().all(|document| document["git"]["revision"] == commit), "{documents:#?}");
        }
        let step = |document: &serde_json::Value| document["event"] == "testStepEnd" && document["title"] == title;
        assert_eq!(finished.document("report", step)["passed"], true);
        finished.assert_complete();
        finished.assert_nothing_left();
    };
    check(&first, "open the shop");
    repository.write("tests/monitors.rs", &monitor("look at the shop"));
    let second = repository.push("a changed monitor");
    assert_ne!(first, second);
    check(&second, "look at the shop");
}
