//! How documents are put together to requests, and how often a cluster in trouble is asked.

use std::time::Duration;

use crate::config::Config;

/// How documents are put together to requests, and how often a cluster in trouble is asked.
#[derive(Clone, Debug)]
pub struct ShipOptions {
    /// Most documents of one request.
    pub batch_documents: usize,
    /// Largest body of one request, bytes, before it is compressed; a larger document is sent alone.
    pub batch_bytes: usize,
    /// How long a document of a run that goes on waits for others to be sent with it.
    pub batch_age: Duration,
    /// Longest wait after a first failed request; each further one may take twice as long.
    pub backoff_first: Duration,
    /// Longest wait after any failed request.
    pub backoff_most: Duration,
    /// How long nothing is tried after something that a person must repair: credentials, templates.
    pub repair_pause: Duration,
    /// How often a document is tried at which the cluster fails while it takes others of the same data stream.
    pub attempts_alone: u32,
    /// A line of the spool that is longer is no document to be sent, bytes.
    pub longest_document: usize,
}

impl Default for ShipOptions {
    fn default() -> Self {
        Self {
            batch_documents: 1000,
            batch_bytes: 5_000_000,
            batch_age: Duration::from_secs(2),
            backoff_first: Duration::from_millis(200),
            backoff_most: Duration::from_secs(30),
            repair_pause: Duration::from_secs(30),
            attempts_alone: 10,
            longest_document: 64 * 1024 * 1024,
        }
    }
}

impl From<&Config> for ShipOptions {
    fn from(config: &Config) -> Self {
        Self {
            batch_documents: config.batch_documents.max(1),
            batch_bytes: usize::try_from(config.batch_bytes).unwrap_or(usize::MAX).max(1),
            batch_age: config.batch_age,
            ..Self::default()
        }
    }
}
