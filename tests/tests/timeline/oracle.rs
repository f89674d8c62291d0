//! Others who measure the same: the npm package web-vitals, and the page itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use canarytrace::audit::install;
use canarytrace::config::Config;
use canarytrace_tests::elastic::or_ignored;
use canarytrace_tests::lighthouse;
use canarytrace_tests::runner::Finished;
use canarytrace_tests::servers::PracticeSite;
use serde_json::Value;

use crate::support::{documents, entries, journey, number, only_vitals, passed, text, vitals};

/// Moments may differ by so many ms: the two worlds round them apart.
const MS: f64 = 1.0;

/// CLS may differ by so much.
const SCORE: f64 = 0.001;

/// The package as a script, installed as the lock file says.
fn library() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/timeline/web-vitals");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("web-vitals");
    std::fs::create_dir_all(&folder).expect("target can be written");
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(source.join(file), folder.join(file)).expect("target can be written");
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&folder);
    let status = npm.status().expect("npm is installed (apt-get install npm)");
    assert!(status.success(), "npm ci failed in {}: it fetches web-vitals from the npm registry", folder.display());
    folder.join("node_modules/web-vitals/dist/web-vitals.attribution.iife.js")
}

/// What the page said in the console, behind this word; the last time.
fn said(run: &Finished, word: &str, step: &str) -> Value {
    let said = documents(run, "console");
    let mut said = said.iter().filter(|message| text(message, "/context") == step).filter_map(|message| {
        (text(message, "/eventType") == "Runtime.consoleAPICalled")
            .then(|| text(message, "/text").strip_prefix(word).map(str::to_owned))
            .flatten()
    });
    let last = said.next_back().unwrap_or_else(|| panic!("{word} was not said in {step}: {run:#?}"));
    serde_json::from_str(&last).expect("it is JSON")
}

#[track_caller]
fn assert_near(what: &str, ours: f64, theirs: f64, tolerance: f64) {
    println!("{what}: ours {ours}, theirs {theirs}");
    assert!((ours - theirs).abs() <= tolerance, "{what}: ours {ours}, theirs {theirs}");
}

pub(crate) fn vitals_are_those_of_the_package_web_vitals() {
    let run = passed(journey("is_measured_twice").env("LIBRARY", library()));
    for (step, path, end) in [("load", "/practice/vitals/load", "?busy=150"), ("shop", "/products/kettle", "")] {
        let ours = only_vitals(&run, &format!("{path}{end}"));
        let theirs = &said(&run, "web-vitals ", step)[format!("navigate {path}")];
        for (name, key, tolerance) in
            [("TTFB", "ttfb", MS), ("FCP", "fcp", MS), ("LCP", "lcp", MS), ("CLS", "cls", SCORE), ("INP", "inp", MS)]
        {
            if let Some(value) = theirs[name].as_f64() {
                assert_near(&format!("{path} {name}"), number(&ours, &format!("/{key}")), value, tolerance);
            }
            // We have no parts of FCP.
            let parts = theirs[format!("{name} parts")].as_object().filter(|_| name != "FCP");
            let parts = parts.cloned().unwrap_or_default();
            for (part, value) in parts {
                let pointer = format!("/{key}Attribution/{part}");
                match &value {
                    Value::Number(value) => {
                        let value = value.as_f64().expect("it is finite");
                        assert_near(&format!("{path} {name} {part}"), number(&ours, &pointer), value, MS);
                    }
                    Value::String(value) => assert_eq!(text(&ours, &pointer), value, "{path} {name} {part}: {ours:#}"),
                    _ => {}
                }
            }
        }
    }
    let load = only_vitals(&run, "?busy=150");
    assert!(number(&load, "/inp") >= 150.0, "{load:#}");
    assert!(number(&load, "/cls") > 0.0 && load["clsAttribution"]["shifts"] == 1, "{load:#}");
    // Which element it is was compared with the package's answer.
    assert!(!text(&load, "/clsAttribution/largestShiftTarget").is_empty(), "{load:#}");
    assert_eq!(load["interactions"], 2, "{load:#}");
    assert!(text(&load, "/lcpAttribution/url").ends_with("/pictures/lamp.svg"), "{load:#}");
    assert!(number(&load, "/lcpAttribution/resourceLoadDelay") > 0.0, "{load:#}");
    // Two clicks of 150 ms each, beyond 50 ms.
    assert!(number(&load, "/longTasks/count") >= 2.0 && number(&load, "/tbt") >= 200.0, "{load:#}");
    assert!(number(&load, "/longAnimationFrames/blockingDuration") >= 200.0, "{load:#}");
}

