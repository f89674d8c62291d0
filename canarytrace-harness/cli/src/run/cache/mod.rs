//! The build cache: executables by commit, lock file, toolchain and features, in a folder that pods may share.
//!
//! ```text
//! builds/<commit>/<key>/monitors          the executable
//! builds/<commit>/<key>/manifest.json     what it was built of, its SHA-256; whoever runs it holds a shared lock on this
//! builds/<commit>/<key>/source/           the files of the commit: monitors run in their package's folder
//! builds/<commit>/<key>/stamps/<stamp>    toolchains that are the one it was built with
//! builds/<commit>/<key>/used              modified when it was last used
//! refs/<hash>                             the commit that was last built of a branch
//! repositories/<hash>/lock                whoever clones and builds holds it alone
//! repositories/<hash>/source/             the clone
//! repositories/<hash>/target-<hash>/      cargo's target folder, of one toolchain
//! ```
//! A build appears whole, by one rename. Everything can be removed at any time but for what a process holds.

mod entry;
mod evict;
mod hold;
mod key;
mod layout;
mod lock;
mod manifest;
mod refs;
mod store;
mod tree;

pub(super) use entry::Toolchains;
pub(super) use evict::evict;
pub(super) use hold::Held;
pub(super) use key::{Key, Variant};
pub(super) use layout::Cache;
pub(super) use lock::RepositoryLock;
pub(super) use manifest::Manifest;
pub(super) use store::New;
