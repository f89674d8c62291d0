//! No message of the browser is lost: what the installed Chromium sends over the socket, and what a recording keeps of it.
//!
//! A driver of our own runs "in the pod", behind two taps: one tells the runner an address of `DevTools` (`se:cdp`) at
//! which the other one listens, and that one notes every byte that the browser sends.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use canarytrace::devtools::protocol::{Event, Message};
use canarytrace::record::Redactor;
use canarytrace_tests::runner::{Runner, kill, processes_below};
use rustix::process::Signal;
use serde_json::Value;

/// Domains that a recording switches on.
const DOMAINS: &[&str] = &["Console", "Log", "Network", "Page", "Runtime", "Target"];

/// Events of these domains of which nothing is made: their text is in the log.
const KEPT_AS_TEXT: &[&str] = &[
    "Network.policyUpdated",
    "Page.compilationCacheProduced",
    "Page.documentOpened",
    "Page.downloadProgress",
    "Page.downloadWillBegin",
    "Page.frameClearedScheduledNavigation",
    "Page.frameResized",
    "Page.frameScheduledNavigation",
    "Page.frameStartedNavigating",
    "Page.frameSubtreeWillBeDetached",
    "Page.javascriptDialogClosed",
    "Page.javascriptDialogOpening",
    "Page.windowOpen",
    "Runtime.executionContextsCleared",
    "Runtime.inspectRequested",
];

/// A chromedriver that ends with the test, with everything it started.
struct Driver {
    child: Child,
    home: tempfile::TempDir,
    port: u16,
}

impl Driver {
    fn start() -> Self {
        let home = tempfile::Builder::new().prefix("ct").tempdir_in("/tmp").unwrap();
        let child = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed");
        let mut driver = Self { child, home, port: 0 };
        let mut output = BufReader::new(driver.child.stdout.take().unwrap());
        let mut line = String::new();
        while driver.port == 0 {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "chromedriver told no port");
            if let Some((_, port)) = line.trim_end().trim_end_matches('.').rsplit_once("on port ") {
                driver.port = port.parse().unwrap();
            }
        }
        // Read on, so that it never waits for us.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        driver
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        for pid in processes_below(self.home.path(), "") {
            kill(pid, Signal::KILL);
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// The head of an HTTP message, up to the empty line, and its body.
fn http_message(stream: &mut BufReader<TcpStream>) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

fn listen() -> (TcpListener, u16) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn connect(port: u16) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap()
}

/// A WebDriver server that passes everything on to the driver, and tells another address of `DevTools`.
fn tapped_driver(driver: u16, noted: Arc<Mutex<Vec<u8>>>) -> u16 {
    let (listener, port) = listen();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let noted = noted.clone();
            std::thread::spawn(move || pass_on(client, driver, &noted));
        }
    });
    port
}

fn pass_on(mut client: TcpStream, driver: u16, noted: &Arc<Mutex<Vec<u8>>>) {
    let mut requests = BufReader::new(client.try_clone().unwrap());
    let mut server = connect(driver);
    let mut replies = BufReader::new(server.try_clone().unwrap());
    while let Some((head, body)) = http_message(&mut requests) {
        server.write_all(&[head.as_bytes(), &body].concat()).unwrap();
        let Some((mut reply_head, mut reply)) = http_message(&mut replies) else { return };
        if head.starts_with("POST /session HTTP") {
            let mut session: Value = serde_json::from_slice(&reply).unwrap();
            let capabilities = &mut session["value"]["capabilities"];
            let address = capabilities["goog:chromeOptions"]["debuggerAddress"].as_str().expect("it starts").to_owned();
            let (_, port) = address.rsplit_once(':').unwrap();
            let (tap, path) = tapped_devtools(port.parse().unwrap(), noted.clone());
            capabilities["se:cdp"] = format!("ws://127.0.0.1:{tap}{path}").into();
            reply = session.to_string().into_bytes();
            let lines = reply_head.lines().filter(|line| !line.to_lowercase().starts_with("content-length"));
            let lines: Vec<String> = lines.filter(|line| !line.is_empty()).map(str::to_owned).collect();
            reply_head = format!("{}\r\nContent-Length: {}\r\n\r\n", lines.join("\r\n"), reply.len());
        }
        if client.write_all(&[reply_head.as_bytes(), &reply].concat()).is_err() {
            return;
        }
    }
}

