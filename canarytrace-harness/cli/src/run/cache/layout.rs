//! Where things lie in the cache.

use std::path::{Path, PathBuf};

use crate::run::digest;

/// The cache, as one repository sees it.
#[derive(Clone, Debug)]
pub(in crate::run) struct Cache {
    root: PathBuf,
    repository: String,
}

impl Cache {
    /// The cache in this folder; `repository` is its URL, without credentials.
    pub(in crate::run) fn new(root: &Path, repository: &str) -> Self {
        Self { root: root.to_owned(), repository: digest::short(repository) }
    }

    /// The folder of everything.
    pub(in crate::run) fn root(&self) -> &Path {
        &self.root
    }

    /// The builds of all commits.
    pub(super) fn builds(&self) -> PathBuf {
        self.root.join("builds")
    }

    /// The builds of a commit.
    pub(super) fn builds_of(&self, commit: &str) -> PathBuf {
        self.builds().join(commit)
    }

    /// What is known of branches.
    pub(super) fn refs(&self) -> PathBuf {
        self.root.join("refs")
    }

    /// Clones and target folders of all repositories.
    pub(super) fn repositories(&self) -> PathBuf {
        self.root.join("repositories")
    }

    /// Clone and target folders of this repository.
    pub(super) fn repository(&self) -> PathBuf {
        self.repositories().join(&self.repository)
    }

    /// The clone of this repository.
    pub(in crate::run) fn source(&self) -> PathBuf {
        self.repository().join("source")
    }

    /// Cargo's target folder for this repository and toolchain: what did not change is not compiled again.
    pub(in crate::run) fn target(&self, toolchain: &str) -> PathBuf {
        self.repository().join(format!("target-{}", digest::short(toolchain)))
    }

    /// What a branch is filed under.
    pub(super) fn name_of_reference(&self, reference: Option<&str>, variant: &str) -> String {
        digest::short(&format!("{}\n{}\n{variant}", self.repository, reference.unwrap_or_default()))
    }
}
