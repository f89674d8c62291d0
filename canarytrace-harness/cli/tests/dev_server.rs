//! `canarytrace dev-server`, as a user runs it.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output};

use canarytrace_cli::dev_server::{Home, Product};
use tempfile::TempDir;

/// A home of one test. Its server runs as another user when we are root, who must come as far as there.
fn home() -> TempDir {
    let folder = tempfile::Builder::new().prefix("ctds").tempdir_in("/tmp").unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
    command.arg("dev-server").args(arguments).arg("--home").arg(home);
    command
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_server_starts_once_and_ends_when_it_is_told_to() {
    let home = home();
    let run = |arguments: &[&str]| command(home.path(), arguments).output().unwrap();
    // What was fetched before is not fetched again.
    let fetched = Home::usual().unwrap().path().join("opensearch-3.8.0");
    if fetched.exists() {
        symlink(&fetched, home.path().join("opensearch-3.8.0")).unwrap();
    }
    let start = ["start", "--product", "opensearch"];
    let started = run(&start);
    if !started.status.success() && std::env::var("CI").as_deref() != Ok("true") {
        eprintln!("ignored: {}", String::from_utf8_lossy(&started.stderr));
        return;
    }
    let folder = Home::at(home.path()).unwrap().folder_of(Product::OpenSearch);
    let state = folder.running().unwrap().expect("it runs");
    let said = text(&started);
    assert!(said.starts_with(&format!("OpenSearch 3.8.0 at {}\n", state.url)), "{said}");
    assert!(
        said.contains(&format!("\n  monitors ELASTIC_CLUSTER={} \\\n           cargo test\n", state.url)),
        "{said}"
    );
    let processes = folder.processes();
    assert_eq!(processes.len(), 1);

    assert!(text(&run(&start)).starts_with("it runs already\nOpenSearch 3.8.0 at "));
    assert_eq!(folder.processes(), processes);
    let other = run(&["start", "--product", "opensearch", "--port", "1"]);
    assert!(!other.status.success() && String::from_utf8_lossy(&other.stderr).contains("not as wanted"), "{other:?}");
    let status = text(&run(&["status"]));
    assert!(status.starts_with("Elasticsearch does not run\nOpenSearch 3.8.0 at http://127.0.0.1:"), "{status}");

    let stopped = text(&run(&["stop"]));
    let expected = format!("OpenSearch ended, its data stay in {}\n", folder.path().display());
    assert_eq!(stopped, format!("Elasticsearch did not run\n{expected}"));
    assert!(folder.processes().is_empty() && folder.path().exists());
    let wiped = text(&run(&["stop", "--product", "opensearch", "--wipe"]));
    assert_eq!(wiped, "OpenSearch did not run, its data are removed\n");
    assert!(!folder.path().exists());
}

#[test]
fn without_maven_the_message_says_what_to_do_and_nothing_looks_fetched() {
    let home = home();
    let java = home.path().join("jdk");
    fs::create_dir_all(java.join("bin")).unwrap();
    fs::write(java.join("bin/java"), "").unwrap();
    fs::write(java.join("release"), "JAVA_VERSION=\"17.0.15\"\n").unwrap();
    let output = command(home.path(), &["start"]).env("JAVA_HOME", &java).env("PATH", home.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no mvn in PATH: install Maven"), "{said}");
    assert!(!home.path().join("elasticsearch-8.19.21").exists());
}
