//! The spool on real file systems: full, read-only, removed; and beside other processes.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

const LONG: Duration = Duration::from_hours(24);

fn options(data: &Path, fallback: &Path) -> SpoolOptions {
    SpoolOptions {
        data: data.to_owned(),
        fallback: fallback.join("fallback"),
        max_age: LONG,
        max_size: u64::MAX,
        keep_unshipped: false,
        store: None,
    }
}

/// A spool whose two folders lie in one temporary folder.
fn spool() -> (TempDir, Spool) {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(options(&folder.path().join("data"), folder.path())).unwrap();
    (folder, spool)
}

fn line(number: usize) -> String {
    json!({ "number": number, "text": "x".repeat(100) }).to_string()
}

fn documents(folder: &Path) -> Vec<(String, Value)> {
    read(folder).unwrap().collect::<Result<_, _>>().unwrap()
}

fn numbers(folders: &[PathBuf]) -> Vec<u64> {
    let all = folders.iter().flat_map(|folder| documents(folder));
    all.map(|(_, document)| document["number"].as_u64().unwrap()).collect()
}

#[test]
fn documents_and_attachments_lie_in_the_run_s_folder() {
    let (_folder, spool) = spool();
    let uuid = Uuid::now_v7();
    let mut run = spool.run(uuid);
    assert_eq!(run.begin(), None);
    assert_eq!(run.append("report", &line(1)), None);
    assert_eq!(run.append("env", r#"{"a":1}"#), None);
    assert_eq!(run.append("report", &line(2)), None);
    assert_eq!(run.attach("a/../b c.png", b"png").path.as_deref(), Some("attachments/a_.._b_c.png"));
    assert_eq!(run.sync(), None);
    assert_eq!(run.losses(), Losses::default());
    assert_eq!(run.finish(), Vec::<String>::new());
    let folder = spool.run_folder(uuid);
    assert_eq!(spool.folders_of(uuid), std::slice::from_ref(&folder));
    let datasets: Vec<String> = documents(&folder).into_iter().map(|(dataset, _)| dataset).collect();
    assert_eq!(datasets, ["env", "report", "report"]);
    assert_eq!(fs::read(folder.join("attachments/a_.._b_c.png")).unwrap(), b"png");
    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["attachments", "env.ndjson", "report.ndjson"], "neither lock nor temporary file is left");
}

#[test]
fn names_of_attachments_are_safe_and_never_replace_one_another() {
    let (_folder, spool) = spool();
    let mut run = spool.run(Uuid::now_v7());
    let mut path = |name: &str| run.attach(name, b"x").path.unwrap();
    assert_eq!(path("shot.png"), "attachments/shot.png");
    assert_eq!(path("shot.png"), "attachments/shot-2.png");
    assert_eq!(path("../../etc/passwd"), "attachments/_.._etc_passwd");
    assert_eq!(path(""), "attachments/attachment");
    assert_eq!(path("..."), "attachments/attachment-2");
    assert_eq!(path("é.png"), "attachments/_.png");
    let long = path(&format!("{}.png", "a".repeat(1000)));
    assert!(long.len() < 200 && long.ends_with("a.png"), "{long}");
    assert!(path(&format!("a.{}", "b".repeat(1000))).len() < 200);
    assert_eq!(attachment_path("a b.html"), "attachments/a_b.html");
}

#[test]
fn a_torn_last_line_is_left_out_and_told_of() {
    let (_folder, spool) = spool();
    let uuid = Uuid::now_v7();
    let mut run = spool.run(uuid);
    let _ = run.append("report", &line(1));
    let _ = run.finish();
    let file = spool.run_folder(uuid).join("report.ndjson");
    fs::OpenOptions::new().append(true).open(&file).unwrap().write_all(b"{\"number\":").unwrap();
    let items: Vec<_> = read(&spool.run_folder(uuid)).unwrap().collect();
    assert_eq!(items.len(), 2);
    assert!(items[0].is_ok());
    assert!(matches!(&items[1], Err(Damage::Torn { bytes: 10, .. })), "{items:?}");

    // A run that goes on there begins with a whole line.
    let mut run = spool.run(uuid);
    assert_eq!(run.append("report", &line(2)), None);
    let _ = run.finish();
    assert_eq!(numbers(&[spool.run_folder(uuid)]), [1, 2]);
}

#[test]
fn a_line_that_is_no_json_does_not_end_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("report.ndjson"), "{}\nnonsense\n{}").unwrap();
    let items: Vec<_> = read(folder.path()).unwrap().map(|item| item.is_ok()).collect();
    assert_eq!(items, [true, false, true]);
}

