//! `canarytrace replay`: logs of every kind, whole and broken, alone and in the folder of a run.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use canarytrace::devtools::log::{Entry, LogReader, LogWriter};
use serde_json::{Value, json};
use tempfile::TempDir;

const RUN: &str = "01890000-0000-7000-8000-000000000001";
const STEP: &str = "01890000-0000-7000-8000-00000000000a";

fn replay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
    command.env_clear().env("TZ", "UTC").arg("replay").args(arguments);
    command
}

fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("the tool starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code().expect("it ended by itself"), text(stdout), text(stderr))
}

/// Replays `log` from standard input.
fn replay_bytes(log: &[u8], arguments: &[&str]) -> (i32, String, String) {
    let mut child = replay(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut stdin = child.stdin.take().unwrap();
    let log = log.to_owned();
    // It may write before it has read everything.
    let writer = std::thread::spawn(move || stdin.write_all(&log));
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    writer.join().unwrap().expect("all of the log is read");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code().expect("it ended by itself"), text(stdout), text(stderr))
}

fn documents(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

fn message(method: &str, params: &Value) -> Value {
    json!({ "method": method, "params": params })
}

fn sent(id: &str, url: &str, at: f64) -> Value {
    let request = json!({ "url": url, "method": "GET", "headers": {} });
    let params = json!({ "requestId": id, "loaderId": id, "timestamp": at, "wallTime": 1.7e9 + at, "type": "Fetch",
        "documentURL": url, "initiator": { "type": "script" }, "request": request });
    message("Network.requestWillBeSent", &params)
}

fn console(text: &str) -> Value {
    let entry = json!({ "source": "javascript", "level": "error", "text": text, "timestamp": 1.7e12 });
    message("Log.entryAdded", &json!({ "entry": entry }))
}

/// What a run records: a step with a request that is answered, one that fails and an error, and one beside it.
fn recording() -> Vec<Value> {
    let response = json!({ "url": "http://shop.test/", "status": 200, "statusText": "OK", "headers": {},
        "mimeType": "text/html", "protocol": "http/1.1", "connectionId": 1, "encodedDataLength": 120 });
    let received = json!({ "requestId": "1", "timestamp": 10.2, "type": "Document", "response": response });
    vec![
        message(
            "Canarytrace.recordingStarted",
            &json!({ "format": 1, "version": "0.1.0", "uuid": RUN, "attempt": 2,
            "monitor": "shop::buy", "browser": "chrome 156", "options": { "REQUEST_LOG": true, "CONSOLE_INTERCEPT": true } }),
        ),
        message("Canarytrace.stepStarted", &json!({ "uuidAction": STEP, "title": "open the shop" })),
        sent("1", "http://shop.test/", 10.0),
        message("Network.responseReceived", &received),
        message("Network.loadingFinished", &json!({ "requestId": "1", "timestamp": 10.3, "encodedDataLength": 2120 })),
        sent("2", "http://shop.test/missing", 10.4),
        message(
            "Network.loadingFailed",
            &json!({ "requestId": "2", "timestamp": 10.5, "type": "Fetch",
            "errorText": "net::ERR_CONNECTION_REFUSED", "canceled": false }),
        ),
        console("broken"),
        message("Canarytrace.stepEnded", &json!({ "uuidAction": STEP })),
        sent("3", "http://shop.test/later", 11.0),
        message("Canarytrace.recordingEnded", &json!({ "seen": 6, "kept": 6, "missed": 0 })),
    ]
}

fn compressed(messages: &[Value]) -> Vec<u8> {
    let mut log = LogWriter::new(Vec::new()).unwrap();
    for message in messages {
        log.write_line(&message.to_string()).unwrap();
    }
    log.finish().unwrap()
}

fn array(messages: &[Value]) -> Vec<u8> {
    serde_json::to_vec_pretty(messages).unwrap()
}

/// A data folder with a run whose log is this, and what it stored.
fn stored(log: &[u8], documents: &[Value]) -> (TempDir, PathBuf) {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("runs").join(RUN);
    fs::create_dir_all(folder.join("attachments")).unwrap();
    let path = folder.join("attachments/1-cdp.ndjson.zst");
    fs::write(&path, log).unwrap();
    for dataset in ["request-log", "console"] {
        let of = documents.iter().filter(|document| document["dataset"] == dataset).enumerate();
        let lines: String = of
            .map(|(n, document)| {
                let mut document = document.clone();
                let fields = document.as_object_mut().unwrap();
                fields.remove("dataset");
                fields.insert("@timestamp".to_owned(), json!("2023-06-27T10:00:00.000Z"));
                fields.insert("uuid".to_owned(), json!(RUN));
                fields.entry("attempt").or_insert(json!(2));
                fields.insert("sequence".to_owned(), json!(n + 1));
                fields.insert("monitor".to_owned(), json!({ "id": "shop::buy", "name": "shop::buy" }));
                document.to_string() + "\n"
            })
            .collect();
        fs::write(folder.join(format!("{dataset}.ndjson")), lines).unwrap();
    }
    (data, path)
}

/// The documents that a replay of [`recording`] prints.
fn derived() -> Vec<Value> {
    let (code, out, err) = replay_bytes(&compressed(&recording()), &["--json"]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let mut documents = documents(&out);
    let last = documents.pop().expect("a line that sums up");
    assert_eq!(last["dataset"], "replay", "{out}");
    documents
}

#[test]
fn a_log_is_summed_up_step_by_step_in_80_columns() {
    let (code, out, err) = replay_bytes(&compressed(&recording()), &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("log        standard input\nholds      11 messages, zstd, "), "{out}");
    assert!(
        out.contains(&format!("run        {RUN}, attempt 2\nmonitor    shop::buy\nbrowser    chrome 156\n")),
        "{out}"
    );
    let table = "requests  failed      bytes  console  errors  step
       2       1     2.1 kB        1       1  open the shop
       1       0        0 B        0       0  (outside of steps)
       3       1     2.1 kB        1       1  (all)
";
    assert!(out.ends_with(table), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn documents_come_as_a_line_each_and_a_line_that_sums_up() {
    let documents = derived();
    let of = |dataset: &str| documents.iter().filter(|document| document["dataset"] == dataset).count();
    assert_eq!((of("request-log"), of("console"), documents.len()), (3, 1, 4));
    let first = documents.iter().find(|document| document["requestId"] == "1").unwrap();
    assert_eq!((&first["uuidAction"], &first["response"]["status"]), (&json!(STEP), &json!(200)));

    let (_, out, _) = replay_bytes(&compressed(&recording()), &["--json"]);
    let last = out.lines().last().unwrap().parse::<Value>().unwrap();
    let figures = ["requests", "failed", "bytes", "console", "errors"].map(|name| last[name].as_u64().unwrap());
    assert_eq!(figures, [3, 1, 2120, 1, 1]);
    assert_eq!((&last["log"]["messages"], &last["log"]["damaged"]), (&json!(11), &json!(0)));
    assert_eq!(last["comparedWith"], Value::Null);
}

#[test]
fn a_log_gives_the_same_whatever_its_form_and_name() {
    let whole = derived();
    for log in [array(&recording()), serde_json::to_vec(&json!({ "messages": recording() })).unwrap()] {
        let (code, out, err) = replay_bytes(&log, &["--json"]);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let mut documents = documents(&out);
        documents.pop();
        assert_eq!(documents, whole);
    }
}

#[test]
fn a_har_file_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let har = folder.path().join("out.har");
    let (code, out, err) = replay_bytes(&array(&recording()), &["--har", har.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    let har: Value = serde_json::from_slice(&fs::read(&har).unwrap()).unwrap();
    assert_eq!(har["log"]["version"], "1.2");
    let statuses: Vec<_> = har["log"]["entries"].as_array().unwrap().iter().map(|e| &e["response"]["status"]).collect();
    assert_eq!(statuses, [&json!(200), &json!(0), &json!(0)]);

    let nowhere = folder.path().join("nowhere/out.har");
    let (code, _, err) = replay_bytes(&array(&recording()), &["--har", nowhere.to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(err.contains("nowhere/out.har can't be written"), "{err}");
}

#[test]
fn what_was_stored_is_compared_and_equal() {
    let mut documents = derived();
    // Those of another attempt are another log's.
    let mut other = documents[0].clone();
    other["attempt"] = json!(1);
    documents.push(other);
    let (_data, log) = stored(&compressed(&recording()), &documents);
    let (code, out, err) = run(replay(&[]).arg(&log));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("    console      1 stored, 1 derived: equal\n"), "{out}");
    assert!(out.contains("    request-log  3 stored, 3 derived: equal\n"), "{out}");
}

/// [`recording`] with budgets, and the end of the attempt that they are judged at.
fn recording_with_budgets() -> Vec<Value> {
    let mut messages = recording();
    messages[0]["params"]["budgets"] = json!([
        { "metric": "requests", "limit": 1.0 },
        { "metric": "step", "step": "open the shop", "limit": 2000.0 },
        { "metric": "step", "limit": 2000.0, "warn": true },
        { "metric": "failed_requests", "step": "open the shop", "limit": 1.0 },
        { "metric": "lcp", "limit": 2500.0 },
    ]);
    let end = messages.iter().position(|message| message["method"] == "Canarytrace.stepEnded").unwrap();
    messages[end]["params"]["duration"] = json!(1500.5);
    messages.insert(end + 1, message("Canarytrace.attemptOver", &json!({})));
    messages
}

#[test]
fn budgets_are_judged_again_and_compared() {
    let log = compressed(&recording_with_budgets());
    let (code, out, _) = replay_bytes(&log, &["--json"]);
    assert_eq!(code, 0, "{out}");
    let mut documents = documents(&out);
    let budgets = documents.pop().unwrap()["budgets"].take();
    let facts: Vec<_> = budgets
        .as_array()
        .unwrap()
        .iter()
        .map(|budget| (budget["metric"].as_str().unwrap(), budget["value"].as_f64(), budget["passed"] == true))
        .collect();
    assert_eq!(
        facts,
        [
            ("requests", Some(2.0), false),
            ("step", Some(1500.5), true),
            ("step", Some(1500.5), true),
            ("failed_requests", Some(1.0), true),
            ("lcp", None, false),
        ]
    );
    let (_data, path) = stored(&log, &documents);
    let summary = path.ancestors().nth(2).unwrap().join("summary.ndjson");
    let mut document = json!({ "uuid": RUN, "attempt": 2, "sequence": 9, "@timestamp": "2023-06-27T10:00:00.000Z",
        "monitor": { "id": "shop::buy", "name": "shop::buy" }, "budgets": budgets });
    fs::write(&summary, format!("{document}\n")).unwrap();
    let (code, out, err) = run(replay(&[]).arg(&path));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("    BROKEN: requests is 2, allowed is at most 1\n"), "{out}");
    assert!(out.contains("    ok: step \"open the shop\" is 1.5 s, allowed is at most 2 s\n"), "{out}");
    assert!(out.contains("    budgets      5 stored, 5 derived: equal\n"), "{out}");
    document["budgets"][0]["value"] = json!(3.0);
    fs::write(&summary, format!("{document}\n")).unwrap();
    let (code, out, _) = run(replay(&[]).arg(&path));
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("        changed: requests\n            value\n"), "{out}");
}

#[test]
fn what_differs_from_what_was_stored_is_named() {
    let mut documents = derived();
    for document in &mut documents {
        match document["requestId"].as_str() {
            Some("1") => {
                document["response"]["status"] = json!(404);
                document["response"]["headers"]["server"] = json!("nginx");
            }
            Some("2") => document["requestId"] = json!("other"),
            _ => {}
        }
    }
    documents.retain(|document| document["dataset"] != "console");
    let (_data, log) = stored(&compressed(&recording()), &documents);
    let (code, out, _) = run(replay(&[]).arg(&log));
    assert_eq!(code, 3, "{out}");
    assert!(
        out.contains("    console      0 stored, 1 derived: DIFFERENT\n        additional: error broken\n"),
        "{out}"
    );
    assert!(out.contains("        missing: GET http://shop.test/missing\n"), "{out}");
    assert!(out.contains("        additional: GET http://shop.test/missing\n"), "{out}");
    let changed = "        changed: GET http://shop.test/\n            response.headers.server, response.status\n";
    assert!(out.contains(changed), "{out}");

    let (code, out, _) = run(replay(&["--json"]).arg(&log));
    assert_eq!(code, 3);
    let last = out.lines().last().unwrap().parse::<Value>().unwrap();
    let compared = &last["comparedWith"];
    assert_eq!(compared["equal"], false);
    let fields = &compared["datasets"]["request-log"]["changed"][0]["fields"];
    assert_eq!(*fields, json!(["response.headers.server", "response.status"]));
}

#[test]
fn a_stored_document_that_cannot_be_read_is_told() {
    let (data, log) = stored(&compressed(&recording()), &derived());
    let path = data.path().join("runs").join(RUN).join("console.ndjson");
    let torn = fs::read_to_string(&path).unwrap() + "{\"torn";
    fs::write(&path, torn).unwrap();
    let (code, out, _) = run(replay(&[]).arg(&log));
    assert_eq!(code, 4, "{out}");
    assert!(out.contains("Stored documents that can't be read:\n"), "{out}");
}

#[test]
fn a_log_that_is_cut_off_anywhere_gives_what_is_left() {
    for (form, log) in [("zstd", compressed(&recording())), ("array", array(&recording()))] {
        let all = log.len();
        // Within the beginning, within messages, before the end.
        for end in [1, 3, 5, 9, all / 7, all / 3, all / 2, all - 200, all - 20, all - 5, all - 2, all - 1] {
            let (code, out, err) = replay_bytes(&log[..end], &[]);
            match code {
                0 | 4 => assert!(out.contains("cut off") || out.contains("has no end"), "{form} cut at {end}: {out}"),
                1 => assert!(err.starts_with("error: standard input"), "{form} cut at {end}: {err}"),
                other => panic!("{form} cut at {end}: {other} {out} {err}"),
            }
        }
    }
}

#[test]
fn a_damaged_log_says_so_and_gives_the_rest() {
    let log = compressed(&recording());
    for at in (0..log.len()).step_by(11) {
        let mut damaged = log.clone();
        damaged[at] ^= 0xA5;
        let (code, out, err) = replay_bytes(&damaged, &[]);
        assert!(matches!(code, 1 | 4), "byte {at}: {code} {out} {err}");
    }
    let mut lines: Vec<String> = recording().iter().map(Value::to_string).collect();
    lines.insert(3, "{\"method\": not JSON}".to_owned());
    let (code, out, _) = replay_bytes(lines.join("\n").as_bytes(), &[]);
    assert_eq!(code, 4, "{out}");
    assert!(out.contains("What is missing or damaged:\n    line 4 (byte "), "{out}");
    assert!(out.contains("       3       1     2.1 kB        1       1  (all)\n"), "{out}");
}

#[test]
fn what_is_no_log_is_an_error_that_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let binary: Vec<u8> = (0..5000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    for (path, expected) in [
        (file("empty", b""), "holds no messages"),
        (file("blank", b" \n"), "holds no messages"),
        (file("list", b"[]"), "holds no messages"),
        (file("binary", &binary), "neither text nor zstd"),
        (file("text", b"Dear reader,\nno log.\n"), "nothing in it is a message"),
        (file("other.json", b"{\"a\": 1}"), "none of its 1 objects is a message"),
        (folder.path().to_owned(), "is a folder"),
        (folder.path().join("missing"), "can't be opened"),
    ] {
        let (code, out, err) = run(replay(&[]).arg(&path));
        assert_eq!((code, out.as_str()), (1, ""), "{}: {err}", path.display());
        assert!(err.contains(expected) && err.contains(path.to_str().unwrap()), "{err}");
    }
}

#[test]
fn a_newer_protocol_is_read_as_far_as_it_is_known() {
    let mut messages = recording();
    messages.insert(2, message("Network.somethingNew", &json!({ "a": [1, { "b": null }] })));
    messages.insert(3, message("NewDomain.event", &json!(7)));
    messages.insert(4, json!({ "id": 5, "result": {} }));
    for message in &mut messages {
        if let Some(params) = message["params"].as_object_mut() {
            params.insert("newField".to_owned(), json!({ "x": [] }));
        }
        if message["method"] == "Network.responseReceived" {
            message["params"]["response"]["connectionId"] = json!({ "now": "an object" });
            message["params"]["type"] = json!("NewKind");
        }
    }
    let (code, out, err) = replay_bytes(&array(&messages), &[]);
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.contains("       3       1     2.1 kB        1       1  (all)\n"), "{out}");
}

#[test]
fn what_a_page_wrote_cannot_reach_the_terminal() {
    let evil = "\u{1b}[31m\u{9b}2J\r\u{202e}\u{7}\u{0}";
    let mut messages = recording();
    messages[0]["params"]["monitor"] = json!(evil);
    messages[1]["params"]["title"] = json!(evil);
    messages.push(console(evil));
    messages.push(json!(evil));
    messages.push(sent("9", &format!("http://shop.test/{evil}"), 12.0));
    let (_data, path) = stored(&compressed(&messages), &[]);
    for arguments in [&[][..], &["--json"]] {
        let (code, out, err) = run(replay(arguments).arg(&path));
        assert_eq!(code, 3, "{err}");
        let harmless = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
        assert!(out.chars().all(harmless) && err.chars().all(harmless), "{out:?}");
    }
    let (code, _, err) = replay_bytes(json!(evil).to_string().as_bytes(), &[]);
    assert_eq!(code, 1);
    assert!(err.chars().all(|c| c == '\n' || !c.is_control()), "{err:?}");
}

#[test]
fn odd_texts_cost_no_more_than_themselves() {
    let long = "ž".repeat(1_000_000);
    let mut lines: Vec<Vec<u8>> = recording().iter().map(|message| message.to_string().into_bytes()).collect();
    lines.push(br#"{"method":"Log.entryAdded","params":{"entry":{"level":"error","text":"\ud83d \udc00\udc00 \ud83d\ude00"}}}"#.to_vec());
    lines.push(
        b"{\"method\":\"Log.entryAdded\",\"params\":{\"entry\":{\"level\":\"error\",\"text\":\"\xFF\xC3\"}}}".to_vec(),
    );
    lines.push(console(&long).to_string().into_bytes());
    lines.push(sent("4", &format!("http://shop.test/{long}"), 13.0).to_string().into_bytes());
    let deep = format!(
        "{{\"method\":\"Log.entryAdded\",\"params\":{{\"entry\":{}}}}}",
        "[".repeat(100_000) + &"]".repeat(100_000)
    );
    lines.push(deep.into_bytes());
    lines.push(console("last").to_string().into_bytes());
    let (code, out, err) = replay_bytes(&lines.join(b"\n".as_slice()), &[]);
    assert_eq!((code, err.as_str()), (4, ""), "{out}");
    assert!(out.contains("       4       1     2.1 kB        5       5  (all)\n"), "{out}");
    assert!(out.contains("recursion"), "{out}");
    assert!(out.contains("not UTF-8, read with replacement characters"), "{out}");
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn a_reader_that_has_enough_is_no_error() {
    let many: Vec<Value> = (0..20_000).map(|n| console(&format!("error {n}"))).collect();
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    fs::write(&log, compressed(&many)).unwrap();
    let mut child = replay(&["--json"]).arg(&log).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// How many requests a log tells of by http(s).
fn requests(log: &Path) -> usize {
    let mut reader = LogReader::new(fs::File::open(log).unwrap());
    let mut requests = 0;
    while let Some(entry) = reader.next().unwrap() {
        let Entry::Message { message, .. } = entry else { panic!("{}: {entry:?}", log.display()) };
        if let canarytrace::devtools::protocol::Event::RequestWillBeSent(sent) = &message.event {
            let url = sent.request.get().map_or("", |request| request.url.text());
            requests += usize::from(url.starts_with("http://") || url.starts_with("https://"));
        }
    }
    requests
}

fn is_replayed_whole(log: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let har = folder.path().join("out.har");
    let (code, out, err) = run(replay(&["--json", "--har", har.to_str().unwrap()]).arg(log));
    assert_eq!((code, err.as_str()), (0, ""), "{}", log.display());
    let documents = documents(&out);
    assert_eq!(documents.last().unwrap()["log"]["damaged"], 0, "{}", log.display());
    let is_http =
        |url: &Value| url.as_str().is_some_and(|url| url.starts_with("http://") || url.starts_with("https://"));
    let logged = documents.iter().filter(|document| is_http(&document["url"]) && document["dataset"] == "request-log");
    let har: Value = serde_json::from_slice(&fs::read(&har).unwrap()).unwrap();
    let entries = har["log"]["entries"].as_array().unwrap().iter().filter(|entry| is_http(&entry["request"]["url"]));
    let (logged, entries) = (logged.count(), entries.count());
    assert!(logged >= requests(log), "{}: {logged} documents of {} requests", log.display(), requests(log));
    assert_eq!(logged, entries, "{}", log.display());
}

#[test]
fn logs_of_real_sites_are_replayed_whole() {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("../shared/cdp-logs");
    let folder = std::env::var_os("CANARYTRACE_CDP_LOGS").map_or_else(beside, PathBuf::from);
    let mut logs = files(&folder, "json");
    logs.retain(|log| !log.ends_with("chrome-har-reference.json"));
    if logs.is_empty() {
        eprintln!("NOT TESTED: no logs in {} (CANARYTRACE_CDP_LOGS names another folder)", folder.display());
        return;
    }
    for log in &logs {
        is_replayed_whole(log);
    }
}

#[test]
fn recorded_logs_are_replayed_whole() {
    let logs = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/cdp"), "zst");
    assert!(!logs.is_empty(), "the fixtures are part of the repository");
    for log in &logs {
        is_replayed_whole(log);
    }
}
