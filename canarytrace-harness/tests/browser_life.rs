//! The life of a browser, with the real Chromium and chromedriver: started, died, ended, installed, cleaned up.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use canarytrace::browser::Health;
use canarytrace::browser::launch::{Launched, Notices, launch};
use canarytrace::browser::{install, leftovers};
use canarytrace::config::{BasicAuth, Config, Device, Target};
use canarytrace::devtools::{CdpError, Received};
use canarytrace::record::{Failure, FailureKind, Fault};
use rustix::process::{Pid, Signal};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

#[path = "support/server.rs"]
mod server;

use server::{Answer, Server};

/// All options at their defaults, with the cache in `cache`, and a browser and its driver on the machine.
fn config(cache: &Path) -> Config {
    install_browser();
    defaults(cache)
}

/// All options at their defaults, with the cache in `cache`, whatever is on the machine.
fn defaults(cache: &Path) -> Config {
    let mut config = Config::from_parts([], None).expect("the defaults are right");
    cache.clone_into(&mut config.cache);
    config
}

fn install_browser() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        // On a thread of its own: the caller's runtime can't wait within itself.
        let install = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let config = Config::from_parts([], None).expect("the defaults are right");
            runtime.block_on(install::ready(&config, &silent())).expect("a browser is there, or can be installed");
        };
        std::thread::spawn(install).join().expect("it is installed");
    });
}

fn silent() -> Notices {
    Arc::new(|_line| {})
}

async fn start(config: &Config) -> Launched {
    launch(config, config.device, &silent()).await.expect("the browser starts")
}

/// The folder of the run, from the arguments given to the browser.
fn folder(launched: &Launched) -> PathBuf {
    let profile = launched.facts.args.iter().find_map(|arg| arg.strip_prefix("--user-data-dir=")).expect("a profile");
    Path::new(profile).parent().expect("in a folder").to_owned()
}

/// Numbers and command lines of the processes that name `text` in their command line or environment.
fn processes_with(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let read = |file: &str| fs::read(entry.path().join(file)).unwrap_or_default();
        let all = [read("cmdline"), read("environ")].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if all.iter().any(|bytes| bytes.contains(text)) {
            found.push(format!("{} {}", entry.file_name().display(), all[0].replace('\0', " ")));
        }
    }
    found
}

fn assert_nothing_left(folder: &Path) {
    let left = processes_with(folder.to_str().expect("a readable path"));
    assert!(left.is_empty(), "processes left: {left:#?}");
    assert!(!folder.exists(), "{} is still there", folder.display());
}

/// Every process of the run that writes its folder into its arguments or environment.
fn pids(folder: &Path) -> Vec<i32> {
    let text = folder.to_str().expect("a readable path");
    processes_with(text).iter().filter_map(|line| line.split(' ').next()?.parse().ok()).collect()
}

/// The process of the run whose command line starts with `program` and has no `--type=`: driver or browser.
fn pid_of(folder: &Path, program: &str) -> Pid {
    let text = folder.to_str().expect("a readable path");
    let lines = processes_with(text);
    let line = lines
        .iter()
        .find(|line| line.split(' ').nth(1).is_some_and(|path| path.ends_with(program)) && !line.contains("--type="))
        .unwrap_or_else(|| panic!("no {program} in {lines:#?}"));
    Pid::from_raw(line.split(' ').next().unwrap().parse().unwrap()).unwrap()
}

fn kill(pid: Pid) {
    rustix::process::kill_process(pid, Signal::KILL).expect("it lives");
}

/// Waits until the browser is known to be dead.
async fn death(launched: &Launched) -> Failure {
    let mut health = launched.health.clone();
    let dead = health.wait_for(|health| *health != Health::Alive);
    let health = tokio::time::timeout(Duration::from_secs(20), dead).await.expect("the death is noticed").unwrap();
    match &*health {
        Health::Dead(failure) => failure.clone(),
        Health::Alive => unreachable!("waited for the opposite"),
    }
}

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

async fn refused(config: &Config) -> Failure {
    launch(config, config.device, &silent()).await.expect_err("this must not start")
}

async fn evaluate(launched: &Launched, script: &str) -> Value {
    launched.client.execute(&format!("return {script}"), Vec::new()).await.expect("the script runs")
}

