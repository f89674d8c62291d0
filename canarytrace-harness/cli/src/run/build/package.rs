//! Which package of a repository holds the monitors, and which of its test targets runs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::cargo::without_secrets;
use crate::run::trouble::{Kind, Outcome, Trouble};

/// Name of the package, and of its test target, unless something else is wanted.
const USUAL: &str = "monitors";

/// The package with the monitors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::run) struct Package {
    pub(in crate::run) name: String,
    /// As cargo's `-p` takes it.
    pub(super) id: String,
    /// Its folder within the repository; empty when it is the repository's own.
    pub(in crate::run) folder: PathBuf,
    /// Its test target.
    pub(super) test: String,
    /// The manifest to build by.
    pub(super) manifest: PathBuf,
    /// The folder of its workspace.
    workspace: PathBuf,
}

impl Package {
    /// The lock file, whether it is there or not.
    pub(in crate::run) fn lock_file(&self) -> PathBuf {
        self.workspace.join("Cargo.lock")
    }
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Found>,
    workspace_root: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Found {
    name: String,
    id: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

/// Finds it in the clone; `wanted` is `MONITORS_PACKAGE`.
///
/// # Errors
/// When there is none, or more than one might be meant.
pub(in crate::run) fn package(clone: &Path, wanted: Option<&str>) -> Outcome<Package> {
    let manifest = [clone.join("Cargo.toml"), clone.join(wanted.unwrap_or(USUAL)).join("Cargo.toml")]
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| none("it has no Cargo.toml at its top".to_owned()))?;
    let mut command = Command::new("cargo");
    command.args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"]).arg(&manifest);
    without_secrets(&mut command);
    let output = command.current_dir(manifest.parent().unwrap_or(clone)).output().map_err(|error| {
        Trouble::new(Kind::Toolchain, format!("there is no Rust toolchain: cargo can't be started: {error}"))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let mut trouble = none(format!("cargo can't read {}", manifest.display()));
        trouble.message = format!("{}\n{said}", trouble.message);
        return Err(trouble);
    }
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .map_err(|error| none(format!("cargo's answer can't be read: {error}")))?;
    choose(metadata, clone, wanted, manifest)
}

fn none(why: String) -> Trouble {
    let advice = "MONITORS_PACKAGE names the package that holds them; `canarytrace init` makes one";
    Trouble::new(Kind::Package, format!("the repository has no package with monitors: {why}; {advice}"))
}

fn choose(metadata: Metadata, clone: &Path, wanted: Option<&str>, manifest: PathBuf) -> Outcome<Package> {
    let mut packages = metadata.packages;
    let names: Vec<String> = packages.iter().map(|package| package.name.clone()).collect();
    let at = names.iter().position(|name| name == wanted.unwrap_or(USUAL));
    let at = at.or_else(|| (wanted.is_none() && names.len() == 1).then_some(0)).ok_or_else(|| {
        none(format!("none is named {}; there are: {}", wanted.unwrap_or(USUAL), names.join(", ")))
    })?;
    let found = packages.swap_remove(at);
    let tests: Vec<String> = found
        .targets
        .into_iter()
        .filter(|target| target.kind.iter().any(|kind| kind == "test"))
        .map(|target| target.name)
        .collect();
    let test = match &tests[..] {
        [] => return Err(none(format!("{} has no test target, which would run them", found.name))),
        [only] => only.clone(),
        several => several
            .iter()
            .find(|test| **test == USUAL)
            .or_else(|| several.iter().find(|test| **test == found.name))
            .cloned()
            .ok_or_else(|| {
                none(format!(
                    "{} has several test targets ({}), and none is named {USUAL} or {0}",
                    found.name,
                    several.join(", ")
                ))
            })?,
    };
    // cargo tells the path without symbolic links.
    let clone = std::fs::canonicalize(clone).unwrap_or_else(|_| clone.to_owned());
    let folder = found.manifest_path.parent().unwrap_or(&clone);
    let folder = folder.strip_prefix(&clone).unwrap_or(Path::new("")).to_owned();
    Ok(Package { name: found.name, id: found.id, folder, test, manifest, workspace: metadata.workspace_root })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(packages: &[(&str, &[&str])], wanted: Option<&str>) -> Result<(String, String), String> {
        let packages = packages
            .iter()
            .map(|(name, tests)| Found {
                name: (*name).to_owned(),
                id: (*name).to_owned(),
                manifest_path: PathBuf::from(format!("/clone/{name}/Cargo.toml")),
                targets: [("lib", *name)]
                    .into_iter()
                    .chain(tests.iter().map(|test| ("test", *test)))
                    .map(|(kind, name)| Target { name: name.to_owned(), kind: vec![kind.to_owned()] })
                    .collect(),
            })
            .collect();
        choose(Metadata { packages, workspace_root: PathBuf::new() }, Path::new("/clone"), wanted, PathBuf::new())
            .map(|package| (package.folder.display().to_string(), package.test))
            .map_err(|trouble| trouble.message)
    }

    #[test]
    fn the_package_with_monitors_is_the_named_the_usual_or_the_only_one() {
        let found = |folder: &str, test: &str| Ok((folder.to_owned(), test.to_owned()));
        let two: &[(&str, &[&str])] = &[("shop", &["journeys"]), ("monitors", &["monitors"])];
        assert_eq!(chosen(two, None), found("monitors", "monitors"));
        assert_eq!(chosen(two, Some("shop")), found("shop", "journeys"));
        assert_eq!(chosen(&[("shop", &["journeys"])], None), found("shop", "journeys"));
        assert_eq!(chosen(&[("shop", &["units", "shop"])], None), found("shop", "shop"));
        assert!(chosen(two, Some("blog")).unwrap_err().contains("none is named blog; there are: shop, monitors"));
        assert!(chosen(&[("shop", &[]), ("blog", &[])], None).unwrap_err().contains("none is named monitors"));
        assert!(chosen(&[("shop", &[])], None).unwrap_err().contains("shop has no test target"));
        assert!(chosen(&[("shop", &["a", "b"])], None).unwrap_err().contains("several test targets (a, b)"));
    }
}
