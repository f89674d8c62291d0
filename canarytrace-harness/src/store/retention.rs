//! How long a folder keeps attachments. A bucket's own lifecycle rules say it for a bucket.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Removes the folders of runs that are older than `max_age` from a store that is a folder, as `CANARYTRACE_DATA_MAX_AGE`
/// does in the data folder. What is named by no run of ours stays. Returns what could not be removed.
pub fn prune_folder(store: &Path, max_age: Duration) -> Vec<String> {
    let Some(oldest) = SystemTime::now().checked_sub(max_age) else { return Vec::new() };
    let entries = match std::fs::read_dir(store) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![format!("{} can't be pruned: {error}", store.display())],
        Ok(entries) => entries,
    };
    let mut problems = Vec::new();
    for entry in entries.flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let name = entry.file_name().to_string_lossy().into_owned();
        // The id of a run holds when it began; copying a folder changes its times.
        let begun = name.parse::<Uuid>().ok().filter(|uuid| uuid.to_string() == name);
        let begun = begun.and_then(|uuid| uuid.get_timestamp()).map(|at| at.to_unix());
        let begun = begun.map(|(seconds, nanos)| UNIX_EPOCH + Duration::new(seconds, nanos));
        if is_folder
            && begun.is_some_and(|begun| begun < oldest)
            && let Err(error) = std::fs::remove_dir_all(entry.path())
            && error.kind() != io::ErrorKind::NotFound
        {
            problems.push(format!("{} can't be removed: {error}", entry.path().display()));
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_runs_are_removed() {
        let store = tempfile::tempdir().unwrap();
        let old = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_000_000_000, 0)).to_string();
        let new = Uuid::now_v7().to_string();
        for name in [&old, &new, "pictures", "00000000-0000-4000-8000-000000000000"] {
            std::fs::create_dir(store.path().join(name)).unwrap();
            std::fs::write(store.path().join(name).join("a.png"), "a").unwrap();
        }
        assert_eq!(prune_folder(store.path(), Duration::from_hours(24)), Vec::<String>::new());
        assert!(!store.path().join(&old).exists());
        assert_eq!(std::fs::read_dir(store.path()).unwrap().count(), 3);
        assert!(prune_folder(&store.path().join("none"), Duration::ZERO).is_empty());
    }
}
