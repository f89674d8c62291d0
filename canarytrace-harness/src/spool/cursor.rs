//! What of a run's folder the cluster has: `cursor.json`, kept by whoever ships the folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Name of the cursor within a run's folder.
const CURSOR: &str = "cursor.json";

/// The form of the file; another one is not ours to read.
const VERSION: u32 = 1;

/// What of one folder of a run was acknowledged, is on its way, or is not sent yet.
///
/// It is saved before documents are sent and after they were acknowledged, so that whoever comes next knows of which
/// documents nobody knows whether they arrived.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    version: u32,
    /// The run it is about.
    pub run: Uuid,
    /// How far each dataset is.
    #[serde(default)]
    pub datasets: BTreeMap<String, Progress>,
    /// The backing index that a data stream was last seen to write to.
    #[serde(default)]
    pub indices: BTreeMap<String, String>,
    /// Ids of documents that are sent and at which the cluster fails while it takes others, with how often it did: so that
    /// no number of short runs tries them without end.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub failures: BTreeMap<String, u32>,
}

/// How far a dataset is, in bytes of its file; always the ends of lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Up to here every document was acknowledged or refused for good.
    pub acknowledged: u64,
    /// Up to here documents may be in the cluster without our knowing. Never less than `acknowledged`.
    #[serde(default)]
    pub in_flight: u64,
}

impl Cursor {
    /// Nothing was sent yet.
    pub fn new(run: Uuid) -> Self {
        Self { version: VERSION, run, datasets: BTreeMap::new(), indices: BTreeMap::new(), failures: BTreeMap::new() }
    }

