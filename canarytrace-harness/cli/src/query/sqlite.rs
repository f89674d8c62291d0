//! An index of the documents on disk, by dataset, time, run and monitor.
//!
//! It says where in which file the documents are that may be meant; whether they are, the evaluator decides. All of it can
//! be made again from the runs: one that is damaged, or of another version, is thrown away. Only readers have it, a run
//! never does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior, params};
use serde_json::Value;

use super::date;
use super::error::QueryError;
use super::memory::Collector;
use super::model::Answer;
use super::plan::Plan;
use super::values;

/// Where runs lie: folders that hold a folder for each run.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where the index is kept.
    pub data: PathBuf,
    /// The folders of runs.
    pub runs: Vec<PathBuf>,
}

/// The index of the runs on disk.
#[derive(Debug)]
pub struct Index {
    connection: Connection,
    /// What could not be read, in words.
    pub damage: Vec<String>,
}

/// Why the runs on disk can't be asked.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The index itself failed.
    #[error("the index of the runs on disk failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A folder can't be read.
    #[error("{} can't be read: {source}", .path.display())]
    Unreadable {
        /// Folder or file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The answer would be too large.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// Name of the index within the data folder.
const FILE: &str = "index.sqlite";

/// Of another version it is made anew.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE files (
        id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE, dataset TEXT NOT NULL, inode INTEGER NOT NULL,
        bytes INTEGER NOT NULL, head BLOB NOT NULL
    );
    CREATE TABLE documents (
        file INTEGER NOT NULL REFERENCES files (id), at INTEGER NOT NULL, length INTEGER NOT NULL,
        timestamp INTEGER, run TEXT, monitor TEXT, spec TEXT,
        PRIMARY KEY (file, at)
    ) WITHOUT ROWID;
    CREATE INDEX documents_by_time ON documents (timestamp);
";

/// How long to wait for another process that brings the index up to date.
const PATIENCE: Duration = Duration::from_mins(1);

/// A longer line is no document of ours.
const LONGEST_LINE: u64 = 256 << 20;

/// So many bytes of a file's beginning are remembered: one that begins otherwise is another file.
const HEAD: u64 = 128;

impl Index {
    /// Opens the index in the data folder and brings it up to date. Where it can't be kept, as on a read-only disk, it is
    /// made in memory.
    ///
    /// # Errors
    /// When the runs can't be listed, or the index fails though it was made anew.
    pub fn open(places: &Places) -> Result<Self, IndexError> {
        let path = places.data.join(FILE);
        match Self::try_open(&path, places) {
            Err(IndexError::Sqlite(error)) if is_damage(&error) => {
                remove(&path);
                match Self::try_open(&path, places) {
                    Err(IndexError::Sqlite(_)) => Self::in_memory(places),
                    other => other,
                }
            }
            Err(IndexError::Sqlite(_)) => Self::in_memory(places),
            other => other,
        }
    }

    /// Answers a query, and says what could not be read. An index that turns out to be damaged is made anew.
    ///
    /// # Errors
    /// When the runs can't be read, or there are more groups than are counted.
    pub fn answer(places: &Places, plan: &Plan) -> Result<(Answer, Vec<String>), IndexError> {
        let index = Self::open(places)?;
        match index.search(plan) {
            Err(IndexError::Sqlite(error)) if is_damage(&error) => {
                drop(index);
                remove(&places.data.join(FILE));
                let index = Self::open(places)?;
                Ok((index.search(plan)?, index.damage))
            }
            answer => Ok((answer?, index.damage)),
        }
    }

