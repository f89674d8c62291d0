//! What is recorded of pages, browsers and disks that fail: what was told until then, and nothing torn.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use canarytrace_tests::raw_log::{logs_among, messages};
use canarytrace_tests::runner::{Finished, Runner, kill};
use canarytrace_tests::tmpfs::Tmpfs;
use rustix::process::Signal;
use serde_json::Value;

/// Visits a page of the practice site; the log is kept whatever happens.
fn visit(path: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .monitor("visits_a_busy_page")
        .env("PAGE_PATH", path)
        .env("CANARYTRACE_CDP_LOG", "always")
        .env("WAIT_FOR_TIMEOUT", "120s")
}

fn passed(runner: Runner) -> Finished {
    let run = runner.run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.assert_complete();
    run
}

/// The requests whose URL contains `part`.
fn requests(run: &Finished, part: &str) -> Vec<Value> {
    let all = run.documents("request-log").into_iter();
    all.filter(|request| request["url"].as_str().is_some_and(|url| url.contains(part))).collect()
}

/// The texts of calls of the console and of exceptions, without what the browser tells of them a second time.
fn texts(run: &Finished) -> Vec<String> {
    let all = run.documents("console").into_iter();
    let of_page = all.filter(|message| message["eventType"].as_str().is_some_and(|name| name.starts_with("Runtime.")));
    of_page.map(|message| message["text"].as_str().expect("each has a text").to_owned()).collect()
}

/// The only log of a run, which has been written to its end, and says that nothing is missing.
fn whole_log(run: &Finished) -> Vec<Value> {
    let logs = logs_among(run.attachments());
    assert_eq!(logs.len(), 1, "{run:#?}");
    let (messages, whole) = messages(&logs[0]);
    assert!(whole, "{}", logs[0].display());
    assert_eq!(messages[0]["method"], "Canarytrace.recordingStarted");
    let end = messages.last().expect("it is not empty");
    assert_eq!((&end["method"], &end["params"]["missed"]), (&"Canarytrace.recordingEnded".into(), &0.into()), "{end}");
    messages
}

/// What is left of a log that was cut off: whole messages, from the beginning.
fn beginning_of_log(run: &Finished) -> Vec<Value> {
    let logs = logs_among(run.attachments());
    assert_eq!(logs.len(), 1, "{run:#?}");
    let (messages, _) = messages(&logs[0]);
    assert_eq!(messages[0]["method"], "Canarytrace.recordingStarted", "{run:#?}");
    messages
}

fn count(messages: &[Value], method: &str) -> usize {
    messages.iter().filter(|message| message["method"] == method).count()
}

fn assert_console_was_recorded(run: &Finished) {
    let texts: BTreeSet<String> = texts(run).into_iter().collect();
    for text in ["Practice log", "Practice error", "Practice log after clearing"] {
        assert!(texts.contains(text), "{text}: {texts:#?}");
    }
    assert!(!requests(run, "/pictures/missing.svg").is_empty(), "{run:#?}");
}

#[test]
fn what_a_tab_told_before_it_crashed_is_stored() {
    let run = visit("/practice/recording/console").env("PAGE_END", "crashes").run();
    assert_eq!(run.code, Some(102), "{run:#?}");
    run.assert_complete();
    assert_console_was_recorded(&run);
    whole_log(&run);
    run.assert_nothing_left();
}

#[test]
fn what_a_browser_told_before_it_died_is_stored() {
    let running = visit("/practice/recording/console").env("PAGE_END", "waits").start();
    running.wait_for_line("waiting");
    kill(running.browser(), Signal::KILL);
    let run = running.finish();
    assert_eq!(run.code, Some(102), "{run:#?}");
    run.assert_complete();
    assert_console_was_recorded(&run);
    whole_log(&run);
    run.assert_nothing_left();
}