#[test]
fn a_data_folder_that_is_a_file_is_refused_with_advice() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::write(&data, "").unwrap();
    let failure = Spool::open(options(&data, folder.path())).unwrap_err();
    assert!(failure.message.contains(data.to_str().unwrap()), "{failure}");
    assert!(failure.message.contains("CANARYTRACE_DATA"), "{failure}");
}

#[test]
fn when_the_folder_is_removed_everything_is_brought_over() {
    let (_folder, spool) = spool();
    let uuid = Uuid::now_v7();
    let mut run = spool.run(uuid);
    let _ = run.append("report", &line(1));
    let _ = run.append("env", &line(2));
    fs::remove_dir_all(spool.run_folder(uuid)).unwrap();
    let notice = run.append("report", &line(3)).unwrap();
    assert!(notice.contains("was removed") && notice.contains("fallback"), "{notice}");
    assert_eq!(run.append("report", &line(4)), None, "told once");
    assert!(run.attach("a.png", b"x").path.is_some());
    assert_eq!(run.losses(), Losses::default());
    assert_eq!(run.finish(), Vec::<String>::new());
    let folders = spool.folders_of(uuid);
    assert_eq!(folders.len(), 1);
    assert_eq!(numbers(&folders), [2, 1, 3, 4]);
    assert!(folders[0].join("attachments/a.png").exists());
}

#[test]
fn a_folder_of_somebody_else_is_not_used_in_an_emergency() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, spool) = spool();
    let fallback = folder.path().join("fallback");
    fs::create_dir(&fallback).unwrap();
    fs::set_permissions(&fallback, fs::Permissions::from_mode(0o777)).unwrap();
    let uuid = Uuid::now_v7();
    let mut run = spool.run(uuid);
    let _ = run.append("report", &line(1));
    fs::remove_dir_all(spool.run_folder(uuid)).unwrap();
    let notice = run.append("report", &line(2)).unwrap();
    assert!(notice.contains("not a private folder"), "{notice}");
    assert_eq!(run.losses().documents, 1);
}

fn aged(age: Duration) -> Uuid {
    let made = SystemTime::now().checked_sub(age).unwrap().duration_since(UNIX_EPOCH).unwrap();
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, made.as_secs(), made.subsec_nanos()))
}

/// A finished run of one document.
fn finished(spool: &Spool, age: Duration) -> Uuid {
    let uuid = aged(age);
    let mut run = spool.run(uuid);
    assert_eq!(run.append("report", &line(1)), None);
    assert_eq!(run.finish(), Vec::<String>::new());
    uuid
}

