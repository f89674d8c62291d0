//! Reads what a run wrote.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Something in a run's folder that is no document.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The last line of a file is not whole: the process died while it wrote.
    #[error("the last line of {} is torn, {bytes} bytes are left out", .file.display())]
    Torn {
        /// The file.
        file: PathBuf,
        /// Length of the torn line.
        bytes: usize,
    },
    /// A line is no JSON.
    #[error("line {line} of {} is no JSON: {source}", .file.display())]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Number of the line, from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// A file can't be read to its end.
    #[error("{} can't be read: {source}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The documents of a run, dataset by dataset, each with the name of its dataset. Damage is an item like any other
/// and does not end the reading.
#[derive(Debug)]
pub struct Reader {
    /// Files still to be read, the next one last.
    files: Vec<PathBuf>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    dataset: String,
    lines: BufReader<File>,
    line: usize,
}

/// Reads the documents in the folder of a run.
///
/// # Errors
/// When the folder can't be listed.
pub fn read(run_folder: &Path) -> io::Result<Reader> {
    let mut files = Vec::new();
    for entry in fs::read_dir(run_folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ndjson") && path.is_file() {
            files.push(path);
        }
    }
    files.sort_unstable_by(|a, b| b.cmp(a));
    Ok(Reader { files, open: None })
}

/// Reads the documents of one dataset in the folder of a run; none when it has none.
///
/// # Errors
/// When the folder can't be looked into.
pub fn read_dataset(run_folder: &Path, dataset: &str) -> io::Result<Reader> {
    let file = run_folder.join(format!("{dataset}.ndjson"));
    Ok(Reader { files: if file.try_exists()? { vec![file] } else { Vec::new() }, open: None })
}

impl Iterator for Reader {
    type Item = Result<(String, Value), Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(open) = &mut self.open else {
                let path = self.files.pop()?;
                match File::open(&path) {
                    Ok(file) => {
                        let dataset = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                        self.open = Some(Open { path, dataset, lines: BufReader::new(file), line: 0 });
                        continue;
                    }
                    Err(source) => return Some(Err(Damage::Unreadable { file: path, source })),
                }
            };
            match open.next() {
                Ok(Some(item)) => return Some(item),
                Ok(None) => self.open = None,
                Err(source) => {
                    let file = open.path.clone();
                    self.open = None;
                    return Some(Err(Damage::Unreadable { file, source }));
                }
            }
        }
    }
}

impl Open {
    fn next(&mut self) -> io::Result<Option<Result<(String, Value), Damage>>> {
        let mut line = Vec::new();
        let bytes = self.lines.read_until(b'\n', &mut line)?;
        if bytes == 0 {
            return Ok(None);
        }
        self.line += 1;
        let whole = line.ends_with(b"\n");
        Ok(Some(match serde_json::from_slice(&line) {
            Ok(document) => Ok((self.dataset.clone(), document)),
            Err(_) if !whole => Err(Damage::Torn { file: self.path.clone(), bytes }),
            Err(source) => Err(Damage::Invalid { file: self.path.clone(), line: self.line, source }),
        }))
    }
}
