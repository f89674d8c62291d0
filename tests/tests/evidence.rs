//! What is kept beside documents: pictures, copies of the DOM, the console as text, filmstrips, and visual progress.

use std::path::{Path, PathBuf};

use canarytrace_tests::raw_log::{logs_among, messages};
use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::tmpfs::Tmpfs;
use serde_json::Value;

fn monitor(name: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(name).env("WAIT_FOR_TIMEOUT", "20s")
}

fn visit(path: &str) -> Runner {
    monitor("visits_a_busy_page").env("PAGE_PATH", path)
}

fn passed(runner: Runner) -> Finished {
    let run = runner.run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.assert_complete();
    run
}

fn with_extension(run: &Finished, wanted: &str) -> Vec<PathBuf> {
    let fits = |path: &PathBuf| path.extension().is_some_and(|extension| extension == wanted);
    run.attachments().into_iter().filter(fits).collect()
}

/// What the steps of a run kept, by their titles.
fn kept(run: &Finished) -> Vec<(String, Vec<String>)> {
    let ended = run.documents("report").into_iter().filter(|document| document["event"] == "testStepEnd");
    let files = |step: &Value| serde_json::from_value(step["attachments"].clone()).unwrap();
    ended.map(|step| (step["title"].as_str().unwrap().to_owned(), files(&step))).collect()
}

#[test]
fn the_same_picture_is_stored_once_and_both_steps_name_it() {
    let run = passed(visit("/practice/paints?at=50").env("CAPTURE_EVERY_SCREEN", "allow"));
    let kept = kept(&run);
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[0].1, kept[1].1, "nothing happened in the second step");
    assert_eq!(kept[0].1.len(), 1);
    assert!(run.runs()[0].join(&kept[0].1[0]).is_file());
    assert_eq!(with_extension(&run, "png").len(), 1);
}

#[test]
fn each_kind_of_evidence_has_a_policy_of_its_own() {
    let run = passed(
        visit("/practice/paints?at=50")
            .env("ATTACHMENTS", "no")
            .env("CANARYTRACE_STEP_DOM", "always")
            .env("CANARYTRACE_CONSOLE_TEXT", "on-failure"),
    );
    assert_eq!(with_extension(&run, "html").len(), 1, "the same copy of the DOM is stored once, too");
    assert_eq!(run.attachments().len(), 1, "{run:#?}");

    let failing = || visit("/practice/paints?at=50").env("PAGE_END", "fails").env("WAIT_FOR_TIMEOUT", "3s");
    let run = failing().env("CANARYTRACE_STEP_DOM", "off").env("CANARYTRACE_CONSOLE_TEXT", "on-failure").run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let count = |extension| with_extension(&run, extension).len();
    assert_eq!((count("png"), count("html"), count("txt")), (1, 0, 1), "{run:#?}");

    let once = failing().env("CANARYTRACE_RETRIES", "1").env("CANARYTRACE_STEP_SCREENSHOT", "on-first-failure");
    let run = once.env("CANARYTRACE_STEP_DOM", "on-failure").run();
    let pictures: Vec<usize> = run
        .documents("report")
        .iter()
        .filter(|document| document["event"] == "testStepEnd" && document["passed"] == false)
        .map(|step| step["attachments"].to_string().matches(".png").count())
        .collect();
    assert_eq!(pictures, [1, 0], "{run:#?}");
}

#[test]
fn the_console_as_text_has_a_line_each_message_with_time_and_step() {
    let run = passed(visit("/practice/recording/console").env("CANARYTRACE_CONSOLE_TEXT", "always"));
    let files = with_extension(&run, "txt");
    assert_eq!(files.len(), 1, "{run:#?}");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("# console of visits_a_busy_page, attempt 1"), "{}", lines[0]);
    let said_once = run.documents("console").into_iter().filter(|document| {
        document["eventType"] != "Console.messageAdded"
            && !(document["eventType"] == "Log.entryAdded" && document["source"] == "worker")
    });
    assert_eq!(lines.len() - 1, said_once.count(), "{text}");
    assert!(lines.len() > 5, "{text}");
    for line in &lines[1..] {
        let (time, rest) = line.split_once(' ').unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line}");
        assert!(
            rest.starts_with("[visit] ") || rest.starts_with("[afterwards] ") || rest.starts_with("[-] "),
            "{line}"
        );
    }
    let end = run.document("report", |document| document["event"] == "testEnd");
    assert!(end["attachments"].to_string().contains("console.txt"), "{end:#}");
}

/// Speed Index of strips of one size that were painted at these times.
fn speed_index_of(painted: &[f64]) -> f64 {
    let strips = f64::from(u32::try_from(painted.len()).unwrap());
    painted.iter().sum::<f64>() / strips
}

/// When the page itself says it painted, ms since its navigation began.
fn painted(run: &Finished) -> Vec<f64> {
    let said = run.document("console", |document| {
        document["eventType"] == "Runtime.consoleAPICalled"
            && document["text"].as_str().is_some_and(|text| text.starts_with("painted at"))
    });
    serde_json::from_str(said["text"].as_str().unwrap().trim_start_matches("painted at ")).unwrap()
}