#[test]
fn pruning_takes_the_oldest_and_nothing_that_is_not_its_own() {
    let (folder, spool) = spool();
    let hours = |hours| finished(&spool, Duration::from_hours(hours));
    let (ancient, old, recent, new) = (hours(50), hours(3), hours(2), hours(1));
    let runs = spool.runs_folder();
    fs::write(runs.join("notes.txt"), "mine").unwrap();
    fs::create_dir(runs.join("not-a-run")).unwrap();
    fs::create_dir(runs.join(Uuid::nil().simple().to_string())).unwrap();
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let link = runs.join(aged(Duration::from_hours(99)).to_string());
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    let abandoned = runs.join(format!(".removing-{}", Uuid::now_v7()));
    fs::create_dir(&abandoned).unwrap();

    let live = aged(Duration::from_hours(60));
    let mut going_on = spool.run(live);
    assert_eq!(going_on.begin(), None);

    let removed = |pruned: Pruned| {
        assert_eq!(pruned.problems, Vec::<String>::new());
        pruned.removed.into_iter().map(|run| run.uuid).collect::<Vec<_>>()
    };
    assert_eq!(removed(spool.prune()), [ancient], "older than a day");
    let one = fs::metadata(spool.run_folder(new).join("report.ndjson")).unwrap().len();
    assert_eq!(removed(spool.prune_to(LONG, 2 * one)), [old], "only as many as it takes");
    assert_eq!(removed(spool.prune_to(Duration::ZERO, 0)), [recent, new]);
    assert!(spool.run_folder(live).is_dir(), "a run that is going on");
    assert_eq!(going_on.append("report", &line(1)), None);
    drop(going_on);
    assert_eq!(removed(spool.prune_to(Duration::ZERO, 0)), [live]);

    assert!(elsewhere.is_dir() && link.exists() && !abandoned.exists());
    assert!(runs.join("notes.txt").exists() && runs.join("not-a-run").exists());
    assert!(runs.join(Uuid::nil().simple().to_string()).exists());
}

#[test]
fn runs_and_pruning_at_once_lose_nothing() {
    let (_folder, spool) = spool();
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let pruning = scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                assert_eq!(spool.prune_to(Duration::ZERO, 0).problems, Vec::<String>::new());
            }
        });
        let recording: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let uuid = Uuid::now_v7();
                        let mut run = spool.run(uuid);
                        for number in 0..10 {
                            assert_eq!(run.append("report", &line(number)), None);
                        }
                        assert_eq!(numbers(&spool.folders_of(uuid)).len(), 10);
                    }
                })
            })
            .collect();
        let outcomes: Vec<_> = recording.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        pruning.join().unwrap();
        assert!(outcomes.iter().all(Result::is_ok));
    });
}

const CHILD: &str = "CANARYTRACE_TEST_SPOOL_CHILD";

/// Not a test of its own: what the test below starts as another process, to be killed.
#[test]
fn child_that_records_until_it_is_killed() {
    let Some(folder) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let spool = Spool::open(options(&folder.join("data"), &folder)).unwrap();
    let mut run = spool.run(aged(LONG * 2));
    for number in 0.. {
        assert_eq!(run.append("report", &line(number)), None);
        assert_eq!(run.sync(), None);
        if number == 10 {
            fs::write(folder.join("ready"), "").unwrap();
        }
    }
}