#[tokio::test]
async fn a_browser_shows_an_empty_page_of_the_promised_size_and_leaves_nothing_when_closed() {
    let cache = tempfile::tempdir().unwrap();
    let launched = start(&config(cache.path())).await;
    let folder = folder(&launched);
    let pids = pids(&folder);
    assert!(pids.len() > 5, "{pids:?}");
    assert_eq!(
        evaluate(&launched, "[location.href, innerWidth, innerHeight, devicePixelRatio, screen.width, screen.height]")
            .await,
        json!(["about:blank", 1920, 1080, 1, 1920, 1080])
    );
    assert_eq!(launched.devtools.target_id(), String::from(launched.client.window().await.unwrap()));
    assert_eq!(*launched.health.borrow(), Health::Alive);
    assert_eq!(launched.facts.browser_name, "chrome");
    assert_eq!(launched.facts.browser_version.split('.').next(), launched.facts.driver_version.split('.').next());
    launched.close().await;
    assert_nothing_left(&folder);
    // Zombies have no command line to be found by, but they have a number. The last ones may take a moment.
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let zombies: Vec<_> = pids.iter().filter(|pid| Path::new(&format!("/proc/{pid}")).exists()).collect();
        if zombies.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "not reaped: {zombies:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_browser_that_is_dropped_or_killed_by_its_handle_leaves_nothing() {
    let cache = tempfile::tempdir().unwrap();
    let (first, second) = (start(&config(cache.path())).await, start(&config(cache.path())).await);
    let folders = [folder(&first), folder(&second)];
    assert_ne!(folders[0], folders[1]);
    drop(first);
    assert_nothing_left(&folders[0]);
    let killer = second.killer();
    std::thread::spawn(move || killer.kill_now()).join().unwrap();
    assert_nothing_left(&folders[1]);
    second.close().await;
}

#[tokio::test]
async fn a_killed_driver_is_noticed_and_its_browser_goes_too() {
    let cache = tempfile::tempdir().unwrap();
    let launched = start(&config(cache.path())).await;
    let folder = folder(&launched);
    kill(pid_of(&folder, "chromedriver"));
    let failure = death(&launched).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::BrowserCrash, Fault::Browser));
    assert!(failure.message.starts_with("chromedriver ended unexpectedly (signal: 9"), "{failure}");
    launched.close().await;
    assert_nothing_left(&folder);
}

#[tokio::test]
async fn a_killed_browser_is_noticed_and_fails_calls_that_wait() {
    let cache = tempfile::tempdir().unwrap();
    let launched = start(&config(cache.path())).await;
    let folder = folder(&launched);
    let devtools = launched.devtools.clone();
    let never = json!({ "expression": "new Promise(() => {})", "awaitPromise": true });
    let waiting =
        tokio::spawn(async move { devtools.send_within(Duration::from_mins(10), "Runtime.evaluate", never).await });
    kill(pid_of(&folder, "chromium"));
    let failure = death(&launched).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::BrowserCrash, Fault::Browser));
    let error = tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it fails at once").unwrap();
    assert!(matches!(error, Err(CdpError::Closed { .. })), "{error:?}");
    let error = launched.devtools.send("Page.enable", json!({})).await;
    assert!(matches!(error, Err(CdpError::Closed { .. })), "{error:?}");
    launched.close().await;
    assert_nothing_left(&folder);
}

#[tokio::test]
async fn a_crashed_tab_is_noticed() {
    let cache = tempfile::tempdir().unwrap();
    let launched = start(&config(cache.path())).await;
    let folder = folder(&launched);
    let client = launched.client.clone();
    // Its answer is no matter: an error that doesn't say more than "tab crashed".
    let navigation = tokio::spawn(async move { client.goto("chrome://crash").await });
    let failure = death(&launched).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::BrowserCrash, Fault::Browser), "{failure}");
    assert!(failure.message.starts_with("the tab crashed"), "{failure}");
    launched.close().await;
    navigation.abort();
    assert_nothing_left(&folder);
}

#[tokio::test]
async fn a_tab_out_of_memory_is_told_from_one_that_crashed() {
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(cache.path());
    config.browser_args = vec!["--js-flags=--max-old-space-size=50".to_owned()];
    let launched = start(&config).await;
    let client = launched.client.clone();
    let greedy = "const all = []; while (true) all.push(new Array(1e5).fill(0).map((_, i) => ({ i })))";
    let script = tokio::spawn(async move { client.execute(greedy, Vec::new()).await });
    let failure = death(&launched).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::OutOfMemory, Fault::Browser), "{failure}");
    launched.close().await;
    script.abort();
}

#[tokio::test]
async fn a_named_file_that_is_missing_or_no_program_is_refused() {
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(cache.path());
    config.browser = Some(cache.path().join("no-such-browser"));
    let failure = refused(&config).await;
    assert_eq!(failure.kind, FailureKind::Harness);
    assert!(failure.message.contains("no-such-browser does not exist; correct CANARYTRACE_BROWSER"), "{failure}");

    let plain = cache.path().join("plain.txt");
    fs::write(&plain, "text").unwrap();
    config.browser = None;
    config.chromedriver = Some(plain);
    let failure = refused(&config).await;
    assert!(
        failure.message.contains("plain.txt is no file that can be executed; correct CANARYTRACE_CHROMEDRIVER"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_browser_that_crashes_at_start_is_told_with_its_last_words() {
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(cache.path());
    let text =
        "[ \"$1\" = --version ] && exec /usr/lib/chromium/chromium --version\necho 'the GPU caught fire' >&2\nexit 3";
    config.browser = Some(script(cache.path(), "burning", text));
    let failure = refused(&config).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::BrowserCrash, Fault::Browser));
    assert!(failure.message.contains("the GPU caught fire"), "{failure}");
    assert!(failure.message.contains("burning"), "{failure}");
}

#[tokio::test]
async fn a_program_that_tells_no_version_is_refused_with_what_it_wrote() {
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(cache.path());
    config.browser = Some(script(cache.path(), "mute", "echo 'cannot open shared object' >&2; exit 127"));
    let failure = refused(&config).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::Harness, Fault::Browser));
    assert!(failure.message.contains("mute does not tell its version"), "{failure}");
    assert!(failure.message.contains("cannot open shared object"), "{failure}");
}

