//! The practice site as a child process: that it serves, and that it never outlives who started it.
//!
//! `site::start` starts the running executable once more, so this one has a main of its own. Its tests also play the
//! part of a parent that dies, in a process of its own, which is this executable a third time.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use canarytrace::record::{Failure, FailureKind, Fault};
use canarytrace::site::{self, CHILD_VARIABLE, SiteProcess};
use libtest_mimic::{Arguments, Trial};
use tokio::runtime::Runtime;

/// Which part a process plays that is no test.
const PART: &str = "PRACTICE_SITE_TEST_PART";

/// For conditions that come true within ms unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(30);

fn main() {
    let part = std::env::var(PART).unwrap_or_default();
    if part != "ignores the variable" {
        site::serve_if_child();
    }
    match part.as_str() {
        "" => libtest_mimic::run(&Arguments::from_args(), tests()).exit(),
        "waits" => start_and_tell(|| {
            let _ = std::io::stdin().read(&mut [0]);
        }),
        "exits" => start_and_tell(|| std::process::exit(7)),
        "panics" => start_and_tell(|| panic!("on purpose")),
        "ignores the variable" => match runtime().block_on(site::start(0)) {
            Ok(_) => println!("no failure"),
            Err(failure) => println!("{}", failure.message.replace('\n', " ")),
        },
        unknown => panic!("{PART} is {unknown}"),
    }
}

/// Plays a parent: starts a site, says where it is and under which id, and goes on as told without ending it.
fn start_and_tell(then: impl FnOnce()) {
    runtime().block_on(async {
        let site = site::start(0).await.unwrap();
        println!("{} {}", site.url(), site.id().unwrap());
        then();
        drop(site);
    });
}

fn tests() -> Vec<Trial> {
    macro_rules! trials {
        ($($name:ident),* $(,)?) => {
            vec![$(Trial::test(stringify!($name), || {
                $name();
                Ok(())
            })),*]
        };
    }
    trials![
        it_serves_from_a_process_of_its_own_until_it_is_stopped,
        it_has_two_threads_and_another_process_group,
        a_dropped_site_ends,
        it_ends_when_its_parent_is_killed,
        it_ends_when_its_parent_exits_or_panics_without_stopping_it,
        two_sites_run_beside_each_other,
        every_page_says_what_it_is_for_and_refers_only_to_what_is_there,
        a_fault_that_one_visitor_switches_on_is_not_another_visitors,
        api_answers_are_json_with_the_status_they_say,
        a_websocket_handshake_is_answered,
        a_large_body_is_streamed_in_little_memory,
        a_port_in_use_is_a_failure_that_says_what_to_do,
        a_port_that_is_none_is_a_failure_of_the_child,
        an_executable_that_does_not_become_the_site_is_told_how,
    ]
}

fn it_serves_from_a_process_of_its_own_until_it_is_stopped() {
    let runtime = runtime();
    let site = start(&runtime);
    let (address, id) = (address(site.url().as_str()), site.id().unwrap());
    assert_ne!(id, std::process::id());
    assert!(address.ip().is_loopback());
    let page = get(address, "/");
    assert!(page.starts_with("HTTP/1.1 200 OK") && page.contains("<title>Practice shop</title>"), "{page}");
    runtime.block_on(site.stop());
    assert!(!Path::new(&format!("/proc/{id}")).exists(), "it is gone and was waited for");
    assert!(TcpStream::connect(address).is_err());
}

fn it_has_two_threads_and_another_process_group() {
    let runtime = runtime();
    let site = start(&runtime);
    let address = address(site.url().as_str());
    for path in ["/", "/search?q=desk", "/products/lamp", "/faults/", "/pictures/mug.svg"] {
        assert!(get(address, path).starts_with("HTTP/1.1 200"), "{path}");
    }
    let id = site.id().unwrap();
    if cfg!(target_os = "linux") {
        let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap().count();
        assert_eq!(threads, 2, "one serves, one watches the parent");
        assert_eq!(stat(id).unwrap().group, id, "Ctrl+C in the terminal does not reach it");
    }
    runtime.block_on(site.stop());
}

fn a_dropped_site_ends() {
    let runtime = runtime();
    let site = start(&runtime);
    let (address, id) = (address(site.url().as_str()), site.id().unwrap());
    runtime.block_on(async { drop(site) });
    wait_until_gone(id, address);
}

fn it_ends_when_its_parent_is_killed() {
    let (mut parent, address, id) = play("waits");
    assert!(get(address, "/").starts_with("HTTP/1.1 200"));
    // A request that is still being answered must not keep it alive.
    let mut stalled = TcpStream::connect(address).unwrap();
    stalled.write_all(b"GET /faults/never-answers HTTP/1.1\r\nhost: practice\r\n\r\n").unwrap();
    assert!(is_running(id));
    // SIGKILL, which no process can prepare for.
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until_gone(id, address);
}

