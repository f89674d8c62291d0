//! Attachments on their way to a store: a folder, or a bucket that speaks S3.
//!
//! It works as the shipper of documents does: a thread of its own follows the files of the spool, runs never wait for it,
//! what is left when a run ends stays on disk and is copied by the next run or `canarytrace ship`. What a store has of a
//! run is noted in its `uploads.json`.

mod destination;
mod figures;
mod retention;
#[cfg(feature = "object-store")]
mod s3;
mod thread;
mod upload;

pub use destination::{Destination, Trouble};
pub use figures::UploadFigures;
pub use retention::prune_folder;
pub use thread::Uploader;
pub use upload::{Patience, left_of, upload_left};
