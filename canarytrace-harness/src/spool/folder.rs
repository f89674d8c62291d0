//! The data folder: opened, checked, and giving folders to runs.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use uuid::Uuid;

use super::lock::Lock;
use super::run::RunSpool;
use crate::config::Config;
use crate::record::Failure;

/// Folder of all runs within the data folder.
pub(super) const RUNS: &str = "runs";

/// Where and how much.
#[derive(Clone, Debug)]
pub struct SpoolOptions {
    /// Data folder.
    pub data: PathBuf,
    /// Where a run goes on when the data folder can't be written in its middle.
    pub fallback: PathBuf,
    /// Older runs are pruned.
    pub max_age: Duration,
    /// When all runs together have more bytes, the oldest are pruned.
    pub max_size: u64,
    /// Whether a run stays until a cluster has all of it, whatever its age and size.
    pub keep_unshipped: bool,
    /// Name of the store that attachments are copied to: a run stays until it has them, too.
    pub store: Option<String>,
}

impl From<&Config> for SpoolOptions {
    fn from(config: &Config) -> Self {
        Self {
            data: config.data.clone(),
            fallback: config.fallback_folder(),
            max_age: config.data_max_age,
            max_size: config.data_max_size,
            keep_unshipped: config.has_cluster(),
            store: config.attachment_store().map(|store| store.name()),
        }
    }
}

/// The data folder. Clones are the same folder; several processes may use it at once.
#[derive(Clone, Debug)]
pub struct Spool {
    pub(super) options: SpoolOptions,
}

impl Spool {
    /// Opens the data folder, making it if need be, and checks that runs can be written there or, if not, to the
    /// folder that they go on in: a full disk keeps nobody from knowing whether the application works.
    ///
    /// # Errors
    /// A harness failure that names the folders, the reasons and the option to change, when neither can be written or
    /// the data folder is no folder at all.
    pub fn open(options: impl Into<SpoolOptions>) -> Result<Self, Failure> {
        let spool = Self { options: options.into() };
        let runs = spool.runs_folder();
        let Err(error) = probe(&runs) else { return Ok(spool) };
        if let Some(file) = runs.ancestors().find(|path| path.exists()).filter(|path| !path.is_dir()) {
            return Err(Failure::harness(format!(
                "the data folder {} can't be made: {} is no folder; name another one with CANARYTRACE_DATA",
                spool.options.data.display(),
                file.display()
            )));
        }
        let fallback = &spool.options.fallback;
        match make_private(fallback).and_then(|()| probe(&spool.fallback_runs_folder())) {
            Ok(()) => Ok(spool),
            Err(second) => Err(Failure::harness(format!(
                "the data folder {} can't be written: {error}; neither can {}: {second}; name another one with \
                 CANARYTRACE_DATA, or make room",
                runs.display(),
                fallback.display()
            ))),
        }
    }

    /// Where and how much.
    pub fn options(&self) -> &SpoolOptions {
        &self.options
    }

    /// The folder that holds the folders of all runs.
    pub fn runs_folder(&self) -> PathBuf {
        self.options.data.join(RUNS)
    }

    /// The folder that holds what runs could not write to [`runs_folder`](Self::runs_folder).
    pub fn fallback_runs_folder(&self) -> PathBuf {
        self.options.fallback.join(RUNS)
    }

    /// The folder of a run, whether it is there or not.
    pub fn run_folder(&self, uuid: Uuid) -> PathBuf {
        self.runs_folder().join(uuid.to_string())
    }

    /// The folders that hold what a run wrote: the usual one, and the other if it went on there.
    pub fn folders_of(&self, uuid: Uuid) -> Vec<PathBuf> {
        let fallback = self.fallback_runs_folder().join(uuid.to_string());
        [self.run_folder(uuid), fallback].into_iter().filter(|folder| folder.is_dir()).collect()
    }

    /// Begins to record a run. This never fails: what can't be written to the data folder goes to the other one, and
    /// the run says so with its first notice.
    pub fn run(&self, uuid: Uuid) -> RunSpool {
        RunSpool::new(uuid, self.options.data.clone(), self.options.fallback.clone())
    }
}

/// Writes a page into the folder of all runs and has it reach the disk: a full disk or a quota is noticed by nothing
/// less.
fn probe(runs: &Path) -> io::Result<()> {
    fs::create_dir_all(runs)?;
    let path = runs.join(format!(".probe-{}", Uuid::now_v7()));
    let written = File::create_new(&path).and_then(|mut file| {
        file.write_all(&[0; 4096])?;
        file.sync_all()
    });
    let removed = if path.exists() { fs::remove_file(&path) } else { Ok(()) };
    written.and(removed)
}

/// Makes the folder of a run and locks it, in one go as far as pruning processes can see.
pub(super) fn make_run_folder(root: &Path, uuid: Uuid) -> io::Result<(PathBuf, Lock)> {
    let runs = root.join(RUNS);
    fs::create_dir_all(&runs)?;
    let _no_pruning = Lock::wait(&runs)?;
    let folder = runs.join(uuid.to_string());
    fs::create_dir_all(&folder)?;
    match Lock::take(&folder)? {
        Some(lock) => Ok((folder, lock)),
        None => Err(io::Error::new(io::ErrorKind::WouldBlock, "another process is recording this run")),
    }
}

/// Makes a folder below the folder for temporary files, which everybody may write: only what is ours and nobody
/// else can read is used.
pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().mode(0o700).recursive(true).create(folder)?;
        }
        other => other?,
    }
    let metadata = fs::symlink_metadata(folder)?;
    let others_may = metadata.mode() & (0o070 | 0o007);
    let ours = metadata.uid() == rustix::process::getuid().as_raw();
    if metadata.is_dir() && ours && others_may == 0 {
        return Ok(());
    }
    let text = format!("{} is there already and is not a private folder of ours", folder.display());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}
