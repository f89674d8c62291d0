//! What is kept of the browser's messages, of which attempts, and what is left when something goes wrong meanwhile.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use canarytrace_tests::runner::{Finished, Runner};
use rustix::process::Signal;
use serde_json::Value;

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor)
}

/// The files in `folder` whose names end so.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("attachments")) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.filter(|path| path.to_str().is_some_and(|path| path.ends_with(end))).collect()
}

fn logs(run: &Finished) -> Vec<PathBuf> {
    files(&run.runs()[0], "-cdp.ndjson.zst")
}

/// The whole lines of a log, as far as it goes.
fn lines(log: &Path) -> Vec<Value> {
    let mut decoder = zstd::Decoder::new(std::fs::File::open(log).unwrap()).unwrap();
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    // A log that breaks off ends in an error.
    while let Ok(count @ 1..) = decoder.read(&mut buffer) {
        text.extend_from_slice(&buffer[..count]);
    }
    let text = String::from_utf8(text).unwrap();
    text.split_inclusive('\n')
        .filter(|line| line.ends_with('\n'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn has(lines: &[Value], method: &str) -> bool {
    lines.iter().any(|line| line["method"] == method)
}

fn of_attempt(log: &Path) -> u64 {
    lines(log)[0]["params"]["attempt"].as_u64().unwrap()
}

#[test]
fn a_run_that_passes_keeps_no_log_and_one_that_fails_the_log_of_each_attempt() {
    let run = fixture("passes").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(run.attachments(), Vec::<PathBuf>::new());
    let run = fixture("passes_at_the_second_attempt").env("WAIT_FOR_TIMEOUT", "1s").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let [log] = &*logs(&run) else { panic!("{run:#?}") };
    assert_eq!(of_attempt(log), 1);
    let name = format!("attachments/{}", log.file_name().unwrap().to_str().unwrap());
    let end = run.document("report", |document| document["event"] == "testEnd" && document["attempt"] == 1);
    assert!(end["attachments"].as_array().unwrap().contains(&name.into()), "{end:#}");
    let run = fixture("never_passes").run();
    let mut attempts: Vec<_> = logs(&run).iter().map(|log| of_attempt(log)).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [1, 2]);
}

#[test]
fn only_the_first_failure_is_logged_when_that_is_wanted() {
    let run = fixture("never_passes").env("CANARYTRACE_CDP_LOG", "on-first-failure").run();
    assert_eq!(logs(&run).iter().map(|log| of_attempt(log)).collect::<Vec<_>>(), [1]);
}

#[test]
fn a_log_has_the_steps_the_requests_and_the_console_unless_that_is_not_wanted() {
    // The timelines of pages come by the domain `Runtime` too.
    let run = fixture("passes")
        .env("CANARYTRACE_CDP_LOG", "always")
        .env("CONSOLE_INTERCEPT", "no")
        .env("PERFORMANCE_ENTRIES_INTERCEPT", "no")
        .env("CANARYTRACE_VITALS", "no")
        .run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let lines = lines(&logs(&run)[0]);
    assert_eq!(lines[0]["method"], "Canarytrace.recordingStarted");
    assert_eq!(lines[0]["params"]["options"]["CONSOLE_INTERCEPT"], false);
    assert_eq!(lines[lines.len() - 1]["method"], "Canarytrace.recordingEnded");
    let at = |method: &str| lines.iter().position(|line| line["method"] == method).unwrap();
    assert!(at("Canarytrace.stepStarted") < at("Network.requestWillBeSent"));
    assert!(at("Network.loadingFinished") < at("Canarytrace.stepEnded"));
    assert!(!has(&lines, "Runtime.executionContextCreated"), "the console was followed");
    let ended = &lines[lines.len() - 1]["params"];
    let kept = lines.iter().filter(|line| !line["method"].as_str().unwrap().starts_with("Canarytrace.")).count();
    assert_eq!((&ended["seen"], &ended["kept"], &ended["missed"]), (&kept.into(), &kept.into(), &0.into()));
}

#[test]
fn a_log_is_as_long_as_the_options_allow_and_says_what_it_leaves_out() {
    let run = fixture("passes").env("CANARYTRACE_CDP_LOG", "always").env("CANARYTRACE_CDP_LOG_MAX", "4000").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let lines = lines(&logs(&run)[0]);
    assert!(has(&lines, "Canarytrace.stepEnded"), "marks have room: {lines:#?}");
    let ended = &lines[lines.len() - 1]["params"];
    assert!(ended["kept"].as_u64().unwrap() < ended["seen"].as_u64().unwrap(), "{ended}");
    assert_eq!(ended["missed"], 0);
    assert!(run.stderr.contains("CANARYTRACE_CDP_LOG_MAX"), "{run:#?}");
    let summary = run.document("summary", |_| true);
    assert_eq!(summary["recording"]["kept"], summary["recording"]["seen"], "documents were made of all: {summary}");
}

#[test]
fn a_killed_run_leaves_a_log_that_can_be_read() {
    let running = fixture("waits").start();
    running.wait_for_line("waiting");
    let data = running.temp().parent().unwrap().join("data");
    // Written at the latest a second after it was said.
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let seen = || {
        let run = std::fs::read_dir(data.join("runs")).ok()?.flatten().find(|entry| entry.path().is_dir())?.path();
        let log = files(&run, "-cdp.ndjson.zst").pop()?;
        has(&lines(&log), "Network.loadingFinished").then_some(())
    };
    while seen().is_none() {
        assert!(std::time::Instant::now() < deadline, "no log, or nothing in it");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    running.signal(Signal::KILL);
    let run = running.finish();
    let lines = lines(&logs(&run)[0]);
    assert!(has(&lines, "Canarytrace.stepStarted") && has(&lines, "Network.loadingFinished"), "{lines:#?}");
    assert!(!has(&lines, "Canarytrace.recordingEnded"));
}

#[test]
fn no_secret_is_in_a_log_or_a_har_file() {
    let run = fixture("leaks_everywhere")
        .env("LEAKED_PASSWORD", "pa\"ss&w0rd")
        .env("LEAKED_OTP", "JBSWY3DPEHPK3PXP")
        .env("WAIT_FOR_TIMEOUT", "2s")
        .env("CANARYTRACE_RETRIES", "0")
        .env("CANARYTRACE_HAR", "on-failure")
        .run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    let code = std::fs::read_to_string(run.folder().join("code.txt")).unwrap();
    let folder = &run.runs()[0];
    let mut texts: Vec<String> = logs(&run).iter().map(|log| serde_json::to_string(&lines(log)).unwrap()).collect();
    let hars = files(folder, ".har");
    assert!(!texts.is_empty() && !hars.is_empty(), "{run:#?}");
    for har in hars {
        let text = std::fs::read_to_string(har).unwrap();
        let har: Value = serde_json::from_str(&text).unwrap();
        assert!(!har["log"]["entries"].as_array().unwrap().is_empty(), "{har:#}");
        texts.push(text);
    }
    for text in texts {
        assert!(text.contains("***"), "nothing was masked");
        for secret in ["ss&w0rd", "ss%26w0rd", &code] {
            let found = text.match_indices(secret).next();
            assert!(
                found.is_none(),
                "{secret}: …{}…",
                found.map_or("", |(at, _)| &text[at.saturating_sub(100)..at + 60])
            );
        }
    }
}