#[tokio::test]
async fn browser_and_driver_of_different_major_versions_are_refused() {
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(cache.path());
    config.browser = Some(script(cache.path(), "old", "echo Chromium 99.0.4844.51"));
    let failure = refused(&config).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::Harness, Fault::Browser));
    for part in ["old is 99.0.4844.51", "chromedriver is 1", "CANARYTRACE_BROWSER", "CANARYTRACE_CHROMEDRIVER"] {
        assert!(failure.message.contains(part), "{part} is missing in: {failure}");
    }
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let cache = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = config(cache.path());
    config.driver_port = taken.local_addr().unwrap().port();
    let failure = refused(&config).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::Harness, Fault::Harness));
    assert!(failure.message.contains(&format!("port {}", config.driver_port)), "{failure}");
    assert!(failure.message.contains("CANARYTRACE_DRIVER_PORT"), "{failure}");
}

#[tokio::test]
async fn a_fixed_port_of_the_driver_is_used() {
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(cache.path());
    config.driver_port = free_port();
    let launched = start(&config).await;
    assert_eq!(launched.facts.webdriver_url, format!("http://127.0.0.1:{}/", config.driver_port));
    launched.close().await;
}

/// A port that is free now, and below those that the system gives to whoever asks for any.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 10_000).unwrap();
    loop {
        let port = 12_000 + (start + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

// ---- what the page and the server see

#[tokio::test]
async fn locale_timezone_user_agent_and_headers_reach_page_and_server() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(|_request| Answer::html("<title>x</title><img src=/image.png>")).await;
    let mut config = config(cache.path());
    config.locale = "cs-CZ".to_owned();
    config.timezone = Some("Asia/Tokyo".to_owned());
    config.user_agent = Some("Canary/1.0 (watching)".to_owned());
    config.headers = vec![("X-Canary".to_owned(), "sings".to_owned())];
    let launched = start(&config).await;
    launched.client.goto(&server.url("/")).await.unwrap();
    let seen = evaluate(
        &launched,
        "[navigator.language, navigator.languages, navigator.userAgent, new Date(0).getTimezoneOffset(), \
         Intl.DateTimeFormat().resolvedOptions().timeZone, Intl.DateTimeFormat().resolvedOptions().locale]",
    )
    .await;
    assert_eq!(seen, json!(["cs-CZ", ["cs-CZ", "cs"], "Canary/1.0 (watching)", -540, "Asia/Tokyo", "cs-CZ"]));
    for path in ["/", "/image.png"] {
        let request = server.request(path).await;
        assert_eq!(request.header("accept-language"), Some("cs-CZ,cs;q=0.9"), "{path}");
        assert_eq!(request.header("user-agent"), Some("Canary/1.0 (watching)"), "{path}");
        assert_eq!(request.header("x-canary"), Some("sings"), "{path}");
    }
    launched.close().await;
}

#[tokio::test]
async fn the_mobile_preset_is_a_phone_for_page_and_server() {
    let cache = tempfile::tempdir().unwrap();
    let page = "<meta name=viewport content='width=device-width, initial-scale=1'><title>x</title>";
    let server = Server::start(move |_request| Answer::html(page)).await;
    let mut config = config(cache.path());
    config.device = Device::Mobile;
    let launched = start(&config).await;
    launched.client.goto(&server.url("/")).await.unwrap();
    assert_eq!(
        evaluate(&launched, "[innerWidth, innerHeight, devicePixelRatio, 'ontouchstart' in window, screen.width]")
            .await,
        json!([360, 640, 2.625, true, 360])
    );
    let agent = evaluate(&launched, "navigator.userAgent").await;
    let agent = agent.as_str().unwrap();
    let major = launched.facts.browser_version.split('.').next().unwrap();
    assert!(
        agent.contains("Android") && agent.contains("Mobile") && agent.contains(&format!("Chrome/{major}.")),
        "{agent}"
    );
    let request = server.request("/").await;
    assert_eq!(request.header("user-agent"), Some(agent));
    assert_eq!(request.header("sec-ch-ua-mobile"), Some("?1"));
    launched.close().await;
}

#[tokio::test]
async fn the_password_goes_to_the_monitored_origin_and_to_nobody_else() {
    fn guarded(request: &server::Request, body: &str) -> Answer {
        // canary:s3cret
        match request.header("authorization") {
            Some("Basic Y2FuYXJ5OnMzY3JldA==") => Answer::html(body),
            _ => Answer::status(401).header("WWW-Authenticate", "Basic realm=\"x\"").body("<title>locked</title>"),
        }
    }
    let cache = tempfile::tempdir().unwrap();
    let stranger = Server::start(|request| guarded(request, "")).await;
    // Another site, which another port of the same host isn't: Chromium would ask a person for a password there.
    let image = stranger.url("/image.png").replace("127.0.0.1", "localhost");
    let server =
        Server::start(move |request| guarded(request, &format!("<title>open</title><img src='{image}'>"))).await;
    let mut config = config(cache.path());
    let target = server.url("/");
    config.base_urls = vec![Target { url: Ok(Url::parse(&target).unwrap()), text: target.clone() }];
    let auth = |password: &str| Some(BasicAuth { user: "canary".to_owned(), password: password.to_owned().into() });

    config.basic_auth = auth("s3cret");
    let launched = start(&config).await;
    launched.client.goto(&target).await.unwrap();
    assert_eq!(launched.client.title().await.unwrap(), "open");
    assert_eq!(stranger.request("/image.png").await.header("authorization"), None);
    launched.close().await;

    // A wrong one is tried once, and the page says what the server says.
    config.basic_auth = auth("wrong");
    let launched = start(&config).await;
    launched.client.goto(&target).await.unwrap();
    assert_eq!(launched.client.title().await.unwrap(), "locked");
    launched.close().await;
}

#[tokio::test]
async fn without_a_page_the_browser_asks_nothing_of_the_network() {
    let cache = tempfile::tempdir().unwrap();
    let log = cache.path().join("net.json");
    let server = Server::start(|_request| Answer::html("<title>x</title>")).await;
    let mut config = config(cache.path());
    config.browser_args = vec![format!("--log-net-log={}", log.display())];
    let launched = start(&config).await;
    launched.client.goto(&server.url("/")).await.unwrap();
    // An absence can only be watched for a while; all stray requests that were measured come within two seconds.
    tokio::time::sleep(Duration::from_secs(4)).await;
    launched.close().await;
    // The log has no proper end when the browser was ended before it wrote one.
    let text = fs::read_to_string(&log).unwrap();
    let strangers: Vec<&str> = text
        .split('"')
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .filter(|url| !url.starts_with("http://127.0.0.1"))
        .collect();
    assert!(text.contains(&server.url("/")), "the log must know the request of the page");
    assert!(strangers.is_empty(), "{strangers:#?}");
}

#[tokio::test]
async fn an_event_that_nobody_knows_reaches_the_subscribers_as_it_came() {
    let cache = tempfile::tempdir().unwrap();
    let launched = start(&config(cache.path())).await;
    let mut events = launched.devtools.connection().subscribe();
    launched.devtools.send("Runtime.enable", json!({})).await.unwrap();
    // Larger than the usual bounds of websocket libraries: 16 MB a frame, 64 MB a message.
    let big = json!({ "expression": "console.log('hello'); 'x'.repeat(70_000_000)", "returnByValue": true });
    let reply = launched.devtools.send_within(Duration::from_mins(1), "Runtime.evaluate", big).await.unwrap();
    assert_eq!(reply["result"]["value"].as_str().map(str::len), Some(70_000_000));
    let message = loop {
        match events.next().await {
            Some(Received::Event(event)) if event.method == "Runtime.consoleAPICalled" => break event,
            Some(_) => {}
            None => panic!("the connection was closed"),
        }
    };
    assert_eq!(message.session_id.as_deref(), Some(launched.devtools.id()));
    assert_eq!(message.params::<Value>().unwrap()["args"][0]["value"], "hello");
    assert!(message.text().contains("executionContextId"));
    let error = launched.devtools.send("Network.noSuchMethod", json!({})).await;
    assert!(matches!(&error, Err(CdpError::Refused { method, .. }) if method == "Network.noSuchMethod"), "{error:?}");
    launched.close().await;
}

// ---- a browser that runs beside us

/// A server of WebDriver that ends with the test.
struct WebDriverServer {
    child: Child,
    port: u16,
}

impl WebDriverServer {
    fn spawn(mut command: Command, port: u16) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("the server starts");
        Self { child, port }
    }
}

