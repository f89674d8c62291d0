//! Documents on their way to Elasticsearch or `OpenSearch`: client, names, templates, shipping.

pub mod bulk;
mod client;
mod diagnosis;
mod dialect;
mod names;
mod nodes;
mod observe;
mod reply;
mod request;
mod settings;
pub mod ship;
pub mod templates;
mod trouble;
mod trust;

pub use client::{Client, Traffic};
pub use dialect::{Dialect, Product, Version};
pub use names::Names;
pub use reply::Reply;
pub use request::{Method, Request};
pub use settings::{Auth, Settings, SettingsError};
pub use trouble::{Trouble, TroubleKind};