    /// Reads the cursor of a run's folder; a folder that nobody shipped has a new one.
    ///
    /// One that can't be used is set aside: then everything is sent again, and since nobody knows what of it is in the
    /// cluster, all of it counts as in flight. The notice says so.
    ///
    /// # Errors
    /// When the file is there and can't be read for a reason that says nothing of its content.
    pub fn load(folder: &Path, run: Uuid) -> io::Result<(Self, Option<String>)> {
        let path = folder.join(CURSOR);
        let content = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Self::new(run), None)),
            other => other?,
        };
        let why = match serde_json::from_slice::<Self>(&content) {
            Err(error) => format!("is damaged ({error})"),
            Ok(cursor) if cursor.version != VERSION => format!("has version {}, not {VERSION}", cursor.version),
            Ok(cursor) if cursor.run != run => format!("belongs to run {}", cursor.run),
            Ok(cursor) if cursor.datasets.values().any(|progress| progress.in_flight < progress.acknowledged) => {
                "contradicts itself".to_owned()
            }
            Ok(mut cursor) => {
                let notice = cursor.fit(folder);
                return Ok((cursor, notice));
            }
        };
        let aside = folder.join(format!("{CURSOR}.damaged"));
        fs::rename(&path, &aside)?;
        let mut cursor = Self::new(run);
        for (dataset, file) in datasets_of(folder)? {
            let in_flight = file.metadata()?.len();
            cursor.datasets.insert(dataset, Progress { acknowledged: 0, in_flight });
        }
        let notice = format!(
            "{} {why}; it lies in {} now, and the documents of run {run} are sent again, each stored once",
            path.display(),
            aside.display()
        );
        Ok((cursor, Some(notice)))
    }

    /// [`Self::load`] for readers: one that can't be used counts as none, and stays where it is.
    pub fn peek(folder: &Path, run: Uuid) -> Self {
        let content = fs::read(folder.join(CURSOR)).ok();
        let cursor = content.and_then(|content| serde_json::from_slice::<Self>(&content).ok());
        cursor.filter(|cursor| cursor.version == VERSION && cursor.run == run).unwrap_or_else(|| Self::new(run))
    }

    /// A file that is shorter than what was sent of it is not the one that was sent: it begins again.
    fn fit(&mut self, folder: &Path) -> Option<String> {
        let mut shorter = Vec::new();
        for (dataset, progress) in &mut self.datasets {
            let file = dataset_file(folder, dataset);
            let length = fs::metadata(&file).map_or(0, |metadata| metadata.len());
            if length < progress.acknowledged {
                *progress = Progress { acknowledged: 0, in_flight: length };
                shorter.push(file.display().to_string());
            }
        }
        (!shorter.is_empty()).then(|| {
            format!(
                "{}: shorter than what was sent of it; it is sent again, each document stored once",
                shorter.join(", ")
            )
        })
    }

    /// Saves it whole or not at all, and has it reach the disk.
    ///
    /// # Errors
    /// When it can't be written; the old one then stays.
    pub fn save(&self, folder: &Path) -> io::Result<()> {
        let temporary = folder.join(format!(".{CURSOR}.part"));
        let saved = File::create(&temporary).and_then(|mut file| {
            file.write_all(&serde_json::to_vec(self)?)?;
            file.sync_data()?;
            fs::rename(&temporary, folder.join(CURSOR))
        });
        if saved.is_err() {
            // Make room again; it is not there when creating it failed.
            let _ = fs::remove_file(&temporary);
        }
        saved
    }

    /// How far a dataset is.
    pub fn progress(&self, dataset: &str) -> Progress {
        self.datasets.get(dataset).copied().unwrap_or_default()
    }

    /// How far a dataset is, to be changed.
    pub fn progress_mut(&mut self, dataset: &str) -> &mut Progress {
        self.datasets.entry(dataset.to_owned()).or_default()
    }

    /// Bytes of whole lines in `folder` that were not acknowledged yet, and how many lines they are.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn left(&self, folder: &Path) -> io::Result<Left> {
        let mut left = Left::default();
        for (dataset, file) in datasets_of(folder)? {
            let of_file = count(file, self.progress(&dataset).acknowledged)?;
            left.documents += of_file.documents;
            left.bytes += of_file.bytes;
        }
        Ok(left)
    }

    /// Whether `folder` has a whole line that was not acknowledged. Cheaper than [`Self::left`].
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn is_behind(&self, folder: &Path) -> io::Result<bool> {
        for (dataset, mut file) in datasets_of(folder)? {
            let acknowledged = self.progress(&dataset).acknowledged;
            if file.metadata()?.len() > acknowledged {
                file.seek(SeekFrom::Start(acknowledged))?;
                if has_line(&mut file)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

/// What of a folder is still to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Whole lines.
    pub documents: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Whether the cluster has everything of a run's folder. Documents that it refused for good count as had: they lie in
/// the dead letters.
pub fn is_wholly_acknowledged(folder: &Path, run: Uuid) -> bool {
    Cursor::peek(folder, run).is_behind(folder).is_ok_and(|behind| !behind)
}

/// The file of a dataset in a run's folder.
pub fn dataset_file(folder: &Path, dataset: &str) -> PathBuf {
    folder.join(format!("{dataset}.ndjson"))
}

/// The datasets of a run's folder with their files, in the order of their names.
///
/// # Errors
/// When the folder can't be listed, or a file of it can't be opened.
pub fn datasets_of(folder: &Path) -> io::Result<Vec<(String, File)>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        other => other?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ndjson")
            && let Some(dataset) = path.file_stem().and_then(|stem| stem.to_str())
            && path.is_file()
        {
            found.push((dataset.to_owned(), File::open(&path)?));
        }
    }
    found.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// The last whole line of a file, without its newline; none when it has none, or none of at most `longest` bytes.
///
/// # Errors
/// When the file can't be read.
pub fn last_line(file: &File, longest: usize) -> io::Result<Option<Vec<u8>>> {
    const BLOCK: u64 = 16 * 1024;
    let mut tail: Vec<u8> = Vec::new();
    let mut start = file.metadata()?.len();
    loop {
        if let Some(end) = memchr::memrchr(b'\n', &tail) {
            let before = memchr::memrchr(b'\n', &tail[..end]);
            if let Some(begin) = before.map(|at| at + 1).or((start == 0).then_some(0)) {
                return Ok(Some(tail[begin..end].to_vec()));
            }
        }
        if start == 0 || tail.len() > longest {
            return Ok(None);
        }
        let from = start.saturating_sub(BLOCK.max(tail.len() as u64));
        let mut block = vec![0; usize::try_from(start - from).map_err(io::Error::other)?];
        file.read_exact_at(&mut block, from)?;
        block.append(&mut tail);
        tail = block;
        start = from;
    }
}

/// Whether a line ends somewhere in the rest of `file`.
fn has_line(file: &mut File) -> io::Result<bool> {
    let mut chunk = [0; 16 * 1024];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok(false),
            read if memchr::memchr(b'\n', &chunk[..read]).is_some() => return Ok(true),
            _ => {}
        }
    }
}