impl Drop for WebDriverServer {
    fn drop(&mut self) {
        if let Some(pid) = self.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).unwrap())) {
            _ = rustix::process::kill_process_group(pid, Signal::KILL);
        }
    }
}

fn in_pod(cache: &Path, server: &WebDriverServer) -> Config {
    let mut config = config(cache);
    config.webdriver_url = Some(Url::parse(&format!("http://127.0.0.1:{}", server.port)).unwrap());
    // Its container would run it as another user than root.
    config.browser_args = vec!["--no-sandbox".to_owned()];
    config
}

#[tokio::test]
async fn a_driver_in_the_pod_is_used_and_only_the_session_is_ended() {
    let home = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new("chromedriver");
    command.arg(format!("--port={port}")).env("HOME", home.path()).env("TMPDIR", home.path());
    let mut server = WebDriverServer::spawn(command, port);
    let mut config = in_pod(cache.path(), &server);
    config.timezone = Some("Asia/Tokyo".to_owned());

    let launched = start(&config).await;
    assert_eq!(
        evaluate(&launched, "[location.href, innerWidth, innerHeight, new Date(0).getTimezoneOffset()]").await,
        json!(["about:blank", 1920, 1080, -540])
    );
    launched.close().await;
    assert!(server.child.try_wait().unwrap().is_none(), "the driver isn't ours to end");

    // Dropped without a close, the session ends as well, and the next run gets its browser.
    drop(start(&config).await);
    let launched = start(&config).await;
    let pid = Pid::from_raw(i32::try_from(server.child.id().unwrap()).unwrap()).unwrap();
    kill(pid);
    let failure = death(&launched).await;
    assert_eq!(failure.kind, FailureKind::BrowserCrash, "{failure}");
    assert!(failure.message.contains("WebDriver server"), "{failure}");
    launched.close().await;
}

