//! What is known of a build.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::key::Variant;

/// Name of the file.
pub(super) const MANIFEST: &str = "manifest.json";

/// Name of the executable.
pub(super) const EXECUTABLE: &str = "monitors";

/// Folder with the files of the commit.
pub(super) const SOURCE: &str = "source";

/// Folder with the stamps of toolchains.
pub(super) const STAMPS: &str = "stamps";

/// Modified when the build was last used.
pub(super) const USED: &str = "used";

/// What is known of a build.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::run) struct Manifest {
    /// SHA of the commit.
    pub(in crate::run) commit: String,
    /// The repository, without credentials.
    pub(in crate::run) repository: String,
    /// What was asked for: a branch, a tag, a SHA; none for the default branch.
    pub(in crate::run) reference: Option<String>,
    /// What the options decide.
    pub(in crate::run) variant: Variant,
    /// SHA-256 of `Cargo.lock`.
    pub(in crate::run) lock_file: String,
    /// What the compiler says of itself.
    pub(in crate::run) toolchain: String,
    /// The package with the monitors.
    pub(in crate::run) package: String,
    /// Its folder within the repository; empty when it is the repository's own.
    pub(in crate::run) folder: String,
    /// SHA-256 of the executable.
    pub(in crate::run) sha256: String,
    /// Size of the executable, bytes.
    pub(in crate::run) size: u64,
    /// When it was built, RFC 3339.
    pub(in crate::run) built_at: String,
    /// How long cargo took, ms.
    pub(in crate::run) build_ms: f64,
    /// Version of this program.
    pub(in crate::run) built_by: String,
}

impl Manifest {
    /// That of an entry; none where there is none that can be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(folder.join(MANIFEST)).ok()?).ok()
    }
}
