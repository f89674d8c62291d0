//! Smoke mode: a trial for each URL, each in its own browser, without a line of monitor code.

use std::collections::BTreeSet;

use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::servers::{PracticeSite, RefusedPort};
use serde_json::Value;

fn smoke(urls: &[&str]) -> Runner {
    let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"));
    runner.env("MODE", "smoke").env("BASE_URL", urls.join(";")).env("CANARYTRACE_LOCATION", "lab")
}

#[track_caller]
fn assert_code(run: &Finished, code: i32) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    run.assert_complete();
    run.assert_nothing_left();
}

/// The documents with the site's address, which is another one each time, replaced by a fixed one; then redacted.
fn redacted(redaction: &mut Redaction, site: &PracticeSite, mut documents: Vec<Value>) -> Vec<Value> {
    for document in &mut documents {
        let text = document.to_string().replace(&site.authority(), "127.0.0.1:8000");
        *document = serde_json::from_str(&text).unwrap();
    }
    redaction.documents(documents)
}

/// The documents of a dataset of the run of this URL.
fn of_url(run: &Finished, dataset: &str, url: &str) -> Vec<Value> {
    run.documents(dataset).into_iter().filter(|document| document["spec"] == url).collect()
}

#[test]
fn a_url_that_answers_leaves_its_documents() {
    let site = PracticeSite::start();
    let url = site.url("/");
    let run = smoke(&[&url]).run();
    assert_code(&run, 0);
    let mut redaction = Redaction::default();
    insta::assert_json_snapshot!("answers-report", redacted(&mut redaction, &site, run.documents("report")));
    insta::assert_json_snapshot!("answers-smoke-title", redacted(&mut redaction, &site, run.documents("smoke-title")));
    insta::assert_json_snapshot!("answers-summary", redacted(&mut redaction, &site, run.documents("summary")));
}

#[test]
fn a_bad_url_fails_alone_and_every_url_has_its_own_browser() {
    let site = PracticeSite::start();
    let port = RefusedPort::take();
    let refused = port.url();
    let (first, last) = (site.url("/"), site.url("/search?q=lamp"));
    let urls = [&first, "nonsense", &refused, &last];
    let run = smoke(&urls).run();
    assert_code(&run, 101);
    assert!(run.stdout.contains("test result: FAILED. 2 passed; 2 failed; 0 ignored;"), "{run:#?}");
    let verdicts: Vec<(String, bool)> = run
        .documents("report")
        .into_iter()
        .filter(|document| document["event"] == "testEnd")
        .map(|document| (document["spec"].as_str().unwrap().to_owned(), document["passed"].as_bool().unwrap()))
        .collect();
    let expected = urls.iter().map(|url| ((*url).to_owned(), *url == first || *url == last)).collect::<Vec<_>>();
    assert_eq!(verdicts, expected, "in the order of BASE_URL");
    let bad = of_url(&run, "summary", "nonsense").remove(0);
    assert_eq!(
        bad["error"]["message"],
        "\"nonsense\" in BASE_URL is no URL that can be opened: an address beginning with http:// or https:// is wanted"
    );
    assert_eq!((&bad["error"]["type"], &bad["error"]["fault"]), (&"harness".into(), &"harness".into()));

    let started: Vec<Value> =
        run.documents("report").into_iter().filter(|document| document["event"] == "testStart").collect();
    let sessions: Vec<Option<&str>> = started.iter().map(|document| document["sessionId"].as_str()).collect();
    assert_eq!(sessions[1], None, "no browser is started for what can't be opened");
    let browsers: BTreeSet<_> = sessions.iter().flatten().collect();
    assert_eq!(browsers.len(), 3, "{sessions:?}");

    // Whoever looks for a URL finds it, and that it had no title.
    let titles: Vec<(String, Option<String>)> = run
        .documents("smoke-title")
        .into_iter()
        .map(|seen| (seen["entryUrl"].as_str().unwrap().to_owned(), seen["title"].as_str().map(str::to_owned)))
        .collect();
    let entry = urls.map(str::to_owned);
    let found: Vec<&String> = titles.iter().map(|(url, _)| url).collect();
    assert_eq!(found, entry.iter().collect::<Vec<_>>());
    let has_title: Vec<bool> = titles.iter().map(|(_, title)| title.is_some()).collect();
    assert_eq!(has_title, [true, false, false, true], "{titles:?}");
}

#[test]
fn nothing_but_bad_urls_is_our_fault_and_not_the_applications() {
    assert_code(&smoke(&["nonsense", "ftp://shop.example/"]).run(), 102);
}

#[test]
fn a_status_of_400_or_above_fails_with_the_status_in_its_documents() {
    let site = PracticeSite::start();
    let run = smoke(&[&site.url("/faults/status/404")]).run();
    assert_code(&run, 101);
    let mut redaction = Redaction::default();
    insta::assert_json_snapshot!("status-404-report", redacted(&mut redaction, &site, run.documents("report")));
    insta::assert_json_snapshot!(
        "status-404-smoke-title",
        redacted(&mut redaction, &site, run.documents("smoke-title"))
    );
}

