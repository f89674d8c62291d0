//! Git repositories with monitors, made by the real git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Variables that the stand-in's executable prints, each as `NAME=value`.
const PRINTED: &[&str] = &[
    "CANARYTRACE_PREPARATION",
    "CANARYTRACE_REPOSITORY",
    "CANARYTRACE_REVISION",
    "GIT_REPOSITORY",
    "GIT_REVISION",
    "GIT_SSH_KEY_FILE",
    "GIT_TOKEN",
    "MODE",
    "SPEC",
];

/// A working copy, and the bare repository that it is pushed to: `monitors.git` in [`served`](Self::served).
#[derive(Debug)]
pub struct GitRepository {
    folder: TempDir,
}

impl GitRepository {
    /// An empty one, with `main` as its default branch.
    pub fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("ctgit").tempdir_in("/tmp").expect("/tmp can be written");
        let repository = Self { folder };
        fs::create_dir(repository.served()).expect("the folder was just made");
        git(repository.folder.path(), &["init", "--quiet", "--bare", "--initial-branch=main", "served/monitors.git"]);
        git(repository.folder.path(), &["init", "--quiet", "--initial-branch=main", "work"]);
        repository.git(&["remote", "add", "origin", "../served/monitors.git"]);
        repository
    }

    /// One with a package that depends on nothing and compiles in a moment: its test target stands in for monitors, and
    /// prints `marker=…`, its arguments, its working directory and what it was told.
    pub fn with_stand_in(marker: &str) -> Self {
        let repository = Self::empty();
        repository.write(
            "Cargo.toml",
            "[package]\nname = \"monitors\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[workspace]\n\n\
             [features]\nextra = []\n\n[[test]]\nname = \"monitors\"\nharness = false\n",
        );
        repository.write("Cargo.lock", "version = 3\n\n[[package]]\nname = \"monitors\"\nversion = \"0.1.0\"\n");
        repository.write("src/lib.rs", "");
        repository.write("canarytrace.toml", "retries = 0\n");
        repository.write("tests/monitors.rs", &stand_in(marker));
        repository.push("first");
        repository
    }

    /// Changes the stand-in, and pushes. Gives the commit.
    pub fn change(&self, marker: &str) -> String {
        self.write("tests/monitors.rs", &stand_in(marker));
        self.push(marker)
    }

    /// Writes a file of the working copy.
    pub fn write(&self, path: &str, content: &str) {
        let path = self.work().join(path);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("it can be made");
        fs::write(path, content).expect("it can be written");
    }

    /// Writes the manifest of a package of monitors as `canarytrace init` makes one, which uses the harness of this
    /// workspace: what its tests compiled serves it.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn write_manifest(&self) {
        let harness = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("canarytrace-harness");
        self.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"monitors\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[[test]]\n\
                 name = \"monitors\"\nharness = false\n\n[dependencies]\ncanarytrace = {{ package = \
                 \"canarytrace-harness\", path = \"{}\" }}\n\n[profile.dev]\ndebug = \"line-tables-only\"\n\n\
                 [profile.dev.package.\"*\"]\ndebug = false\n",
                harness.display()
            ),
        );
    }

    /// Commits everything and pushes the branch. Gives the commit.
    pub fn push(&self, message: &str) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
        self.git(&["push", "--quiet", "--tags", "origin", "HEAD"]);
        self.head()
    }

    /// The commit of the working copy.
    pub fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git in the working copy.
    pub fn git(&self, arguments: &[&str]) -> String {
        git(&self.work(), arguments)
    }

    /// The working copy.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// What servers serve: a folder with `monitors.git`.
    pub fn served(&self) -> PathBuf {
        self.folder.path().join("served")
    }

    /// The bare repository.
    pub fn bare(&self) -> PathBuf {
        self.served().join("monitors.git")
    }
}

/// What of the stand-in makes it another one.
fn stand_in(marker: &str) -> String {
    format!(
        "fn main() {{\n    println!(\"marker={marker}\");\n    \
         println!(\"folder={{}}\", std::env::current_dir().unwrap().display());\n    \
         println!(\"arguments={{:?}}\", std::env::args().skip(1).collect::<Vec<_>>());\n    \
         println!(\"extra={{}}\", cfg!(feature = \"extra\"));\n    \
         for name in {PRINTED:?} {{\n        if let Ok(value) = std::env::var(name) {{\n            \
         println!(\"{{name}}={{value}}\");\n        }}\n    }}\n    \
         if let Ok(file) = std::env::var(\"STAND_IN_WAITS_FOR\") {{\n        \
         while !std::path::Path::new(&file).exists() {{\n            \
         std::thread::sleep(std::time::Duration::from_millis(10));\n        }}\n    }}\n}}\n"
    )
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    // Nothing of the developer's configuration.
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Jane").env(format!("GIT_{role}_EMAIL"), "jane@example.org");
    }
    command.args(["-c", "protocol.file.allow=always"]);
    let output = command.args(arguments).current_dir(folder).output().expect("git is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
