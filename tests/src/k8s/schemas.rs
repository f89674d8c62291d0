//! Kubernetes' own schemas, unknown fields refused, as the Python package `kubernetes-validate` carries them.
//!
//! It is pinned by `tests/k8s/requirements.txt` and installed once into the cache, into an environment of its own.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::fs::{FlockOperation, flock};
use serde::Deserialize;
use serde_json::json;

use super::Problem;
use crate::elastic::Unavailable;

/// The oldest version of Kubernetes that the manifests are for, and the newest that the package knows.
pub const VERSIONS: [&str; 2] = ["1.29", "newest"];

/// What the script says of one object.
#[derive(Debug, Deserialize)]
struct Said {
    object: String,
    what: String,
}

/// What the schemas say against the objects of some YAML texts. Custom resources, of which Kubernetes has no schema, are
/// left to [`super::rules`].
///
/// # Errors
/// When the schemas can't be had here.
pub fn check(yamls: &[&str]) -> Result<Vec<Problem>, Unavailable> {
    let said = ask(yamls).map_err(|error| Unavailable::of(&error))?;
    Ok(said.into_iter().map(|Said { object, what }| Problem { rule: "schema", object, what }).collect())
}

fn ask(yamls: &[&str]) -> Result<Vec<Said>> {
    let python = installed()?;
    let mut child = Command::new(python)
        .arg(source().join("validate.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let request = json!({ "versions": VERSIONS, "texts": yamls }).to_string();
    child.stdin.take().context("it has an input")?.write_all(request.as_bytes())?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        // A bug of the script, never a reason to ignore a test.
        panic!("validate.py: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("k8s")
}

/// The Python with the package, which the first who needs it makes.
fn installed() -> Result<PathBuf> {
    let cache = canarytrace::config::Config::load().map_err(|error| anyhow!("{error}"))?.cache;
    let folder = cache.join("tests-k8s");
    fs::create_dir_all(&folder)?;
    // Others wait until it is there: released when this process ends in any way.
    let lock = File::create(folder.join(".lock"))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(io::Error::from)?;
    let requirements = source().join("requirements.txt");
    let wanted = fs::read(&requirements)?;
    let (environment, done) = (folder.join("environment"), folder.join(".installed"));
    let python = environment.join("bin/python");
    if fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))
        .context("Python 3 with venv is needed (apt-get install python3-venv)")?;
    run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&requirements))
        .context("kubernetes-validate can't be installed")?;
    fs::write(done, wanted)?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.env_remove("PYTHONPATH").output()?;
    if !output.status.success() {
        bail!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
