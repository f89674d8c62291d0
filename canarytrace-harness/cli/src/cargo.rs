//! Builds test targets with cargo.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// A message of `cargo --message-format=json`, as far as it is read here.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// Builds the test targets of `package` in the workspace that `dir` lies in, and returns their executables, sorted. What the
/// compiler has to say goes to standard error.
///
/// # Errors
/// When cargo can't be started, doesn't know the package, or the package doesn't compile.
pub(crate) fn build_tests(dir: &Path, package: &str) -> anyhow::Result<Vec<PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(&cargo)
        .args(["test", "--no-run", "--message-format=json-render-diagnostics", "--package", package])
        .current_dir(dir)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{} can't be started", cargo.display()))?;
    if !output.status.success() {
        bail!("the package {package} can't be built in {} (cargo: {})", dir.display(), output.status);
    }
    Ok(executables(&String::from_utf8_lossy(&output.stdout)))
}

/// The executables of test targets in cargo's messages, a line each.
fn executables(messages: &str) -> Vec<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let of_test = |message: Message| {
        let is_test = message.target.is_some_and(|target| target.kind.iter().any(|kind| kind == "test"));
        message.executable.filter(|_| is_test && message.reason == "compiler-artifact")
    };
    let mut executables: Vec<PathBuf> = messages.filter_map(of_test).collect();
    executables.sort();
    executables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_executables_of_test_targets_are_taken() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"kind":["lib"]},"executable":"/t/lib-1"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["test"]},"executable":"/t/monitors-2"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"kind":["test"]},"executable":null}"#,
            "\nno JSON\n",
            r#"{"reason":"build-finished","success":true}"#,
            "\n",
        );
        assert_eq!(executables(messages), [PathBuf::from("/t/monitors-2")]);
    }
}
