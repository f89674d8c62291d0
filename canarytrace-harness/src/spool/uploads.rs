//! Which attachments of a run a store has: `uploads.json`, kept by whoever copies them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::run::ATTACHMENTS;

/// Name of the file within a run's folder.
const UPLOADS: &str = "uploads.json";

/// The form of the file; another one is not ours to read.
const VERSION: u32 = 1;

/// Which attachments of one folder of a run are in a store.
///
/// An attachment is copied under the same name however often, so what is not noted is copied once more and harms nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uploads {
    version: u32,
    /// The store that has them.
    store: String,
    names: BTreeSet<String>,
}

impl Uploads {
    /// What `store` has of a run's folder. What another store has does not count, nor does a file that can't be read.
    pub fn load(folder: &Path, store: &str) -> Self {
        let content = fs::read(folder.join(UPLOADS)).ok();
        let noted = content.and_then(|content| serde_json::from_slice::<Self>(&content).ok());
        noted.filter(|noted| noted.version == VERSION && noted.store == store).unwrap_or_else(|| Self {
            version: VERSION,
            store: store.to_owned(),
            names: BTreeSet::new(),
        })
    }

    /// Notes that the store has an attachment.
    ///
    /// # Errors
    /// When that can't be written; it is noted here all the same.
    pub fn add(&mut self, folder: &Path, name: &str) -> io::Result<()> {
        self.names.insert(name.to_owned());
        let temporary = folder.join(format!(".{UPLOADS}.part"));
        let saved = File::create(&temporary).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(self)?)?;
            fs::rename(&temporary, folder.join(UPLOADS))
        });
        if saved.is_err() {
            // Make room again; it is not there when creating it failed.
            let _ = fs::remove_file(&temporary);
        }
        saved
    }

    /// The attachments in a run's folder that the store does not have, with their names, in the order of the names.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn left(&self, folder: &Path) -> io::Result<Vec<(String, PathBuf)>> {
        let entries = match fs::read_dir(folder.join(ATTACHMENTS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut left = Vec::new();
        for entry in entries {
            let entry = entry?;
            // What begins with a dot is being written.
            if let Ok(name) = entry.file_name().into_string()
                && !name.starts_with('.')
                && !self.names.contains(&name)
                && entry.file_type()?.is_file()
            {
                left.push((name, entry.path()));
            }
        }
        left.sort_unstable();
        Ok(left)
    }
}

/// Whether `store` has every attachment of a run's folder.
pub fn is_wholly_uploaded(folder: &Path, store: &str) -> bool {
    Uploads::load(folder, store).left(folder).is_ok_and(|left| left.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_store_has_is_noted_for_that_store_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert!(is_wholly_uploaded(folder, "s3://a"));
        fs::create_dir(folder.join(ATTACHMENTS)).unwrap();
        for name in ["b.png", "a.png", ".c.part"] {
            fs::write(folder.join(ATTACHMENTS).join(name), name).unwrap();
        }
        let mut uploads = Uploads::load(folder, "s3://a");
        let names =
            |uploads: &Uploads| uploads.left(folder).unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&uploads), ["a.png", "b.png"]);
        uploads.add(folder, "a.png").unwrap();
        assert_eq!(names(&Uploads::load(folder, "s3://a")), ["b.png"]);
        assert_eq!(names(&Uploads::load(folder, "s3://b")), ["a.png", "b.png"], "another store has none of it");
        uploads.add(folder, "b.png").unwrap();
        assert!(is_wholly_uploaded(folder, "s3://a") && !is_wholly_uploaded(folder, "s3://b"));
        fs::write(folder.join(UPLOADS), "torn").unwrap();
        assert!(!is_wholly_uploaded(folder, "s3://a"), "what can't be read is copied once more");
    }
}
