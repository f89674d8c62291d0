//! Clones with git2: over https with a token, over ssh with a key and a check of the host's, or from a folder.
//!
//! Hooks are never run. What is kept in Git LFS stays a pointer. Submodules come along.

mod access;
mod checkout;
mod fetch;
mod globals;
mod known_hosts;
mod resolve;
mod revision;
mod troubles;

pub(super) use access::Access;
pub(super) use checkout::{Clone, clone};
pub(super) use resolve::{Resolved, resolve};
pub(super) use revision::Revision;
