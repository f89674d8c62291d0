//! What copying attachments came to, in numbers.

use std::fmt;

/// Attachments that were copied, and those that were not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UploadFigures {
    /// Copied.
    pub uploaded: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Not copied yet; they are on disk.
    pub left: u64,
}

impl UploadFigures {
    /// Adds what is of another run.
    pub fn add(&mut self, other: &Self) {
        self.uploaded += other.uploaded;
        self.bytes += other.bytes;
        self.left += other.left;
    }
}

impl fmt::Display for UploadFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} uploaded ({} bytes), {} left", self.uploaded, self.bytes, self.left)
    }
}
