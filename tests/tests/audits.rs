//! Audits: by Lighthouse in a browser of its own, or by ourselves, and what is done when that can't be.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use canarytrace::audit::{install, score};
use canarytrace::config::{Config, SCORED_AUDITS};
use canarytrace_tests::elastic::or_ignored;
use canarytrace_tests::lighthouse;
use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::servers::{PracticeSite, RefusedPort};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

const TOOL: &str = env!("CARGO_BIN_EXE_fixture-tool");

fn runner() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).env("CANARYTRACE_LOCATION", "lab")
}

fn smoke(urls: &str) -> Runner {
    runner().env("MODE", "smoke").env("BASE_URL", urls)
}

/// The cache with Lighthouse in it.
fn cache() -> Option<PathBuf> {
    or_ignored(lighthouse::installed(TOOL))
}

#[track_caller]
fn assert_code(run: &Finished, code: i32) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    run.assert_complete();
    run.assert_nothing_left();
}

fn value(audit: &Value, id: &str) -> f64 {
    audit["audits"][id]["numericValue"].as_f64().unwrap_or_else(|| panic!("{id} was measured: {audit:#}"))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What the dashboards read of an audit, its figures checked and hidden.
fn redacted(redaction: &mut Redaction, site: &PracticeSite, mut audit: Value) -> Value {
    let text = audit.to_string().replace(&site.authority(), "127.0.0.1:8000");
    audit = serde_json::from_str(&text).unwrap();
    let score = |value: &mut Value, what: &str| {
        if let Some(score) = value.as_f64() {
            assert!((0.0..=100.0).contains(&score) && score.fract() == 0.0, "{what}: {score}");
            *value = json!("[percent]");
        }
    };
    if let Some(value) = audit.pointer_mut("/categories/performance/score") {
        score(value, "performance");
    }
    let figures = |details: &mut Value| {
        for (name, value) in details.as_object_mut().unwrap() {
            assert!(value.as_f64().is_some_and(|value| value >= 0.0), "{name}: {value}");
            *value = json!("[number]");
        }
    };
    for (id, result) in audit["audits"].as_object_mut().unwrap() {
        for (name, value) in result.as_object_mut().unwrap() {
            match (name.as_str(), id.as_str()) {
                ("score", _) => score(value, id),
                ("numericValue", _) => {
                    assert!(value.as_f64().is_some_and(|value| value >= 0.0), "{id}: {value}");
                    *value = json!("[number]");
                }
                ("details", "diagnostics") => figures(value),
                ("details", "resource-summary") => value.as_object_mut().unwrap().values_mut().for_each(figures),
                ("details", _) => *value = json!("[details]"),
                (other, _) => panic!("{id} has {other}"),
            }
        }
    }
    if let Some(index) = audit.pointer_mut("/environment/benchmarkIndex") {
        assert!(index.as_f64().is_some_and(|index| index > 0.0), "the machine is of some speed: {index}");
        *index = json!("[number]");
    }
    let took = audit["auditDuration"].as_f64().unwrap();
    assert!(took > 0.0, "{took}");
    audit["auditDuration"] = json!("[ms]");
    let agent = &mut audit["configSettings"]["emulatedUserAgent"];
    assert!(agent.as_str().unwrap().contains("Chrome/"), "{agent}");
    *agent = json!("[user agent]");
    redaction.documents(vec![audit]).remove(0)
}

#[test]
fn smoke_audits_each_url_in_a_step_of_its_own_and_skips_what_answers_badly() {
    let Some(cache) = cache() else { return };
    let site = PracticeSite::start();
    let (good, bad) = (site.url("/products/lamp"), site.url("/faults/status/404"));
    let run = smoke(&format!("{good};{bad}"))
        .env("CANARYTRACE_CACHE", cache)
        .env("PT_AUDIT", "allow")
        .env("PT_AUDIT_REPORT", "always")
        .env("PT_AUDIT_TRACE", "performance>=0")
        .run();
    assert_code(&run, 101);
    let step = run.document("report", |document| {
        document["title"] == format!("audit {good}") && document["event"] == "testStepEnd"
    });
    assert_eq!(step["passed"], true, "{run:#?}");
    let audit = run.document("audit", |document| document["requestedUrl"] == good);
    assert_eq!(audit["uuidAction"], step["uuidAction"]);
    let of_step = format!("{}-{}", audit["uuid"].as_str().unwrap(), audit["uuidAction"].as_str().unwrap());
    let expected = ["lighthouse-report.html", "traces.json"].map(|name| format!("attachments/{of_step}-{name}"));
    assert_eq!(audit["attachments"], json!(expected));
    let text = |name: &str| {
        let kept = run.attachments().into_iter().find(|file| file.to_string_lossy().ends_with(name));
        fs::read_to_string(kept.unwrap_or_else(|| panic!("{name} was kept: {run:#?}"))).unwrap()
    };
    assert!(text("lighthouse-report.html").contains("__LIGHTHOUSE_JSON__"));
    let trace: Value = serde_json::from_str(&text("traces.json")).unwrap();
    assert!(trace["traceEvents"].as_array().is_some_and(|events| !events.is_empty()));

    let skipped = run.document("audit", |document| document["requestedUrl"] == bad);
    assert_eq!((&skipped["skipped"], &skipped["audits"]), (&json!("it answered 404"), &json!({})));
    assert!(run.stderr.contains(&format!("the audit of {bad} is skipped: it answered 404")), "{run:#?}");

    let known: Vec<&String> = audit["audits"].as_object().unwrap().keys().collect();
    let missing: Vec<_> = SCORED_AUDITS.iter().filter(|id| !known.contains(&&(**id).to_owned())).collect();
    assert!(missing.is_empty(), "conditions may name what Lighthouse has not: {missing:?}");
    // Scores of ours are those of Lighthouse for its own figures.
    for scored in score::CURVES {
        let own = scored.curve("desktop").score(value(&audit, scored.id));
        assert_eq!(Some(own), audit["audits"][scored.id]["score"].as_f64(), "{}: {audit:#}", scored.id);
    }
    let mut of_all = audit.clone();
    of_all["attachments"] = Value::Null;
    // Of the others, what has a score, a value or details depends on how busy the machine is.
    of_all["audits"].as_object_mut().unwrap().retain(|id, _| ON_DASHBOARDS.contains(&id.as_str()));
    insta::assert_json_snapshot!("audit-lighthouse", redacted(&mut Redaction::default(), &site, without_nulls(of_all)));
}

/// The audits that dashboards of the original read.
const ON_DASHBOARDS: [&str; 9] = [
    "cumulative-layout-shift",
    "diagnostics",
    "first-contentful-paint",
    "interactive",
    "largest-contentful-paint",
    "network-server-latency",
    "resource-summary",
    "speed-index",
    "total-blocking-time",
];

fn without_nulls(mut document: Value) -> Value {
    document.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    document
}

#[test]
fn a_monitor_audits_with_its_cookies_and_goes_on_where_it_was() {
    let Some(cache) = cache() else { return };
    let run = runner()
        .monitor("audits_on_the_way")
        .env("CANARYTRACE_CACHE", cache)
        .env("PT_AUDIT", "allow")
        .env("PT_AUDIT_THROTTLING", "mobileRegular3G")
        .env("PT_AUDIT_REPORT", "performance<0")
        .run();
    assert_code(&run, 0);
    let audit = run.document("audit", |_| true);
    assert!(audit["finalUrl"].as_str().unwrap().ends_with("/checkout"), "logged in, with a basket: {audit:#}");
    let settings = &audit["configSettings"];
    assert_eq!((&settings["formFactor"], &settings["throttling"]["rttMs"]), (&json!("mobile"), &json!(300.0)));
    assert_eq!(settings["throttling"]["throughputKbps"], 700.0);
    assert!(audit["categories"]["performance"]["score"].is_number());
    assert_eq!(run.attachments().len(), 0, "no condition held: {run:#?}");
}

#[test]
fn without_node_what_we_measure_ourselves_is_audited() {
    let site = PracticeSite::start();
    let url = site.url("/products/lamp");
    let run = smoke(&url).env("PT_AUDIT", "native").run();
    assert_code(&run, 0);
    let audit = run.document("audit", |_| true);
    insta::assert_json_snapshot!("audit-native", redacted(&mut Redaction::default(), &site, audit));
}

#[test]
fn audits_are_off_by_default_and_a_monitor_that_wants_one_says_so() {
    let run = runner().monitor("audits_on_the_way").run();
    assert_code(&run, 0);
    assert!(run.documents("audit").is_empty());
    assert!(run.stderr.contains("/checkout is not audited: PT_AUDIT is no"), "{run:#?}");
}

/// Lighthouse on the network as it is, our own audit, and what we recorded of the visit see the same page.
#[test]
fn lighthouse_and_our_own_audit_agree_on_the_same_page() {
    let Some(cache) = cache() else { return };
    let site = PracticeSite::start();
    let url = site.url("/products/lamp");
    // Three loads each: one in which the machine was busy does not decide.
    let urls = [url.as_str(); 3].join(";");
    let audits = |mode: &str| {
        let run = smoke(&urls)
            .env("CANARYTRACE_CACHE", &cache)
            .env("PT_AUDIT", mode)
            .env("PT_AUDIT_THROTTLING", "none")
            .run();
        assert_code(&run, 0);
        run
    };
    let (theirs, ours) = (audits("allow"), audits("native"));
    let medians = |id: &str| {
        [&theirs, &ours].map(|run| median(run.documents("audit").iter().map(|audit| value(audit, id)).collect()))
    };
    for id in ["first-contentful-paint", "largest-contentful-paint", "server-response-time", "total-blocking-time"] {
        let [theirs, ours] = medians(id);
        // Two browsers, two seconds apart, on a machine that tests keep busy.
        assert!((theirs - ours).abs() <= theirs.max(ours) * 0.75 + 100.0, "{id}: Lighthouse {theirs}, ours {ours}");
    }
    let [theirs_shift, ours_shift] = medians("cumulative-layout-shift");
    assert!((theirs_shift - ours_shift).abs() < 0.001, "Lighthouse {theirs_shift}, ours {ours_shift}");

    let summary = |run: &Finished| run.documents("audit")[0]["audits"]["resource-summary"]["details"].clone();
    assert_eq!(summary(&theirs), summary(&ours), "requests and bytes of each kind");
    let urls_of = |run: &Finished| {
        let requests = run.documents("audit")[0]["audits"]["network-requests"]["details"]["items"].clone();
        let requests = requests.as_array().unwrap().iter();
        requests
            .map(|request| (request["url"].as_str().unwrap().to_owned(), request["transferSize"].as_f64().unwrap()))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(urls_of(&theirs), urls_of(&ours));
    // The visit before the audit sent trace headers and no other; what came back is the same.
    for (url, size) in urls_of(&theirs) {
        let seen = ours.documents("request-log").into_iter().find(|request| request["url"] == url);
        let seen = seen.unwrap_or_else(|| panic!("{url} was recorded"));
        assert_eq!(seen["response"]["totalEncodedDataLength"].as_f64(), Some(size), "{url}");
    }
}

#[test]
fn curves_are_those_of_lighthouse() {
    let Some(cache) = cache() else { return };
    let config = Config::from_parts([("CANARYTRACE_CACHE".to_owned(), cache.display().to_string())], None).unwrap();
    let statistics = install::folder(&config).join("node_modules/lighthouse/shared/statistics.js");
    let script = format!(
        "import {{ getLogNormalScore }} from '{}';
         const asked = JSON.parse(process.argv[1]);
         console.log(JSON.stringify(asked.map(([p10, median, value]) =>
             Math.round(getLogNormalScore({{ p10, median }}, value) * 100))));",
        statistics.display()
    );
    let curves = score::CURVES.iter().flat_map(|scored| ["mobile", "desktop"].map(|form| scored.curve(form)));
    let asked: Vec<_> = curves
        .flat_map(|curve| (0..60).map(move |step| (curve, curve.p10 * 0.2 * 1.1_f64.powi(step))))
        .map(|(curve, value)| (curve.p10, curve.median, value))
        .collect();
    let output = Command::new("node")
        .args(["--input-type=module", "--eval", &script, &serde_json::to_string(&asked).unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Vec<f64> = serde_json::from_slice(&output.stdout).unwrap();
    let ours: Vec<f64> =
        asked.iter().map(|(p10, median, value)| score::Curve { p10: *p10, median: *median }.score(*value)).collect();
    assert!(theirs.len() > 800 && theirs.iter().any(|score| *score < 10.0) && theirs.contains(&100.0));
    assert_eq!(ours, theirs);
}

#[test]
fn a_page_that_cant_be_opened_fails_as_it_would_without_an_audit() {
    let Some(cache) = cache() else { return };
    let port = RefusedPort::take();
    for (page, kind) in [(port.url(), "navigation"), ("/faults/status/500".to_owned(), "http_status")] {
        for mode in ["allow", "native"] {
            let run = runner()
                .monitor("audits_on_the_way")
                .env("CANARYTRACE_CACHE", &cache)
                .env("PT_AUDIT", mode)
                .env("PAGE", &page)
                .run();
            assert_code(&run, 101);
            let error = &run.document("summary", |_| true)["error"];
            assert_eq!(error["type"], kind, "{mode}, {page}: {error}");
        }
    }
}

/// A folder with a `node` of our making and a cache that looks as if Lighthouse were installed.
struct Fake {
    folder: TempDir,
}

impl Fake {
    /// `script` is what `node` does unless it is asked for its version.
    fn new(version: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fake = Self { folder };
        let config = Config::from_parts([("CANARYTRACE_CACHE".to_owned(), fake.cache().display().to_string())], None);
        let installed = install::folder(&config.unwrap());
        fs::create_dir_all(&installed).unwrap();
        fs::write(installed.join("run.mjs"), "").unwrap();
        let node = fake.folder.path().join("bin/node");
        fs::create_dir(node.parent().unwrap()).unwrap();
        fs::write(&node, format!("#!/bin/sh\n[ \"$1\" = --version ] && echo {version} && exit\n{script}\n")).unwrap();
        fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).unwrap();
        fake
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn runner(&self, url: &str) -> Runner {
        let path = format!("{}:{}", self.folder.path().join("bin").display(), std::env::var("PATH").unwrap());
        smoke(url).env("PATH", path).env("CANARYTRACE_CACHE", self.cache()).env("PT_AUDIT", "allow")
    }
}

/// The step of the audit failed, for a reason of ours, and nothing else did.
#[track_caller]
fn assert_ours(run: &Finished, message: &str) {
    assert_code(run, 102);
    let failed: Vec<Value> = run
        .documents("report")
        .into_iter()
        .filter(|step| step["event"] == "testStepEnd" && step["passed"] == false)
        .collect();
    assert_eq!(failed.len(), 1, "{failed:#?}");
    assert!(failed[0]["title"].as_str().unwrap().starts_with("audit http://"), "{failed:#?}");
    assert_eq!((&failed[0]["errType"], &failed[0]["fault"]), (&json!("harness"), &json!("harness")));
    let said = failed[0]["errMessage"].as_str().unwrap();
    assert!(said.contains(message), "{said}");
}

#[test]
fn a_lighthouse_that_fails_is_our_failure_and_says_what_it_said() {
    let site = PracticeSite::start();
    let url = site.url("/products/lamp");
    let cases = [
        ("v20.1.0", "read line; echo 'out of cheese' >&2; exit 7", "ended without a result (exit status: 7)"),
        ("v20.1.0", "read line; echo 'out of cheese' >&2; exit 7", "its last output:\n  out of cheese"),
        ("v20.1.0", "read line; kill -SEGV $$", "ended without a result (signal: 11"),
        ("v20.1.0", "read line; echo 'Welcome!'", "gave a result that can't be read"),
        ("v20.1.0", "read line; echo '{}'", "gave a result that can't be read"),
        ("v20.1.0", "exit 0", "ended without a result (exit status: 0)"),
        ("v20.1.0", "read line; yes '0123456789012345678901234567890123456789'", "gave a result of more than 64 MB"),
        (
            "v20.1.0",
            "read line; echo '{\"error\":{\"code\":\"PROTOCOL_TIMEOUT\",\"message\":\"no reply\"}}'",
            "(PROTOCOL_TIMEOUT): no reply",
        ),
        (
            "v16.20.0",
            "exit 1",
            "is version \"16.20.0\" of Node.js, which is too old for Lighthouse: install Node.js 18.16",
        ),
    ];
    for (version, script, message) in cases {
        assert_ours(&Fake::new(version, script).runner(&url).run(), message);
    }
}

/// The one test that waits for a limit: nothing else shows that there is one.
#[test]
fn a_lighthouse_that_hangs_is_ended() {
    let site = PracticeSite::start();
    let fake = Fake::new("v20.1.0", "read line; echo 'thinking' >&2; exec sleep 600");
    // Shorter than the audit: the timeout of a monitor does not count what an audit takes.
    let run = fake
        .runner(&site.url("/products/lamp"))
        .env("PT_AUDIT_MAX_WAIT_LOAD", "1s")
        .env("CANARYTRACE_TIMEOUT", "40s")
        .run();
    assert_ours(
        &run,
        "Lighthouse did not end within 61 s (PT_AUDIT_MAX_WAIT_LOAD and a minute)\nits last output:\n  thinking",
    );
}

#[test]
fn sigterm_in_an_audit_leaves_no_process() {
    let site = PracticeSite::start();
    let fake = Fake::new("v20.1.0", "read line; exec sleep 600");
    let mut running = fake.runner(&site.url("/products/lamp")).start();
    let folder = running.temp();
    let sleeps = |folder: &Path| !canarytrace_tests::runner::processes_below(folder, "sleep").is_empty();
    running.wait_while(|| !sleeps(&folder));
    assert!(sleeps(&folder), "the audit goes on");
    running.signal(Signal::TERM);
    let run = running.finish();
    assert_code(&run, 143);
    assert_eq!(run.document("summary", |_| true)["error"]["message"], "interrupted by SIGTERM");
}

#[test]
fn without_node_or_lighthouse_the_step_says_what_to_do_and_we_audit_ourselves() {
    let site = PracticeSite::start();
    let url = site.url("/products/lamp");
    let empty = tempfile::tempdir().unwrap();
    let config = Config::from_parts([], None).unwrap();
    let pair = match canarytrace::browser::find::find(&config).unwrap() {
        canarytrace::browser::find::Search::Found(pair) => pair,
        canarytrace::browser::find::Search::Missing(what) => panic!("{what}"),
    };
    let run = smoke(&url)
        .env("CANARYTRACE_BROWSER", &pair.browser)
        .env("CANARYTRACE_CHROMEDRIVER", &pair.driver)
        .env("PATH", empty.path())
        .env("PT_AUDIT", "allow")
        .run();
    assert_ours(
        &run,
        "there is no `node` on PATH: install Node.js 18.16 or later (package nodejs), or audit without it",
    );
    assert_eq!(run.document("audit", |_| true)["source"], "canarytrace");

    let fake = Fake::new("v20.1.0", "exit 1");
    let run = fake.runner(&url).env("CANARYTRACE_CACHE", empty.path()).run();
    assert_ours(&run, "run `canarytrace install-lighthouse` with the same CANARYTRACE_CACHE");
    assert_eq!(run.document("audit", |_| true)["source"], "canarytrace");
}

#[test]
fn secrets_are_masked_in_report_and_trace() {
    let Some(cache) = cache() else { return };
    let site = PracticeSite::start();
    let run = smoke(&site.url("/search?q=hunter22hunter22"))
        .env("CANARYTRACE_CACHE", cache)
        .env("PASS", "hunter22hunter22")
        .env("PT_AUDIT", "allow")
        .env("PT_AUDIT_REPORT", "always")
        .env("PT_AUDIT_TRACE", "always")
        .run();
    assert_code(&run, 0);
    let files = run.attachments();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("/search?q=***") && !text.contains("hunter22"), "{}", file.display());
    }
    assert!(!json!(run.documents("audit")).to_string().contains("hunter22"));
}

#[test]
fn the_installation_explains_itself_when_npm_is_missing_or_fails() {
    let cache = tempfile::tempdir().unwrap();
    let install = |fake: &Fake, npm: Option<&str>| {
        let bin = fake.folder.path().join("bin");
        if let Some(script) = npm {
            fs::write(bin.join("npm"), format!("#!/bin/sh\n{script}\n")).unwrap();
            fs::set_permissions(bin.join("npm"), fs::Permissions::from_mode(0o755)).unwrap();
        }
        let mut tool = Command::new(TOOL);
        tool.arg("install-lighthouse").env("PATH", &bin).env("CANARYTRACE_CACHE", cache.path());
        let output = tool.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let fake = Fake::new("v20.1.0", "exit 1");
    assert!(install(&fake, None).contains("there is no `npm` on PATH: install it (package npm)"));
    let said = install(&fake, Some("echo 'no way to the registry' >&2; exit 1"));
    assert!(said.contains("`npm ci` failed (exit status: 1)") && said.contains("no way to the registry"), "{said}");
    let said = install(&fake, Some("exit 0"));
    assert!(said.contains("can't be loaded"), "{said}");
    assert!(!cache.path().join("lighthouse/.installing").exists());
}

#[test]
fn installers_at_the_same_time_take_turns() {
    if cache().is_none() {
        return;
    }
    // An npm that works for a moment, and a Node that says what Lighthouse would.
    let fake = Fake::new("v20.1.0", &format!("echo {}", install::VERSION));
    let bin = fake.folder.path().join("bin");
    let log = fake.folder.path().join("log");
    fs::write(bin.join("npm"), format!("#!/bin/sh\necho npm >> {}\nsleep 0.2\n", log.display())).unwrap();
    fs::set_permissions(bin.join("npm"), fs::Permissions::from_mode(0o755)).unwrap();
    let fresh = tempfile::tempdir().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let installers: Vec<_> = (0..4)
        .map(|_| {
            let mut tool = Command::new(TOOL);
            tool.arg("install-lighthouse").env("PATH", &path).env("CANARYTRACE_CACHE", fresh.path()).spawn().unwrap()
        })
        .collect();
    for mut installer in installers {
        assert!(installer.wait().unwrap().success());
    }
    assert_eq!(fs::read_to_string(log).unwrap(), "npm\n", "one of them installed, the others took that");
}
