//! Documents that a cluster refused for good: `dead-letters.jsonl` in the folder of their run, a line each.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Name of the file; it doesn't end in `.ndjson`, so that nobody takes it for a dataset.
const FILE: &str = "dead-letters.jsonl";

/// Letters that are being sent once more.
const APART: &str = ".dead-letters-once-more.jsonl";

/// A document that was refused for good.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeadLetter {
    /// When it was refused, RFC 3339.
    pub at: String,
    /// Its dataset.
    pub dataset: String,
    /// Its id; none when it is no document of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The cluster's status for it; none when it was never sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The type of the cluster's error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Why.
    pub reason: String,
    /// The document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<Box<RawValue>>,
    /// Where its line ends in the dataset's file, bytes, when it is no document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<u64>,
    /// The line of the spool, when it is no document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

impl DeadLetter {
    /// A line that is no document.
    pub(super) fn of_line(dataset: &str, line: &[u8], end: u64, reason: String) -> Self {
        let line = (!line.is_empty()).then(|| String::from_utf8_lossy(line).into_owned());
        Self { line, end: Some(end), ..Self::new(dataset, reason) }
    }

    /// A document that was refused.
    pub(super) fn of_document(dataset: &str, id: &str, document: &[u8], refusal: Refusal) -> Self {
        let Refusal { status, kind, reason } = refusal;
        let text = String::from_utf8_lossy(document).into_owned();
        let kind = Some(kind).filter(|kind| !kind.is_empty());
        let (document, line) = match RawValue::from_string(text) {
            Ok(document) => (Some(document), None),
            Err(_) => (None, Some(String::from_utf8_lossy(document).into_owned())),
        };
        Self { id: Some(id.to_owned()), status: Some(status), kind, document, line, ..Self::new(dataset, reason) }
    }

    fn new(dataset: &str, reason: String) -> Self {
        Self {
            at: Timestamp::now().to_string(),
            dataset: dataset.to_owned(),
            id: None,
            status: None,
            kind: None,
            reason,
            document: None,
            end: None,
            line: None,
        }
    }

    /// What no other letter of the folder has. A hash of it, since a folder may have as many letters as documents.
    fn key(&self) -> (u64, u64) {
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &self.dataset, &self.id, self.end).hash(&mut hasher);
            // Letters of earlier versions don't say where their line ends.
            if self.id.is_none() && self.end.is_none() {
                self.line.hash(&mut hasher);
            }
            hasher.finish()
        };
        (hash(0), hash(1))
    }
}

/// The letters that a folder has already: a process that was killed between a letter and its cursor left one that the next
/// process would write again.
#[derive(Debug, Default)]
pub(super) struct Known(Option<HashSet<(u64, u64)>>);

impl Known {
    /// Appends those letters that the folder doesn't have yet, and has them reach the disk: what is in there may be
    /// forgotten elsewhere.
    pub(super) fn bury(&mut self, folder: &Path, letters: &[DeadLetter]) -> io::Result<()> {
        // Read when there is something to bury, which is rarely.
        let known = match &mut self.0 {
            Some(known) => known,
            none => none.insert(dead_letters(folder)?.map(|letter| letter.key()).collect()),
        };
        let new: Vec<&DeadLetter> = letters.iter().filter(|letter| !known.contains(&letter.key())).collect();
        if !new.is_empty() {
            append(folder, &new)?;
            known.extend(new.iter().map(|letter| letter.key()));
        }
        Ok(())
    }
}

/// Why a document was refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) reason: String,
}

/// The file of the dead letters of a run's folder.
pub fn dead_letters_file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

fn append(folder: &Path, letters: &[&DeadLetter]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(dead_letters_file(folder))?;
    let length = whole(&mut file)?;
    let mut lines = Vec::new();
    for letter in letters {
        serde_json::to_writer(&mut lines, letter)?;
        lines.push(b'\n');
    }
    let written = file.write_all(&lines).and_then(|()| file.sync_data());
    if written.is_err() {
        // A half line would spoil the next one. If even this fails, `whole` does it the next time.
        let _ = file.set_len(length);
    }
    written
}

