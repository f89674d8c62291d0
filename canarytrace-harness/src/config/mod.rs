//! Every option, typed, from environment and `canarytrace.toml`. Nothing else reads the environment.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The registered monitors.
    UserJourney,
    /// One trial per URL of BASE_URL, without monitor code.
    Smoke,
}

/// Screen and input of the emulated device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// 1920x1080, mouse.
    Desktop,
    /// 360x640 at 2.625, touch, mobile user agent.
    Mobile,
}

/// One URL of BASE_URL. In smoke mode a bad one is a failed trial; otherwise a bad option.
#[derive(Clone, Debug)]
pub struct Target {
    /// As it was written.
    pub text: String,
    /// What it means, or why it is no URL we can open.
    pub url: Result<Url, String>,
}

/// Credentials for HTTP basic authentication.
#[derive(Clone, Debug)]
pub struct BasicAuth {
    /// User name.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// All options, validated, with units in their types.
#[derive(Clone, Debug)]
pub struct Config {
    pub mode: Mode,
    pub base_urls: Vec<Target>,
    pub spec: Option<String>,
    pub user: Option<String>,
    pub pass: Option<SecretString>,
    pub labels: Vec<String>,
    pub location: String,
    pub env_print: bool,
    pub availability_check: bool,
    pub wait_for_timeout: Duration,
    pub log_level: String,
    pub attachments: bool,
    pub capture_every_screen: bool,
    pub pause_between_smoke: Duration,
    pub timeout: Duration,
    pub step_timeout: Option<Duration>,
    pub retries: u32,
    pub data: PathBuf,
    pub data_max_age: Duration,
    pub data_max_size: u64,
    pub junit: Option<PathBuf>,
    pub webdriver_url: Option<Url>,
    pub browser: Option<PathBuf>,
    pub chromedriver: Option<PathBuf>,
    pub browser_install: bool,
    pub browser_mirror: Option<Url>,
    pub cache: PathBuf,
    pub browser_args: Vec<String>,
    pub driver_port: u16,
    pub site_port: u16,
    pub headed: bool,
    pub device: Device,
    pub locale: String,
    pub timezone: Option<String>,
    pub user_agent: Option<String>,
    pub headers: Vec<(String, String)>,
    pub basic_auth: Option<BasicAuth>,
}