#[test]
fn a_killed_process_leaves_whole_documents_and_no_lock() {
    let (folder, spool) = spool();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "spool::tests::child_that_records_until_it_is_killed"])
        .env(CHILD, folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    while !folder.path().join("ready").exists() {
        assert_eq!(child.try_wait().unwrap(), None, "the child ended early");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(spool.prune_to(Duration::ZERO, 0).removed, [], "another process is recording");
    child.kill().unwrap();
    child.wait().unwrap();
    let runs = fs::read_dir(spool.runs_folder()).unwrap().map(|entry| entry.unwrap().path());
    let run = runs.into_iter().find(|path| path.is_dir()).unwrap();
    let items: Vec<_> = read(&run).unwrap().collect();
    let torn = items.iter().filter(|item| item.is_err()).count();
    assert!(items.len() - torn > 10 && torn <= 1, "{} documents, {torn} torn", items.len());
    assert_eq!(spool.prune_to(Duration::ZERO, 0).removed.len(), 1, "the kernel released the lock");
}

/// A file system of its own, unmounted when dropped.
struct Tmpfs(TempDir);

impl Tmpfs {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).output().ok()?;
        mounted.status.success().then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

/// Runs `test` with a tmpfs: as root, or in a user namespace where the test's process is root. Where neither is
/// allowed the test is skipped, which is a failure in CI.
fn with_tmpfs(name: &str, options: &str, test: impl FnOnce(&Tmpfs)) {
    const INSIDE: &str = "CANARYTRACE_TEST_IN_NAMESPACE";
    if let Some(tmpfs) = Tmpfs::mount(options) {
        return test(&tmpfs);
    }
    assert!(std::env::var_os(INSIDE).is_none(), "a user namespace without the right to mount");
    let inside = |program: &Path| {
        let mut command = Command::new("unshare");
        command.arg("-rm").arg(program).env(INSIDE, "1");
        command
    };
    if inside(Path::new("true")).status().is_ok_and(|status| status.success()) {
        let this = std::env::current_exe().unwrap();
        let status = inside(&this).args(["--exact", &format!("spool::tests::{name}"), "--nocapture"]).status();
        assert!(status.unwrap().success());
        return;
    }
    assert!(std::env::var("CI").is_err(), "in CI {name} must not be skipped: neither mount nor unshare -rm is allowed");
    eprintln!("{name} is ignored: it needs root or user namespaces to mount a tmpfs");
}

#[test]
fn where_no_folder_can_be_written_both_are_named_with_their_reasons() {
    with_tmpfs("where_no_folder_can_be_written_both_are_named_with_their_reasons", "size=64k,ro", |tmpfs| {
        let failure = Spool::open(options(&tmpfs.path().join("data"), tmpfs.path())).unwrap_err();
        assert_eq!(failure.message.matches("Read-only file system").count(), 2, "{failure}");
        for part in ["data/runs", "fallback", "CANARYTRACE_DATA"] {
            assert!(failure.message.contains(part), "{failure}");
        }
    });
}

#[test]
fn runs_go_on_in_the_other_folder_when_the_disk_is_full_from_the_beginning() {
    let name = "runs_go_on_in_the_other_folder_when_the_disk_is_full_from_the_beginning";
    with_tmpfs(name, "size=64k", |tmpfs| {
        let other = tempfile::tempdir().unwrap();
        fs::write(tmpfs.path().join("filler"), vec![0; 64 * 1024]).unwrap_or_default();
        let spool = Spool::open(options(&tmpfs.path().join("data"), other.path())).unwrap();
        let probes = fs::read_dir(tmpfs.path().join("data/runs")).map(Iterator::count).unwrap_or_default();
        assert_eq!(probes, 0, "the probe is removed");
        let uuid = Uuid::now_v7();
        let mut run = spool.run(uuid);
        let notices: Vec<_> = run.begin().into_iter().chain(run.append("report", &line(1))).collect();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("No space left") || notices[0].contains("no storage space"), "{notices:?}");
        assert_eq!(run.finish(), Vec::<String>::new());
        assert_eq!(numbers(&spool.folders_of(uuid)), [1]);
    });
}

#[test]
fn an_attachment_that_grows_can_be_read_at_any_moment_and_is_kept_or_removed_at_its_end() {
    let (_folder, spool) = spool();
    let uuid = Uuid::now_v7();
    let mut run = spool.run(uuid);
    let path = |name: &str| spool.run_folder(uuid).join("attachments").join(name);
    for name in ["kept.zst", "removed.zst", "cut_off.zst"] {
        assert_eq!(run.attach_part(name, b"one "), None);
        assert_eq!(fs::read(path(name)).unwrap(), b"one ");
        assert_eq!(run.attach_part(name, b"two"), None);
        assert_eq!(fs::read(path(name)).unwrap(), b"one two");
    }
    assert_eq!(run.end_attachment("kept.zst", true), None);
    assert_eq!(run.end_attachment("removed.zst", false), None);
    assert_eq!(run.end_attachment("never_begun.zst", true), None);
    assert_eq!(run.finish(), Vec::<String>::new());
    assert!(path("kept.zst").exists() && path("cut_off.zst").exists());
    assert!(!path("removed.zst").exists());
}

