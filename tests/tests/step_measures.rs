//! What is asked at the edges of steps: memory, coverage, usage; and what becomes of it when a page or browser does not answer.

use canarytrace_tests::clock::Clock;
use canarytrace_tests::mapping::misfits_of;
use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner, kill};
use rustix::process::Signal;
use serde_json::{Value, json};

const SCRIPT: &str = include_str!("../../canarytrace-harness/src/site/practice/pages/coverage/known.js");
const SHEET: &str = include_str!("../../canarytrace-harness/src/site/practice/pages/coverage/known.css");
const IMPORTED: &str = include_str!("../../canarytrace-harness/src/site/practice/pages/coverage/imported.css");

/// Everything is measured.
fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .monitor(monitor)
        .env("COVERAGE_AUDIT", "allow")
        .env("CANARYTRACE_USAGE", "allow")
}

fn passed(runner: Runner) -> Finished {
    let run = runner.run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run
}

/// The documents of a dataset, each of which fits its mapping.
fn documents(run: &Finished, dataset: &str) -> Vec<Value> {
    let documents = run.documents(dataset);
    let wrong: Vec<String> = documents.iter().flat_map(|document| misfits_of(dataset, document)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    documents
}

fn text<'d>(document: &'d Value, field: &str) -> &'d str {
    document[field].as_str().unwrap_or_default()
}

/// The sizes in the one document of a source in a step: total, unused, whether they are exact. `end` is the end of its URL.
fn coverage(run: &Finished, step: &str, kind: &str, end: &str) -> (u64, u64, bool) {
    coverage_of_page(run, step, "", kind, end)
}

/// [`coverage`] of a page whose URL ends so.
fn coverage_of_page(run: &Finished, step: &str, page: &str, kind: &str, end: &str) -> (u64, u64, bool) {
    let is_it = |document: &&Value| {
        text(document, "testStep") == step
            && text(document, "page").ends_with(page)
            && text(document, "url").ends_with(end)
            && document["kind"] == kind
    };
    let documents = documents(run, "coverage-audit");
    let found: Vec<&Value> = documents.iter().filter(is_it).collect();
    let [one] = &found[..] else { panic!("{kind} {end} in {step}: {found:#?} of {documents:#?}") };
    let size = |field: &str| one[field].as_u64().unwrap_or_else(|| panic!("{field}: {one:#}"));
    let (total, unused) = (size("total"), size("unused"));
    #[expect(clippy::cast_precision_loss, reason = "they are small")]
    let percent = unused as f64 * 100.0 / total as f64;
    assert!((one["percentUnused"].as_f64().expect("it is a number") - percent).abs() < 1e-9, "{one:#}");
    (total, unused, one["exact"] == true)
}

/// Bytes of these parts of a text, each of which is there.
fn bytes(whole: &str, parts: &[&str]) -> u64 {
    parts.iter().inspect(|part| assert!(whole.contains(**part), "{part}")).map(|part| part.len() as u64).sum()
}

const NEVER: &str = "function never() { return function deep() { return 8; }; }";
const ELSE: &str = " else { return never(); }";

