//! Lifecycle of a run: phases, steps, timeouts, retries, budgets, failure kinds.

mod attempt;
mod browser;
mod budget;
mod bus;
mod evidence;
mod interrupt;
mod job;
mod lifecycle;
mod monitor;
mod output;
mod panic;
mod params;
mod smoke;
mod state;
mod totp;
mod verdict;

pub use browser::{Browser, Step};
pub use bus::Bus;
pub use interrupt::{Interrupt, Signal};
pub use job::Job;
pub(crate) use lifecycle::is_infrastructure;
pub use lifecycle::{Context, Ended, Prepared};
pub use monitor::{BudgetDef, BudgetMetric, MonitorDef, MonitorFuture, ParamDef, Result};
pub use output::{MonitorOutput, run_monitor};
pub(crate) use panic::install_hook;
pub use params::{ParamKind, ParamValue};
