//! Builds in the cache: found by what is wanted, without asking cargo or git.

use std::fs;
use std::path::{Path, PathBuf};

use super::key::Variant;
use super::layout::Cache;
use super::manifest::{Manifest, STAMPS};

/// With which toolchain a build has to be made.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) enum Toolchains<'a> {
    /// Whichever: there is none here to compare with.
    Any,
    /// The one with this stamp.
    Stamp(&'a str),
}

/// A build in the cache, as its manifest has it; nobody looked at the executable yet.
#[derive(Clone, Debug)]
pub(in crate::run) struct Entry {
    pub(super) folder: PathBuf,
    pub(in crate::run) manifest: Manifest,
}

impl Entry {
    pub(super) fn at(folder: PathBuf) -> Option<Self> {
        Manifest::read(&folder).map(|manifest| Self { folder, manifest })
    }

    /// The folder of the entry.
    pub(in crate::run) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Notes that a toolchain with this stamp is the one that it was built with. A cache that can't be written is asked
    /// again next time.
    pub(in crate::run) fn note_stamp(&self, stamp: &str) {
        let _ = fs::write(self.folder.join(STAMPS).join(stamp), "");
    }
}

impl Cache {
    /// The builds of a commit that would do, the newest first.
    pub(in crate::run) fn find(&self, commit: &str, variant: &Variant, toolchains: Toolchains<'_>) -> Vec<Entry> {
        let mut found: Vec<Entry> = entries_in(&self.builds_of(commit));
        found.retain(|entry| {
            let is_known = match toolchains {
                Toolchains::Any => true,
                Toolchains::Stamp(stamp) => entry.folder.join(STAMPS).join(stamp).exists(),
            };
            is_known && entry.manifest.variant == *variant && entry.manifest.commit == commit
        });
        found.sort_by(|a, b| b.manifest.built_at.cmp(&a.manifest.built_at));
        found
    }

    /// The build with this key.
    pub(in crate::run) fn find_exactly(&self, commit: &str, key: &str) -> Option<Entry> {
        Entry::at(self.builds_of(commit).join(key))
    }

    /// The one commit of the repository with this URL that has builds and whose SHA begins so.
    pub(in crate::run) fn commit_beginning(&self, short: &str, repository: &str) -> Option<String> {
        let is_of = |commit: &String| {
            let entries = entries_in(&self.builds_of(commit));
            commit.starts_with(short) && entries.iter().any(|entry| entry.manifest.repository == repository)
        };
        let mut commits = names_in(&self.builds()).into_iter().filter(is_of);
        commits.next().filter(|_| commits.next().is_none())
    }
}

/// All builds in the folder of a commit.
pub(super) fn entries_in(folder: &Path) -> Vec<Entry> {
    names_in(folder).into_iter().filter_map(|name| Entry::at(folder.join(name))).collect()
}

/// The names in a folder, without those that begin with a full stop: they are on their way in or out.
pub(super) fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| !name.starts_with('.')).collect()
}
