//! Builds the manifests in `k8s/` as `kubectl apply -k` does.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail};
use rustix::fs::{FlockOperation, flock};

use crate::elastic::Unavailable;

/// Installed by Go where neither kubectl nor kustomize is there.
const PACKAGE: &str = "sigs.k8s.io/kustomize/kustomize/v5@v5.8.1";

/// The folder of the manifests.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace").join("k8s")
}

/// Every folder with a kustomization below a folder of `k8s/`, such as `overlays`: its path from `k8s/`.
pub fn kustomizations(below: &str) -> Vec<String> {
    let mut found = Vec::new();
    walk(&folder().join(below), &mut found);
    found.sort_unstable();
    found
}

fn walk(path: &Path, found: &mut Vec<String>) {
    if path.join("kustomization.yaml").is_file() {
        let path = path.strip_prefix(folder()).expect("it lies in it");
        found.push(path.to_string_lossy().into_owned());
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), found);
        }
    }
}

/// The objects of a kustomization, given by its path from `k8s/`, as YAML.
///
/// # Errors
/// When there is no Kustomize here.
///
/// # Panics
/// When it can't be built.
pub fn build(kustomization: &str) -> Result<String, Unavailable> {
    build_folder(&folder().join(kustomization))
}

/// The same of any folder.
///
/// # Errors
/// When there is no Kustomize here.
///
/// # Panics
/// When it can't be built.
pub fn build_folder(folder: &Path) -> Result<String, Unavailable> {
    static PROGRAM: OnceLock<Result<Vec<PathBuf>, Unavailable>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| program().map_err(|error| Unavailable::of(&error))).clone()?;
    let output = Command::new(&program[0]).args(&program[1..]).arg(folder).output();
    let output = output.expect("it was there a moment ago");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {told}", folder.display());
    // A deprecated field still builds today.
    assert!(!told.to_lowercase().contains("warning"), "{}: {told}", folder.display());
    Ok(String::from_utf8(output.stdout).expect("manifests are text"))
}

/// The program with its first arguments.
fn program() -> Result<Vec<PathBuf>> {
    let there = |program: &str| Command::new(program).arg("version").arg("--help").output().is_ok();
    if there("kubectl") {
        return Ok(vec!["kubectl".into(), "kustomize".into()]);
    }
    if there("kustomize") {
        return Ok(vec!["kustomize".into(), "build".into()]);
    }
    Ok(vec![installed().context("neither kubectl nor kustomize is installed")?, "build".into()])
}

/// A kustomize of our own in the cache, which the first who needs it makes.
fn installed() -> Result<PathBuf> {
    let cache = canarytrace::config::Config::load().map_err(|error| anyhow!("{error}"))?.cache;
    let version = PACKAGE.rsplit('@').next().unwrap_or_default();
    let folder = cache.join(format!("tests-kustomize-{version}"));
    fs::create_dir_all(&folder)?;
    // Others wait until it is there: released when this process ends in any way.
    let lock = File::create(folder.join(".lock"))?;
    flock(&lock, FlockOperation::LockExclusive).map_err(io::Error::from)?;
    let program = folder.join("kustomize");
    if program.is_file() {
        return Ok(program);
    }
    let output = Command::new("go").args(["install", PACKAGE]).env("GOBIN", &folder).output();
    let output = output.context("and neither is Go, which could install it")?;
    if !output.status.success() {
        bail!("{PACKAGE} can't be installed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(program)
}
