//! Finds, installs, launches and stops browser and driver.

mod audit_browser;
mod capabilities;
mod chrome_for_testing;
mod driver;
pub mod find;
mod health;
pub mod install;
mod intercept;
pub mod launch;
pub mod leftovers;
mod net_error;
pub mod process;
mod tab;
mod version;

pub(crate) use audit_browser::AuditBrowser;
pub(crate) use driver::LastWords;
pub use health::Health;
pub(crate) use health::{crash, death};
pub use intercept::{HeroMark, NetError, Reply, Request, Route};
pub(crate) use intercept::{Interceptor, Rule, What};
pub use launch::{BrowserFacts, Killer, Launched, kill_all, launch};
pub(crate) use launch::{Options, Still, left_to_threads};
pub(crate) use net_error::navigation_failure;
pub(crate) use process::ProcessId;
pub(crate) use tab::set_up;