#[test]
fn coverage_tells_the_bytes_that_nested_functions_and_rules_did_not_use() {
    let run = passed(fixture("uses_some_code"));
    let total = SCRIPT.len() as u64;
    assert!(!SCRIPT.is_ascii() && !SHEET.is_ascii(), "bytes must not be characters");
    let later = &SCRIPT[SCRIPT.find("function later").expect("it is there")..].trim_end();
    let of_script = |step: &str| coverage(&run, step, "js", "/coverage/known.js");
    assert_eq!(of_script("open"), (total, bytes(SCRIPT, &[NEVER, ELSE, later]), true));
    // What ran before stays used.
    let no = " else { return \"no\"; }";
    assert_eq!(of_script("use more"), (total, bytes(SCRIPT, &[NEVER, ELSE, no]), true));
    // Both pages that were left in the step are known as they were then.
    let yes = "{ return \"yes\"; }";
    let left = |page: &str| coverage_of_page(&run, "use and leave", page, "js", "/coverage/known.js");
    assert_eq!(left("/practice/coverage"), of_script("use more"));
    assert_eq!(left("?again"), (total, bytes(SCRIPT, &[NEVER, ELSE, yes]), true));

    let total = SHEET.len() as u64;
    // The browser tells of the condition with the character behind it, whichever that is.
    let used = [".used { color: rebeccapurple; }", "(min-width: 1px) ", ".used { margin: 0; }"];
    let of_sheet = |step: &str| coverage(&run, step, "css", "/coverage/known.css");
    assert_eq!(of_sheet("open"), (total, total - bytes(SHEET, &used), true));
    let later = bytes(SHEET, &[".later { color: teal; }"]);
    assert_eq!(of_sheet("use more"), (total, total - bytes(SHEET, &used) - later, true));
    let left = |page: &str| coverage_of_page(&run, "use and leave", page, "css", "/coverage/known.css");
    assert_eq!((left("/practice/coverage"), left("?again")), (of_sheet("use more"), of_sheet("open")));
    let total = IMPORTED.len() as u64;
    let used = bytes(IMPORTED, &[".used { padding: 0; }"]);
    assert_eq!(coverage(&run, "open", "css", "/coverage/imported.css"), (total, total - used, true));

    // What stands in the document itself, and what a script made, have its address.
    let inline = ".used { top: 0; } .never { top: 1px; }.used { bottom: 0; } .never { bottom: 1px; }";
    let used = bytes(inline, &[".used { top: 0; }", ".used { bottom: 0; }"]);
    let total = inline.len() as u64;
    assert_eq!(coverage(&run, "open", "css", "/practice/coverage"), (total, total - used, true));
    let script = "function inPage() { return 1; } function neverInPage() { return 2; } inPage();";
    let never = bytes(script, &["function neverInPage() { return 2; }"]);
    assert_eq!(coverage(&run, "open", "js", "/practice/coverage"), (script.len() as u64, never, true));

    let of_next = |document: &Value| text(document, "page").ends_with("/practice/coverage/next");
    assert!(documents(&run, "coverage-audit").iter().any(of_next), "the page it went to");
    assert!(!run.stderr.contains("coverage"), "nothing is missing: {}", run.stderr);
    let mut shown: Vec<Value> = documents(&run, "coverage-audit");
    shown.retain(|document| document["testStep"] == "open" && !text(document, "url").contains("/assets/"));
    shown.sort_by_key(|document| (text(document, "kind").to_owned(), text(document, "url").to_owned()));
    insta::assert_json_snapshot!("coverage", Redaction::default().documents(shown));
}

#[test]
fn a_monitor_takes_coverage_by_itself() {
    let run = passed(fixture("takes_coverage").env("COVERAGE_AUDIT", "no"));
    assert_eq!(documents(&run, "coverage-audit"), Vec::<Value>::new());
    let no = " else { return \"no\"; }";
    let unused = bytes(SCRIPT, &[NEVER, ELSE, no]);
    let wanted = format!("/coverage/known.js {} {unused}", SCRIPT.len());
    assert!(run.stdout.lines().any(|line| line.contains("js http") && line.ends_with(&wanted)), "{}", run.stdout);
}