#[tokio::test]
async fn a_pod_without_a_browser_is_told_with_the_option() {
    let cache = tempfile::tempdir().unwrap();
    let mut config = config(cache.path());
    config.webdriver_url = Some(Url::parse(&format!("http://127.0.0.1:{}", free_port())).unwrap());
    config.wait_for_timeout = Duration::from_millis(300);
    let failure = refused(&config).await;
    assert_eq!((failure.kind, failure.fault), (FailureKind::Harness, Fault::Harness));
    assert!(failure.message.contains("WEBDRIVER_URL") && failure.message.contains("refused"), "{failure}");
}

/// The class path of a Selenium server from Maven Central, or why there is none.
async fn selenium() -> Result<String, String> {
    const POM: &str = "<project><modelVersion>4.0.0</modelVersion><groupId>t</groupId><artifactId>t</artifactId>\
        <version>1</version><dependencies><dependency><groupId>org.seleniumhq.selenium</groupId>\
        <artifactId>selenium-grid</artifactId><version>4.47.0</version></dependency></dependencies></project>";
    let cache = std::env::home_dir().ok_or("no home")?.join(".cache/canarytrace-tests/selenium-4.47.0");
    let file = cache.join("classpath.txt");
    if !file.exists() {
        fs::create_dir_all(&cache).map_err(|error| error.to_string())?;
        fs::write(cache.join("pom.xml"), POM).map_err(|error| error.to_string())?;
        let output = Command::new("mvn")
            .args(["-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath.new"])
            .current_dir(&cache)
            .output()
            .await
            .map_err(|error| format!("mvn: {error}"))?;
        if !output.status.success() {
            return Err(format!("mvn failed: {}", String::from_utf8_lossy(&output.stdout)));
        }
        fs::rename(cache.join("classpath.new"), &file).map_err(|error| error.to_string())?;
    }
    let java = Command::new("java").arg("-version").output().await;
    java.map_err(|error| format!("java: {error}"))?;
    fs::read_to_string(&file).map_err(|error| error.to_string())
}

#[tokio::test]
async fn a_selenium_server_is_used_through_its_own_devtools_address() {
    let class_path = match selenium().await {
        Ok(class_path) => class_path,
        Err(why) => {
            assert!(std::env::var_os("CI").is_none(), "no Selenium server to test with: {why}");
            eprintln!("NOT TESTED: a Selenium server needs java and mvn: {why}");
            return;
        }
    };
    let home = tempfile::tempdir().unwrap();
    let cache = tempfile::tempdir().unwrap();
    let port = free_port();
    let mut command = Command::new("java");
    command
        .args(["-cp", &class_path, "org.openqa.selenium.grid.Bootstrap", "standalone", "--host", "127.0.0.1"])
        .args(["--port", &port.to_string(), "--selenium-manager", "false"])
        .args(["--driver-implementation", "chrome", "--max-sessions", "1"])
        .env("HOME", home.path())
        .env("TMPDIR", home.path());
    let server = WebDriverServer::spawn(command, port);
    let mut config = in_pod(cache.path(), &server);
    config.wait_for_timeout = Duration::from_mins(2);
    let launched = start(&config).await;
    assert!(launched.facts.devtools_url.contains("/se/cdp"), "{:?}", launched.facts);
    assert_eq!(
        evaluate(&launched, "[location.href, innerWidth, innerHeight]").await,
        json!(["about:blank", 1920, 1080])
    );
    let reply = launched.devtools.send("Runtime.evaluate", json!({ "expression": "6 * 7" })).await.unwrap();
    assert_eq!(reply["result"]["value"], 42);
    launched.close().await;
    // One session at a time: this one starts only if the other was ended.
    start(&config).await.close().await;
}

