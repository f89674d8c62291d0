//! What was last built of a branch: what is run when nobody can say what it stands at.

use std::fs;
use std::path::PathBuf;

use uuid::Uuid;

use super::key::Variant;
use super::layout::Cache;

impl Cache {
    fn file_of(&self, reference: Option<&str>, variant: &Variant) -> PathBuf {
        self.refs().join(self.name_of_reference(reference, &variant.text()))
    }

    /// The commit that was last built of a branch or tag; none is the default branch.
    pub(in crate::run) fn last_built(&self, reference: Option<&str>, variant: &Variant) -> Option<String> {
        let text = fs::read_to_string(self.file_of(reference, variant)).ok()?;
        let commit = text.trim();
        let is_sha = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_sha.then(|| commit.to_owned())
    }

    /// There is a build of this commit, at which a branch stands. A cache that can't be written is asked by nobody who
    /// could write it.
    pub(in crate::run) fn note_built(&self, reference: Option<&str>, variant: &Variant, commit: &str) {
        if self.last_built(reference, variant).as_deref() == Some(commit) {
            return;
        }
        let path = self.file_of(reference, variant);
        let new = self.refs().join(format!(".new-{}", Uuid::now_v7().simple()));
        let written = fs::create_dir_all(self.refs()).and_then(|()| fs::write(&new, commit));
        let _ = written.and_then(|()| fs::rename(&new, path));
    }
}
