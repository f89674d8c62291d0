//! `datasets.json` in the data folder: the datasets of monitors' own, for whoever makes their templates.
//!
//! ```text
//! { "datasets": [ { "crate": "monitors", "name": "orders", "doc": "…", "fields": [
//!     { "name": "total", "type": "double", "doc": "What is to be paid, CZK." } ] } ] }
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::lock::Lock;
use crate::record::{DatasetInfo, DatasetSchema, OwnDataset, check_schema};

/// Name of the file within the data folder.
pub const DATASETS_FILE: &str = "datasets.json";

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct File {
    datasets: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Entry {
    /// Crate that defines it; whoever wrote the file by hand may leave it out.
    #[serde(rename = "crate", default, skip_serializing_if = "String::is_empty")]
    krate: String,
    #[serde(flatten)]
    schema: DatasetSchema,
}

/// Why the datasets in a file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum DatasetsError {
    /// The file can't be read.
    #[error("{} can't be read: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is none of datasets.
    #[error("{} holds no datasets: {message}", .file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// What is wrong in it.
        message: String,
    },
}

/// Reads the datasets of a file; they are sorted by name.
///
/// # Errors
/// When it can't be read, is no JSON of that form, or has names that can't be.
pub fn read_datasets(file: &Path) -> Result<Vec<DatasetSchema>, DatasetsError> {
    let text =
        fs::read_to_string(file).map_err(|source| DatasetsError::Unreadable { file: file.to_owned(), source })?;
    let invalid = |message: String| DatasetsError::Invalid { file: file.to_owned(), message };
    let read: File = serde_json::from_str(&text).map_err(|error| invalid(error.to_string()))?;
    let mut datasets: Vec<_> = read.datasets.into_iter().map(|entry| entry.schema).collect();
    datasets.sort_by(|one, other| one.name.cmp(&other.name));
    for (at, dataset) in datasets.iter().enumerate() {
        check_schema(dataset)
            .map_err(|(name, error)| invalid(format!("{name:?} in dataset {:?}: {error}", dataset.name)))?;
        if at > 0 && datasets[at - 1].name == dataset.name {
            return Err(invalid(format!("two datasets are named {:?}", dataset.name)));
        }
    }
    Ok(datasets)
}

/// Writes the datasets that this process links into the file in the data folder. Those of other crates stay in it; the
/// file is left alone when nothing changes.
///
/// # Errors
/// When the folder can't be written.
pub fn write_datasets<'a>(data: &Path, own: impl IntoIterator<Item = &'a OwnDataset>) -> io::Result<()> {
    let own: Vec<_> = own.into_iter().collect();
    if own.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(data.join("runs"))?;
    // Monitors of several crates may begin at the same moment.
    let _lock = Lock::wait(&data.join("runs"))?;
    let path = data.join(DATASETS_FILE);
    // One that can't be read is written anew: it holds nothing that the runs don't bring along.
    let old: File = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    let ours = |entry: &Entry| own.iter().any(|own| own.krate == entry.krate || own.info.name == entry.schema.name);
    let mut new = File { datasets: old.datasets.iter().filter(|entry| !ours(entry)).cloned().collect() };
    new.datasets.extend(own.iter().map(|own| entry(own.krate, &own.info)));
    new.datasets.sort_by(|one, other| one.schema.name.cmp(&other.schema.name));
    if new == old {
        return Ok(());
    }
    let mut text = serde_json::to_string_pretty(&new)?;
    text.push('\n');
    // Readers see the old file or the new one, never a part.
    let draft = data.join(format!("{DATASETS_FILE}.new"));
    fs::write(&draft, text)?;
    fs::rename(&draft, &path)
}

fn entry(krate: &str, info: &DatasetInfo) -> Entry {
    Entry { krate: krate.to_owned(), schema: DatasetSchema::of(info) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Field, Mapping};

    fn own(krate: &'static str, name: &'static str) -> OwnDataset {
        const FIELDS: &[Field] = &[Field { name: "total", mapping: Mapping::Double, doc: "CZK." }];
        OwnDataset { info: DatasetInfo { name, doc: "Orders.", fields: FIELDS }, krate, file: "src/lib.rs", line: 1 }
    }

    fn names(data: &Path) -> Vec<String> {
        read_datasets(&data.join(DATASETS_FILE)).unwrap().into_iter().map(|dataset| dataset.name).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        write_datasets(folder.path(), &[own("shop", "orders")]).unwrap();
        let datasets = read_datasets(&folder.path().join(DATASETS_FILE)).unwrap();
        assert_eq!(datasets, [DatasetSchema::of(&own("shop", "orders").info)]);
    }

    #[test]
    fn datasets_of_other_crates_stay() {
        let folder = tempfile::tempdir().unwrap();
        write_datasets(folder.path(), &[own("shop", "orders"), own("shop", "baskets")]).unwrap();
        write_datasets(folder.path(), &[own("bank", "accounts")]).unwrap();
        assert_eq!(names(folder.path()), ["accounts", "baskets", "orders"]);
        // A crate's own ones that are gone are gone.
        write_datasets(folder.path(), &[own("shop", "orders")]).unwrap();
        assert_eq!(names(folder.path()), ["accounts", "orders"]);
        // Without any, the file is not touched.
        write_datasets(folder.path(), &[]).unwrap();
        assert_eq!(names(folder.path()), ["accounts", "orders"]);
    }

    #[test]
    fn a_file_that_was_written_by_hand_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mine.json");
        let error = |text: &str| {
            fs::write(&file, text).unwrap();
            read_datasets(&file).unwrap_err().to_string()
        };
        assert!(error("{").contains("mine.json holds no datasets: EOF"));
        let wrong = error(r#"{"datasets": [{"name": "report", "fields": []}]}"#);
        assert!(wrong.contains(r#""report" in dataset "report": Canarytrace itself has"#), "{wrong}");
        let wrong = error(r#"{"datasets": [{"name": "orders", "fields": [{"name": "a", "type": "number"}]}]}"#);
        assert!(wrong.contains("unknown variant `number`"), "{wrong}");
        let twice = r#"{"datasets": [{"name": "a", "fields": []}, {"name": "a", "fields": []}]}"#;
        assert!(error(twice).contains(r#"two datasets are named "a""#));
    }
}