// ---- other processes: installing, and runners that are killed

/// Runs this test binary once more, as another process that plays `role`.
fn child(role: &str, folder: &Path, path: Option<&str>) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "as_another_process", "--nocapture"])
        .env("CANARYTRACE_TEST_ROLE", role)
        .env("CANARYTRACE_TEST_FOLDER", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    command
}

/// What the other processes do. Of itself it is no test.
#[tokio::test]
async fn as_another_process() {
    let Some(role) = std::env::var_os("CANARYTRACE_TEST_ROLE") else { return };
    let folder = PathBuf::from(std::env::var_os("CANARYTRACE_TEST_FOLDER").unwrap());
    let mut config = defaults(&folder.join("cache"));
    match role.to_str().unwrap() {
        "runner" => {
            let launched = start(&config).await;
            println!("\nfolder={}", self::folder(&launched).display());
            std::future::pending::<()>().await;
        }
        "forbidden" => {
            config.browser_install = false;
            println!("\nfailure={:?}", refused(&config).await);
        }
        "installing" => {
            let mirror = fs::read_to_string(folder.join("mirror")).ok();
            config.browser_mirror = mirror.map(|mirror| Url::parse(&mirror).unwrap());
            let notices: Notices = Arc::new(|line| println!("\nnotice={line}"));
            match launch(&config, Device::Desktop, &notices).await {
                Ok(launched) => {
                    println!("\nversion={}", launched.facts.browser_version);
                    launched.close().await;
                }
                Err(failure) => println!("\nfailure={failure:?}"),
            }
        }
        "impatient" => {
            for delay in [1, 20, 60, 150, 300, 450, 600] {
                // What is cancelled at which point differs from machine to machine; nothing may stay at any.
                let notices = silent();
                let launching = launch(&config, Device::Desktop, &notices);
                drop(tokio::time::timeout(Duration::from_millis(delay), launching).await);
                // A program that was only asked for its version is killed, and nobody waits for that.
                let own = |line: &String| line.contains("/chrom");
                let mut left = processes_with(folder.to_str().unwrap());
                for _ in 0..1000 {
                    if !left.iter().any(own) {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                    left = processes_with(folder.to_str().unwrap());
                }
                println!("\nleft={:?}", left.into_iter().filter(own).collect::<Vec<_>>());
            }
        }
        role => panic!("no such role: {role}"),
    }
}

async fn output(mut command: Command) -> String {
    String::from_utf8(command.output().await.unwrap().stdout).unwrap()
}

#[tokio::test]
async fn what_a_killed_runner_left_is_cleaned_up_and_living_runners_are_not_touched() {
    let temp = tempfile::tempdir().unwrap();
    let living = start(&config(temp.path())).await;
    let mut runner = child("runner", temp.path(), None).spawn().unwrap();
    let mut lines = BufReader::new(runner.stdout.take().unwrap()).lines();
    let killed = loop {
        let line = lines.next_line().await.unwrap().expect("it tells its folder");
        if let Some(folder) = line.strip_prefix("folder=") {
            break PathBuf::from(folder);
        }
    };
    leftovers::clean_up().unwrap();
    assert!(!pids(&killed).is_empty(), "a runner in another process lives: it must not be touched");
    runner.kill().await.unwrap();
    assert!(!pids(&killed).is_empty(), "nobody ends what a killed runner started");

    let notices = leftovers::clean_up().unwrap();
    // Another test's call may have been quicker; it cleans for all.
    let own: Vec<&String> = notices.iter().filter(|notice| notice.contains(killed.to_str().unwrap())).collect();
    assert!(own.iter().all(|notice| notice.starts_with("cleaned up")), "{own:?}");
    assert_nothing_left(&killed);

    assert_eq!(evaluate(&living, "1 + 1").await, json!(2));
    assert_eq!(*living.health.borrow(), Health::Alive);
    living.close().await;
}

#[tokio::test]
async fn a_launch_that_is_cancelled_leaves_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mut command = child("impatient", temp.path(), None);
    command.env("TMPDIR", temp.path());
    let text = output(command).await;
    let left: Vec<&str> = text.lines().filter(|line| line.starts_with("left=")).collect();
    assert_eq!(left, ["left=[]"; 7], "{text}");
    let uid = rustix::process::geteuid().as_raw();
    let folders = fs::read_dir(temp.path().join(format!("canarytrace-{uid}"))).unwrap().flatten();
    let names: Vec<_> = folders.map(|entry| entry.file_name()).collect();
    assert_eq!(names, ["lock"]);
}

#[tokio::test]
async fn profiles_are_not_put_into_another_users_folder() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TESTED: only root can make a folder of another user");
        return;
    }
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("canarytrace-0");
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::chown(&folder, Some(65_534), None).unwrap();
    let mut command = child("installing", temp.path(), None);
    command.env("TMPDIR", temp.path());
    let text = output(command).await;
    assert!(text.contains("is not a folder of ours (user 0) but of user 65534"), "{text}");
}

