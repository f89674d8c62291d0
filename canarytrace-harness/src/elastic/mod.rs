//! Documents on their way to Elasticsearch or `OpenSearch`: client, names, templates, shipping.

pub mod bulk;
mod client;
mod names;
mod settings;
pub mod ship;
mod trouble;

pub use client::{Client, Method, Reply, Request};
pub use names::Names;
pub use settings::{Auth, Settings, SettingsError};
pub use trouble::{Trouble, TroubleKind};
