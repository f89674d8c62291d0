//! From `canarytrace run` to the first command that a browser gets, warm; what a build costs, cold and after a change.
//!
//! ```text
//! cargo bench -p canarytrace-tests --bench warm_start
//! cargo bench -p canarytrace-tests --bench warm_start -- --rounds 50
//! CARGO_TARGET_DIR=/tmp/warm cargo bench …                              with what was compiled before: no cold build
//! ```
//!
//! The monitors are real ones, of a repository behind git's own http-backend on loopback, by https and with a token. The
//! first command is the request for a session, which reaches a listener of ours in the place of a WebDriver server. The
//! sources of the crates have to be there: nothing is downloaded while the clock runs.

use std::io::Read as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use canarytrace_tests::git_https::{GitHttps, TOKEN, authority_in};
use canarytrace_tests::git_repository::GitRepository;
use canarytrace_tests::runner::Runner;
use rustix::process::Signal;

/// What the issue asks for.
const WARM: Duration = Duration::from_millis(300);

/// Longest rebuild, in parts of a cold build.
const REBUILD: f64 = 0.2;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<bool> {
    // cargo itself adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let rounds: usize = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => 20,
        ["--rounds", rounds] => rounds.parse().context("--rounds wants a number")?,
        _ => bail!("{} is no option; there is --rounds N", arguments.join(" ")),
    };
    let fetched = Command::new(env!("CARGO")).args(["fetch", "--locked"]).status()?;
    ensure!(fetched.success(), "cargo fetch failed");
    println!(
        "{} cores, load {}",
        std::thread::available_parallelism()?,
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()
    );

    let repository = monitors();
    let server = GitHttps::serve(&repository.served());
    let cache = tempfile::tempdir()?;
    let authority = authority_in(&repository.work());
    let target = std::env::var_os("CARGO_TARGET_DIR");
    let tool = || {
        let tool = Runner::new(env!("CARGO_BIN_EXE_fixture-tool"))
            .arg("run")
            .env("GIT_REPOSITORY", server.url("monitors.git"))
            .env("GIT_TOKEN", TOKEN)
            .env("GIT_CA", &authority)
            .env("CARGO_NET_OFFLINE", "true")
            .env("CANARYTRACE_BUILD_CACHE", cache.path());
        match &target {
            Some(target) => tool.env("CARGO_TARGET_DIR", target),
            None => tool,
        }
    };
    let build = || -> Result<Duration> {
        let started = Instant::now();
        let finished = tool().arg("--build-only").run();
        ensure!(finished.code == Some(0), "the build failed: {}", finished.stderr);
        Ok(started.elapsed())
    };
    let cold = build()?;
    repository.write("src/lib.rs", &monitor("look at the shop"));
    repository.push("a changed monitor");
    let rebuild = build()?;
    let part = rebuild.as_secs_f64() / cold.as_secs_f64();
    let mut fits = true;
    if target.is_some() {
        println!("no cold build: cargo has what is in CARGO_TARGET_DIR");
    } else {
        println!("cold: clone and build {:.1} s", cold.as_secs_f64());
        println!(
            "after a change in one monitor: {:.1} s, {:.0} % of cold (target: at most {:.0} %)",
            rebuild.as_secs_f64(),
            part * 100.0,
            REBUILD * 100.0
        );
        fits = part <= REBUILD;
    }
    let (builds, repositories) = (size(&cache.path().join("builds")), size(&cache.path().join("repositories")));
    println!(
        "cache: {} MB in two builds, {} MB in clone and target folder",
        builds / 1_000_000,
        repositories / 1_000_000
    );

    let commit = repository.head();
    for (revision, what) in [(commit.as_str(), "a full SHA"), ("main", "a branch, asked of the server")] {
        let mut times = Vec::new();
        for _ in 0..rounds {
            times.push(first_command(tool().env("GIT_REVISION", revision).env("SPEC", "opens"))?);
        }
        times.sort_unstable();
        let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
        println!(
            "warm, {what}: {:.0} ms to the first command for the browser (median of {rounds}; at most {:.0} ms; \
             target: at most {} ms)",
            median.as_secs_f64() * 1e3,
            most.as_secs_f64() * 1e3,
            WARM.as_millis()
        );
        fits &= median <= WARM;
    }
    Ok(fits)
}

/// From the start of the process until a WebDriver server would be asked for a session.
fn first_command(runner: Runner) -> Result<Duration> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let url = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    let (asked, first) = mpsc::channel();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut some = [0; 16];
            if stream.read(&mut some).is_ok_and(|read| read > 0) {
                let _ = asked.send(Instant::now());
            }
        }
    });
    // The site is never visited: nobody gives a session.
    let runner = runner.env("WEBDRIVER_URL", url).env("BASE_URL", "http://127.0.0.1:9/");
    let started = Instant::now();
    let running = runner.start();
    let at = first.recv_timeout(Duration::from_mins(1));
    running.signal(Signal::KILL);
    let finished = running.finish();
    let at = at.with_context(|| format!("no command came: {}{}", finished.stdout, finished.stderr))?;
    Ok(at.duration_since(started))
}

fn monitors() -> GitRepository {
    let repository = GitRepository::empty();
    repository.write_manifest();
    repository.write("src/lib.rs", &monitor("open the shop"));
    let main =
        "use std::process::ExitCode;\n\nuse monitors as _;\n\nfn main() -> ExitCode {\n    canarytrace::main()\n}\n";
    repository.write("tests/monitors.rs", main);
    repository.push("a monitor");
    repository
}

fn monitor(title: &str) -> String {
    format!(
        "use canarytrace::prelude::*;\n\n/// The shop is open.\n#[monitor]\nasync fn opens(browser: &mut Browser) -> \
         Result {{\n    browser.step(\"{title}\", async |page| page.expect(title()).to_be(\"Practice shop\").await).await\n}}\n"
    )
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => size(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}