/// The whole lines of `file` behind `from`.
fn count(mut file: File, from: u64) -> io::Result<Left> {
    file.seek(SeekFrom::Start(from))?;
    let mut left = Left::default();
    let mut seen = 0;
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(left);
        }
        let chunk = &chunk[..read];
        left.documents += memchr::memchr_iter(b'\n', chunk).count() as u64;
        if let Some(last) = memchr::memrchr(b'\n', chunk) {
            left.bytes = seen + last as u64 + 1;
        }
        seen += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run() -> Uuid {
        Uuid::now_v7()
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::new(run());
        fs::write(folder.path().join("report.ndjson"), "{}\n{}\n").unwrap();
        *cursor.progress_mut("report") = Progress { acknowledged: 3, in_flight: 6 };
        cursor.indices.insert("c.report-default".to_owned(), ".ds-c.report-default-000001".to_owned());
        cursor.save(folder.path()).unwrap();
        assert_eq!(Cursor::load(folder.path(), cursor.run).unwrap(), (cursor, None));
    }

    #[test]
    fn a_cursor_that_cannot_be_used_is_set_aside_and_everything_counts_as_in_flight() {
        let id = run();
        let other = serde_json::to_string(&Cursor::new(run())).unwrap();
        let newer = serde_json::to_string(&Cursor { version: 2, ..Cursor::new(id) }).unwrap();
        for (content, why) in [
            ("", "is damaged"),
            ("{\"version\":1,\"ru", "is damaged"),
            (&other, "belongs to run"),
            (&newer, "has version 2, not 1"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("report.ndjson"), "{}\n{}\n").unwrap();
            fs::write(folder.path().join(CURSOR), content).unwrap();
            let (cursor, notice) = Cursor::load(folder.path(), id).unwrap();
            assert!(notice.as_deref().is_some_and(|notice| notice.contains(why)), "{notice:?}");
            assert_eq!(cursor.progress("report"), Progress { acknowledged: 0, in_flight: 6 });
            assert_eq!(fs::read_to_string(folder.path().join("cursor.json.damaged")).unwrap(), content);
            assert!(!is_wholly_acknowledged(folder.path(), id));
        }
    }

    #[test]
    fn a_file_that_became_shorter_begins_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("report.ndjson"), "{}\n").unwrap();
        let mut cursor = Cursor::new(run());
        *cursor.progress_mut("report") = Progress { acknowledged: 6, in_flight: 6 };
        cursor.save(folder.path()).unwrap();
        let (cursor, notice) = Cursor::load(folder.path(), cursor.run).unwrap();
        assert_eq!(cursor.progress("report"), Progress { acknowledged: 0, in_flight: 3 });
        assert!(notice.is_some_and(|notice| notice.contains("report.ndjson")));
    }

    #[test]
    fn the_last_line_is_found_whatever_its_length() {
        let of = |content: &str| {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            fs::write(&path, content).unwrap();
            let line = last_line(&File::open(path).unwrap(), 100_000).unwrap();
            line.map(|line| String::from_utf8(line).unwrap())
        };
        assert_eq!(of(""), None);
        assert_eq!(of("torn"), None);
        assert_eq!(of("a\n").as_deref(), Some("a"));
        assert_eq!(of("a\nb\ntorn").as_deref(), Some("b"));
        let long = "x".repeat(40_000);
        assert_eq!(of(&format!("a\n{long}\n")), Some(long.clone()));
        assert_eq!(of(&format!("{long}\n{long}")), Some(long));
        assert_eq!(of(&format!("{}\nb\n{}", "x".repeat(10), "y".repeat(500_000))), None, "too far away");
    }

    #[test]
    fn only_whole_lines_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let mut cursor = Cursor::new(run());
        assert!(is_wholly_acknowledged(folder.path(), cursor.run));
        fs::write(folder.path().join("report.ndjson"), "{}\n{\"a\":1}\n{\"torn").unwrap();
        fs::write(folder.path().join("dead-letters.jsonl"), "{}\n").unwrap();
        assert_eq!(cursor.left(folder.path()).unwrap(), Left { documents: 2, bytes: 11 });
        *cursor.progress_mut("report") = Progress { acknowledged: 3, in_flight: 3 };
        assert_eq!(cursor.left(folder.path()).unwrap(), Left { documents: 1, bytes: 8 });
        cursor.save(folder.path()).unwrap();
        assert!(!is_wholly_acknowledged(folder.path(), cursor.run));
        *cursor.progress_mut("report") = Progress { acknowledged: 11, in_flight: 11 };
        assert_eq!(cursor.left(folder.path()).unwrap(), Left::default());
        cursor.save(folder.path()).unwrap();
        assert!(is_wholly_acknowledged(folder.path(), cursor.run));
        assert!(!is_wholly_acknowledged(folder.path(), run()), "the cursor of another run says nothing");
    }
}
