//! The whole circle: what a real run recorded gives, replayed, what the run stored.
//!
//! The run is this executable started once more: a test target with a monitor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use canarytrace::prelude::*;
use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};

/// Which part a process plays that is no test.
const PART: &str = "REPLAY_TEST_PART";

/// It differs in most of the forms that a text takes in URLs, JSON, HTML and headers.
const SECRET: &str = "pä55 w\"rd/&<lamp>";

fn main() -> ExitCode {
    canarytrace::site::serve_if_child();
    if std::env::var_os(PART).is_some() {
        return canarytrace::main();
    }
    let trial = Trial::test("a_run_is_replayed_as_it_was_stored", || {
        a_run_is_replayed_as_it_was_stored();
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

/// Makes requests of every kind, from every part of a page, and shows its secret wherever a page can.
#[monitor(timeout = "3m", params(replayed_secret: secret), budget(
    run <= "3m", step <= "2m", requests <= 5000, transfer <= "100MB", warn(failed_requests <= 0, console_errors <= 0),
))]
async fn leaves_a_record(browser: &mut Browser) -> Result {
    const REQUESTS: &str = "get,not-found,redirects,redirected-post,refused,blocked-by-csp,cors-fails,preflighted,aborted,\
        fills-the-cache,from-the-disk-cache,validated-first,validated-again,data,gzip,post-json,post-form,event-source,\
        empty,torn,early-hints,many-headers";
    let secret = browser.param("replayed_secret")?.to_owned();
    for page_path in [
        format!("/practice/recording/requests?only={REQUESTS}"),
        "/practice/recording/workers".to_owned(),
        "/practice/recording/sockets?frames=20&rate=1000".to_owned(),
        "/practice/recording/console".to_owned(),
        "/practice/recording/odd?length=2000".to_owned(),
    ] {
        browser
            .step(page_path.as_str(), async |page| {
                page.goto(&page_path).await?;
                page.expect(test_id("done")).to_be("done").await
            })
            .await?;
    }
    browser
        .step(format!("show {secret}"), async |page| {
            let mut url = page.url().await?.parse::<url::Url>()?;
            url.set_path("/practice/secret");
            url.query_pairs_mut().clear().append_pair("secret", &secret);
            page.goto(url.as_str()).await?;
            for (button, done) in [("log-secret", "logged"), ("send-secret", "sent"), ("throw-secret", "thrown")] {
                page.find(test_id(button)).click().await?;
                page.expect(test_id("secret-done")).to_be(done).await?;
            }
            Ok(())
        })
        .await
}