/// Lighthouse rounds what it observed to whole ms.
const LIGHTHOUSE_MS: f64 = 2.0;

/// To pages, and so to us, the browser tells paints in steps of 4 ms; to Lighthouse as they are.
const LIGHTHOUSE_PAINT_MS: f64 = 5.0;

pub(crate) fn vitals_are_what_lighthouse_observed_of_the_same_load() {
    let Some(cache) = or_ignored(lighthouse::installed(env!("CARGO_BIN_EXE_fixture-tool"))) else { return };
    let config = Config::from_parts([("CANARYTRACE_CACHE".to_owned(), cache.display().to_string())], None);
    let folder = tempfile::tempdir().expect("there is room");
    let site = PracticeSite::start();
    for path in ["/practice/vitals/load?first=0&second=50", "/products/lamp"] {
        let result = folder.path().join("result.json");
        let run = journey("is_loaded_by_lighthouse")
            .env("RUNNER", install::runner(config.as_ref().expect("it is right")))
            .env("RESULT", &result)
            .env("ADDRESS", site.url(path))
            // The page is Lighthouse's to load, on the network as it is.
            .env("TRACE_ID_NAME", "no");
        let run = passed(run);
        let result = std::fs::read_to_string(&result).expect("the monitor wrote it");
        let result: Value = serde_json::from_str(&result).expect("it is JSON");
        let audits = &result["lhr"]["audits"];
        let theirs = &audits["metrics"]["details"]["items"][0];
        assert!(theirs.is_object(), "{path}: {result:#}");
        // It leaves the page and comes back, to see whether the browser keeps it.
        let ours = vitals(&run, path).into_iter().find(|page| text(page, "/navigationType") == "navigate");
        let ours = ours.unwrap_or_else(|| panic!("{path} was measured: {run:#?}"));
        for (name, field, tolerance) in [
            ("timeToFirstByte", "/ttfb", LIGHTHOUSE_MS),
            ("observedFirstContentfulPaint", "/fcp", LIGHTHOUSE_PAINT_MS),
            ("observedLargestContentfulPaint", "/lcp", LIGHTHOUSE_PAINT_MS),
            ("observedCumulativeLayoutShift", "/cls", SCORE),
        ] {
            assert_near(
                &format!("{path} {name}"),
                number(&ours, field),
                number(theirs, &format!("/{name}")),
                tolerance,
            );
        }
        let requests = documents(&run, "request-log");
        let items = audits["network-requests"]["details"]["items"].as_array().expect("there are some");
        assert!(!items.is_empty(), "{audits:#}");
        for item in items {
            let ours: Vec<f64> = requests
                .iter()
                .filter(|request| request["url"] == item["url"])
                .map(|request| number(request, "/response/totalEncodedDataLength"))
                .collect();
            // It may load one again, to look at it.
            let theirs = number(item, "/transferSize");
            assert!(ours.contains(&theirs), "{path}: bytes of {}: ours {ours:?}, theirs {theirs}", item["url"]);
        }
    }
}

pub(crate) fn navigations_are_as_the_page_itself_sees_them() {
    let run = passed(journey("says_its_timing"));
    let theirs = said(&run, "timing ", "say");
    let navigation = entries(&run, "navigation");
    let [ours] = &navigation[..] else { panic!("{navigation:#?}") };
    let mut compared = 0;
    for (field, value) in theirs.as_object().expect("it is one") {
        let Some(value) = value.as_f64() else { continue };
        if field != "navigationId" {
            assert_near(field, number(ours, &format!("/{field}")), value, MS);
            compared += 1;
        }
    }
    assert!(compared > 20, "{theirs:#}");
    let since = |name: &str| number(&theirs, name) - number(&theirs, "/requestStart");
    assert_near("responseTime", number(ours, "/responseTime"), since("/responseEnd"), MS);
    assert_near("ttfb", number(ours, "/ttfb"), since("/responseStart"), MS);
    let vitals = only_vitals(&run, "second=0");
    for (vital, field) in
        [("/ttfb", "/responseStart"), ("/domContentLoaded", "/domContentLoadedEventEnd"), ("/load", "/loadEventEnd")]
    {
        assert_near(vital, number(&vitals, vital), number(&theirs, field), MS);
    }
    let hero: Vec<Value> =
        entries(&run, "mark").into_iter().filter(|mark| text(mark, "/name") == "HE-script").collect();
    assert_eq!(hero.len(), 1, "{run:#?}");
    assert_eq!(entries(&run, "element")[0]["identifier"], "lamp");
}
