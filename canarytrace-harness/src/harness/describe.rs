//! What is registered, as JSON: what tools that start monitors need to know of them. It runs nothing.

use serde::Serialize;

use super::exit_code;
use super::registry;
use super::stop::Stop;
use crate::config::{Config, ConfigError, Device};
use crate::run::{Job, MonitorDef};

/// Makes a test target describe its monitors instead of running them; its value is the form. This is no option for people:
/// it has to work whatever the options are.
pub const DESCRIBE_VARIABLE: &str = "CANARYTRACE_DESCRIBE";

/// All monitors of a test target.
#[derive(Debug, Serialize)]
struct Description {
    /// Version of this library.
    canarytrace: &'static str,
    /// How long the end of a run may be delayed until its documents are delivered, in seconds.
    flush: f64,
    /// Sorted by name.
    monitors: Vec<Described>,
}

/// A monitor with the options that hold for it.
#[derive(Debug, Serialize)]
struct Described {
    name: String,
    /// What `SPEC` selects it by.
    spec: String,
    description: &'static str,
    /// Five fields of cron; null where it declares none.
    schedule: Option<&'static str>,
    /// Limit of one attempt's execution, in seconds; of one iteration where it makes several.
    timeout: f64,
    /// Attempts after a failed first one.
    retries: u32,
    /// How often an attempt makes the journey.
    iterations: u32,
    tags: &'static [&'static str],
    device: &'static str,
    /// Null where it declares none.
    throttle: Option<&'static str>,
    enabled: bool,
    /// `browser`, or `http` for one that starts none.
    kind: &'static str,
    file: &'static str,
    line: u32,
}

/// Whether this process is to describe its monitors.
///
/// # Errors
/// When it is to do so in a form that there isn't.
pub(crate) fn is_wanted() -> Result<bool, Stop> {
    match std::env::var_os(DESCRIBE_VARIABLE) {
        None => Ok(false),
        Some(form) if form == "json" => Ok(true),
        Some(_) => {
            Err(Stop::new(exit_code::USAGE, format!("{DESCRIBE_VARIABLE} (environment variable): allowed is json")))
        }
    }
}

/// The monitors as JSON. What they leave open is what the options say, and where these can't be read, what it is by default.
///
/// # Errors
/// Two monitors of one name, no monitor at all.
pub(crate) fn describe(
    config: Result<Config, ConfigError>,
    monitors: impl IntoIterator<Item = &'static MonitorDef>,
) -> Result<String, Stop> {
    let config = config.or_else(|_wrong| Config::from_parts([], None));
    let config = config.map_err(|error| Stop::new(exit_code::USAGE, error.to_string()))?;
    let monitors = registry::registered(monitors.into_iter())?;
    let described = |(name, monitor): (String, &'static MonitorDef)| {
        let job = Job::of_monitor(monitor, &config);
        Described {
            spec: name.clone(),
            name,
            description: monitor.description,
            schedule: monitor.schedule,
            timeout: job.timeout.as_secs_f64(),
            retries: job.retries,
            iterations: job.iterations,
            tags: monitor.tags,
            device: match job.device {
                Device::Desktop => "desktop",
                Device::Mobile => "mobile",
            },
            throttle: monitor.throttle,
            enabled: monitor.enabled,
            kind: monitor.kind.heartbeat(),
            file: monitor.file,
            line: monitor.line,
        }
    };
    let description = Description {
        canarytrace: env!("CARGO_PKG_VERSION"),
        flush: config.flush.as_secs_f64(),
        monitors: monitors.into_iter().map(described).collect(),
    };
    serde_json::to_string_pretty(&description).map(|json| json + "\n").map_err(|error| {
        Stop::new(exit_code::INFRASTRUCTURE_FAILED, format!("the monitors can't be described: {error}"))
    })
}