fn a_run_is_replayed_as_it_was_stored() {
    let folder = tempfile::Builder::new().prefix("ct").tempdir_in("/tmp").unwrap();
    let (run, log) = record(folder.path());
    let har = folder.path().join("replayed.har");
    let (code, out) = replay(&log, &["--har", har.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.lines().any(|line| line.contains("budgets") && line.ends_with(": equal")), "{out}");
    for (dataset, least) in [("request-log", 50), ("console", 50), ("memory", 5), ("usage", 6), ("coverage-audit", 20)]
    {
        let stored = documents(&run, dataset).len();
        assert!(stored > least, "{dataset}: {stored}");
        let equal = format!("{stored} stored, {stored} derived: equal");
        assert!(out.lines().any(|line| line.contains(dataset) && line.ends_with(&equal)), "{out}");
    }
    for (dataset, least) in [("performance-entries", 50), ("vitals", 6)] {
        let stored = documents(&run, dataset).len();
        assert!(stored >= least, "{dataset}: {stored}");
        let equal = format!("{stored} stored, {stored} derived: equal");
        assert!(out.lines().any(|line| line.contains(dataset) && line.ends_with(&equal)), "{out}");
    }
    let (recorded, replayed) = (parsed(&attachment(&run, ".har")), parsed(&har));
    assert_eq!(recorded["log"]["pages"], replayed["log"]["pages"]);
    let (recorded, replayed) = (entries(&recorded), entries(&replayed));
    assert_eq!(recorded.len(), replayed.len());
    for (recorded, replayed) in recorded.iter().zip(replayed) {
        assert_eq!(recorded, replayed);
    }

    // What there was to record is there.
    let requests = documents(&run, "request-log");
    let any = |pointer: &str, value: Value| requests.iter().any(|document| document.pointer(pointer) == Some(&value));
    for (pointer, value) in [
        ("/outcome", json!("redirected")),
        ("/outcome", json!("failed")),
        ("/outcome", json!("blocked")),
        ("/outcome", json!("closed")),
        ("/target/type", json!("worker")),
        ("/target/type", json!("shared_worker")),
        ("/target/type", json!("service_worker")),
        ("/target/type", json!("iframe")),
        ("/request/postDataParsed", json!("Ada")),
        ("/redirectIndex", json!(3)),
        ("/response/fromDiskCache", json!(true)),
    ] {
        assert!(any(pointer, value.clone()), "no request with {value} as {pointer}");
    }
    assert!(requests.iter().any(|document| document["traceId"].is_string()));

    let (code, documents) = replay(&log, &["--json"]);
    assert_eq!(code, Some(0));
    let mut texts = vec![("the replay".to_owned(), documents.into_bytes())];
    texts.extend(files(&run).into_iter().map(|path| (path.display().to_string(), content(&path))));
    assert!(texts.len() > 5, "{texts:#?}");
    for (name, text) in texts {
        let text = String::from_utf8_lossy(&text);
        let tells_of_it = ["the replay", ".har", ".zst", "request-log.ndjson", "console.ndjson", "report.ndjson"];
        let is_masked = text.contains("***");
        assert!(is_masked || !tells_of_it.iter().any(|end| name.ends_with(end)), "nothing was masked in {name}");
        for secret in forms() {
            let at = text.find(&secret);
            assert!(at.is_none(), "{secret} is in {name}: {:?}", at.and_then(|at| text.get(at.saturating_sub(80)..at)));
        }
    }
}

/// Runs the monitor; returns the folder of its run, and its log.
fn record(folder: &Path) -> (PathBuf, PathBuf) {
    let temp = folder.join("t");
    fs::create_dir(&temp).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env_clear().current_dir(folder);
    for name in ["PATH", "HOME", "CI", "LD_LIBRARY_PATH"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let output = command
        .env(PART, "run")
        .env("TMPDIR", temp)
        .env("CANARYTRACE_DATA", folder.join("data"))
        .env("REPLAYED_SECRET", SECRET)
        .env("POST_DATA_PATH", ".name")
        .env("CANARYTRACE_CDP_LOG", "always")
        .env("CANARYTRACE_HAR", "always")
        .env("COVERAGE_AUDIT", "allow")
        .output()
        .unwrap();
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(!forms().iter().any(|secret| told.contains(secret)), "{told}");
    let runs: Vec<PathBuf> = fs::read_dir(folder.join("data/runs")).unwrap().map(|run| run.unwrap().path()).collect();
    let run = runs.into_iter().find(|run| run.is_dir()).expect("it left a folder");
    let log = attachment(&run, "-cdp.ndjson.zst");
    (run, log)
}

fn replay(log: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
    let output = command.env_clear().arg("replay").arg(log).args(arguments).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(told).expect("it writes UTF-8"))
}

/// The secret as it may stand in texts.
fn forms() -> Vec<String> {
    let json = serde_json::to_string(SECRET).unwrap();
    let form: String = url::form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
    let ascii: String =
        SECRET.chars().map(|c| if c.is_ascii() { c.to_string() } else { format!("\\u{:04x}", c as u32) }).collect();
    vec![
        SECRET.to_owned(),
        json.trim_matches('"').to_owned(),
        ascii,
        form.replace('+', "%20"),
        form,
        SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
    ]
}

fn documents(run: &Path, dataset: &str) -> Vec<Value> {
    let text = fs::read_to_string(run.join(format!("{dataset}.ndjson"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn attachment(run: &Path, end: &str) -> PathBuf {
    let found = files(&run.join("attachments"));
    let mut found = found.into_iter().filter(|path| path.to_str().is_some_and(|path| path.ends_with(end)));
    found.next().unwrap_or_else(|| panic!("no {end} in {}", run.display()))
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn content(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "zst") {
        zstd::decode_all(&*bytes).unwrap()
    } else {
        bytes
    }
}

fn parsed(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn entries(har: &Value) -> &Vec<Value> {
    har["log"]["entries"].as_array().expect("a HAR file has entries")
}
