//! What one run writes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::folder::{make_private, make_run_folder};
use super::lock::{LOCK_NAME, Lock};

/// Folder of the attachments within a run's folder.
pub(super) const ATTACHMENTS: &str = "attachments";

/// The spool of one run. Every method that meets trouble returns a notice for people, once per kind of trouble.
#[derive(Debug)]
pub struct RunSpool {
    uuid: Uuid,
    data: PathBuf,
    fallback: PathBuf,
    /// Where documents go now.
    home: Home,
    /// Both folders, once they are made; kept until the end, so that neither is pruned.
    places: BTreeMap<PathBuf, Place>,
    files: BTreeMap<String, DatasetFile>,
    /// Attachments that are written in parts, by name.
    growing: BTreeMap<String, Growing>,
    losses: Losses,
    told_of_attachments: bool,
    told_of_losses: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Home {
    Data,
    Fallback,
}

#[derive(Debug)]
struct Place {
    folder: PathBuf,
    _lock: Lock,
}

/// What could be written nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Documents.
    pub documents: u64,
    /// Attachments.
    pub attachments: u64,
}

/// How storing an attachment went.
#[derive(Debug)]
#[must_use]
pub struct Attached {
    /// The file relative to its run's folder; none when it could not be written anywhere.
    pub path: Option<String>,
    /// What a person should know.
    pub notice: Option<String>,
}

impl RunSpool {
    pub(super) fn new(uuid: Uuid, data: PathBuf, fallback: PathBuf) -> Self {
        Self {
            uuid,
            data,
            fallback,
            home: Home::Data,
            places: BTreeMap::new(),
            files: BTreeMap::new(),
            growing: BTreeMap::new(),
            losses: Losses::default(),
            told_of_attachments: false,
            told_of_losses: false,
        }
    }

    /// Makes and locks the run's folder before there is anything to write. Without it, the first document does.
    #[must_use]
    pub fn begin(&mut self) -> Option<String> {
        match self.folder(self.home) {
            Ok(_) => None,
            Err(error) => Some(self.move_on(&error)),
        }
    }

    /// Appends a document, which is one line of JSON, in one write.
    #[must_use]
    pub fn append(&mut self, dataset: &str, json: &str) -> Option<String> {
        debug_assert!(!json.contains('\n'), "a document is one line");
        let line = format!("{json}\n");
        match self.try_append(dataset, line.as_bytes()) {
            Ok(()) => None,
            Err(error) if self.home == Home::Data => {
                let notice = self.move_on(&error);
                match self.try_append(dataset, line.as_bytes()) {
                    Ok(()) => Some(notice),
                    Err(error) => self.lost(Some(notice), &error, |losses| losses.documents += 1),
                }
            }
            Err(error) => self.lost(None, &error, |losses| losses.documents += 1),
        }
    }

    /// Has everything appended so far reach the disk (`fdatasync`), and the names of new files too.
    #[must_use]
    pub fn sync(&mut self) -> Option<String> {
        let error = self.try_sync().err()?;
        if self.home == Home::Fallback {
            return Some(format!("run {}: what it wrote may not survive a crash of the machine: {error}", self.uuid));
        }
        let notice = self.move_on(&error);
        Some(match self.try_sync() {
            Ok(()) => notice,
            Err(error) => format!("{notice}\nneither may survive a crash of the machine: {error}"),
        })
    }

    /// Stores a file whole or not at all. A name that is taken gets a number.
    pub fn attach(&mut self, name: &str, content: &[u8]) -> Attached {
        let first = match self.try_attach(self.home, name, content) {
            Ok(path) => return Attached { path: Some(path), notice: None },
            Err(error) => error,
        };
        // A large file may not fit where documents still do: they stay.
        match self.try_attach(Home::Fallback, name, content) {
            Ok(path) => {
                let told = std::mem::replace(&mut self.told_of_attachments, true);
                let folder = self.root(Home::Fallback).join(super::folder::RUNS).join(self.uuid.to_string());
                let notice = (!told).then(|| {
                    format!(
                        "attachment {name} of run {} can't be written to {}: {first}; it lies in {}",
                        self.uuid,
                        self.data.display(),
                        folder.display()
                    )
                });
                Attached { path: Some(path), notice }
            }
            Err(error) => {
                let error = io::Error::new(error.kind(), format!("{first}; {error}"));
                Attached { path: None, notice: self.lost(None, &error, |losses| losses.attachments += 1) }
            }
        }
    }

    /// Appends to an attachment that is written in parts; the first part makes it. Once a part could not be written, no
    /// later one is: what is there can be read.
    #[must_use]
    pub fn attach_part(&mut self, name: &str, content: &[u8]) -> Option<String> {
        if !self.growing.contains_key(name) {
            let first = match self.try_grow(Home::Data, name) {
                Err(error) => self.try_grow(Home::Fallback, name).map_err(|_| error),
                made => made,
            };
            match first {
                Ok(growing) => _ = self.growing.insert(name.to_owned(), growing),
                Err(error) => {
                    self.growing.insert(name.to_owned(), Growing::default());
                    return Some(format!("run {}: attachment {name} can't be written: {error}", self.uuid));
                }
            }
        }
        let error = self.growing.get_mut(name)?.append(content).err()?;
        Some(format!(
            "run {}: attachment {name} can't be written any more: {error}; what was written of it before can be read",
            self.uuid
        ))
    }