/// Takes away what a process that was killed left behind the last whole line.
pub(super) fn whole(file: &mut File) -> io::Result<u64> {
    let length = file.metadata()?.len();
    let mut end = length;
    let mut chunk = [0; 4096];
    while end > 0 {
        let start = end.saturating_sub(chunk.len() as u64);
        let part = &mut chunk[..usize::try_from(end - start).map_err(io::Error::other)?];
        file.seek(SeekFrom::Start(start))?;
        io::Read::read_exact(file, part)?;
        if let Some(newline) = memchr::memrchr(b'\n', part) {
            end = start + newline as u64 + 1;
            break;
        }
        end = start;
    }
    if end < length {
        file.set_len(end)?;
    }
    Ok(end)
}

/// The letters of a run's folder, one at a time; lines that are none are left out.
///
/// # Errors
/// When the file is there and can't be opened.
pub fn dead_letters(folder: &Path) -> io::Result<impl Iterator<Item = DeadLetter> + use<>> {
    letters_in(&dead_letters_file(folder))
}

/// The letters of a file.
pub(super) fn letters_in(file: &Path) -> io::Result<impl Iterator<Item = DeadLetter> + use<>> {
    let file = match File::open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        other => Some(other?),
    };
    let lines = file.map(BufReader::new).into_iter().flat_map(BufReader::lines).map_while(Result::ok);
    Ok(lines.filter_map(|line| serde_json::from_str(&line).ok()))
}

/// Whether a process was killed while it sent the letters of a folder once more.
pub(super) fn is_set_apart(folder: &Path) -> bool {
    folder.join(APART).exists()
}

/// Puts the letters of a folder apart, to be sent once more; none when there are none. What a process left there that
/// was killed while it did so comes first.
pub(super) fn set_apart(folder: &Path) -> io::Result<Option<PathBuf>> {
    let apart = folder.join(APART);
    if apart.try_exists()? {
        return Ok(Some(apart));
    }
    match fs::rename(dead_letters_file(folder), &apart) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        other => other.map(|()| Some(apart)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_as_they_were_written_behind_a_torn_one() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(dead_letters_file(folder.path()), "{\"torn").unwrap();
        let refusal = Refusal { status: 400, kind: "k".to_owned(), reason: "no number".to_owned() };
        let first = DeadLetter::of_document("report", "id", b"{\"a\": 1}", refusal);
        let second = DeadLetter::of_line("console", b"no json", 8, "why".to_owned());
        let mut known = Known::default();
        known.bury(folder.path(), &[first]).unwrap();
        known.bury(folder.path(), &[second]).unwrap();
        let letters: Vec<DeadLetter> = dead_letters(folder.path()).unwrap().collect();
        let [first, second] = &letters[..] else { panic!("{letters:?}") };
        assert_eq!((first.id.as_deref(), first.status, first.reason.as_str()), (Some("id"), Some(400), "no number"));
        assert_eq!(first.document.as_ref().map(|document| document.get()), Some("{\"a\": 1}"));
        assert_eq!((second.dataset.as_str(), second.line.as_deref()), ("console", Some("no json")));
        let apart = set_apart(folder.path()).unwrap().unwrap();
        assert_eq!(letters_in(&apart).unwrap().count(), 2);
        assert_eq!(dead_letters(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_letter_that_is_there_is_not_written_again_by_whoever_comes_next() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = || Refusal { status: 400, kind: String::new(), reason: "no number".to_owned() };
        let document = |id: &str| DeadLetter::of_document("report", id, b"{}", refusal());
        // The same text on two lines is two letters.
        let line = |end| DeadLetter::of_line("report", b"no json", end, "why".to_owned());
        Known::default().bury(folder.path(), &[document("a"), line(8), line(16)]).unwrap();
        let mut next = Known::default();
        next.bury(folder.path(), &[document("a"), document("b")]).unwrap();
        next.bury(folder.path(), &[line(8), line(16), line(24), document("b")]).unwrap();
        let ids: Vec<_> = dead_letters(folder.path()).unwrap().map(|letter| (letter.id, letter.end)).collect();
        let a = |id: &str| (Some(id.to_owned()), None);
        assert_eq!(ids, [a("a"), (None, Some(8)), (None, Some(16)), a("b"), (None, Some(24))]);
    }
}