#[test]
fn each_step_tells_of_the_memory_of_its_page() {
    let run = passed(fixture("uses_the_shop"));
    let mut memory = documents(&run, "memory");
    let steps: Vec<&str> = memory.iter().map(|document| text(document, "testStep")).collect();
    assert_eq!(steps, ["look at a lamp", "put two into the basket", "tell of it"]);
    for document in &memory {
        let (data, metrics) = (&document["data"], &document["metrics"]);
        let size = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{document:#}"));
        let [used, total, limit] =
            ["usedJSHeapSize", "totalJSHeapSize", "jsHeapSizeLimit"].map(|name| size(&data[name]));
        assert!(0.0 < used && used <= total && total <= limit, "{data:#}");
        // Asked at the same moment of the same heap: not in steps that hide it.
        assert!((size(&metrics["jsHeapUsedSize"]) / used - 1.0).abs() < 0.5, "{document:#}");
        assert!(size(&metrics["nodes"]) > 20.0 && size(&metrics["scriptDuration"]) > 0.0, "{metrics:#}");
        assert_eq!(metrics.get("others"), None, "this browser has metrics that we don't know");
    }
    // It depends on when the page was drawn.
    for document in &mut memory {
        document["metrics"].as_object_mut().expect("it is one").remove("firstMeaningfulPaint");
    }
    insta::assert_json_snapshot!("memory", Redaction::default().documents(memory));
}

#[test]
fn steps_and_the_attempt_tell_what_they_cost() {
    let run = passed(fixture("uses_the_shop"));
    let usage = documents(&run, "usage");
    let of: Vec<(&str, &str)> =
        usage.iter().map(|document| (text(document, "of"), text(document, "testStep"))).collect();
    let steps = ["look at a lamp", "put two into the basket", "tell of it"];
    let expected: Vec<(&str, &str)> = steps.iter().map(|step| ("step", *step)).chain([("attempt", "")]).collect();
    assert_eq!(of, expected);
    let number = |document: &Value, pointer: &str| {
        document.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {document:#}"))
    };
    let (attempt, steps) = usage.split_last().expect("there are four");
    for pointer in ["/browser/cpuTime", "/own/cpuTime", "/transferSize", "/cdp/received", "/cdp/sentBytes", "/duration"]
    {
        let sum: f64 = steps.iter().map(|step| number(step, pointer)).sum();
        assert!(number(attempt, pointer) >= sum && sum > 0.0, "{pointer}: {usage:#?}");
    }
    let of_steps: f64 = steps.iter().map(|step| number(step, "/browser/cpuTime")).sum();
    assert!((number(attempt, "/browser/cpuTimeOfSteps") - of_steps).abs() < 1e-6, "{usage:#?}");
    for document in &usage {
        let by_type = document["browser"]["cpuTimeByType"].as_object().expect("it has types");
        let sum: f64 = by_type.values().filter_map(Value::as_f64).sum();
        assert!((sum - number(document, "/browser/cpuTime")).abs() < 1e-6, "{document:#}");
        for whose in ["own", "browser"] {
            let [now, peak] = ["memory", "peakMemory"].map(|name| number(document, &format!("/{whose}/{name}")));
            assert!(1e6 < now && now <= peak && peak < 8e9, "{whose}: {document:#}");
        }
        assert!(number(document, "/browser/processes") > 3.0, "{document:#}");
        assert!(number(document, "/browser/memoryByType/renderer") > 1e6, "{document:#}");
    }
    assert!(number(attempt, "/benchmarkIndex") > 1.0 && number(attempt, "/processors") >= 1.0, "{attempt:#}");

    // Whether the machine was fit is said in both documents, and for people once when it was not.
    let summary = run.document("summary", |_| true);
    assert_eq!(summary["reliable"], attempt["reliable"], "{summary:#}");
    assert_eq!(summary["unreliableReasons"], attempt["unreliableReasons"], "{summary:#}");
    let reasons = attempt["unreliableReasons"].as_array().expect("they are told");
    assert_eq!(attempt["reliable"], json!(reasons.is_empty()));
    let said = run.stderr.matches("figures of this attempt can't be trusted").count();
    assert_eq!(said, usize::from(!reasons.is_empty()), "{}", run.stderr);

    // What depends on the machine is no part of the form.
    let mut shown = usage;
    for document in &mut shown {
        let document = document.as_object_mut().expect("it is one");
        for machine in ["throttled", "cpuPressure", "steal"] {
            document.remove(machine);
        }
        for (name, hidden) in [("reliable", "[boolean]"), ("unreliableReasons", "[reasons]")] {
            document.entry(name).and_modify(|value| *value = json!(hidden));
        }
        let without_shared = &mut document["browser"]["memoryWithoutShared"];
        assert!(without_shared.is_boolean());
        *without_shared = json!("[boolean]");
    }
    insta::assert_json_snapshot!("usage", Redaction::default().documents(shown));
}

#[test]
fn what_is_switched_off_is_not_measured() {
    let run = passed(
        fixture("uses_the_shop")
            .env("COVERAGE_AUDIT", "no")
            .env("CANARYTRACE_USAGE", "no")
            .env("MEMORY_INTERCEPT", "no"),
    );
    for dataset in ["memory", "usage", "coverage-audit"] {
        assert_eq!(documents(&run, dataset), Vec::<Value>::new(), "{dataset}");
    }
    assert_eq!(run.document("summary", |_| true).get("reliable"), None);
}

#[test]
fn alone_they_need_no_other_collector() {
    let mut runner = fixture("uses_some_code");
    for other in ["REQUEST_LOG", "CONSOLE_INTERCEPT", "ATTACHMENTS"] {
        runner = runner.env(other, "no");
    }
    let run = passed(runner);
    assert_eq!((documents(&run, "memory").len(), documents(&run, "usage").len()), (3, 4));
    assert!(documents(&run, "coverage-audit").len() > 5);
    // Nobody was told of requests.
    assert!(documents(&run, "usage").iter().all(|document| document.get("transferSize").is_none()));
}

#[test]
fn a_page_that_is_busy_at_the_end_of_a_step_fails_nothing_and_what_is_missing_is_said() {
    let run = passed(fixture("leaves_a_busy_page"));
    let memory = documents(&run, "memory");
    let [memory] = &memory[..] else { panic!("{memory:#?}") };
    // The browser's own process knows its metrics.
    assert!(memory.get("data").is_none() && memory["metrics"]["nodes"].as_u64() > Some(20), "{memory:#}");
    assert_eq!(documents(&run, "coverage-audit"), Vec::<Value>::new());
    for missing in ["the heap of the page", "the coverage of scripts and style sheets"] {
        let said = format!("{missing} could not be measured in the step \"loop\"");
        assert_eq!(run.stderr.matches(&said).count(), 1, "{said}: {}", run.stderr);
    }
    assert_eq!(documents(&run, "usage").len(), 2);
}

#[test]
fn a_browser_that_dies_leaves_what_was_measured_before() {
    let running = fixture("visits_a_busy_page").env("PAGE_END", "waits").start();
    running.wait_for_line("waiting");
    kill(running.browser(), Signal::KILL);
    let run = running.finish();
    assert_eq!(run.code, Some(102), "{run:#?}");
    run.assert_complete();
    assert_eq!(documents(&run, "memory").len(), 1);
    let usage = documents(&run, "usage");
    let attempt = usage.iter().find(|document| document["of"] == "attempt").expect("it has its document");
    assert!(attempt.get("browser").is_none(), "it is gone: {attempt:#}");
    assert!(attempt["own"]["cpuTime"].as_f64() > Some(0.0), "{attempt:#}");
    run.assert_nothing_left();
}

#[test]
fn a_sheet_of_50_mb_is_counted_without_being_read() {
    let run = passed(fixture("uses_some_code").env("PAGE_PATH", "/practice/coverage?large=50000000"));
    let (total, unused, is_exact) = coverage(&run, "open", "css", "/coverage/large.css?bytes=50000000");
    assert_eq!((total, unused, is_exact), (50_000_000, 50_000_000, false));
    let usage = documents(&run, "usage");
    for document in &usage {
        let peak = document["own"]["peakMemory"].as_u64().expect("it is there");
        assert!(peak < 200_000_000, "our own memory has nothing of it: {document:#}");
    }
}

#[test]
fn a_wall_clock_that_is_set_back_changes_no_figure() {
    let clock = Clock::new();
    let running = clock.of(fixture("visits_a_busy_page").env("PAGE_END", "waits")).start();
    running.wait_for_line("waiting");
    clock.set_back(3600);
    kill(running.browser(), Signal::KILL);
    let run = running.finish();
    let usage = documents(&run, "usage");
    let attempt = usage.iter().find(|document| document["of"] == "attempt").expect("it has its document");
    let duration = attempt["duration"].as_f64().expect("it is a number");
    assert!(duration > 0.0 && duration < 600_000.0, "{attempt:#}");
}
