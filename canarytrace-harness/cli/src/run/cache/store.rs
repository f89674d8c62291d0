//! Puts a build into the cache, whole or not at all.

use std::fs::{self, File};
use std::path::Path;

use uuid::Uuid;

use crate::run::digest;
use crate::run::trouble::{InCache as _, Kind, Outcome, Trouble};
use super::entry::Entry;
use super::hold::{Held, lock_shared};
use super::layout::Cache;
use super::manifest::{EXECUTABLE, MANIFEST, Manifest, SOURCE, STAMPS};
use super::tree;

/// A build that cargo just made.
#[derive(Debug)]
pub(in crate::run) struct New<'a> {
    pub(in crate::run) executable: &'a Path,
    pub(in crate::run) source: &'a Path,
    pub(in crate::run) key: &'a str,
    pub(in crate::run) stamp: Option<&'a str>,
    /// Without what is known of the executable.
    pub(in crate::run) manifest: Manifest,
}

impl Cache {
    /// Puts it there and holds it, so that nobody removes it before it was used.
    pub(in crate::run) fn store(&self, new: New<'_>) -> Outcome<Held> {
        let folder = self.builds_of(&new.manifest.commit);
        fs::create_dir_all(&folder).in_cache("made", &folder)?;
        let half = folder.join(format!(".new-{}", Uuid::now_v7().simple()));
        let place = folder.join(new.key);
        let stored = fill(&half, new).and_then(|(manifest, lock)| {
            fs::rename(&half, &place).in_cache("written", &place)?;
            Ok(Held::new(Entry { folder: place.clone(), manifest }, lock))
        });
        if stored.is_err() {
            // Room for the next one; it may not even be there.
            let _ = fs::remove_dir_all(&half);
        }
        stored
    }

    /// Takes a damaged build away.
    pub(in crate::run) fn remove(&self, entry: &Entry) -> Outcome<()> {
        let gone = self.builds().join(format!(".gone-{}", Uuid::now_v7().simple()));
        fs::rename(&entry.folder, &gone).in_cache("removed", &entry.folder)?;
        fs::remove_dir_all(&gone).in_cache("removed", &gone)
    }
}

fn fill(half: &Path, new: New<'_>) -> Outcome<(Manifest, File)> {
    let New { executable, source, stamp, mut manifest, .. } = new;
    fs::create_dir(half).in_cache("made", half)?;
    let copied = half.join(EXECUTABLE);
    fs::copy(executable, &copied).in_cache("written", &copied)?;
    File::open(&copied).and_then(|file| file.sync_all()).in_cache("written", &copied)?;
    let (sha256, size) = digest::of_file(&copied).in_cache("read", &copied)?;
    manifest.sha256 = sha256;
    manifest.size = size;
    tree::copy(source, &half.join(SOURCE)).in_cache("written", &half.join(SOURCE))?;
    let stamps = half.join(STAMPS);
    fs::create_dir(&stamps).in_cache("made", &stamps)?;
    if let Some(stamp) = stamp {
        fs::write(stamps.join(stamp), "").in_cache("written", &stamps)?;
    }
    let path = half.join(MANIFEST);
    let json = serde_json::to_vec_pretty(&manifest).map_err(|error| Trouble::new(Kind::Cache, error.to_string()))?;
    fs::write(&path, json).in_cache("written", &path)?;
    let lock = File::open(&path).in_cache("opened", &path)?;
    lock.sync_all().in_cache("written", &path)?;
    lock_shared(&lock).in_cache("locked", &path)?;
    Ok((manifest, lock))
}
