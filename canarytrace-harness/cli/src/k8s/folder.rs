//! A folder of manifests that git holds: a file a monitor, and the `kustomization.yaml` that names them.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::cronjob::{MANAGED_BY, MONITOR};
use super::yaml;

/// The first line of each file.
const HEADER: &str =
    "# Written by `canarytrace k8s`: what is changed here is lost. Overlays of Kustomize are the place for it.\n";

/// The file that names the others.
const KUSTOMIZATION: &str = "kustomization.yaml";

/// Contents of files by their names.
pub(crate) type Files = BTreeMap<String, String>;

/// The files of these `CronJob`s, by whose names they are called.
///
/// # Errors
/// Never for what JSON can hold.
pub(crate) fn files(cronjobs: &BTreeMap<String, Value>) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for (name, cronjob) in cronjobs {
        files.insert(format!("{name}.yaml"), format!("{HEADER}{}", yaml::write(cronjob)?));
    }
    let resources: Vec<&String> = files.keys().collect();
    let kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
    });
    let kustomization = format!("{HEADER}{}", yaml::write(&kustomization)?);
    files.insert(KUSTOMIZATION.to_owned(), kustomization);
    Ok(files)
}

/// What lies in a folder of ours: the manifests of monitors, and the `kustomization.yaml`. Nothing where there is no folder.
///
/// # Errors
/// When a file can't be read, or a `kustomization.yaml` is somebody else's.
pub(crate) fn read(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(files),
        Err(error) => return Err(error).with_context(|| format!("{} can't be read", folder.display())),
    };
    for entry in entries {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "yaml") || !path.is_file() {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
        if name == KUSTOMIZATION && !text.starts_with(HEADER) {
            bail!(
                "{} was not written by this command: name a folder of its own, and that folder under resources in it",
                path.display()
            );
        }
        if name == KUSTOMIZATION || is_ours(&text) {
            files.insert(name.to_owned(), text);
        }
    }
    Ok(files)
}

/// Whether a file holds a `CronJob` of ours. What is no YAML is not.
fn is_ours(text: &str) -> bool {
    yaml::read(text).is_ok_and(|documents| documents.iter().any(is_of_a_monitor))
}

/// Whether a manifest is the `CronJob` of a monitor that this command wrote.
pub(crate) fn is_of_a_monitor(manifest: &Value) -> bool {
    let metadata = &manifest["metadata"];
    manifest["kind"] == "CronJob"
        && metadata["labels"][MANAGED_BY.0] == MANAGED_BY.1
        && metadata["annotations"][MONITOR].is_string()
}

/// Writes what differs from what is there, and returns how many files that were.
///
/// # Errors
/// When the folder or a file can't be written.
pub(crate) fn write(folder: &Path, there: &Files, files: &Files) -> anyhow::Result<usize> {
    fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))?;
    let changed: Vec<_> = files.iter().filter(|(name, text)| there.get(*name) != Some(text)).collect();
    for (name, text) in &changed {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
    }
    Ok(changed.len())
}
