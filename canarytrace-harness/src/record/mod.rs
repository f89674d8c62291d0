//! What is recorded: events, documents with their mappings, ids, failures, redaction. No I/O.

pub mod audit;
mod availability;
mod budget;
mod common;
pub mod console;
mod coverage_audit;
pub mod delivery;
mod document;
mod env;
mod event;
mod failure;
mod memory;
mod metric;
mod own;
pub mod performance_entries;
mod post_data_path;
mod redact;
mod report;
pub mod request_log;
mod schema;
mod smoke_title;
mod statistics;
pub mod summary;
mod target;
mod truncated;
pub mod usage;
mod visual_progress;
pub mod vitals;

pub use audit::Audit;
pub use availability::Availability;
pub use budget::{Budget, BudgetResult};
pub use common::{Common, GitRef, MonitorRef, assemble, document_id};
pub use console::Console;
pub use coverage_audit::CoverageAudit;
pub use delivery::Delivery;
pub use document::{Absent, Dataset, Field, Mapping};
pub use env::Env;
pub use event::{Attachment, AttachmentKind, Consumer, Event, Phase, RunInfo, StepInfo, StoredDocument, Totals};
pub use failure::{Failure, FailureKind, Fault, Outcome};
pub use memory::{HeapSizes, Memory, PageMetrics};
pub use metric::{Metric, Sample, Unit};
pub use own::{NameError, Object, OwnDataset, check_fields, check_object, check_schema, own_datasets};
pub use performance_entries::PerformanceEntry;
pub use post_data_path::{PostDataPath, PostDataPathError};
pub use redact::Redactor;
pub(crate) use redact::{is_sensitive, percent_decode};
pub use report::{Capabilities, ChromeOptions, Report, ReportEvent, Throttling};
pub use request_log::RequestLog;
pub use schema::{DatasetSchema, FieldSchema, FieldType, IGNORE_ABOVE, IndexType};
pub use smoke_title::SmokeTitle;
pub use statistics::{Agreement, Statistics};
pub use summary::Summary;
pub use target::TargetRef;
pub use truncated::Truncated;
pub use usage::Usage;
pub use visual_progress::VisualProgress;
pub use vitals::Vitals;

/// A dataset as the documentation, the templates and the tests see it.
#[derive(Clone, Copy, Debug)]
pub struct DatasetInfo {
    /// Name of the dataset.
    pub name: &'static str,
    /// What it holds.
    pub doc: &'static str,
    /// Its own fields, beside [`Common::FIELDS`].
    pub fields: &'static [Field],
}

const fn info<D: Dataset>() -> DatasetInfo {
    DatasetInfo { name: D::NAME, doc: D::DOC, fields: D::FIELDS }
}

/// Every dataset there is, in the order of the documentation.
pub const DATASETS: &[DatasetInfo] = &[
    info::<Report>(),
    info::<Summary>(),
    info::<RequestLog>(),
    info::<Console>(),
    info::<PerformanceEntry>(),
    info::<Vitals>(),
    info::<Memory>(),
    info::<VisualProgress>(),
    info::<Audit>(),
    info::<CoverageAudit>(),
    info::<SmokeTitle>(),
    info::<Env>(),
    info::<Availability>(),
    info::<Usage>(),
    info::<Statistics>(),
    info::<Delivery>(),
];