#[test]
fn of_an_attachment_that_fills_the_disk_whole_parts_are_left_and_it_is_said_once() {
    let name = "of_an_attachment_that_fills_the_disk_whole_parts_are_left_and_it_is_said_once";
    with_tmpfs(name, "size=64k", |tmpfs| {
        let other = tempfile::tempdir().unwrap();
        let spool = Spool::open(options(&tmpfs.path().join("data"), other.path())).unwrap();
        let uuid = Uuid::now_v7();
        let mut run = spool.run(uuid);
        let part = [7; 10_000];
        let notices: Vec<_> = (0..20).filter_map(|_| run.attach_part("log.zst", &part)).collect();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("log.zst") && notices[0].contains("can be read"), "{notices:?}");
        // It is no document: those go on where there is room.
        let notices: Vec<_> = (0..100).filter_map(|number| run.append("report", &line(number))).collect();
        assert!(notices.len() <= 1, "{notices:?}");
        assert_eq!(run.losses(), Losses::default());
        assert_eq!(run.end_attachment("log.zst", true), None);
        assert_eq!(run.finish(), Vec::<String>::new());
        let length = fs::metadata(spool.run_folder(uuid).join("attachments/log.zst")).unwrap().len();
        assert!(length >= 10_000 && length.is_multiple_of(10_000), "{length}");
        assert_eq!(numbers(&spool.folders_of(uuid)).len(), 100);
    });
}

#[test]
fn a_disk_that_fills_up_in_a_run_loses_no_document() {
    with_tmpfs("a_disk_that_fills_up_in_a_run_loses_no_document", "size=64k", |tmpfs| {
        let other = tempfile::tempdir().unwrap();
        let spool = Spool::open(options(&tmpfs.path().join("data"), other.path())).unwrap();
        let uuid = Uuid::now_v7();
        let mut run = spool.run(uuid);
        let mut notices = Vec::new();
        for number in 0..2000 {
            notices.extend(run.append(if number % 2 == 0 { "report" } else { "env" }, &line(number)));
        }
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("no storage space") || notices[0].contains("No space left"), "{notices:?}");
        assert!(notices[0].contains(other.path().to_str().unwrap()), "{notices:?}");
        assert_eq!(run.losses(), Losses::default());
        assert_eq!(run.finish(), Vec::<String>::new());
        let folders = spool.folders_of(uuid);
        assert_eq!(folders.len(), 2, "a part in each");
        // Reading unwraps every line: none is torn.
        let mut found = numbers(&folders);
        found.sort_unstable();
        assert_eq!(found, (0..2000).collect::<Vec<u64>>());
    });
}

#[test]
fn an_attachment_that_does_not_fit_goes_elsewhere_and_documents_stay() {
    with_tmpfs("an_attachment_that_does_not_fit_goes_elsewhere_and_documents_stay", "size=64k", |tmpfs| {
        let other = tempfile::tempdir().unwrap();
        let spool = Spool::open(options(&tmpfs.path().join("data"), other.path())).unwrap();
        let uuid = Uuid::now_v7();
        let mut run = spool.run(uuid);
        let attached = run.attach("big.png", &vec![1; 100_000]);
        assert_eq!(attached.path.as_deref(), Some("attachments/big.png"));
        assert!(attached.notice.unwrap().contains("fallback"));
        assert!(run.attach("big.png", &vec![2; 100_000]).notice.is_none(), "told once");
        assert_eq!(run.append("report", &line(1)), None);
        assert_eq!(run.attach("small.png", b"x").path.as_deref(), Some("attachments/small.png"));
        let [data, fallback] = &spool.folders_of(uuid)[..] else { panic!("two folders") };
        assert!(data.join("report.ndjson").exists() && data.join("attachments/small.png").exists());
        assert_eq!(fs::read(fallback.join("attachments/big.png")).unwrap(), vec![1; 100_000]);
        assert_eq!(fs::read_dir(data.join("attachments")).unwrap().count(), 1, "no part is left");
        assert_eq!(run.losses(), Losses::default());
    });
}

