//! Lifecycle of a run: phases, steps, timeouts, retries, budgets, failure kinds.

mod api;
mod attempt;
mod browser;
mod budget;
mod bus;
mod evidence;
mod given;
mod interrupt;
mod job;
mod lifecycle;
mod monitor;
mod output;
mod panic;
mod params;
mod pause;
mod recording;
mod smoke;
mod state;
mod steps;
mod stopwatch;
mod totp;
mod verdict;

pub use api::Api;
pub use browser::Browser;
pub use bus::Bus;
pub use given::{Given, MonitorKind, MonitorParameter};
pub use interrupt::{Interrupt, Signal};
pub use job::Job;
pub(crate) use lifecycle::is_infrastructure;
pub use lifecycle::{Context, Ended, Prepared};
pub use monitor::{BudgetDef, BudgetMetric, MonitorDef, MonitorFuture, ParamDef, Result};
pub use output::{MonitorOutput, run_monitor};
pub(crate) use panic::install_hook;
pub use params::{ParamKind, ParamValue};
pub use steps::Step;