/// Passes one connection on to the browser's `DevTools`, and notes what the browser sends. Returns its port, and the path
/// of the browser's websocket.
fn tapped_devtools(browser: u16, noted: Arc<Mutex<Vec<u8>>>) -> (u16, String) {
    let mut asking = connect(browser);
    write!(asking, "GET /json/version HTTP/1.1\r\nHost: 127.0.0.1:{browser}\r\n\r\n").unwrap();
    let (_, version) = http_message(&mut BufReader::new(asking)).unwrap();
    let version: Value = serde_json::from_slice(&version).unwrap();
    let url: url::Url = version["webSocketDebuggerUrl"].as_str().unwrap().parse().unwrap();
    let (listener, port) = listen();
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = connect(browser);
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        std::thread::spawn(move || {
            _ = std::io::copy(&mut from_client, &mut to_server);
            _ = to_server.shutdown(std::net::Shutdown::Both);
        });
        let mut buffer = vec![0; 65536];
        while let Ok(count @ 1..) = server.read(&mut buffer) {
            noted.lock().unwrap().extend_from_slice(&buffer[..count]);
            if client.write_all(&buffer[..count]).is_err() {
                return;
            }
        }
        _ = client.shutdown(std::net::Shutdown::Both);
    });
    (port, url.path().to_owned())
}

/// The text messages of a server's side of a websocket (RFC 6455), from its answer to the handshake on.
fn websocket_texts(bytes: &[u8]) -> Vec<String> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an answer to the handshake") + 4;
    let mut rest = &bytes[head..];
    let mut texts = Vec::new();
    let mut message = Vec::new();
    while let [first, second, tail @ ..] = rest {
        let (length, size) = match second & 0x7F {
            126 => (tail.get(..2).map(|size| usize::from(u16::from_be_bytes(size.try_into().unwrap()))), 2),
            127 => (tail.get(..8).map(|size| u64::from_be_bytes(size.try_into().unwrap()).try_into().unwrap()), 8),
            short => (Some(usize::from(short)), 0),
        };
        // The connection may have ended within a frame.
        let Some(payload) = length.and_then(|length| tail.get(size..size + length)) else { break };
        rest = &tail[size + payload.len()..];
        if matches!(first & 0x0F, 0 | 1) {
            message.extend_from_slice(payload);
            if first & 0x80 != 0 {
                texts.push(String::from_utf8(std::mem::take(&mut message)).expect("a text is UTF-8"));
            }
        }
    }
    texts
}

/// The message, with U+FFFD for half of a surrogate pair, which scripts can send and JSON's readers refuse.
fn original(text: &str) -> Value {
    let mut parts = text.split("\\u");
    let mut readable = parts.next().unwrap_or_default().to_owned();
    let mut parts = parts.peekable();
    let unit = |part: &str| part.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    while let Some(part) = parts.next() {
        let is_escape = readable.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0;
        match unit(part) {
            Some(0xD800..=0xDBFF)
                if is_escape
                    && part.len() == 4
                    && parts.peek().copied().and_then(unit).is_some_and(|low| (0xDC00..=0xDFFF).contains(&low)) =>
            {
                readable.push_str("\\u");
                readable.push_str(part);
                readable.push_str("\\u");
                readable.push_str(parts.next().unwrap_or_default());
            }
            Some(0xD800..=0xDFFF) if is_escape => {
                readable.push_str("\\ufffd");
                readable.push_str(&part[4..]);
            }
            _ => {
                readable.push_str("\\u");
                readable.push_str(part);
            }
        }
    }
    serde_json::from_str(&readable).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Where `part` says something else than `whole`.
fn differences(path: &str, part: &Value, whole: &Value, found: &mut Vec<String>) {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            for (key, value) in part {
                let path = format!("{path}.{key}");
                match whole.get(key) {
                    Some(original) => differences(&path, value, original, found),
                    None => found.push(format!("{path} is {value} and was not there")),
                }
            }
        }
        (Value::Array(part), Value::Array(whole)) if part.len() == whole.len() => {
            for (index, (value, original)) in part.iter().zip(whole).enumerate() {
                differences(&format!("{path}[{index}]"), value, original, found);
            }
        }
        (Value::Number(part), Value::Number(whole)) if part.as_f64() == whole.as_f64() => {}
        (part, whole) if part == whole => {}
        _ => found.push(format!("{path} is {part} and was {whole}")),
    }
}

