//! Where attachments go, and why one did not get there.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::config::AttachmentStore;

/// A store, ready to take files.
#[derive(Debug)]
pub struct Destination {
    store: AttachmentStore,
    #[cfg(feature = "object-store")]
    s3: Option<super::s3::Bucket>,
}

/// Why an attachment was not copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The attachment is not there any more.
    Gone,
    /// The store does not let us in, or is not there: asking once more changes nothing.
    Refused(String),
    /// Something else, that may pass.
    Passing(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("it is not there any more"),
            Self::Refused(why) | Self::Passing(why) => f.write_str(why),
        }
    }
}

impl Destination {
    /// The store of the options.
    ///
    /// # Errors
    /// In words: it can't be used, whatever happens.
    pub async fn open(store: AttachmentStore) -> Result<Self, String> {
        #[cfg(feature = "object-store")]
        {
            let s3 = match &store {
                AttachmentStore::S3(s3) => Some(super::s3::Bucket::open(s3).await?),
                AttachmentStore::Folder(_) => None,
            };
            Ok(Self { store, s3 })
        }
        #[cfg(not(feature = "object-store"))]
        match store {
            AttachmentStore::S3(_) => {
                Err("this was built without the feature `object-store`: add it to `canarytrace` \
                                           in Cargo.toml, or leave AWS_S3_BUCKET and s3:// out"
                    .to_owned())
            }
            AttachmentStore::Folder(_) => Ok(Self { store }),
        }
    }

    /// The store in a few words.
    pub fn name(&self) -> String {
        self.store.name()
    }

    /// Copies the attachment `name` of a run. Returns its size in bytes.
    ///
    /// # Errors
    /// When the store does not have it.
    pub async fn put(&self, run: Uuid, name: &str, file: &Path) -> Result<u64, Trouble> {
        let key = self.store.key(run, name);
        match &self.store {
            AttachmentStore::Folder(folder) => {
                let (from, to) = (file.to_owned(), folder.join(key));
                let copied = tokio::task::spawn_blocking(move || copy(&from, &to)).await;
                copied.map_err(|error| Trouble::Passing(error.to_string()))?
            }
            #[cfg(feature = "object-store")]
            AttachmentStore::S3(_) => match &self.s3 {
                Some(bucket) => bucket.put(&key, file).await,
                None => Err(Trouble::Refused("there is no bucket".to_owned())),
            },
            #[cfg(not(feature = "object-store"))]
            AttachmentStore::S3(_) => Err(Trouble::Refused("the feature `object-store` is missing".to_owned())),
        }
    }
}

/// Copies a file whole or not at all, so that whoever looks into the folder finds no half of one.
fn copy(from: &Path, to: &Path) -> Result<u64, Trouble> {
    let trouble = |error: io::Error| Trouble::Passing(format!("{}: {error}", to.display()));
    if !from.exists() {
        return Err(Trouble::Gone);
    }
    let folder = to.parent().map(Path::to_path_buf).unwrap_or_default();
    std::fs::create_dir_all(&folder).map_err(trouble)?;
    let temporary: PathBuf = folder.join(format!(".{}.part", Uuid::now_v7()));
    let copied = std::fs::copy(from, &temporary).and_then(|bytes| std::fs::rename(&temporary, to).map(|()| bytes));
    if copied.is_err() {
        // Make room again; it is not there when creating it failed.
        let _ = std::fs::remove_file(&temporary);
    }
    copied.map_err(trouble)
}
