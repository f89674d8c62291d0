//! Keeps the cache within its bound: what was not used for longest goes first, and nothing that is in use.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{FlockOperation, flock};
use uuid::Uuid;

use super::entry::names_in;
use super::layout::Cache;
use super::manifest::{MANIFEST, USED};
use super::tree;

/// What a process that was killed left is removed when it is so old.
const ABANDONED: Duration = Duration::from_hours(1);

/// Something that can be removed: a build, or clone and target folders of a repository.
#[derive(Debug)]
struct Candidate {
    folder: PathBuf,
    /// Locked alone while it is removed.
    lock: PathBuf,
    size: u64,
    used: SystemTime,
}

/// Removes what was not used for longest until everything has at most `most` bytes. The lock of the cache's own repository is
/// held; `keep` is the build that is used now. Says what was removed, and what stays too much.
pub(in crate::run) fn evict(cache: &Cache, keep: &Path, most: u64) -> Vec<String> {
    remove_abandoned(cache);
    let mut candidates = candidates(cache);
    let own = cache.repository();
    let mut total: u64 = candidates.iter().map(|candidate| candidate.size).sum();
    candidates.sort_by_key(|candidate| candidate.used);
    let mut said = Vec::new();
    for candidate in &candidates {
        if total <= most {
            return said;
        }
        if candidate.folder == keep || candidate.folder == own {
            continue;
        }
        if remove(cache, candidate) {
            total -= candidate.size.min(total);
            said.push(format!("{} is removed from the build cache: not used for longest", candidate.folder.display()));
        }
    }
    if total > most {
        total -= remove_targets(&own).min(total);
        said.push(
            "cargo's target folder is removed from the build cache: with it there would be more than \
             CANARYTRACE_BUILD_CACHE_MAX_SIZE allows; the next build compiles everything"
                .to_owned(),
        );
    }
    if total > most {
        said.push(format!("the build cache has {total} bytes in use, more than CANARYTRACE_BUILD_CACHE_MAX_SIZE"));
    }
    said
}

fn candidates(cache: &Cache) -> Vec<Candidate> {
    let used = |path: &Path, or: &Path| {
        let modified = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
        modified(path).or_else(|_| modified(or)).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let mut found = Vec::new();
    for commit in names_in(&cache.builds()) {
        let commit = cache.builds().join(commit);
        for name in names_in(&commit) {
            let folder = commit.join(name);
            let lock = folder.join(MANIFEST);
            let (size, used) = (tree::size(&folder), used(&folder.join(USED), &lock));
            found.push(Candidate { folder, lock, size, used });
        }
    }
    for name in names_in(&cache.repositories()) {
        let folder = cache.repositories().join(name);
        let lock = folder.join("lock");
        let (size, used) = (tree::size(&folder), used(&folder.join(USED), &lock));
        found.push(Candidate { folder, lock, size, used });
    }
    found
}

/// Whether it is gone: what somebody uses stays.
fn remove(cache: &Cache, candidate: &Candidate) -> bool {
    let Ok(Some(_lock)) = lock_alone(&candidate.lock) else { return false };
    let gone = cache.builds().join(format!(".gone-{}", Uuid::now_v7().simple()));
    if fs::rename(&candidate.folder, &gone).is_err() {
        return false;
    }
    // What is left of it is removed as abandoned.
    let _ = fs::remove_dir_all(gone);
    // The folder of a commit without builds; it has others otherwise.
    if let Some(commit) = candidate.folder.parent() {
        let _ = fs::remove_dir(commit);
    }
    true
}

/// None when somebody else has it, or a process that runs the build.
fn lock_alone(path: &Path) -> io::Result<Option<File>> {
    let file = match OpenOptions::new().write(true).open(path) {
        // A build without a manifest is nobody's.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return File::open(path.parent().unwrap_or(path)).map(Some),
        other => other?,
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(_) => Ok(None),
    }
}

/// Removes the target folders of a repository whose lock is held, and gives their size.
fn remove_targets(repository: &Path) -> u64 {
    let mut size = 0;
    for name in names_in(repository).iter().filter(|name| name.starts_with("target-")) {
        let folder = repository.join(name);
        let bytes = tree::size(&folder);
        if fs::remove_dir_all(&folder).is_ok() {
            size += bytes;
        }
    }
    size
}

/// Removes what was on its way in or out when its process was killed.
fn remove_abandoned(cache: &Cache) {
    let commits = names_in(&cache.builds()).into_iter().map(|commit| cache.builds().join(commit));
    for folder in commits.chain([cache.builds(), cache.refs()]) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            if is_hidden && age.is_some_and(|age| age > ABANDONED) {
                let path = entry.path();
                let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::run::entry::Entry;
    use super::*;

    /// A build of 100 kB that was last used so many seconds after the epoch.
    fn build(cache: &Cache, commit: &str, used: u64) -> PathBuf {
        let folder = cache.builds_of(commit).join("key");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("monitors"), vec![1; 100_000]).unwrap();
        let manifest = serde_json::json!({
            "commit": commit, "repository": "", "reference": null, "lock_file": "", "toolchain": "", "package": "",
            "folder": "", "sha256": "", "size": 100_000, "built_at": "", "build_ms": 1.0, "built_by": "",
            "variant": { "format": 1, "package": null, "features": [], "profile": "test", "target": null },
        });
        fs::write(folder.join(MANIFEST), manifest.to_string()).unwrap();
        let file = File::create(folder.join(USED)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(used)).unwrap();
        folder
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first_and_nothing_in_use() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::new(root.path(), "https://git.example/a.git");
        let (old, held, newer, now) =
            (build(&cache, "a", 20), build(&cache, "b", 10), build(&cache, "c", 30), build(&cache, "d", 5));
        let held_by_somebody = Entry::at(held.clone()).unwrap().hold().unwrap().unwrap();
        // Room for three: the oldest of those that nobody uses goes.
        let said = evict(&cache, &now, 350_000);
        assert_eq!((said.len(), old.exists(), held.exists(), newer.exists(), now.exists()), (1, false, true, true, true));
        assert!(!old.parent().unwrap().exists());
        drop(held_by_somebody);
        evict(&cache, &now, 250_000);
        assert_eq!((held.exists(), newer.exists(), now.exists()), (false, true, true));
    }

    #[test]
    fn other_repositories_go_and_a_bound_that_is_too_small_costs_the_target_folder() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::new(root.path(), "https://git.example/a.git");
        let other = Cache::new(root.path(), "https://git.example/b.git");
        for cache in [&cache, &other] {
            let target = cache.target("rustc");
            fs::create_dir_all(&target).unwrap();
            fs::write(target.join("x"), vec![1; 200_000]).unwrap();
            fs::create_dir_all(cache.source()).unwrap();
            fs::write(cache.repository().join("lock"), "").unwrap();
        }
        let now = build(&cache, "a", 1);
        let said = evict(&cache, &now, 350_000);
        assert_eq!((said.len(), other.repository().exists(), cache.target("rustc").exists()), (1, false, true));
        let said = evict(&cache, &now, 150_000);
        assert_eq!((said.len(), cache.target("rustc").exists(), cache.source().exists()), (1, false, true), "{said:?}");
        assert!(now.exists());
    }
}
