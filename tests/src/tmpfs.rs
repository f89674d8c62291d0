//! Small and read-only file systems: root is forbidden nothing by file modes.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A tmpfs of its own, unmounted when dropped.
#[derive(Debug)]
pub struct Tmpfs(TempDir);

impl Tmpfs {
    /// Mounts one with options such as `size=64k`. `None` where we may not mount; in CI that is a failure.
    pub fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("ctfs").tempdir_in("/tmp").expect("/tmp can be written");
        let mut command = Command::new("mount");
        let output = command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).output();
        if output.as_ref().is_ok_and(|output| output.status.success()) {
            return Some(Self(folder));
        }
        assert!(std::env::var_os("CI").is_none(), "in CI the test must not be skipped: {output:?}");
        eprintln!("ignored: only root may mount a tmpfs here");
        None
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Forbids everybody to write.
    pub fn make_read_only(&self) {
        let status = Command::new("mount").args(["-o", "remount,ro"]).arg(self.path()).status();
        assert!(status.is_ok_and(|status| status.success()), "a mounted tmpfs can be mounted again");
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
