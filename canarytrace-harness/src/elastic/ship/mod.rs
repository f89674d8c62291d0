//! Ships the documents of the spool: continuously while runs go on, later what was left, each stored once.
//!
//! A folder of a run is sent by one process at a time. Whoever sends it notes in `cursor.json` what was acknowledged and
//! what may have arrived without an answer; of the latter the cluster is asked before it is sent again.

mod batch;
mod control;
mod dead_letters;
mod drain;
mod engine;
mod figures;
mod options;
mod run;
mod shipment;
mod shorten;
mod streams;
mod thread;

pub use control::{Control, Patience, Phase};
pub use dead_letters::{DeadLetter, dead_letters, dead_letters_file};
pub use drain::{DrainOptions, drain, would_send};
pub use engine::Notices;
pub use figures::DeliveryFigures;
pub use options::ShipOptions;
pub use thread::{Delivered, Shipper};
