//! Canarytrace watches web applications as their users see them: typed monitors drive a real browser through a journey,
//! assert what must hold, and leave documents of everything that happened.
//!
//! A monitor is a function with [`#[monitor]`](macro@monitor); a test target with `harness = false` runs all that it
//! links with [`main`]:
//!
//! ```no_run
//! use canarytrace::prelude::*;
//!
//! /// A visitor opens the shop.
//! #[monitor(schedule = "*/3 * * * *", timeout = "90s", retries = 1, tags = ["shop"])]
//! async fn open_the_shop(browser: &mut Browser) -> Result {
//!     browser
//!         .step("open the shop", async |page| {
//!             page.goto("/").await?;
//!             page.expect(title()).to_be("Practice shop").await
//!         })
//!         .await
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     canarytrace::main()
//! }
//! ```
//!
//! `ARCHITECTURE.md` has the map of the modules and what each must never do.

pub mod audit;
pub mod browser;
pub mod collect;
pub mod config;
pub mod devtools;
#[cfg(feature = "elastic")]
pub mod elastic;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod harness;
pub mod http;
pub(crate) mod pace;
pub mod page;
pub mod record;
pub mod run;
#[cfg(feature = "site")]
pub mod site;
pub mod spool;
pub mod store;

pub use canarytrace_macros::{css, monitor};
pub use harness::{exit_code, main};
pub use http::{body, header, json_path, status, timing};
pub use page::{
    all, alt_text, any, console, css, exact, has, has_text, label, placeholder, regex, role, test_id, text, title, url,
    visible, xpath,
};
pub use run::{Api, Browser, Result};

/// What a file with monitors needs: `use canarytrace::prelude::*;`.
pub mod prelude {
    pub use crate::http::{Phase, Response};
    pub use crate::page::{
        Answer, Button, Click, Cookie, Download, Element, Frame, HeroMark, Locator, Match, Modifier, NetError, Page,
        Permission, Reply, Role, Route, State, Tolerance,
    };
    pub use crate::record::{Failure, FailureKind};
    pub use crate::run::{Api, Browser, Result};
    pub use crate::{
        all, alt_text, any, body, console, css, exact, has, has_text, header, json_path, label, monitor, placeholder,
        regex, role, status, test_id, text, timing, title, url, visible, xpath,
    };
}

/// What the code that `#[monitor]` writes needs. Not for people.
#[doc(hidden)]
pub mod __private {
    pub use crate::config::Device;
    pub use crate::record::Metric;
    pub use crate::run::{
        BudgetDef, MonitorDef, MonitorFuture, MonitorKind, MonitorOutput, MonitorParameter, ParamDef, ParamKind,
        run_monitor,
    };
    pub use {inventory, serde};
}
