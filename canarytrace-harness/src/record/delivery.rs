//! Dataset `delivery`: how a run's documents reached the cluster.

use super::document::{Absent, Mapping, document};

document! {
    /// Bytes of documents.
    pub struct DeliveryBytes {
        /// Of the documents that the run has on disk.
        spooled: u64 => "spooled": Mapping::Long,
        /// Of the bodies that were sent, before they were compressed.
        raw: u64 => "raw": Mapping::Long,
        /// Of the bodies that were sent, as they were sent.
        wire: Option<u64> => "wire": Mapping::Long,
    }
}

document! {
    /// From the moment a document was made to the moment the cluster acknowledged it, ms.
    pub struct DeliveryLag {
        /// The longest.
        max: u64 => "max": Mapping::Long,
        /// The mean.
        mean: u64 => "mean": Mapping::Long,
    }
}

document! {
    /// What was not acknowledged when the figures were taken.
    pub struct DeliveryLeft {
        /// Documents.
        documents: u64 => "documents": Mapping::Long,
        /// Their bytes.
        bytes: u64 => "bytes": Mapping::Long,
    }
}

document! {
    /// Who took the documents.
    pub struct DeliveryCluster {
        /// `elasticsearch` or `opensearch`.
        product: Option<String> => "product": Mapping::Keyword,
        /// Its version, where it is told.
        version: Option<String> => "version": Mapping::Keyword,
    }
}

document! {
    /// How a run's documents reached the cluster: one document when a run is over, and one whenever something of it was
    /// sent later.
    pub struct Delivery = "delivery" {
        /// Documents that were stored.
        sent: u64 => "sent": Mapping::Long,
        /// Documents that the cluster had already.
        duplicates: u64 => "duplicates": Mapping::Long,
        /// Times that a document was sent again.
        retried: u64 => "retried": Mapping::Long,
        /// Documents that the cluster refused for good; they lie in the dead letters.
        dead: u64 => "dead": Mapping::Long,
        /// Documents that were too large and were sent with their longest texts cut.
        shortened: u64 => "shortened": Mapping::Long,
        /// Documents that were sent again after an unknown outcome without asking for them, because that is forbidden.
        uncertain: u64 => "uncertain": Mapping::Long,
        /// Bulk requests.
        requests: u64 => "requests": Mapping::Long,
        /// Batches of documents; each takes one request when all goes well.
        batches: u64 => "batches": Mapping::Long,
        /// Bytes.
        bytes: DeliveryBytes => "bytes": Mapping::Object(DeliveryBytes::FIELDS),
        /// From making a document to its acknowledgement, ms; none when nothing was acknowledged.
        lag: Option<DeliveryLag> => "lag": Mapping::Object(DeliveryLag::FIELDS),
        /// How long batches were on their way, all together, ms.
        duration: u64 => "duration": Mapping::Long,
        /// What was left.
        left: DeliveryLeft => "left": Mapping::Object(DeliveryLeft::FIELDS),
        /// Who took the documents.
        cluster: DeliveryCluster => "cluster": Mapping::Object(DeliveryCluster::FIELDS),
    }
}

impl Absent for DeliveryBytes {}
impl Absent for DeliveryLag {}
impl Absent for DeliveryLeft {}
impl Absent for DeliveryCluster {}
