//! Test targets that cargo builds.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde::Deserialize;

/// A test target that was built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestTarget {
    pub(crate) name: String,
    pub(crate) executable: PathBuf,
}

/// The test target of which a line of `cargo --message-format=json` tells (The Cargo Book, External tools, JSON messages);
/// `None` for every other message, and for what build scripts and macros print.
pub(crate) fn test_target(line: &str) -> Option<TestTarget> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        target: Target,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
        kind: Vec<String>,
    }
    let Message { reason, target, executable } = serde_json::from_str(line).ok()?;
    // The library's own unit tests may have the same name.
    let is_test = reason == "compiler-artifact" && target.kind.iter().any(|kind| kind == "test");
    executable.filter(|_| is_test).map(|executable| TestTarget { name: target.name, executable })
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
    let messages = String::from_utf8_lossy(&output.stdout);
    let targets = messages.lines().filter_map(test_target);
    let mut executables: Vec<PathBuf> = targets.map(|target| target.executable).collect();
    executables.sort();
    Ok(executables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_that_of_a_test_target() {
        let artifact = |kind: &str, executable: &str| {
            let target = format!(r#"{{"name":"monitors","kind":["{kind}"]}}"#);
            test_target(&format!(r#"{{"reason":"compiler-artifact","target":{target},"executable":{executable}}}"#))
        };
        let built = TestTarget { name: "monitors".to_owned(), executable: PathBuf::from("/t/monitors-1") };
        assert_eq!(artifact("test", "\"/t/monitors-1\""), Some(built));
        assert_eq!(artifact("lib", "\"/t/monitors-2\""), None);
        assert_eq!(artifact("test", "null"), None);
        assert_eq!(test_target(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(test_target("no JSON"), None);
    }
}
