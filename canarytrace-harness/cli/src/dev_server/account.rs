//! The user that servers run as: Elasticsearch refuses to be root.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// A number that neither Debian's policy nor systemd gives to anybody, and that a container's user namespace of 65536
/// has. A server needs no entry in `/etc/passwd`, so none is made.
const NUMBER: u32 = 65_530;

/// The user that servers run as.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account(Option<u32>);

impl Account {
    /// Whoever we are, unless that is root.
    pub(super) fn of_servers() -> Self {
        Self(rustix::process::geteuid().is_root().then_some(NUMBER))
    }

    /// Makes a command run as this user.
    pub(super) fn apply(self, command: &mut Command) {
        if let Some(number) = self.0 {
            // Also gives up root's other groups.
            command.uid(number).gid(number);
        }
    }

    /// Gives a folder and all in it to this user, and nobody else looks into it.
    pub(super) fn own(self, folder: &Path) -> anyhow::Result<()> {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
        let Some(number) = self.0 else { return Ok(()) };
        self.check_way_to(folder)?;
        give_all(folder, number).with_context(|| {
            format!(
                "{} can't be given to user {number}, and servers don't run as root: start it as another user",
                folder.display()
            )
        })
    }

    /// Gives one file to this user.
    pub(super) fn give(self, file: &Path) -> io::Result<()> {
        self.0.map_or(Ok(()), |number| chown(file, Some(number), Some(number)))
    }

    /// Whether the user comes as far as `path`.
    pub(super) fn reaches(self, path: &Path) -> bool {
        self.0.is_none() || path.ancestors().skip(1).all(is_open)
    }

    fn check_way_to(self, path: &Path) -> anyhow::Result<()> {
        if let Some(closed) = path.ancestors().skip(1).find(|folder| !is_open(folder)) {
            bail!(
                "{} is closed to other users, and servers don't run as root: choose another folder by --home",
                closed.display()
            );
        }
        Ok(())
    }
}

/// Whether everybody may go through a folder.
fn is_open(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|metadata| metadata.mode() & 0o001 != 0)
}

fn give_all(path: &Path, number: u32) -> io::Result<()> {
    chown(path, Some(number), Some(number))?;
    if path.symlink_metadata()?.is_dir() {
        for entry in fs::read_dir(path)? {
            give_all(&entry?.path(), number)?;
        }
    }
    Ok(())
}
