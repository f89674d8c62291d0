//! What `#[monitor]` registers.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::given::{Given, MonitorKind};
use super::params::ParamKind;
use crate::config::Device;
use crate::record::{Budget, Failure, Metric};

/// What a monitor and its steps return.
pub type Result<T = (), E = Failure> = std::result::Result<T, E>;

/// A future of a monitor; it stays on its thread, so it need not be [`Send`].
pub type MonitorFuture<'a> = Pin<Box<dyn Future<Output = Result> + 'a>>;

/// A monitor as its author declared it with `#[monitor]`.
#[derive(Clone, Copy, Debug)]
pub struct MonitorDef {
    /// `module_path!()` of the function, with the crate's name in front.
    pub module_path: &'static str,
    /// Name of the function.
    pub function: &'static str,
    /// `name = "…"`, which replaces the function in the monitor's name.
    pub name_override: Option<&'static str>,
    /// Source file, for messages.
    pub file: &'static str,
    /// Line in it.
    pub line: u32,
    /// The doc comment.
    pub description: &'static str,
    /// `schedule = "*/3 * * * *"`: five fields of cron, checked at compile time.
    pub schedule: Option<&'static str>,
    /// `timeout = "90s"`: for one attempt.
    pub timeout: Option<Duration>,
    /// `retries = 1`: attempts after a failed first one.
    pub retries: Option<u32>,
    /// `tags = ["shop"]`.
    pub tags: &'static [&'static str],
    /// `params(user, password: secret, quantity: u32 = 1)`.
    pub params: &'static [ParamDef],
    /// `budget(run <= "20s", lcp <= "2.5s", step("pay").inp <= "200ms", warn(cls <= 0.1))`.
    pub budgets: &'static [BudgetDef],
    /// `device = "mobile"`, else the option `CANARYTRACE_DEVICE`.
    pub device: Option<Device>,
    /// `throttle = "mobileSlow4G"`, else the option `CANARYTRACE_THROTTLE`; checked at compile time.
    pub throttle: Option<&'static str>,
    /// `iterations = 5`, else the option `CANARYTRACE_ITERATIONS`.
    pub iterations: Option<u32>,
    /// `enabled = false` lists the monitor as ignored.
    pub enabled: bool,
    /// Whether it takes a browser.
    pub kind: MonitorKind,
    /// The function itself.
    pub run: for<'a> fn(&'a mut Given) -> MonitorFuture<'a>,
}

inventory::collect!(MonitorDef);

/// A parameter that a monitor declares. Its value comes from the environment variable of its upper-case name, else
/// from `[params]` of `canarytrace.toml`, else the default; without any, or with one of another type, the monitor fails before its browser starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParamDef {
    /// Name in lower case.
    pub name: &'static str,
    /// What its value has to be.
    pub kind: ParamKind,
    /// Value when nothing else gives one.
    pub default: Option<&'static str>,
}

/// A limit that a monitor declares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetDef {
    /// What is limited.
    pub metric: Metric,
    /// The name of a mark or measure.
    pub name: Option<&'static str>,
    /// Title of the step that it is limited in. No such step is a failure.
    pub step: Option<&'static str>,
    /// `metric <= limit` in the unit of the metric; `>=` where more is better.
    pub limit: f64,
    /// Within `warn(…)`: a run that breaks it is degraded and does not fail.
    pub warn: bool,
}

impl From<&BudgetDef> for Budget {
    fn from(budget: &BudgetDef) -> Self {
        let BudgetDef { metric, name, step, limit, warn } = *budget;
        Self { metric, name: name.map(str::to_owned), step: step.map(str::to_owned), limit, warn }
    }
}

impl MonitorDef {
    /// Name of the monitor: the module path within its crate and the function, `shop::buy_a_product`.
    pub fn name(&self) -> String {
        let own = self.name_override.unwrap_or(self.function);
        match self.module_path.split_once("::") {
            Some((_crate_name, module)) => format!("{module}::{own}"),
            None => own.to_owned(),
        }
    }
}