    fn try_open(path: &Path, places: &Places) -> Result<Self, IndexError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        Self::with(connection, places)
    }

    fn in_memory(places: &Places) -> Result<Self, IndexError> {
        Self::with(Connection::open_in_memory()?, places)
    }

    fn with(connection: Connection, places: &Places) -> Result<Self, IndexError> {
        // What is lost when the machine dies is made again.
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "cache_size", -8_000)?;
        let mut index = Self { connection, damage: Vec::new() };
        index.update(places)?;
        Ok(index)
    }

    /// Takes in what runs wrote since the last time, and forgets the runs that are gone.
    ///
    /// # Errors
    /// When the runs can't be listed, or the index fails.
    pub fn update(&mut self, places: &Places) -> Result<(), IndexError> {
        let files = files(places)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version != VERSION {
            transaction.execute_batch("DROP TABLE IF EXISTS documents; DROP TABLE IF EXISTS files;")?;
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        let known: BTreeMap<Vec<u8>, i64> = transaction
            .prepare("SELECT path, id FROM files")?
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        let there: BTreeSet<&[u8]> = files.iter().map(|(path, _)| bytes(path)).collect();
        for (_, id) in known.iter().filter(|(path, _)| !there.contains(path.as_slice())) {
            forget(&transaction, *id)?;
            transaction.execute("DELETE FROM files WHERE id = ?1", [id])?;
        }
        for (path, dataset) in &files {
            match take(&transaction, path, dataset) {
                Ok(damage) => self.damage.extend(damage),
                // Another process prunes old runs; what is gone is gone.
                Err(IndexError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => (),
                Err(IndexError::Unreadable { path, source }) => {
                    self.damage.push(format!("{} can't be read: {source}", path.display()));
                }
                Err(error) => return Err(error),
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Answers a query. Only what it needs is in memory: the documents that are shown, the groups, the values of
    /// percentiles.
    ///
    /// # Errors
    /// When the index fails, or there are more groups than are counted.
    pub fn search(&self, plan: &Plan) -> Result<Answer, IndexError> {
        let mut collector = Collector::new(plan);
        self.each(plan, |dataset, document| collector.take(dataset, document))?;
        Ok(collector.finish())
    }

    /// How many documents the evaluator has to look at for a query.
    ///
    /// # Errors
    /// When the index fails.
    pub fn narrowed(&self, plan: &Plan) -> Result<u64, IndexError> {
        let mut count = 0;
        self.each(plan, |_, _| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    fn each(
        &self,
        plan: &Plan,
        mut take: impl FnMut(&str, &Value) -> Result<(), QueryError>,
    ) -> Result<(), IndexError> {
        let (first, last) = plan.window();
        let query = &plan.query;
        let datasets = query.datasets.iter().map(|dataset| format!("'{}'", dataset.replace('\'', "''")));
        // What the index doesn't know of a document narrows nothing.
        let sql = format!(
            "SELECT files.path, files.dataset, documents.at, documents.length
             FROM files CROSS JOIN documents ON documents.file = files.id
             WHERE files.dataset IN ({})
               AND (documents.timestamp BETWEEN ?1 AND ?2 OR documents.timestamp IS NULL)
               AND (?3 IS NULL OR documents.run = ?3 OR documents.run IS NULL)
               AND (?4 IS NULL OR documents.monitor = ?4 OR documents.spec = ?4 OR documents.monitor IS NULL)
             ORDER BY documents.file, documents.at",
            datasets.collect::<Vec<_>>().join(", ")
        );
        let mut statement = self.connection.prepare(&sql)?;
        let mut rows = statement.query(params![first, last, query.run, query.monitor])?;
        let mut open: Option<(PathBuf, File)> = None;
        let mut line = Vec::new();
        while let Some(row) = rows.next()? {
            let path = path(row.get(0)?);
            let dataset: String = row.get(1)?;
            let (at, length): (i64, i64) = (row.get(2)?, row.get(3)?);
            if open.as_ref().is_none_or(|(of, _)| *of != path) {
                match File::open(&path) {
                    Ok(file) => open = Some((path, file)),
                    // Pruned since.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(source) => return Err(IndexError::Unreadable { path, source }),
                }
            }
            let Some((path, file)) = &open else { continue };
            line.resize(usize::try_from(length).unwrap_or(0), 0);
            let at = u64::try_from(at).unwrap_or(0);
            file.read_exact_at(&mut line, at)
                .map_err(|source| IndexError::Unreadable { path: path.clone(), source })?;
            if let Ok(document) = serde_json::from_slice(&line) {
                take(&dataset, &document)?;
            }
        }
        Ok(())
    }
}

/// Whether the file is no index, or is broken.
fn is_damage(error: &rusqlite::Error) -> bool {
    match error.sqlite_error_code() {
        Some(code) => matches!(
            code,
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::SchemaChanged | ErrorCode::Unknown
        ),
        // A value of a type that we never stored.
        None => true,
    }
}

fn remove(path: &Path) {
    for end in ["", "-journal", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        // What can't be removed can't be opened either, and then the index is made in memory.
        let _ = fs::remove_file(name);
    }
}

/// The files with documents, each with its dataset.
fn files(places: &Places) -> Result<Vec<(PathBuf, String)>, IndexError> {
    let mut files = Vec::new();
    for runs in &places.runs {
        for run in list(runs)? {
            if run.file_name().and_then(|name| name.to_str()).is_none_or(|name| uuid::Uuid::try_parse(name).is_err()) {
                continue;
            }
            for file in list(&run)? {
                let is_documents = file.extension().is_some_and(|extension| extension == "ndjson");
                if let Some(dataset) = file.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_documents) {
                    files.push((file.clone(), dataset.to_owned()));
                }
            }
        }
    }
    files.sort();
    Ok(files)
}

/// What is in a folder; nothing when it is none.
fn list(folder: &Path) -> Result<Vec<PathBuf>, IndexError> {
    let unreadable = |source| IndexError::Unreadable { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        other => other.map_err(unreadable)?,
    };
    entries.map(|entry| Ok(entry.map_err(unreadable)?.path())).collect()
}

/// Takes in what is new in a file; says what in it is no document.
fn take(transaction: &Transaction<'_>, path: &Path, dataset: &str) -> Result<Vec<String>, IndexError> {
    let unreadable = |source| IndexError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    // They are opaque, but fit the column.
    let inode = metadata.ino().cast_signed();
    let length = metadata.len().cast_signed();
    let mut head = Vec::new();
    (&file).take(HEAD).read_to_end(&mut head).map_err(unreadable)?;
    let known: Option<(i64, i64, i64, Vec<u8>)> = transaction
        .prepare_cached("SELECT id, inode, bytes, head FROM files WHERE path = ?1")?
        .query_row([bytes(path)], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let (id, mut at) = if let Some((id, old_inode, bytes, old_head)) = known {
        if inode == old_inode && bytes <= length && head.starts_with(&old_head) {
            (id, bytes)
        } else {
            forget(transaction, id)?;
            (id, 0)
        }
    } else {
        let mut insert = transaction
            .prepare_cached("INSERT INTO files (path, dataset, inode, bytes, head) VALUES (?1, ?2, ?3, 0, ?4)")?;
        (insert.insert(params![bytes(path), dataset, inode, head])?, 0)
    };
    let mut damage = Vec::new();
    if at == length {
        return Ok(damage);
    }
    let mut insert = transaction.prepare_cached(
        "INSERT OR REPLACE INTO documents (file, at, length, timestamp, run, monitor, spec)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut reader = BufReader::new(&file);
    reader.seek(SeekFrom::Start(u64::try_from(at).unwrap_or(0))).map_err(unreadable)?;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(unreadable)?;
        let torn = line.last() != Some(&b'\n');
        if torn && read > 0 {
            damage.push(format!("the last line of {} is torn, {read} bytes are left out", path.display()));
        }
        if torn {
            break;
        }
        let size = i64::try_from(read).unwrap_or(i64::MAX);
        match serde_json::from_slice::<Value>(&line) {
            Ok(document) => {
                let document = Key::of(&document);
                insert.execute(params![
                    id,
                    at,
                    size - 1,
                    document.timestamp,
                    document.run,
                    document.monitor,
                    document.spec
                ])?;
            }
            Err(error) => damage.push(format!("a line of {} at byte {at} is no JSON: {error}", path.display())),
        }
        at += size;
    }
    transaction
        .prepare_cached("UPDATE files SET inode = ?2, bytes = ?3, head = ?4 WHERE id = ?1")?
        .execute(params![id, inode, at, head])?;
    Ok(damage)
}

fn forget(transaction: &Transaction<'_>, file: i64) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM documents WHERE file = ?1")?.execute([file])?;
    Ok(())
}

/// What documents are narrowed by; none where a document has not exactly one such value.
struct Key {
    timestamp: Option<i64>,
    run: Option<String>,
    monitor: Option<String>,
    spec: Option<String>,
}

impl Key {
    fn of(document: &Value) -> Self {
        let one = |path: &str| {
            let mut found = Vec::new();
            values::values(document, path, &mut found);
            (found.len() == 1).then(|| found[0])
        };
        let spec = one("spec").and_then(values::text);
        Self {
            timestamp: one("timestamp").and_then(date::of_document),
            run: one("uuid").and_then(values::text),
            // Both have to be known to leave a document out.
            monitor: one("monitor.name").and_then(values::text).filter(|_| spec.is_some()),
            spec,
        }
    }
}

fn bytes(path: &Path) -> &[u8] {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())
}

fn path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;
    use tempfile::TempDir;

    use super::super::model::Query;
    use super::super::schema::Schemas;
    use super::super::text::parse_text;
    use super::*;

    const RUN: &str = "01890000-0000-7000-8000-000000000001";
    const OTHER: &str = "01890001-0000-7000-8000-000000000002";

    struct Data(TempDir);

    impl Data {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn places(&self) -> Places {
            Places { data: self.0.path().to_owned(), runs: vec![self.0.path().join("runs")] }
        }

        fn file(&self, run: &str) -> PathBuf {
            let folder = self.0.path().join("runs").join(run);
            fs::create_dir_all(&folder).unwrap();
            folder.join("report.ndjson")
        }

        fn append(&self, run: &str, text: &str) {
            use std::io::Write as _;
            let file = File::options().create(true).append(true).open(self.file(run));
            file.unwrap().write_all(text.as_bytes()).unwrap();
        }

        fn add(&self, run: &str, sequence: u64) {
            let document = json!({
                "uuid": run, "attempt": 1, "sequence": sequence, "timestamp": 1_700_000_000_000_u64 + sequence,
                "monitor": { "name": "shop" }, "spec": "shop", "passed": true,
            });
            self.append(run, &(document.to_string() + "\n"));
        }

        fn sequences(&self) -> Vec<u64> {
            let (answer, _) = Index::answer(&self.places(), &plan("passed:true | size 100 | sort sequence")).unwrap();
            answer.hits.iter().map(|hit| hit.document["sequence"].as_u64().unwrap()).collect()
        }
    }

    fn plan(text: &str) -> Plan {
        let query = Query { datasets: vec!["report".to_owned()], ..parse_text(text).unwrap() };
        Plan::new(&query, &Schemas::default(), Timestamp::now()).unwrap()
    }

    #[test]
    fn what_is_appended_is_found_and_what_is_pruned_is_gone() {
        let data = Data::new();
        assert_eq!(data.sequences(), [0; 0]);
        data.add(RUN, 1);
        data.add(OTHER, 2);
        assert_eq!(data.sequences(), [1, 2]);
        data.add(RUN, 3);
        assert_eq!(data.sequences(), [1, 2, 3]);
        fs::remove_dir_all(data.file(RUN).parent().unwrap()).unwrap();
        assert_eq!(data.sequences(), [2]);
    }

    #[test]
    fn only_documents_of_the_time_run_and_monitor_are_looked_at() {
        let data = Data::new();
        (1..=10).for_each(|sequence| data.add(RUN, sequence));
        data.add(OTHER, 11);
        let index = Index::open(&data.places()).unwrap();
        let narrowed = |text: &str| index.narrowed(&plan(text)).unwrap();
        assert_eq!(narrowed("passed:false"), 11);
        assert_eq!(narrowed("timestamp:[1700000000003 TO 1700000000004]"), 2);
        assert_eq!(narrowed("| since 1700000000009"), 3);
        assert_eq!(narrowed(&format!("| run {OTHER}")), 1);
        assert_eq!(narrowed("| monitor shop"), 11);
        assert_eq!(narrowed("| monitor bank"), 0);
    }

    #[test]
    fn a_line_that_is_being_written_is_found_when_it_is_whole() {
        let data = Data::new();
        data.add(RUN, 1);
        data.append(RUN, r#"{"uuid": "x", "sequence": 2, "#);
        let index = Index::open(&data.places()).unwrap();
        assert!(index.damage[0].contains("is torn, 29 bytes"), "{:?}", index.damage);
        data.append(RUN, "\"passed\": true}\nno JSON\n");
        data.add(RUN, 3);
        let index = Index::open(&data.places()).unwrap();
        assert!(index.damage[0].contains("is no JSON"), "{:?}", index.damage);
        assert_eq!(data.sequences(), [1, 2, 3]);
    }

    #[test]
    fn a_file_that_was_replaced_is_read_anew() {
        let data = Data::new();
        data.add(RUN, 1);
        data.add(RUN, 2);
        assert_eq!(data.sequences(), [1, 2]);
        // The same inode, and longer than before.
        fs::write(data.file(RUN), "").unwrap();
        (7..=9).for_each(|sequence| data.add(RUN, sequence));
        assert_eq!(data.sequences(), [7, 8, 9]);
        fs::write(data.file(RUN), "").unwrap();
        assert_eq!(data.sequences(), [0; 0]);
    }

    #[test]
    fn a_damaged_index_is_made_anew() {
        let data = Data::new();
        data.add(RUN, 1);
        assert_eq!(data.sequences(), [1]);
        let path = data.places().data.join(FILE);
        for damage in [b"no index at all".to_vec(), Vec::new(), fs::read(&path).unwrap()[..3000].to_vec()] {
            fs::write(&path, damage).unwrap();
            assert_eq!(data.sequences(), [1]);
        }
        let mut torn = fs::read(&path).unwrap();
        torn[100..].fill(0xA5);
        fs::write(&path, torn).unwrap();
        assert_eq!(data.sequences(), [1]);
        Connection::open(&path).unwrap().execute_batch("DROP TABLE documents").unwrap();
        assert_eq!(data.sequences(), [1]);
        assert_eq!(data.sequences(), [1]);
    }

    #[test]
    fn where_no_index_can_be_kept_it_is_made_in_memory() {
        let data = Data::new();
        data.add(RUN, 1);
        fs::create_dir(data.places().data.join(FILE)).unwrap();
        assert_eq!(data.sequences(), [1]);
    }

    #[test]
    fn several_readers_bring_the_index_up_to_date_at_once() {
        let data = Data::new();
        (1..=500).for_each(|sequence| data.add(RUN, sequence));
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..4).map(|_| scope.spawn(|| data.sequences().len())).collect();
            for reader in readers {
                assert_eq!(reader.join().unwrap(), 100);
            }
        });
    }
}