#[tokio::test]
async fn when_installing_is_forbidden_the_error_names_packages_and_options() {
    let temp = tempfile::tempdir().unwrap();
    let text = output(child("forbidden", temp.path(), Some("/nonexistent"))).await;
    let failure = text.lines().find(|line| line.starts_with("failure=")).expect(&text);
    for part in [
        "chromium and chromium-driver",
        "CANARYTRACE_BROWSER ",
        "CANARYTRACE_CHROMEDRIVER",
        "CANARYTRACE_BROWSER_INSTALL=no",
    ] {
        assert!(failure.contains(part), "{part} is missing in: {failure}");
    }
}

/// Runs an installation with `apt_get` as the only program on the PATH. `None` where apt isn't the way.
async fn install_by_apt(folder: &Path, apt_get: &str) -> Option<String> {
    install_browser();
    let debian = fs::read_to_string("/etc/os-release").unwrap_or_default().lines().any(|line| line == "ID=debian");
    if !debian || !rustix::process::geteuid().is_root() {
        eprintln!("NOT TESTED: apt is used on Debian by root only");
        return None;
    }
    let path = script(folder, "bin/apt-get", apt_get);
    Some(output(child("installing", folder, path.parent().unwrap().to_str())).await)
}

#[tokio::test]
async fn on_debian_root_installs_with_apt_after_waiting_for_another_and_with_new_lists_when_the_old_ones_do_not_do() {
    let temp = tempfile::tempdir().unwrap();
    let log = temp.path().join("log");
    // Stands for apt-get: what it "installs" are scripts that start the real programs.
    let apt_get = format!(
        // Another apt is at work the first time.
        r#"echo "$DEBIAN_FRONTEND $*" >> {log}
bin=${{0%/*}}
case "$*" in
  *update*)
    [ -e $bin/was-busy ] || {{
      : > $bin/was-busy
      echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1 (apt-get)' >&2
      exit 100
    }}
    : > $bin/lists
    exit 0 ;;
  *install*) [ -e $bin/lists ] || {{ echo 'E: Unable to fetch some archives' >&2; exit 100; }} ;;
esac
printf '#!/bin/sh
exec /usr/lib/chromium/chromium "$@"
' > $bin/chromium
printf '#!/bin/sh
exec /usr/bin/chromedriver "$@"
' > $bin/chromedriver
/bin/chmod 755 $bin/chromium $bin/chromedriver"#,
        log = log.display()
    );
    let Some(text) = install_by_apt(temp.path(), &apt_get).await else { return };
    assert!(text.contains("\nversion="), "{text}");
    let notice = text.lines().find(|line| line.starts_with("notice=")).expect(&text);
    for part in ["no browser and no chromedriver", "chromium chromium-driver", "CANARYTRACE_BROWSER_INSTALL=no"] {
        assert!(notice.contains(part), "{part} is missing in: {notice}");
    }
    let log = fs::read_to_string(log).unwrap();
    let last: Vec<&str> = log.lines().rev().take(2).collect();
    assert!(last[0].ends_with("install -y --no-install-recommends chromium chromium-driver fonts-liberation"), "{log}");
    assert!(last[0].starts_with("noninteractive ") && last[1].ends_with(" update"), "{log}");
}

#[tokio::test]
async fn a_failure_of_apt_is_told_in_its_own_words() {
    let temp = tempfile::tempdir().unwrap();
    let apt_get = "echo Reading package lists...; echo 'E: Unable to locate package chromium' >&2; exit 100";
    let Some(text) = install_by_apt(temp.path(), apt_get).await else { return };
    assert!(text.contains("failure=harness (browser fault)"), "{text}");
    assert!(text.contains("E: Unable to locate package chromium") && text.contains("exit status: 100"), "{text}");
}

/// A mirror of Chrome for Testing: the official list's layout, and archives whose programs are the installed ones.
mod mirror {
    use std::io::{Cursor, Write};

    use zip::write::SimpleFileOptions;

    pub(crate) const VERSION: &str = "156.0.8000.1";

    pub(crate) fn list() -> String {
        let archive = |name: &str| {
            serde_json::json!([
                { "platform": "mac-arm64", "url": format!("https://storage.googleapis.com/chrome-for-testing-public/{VERSION}/mac-arm64/{name}-mac-arm64.zip") },
                { "platform": "linux64", "url": format!("https://storage.googleapis.com/chrome-for-testing-public/{VERSION}/linux64/{name}-linux64.zip") },
            ])
        };
        serde_json::json!({ "timestamp": "2026-01-14T06:09:12.044Z", "channels": { "Stable": {
            "channel": "Stable", "version": VERSION, "revision": "1",
            "downloads": { "chrome": archive("chrome"), "chromedriver": archive("chromedriver"), "chrome-headless-shell": [] },
        }}})
        .to_string()
    }

    pub(crate) fn archive(entry: &str, program: &str) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(entry, SimpleFileOptions::default().unix_permissions(0o755)).unwrap();
        write!(zip, "#!/bin/sh\nexec {program} \"$@\"\n").unwrap();
        zip.finish().unwrap().into_inner()
    }

    pub(crate) fn chrome() -> Vec<u8> {
        archive("chrome-linux64/chrome", "/usr/lib/chromium/chromium")
    }

    pub(crate) fn chromedriver() -> Vec<u8> {
        archive("chromedriver-linux64/chromedriver", "/usr/bin/chromedriver")
    }
}

#[tokio::test]
async fn chrome_for_testing_is_installed_once_from_a_mirror_and_then_found() {
    let temp = tempfile::tempdir().unwrap();
    let failing = Arc::new(Mutex::new(true));
    let server = Server::start(move |request| match request.path.as_str() {
        "/cft/last-known-good-versions-with-downloads.json" => Answer::status(200).body(mirror::list()),
        "/cft/156.0.8000.1/linux64/chrome-linux64.zip" => Answer::status(200).body(mirror::chrome()),
        // The first time it is cut in the middle.
        "/cft/156.0.8000.1/linux64/chromedriver-linux64.zip" => {
            let cut = std::mem::take(&mut *failing.lock().unwrap());
            let answer = Answer::status(200).body(mirror::chromedriver());
            if cut { answer.cut() } else { answer }
        }
        _ => Answer::status(404),
    })
    .await;
    fs::write(temp.path().join("mirror"), server.url("/cft")).unwrap();
    let path = Some("/nonexistent");
    let (first, second) =
        tokio::join!(output(child("installing", temp.path(), path)), output(child("installing", temp.path(), path)));
    for text in [&first, &second] {
        assert!(text.contains("\nversion="), "{first}\n---\n{second}");
    }
    let both = format!("{first}{second}");
    assert!(
        both.contains("installing Chrome for Testing from") && both.contains("CANARYTRACE_BROWSER_INSTALL=no"),
        "{both}"
    );
    assert!(both.contains("trying again"), "{both}");
    assert_eq!(server.count("/cft/156.0.8000.1/linux64/chrome-linux64.zip"), 1, "one installs, the other waits");

    let cached = temp.path().join("cache/chrome-for-testing/156.0.8000.1/chrome-linux64/chrome");
    assert_eq!(fs::metadata(&cached).unwrap().permissions().mode() & 0o777, 0o755);
    let others: Vec<_> = fs::read_dir(temp.path().join("cache/chrome-for-testing")).unwrap().flatten().collect();
    assert_eq!(others.len(), 1, "nothing but the version stays: {others:?}");

    // From now on it is found, and the mirror isn't asked.
    let asked = server.count("/cft/last-known-good-versions-with-downloads.json");
    let third = output(child("installing", temp.path(), path)).await;
    assert!(third.contains("\nversion=") && !third.contains("notice="), "{third}");
    assert_eq!(server.count("/cft/last-known-good-versions-with-downloads.json"), asked);
}

/// Installs from a mirror whose archive of the browser is `chrome`.
async fn install_from(chrome: Answer) -> (Failure, tempfile::TempDir) {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::start(move |request| match request.path.as_str() {
        "/last-known-good-versions-with-downloads.json" => Answer::status(200).body(mirror::list()),
        "/156.0.8000.1/linux64/chrome-linux64.zip" => chrome.clone(),
        _ => Answer::status(404),
    })
    .await;
    let mut config = config(cache.path());
    config.browser_mirror = Some(Url::parse(&server.url("/")).unwrap());
    let failure = install::install(&config, "no browser", &silent()).await.expect_err("it can't be installed");
    let left: Vec<_> = fs::read_dir(cache.path().join("chrome-for-testing")).unwrap().flatten().collect();
    assert!(left.is_empty(), "{left:?}");
    (failure, cache)
}

#[tokio::test]
async fn archives_that_are_cut_missing_or_evil_are_refused_and_nothing_of_them_stays() {
    let evil = mirror::archive("../../evil/chrome", "true");
    let (missing, cut, garbage, evil) = tokio::join!(
        install_from(Answer::status(404)),
        install_from(Answer::status(200).body(mirror::chrome()).cut()),
        install_from(Answer::status(200).body("this is no archive")),
        install_from(Answer::status(200).body(evil)),
    );
    for ((failure, cache), part) in
        [(missing, "404"), (cut, "attempt 3 of 3"), (garbage, "no zip archive"), (evil, "cannot unpack")]
    {
        assert!(failure.message.contains(part), "{part} is missing in: {failure}");
        assert!(failure.message.contains("chrome-linux64.zip"), "{failure}");
        assert!(!cache.path().join("evil").exists() && !cache.path().parent().unwrap().join("evil").exists());
    }
}
