//! Canarytrace watches web applications as their users see them.

pub mod browser;
pub mod collect;
pub mod config;
pub mod record;
pub mod run;
pub mod spool;

pub use canarytrace_macros::{css, monitor};
pub use run::Result;

/// What a file with monitors needs: `use canarytrace::prelude::*;`.
pub mod prelude {
    pub use crate::browser::Browser;
    pub use crate::run::Result;
    pub use crate::{css, monitor};
}

/// What the code that `#[monitor]` writes needs. Not for people.
#[doc(hidden)]
pub mod __private {
    pub use crate::run::{BudgetDef, BudgetMetric, MonitorDef, MonitorFuture, ParamDef};
    pub use inventory;
}