#[test]
fn a_runner_that_is_killed_leaves_a_log_that_can_be_read() {
    let running = visit("/practice/recording/console").env("PAGE_END", "waits").start();
    running.wait_for_line("waiting");
    // It is written beside the monitor, so a little later; at the end of a step everything up to there goes to the disk.
    let deadline = Instant::now() + Duration::from_mins(1);
    while !logs_among(running.attachments()).iter().any(|log| count(&messages(log).0, "Canarytrace.stepEnded") == 1) {
        assert!(Instant::now() < deadline, "the log does not grow");
        std::thread::sleep(Duration::from_millis(20));
    }
    running.signal(Signal::KILL);
    let run = running.finish();
    assert_eq!(run.code, None, "a signal ended it");
    let messages = beginning_of_log(&run);
    assert_eq!(count(&messages, "Canarytrace.stepEnded"), 1, "{messages:#?}");
    let logged = messages.iter().filter(|message| message["method"] == "Runtime.consoleAPICalled");
    assert!(logged.clone().any(|message| message["params"]["args"][0]["value"] == "Practice log after clearing"));
    assert_eq!(count(&messages, "Canarytrace.recordingEnded"), 0);
    assert_console_was_recorded(&run);
    // The browser of the runner that was killed is ended by the next one.
    let temp = run.folder().join("t");
    let next = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor("passes").env("TMPDIR", &temp).run();
    assert_eq!(next.code, Some(0), "{next:#?}");
}

#[test]
fn answers_that_no_server_should_give_are_requests_like_others() {
    let run = passed(visit("/practice/recording/requests"));
    whole_log(&run);
    for (part, status, outcome, error) in [
        ("/no-headers", Some(200), "finished", None),
        ("/no-status", Some(200), "finished", None),
        ("/http-0.9", None, "failed", Some("net::ERR_INVALID_HTTP_RESPONSE")),
        ("/empty", None, "failed", Some("net::ERR_EMPTY_RESPONSE")),
        ("/reset", None, "failed", Some("net::ERR_CONNECTION_RESET")),
        ("/torn", Some(200), "failed", Some("net::ERR_CONTENT_LENGTH_MISMATCH")),
        ("/bad-chunk", Some(200), "failed", Some("net::ERR_INVALID_CHUNKED_ENCODING")),
        ("/early-hints", Some(200), "finished", None),
        ("/many-headers", Some(200), "finished", None),
        ("127.0.0.1:2/refused", None, "failed", Some("net::ERR_CONNECTION_REFUSED")),
        ("/faults/never-answers", None, "failed", Some("net::ERR_ABORTED")),
    ] {
        let found = requests(&run, part);
        assert_eq!(found.len(), 1, "{part}: {found:#?}");
        let request = &found[0];
        let seen = (request["response"]["status"].as_u64(), request["outcome"].as_str(), request["errorText"].as_str());
        assert_eq!(seen, (status, Some(outcome), error), "{request:#}");
    }
}

#[test]
fn a_body_of_200_mb_is_counted_and_not_kept() {
    let run = passed(visit("/practice/recording/large?bytes=200000000"));
    whole_log(&run);
    let bodies = requests(&run, "/practice/recording/body?bytes=200000000");
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert_eq!(bodies[0]["bodySize"], 200_000_000, "{:#}", bodies[0]);
    // The page is done before the browser says so: when it is left at once, Chromium may call it given up.
    assert!(["finished", "failed"].contains(&bodies[0]["outcome"].as_str().unwrap()), "{:#}", bodies[0]);
    let log = std::fs::metadata(&logs_among(run.attachments())[0]).unwrap().len();
    assert!(log < 5_000_000, "{log} bytes");
}

#[test]
fn every_frame_of_a_busy_web_socket_is_counted() {
    let run = passed(visit("/practice/recording/sockets?only=flood&frames=1000&rate=500"));
    let messages = whole_log(&run);
    assert_eq!(count(&messages, "Network.webSocketFrameReceived"), 1000);
    let sockets = requests(&run, "/practice/recording/flood-socket");
    assert_eq!(sockets.len(), 1, "{sockets:#?}");
    assert_eq!(sockets[0]["outcome"], "closed", "{:#}", sockets[0]);
    assert_eq!(sockets[0]["webSocket"]["received"]["count"], 1000, "{:#}", sockets[0]);
}

