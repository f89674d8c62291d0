//! The life of a browser, with the real Chromium and chromedriver: started, died, ended, installed, cleaned up.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use canarytrace::browser::Health;
use canarytrace::browser::launch::{Launched, Notices, launch};
use canarytrace::config::{Config, Device, Mode, Target};
use canarytrace::record::{Failure, FailureKind};
use serde_json::{Value, json};
use url::Url;

/// All options at their defaults, with the cache in `cache`.
fn config(cache: &Path) -> Config {
    Config {
        mode: Mode::UserJourney,
        base_urls: Vec::new(),
        spec: None,
        user: None,
        pass: None,
        labels: Vec::new(),
        location: "test".to_owned(),
        env_print: false,
        availability_check: false,
        wait_for_timeout: Duration::from_secs(30),
        log_level: "warn".to_owned(),
        attachments: false,
        capture_every_screen: false,
        pause_between_smoke: Duration::ZERO,
        timeout: Duration::from_secs(90),
        step_timeout: None,
        retries: 0,
        data: cache.join("data"),
        data_max_age: Duration::from_secs(3600),
        data_max_size: 1 << 30,
        junit: None,
        webdriver_url: None,
        browser: None,
        chromedriver: None,
        browser_install: true,
        browser_mirror: None,
        cache: cache.to_owned(),
        browser_args: Vec::new(),
        driver_port: 0,
        site_port: 0,
        headed: false,
        device: Device::Desktop,
        locale: "en-US".to_owned(),
        timezone: None,
        user_agent: None,
        headers: Vec::new(),
        basic_auth: None,
    }
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

async fn evaluate(launched: &Launched, script: &str) -> Value {
    launched.client.execute(&format!("return {script}"), Vec::new()).await.expect("the script runs")
}

#[tokio::test]
async fn a_launched_browser_shows_an_empty_page_of_the_promised_size_and_leaves_nothing_when_closed() {
    let cache = tempfile::tempdir().unwrap();
    let launched = start(&config(cache.path())).await;
    let folder = folder(&launched);
    eprintln!("{:#?}", launched.facts);
    eprintln!("{:#?}", processes_with(folder.to_str().unwrap()));
    assert_eq!(
        evaluate(&launched, "[location.href, innerWidth, innerHeight, devicePixelRatio]").await,
        json!(["about:blank", 1920, 1080, 1])
    );
    eprintln!("{}", evaluate(&launched, "[outerWidth, outerHeight, screen.width, screen.height]").await);
    assert_eq!(*launched.health.borrow(), Health::Alive);
    let t = std::time::Instant::now();
    launched.close().await;
    eprintln!("closed in {:?}", t.elapsed());
    assert_nothing_left(&folder);
}
