//! Documents on their way to Elasticsearch or `OpenSearch`: client, names, templates, shipping.

mod client;
mod names;
mod settings;
pub mod templates;
mod trouble;

pub use client::{Client, Method, Reply, Request};
pub use names::Names;
pub use settings::{Auth, Settings, SettingsError};
pub use trouble::{Trouble, TroubleKind};
