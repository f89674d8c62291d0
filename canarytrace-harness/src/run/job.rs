//! What is to be run: a registered monitor, or a URL of smoke mode.

use std::time::Duration;

use url::Url;

use super::attempt::Body;
use super::browser::Browser;
use super::given::{MonitorKind, MonitorParameter as _};
use super::monitor::{MonitorDef, ParamDef};
use super::params::Params;
use super::smoke::{nothing_seen, smoke};
use crate::config::{Config, Device, Target, Throttle};
use crate::record::{Budget, Failure, FailureKind, SmokeTitle};

/// One monitor or URL, with the options that hold for it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Name of the monitor, or the URL.
    pub name: String,
    /// The monitor's description.
    pub description: String,
    /// The monitor's tags.
    pub tags: Vec<String>,
    /// Attempts after a failed first one.
    pub retries: u32,
    /// Limit of one attempt's execution.
    pub timeout: Duration,
    /// Emulated device.
    pub device: Device,
    /// False for a monitor that is listed as ignored.
    pub enabled: bool,
    pub(crate) params: &'static [ParamDef],
    pub(crate) budgets: Vec<Budget>,
    /// How often an attempt makes the journey.
    pub iterations: u32,
    /// How network and processor are slowed down.
    pub throttle: Throttle,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Monitor(&'static MonitorDef),
    Smoke(Target),
}

impl Job {
    /// The job of a registered monitor.
    pub fn of_monitor(monitor: &'static MonitorDef, config: &Config) -> Self {
        Self {
            name: monitor.name(),
            description: monitor.description.to_owned(),
            tags: monitor.tags.iter().map(|tag| (*tag).to_owned()).collect(),
            retries: monitor.retries.unwrap_or(config.retries),
            timeout: monitor.timeout.unwrap_or(config.timeout),
            device: monitor.device.unwrap_or(config.device),
            enabled: monitor.enabled,
            params: monitor.params,
            budgets: monitor.budgets.iter().map(Budget::from).collect(),
            iterations: monitor.iterations.unwrap_or(config.iterations),
            // What the macro let pass is one.
            throttle: monitor.throttle.and_then(|text| text.parse().ok()).unwrap_or_else(|| config.throttle.clone()),
            what: What::Monitor(monitor),
        }
    }

    /// The job of a URL of smoke mode.
    pub fn of_url(target: &Target, config: &Config) -> Self {
        Self {
            name: target.text.clone(),
            description: "Smoke: the page loads and has a title.".to_owned(),
            tags: Vec::new(),
            retries: config.retries,
            timeout: config.timeout,
            device: config.device,
            enabled: true,
            params: &[],
            budgets: Vec::new(),
            iterations: config.iterations,
            throttle: config.throttle.clone(),
            what: What::Smoke(target.clone()),
        }
    }

    /// What the job is given.
    pub(crate) fn kind(&self) -> MonitorKind {
        match &self.what {
            What::Monitor(monitor) => monitor.kind,
            What::Smoke(_) => MonitorKind::Browser,
        }
    }

    /// What has to be right before a browser is started.
    ///
    /// # Errors
    /// A bad URL of smoke mode; a parameter without a value.
    pub(crate) fn preflight(&self, config: &Config) -> Result<Params, Failure> {
        if let What::Smoke(Target { text, url: Err(reason) }) = &self.what {
            return Err(Failure::new(
                FailureKind::Harness,
                format!("\"{text}\" in BASE_URL is no URL that can be opened: {reason}"),
            ));
        }
        Params::resolve(self.params, config)
    }

    /// The URL that relative ones are relative to.
    pub(crate) fn base_url<'a>(&'a self, config: &'a Config) -> Option<&'a Url> {
        match &self.what {
            What::Smoke(target) => target.url.as_ref().ok(),
            What::Monitor(_) => config.base_urls.first().and_then(|target| target.url.as_ref().ok()),
        }
    }

    /// What a URL of smoke mode answered that could not even be asked.
    pub(crate) fn nothing_seen(&self) -> Option<SmokeTitle> {
        match &self.what {
            What::Smoke(target) => Some(nothing_seen(&target.text)),
            What::Monitor(_) => None,
        }
    }

    /// The code to run.
    pub(crate) fn body(&self) -> Body {
        match &self.what {
            What::Monitor(monitor) => {
                let run = monitor.run;
                Box::new(move |given| run(given))
            }
            What::Smoke(target) => {
                let url = target.url.as_ref().map_or_else(|_reason| target.text.clone(), Url::to_string);
                Box::new(move |given| {
                    Box::pin(async move {
                        match Browser::of(given) {
                            Some(browser) => smoke(browser, &url).await,
                            None => Err(Failure::harness("smoke mode was given no browser")),
                        }
                    })
                })
            }
        }
    }
}