#[test]
fn visual_progress_of_a_page_is_when_it_says_that_it_painted() {
    let run = passed(
        visit("/practice/paints?at=400,800,1200,1600")
            .env("CANARYTRACE_VISUAL_PROGRESS", "allow")
            .env("CANARYTRACE_FILMSTRIP", "always")
            .env("CANARYTRACE_CDP_LOG", "always"),
    );
    let painted = painted(&run);
    let documents = run.documents("visual-progress");
    assert_eq!(documents.len(), 1, "{documents:#?}");
    let document = &documents[0];
    assert!(document["url"].as_str().unwrap().contains("/practice/paints"), "{document:#}");
    assert_eq!(document["testStep"], "visit");
    let figure = |name: &str| document[name].as_f64().unwrap_or_else(|| panic!("{name} is missing: {document:#}"));
    // A loaded machine draws late, and never before it was told.
    let shown = |name: &str, truth: f64| {
        let measured = figure(name);
        assert!((truth - 30.0..truth + 800.0).contains(&measured), "{name} {measured}, true {truth}, {painted:?}");
    };
    shown("firstVisualChange", painted[0]);
    shown("lastVisualChange", painted[3]);
    shown("visuallyComplete", painted[3]);
    shown("visuallyComplete85", painted[3]);
    shown("speedIndex", speed_index_of(&painted));
    assert!(figure("frames") >= 2.0);

    // The filmstrip shows at least a picture of the beginning and one of the end, and needs nothing else.
    let strips: Vec<PathBuf> = run.attachments().into_iter().filter(|path| is_strip(path)).collect();
    assert_eq!(strips.len(), 1, "{run:#?}");
    let strip = std::fs::read_to_string(&strips[0]).unwrap();
    assert!(strip.matches("src=\"data:image/jpeg;base64,/9j/").count() >= 2, "{} bytes", strip.len());
    assert!(!strip.contains("src=\"http") && strip.contains("/practice/paints"));

    // No picture is in the log, and a replay of it gives the same figures again.
    let log = &logs_among(run.attachments())[0];
    let (messages, whole) = messages(log);
    assert!(whole);
    let frames: Vec<&Value> = messages.iter().filter(|message| message["method"] == "Page.screencastFrame").collect();
    assert!(frames.iter().all(|frame| frame["params"]["data"] == ""), "{frames:?}");
    assert!(f64::from(u32::try_from(frames.len()).unwrap()) >= figure("frames"));
    let mut derivation = canarytrace::collect::derive::Derivation::new(canarytrace::collect::derive::DeriveOptions {
        visual_progress: true,
        ..Default::default()
    });
    let mut again = Vec::new();
    for message in &messages {
        use canarytrace::devtools::protocol::IntoOwned as _;
        let text = message.to_string();
        let message = canarytrace::devtools::protocol::Message::parse(&text).unwrap().into_owned();
        again.extend(derivation.push(message));
    }
    let again: Vec<Value> = again
        .iter()
        .filter_map(|derived| match &derived.document {
            canarytrace::collect::derive::DerivedDocument::VisualProgress(document) => {
                Some(serde_json::to_value(document).unwrap())
            }
            _ => None,
        })
        .collect();
    assert_eq!(again.len(), 1);
    for (name, value) in again[0].as_object().unwrap() {
        assert_eq!(value, &document[name], "{name}");
    }
}

fn is_strip(path: &Path) -> bool {
    path.to_string_lossy().ends_with("-filmstrip.html")
}

#[test]
fn a_page_that_was_left_by_a_click_has_figures_of_its_own() {
    let run = passed(monitor("uses_the_shop").env("CANARYTRACE_VISUAL_PROGRESS", "allow"));
    let documents = run.documents("visual-progress");
    assert!(documents.len() >= 2, "{documents:#?}");
    for document in &documents {
        let figure = |name: &str| document[name].as_f64();
        let (first, complete) = (figure("firstVisualChange"), figure("visuallyComplete"));
        // A page may be left before it was drawn.
        if let (Some(first), Some(complete)) = (first, complete) {
            assert!(first >= 0.0 && first <= complete, "{document:#}");
        }
    }
    assert!(documents.iter().any(|document| document["speedIndex"].is_number()), "{documents:#?}");
}

#[test]
fn nothing_is_filmed_unless_it_is_asked_for() {
    let run = passed(visit("/practice/paints?at=50").env("CANARYTRACE_CDP_LOG", "always"));
    assert!(run.documents("visual-progress").is_empty());
    let (messages, _) = messages(&logs_among(run.attachments())[0]);
    assert!(!messages.iter().any(|message| message["method"] == "Page.screencastFrame"));
}

#[test]
fn a_full_disk_in_the_middle_of_a_screenshot_changes_no_verdict_and_is_said() {
    let Some(small) = Tmpfs::mount("size=64k") else { return };
    // The picture does not fit where the documents do.
    let run = monitor("passes")
        .env("CAPTURE_EVERY_SCREEN", "allow")
        .env("CANARYTRACE_DATA", small.path())
        .env("CANARYTRACE_CDP_LOG", "off")
        .env("REQUEST_LOG", "no")
        .run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stderr.contains("attachment ") && run.stderr.contains("can't be written to"), "{run:#?}");
}
