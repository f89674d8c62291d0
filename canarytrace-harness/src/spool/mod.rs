//! What runs wrote, on disk, before anyone else saw it: append-only NDJSON and attachments, one folder a run.
//!
//! ```text
//! <data>/runs/<uuid>/<dataset>.ndjson
//! <data>/runs/<uuid>/attachments/
//! <data>/datasets.json
//! <data>/runs/<uuid>/cursor.json           what of it a cluster has
//! <data>/runs/<uuid>/uploads.json          which attachments a store has
//! <data>/runs/<uuid>/dead-letters.jsonl    what a cluster refused for good, with its reasons
//! ```
//! A run that can't write there any more goes on in a folder for temporary files, laid out alike. Every line of every
//! file is a whole JSON document, whatever happened. A run that is going on holds a lock that the kernel releases
//! when its process ends, however it ends, so that another process never prunes it.

mod consumer;
mod cursor;
mod datasets;
mod folder;
mod lock;
mod prune;
mod read;
mod run;
mod stored;
mod uploads;

pub use consumer::{Lost, SpoolConsumer};
pub use cursor::{Cursor, Left, Progress, dataset_file, datasets_of, is_wholly_acknowledged, last_line};
pub use datasets::{DATASETS_FILE, DatasetsError, read_datasets, write_datasets};
pub use folder::{Spool, SpoolOptions};
pub use lock::{ShippingLock, UploadingLock};
pub use prune::{Pruned, PrunedRun};
pub use read::{Damage, Reader, read, read_dataset};
pub use run::{Attached, Losses, RunSpool, attachment_path};
pub use stored::{StoredRun, stored_runs};
pub use uploads::{Uploads, is_wholly_uploaded};

#[cfg(test)]
mod tests;
