//! `canarytrace query`: one kind of question, asked of runs on disk or of a cluster.
//!
//! [`Query`] is written as text ([`parse_text`]) or JSON ([`parse_json`]), or is one that the original published
//! ([`published`]). A [`Plan`] says what it means for our documents; [`evaluate`] is the reference for its answer, which
//! [`Index`] gives for runs on disk and [`Cluster`] for what was sent.

mod analyse;
mod command;
mod condition;
mod date;
mod dsl;
mod error;
mod json;
mod memory;
mod model;
mod plan;
mod published;
mod schema;
mod sqlite;
mod table;
mod text;
mod values;
mod wildcard;

pub use command::Arguments;
pub(crate) use command::run;
pub use dsl::{Cluster, ClusterError};
pub use error::QueryError;
pub use json::parse_json;
pub use memory::{Collector, evaluate};
pub use model::{Answer, Bound, Figure, Filter, Group, GroupRow, Hit, MAX_GROUPS, Metric, MetricKind, Order, Query};
pub use plan::Plan;
pub use published::{PUBLISHED, Published, published};
pub use schema::{Kind, Schema, Schemas};
pub use sqlite::{Index, IndexError, Places};
pub use text::parse_text;