#[test]
fn every_message_of_the_browser_is_recorded_and_read_as_it_is() {
    let driver = Driver::start();
    let noted = Arc::new(Mutex::new(Vec::new()));
    let port = tapped_driver(driver.port, noted.clone());
    let run = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .monitor("visits_every_practice_page")
        .env("WEBDRIVER_URL", format!("http://127.0.0.1:{port}"))
        .env("CANARYTRACE_BROWSER_ARGS", "--no-sandbox --disable-dev-shm-usage")
        .env("CANARYTRACE_CDP_LOG", "always")
        .env("CANARYTRACE_USAGE", "allow")
        .env("WAIT_FOR_TIMEOUT", "30s")
        .run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let summary = run.document("summary", |_| true);
    // Of a browser that does not run here, what it costs is not seen; that is said once.
    let usage = run.documents("usage");
    assert!(usage.len() > 2 && usage.iter().all(|document| document.get("browser").is_none()), "{usage:#?}");
    assert!(usage.iter().all(|document| document["own"]["cpuTime"].as_f64() > Some(0.0)), "{usage:#?}");
    assert_eq!(run.stderr.matches("processor time and memory of the browser could not be").count(), 1, "{run:#?}");
    let end = run.document("report", |document| document["event"] == "testEnd");
    let log = run.runs()[0].join(end["attachments"][0].as_str().expect("the log is an attachment"));
    let log = zstd::decode_all(std::fs::File::open(log).unwrap()).unwrap();
    let log = String::from_utf8(log).unwrap();
    let is_ours = |line: &&str| line.contains(r#""method":"Canarytrace."#);
    let (ours, kept): (Vec<&str>, Vec<&str>) = log.lines().partition(is_ours);
    assert!(ours[0].contains("Canarytrace.recordingStarted"), "{}", ours[0]);
    assert!(ours[ours.len() - 1].contains("Canarytrace.recordingEnded"), "{}", ours[ours.len() - 1]);
    assert_eq!(summary["recording"]["seen"], kept.len(), "{summary}");
    assert_eq!(summary["recording"]["missed"], 0, "{summary}");

    // What the socket carried, from the recording's first message to its last, is the log.
    let sent = websocket_texts(&noted.lock().unwrap());
    let redactor = Redactor::default();
    let sent: Vec<&String> = sent.iter().filter(|text| !text.starts_with(r#"{"id":"#)).collect();
    let masked: Vec<_> = sent.iter().map(|text| redactor.message(text)).collect();
    let start = masked.iter().position(|text| text == kept[0]).expect("the first message kept was sent");
    for (index, (kept, sent)) in kept.iter().zip(&masked[start..]).enumerate() {
        assert_eq!(*kept, sent, "message {index} is another one");
    }
    assert!(start + kept.len() <= sent.len());
    let words: Vec<&&str> = kept.iter().filter(|text| text.contains("the last words")).collect();
    assert!(words.iter().any(|text| text.contains("Runtime.consoleAPICalled")), "the end is missing: {words:#?}");

    // And it is read as it is.
    let mut wrong = Vec::new();
    let mut methods = BTreeMap::<String, usize>::new();
    for text in &sent[start..start + kept.len()] {
        let original = original(text);
        let message = Message::parse(text).unwrap();
        *methods.entry(message.method.to_string()).or_default() += 1;
        // A script's own null is no surprise.
        let debug = format!("{message:?}").replace("value: Odd(Null)", "");
        if debug.contains("Odd(") {
            wrong.push(format!("{debug} of {text}"));
        }
        if message.event != Event::Other {
            differences(&message.method, &serde_json::to_value(&message).unwrap(), &original, &mut wrong);
        }
    }
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unknown: Vec<&String> = methods
        .keys()
        .filter(|method| method.split_once('.').is_some_and(|(domain, _)| DOMAINS.contains(&domain)))
        .filter(|method| !Event::METHODS.contains(&method.as_str()) && !KEPT_AS_TEXT.contains(&method.as_str()))
        .collect();
    assert!(unknown.is_empty(), "neither read nor known: {unknown:?}");

    // Of everything that makes requests or writes to the console.
    let kinds: BTreeSet<String> = kept
        .iter()
        .filter(|text| text.contains("Target.attachedToTarget"))
        .map(|text| serde_json::from_str::<Value>(text).unwrap()["params"]["targetInfo"]["type"].to_string())
        .collect();
    for kind in ["iframe", "page", "service_worker", "worker"] {
        assert!(kinds.contains(&format!("\"{kind}\"")), "nothing of a {kind}: {kinds:?}");
    }
    for method in ["Log.entryAdded", "Console.messageAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"] {
        assert!(methods.contains_key(method), "no {method}: {methods:#?}");
    }
}