#[test]
fn a_page_without_a_title_fails() {
    let site = PracticeSite::start();
    let url = site.url("/faults/no-title");
    let run = smoke(&[&url]).env("WAIT_FOR_TIMEOUT", "5s").run();
    assert_code(&run, 101);
    let end = |title: &str| {
        run.document("report", |document| document["event"] == "testStepEnd" && document["title"] == title)
    };
    assert_eq!(end("the page loads")["passed"], true);
    let step = end("the page has a title");
    assert_eq!(step["errMessage"], format!("{url} has no title after 5s (WAIT_FOR_TIMEOUT)"));
    assert_eq!((&step["errType"], &step["fault"]), (&"assertion".into(), &"application".into()));
    let seen = run.document("smoke-title", |_| true);
    assert_eq!((&seen["title"], &seen["responseStatus"]), (&"".into(), &200.into()));
}

#[test]
fn redirects_are_followed_and_the_url_that_answered_is_stored() {
    let site = PracticeSite::start();
    let url = site.url("/faults/redirect/3");
    let run = smoke(&[&url]).run();
    assert_code(&run, 0);
    let seen = run.document("smoke-title", |_| true);
    assert_eq!(
        (&seen["entryUrl"], &seen["responseUrl"], &seen["title"]),
        (&url.into(), &site.url("/").into(), &"Practice shop".into())
    );
}

#[test]
fn the_pause_lies_between_the_end_of_one_url_and_the_start_of_the_next() {
    let site = PracticeSite::start();
    let run = smoke(&[&site.url("/"), &site.url("/basket")]).env("PAUSE_BETWEEN_SMOKE", "2500").run();
    assert_code(&run, 0);
    let of = |event: &str| -> Vec<i64> {
        let reports = run.documents("report").into_iter().filter(|document| document["event"] == event);
        reports.map(|document| document["timestamp"].as_i64().unwrap()).collect()
    };
    let (starts, ends) = (of("testStart"), of("testEnd"));
    assert!(starts[1] - ends[0] >= 2500, "{starts:?} {ends:?}");
}

#[test]
fn the_urls_are_listed_and_filtered_like_tests() {
    let urls = ["http://shop.example/", "nonsense", "https://user:hunter2@shop.example/basket"];
    let run = smoke(&urls).arg("--list").arg("--format").arg("terse").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[..2], ["http://shop.example/: test", "nonsense: test"], "{run:#?}");
    assert!(lines.len() == 3 && lines[2].ends_with("@shop.example/basket: test"), "{run:#?}");
    assert!(!run.stdout.contains("hunter2"), "a password in a URL is not shown: {run:#?}");
    let run = smoke(&urls).arg("--skip").arg("shop").arg("--list").run();
    assert_eq!(run.stdout, "nonsense: test\n");
    run.assert_nothing_left();
}

#[test]
fn urls_can_be_tried_at_once() {
    let site = PracticeSite::start();
    let run = smoke(&[&site.url("/"), &site.url("/basket")]).arg("--test-threads=2").run();
    assert_code(&run, 0);
    assert_eq!(run.documents("smoke-title").len(), 2);
}

#[test]
fn availability_is_measured_before_the_first_step() {
    let site = PracticeSite::start();
    let port = RefusedPort::take();
    let refused = port.url();
    let url = site.url("/faults/redirect/2");
    let run = smoke(&[&url, &refused]).env("AVAILABILITY_CHECK", "allow").run();
    assert_code(&run, 101);
    let there = of_url(&run, "availability", &url).remove(0);
    assert_eq!(
        (&there["url"], &there["responseUrl"], &there["status"], &there["available"], &there["redirects"]),
        (&url.as_str().into(), &site.url("/").into(), &200.into(), &true.into(), &2.into())
    );
    assert_eq!((&there["remoteIp"], there.get("appConnect")), (&"127.0.0.1".into(), None));
    let times = ["redirect", "nameLookup", "connect", "preTransfer", "startTransfer", "total"]
        .map(|name| there[name].as_f64().unwrap_or_else(|| panic!("{name}: {there:#}")));
    assert!(times[0] > 0.0 && times.is_sorted(), "{there:#}");
    let first_step = of_url(&run, "report", &url).into_iter().find(|document| document["event"] == "testStepStart");
    assert!(there["sequence"].as_u64() < first_step.unwrap()["sequence"].as_u64());

    let away = of_url(&run, "availability", &refused).remove(0);
    assert_eq!(
        (&away["available"], &away["errPhase"], &away["fault"]),
        (&false.into(), &"connect".into(), &"application".into())
    );
    assert!(away["errMessage"].as_str().unwrap().contains("Connection refused"), "{away:#}");
}
