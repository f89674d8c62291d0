//! Data folders that can't be written: the verdict stays, nothing is lost, and it is said where it lies.

use std::path::Path;

use canarytrace_tests::runner::{Finished, Running};
use canarytrace_tests::tmpfs::Tmpfs;
use rustix::process::Signal;

use super::fixture;

/// The names of the files below a folder of runs, without locks.
fn files(runs: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![runs.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if name != ".lock" {
                found.push(name);
            }
        }
    }
    found.sort();
    found
}

/// Asserts that it was said, once, that documents go to the other folder.
#[track_caller]
fn assert_said(run: &Finished, reason: &str) {
    let notices: Vec<&str> =
        run.stderr.lines().filter(|line| line.contains("the rest of its documents goes to")).collect();
    assert_eq!(notices.len(), 1, "{run:#?}");
    assert!(notices[0].contains(reason), "{run:#?}");
    assert!(notices[0].contains(&run.data().display().to_string()), "{run:#?}");
    assert!(notices[0].contains(&run.fallback().display().to_string()), "{run:#?}");
    let places = format!(
        "\nruns: {}\nwhat could not be written there: {}\n",
        run.data().join("runs").display(),
        run.fallback().join("runs").display()
    );
    assert!(run.stdout.ends_with(&places), "{run:#?}");
}

#[test]
fn on_a_read_only_disk_the_verdict_stays_and_everything_lies_in_the_other_folder() {
    let Some(tmpfs) = Tmpfs::mount("size=64k,ro") else { return };
    let data = tmpfs.path().join("data");
    let run =
        fixture().monitor("fails_an_expectation").env("CANARYTRACE_DATA", &data).env("WAIT_FOR_TIMEOUT", "5s").run();
    assert_eq!(run.code, Some(101), "the verdict is the monitor's: {run:#?}");
    assert!(run.stdout.contains("assertion (application fault): expected the title to be"), "{run:#?}");
    assert_said(&run, "Read-only file system");
    let kept = files(&run.fallback().join("runs"));
    assert_eq!(kept.len(), 9, "six datasets, screenshot, DOM and log: {kept:?}");
    // What people are told to look at is there.
    let mut lines = run.stdout.lines().skip_while(|line| !line.starts_with("see "));
    let folder = Path::new(lines.next().unwrap().strip_prefix("see ").unwrap());
    for name in lines.by_ref().take(2) {
        assert!(folder.join(name.trim()).exists(), "{} {name}", folder.display());
    }
    run.assert_complete();
    run.assert_nothing_left();
}

#[test]
fn a_disk_that_fills_up_in_a_run_loses_nothing() {
    let Some(tmpfs) = Tmpfs::mount("size=64k") else { return };
    let data = tmpfs.path().join("data");
    // One page is left: the beginning of the first file fits, the second file does not.
    std::fs::write(tmpfs.path().join("filler"), vec![0; 60 * 1024]).unwrap();
    let run = fixture().monitor("nested_suites").env("CANARYTRACE_DATA", &data).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_said(&run, "");
    assert!(run.stderr.contains("No space left on device") || run.stderr.contains("no storage space"), "{run:#?}");
    assert!(files(&data).contains(&"report.ndjson".to_owned()), "the beginning is here");
    assert!(files(&run.fallback()).contains(&"summary.ndjson".to_owned()), "the end is there");
    run.assert_complete();
    run.assert_nothing_left();
}

#[test]
fn a_disk_that_is_full_from_the_beginning_loses_nothing() {
    let Some(tmpfs) = Tmpfs::mount("size=64k") else { return };
    let data = tmpfs.path().join("data");
    std::fs::write(tmpfs.path().join("filler"), vec![0; 64 * 1024]).unwrap();
    let run = fixture().monitor("passes").env("CANARYTRACE_DATA", &data).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_said(&run, "");
    assert_eq!(
        files(&run.fallback()),
        [
            "memory.ndjson",
            "performance-entries.ndjson",
            "report.ndjson",
            "request-log.ndjson",
            "summary.ndjson",
            "vitals.ndjson"
        ]
    );
    run.assert_complete();
    run.assert_nothing_left();
}

#[test]
fn where_nothing_can_be_written_anywhere_nothing_is_run() {
    let Some(tmpfs) = Tmpfs::mount("size=64k") else { return };
    tmpfs.make_read_only();
    let run = fixture()
        .monitor("passes")
        .env("CANARYTRACE_DATA", tmpfs.path().join("data"))
        .env("TMPDIR", tmpfs.path())
        .run();
    assert_eq!((run.code, run.stdout.as_str()), (Some(103), ""), "{run:#?}");
    for part in ["error: the data folder ", "data/runs can't be written: Read-only", "neither can ", "CANARYTRACE_DATA"]
    {
        assert!(run.stderr.contains(part), "{part}: {run:#?}");
    }
    run.assert_nothing_left();
}

#[test]
fn a_data_folder_that_is_a_file_is_refused() {
    let runner = fixture().monitor("passes");
    let file = runner.folder().join("file");
    std::fs::write(&file, "mine").unwrap();
    let data = file.join("data");
    let run = runner.env("CANARYTRACE_DATA", &data).run();
    assert_eq!((run.code, run.stdout.as_str()), (Some(103), ""), "{run:#?}");
    assert_eq!(
        run.stderr,
        format!(
            "error: the data folder {} can't be made: {} is no folder; name another one with CANARYTRACE_DATA\n",
            data.display(),
            file.display()
        )
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    run.assert_nothing_left();
}

#[test]
fn two_runs_at_once_in_one_data_folder_are_complete_and_separate() {
    let shared = tempfile::tempdir().unwrap();
    let start = || fixture().monitor("waits").env("CANARYTRACE_DATA", shared.path()).start();
    let both = [start(), start()];
    for run in &both {
        run.wait_for_line("waiting");
    }
    // Both are in their step now, and stay there until they are told.
    for run in &both {
        run.signal(Signal::TERM);
    }
    let [first, second] = both.map(Running::finish);
    for run in [&first, &second] {
        assert_eq!(run.code, Some(143), "{run:#?}");
        run.assert_nothing_left();
    }
    assert_eq!(first.runs().len(), 2, "{first:#?}");
    first.assert_complete();
    assert_eq!(first.documents("summary").len(), 2);
}
