//! Folders as a whole: their size, a copy of one.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::path::Path;

/// Bytes on disk of everything in a folder; what vanishes meanwhile has none.
pub(super) fn size(folder: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(folder) else { return 0 };
    // In units of 512 bytes, whatever the file system (stat(2)).
    let own = metadata.blocks() * 512;
    if !metadata.is_dir() {
        return own;
    }
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| size(&entry.path())).sum::<u64>() + own
}

/// Copies the files of a clone: all but what is git's.
pub(super) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() == ".git" {
            continue;
        }
        let (kind, path, copied) = (entry.file_type()?, entry.path(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&path, &copied)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&path)?, copied)?;
        } else if kind.is_file() {
            fs::copy(&path, copied)?;
        }
    }
    Ok(())
}
