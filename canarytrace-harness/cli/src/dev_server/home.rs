//! Where what is fetched and the servers lie.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf, absolute};

use anyhow::Context as _;
use canarytrace::config::Config;

use super::folder::Folder;
use super::product::Product;

/// For root: the server runs under another user, who may not look into `/root`.
const OF_ROOT: &str = "/var/cache/canarytrace/dev-server";

/// The folder with what is fetched, once for all, and with the servers.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// `/var/cache/canarytrace/dev-server` for root, `dev-server` below `CANARYTRACE_CACHE` for everybody else.
    ///
    /// # Errors
    /// When the options can't be read.
    pub fn usual() -> anyhow::Result<Self> {
        Ok(Self(if rustix::process::geteuid().is_root() {
            PathBuf::from(OF_ROOT)
        } else {
            Config::load()?.cache.join("dev-server")
        }))
    }

    /// Another folder.
    ///
    /// # Errors
    /// When the path is empty.
    pub fn at(folder: &Path) -> anyhow::Result<Self> {
        // The servers run with other working folders.
        Ok(Self(absolute(folder).with_context(|| format!("{} is no folder", folder.display()))?))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The server of this name, running or not.
    pub fn folder(&self, name: &str) -> Folder {
        Folder::new(self.clone(), self.0.join("servers").join(name))
    }

    /// The server that `canarytrace dev-server` starts.
    pub fn folder_of(&self, product: Product) -> Folder {
        self.folder(product.key())
    }

    /// Makes the folders of all servers, open to other users if we are root: servers are not.
    pub(super) fn make(&self) -> anyhow::Result<()> {
        let servers = self.0.join("servers");
        let made = fs::create_dir_all(&servers).and_then(|()| {
            if rustix::process::geteuid().is_root() {
                for folder in [servers.as_path(), self.0.as_path(), self.0.parent().unwrap_or(&self.0)] {
                    if self.0.as_path() == Path::new(OF_ROOT) || folder.starts_with(&self.0) {
                        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
                    }
                }
            }
            Ok(())
        });
        made.with_context(|| format!("{} can't be made", servers.display()))
    }

    /// Where a product lies once it was fetched.
    pub(super) fn product(&self, product: Product) -> PathBuf {
        self.0.join(format!("{}-{}", product.key(), product.version()))
    }

    /// Where a port is reserved.
    pub(super) fn port(&self, number: u16) -> PathBuf {
        self.0.join("ports").join(number.to_string())
    }
}
