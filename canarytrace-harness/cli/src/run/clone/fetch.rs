//! Fetches a commit: it alone where the server allows, everything otherwise.

use git2::{AutotagOption, FetchOptions, Oid, Remote, Repository};

use super::access::{Access, Noted};
use super::resolve::Resolved;
use crate::run::progress::{Progress, Transfer};
use crate::run::trouble::{Kind, Outcome, Trouble};

/// Where what is wanted is filed in the clone.
const WANTED: &str = "refs/canarytrace/wanted";

/// As a depth: all of the history (git's own number for it).
const ALL: i32 = i32::MAX;

/// Fetches what is wanted, unless the clone has it, and gives the commit.
pub(super) fn fetch(access: &Access, repo: &Repository, wanted: &Resolved, progress: &Progress) -> Outcome<Oid> {
    if let Resolved::Commit { sha, reference } = wanted {
        if let Some(commit) = commit(repo, sha) {
            return Ok(commit);
        }
        // git fetches a commit by its SHA from servers that allow it: all big ones do.
        let what = reference.as_deref().unwrap_or(sha);
        match fetch_some(access, repo, &[format!("+{what}:{WANTED}")], access.is_remote.then_some(1), progress) {
            Ok(()) => {
                if let Some(commit) = commit(repo, sha) {
                    return Ok(commit);
                }
                // The branch went on meanwhile.
            }
            Err(trouble) if trouble.kind == Kind::Clone => {}
            Err(trouble) => return Err(trouble),
        }
    }
    let everything = ["+refs/heads/*:refs/canarytrace/heads/*", "+refs/tags/*:refs/canarytrace/tags/*"];
    let depth = (access.is_remote && repo.is_shallow()).then_some(ALL);
    fetch_some(access, repo, &everything.map(str::to_owned), depth, progress)?;
    let (text, found) = match wanted {
        Resolved::Commit { sha, .. } => (sha, commit(repo, sha)),
        Resolved::Short(short) => {
            let object = repo.revparse_single(short).and_then(|object| object.peel_to_commit());
            (short, object.ok().map(|commit| commit.id()))
        }
    };
    found.ok_or_else(|| {
        let message = format!("{} has no commit {text}, as GIT_REVISION wants, or several that begin so", access.url);
        Trouble::new(Kind::Revision, message)
    })
}

/// The commit, if the clone has it with its files: what was fetched in part by a process that was killed is not there.
fn commit(repo: &Repository, sha: &str) -> Option<Oid> {
    let commit = repo.find_commit(Oid::from_str(sha).ok()?).ok()?;
    commit.tree().ok().map(|_tree| commit.id())
}

fn fetch_some(
    access: &Access,
    repo: &Repository,
    refspecs: &[String],
    depth: Option<i32>,
    progress: &Progress,
) -> Outcome<()> {
    let noted = Noted::default();
    let mut callbacks = access.callbacks(&access.url, &noted);
    let mut last = None;
    callbacks.transfer_progress(|stats| {
        let (objects, deltas) = (stats.total_objects() as u64, stats.total_deltas() as u64);
        let received = stats.received_objects() as u64;
        let bytes = stats.received_bytes() as u64;
        let transfer = if received < objects || deltas == 0 {
            Transfer { what: "objects received", done: received, all: objects, bytes }
        } else {
            Transfer { what: "deltas resolved", done: stats.indexed_deltas() as u64, all: deltas, bytes }
        };
        if objects > 0 && last != Some(transfer) {
            progress.transfer(transfer);
            last = Some(transfer);
        }
        true
    });
    let mut options = FetchOptions::new();
    options.remote_callbacks(callbacks).proxy_options(Access::proxy()).download_tags(AutotagOption::None);
    options.update_fetchhead(false);
    if let Some(depth) = depth {
        options.depth(depth);
    }
    let fetched = origin(access, repo).and_then(|mut remote| remote.fetch(refspecs, Some(&mut options), None));
    fetched.map_err(|error| access.trouble(&error, &noted))
}

/// The remote; submodules with relative URLs are looked for beside it.
fn origin<'a>(access: &Access, repo: &'a Repository) -> Result<Remote<'a>, git2::Error> {
    repo.find_remote("origin").or_else(|_| repo.remote("origin", &access.url))
}
