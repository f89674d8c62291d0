//! What delivering documents came to, in numbers.

use std::fmt;
use std::time::Duration;

use crate::record::delivery::{Delivery, DeliveryBytes, DeliveryCluster, DeliveryLag, DeliveryLeft};
use crate::spool::Left;

/// What delivering documents came to. The shipper's own documents of the dataset `delivery` are not counted, but where
/// it is told what is left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryFigures {
    /// Documents that were stored.
    pub sent: u64,
    /// Documents that the cluster had already.
    pub duplicates: u64,
    /// Times that a document was sent again.
    pub retried: u64,
    /// Documents that the cluster refused for good.
    pub dead: u64,
    /// Documents that were sent with their longest texts cut.
    pub shortened: u64,
    /// Documents that were sent again after an unknown outcome without asking for them.
    pub uncertain: u64,
    /// Bulk requests.
    pub requests: u64,
    /// Batches.
    pub batches: u64,
    /// Bytes of the bodies that were sent, before they were compressed.
    pub raw_bytes: u64,
    /// Bytes of the bodies that were sent, as they were sent; none when that is not known.
    pub wire_bytes: Option<u64>,
    /// Bytes of the documents on disk.
    pub spooled_bytes: u64,
    /// From making a document to its acknowledgement: the longest.
    pub lag_max: Duration,
    /// The same, all together.
    pub lag_total: Duration,
    /// How many documents that is.
    pub lag_documents: u64,
    /// How long batches were on their way.
    pub duration: Duration,
    /// What was not acknowledged in the end.
    pub left: Left,
    /// Folders of runs that somebody else ships just now; what is left in them is not counted.
    pub elsewhere: u64,
    /// `elasticsearch` or `opensearch`, once it was talked to.
    pub product: Option<String>,
    /// Its version, where it is told.
    pub version: Option<String>,
}

impl DeliveryFigures {
    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.duplicates += other.duplicates;
        self.retried += other.retried;
        self.dead += other.dead;
        self.shortened += other.shortened;
        self.uncertain += other.uncertain;
        self.requests += other.requests;
        self.batches += other.batches;
        self.raw_bytes += other.raw_bytes;
        if let Some(bytes) = other.wire_bytes {
            *self.wire_bytes.get_or_insert_default() += bytes;
        }
        self.spooled_bytes += other.spooled_bytes;
        self.lag_max = self.lag_max.max(other.lag_max);
        self.lag_total += other.lag_total;
        self.lag_documents += other.lag_documents;
        self.duration += other.duration;
        self.left.documents += other.left.documents;
        self.left.bytes += other.left.bytes;
        self.elsewhere += other.elsewhere;
        self.product = self.product.take().or_else(|| other.product.clone());
        self.version = self.version.take().or_else(|| other.version.clone());
    }

    /// Whether everything is in the cluster.
    pub fn is_delivered(&self) -> bool {
        self.left.documents == 0 && self.dead == 0 && self.elsewhere == 0
    }

    /// Documents that found their end: in the cluster or among the dead letters.
    pub fn settled(&self) -> u64 {
        self.sent + self.duplicates + self.dead
    }

    /// Notes how long a document took.
    pub(super) fn lag(&mut self, lag: Duration) {
        self.lag_max = self.lag_max.max(lag);
        self.lag_total += lag;
        self.lag_documents += 1;
    }

    /// As a document.
    pub(super) fn document(&self) -> Delivery {
        let milliseconds = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        Delivery {
            sent: self.sent,
            duplicates: self.duplicates,
            retried: self.retried,
            dead: self.dead,
            shortened: self.shortened,
            uncertain: self.uncertain,
            requests: self.requests,
            batches: self.batches,
            bytes: DeliveryBytes { spooled: self.spooled_bytes, raw: self.raw_bytes, wire: self.wire_bytes },
            lag: (self.lag_documents > 0).then(|| DeliveryLag {
                max: milliseconds(self.lag_max),
                mean: milliseconds(self.lag_total) / self.lag_documents,
            }),
            duration: milliseconds(self.duration),
            left: DeliveryLeft { documents: self.left.documents, bytes: self.left.bytes },
            cluster: DeliveryCluster { product: self.product.clone(), version: self.version.clone() },
        }
    }
}

/// One line for people.
impl fmt::Display for DeliveryFigures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sent, {} duplicates, {} retried, {} dead", self.sent, self.duplicates, self.retried, self.dead)?;
        for (count, what) in [(self.shortened, "shortened"), (self.uncertain, "sent again without asking")] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        write!(f, ", {} left ({} bytes); ", self.left.documents, self.left.bytes)?;
        if self.elsewhere > 0 {
            write!(f, "{} folders are being sent by others; ", self.elsewhere)?;
        }
        write!(f, "{} requests in {}, {} bytes", self.requests, seconds(self.duration), self.raw_bytes)?;
        if let Some(wire) = self.wire_bytes {
            write!(f, " ({wire} compressed)")?;
        }
        if self.lag_documents > 0 {
            write!(f, ", lag at most {}", seconds(self.lag_max))?;
        }
        let cluster: Vec<&str> = self.product.iter().chain(&self.version).map(String::as_str).collect();
        if cluster.is_empty() { Ok(()) } else { write!(f, ", {}", cluster.join(" ")) }
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