#[test]
fn the_messages_of_a_flood_are_there_in_their_order_or_are_said_to_be_missing() {
    let run = passed(visit("/practice/recording/flood?console=20000&throws=100"));
    let (messages, whole) = messages(&logs_among(run.attachments())[0]);
    assert!(whole);
    let missed = messages.last().expect("it is not empty")["params"]["missed"].as_u64().expect("it is a number");
    assert_eq!(run.stderr.contains("messages of the browser were not recorded"), missed > 0, "{missed}: {run:#?}");
    let texts = texts(&run);
    let numbers: Vec<u32> = texts
        .iter()
        .filter_map(|text| text.split("Practice flood, message ").nth(1)?.split(' ').next()?.parse().ok())
        .collect();
    assert!(numbers.is_sorted_by(|one, next| one < next), "in their order, and none twice");
    let exceptions = texts.iter().filter(|text| text.contains("Practice flood, exception ")).count();
    // Each of them is a message of the browser, and so is what it tells of them a second time.
    assert!(missed > 0 || (numbers.len(), exceptions) == (20_000, 100), "{} {exceptions} {missed}", numbers.len());
    assert!((numbers.len() + exceptions) as u64 + missed >= 20_100, "{} {exceptions} {missed}", numbers.len());
}

#[test]
fn odd_texts_arrive_in_documents_that_stay_whole() {
    // Every line of every dataset is parsed by this.
    let run = passed(visit("/practice/recording/odd"));
    let messages = whole_log(&run);
    assert!(count(&messages, "Runtime.exceptionThrown") >= 2);
    let texts = texts(&run);
    let one = |part: &str| {
        let found: Vec<&String> = texts.iter().filter(|text| text.starts_with(part)).collect();
        assert_eq!(found.len(), 1, "{part}: {found:?}");
        found[0].clone()
    };
    let controls = one("controls ");
    assert!(controls.contains("\u{0}\u{1}") && controls.contains("\u{1f}\u{7f}\u{80}\u{9f} end"), "{controls:?}");
    assert!(one("surrogates ").contains("end"));
    assert!(one("separators ").contains('\u{2028}'));
    assert!(one("</script>").contains("\u{1b}[31m"));
    assert!(one("long xxx").len() <= 1024 * 1024);
    let cut = run
        .documents("console")
        .into_iter()
        .find(|message| message["text"].as_str().is_some_and(|text| text.starts_with("long xxx")));
    let cut = cut.expect("found above");
    let whole = cut["text"].as_str().unwrap().len() == 1024 * 1024;
    assert!(whole || cut["truncated"].is_array(), "what was cut is said: {}", cut["truncated"]);
    for (part, status) in [("/control-characters", 200), ("/latin-1", 200), ("/bad-utf-8", 200), ("/large-header", 200)]
    {
        let found = requests(&run, part);
        assert_eq!(found.len(), 1, "{part}");
        assert_eq!(found[0]["response"]["status"], status, "{part}");
    }
    let too_large = requests(&run, "/too-large-header");
    assert_eq!(too_large[0]["errorText"], "net::ERR_RESPONSE_HEADERS_TOO_BIG");
    assert_eq!(requests(&run, "/long?uuu").len(), 1);
}

#[test]
fn everything_beside_the_page_is_recorded_too() {
    let run = passed(visit("/practice/recording/workers"));
    whole_log(&run);
    let texts = texts(&run);
    let mut missing = Vec::new();
    for name in ["dedicated-worker", "outer-worker", "nested-worker", "shared-worker", "service-worker", "other-origin"]
    {
        for what in ["log", "exception"] {
            let text = format!("Practice {what} from {name}");
            if !texts.iter().any(|seen| seen.contains(&text)) {
                missing.push(text);
            }
        }
        if requests(&run, &format!("/practice/recording/echo?from={name}")).len() != 1 {
            missing.push(format!("the request of {name}"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}\n{texts:#?}");
}

#[test]
fn a_disk_that_fills_up_while_the_log_is_written_costs_the_log_its_end_and_no_document() {
    let Some(tmpfs) = Tmpfs::mount("size=64k") else { return };
    let data = tmpfs.path().join("data");
    std::fs::write(tmpfs.path().join("filler"), vec![0; 40 * 1024]).unwrap();
    let run = visit("/practice/recording/requests").env("CANARYTRACE_DATA", &data).run();
    assert_eq!(run.code, Some(0), "the verdict is the monitor's: {run:#?}");
    assert!(run.stderr.contains("can't be written"), "{run:#?}");
    run.assert_complete();
    run.assert_nothing_left();
}
