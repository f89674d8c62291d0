//! Runs cargo: what it does is told while it does it, what the compiler says is kept.

use std::io::{self, BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use canarytrace::config::{OPTIONS, Shown};

use super::package::Package;
use crate::cargo::test_target;
use crate::run::cache::Variant;
use crate::run::progress::{Progress, is_status};
use crate::run::signals::Signals;
use crate::run::trouble::{Kind, Outcome, Trouble};

/// How much of what the compiler says is kept, bytes.
const KEPT: usize = 64 * 1024;

/// What is to be built.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) struct Job<'a> {
    pub(in crate::run) package: &'a Package,
    pub(in crate::run) variant: &'a Variant,
    /// Cargo's target folder.
    pub(in crate::run) target: &'a Path,
    /// Whether there is a lock file, which then holds.
    pub(in crate::run) locked: bool,
}

/// Builds the test target, as `cargo test` would, and gives its executable.
///
/// # Errors
/// When it can't be built: with the first thing that the compiler says.
pub(in crate::run) fn build(job: &Job<'_>, progress: &Progress, signals: &Signals) -> Outcome<PathBuf> {
    let Job { package, variant, target, locked } = *job;
    let mut command = Command::new("cargo");
    command
        .args(["test", "--no-run", "--message-format=json-render-diagnostics", "--manifest-path"])
        .arg(&package.manifest)
        .args(["-p", &package.id, "--test", &package.test, "--profile", &variant.profile]);
    if !variant.features.is_empty() {
        command.args(["--features", &variant.features.join(",")]);
    }
    if let Some(target) = &variant.target {
        command.args(["--target", target]);
    }
    if locked {
        command.arg("--locked");
    }
    without_secrets(&mut command);
    let failed = |what: String| Trouble::new(Kind::Build, format!("the monitors can't be built: {what}"));
    let mut child = command
        .current_dir(package.manifest.parent().unwrap_or(Path::new(".")))
        .env("CARGO_TARGET_DIR", target)
        // What the compiler says goes into documents too.
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Compilers end with cargo when we are asked to end.
        .process_group(0)
        .spawn()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Trouble::new(Kind::Toolchain, "there is no Rust toolchain: cargo is not in PATH")
            }
            _ => failed(format!("cargo can't be started: {error}")),
        })?;
    signals.ends_with_us(child.id());
    let listener = child.stderr.take().map(|stderr| {
        let progress = progress.clone();
        std::thread::spawn(move || listen(stderr, &progress))
    });
    let mut executable = None;
    for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()).map_while(Result::ok)
    {
        let built = test_target(&line).filter(|target| target.name == package.test);
        executable = built.map(|target| target.executable).or(executable);
    }
    let said = listener.and_then(|listener| listener.join().ok()).unwrap_or_default();
    let status = child.wait();
    signals.is_over();
    let status = status.map_err(|error| failed(format!("cargo is lost: {error}")))?;
    match executable {
        Some(executable) if status.success() => Ok(executable),
        None if status.success() => Err(failed("cargo made no executable".to_owned())),
        _ => {
            let mut trouble = failed(format!("cargo ended with {status}; what it said stands above"));
            trouble.details = of_first_error(&said);
            Err(trouble)
        }
    }
}

/// Tells every line, and keeps those of the compiler.
fn listen(stderr: impl io::Read, progress: &Progress) -> String {
    let mut kept = String::new();
    let mut lines = BufReader::new(stderr);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        progress.cargo(text);
        if !is_status(text) && kept.len() < KEPT {
            kept.push_str(text);
            kept.push('\n');
        }
        line.clear();
    }
    kept
}

/// What was said from the first error on; warnings before it explain nothing.
fn of_first_error(said: &str) -> String {
    let mut at = 0;
    for line in said.split_inclusive('\n') {
        if line.starts_with("error") {
            return said[at..].trim_end().to_owned();
        }
        at += line.len();
    }
    said.trim_end().to_owned()
}

/// Build scripts are code of strangers: they see no option that is, or may hold, a secret.
pub(super) fn without_secrets(command: &mut Command) {
    for option in OPTIONS.iter().filter(|option| option.shown != Shown::Plain) {
        command.env_remove(option.env).env_remove(format!("{}_FILE", option.env));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compilers_message_begins_with_the_first_error() {
        let said = "warning: unused\n --> a\n\nerror[E0308]: mismatched types\n --> b\n";
        assert_eq!(of_first_error(said), "error[E0308]: mismatched types\n --> b");
        assert_eq!(of_first_error("linker exploded\n"), "linker exploded");
    }
}