#[test]
fn when_nothing_can_be_written_any_more_losses_are_counted() {
    with_tmpfs("when_nothing_can_be_written_any_more_losses_are_counted", "size=64k", |tmpfs| {
        let spool = Spool::open(options(&tmpfs.path().join("data"), tmpfs.path())).unwrap();
        let uuid = Uuid::now_v7();
        let mut run = spool.run(uuid);
        assert_eq!(run.append("report", &line(0)), None);
        let filler = tmpfs.path().join("filler");
        assert!(fs::write(&filler, vec![0; 64 * 1024]).is_err(), "the disk is full");
        let notices: Vec<String> = (1..4).filter_map(|number| run.append("memory", &line(number))).collect();
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("lost"), "{notices:?}");
        assert!(run.attach("a.png", b"x").path.is_none());
        assert_eq!(run.losses(), Losses { documents: 3, attachments: 1 });
        let last = run.finish();
        assert!(last.iter().any(|notice| notice.contains("lost 3 documents and 1 attachments")), "{last:?}");
        fs::remove_file(&filler).unwrap();
        assert_eq!(numbers(&[spool.run_folder(uuid)]), [0]);
    });
}

mod consuming {
    use std::sync::{Arc, mpsc};

    use super::*;
    use crate::record::{Attachment, AttachmentKind, Consumer as _, Event, RunInfo, StoredDocument};

    fn run_info() -> Arc<RunInfo> {
        Arc::new(RunInfo {
            uuid: Uuid::now_v7(),
            monitor: "shop::buy".to_owned(),
            description: String::new(),
            labels: Vec::new(),
            location: "here".to_owned(),
            max_attempts: 1,
        })
    }

    fn document(run: &Arc<RunInfo>, number: usize) -> Event {
        let document = StoredDocument { dataset: "report", id: number.to_string(), json: line(number) };
        Event::Document { run: Arc::clone(run), document }
    }

    #[test]
    fn documents_and_attachments_of_interleaved_runs_go_to_their_own_folders() {
        let (_folder, spool) = spool();
        let (sender, notices) = mpsc::channel();
        let mut consumer = SpoolConsumer::new(spool.clone(), move |_run, notice| sender.send(notice).unwrap());
        let (one, two) = (run_info(), run_info());
        for run in [&one, &two] {
            consumer.event(&Event::RunStarted { run: Arc::clone(run) });
        }
        consumer.event(&document(&one, 1));
        consumer.event(&document(&two, 2));
        consumer.event(&document(&one, 3));
        let attachment =
            Attachment { kind: AttachmentKind::Dom, name: "dom.html".to_owned(), content: Arc::from(&b"<p>"[..]) };
        consumer.event(&Event::Attachment { run: Arc::clone(&two), attachment });
        assert_eq!(numbers(&spool.folders_of(one.uuid)), [1, 3], "on disk before the run is over");
        consumer.event(&Event::RunClosed { run: Arc::clone(&one) });
        let first = spool.prune_to(Duration::ZERO, 0).removed;
        assert_eq!(first.iter().map(|run| run.uuid).collect::<Vec<_>>(), [one.uuid], "the other is going on");
        assert!(spool.run_folder(two.uuid).join("attachments/dom.html").exists());
        drop(consumer);
        assert_eq!(notices.iter().collect::<Vec<String>>(), Vec::<String>::new());
    }

    #[test]
    fn trouble_is_told_with_the_run_it_belongs_to() {
        let (_folder, spool) = spool();
        let (sender, notices) = mpsc::channel();
        let mut consumer = SpoolConsumer::new(spool.clone(), move |run: Option<Arc<RunInfo>>, notice| {
            sender.send((run.unwrap().uuid, notice)).unwrap();
        });
        let run = run_info();
        consumer.event(&document(&run, 1));
        fs::remove_dir_all(spool.run_folder(run.uuid)).unwrap();
        consumer.event(&document(&run, 2));
        consumer.event(&Event::RunClosed { run: Arc::clone(&run) });
        drop(consumer);
        let notices: Vec<(Uuid, String)> = notices.iter().collect();
        assert!(notices.len() == 1 && notices[0].0 == run.uuid, "{notices:?}");
        assert_eq!(numbers(&spool.folders_of(run.uuid)), [1, 2]);
    }
}
