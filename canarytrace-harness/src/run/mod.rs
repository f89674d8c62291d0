//! Lifecycle of a run: phases, steps, timeouts, retries, budgets, failure kinds.

mod monitor;
mod output;

pub use monitor::{BudgetDef, BudgetMetric, MonitorDef, MonitorFuture, ParamDef, Result};
pub use output::{MonitorOutput, run_monitor};