    /// Ends an attachment that was written in parts: keeps it, on disk, or removes it.
    #[must_use]
    pub fn end_attachment(&mut self, name: &str, keep: bool) -> Option<String> {
        let Growing { file, path, .. } = self.growing.remove(name)?;
        let path = path?;
        let ended = match file {
            Some(file) if keep => file.sync_data(),
            _ if keep => Ok(()),
            _ => fs::remove_file(&path),
        };
        match ended {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Some(format!("run {}: attachment {name} could not be ended: {error}", self.uuid))
            }
            _ => None,
        }
    }

    /// Syncs and releases the run. A second notice sums up what was lost, if anything was.
    #[must_use]
    pub fn finish(mut self) -> Vec<String> {
        let mut notices: Vec<String> = self.sync().into_iter().collect();
        let Losses { documents, attachments } = self.losses;
        if self.losses != Losses::default() {
            let uuid = self.uuid;
            notices
                .push(format!("run {uuid} lost {documents} documents and {attachments} attachments: no room for them"));
        }
        notices
    }

    /// What could be written nowhere so far.
    pub fn losses(&self) -> Losses {
        self.losses
    }

    fn root(&self, home: Home) -> &Path {
        match home {
            Home::Data => &self.data,
            Home::Fallback => &self.fallback,
        }
    }

    /// The run's folder, made and locked.
    fn folder(&mut self, home: Home) -> io::Result<PathBuf> {
        let root = self.root(home).to_owned();
        if let Some(place) = self.places.get(&root) {
            return Ok(place.folder.clone());
        }
        if home == Home::Fallback {
            make_private(&root)?;
        }
        let (folder, lock) = make_run_folder(&root, self.uuid)?;
        self.places.insert(root, Place { folder: folder.clone(), _lock: lock });
        Ok(folder)
    }

    fn try_append(&mut self, dataset: &str, line: &[u8]) -> io::Result<()> {
        if !self.files.contains_key(dataset) {
            let folder = self.folder(self.home)?;
            let file = DatasetFile::open(&folder.join(format!("{dataset}.ndjson")))?;
            self.files.insert(dataset.to_owned(), file);
        }
        match self.files.get_mut(dataset) {
            Some(file) => file.append(line),
            None => Err(io::Error::other("no file")),
        }
    }

    fn try_sync(&mut self) -> io::Result<()> {
        let mut new_files = false;
        for file in self.files.values_mut().filter(|file| file.dirty) {
            file.sync()?;
            new_files |= std::mem::take(&mut file.new);
        }
        if new_files {
            File::open(self.folder(self.home)?)?.sync_all()?;
        }
        Ok(())
    }

    /// The folder of the attachments, made if need be.
    fn attachments(&mut self, home: Home) -> io::Result<PathBuf> {
        let folder = self.folder(home)?.join(ATTACHMENTS);
        // Only this folder: were the run's folder gone, a new one would lack the lock.
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(folder),
        }
    }

    fn try_grow(&mut self, home: Home, name: &str) -> io::Result<Growing> {
        let path = self.attachments(home)?.join(sanitised(name));
        let file = File::create_new(&path)?;
        Ok(Growing { file: Some(file), path: Some(path), length: 0 })
    }

    fn try_attach(&mut self, home: Home, name: &str, content: &[u8]) -> io::Result<String> {
        let folder = self.attachments(home)?;
        let name = sanitised(name);
        let temporary = folder.join(format!(".{}.part", Uuid::now_v7()));
        let stored = File::create_new(&temporary).and_then(|mut file| {
            file.write_all(content)?;
            file.sync_data()?;
            // Nobody else writes here while the run is locked, so that a free name stays free.
            let name = (1..=u32::MAX).map(|number| numbered(&name, number)).find(|name| !folder.join(name).exists());
            let name = name.ok_or_else(|| io::Error::other("no name is free"))?;
            fs::rename(&temporary, folder.join(&name)).map(|()| name)
        });
        if stored.is_err() {
            // Make room again; it is not there when creating it failed.
            let _ = fs::remove_file(&temporary);
        }
        stored.map(|name| format!("{ATTACHMENTS}/{name}"))
    }

    /// From now on, documents go to the other folder.
    fn move_on(&mut self, error: &io::Error) -> String {
        self.home = Home::Fallback;
        let old = std::mem::take(&mut self.files);
        let written = self.data.join(super::folder::RUNS).join(self.uuid.to_string());
        let mut notice = format!(
            "run {}: {} can't be written any more: {error}; the rest of its documents goes to {}",
            self.uuid,
            written.display(),
            self.fallback.join(super::folder::RUNS).join(self.uuid.to_string()).display()
        );
        // What lies safely where it is stays there. The files of a folder that somebody removed are still open here:
        // they are brought over.
        for (dataset, mut file) in old {
            if file.sync().is_ok() {
                continue;
            }
            let rescued = file.content().and_then(|lines| {
                lines.split_inclusive(|byte| *byte == b'\n').try_for_each(|line| self.try_append(&dataset, line))
            });
            if let Err(error) = rescued {
                // Writing to a String can\'t fail.
                let _ = write!(notice, "\n{dataset}.ndjson could not be brought over: {error}");
            }
        }
        notice
    }

    fn lost(&mut self, notice: Option<String>, error: &io::Error, count: impl Fn(&mut Losses)) -> Option<String> {
        count(&mut self.losses);
        if std::mem::replace(&mut self.told_of_losses, true) {
            return notice;
        }
        let text = format!("run {}: a document or attachment is lost, it can be written nowhere: {error}", self.uuid);
        Some(notice.map_or(text.clone(), |notice| format!("{notice}\n{text}")))
    }
}

