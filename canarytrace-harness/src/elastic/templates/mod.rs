//! Templates of the data streams: from the structs of the documents to what the cluster is told. No I/O.
//!
//! A data stream of ours has one index template, of the stream's own name, that matches this name alone. It is composed
//! of component templates, the later ones stronger: settings and fields of all datasets, fields and retention of the
//! dataset, and what the user puts into `@custom` for all datasets or for this one.

mod build;
mod compare;
mod mapping;
mod retention;

pub use build::{
    COMPONENT_VERSION, MANAGED_BY, PRIORITY, Template, TemplateKind, Templates, Wanted, custom_component, is_ours,
    stream_mappings, stream_settings, template_version,
};
pub use compare::{Change, Leaves, changes, leaves, template_leaves};
pub use mapping::{mappings, properties};
pub use retention::{Keep, Retention, RetentionError};
