//! Browsers and ports that can't be used: never the application's fault, always named.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use canarytrace_tests::servers::{port_of, taken_port};

use super::{failed, fixture};

/// A browser that tells this version and, asked to run, does this.
fn fake_browser(folder: &Path, version: &str, does: &str) -> PathBuf {
    let path = folder.join("browser");
    let script = format!("#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'Chromium {version}'; exit; fi\n{does}\n");
    std::fs::write(&path, script).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The version of the chromedriver that the tests use.
fn driver_version() -> String {
    let output = std::process::Command::new("chromedriver").arg("--version").output().expect("chromedriver is there");
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_whitespace().nth(1).expect("ChromeDriver VERSION").to_owned()
}

#[test]
fn a_browser_that_is_missing_is_named_and_never_replaced() {
    let run = fixture().monitor("passes").env("CANARYTRACE_BROWSER", "/nowhere/chromium").run();
    assert_eq!(
        failed(&run, 102, "harness", "harness"),
        "the browser /nowhere/chromium does not exist; correct CANARYTRACE_BROWSER or leave it out to have one found \
         or installed"
    );
    let run = fixture().monitor("passes").env("CANARYTRACE_CHROMEDRIVER", "/nowhere/chromedriver").run();
    assert!(failed(&run, 102, "harness", "harness").starts_with("chromedriver /nowhere/chromedriver does not exist; "));
}

#[test]
fn a_browser_that_crashes_at_start_is_told_with_its_last_words() {
    let runner = fixture().monitor("passes");
    let words = "libfault.so.7: cannot open shared object file";
    let browser = fake_browser(runner.folder(), &driver_version(), &format!("echo '{words}' >&2; kill -SEGV $$"));
    let run = runner.env("CANARYTRACE_BROWSER", &browser).env("CANARYTRACE_RETRIES", "1").run();
    let message = failed(&run, 102, "browser_crash", "browser");
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].starts_with("the browser did not start: "), "{message}");
    assert!(lines[1].starts_with(&format!("browser {}, driver /", browser.display())), "{message}");
    assert_eq!(lines[2..], ["last output of browser and driver:", &format!("  {words}")], "{message}");
    assert_eq!(run.documents("summary").len(), 2, "a browser that crashed once may start the next time");
}

#[test]
fn a_browser_of_another_major_version_is_told_with_both_files() {
    let driver = driver_version();
    let major: u32 = driver.split('.').next().unwrap().parse().unwrap();
    let runner = fixture().monitor("passes");
    let other = format!("{}.0.1.2", major - 1);
    let browser = fake_browser(runner.folder(), &other, "exit 1");
    let message = failed(&runner.env("CANARYTRACE_BROWSER", &browser).run(), 102, "harness", "browser");
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines[0], "browser and chromedriver are of different major versions:");
    assert_eq!(lines[1], format!("  {} is {other}", browser.display()));
    assert!(lines[2].ends_with(&format!("/chromedriver is {driver}")), "{message}");
    assert!(lines[3].contains("CANARYTRACE_BROWSER and CANARYTRACE_CHROMEDRIVER"), "{message}");
}

#[test]
fn a_driver_port_in_use_is_named_with_the_option() {
    let taken = taken_port();
    let port = port_of(&taken).to_string();
    let message =
        failed(&fixture().monitor("passes").env("CANARYTRACE_DRIVER_PORT", &port).run(), 102, "harness", "harness");
    assert_eq!(
        message,
        format!(
            "chromedriver cannot listen on port {port}: another process does; stop that one, or choose another port \
             with CANARYTRACE_DRIVER_PORT (0 takes any free one)"
        )
    );
}

#[test]
fn a_site_port_in_use_stops_before_anything_runs() {
    let taken = taken_port();
    let port = port_of(&taken);
    let run = fixture().monitor("passes").env("CANARYTRACE_SITE_PORT", port.to_string()).run();
    assert_eq!((run.code, run.stdout.as_str()), (Some(102), ""), "{run:#?}");
    for part in [
        &format!("error: the practice shop can't listen on 127.0.0.1:{port}: port {port} is in use"),
        "something answers there that is no web server",
        "CANARYTRACE_SITE_PORT (0 takes any free one)",
    ] {
        assert!(run.stderr.contains(part), "{part}: {run:#?}");
    }
    assert!(run.runs().is_empty(), "{run:#?}");
    run.assert_nothing_left();
}
