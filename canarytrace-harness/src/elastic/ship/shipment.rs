//! One folder of one run on its way: what is read of it, and how far it is.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::batch::{Batch, Room, State};
use super::dead_letters::{DeadLetter, Known};
use super::figures::DeliveryFigures;
use crate::spool::{Cursor, ShippingLock, datasets_of};

/// One folder of one run, and the sole right to send it.
#[derive(Debug)]
pub(super) struct Shipment {
    pub(super) folder: PathBuf,
    pub(super) cursor: Cursor,
    /// Documents of the dataset `delivery` are not counted.
    pub(super) figures: DeliveryFigures,
    /// Whether the cursor on disk is not this one.
    dirty: bool,
    letters: Known,
    _lock: ShippingLock,
}

impl Shipment {
    /// Takes the right to send a folder; none when somebody else has it. The notice is for people.
    pub(super) fn open(folder: &Path, run: Uuid) -> io::Result<Option<(Self, Option<String>)>> {
        let Some(lock) = ShippingLock::take(folder)? else { return Ok(None) };
        let (cursor, notice) = Cursor::load(folder, run)?;
        let shipment = Self {
            folder: folder.to_owned(),
            cursor,
            figures: DeliveryFigures::default(),
            dirty: notice.is_some(),
            letters: Known::default(),
            _lock: lock,
        };
        Ok(Some((shipment, notice)))
    }

    /// The documents that come next, but for those of datasets that `is_held`.
    pub(super) fn next(&self, room: Room, is_held: impl Fn(&str) -> bool) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        for (dataset, file) in datasets_of(&self.folder)? {
            if batch.is_full(room) {
                break;
            }
            let progress = self.cursor.progress(&dataset);
            if file.metadata()?.len() <= progress.acknowledged || is_held(&dataset) {
                continue;
            }
            batch.fill(&dataset, &file, progress, room)?;
        }
        Ok((!batch.is_empty()).then_some(batch))
    }

    /// Notes on disk that the documents of the batch may be in the cluster from now on.
    pub(super) fn sending(&mut self, batch: &Batch) -> io::Result<()> {
        for part in &batch.datasets {
            let progress = self.cursor.progress_mut(&part.dataset);
            progress.in_flight = progress.in_flight.max(part.end);
        }
        self.dirty = true;
        self.save()
    }

    /// Notes what became of the batch. It need not be on disk before the next one is sent: until then, the documents
    /// count as in flight.
    pub(super) fn settle(&mut self, batch: &Batch) {
        for (at, part) in batch.datasets.iter().enumerate() {
            let progress = self.cursor.progress_mut(&part.dataset);
            *progress = batch.progress(at, *progress);
        }
        for item in &batch.items {
            if item.state == State::Pending && item.failures.alone {
                self.cursor.failures.insert(item.id.clone(), item.failures.times);
            } else {
                self.cursor.failures.remove(&item.id);
            }
        }
        self.dirty = true;
    }

    /// What an earlier process found out about the documents of a batch.
    pub(super) fn remember(&self, batch: &mut Batch) {
        if self.cursor.failures.is_empty() {
            return;
        }
        for item in &mut batch.items {
            if let Some(times) = self.cursor.failures.get(&item.id) {
                item.failures.times = *times;
                item.failures.alone = true;
            }
        }
    }

    /// Adds these letters to the folder's, each once.
    pub(super) fn bury(&mut self, letters: &[DeadLetter]) -> io::Result<()> {
        self.letters.bury(&self.folder, letters)
    }

    /// Has the cursor on disk be this one.
    pub(super) fn save(&mut self) -> io::Result<()> {
        if self.dirty {
            self.cursor.save(&self.folder)?;
            self.dirty = false;
        }
        Ok(())
    }

    /// Bytes behind what was acknowledged; the last line may be a torn one.
    pub(super) fn unread(&self) -> io::Result<u64> {
        let mut unread = 0;
        for (dataset, file) in datasets_of(&self.folder)? {
            unread += file.metadata()?.len().saturating_sub(self.cursor.progress(&dataset).acknowledged);
        }
        Ok(unread)
    }

    /// Bytes of all documents in the folder, and what is left of them.
    pub(super) fn take_stock(&mut self) -> io::Result<()> {
        self.figures.spooled_bytes = 0;
        for (_, file) in datasets_of(&self.folder)? {
            self.figures.spooled_bytes += file.metadata()?.len();
        }
        self.figures.left = self.cursor.left(&self.folder)?;
        Ok(())
    }
}