impl Drop for RunSpool {
    fn drop(&mut self) {
        for place in self.places.values() {
            // Without its lock a run is over; the folder may be gone.
            let _ = fs::remove_file(place.folder.join(LOCK_NAME));
        }
    }
}

/// An attachment that is written in parts.
#[derive(Debug, Default)]
struct Growing {
    /// None when it can't be written any more.
    file: Option<File>,
    path: Option<PathBuf>,
    /// Bytes of the parts that are there.
    length: u64,
}

impl Growing {
    /// Appends the part whole or not at all.
    fn append(&mut self, content: &[u8]) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        match file.write_all(content) {
            Ok(()) => {
                self.length += content.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Readers cope with half a part, too, should this fail.
                let _ = file.set_len(self.length);
                self.file = None;
                Err(error)
            }
        }
    }
}

/// A file of documents, of which every line is whole.
#[derive(Debug)]
struct DatasetFile {
    file: File,
    /// Bytes up to the end of the last whole line.
    length: u64,
    dirty: bool,
    new: bool,
}

impl DatasetFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        let mut opened = Self { file, length: 0, dirty: false, new: true };
        // A run that begins again after a crash finds its own half line.
        let content = opened.content()?;
        let whole = memchr::memrchr(b'\n', &content).map_or(0, |at| at + 1);
        opened.length = u64::try_from(whole).map_err(io::Error::other)?;
        if whole < content.len() {
            opened.file.set_len(opened.length)?;
        }
        Ok(opened)
    }

    fn append(&mut self, line: &[u8]) -> io::Result<()> {
        let written = loop {
            match self.file.write(line) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let error = match written {
            Ok(count) if count == line.len() => {
                self.dirty = true;
                self.length += u64::try_from(count).map_err(io::Error::other)?;
                if self.file.metadata()?.nlink() > 0 {
                    return Ok(());
                }
                // Somebody removed the file: the write succeeds and nobody will ever see it.
                self.length -= u64::try_from(count).map_err(io::Error::other)?;
                io::Error::new(io::ErrorKind::NotFound, "its folder was removed")
            }
            // Only a full disk writes a part of a line.
            Ok(_) => io::Error::from(io::ErrorKind::StorageFull),
            Err(error) => error,
        };
        // Take the half line back. If even that fails, readers leave it out.
        let _ = self.file.set_len(self.length);
        Err(error)
    }

    fn sync(&mut self) -> io::Result<()> {
        let synced = self.file.sync_data().and_then(|()| match self.file.metadata()?.nlink() {
            0 => Err(io::Error::new(io::ErrorKind::NotFound, "its folder was removed")),
            _ => Ok(()),
        });
        self.dirty = synced.is_err();
        synced
    }

    /// The whole lines.
    fn content(&mut self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.read_to_end(&mut content)?;
        Ok(content)
    }
}

/// Where an attachment of this name lies within its run's folder, unless the name is taken.
pub fn attachment_path(name: &str) -> String {
    format!("{ATTACHMENTS}/{}", sanitised(name))
}

/// A file name that means the same to every file system and shell.
fn sanitised(name: &str) -> String {
    const LONGEST: usize = 150;
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') { c } else { '_' };
    let name: String = name.chars().map(safe).collect();
    let name = name.trim_start_matches('.');
    if name.is_empty() {
        return "attachment".to_owned();
    }
    let (stem, extension) = split(name);
    // Only ASCII is left, so that every byte is a character.
    let room = LONGEST.saturating_sub(extension.len());
    if room == 0 {
        return name[..name.len().min(LONGEST)].to_owned();
    }
    format!("{}{extension}", &stem[..stem.len().min(room)])
}

/// The name and its extension with the dot.
fn split(name: &str) -> (&str, &str) {
    name.rfind('.').filter(|at| *at > 0).map_or((name, ""), |at| name.split_at(at))
}

fn numbered(name: &str, number: u32) -> String {
    let (stem, extension) = split(name);
    if number == 1 { name.to_owned() } else { format!("{stem}-{number}{extension}") }
}