fn it_ends_when_its_parent_exits_or_panics_without_stopping_it() {
    for (part, code) in [("exits", 7), ("panics", 101)] {
        let (mut parent, address, id) = play(part);
        assert_eq!(wait(&mut parent).code(), Some(code));
        wait_until_gone(id, address);
    }
}

fn two_sites_run_beside_each_other() {
    let runtime = runtime();
    let (one, other) = (start(&runtime), start(&runtime));
    let other_address = address(other.url().as_str());
    assert_ne!(address(one.url().as_str()), other_address);
    runtime.block_on(one.stop());
    assert!(get(other_address, "/").starts_with("HTTP/1.1 200"), "the end of one is not the other's");
    runtime.block_on(other.stop());
}

fn every_page_says_what_it_is_for_and_refers_only_to_what_is_there() {
    /// What is not there on purpose.
    const MISSING: [&str; 3] = ["/assets/missing.css", "/assets/missing.js", "/pictures/missing.svg"];
    /// What never ends, breaks off, or fails, on purpose.
    const UNREADABLE: [&str; 8] = [
        "/faults/never-answers",
        "/faults/never-ends/picture.svg",
        "/faults/redirect-loop",
        "/faults/basic-auth",
        "/faults/status/500",
        "/faults/status/503",
        "/faults/redirect/3",
        "/practice/download/broken.txt",
    ];
    let runtime = runtime();
    let site = start(&runtime);
    let address = address(site.url().as_str());
    let indexes = ["/practice/", "/faults/", "/calibration/", "/api/", "/switchboard", "/"];
    let mut known: BTreeSet<String> = indexes.map(str::to_owned).into();
    let mut open: Vec<String> = known.iter().cloned().collect();
    let mut listed = 0;
    let mut recorded = 0;
    while let Some(path) = open.pop() {
        // Forms, pages of the API and files are looked at, but not searched for more.
        let answer = get(address, &path);
        let status = &answer[9..12];
        let right = match path.as_str() {
            "/api/status/503" => "503",
            "/api/login" => "405",
            "/api/me" => "401",
            "/api/redirect/2" => "302",
            path if MISSING.contains(&path) => "404",
            path if path.starts_with("/switchboard/") || path.starts_with("/practice/storage/cookie") => "303",
            "/checkout" => "303",
            _ => "200",
        };
        assert_eq!(status, right, "{path}");
        if right != "200" || !answer.contains("content-type: text/html") {
            continue;
        }
        assert!(answer.contains(r#"data-test="page-purpose""#), "{path} says what it is for");
        assert!(answer.contains("<h1"), "{path} has a heading");
        if path.starts_with("/practice/recording/") {
            assert!(answer.contains(r#"<output data-test="done" aria-label="State">working</output>"#), "{path}");
            recorded += 1;
        }
        listed += 1;
        for reference in references(&answer) {
            if !UNREADABLE.contains(&reference.as_str()) && reference != "/api/gzip" && known.insert(reference.clone())
            {
                open.push(reference);
            }
        }
    }
    assert!(listed > 80, "{listed} pages were found");
    assert_eq!(recorded, 11, "each page of the recording's group, and the one of them that is also in a frame");
    runtime.block_on(site.stop());
}

/// The addresses on this site in `href` and `src` attributes, without what stands behind `#`.
fn references(page: &str) -> Vec<String> {
    ["href=\"", "src=\""]
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .filter_map(|rest| rest.split(['"', '#']).next())
        .filter(|address| address.starts_with('/'))
        .map(|address| address.replace("&amp;", "&"))
        .collect()
}

fn a_fault_that_one_visitor_switches_on_is_not_another_visitors() {
    let runtime = runtime();
    let site = start(&runtime);
    let address = address(site.url().as_str());
    let set = get(address, "/switchboard/set?fault=price-missing,cookie-banner&next=/products/lamp");
    assert!(set.starts_with("HTTP/1.1 303") && set.contains("location: /products/lamp"), "{set}");
    let cookie = set.split_once("set-cookie: ").unwrap().1.split(';').next().unwrap().to_owned();
    let page = get_with(address, "/products/lamp", &format!("cookie: {cookie}\r\n"));
    assert!(page.contains("Faults switched on: cookie-banner, price-missing") && !page.contains("€39.00"));
    let page = get(address, "/products/lamp");
    assert!(!page.contains("Faults switched on") && page.contains("€39.00"));
    runtime.block_on(site.stop());
}

fn api_answers_are_json_with_the_status_they_say() {
    let runtime = runtime();
    let site = start(&runtime);
    let address = address(site.url().as_str());
    for (path, status, part) in [
        ("/api/products/lamp", "200", r#""name":"Desk lamp""#),
        ("/api/products/gold", "404", r#""error":"#),
        ("/api/status/503", "503", r#""status":503"#),
        ("/api/echo?a=b", "200", r#""query":{"a":"b"}"#),
        ("/api/me", "401", r#""error":"#),
        ("/api/none", "404", r#""error":"#),
        ("/api/slow?after=1", "200", r#"{"waited_ms":1}"#),
    ] {
        let answer = get(address, path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        assert!(answer.contains("content-type: application/json") && answer.contains(part), "{path}: {answer}");
    }
    runtime.block_on(site.stop());
}

fn a_websocket_handshake_is_answered() {
    let runtime = runtime();
    let site = start(&runtime);
    let address = address(site.url().as_str());
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    // Key and answer are the example of RFC 6455, section 1.3.
    let handshake = "GET /practice/websocket/echo HTTP/1.1\r\nhost: practice\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                     sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    connection.write_all(handshake.as_bytes()).unwrap();
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
    }
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    // The first step of the counter comes at once, as a text frame.
    let mut frame = [0; 2];
    reader.read_exact(&mut frame).unwrap();
    assert_eq!(frame[0], 0x81);
    runtime.block_on(site.stop());
}

fn a_large_body_is_streamed_in_little_memory() {
    let runtime = runtime();
    let site = start(&runtime);
    let mut connection = TcpStream::connect(address(site.url().as_str())).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    let request =
        "GET /practice/recording/body?bytes=200000000 HTTP/1.1\r\nhost: practice\r\nconnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).unwrap();
    let mut reader = BufReader::new(connection);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(reader.read_line(&mut head).unwrap(), 0, "{head}");
    }
    assert!(head.contains("content-length: 200000000"), "{head}");
    assert_eq!(std::io::copy(&mut reader, &mut std::io::sink()).unwrap(), 200_000_000);
    if cfg!(target_os = "linux") {
        let status = std::fs::read_to_string(format!("/proc/{}/status", site.id().unwrap())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak < 100_000, "{peak} kB");
    }
    runtime.block_on(site.stop());
}

fn a_port_in_use_is_a_failure_that_says_what_to_do() {
    let runtime = runtime();
    let site = start(&runtime);
    let port = address(site.url().as_str()).port();
    let failure = start_fails(&runtime, port);
    for part in [&format!("port {port} is in use"), "another practice shop answers there", "CANARYTRACE_SITE_PORT"] {
        assert!(failure.message.contains(part), "{part} is in {failure}");
    }
    runtime.block_on(site.stop());

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let failure = start_fails(&runtime, other.local_addr().unwrap().port());
    assert!(failure.message.contains("that is no web server, or a busy one"), "{failure}");
}

fn a_port_that_is_none_is_a_failure_of_the_child() {
    let child = Command::new(std::env::current_exe().unwrap())
        .env(CHILD_VARIABLE, "eighty")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(child.stdout).unwrap();
    assert_eq!(child.status.code(), Some(1), "{said}");
    assert!(said.starts_with("failed: ") && said.contains("“eighty”, which is no port"), "{said}");
}

fn an_executable_that_does_not_become_the_site_is_told_how() {
    let process = Command::new(std::env::current_exe().unwrap()).env(PART, "ignores the variable").output().unwrap();
    let said = String::from_utf8(process.stdout).unwrap();
    // What the process says of its child, whose own attempt was refused.
    assert!(said.contains("runs on instead of becoming the practice shop"), "{said}");
    assert!(said.matches("canarytrace::site::serve_if_child() before anything else").count() == 2, "{said}");
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn start(runtime: &Runtime) -> SiteProcess {
    runtime.block_on(site::start(0)).unwrap()
}

fn start_fails(runtime: &Runtime, port: u16) -> Failure {
    let failure = runtime.block_on(site::start(port)).expect_err("the port is in use");
    assert_eq!((failure.kind, failure.fault), (FailureKind::Harness, Fault::Harness));
    failure
}

/// Starts this executable in a part that starts a site: the process, and the address and id of its site.
fn play(part: &str) -> (Child, SocketAddr, u32) {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .env(PART, part)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(parent.stdout.take().unwrap()).read_line(&mut told).unwrap();
    let (url, id) = told.trim().split_once(' ').expect("the parent tells URL and id");
    (parent, address(url), id.parse().unwrap())
}

fn wait(process: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "{process:?} runs on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn wait_until_gone(id: u32, address: SocketAddr) {
    let deadline = Instant::now() + PATIENCE;
    while is_running(id) || TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline, "the site {id} still runs at {address}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

struct Stat {
    state: char,
    group: u32,
}

/// State and process group of a process, from `/proc/<id>/stat`.
fn stat(id: u32) -> Option<Stat> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it is in parentheses and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    let group = fields.nth(1)?.parse().ok()?;
    Some(Stat { state, group })
}

/// Whether a process runs. One that has ended but was not waited for by its new parent does not.
fn is_running(id: u32) -> bool {
    stat(id).is_some_and(|stat| !['Z', 'X'].contains(&stat.state))
}

fn address(url: &str) -> SocketAddr {
    url.trim_start_matches("http://").trim_end_matches('/').parse().unwrap()
}

fn get(address: SocketAddr, path: &str) -> String {
    get_with(address, path, "")
}

fn get_with(address: SocketAddr, path: &str, headers: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    connection.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(connection, "GET {path} HTTP/1.1\r\nhost: practice\r\nconnection: close\r\n{headers}\r\n").unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}
