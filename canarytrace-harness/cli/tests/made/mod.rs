//! A crate that `canarytrace init` made, to be built and run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// The tool in an environment of its own, but for `PATH`, where rustfmt is.
pub(crate) fn canarytrace(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
    command.env_clear().args(arguments);
    for name in ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Exit code, standard output, standard error.
pub(crate) fn run(command: &mut Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code().expect("it ended by itself"), text(stdout), text(stderr))
}

/// A crate with monitors. It lies where cargo puts what tests write, always in the same place, and is built into the
/// target folder of this workspace: what was compiled once is there.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) folder: PathBuf,
    data: TempDir,
}

impl Made {
    /// Makes it anew. Each test takes a name of its own.
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        let (code, out, err) = run(canarytrace(&["init"]).arg(&folder));
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        // The versions that this workspace has are there without a network.
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up");
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        Self { folder, data: tempfile::tempdir().unwrap() }
    }

    /// cargo, in its folder.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder");
        let mut command = cargo(arguments);
        command.current_dir(&self.folder).env("CARGO_TARGET_DIR", target).env("CANARYTRACE_DATA", self.data.path());
        command
    }
}

/// cargo, without what cargo set for this test and what would watch a real site.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let of_cargo = text.starts_with("CARGO_") && text != "CARGO_HOME";
        if of_cargo || text.starts_with("CANARYTRACE_") || ["BASE_URL", "MODE", "SPEC"].contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command
}
