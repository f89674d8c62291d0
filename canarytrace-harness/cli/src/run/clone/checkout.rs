//! A clone as cargo finds it: the files of the commit, of earlier ones nothing.

use std::fs;
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{FetchOptions, Oid, Repository, RepositoryInitOptions, SubmoduleUpdateOptions};

use super::access::{Access, Noted};
use super::fetch::fetch;
use super::resolve::Resolved;
use crate::run::progress::Progress;
use crate::run::trouble::{InCache as _, Kind, Outcome, Trouble};

/// How deep submodules may have submodules.
const DEEPEST: usize = 8;

/// The files of a commit.
#[derive(Clone, Debug)]
pub(in crate::run) struct Clone {
    pub(in crate::run) commit: String,
    pub(in crate::run) folder: PathBuf,
}

/// Clones into `folder`, or has the clone that is there follow. Files that did not change stay untouched, so that cargo
/// compiles only what did.
///
/// # Errors
/// Each kind of trouble with git by itself.
pub(in crate::run) fn clone(access: &Access, wanted: &Resolved, folder: &Path, progress: &Progress) -> Outcome<Clone> {
    access.begin()?;
    let existed = folder.join(".git").exists();
    match try_clone(access, wanted, folder, progress) {
        // Whoever was killed may have left half a clone, or one that is locked.
        Err(trouble) if existed && trouble.kind == Kind::Clone => {
            progress.say(&format!("the clone in {} can't be used, so it is made anew: {trouble}", folder.display()));
            fs::remove_dir_all(folder).in_cache("removed", folder)?;
            try_clone(access, wanted, folder, progress)
        }
        other => other,
    }
}

fn try_clone(access: &Access, wanted: &Resolved, folder: &Path, progress: &Progress) -> Outcome<Clone> {
    let repo = open(folder).map_err(|error| Trouble::cache("opened as a clone", folder, error.message()))?;
    let commit = fetch(access, &repo, wanted, progress)?;
    progress.begin(&format!("checking out {commit}"));
    check_out(&repo, commit).map_err(|error| {
        Trouble::new(Kind::Clone, format!("the files of {commit} can't be written: {}", error.message()))
    })?;
    submodules(access, &repo, progress, 0)?;
    if fs::read_to_string(folder.join(".gitattributes")).is_ok_and(|text| text.contains("filter=lfs")) {
        progress.say("the repository keeps files in Git LFS: they stay pointers here");
    }
    Ok(Clone { commit: commit.to_string(), folder: folder.to_owned() })
}

fn open(folder: &Path) -> Result<Repository, git2::Error> {
    if folder.join(".git").exists()
        && let Ok(repo) = Repository::open(folder)
    {
        return Ok(repo);
    }
    let mut options = RepositoryInitOptions::new();
    // No hooks of this machine's templates.
    options.external_template(false).mkpath(true);
    Repository::init_opts(folder, &options)
}

fn check_out(repo: &Repository, commit: Oid) -> Result<(), git2::Error> {
    let object = repo.find_object(commit, None)?;
    let mut options = CheckoutBuilder::new();
    options.force().remove_untracked(true).remove_ignored(true);
    repo.checkout_tree(&object, Some(&mut options))?;
    repo.set_head_detached(commit)
}

fn submodules(access: &Access, repo: &Repository, progress: &Progress, depth: usize) -> Outcome<()> {
    let failed = |what: &str, error: &git2::Error| {
        Trouble::new(Kind::Clone, format!("the submodules of {what} can't be had: {}", error.message()))
    };
    let found = repo.submodules().map_err(|error| failed(&access.url, &error))?;
    for mut submodule in found {
        let path = submodule.path().display().to_string();
        if depth >= DEEPEST {
            let message = format!("the submodule {path} is the {DEEPEST}th within another: that is too deep");
            return Err(Trouble::new(Kind::Clone, message));
        }
        progress.begin(&format!("cloning the submodule {path}"));
        let given = submodule.url().unwrap_or_default().unwrap_or_default().to_owned();
        // Those beside the repository are at its host.
        let url = if given.starts_with('.') { access.url.clone() } else { given };
        let noted = Noted::default();
        let mut fetch = FetchOptions::new();
        fetch.remote_callbacks(access.callbacks(&url, &noted)).proxy_options(Access::proxy());
        let mut checkout = CheckoutBuilder::new();
        checkout.force();
        let mut options = SubmoduleUpdateOptions::new();
        options.fetch(fetch).checkout(checkout);
        submodule.update(true, Some(&mut options)).map_err(|error| {
            let mut trouble = access.trouble(&error, &noted);
            trouble.message = format!("the submodule {path}: {}", trouble.message);
            trouble
        })?;
        let inner = submodule.open().map_err(|error| failed(&path, &error))?;
        submodules(access, &inner, progress, depth + 1)?;
    }
    Ok(())
}
