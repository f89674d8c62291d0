//! API checks: monitors that take an `Api` ask without a browser, and say what was wrong with the answer.

use std::path::Path;

use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::servers::{Certificate, RefusedPort, serve_api, serve_tls};
use serde_json::Value;

/// A browser or a driver that were started would fail the run.
fn api(monitor: &str) -> Runner {
    let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor);
    runner.env("CANARYTRACE_BROWSER", "/nonexistent").env("CANARYTRACE_CHROMEDRIVER", "/nonexistent")
}

fn finished(runner: Runner) -> Finished {
    let run = runner.run();
    run.assert_complete();
    run.assert_nothing_left();
    run
}

/// The verdict of a check that failed: kind, fault, message.
fn failure(run: &Finished) -> (String, String, String) {
    let summary = run.document("summary", |document| document["summary"]["final_attempt"] == true);
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{run:#?}")).to_owned();
    (text(&summary["error"]["type"]), text(&summary["error"]["fault"]), text(&summary["error"]["message"]))
}

/// Asks for `url` and expects 200 and an item.
fn asked(url: &str) -> Runner {
    api("an_api_fails").env("FIXTURE_URL", url)
}

#[test]
fn a_check_runs_without_a_browser_and_leaves_the_same_documents() {
    let server = serve_api();
    let runner = api("the_api_answers").env("BASE_URL", &server);
    let run =
        finished(runner.env("CANARYTRACE_HEADERS", "X-Canary: yellow").env("CANARYTRACE_BASIC_AUTH", "u:password"));
    assert_eq!(run.code, Some(0), "{run:#?}");
    let summary = run.document("summary", |_| true);
    assert_eq!((&summary["monitor"]["type"], &summary["monitor"]["status"]), (&"http".into(), &"up".into()));
    let start = run.document("report", |document| document["event"] == "testStart");
    for field in ["sessionId", "capabilities", "seleniumCluster"] {
        assert!(start.get(field).is_none(), "{start:#?}");
    }
    assert_eq!(start["baseUrl"], format!("{server}/"));
    let report = Redaction::default().documents(run.documents("report"));
    let steps: Vec<String> = report
        .iter()
        .filter(|document| document["event"] == "testStepEnd")
        .map(|document| format!("{} {}", document["fullTitle"].as_str().unwrap(), document["passed"]))
        .collect();
    assert_eq!(
        steps,
        [
            "the_api_answers products list the products true",
            "the_api_answers send what there is to send true",
            "the_api_answers follow redirects true",
            "the_api_answers wait for what comes later true",
        ]
    );
    assert!(run.stdout.contains("  products:\n    list the products ... ok ("), "{run:#?}");
    assert!(!run.stdout.contains("t0ken") && !run.stderr.contains("t0ken"), "{run:#?}");
}

#[test]
fn a_status_that_was_not_expected_says_what_was_answered() {
    let url = format!("{}/nothing?token=verysecret", serve_api());
    let run = finished(asked(&url));
    assert_eq!(run.code, Some(101), "{run:#?}");
    let (kind, fault, message) = failure(&run);
    assert_eq!((kind.as_str(), fault.as_str()), ("http_status", "application"));
    let masked = url.replace("verysecret", "***");
    assert!(
        message.starts_with(&format!("expected the status of GET {masked} to be 200, but it was 404 ")),
        "{message}"
    );
    assert!(message.contains("(answered with 404 after ") && message.ends_with("begins: no such thing"), "{message}");
}

#[test]
fn bad_paths_and_bad_json_are_told_apart() {
    let server = serve_api();
    let products = format!("{server}/api/products");
    for (url, path, kind, part) in [
        (&products, "$.items[5].name", "assertion", "to be \"Lamp\", but it is not there"),
        (&products, "$.items[1].name", "assertion", "to be \"Lamp\", but it was \"Table\""),
        (&products, "$.items[*].id", "assertion", "but there were 2 values: 7, 8"),
        (&products, "$.items[", "harness", "\"$.items[\" is no JSON path (RFC 9535): "),
        (&format!("{server}/broken"), "$.items", "assertion", "is no JSON: EOF while parsing"),
    ] {
        let run = finished(asked(url).env("FIXTURE_PATH", path));
        let (was, _, message) = failure(&run);
        assert_eq!(was, kind, "{message}");
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn what_is_no_answer_has_the_kind_and_fault_of_a_navigation() {
    let server = serve_api();
    let refused = RefusedPort::take();
    for (url, kind, fault, part) in [
        (refused.url(), "navigation", "application", "refused"),
        (format!("{server}/slow"), "timeout", "application", "no answer came within 700ms"),
        (format!("{server}/loop"), "navigation", "application", "redirect loop"),
        ("http://shop.invalid/".to_owned(), "navigation", "network", "shop.invalid"),
        ("ftp://shop/".to_owned(), "harness", "harness", "an http or https URL is wanted"),
        ("http://[".to_owned(), "harness", "harness", "is no URL that can be asked for"),
    ] {
        let limit = if kind == "timeout" { "700" } else { "60000" };
        let run = finished(asked(&url).env("FIXTURE_LIMIT", limit));
        let (was, whose, message) = failure(&run);
        assert_eq!((was.as_str(), whose.as_str()), (kind, fault), "{message}");
        assert!(message.starts_with("GET ") && message.contains(part), "{part}: {message}");
    }
}

#[test]
fn tls_is_verified_with_what_the_system_trusts() {
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/authority/authority.pem");
    for (certificate, trusted, kind, part) in [
        // Answered, with a page that is no JSON.
        (Certificate::Valid, true, "assertion", "is no JSON: expected value"),
        (Certificate::Valid, false, "tls", "UnknownIssuer"),
        (Certificate::Expired, true, "tls", "expired"),
        (Certificate::SelfSigned, true, "tls", "the TLS handshake with 127.0.0.1 failed"),
    ] {
        let mut runner = asked(&serve_tls(certificate));
        if trusted {
            runner = runner.env("SSL_CERT_FILE", &authority);
        }
        let (was, fault, message) = failure(&finished(runner));
        assert_eq!((was.as_str(), fault.as_str()), (kind, "application"), "{message}");
        assert!(message.contains(part), "{part}: {message}");
    }
}

#[test]
fn a_large_body_is_counted_and_only_its_beginning_kept() {
    let run = finished(api("reads_a_large_body").env("BASE_URL", serve_api()));
    assert_eq!(run.code, Some(0), "{run:#?}");
}

#[test]
fn soft_failures_of_responses_are_noted_and_retries_work_without_a_browser() {
    let run = finished(api("an_api_fails_softly").env("BASE_URL", serve_api()));
    assert_eq!(run.code, Some(101), "{run:#?}");
    let (kind, _, message) = failure(&run);
    assert_eq!(kind, "assertion");
    assert!(message.starts_with("2 soft failures:\n- expected the status of GET "), "{message}");
    assert!(message.contains("- expected $.nothing of ") && message.contains("it is not there"), "{message}");
    assert_eq!(run.documents("summary").len(), 2, "{run:#?}");
    let steps = run.documents("report").into_iter().filter(|document| document["event"] == "testStepEnd");
    let passed: Vec<_> = steps.map(|document| document["passed"].as_bool().unwrap()).collect();
    assert_eq!(passed, [false, true, false, true]);
}

#[test]
fn a_journey_in_a_browser_can_ask_beside_it() {
    let run = finished(Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor("asks_beside_the_browser"));
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(run.document("summary", |_| true)["monitor"]["type"], "browser");
}
