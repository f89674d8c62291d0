//! Lifecycle of a run: phases, steps, timeouts, retries, budgets, failure kinds.

mod monitor;

pub use monitor::{BudgetDef, BudgetMetric, MonitorDef, MonitorFuture, ParamDef, Result};
