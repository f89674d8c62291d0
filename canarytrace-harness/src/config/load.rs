//! Reads the environment and the file; answers what depends on them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::error::{ConfigError, Place, Problem};
use super::git_repository::GitRepository;
use super::options::{Config, OPTIONS};
use super::raw::{FILE_NAME, RawOptions};
use super::surroundings::{temp, user_id};
use super::types::Keep;
use super::values::parse_switch;
use crate::record::{is_sensitive, percent_decode};

/// Variables that the `env` document holds beside the options: what tells where and of what a run was made. Nothing
/// else of the environment is ever stored; the original stored all of it, secrets included.
pub const HARMLESS_VARIABLES: &[&str] = &[
    "CI",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_SHA",
    "GITHUB_REF_NAME",
    "GITHUB_RUN_ID",
    "GITHUB_SHA",
    "HOSTNAME",
    "LANG",
    "LC_ALL",
    "TZ",
];

/// Secrets shorter than this can't be told from ordinary text; see [`Redactor`](crate::record::Redactor).
const SHORTEST_SECRET: usize = 4;

impl Config {
    /// Reads the environment of the process, and the file it names or that lies here or above: the only place of
    /// Canarytrace that does so.
    ///
    /// # Errors
    /// Names every option that is wrong.
    pub fn load() -> Result<Self, ConfigError> {
        Self::load_from(std::env::vars_os(), std::env::current_dir().ok().as_deref())
    }

    pub(super) fn load_from(
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        working_directory: Option<&Path>,
    ) -> Result<Self, ConfigError> {
        let mut env = BTreeMap::new();
        let mut problems = Vec::new();
        for (name, value) in variables {
            // Foreign variables need not be text and are none of our business then.
            let Ok(name) = name.into_string() else { continue };
            match value.into_string() {
                Ok(value) => {
                    env.insert(name, value);
                }
                Err(_) if OPTIONS.iter().any(|option| option.env == name) => {
                    let reason = "the value is not valid UTF-8".to_owned();
                    problems.push(Problem { option: name, place: Place::Environment, value: None, reason });
                }
                Err(_) => {}
            }
        }
        let named = env.get("CANARYTRACE_CONFIG").filter(|path| !path.is_empty());
        let file = match (named, working_directory) {
            (Some(path), base) => Some(base.map_or_else(|| PathBuf::from(path), |base| base.join(path))),
            (None, Some(here)) => here.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file()),
            (None, None) => None,
        };
        let text = file.as_deref().map(std::fs::read_to_string).transpose();
        let text = text.unwrap_or_else(|error| {
            let path = file.as_deref().unwrap_or(Path::new(FILE_NAME)).display().to_string();
            let reason = format!("the file can't be read: {error}");
            let option = if named.is_some() { "CANARYTRACE_CONFIG" } else { FILE_NAME }.to_owned();
            problems.push(Problem { option, place: Place::Environment, value: Some(path), reason });
            None
        });
        let mut raw = RawOptions::collect(env, file.as_deref().zip(text.as_deref()));
        raw.problems.splice(0..0, problems);
        Self::from_raw(raw).map(Self::warned)
    }

    /// Reads options from an environment and the text of a file, given with its path.
    ///
    /// # Errors
    /// Names every option that is wrong.
    pub fn from_parts(
        env: impl IntoIterator<Item = (String, String)>,
        file: Option<(&Path, &str)>,
    ) -> Result<Self, ConfigError> {
        Self::from_raw(RawOptions::collect(env, file)).map(Self::warned)
    }

    fn warned(mut self) -> Self {
        let short = |secret: &SecretString| secret.expose_secret().chars().count() < SHORTEST_SECRET;
        if self.secrets().iter().any(short) {
            self.warnings.push(format!(
                "a secret (PASS, or a password in another option) is shorter than {SHORTEST_SECRET} characters: \
                 it is masked only where it stands alone"
            ));
        }
        if !self.console_intercept && self.console_text != Keep::Off {
            self.warnings.push(
                "CANARYTRACE_CONSOLE_TEXT keeps nothing: with CONSOLE_INTERCEPT=no nobody listens to the console"
                    .to_owned(),
            );
        }
        self
    }

    /// Everything secret in the options; a run adds the secret parameters of its monitor.
    pub fn secrets(&self) -> Vec<SecretString> {
        let mut secrets: Vec<String> = Vec::new();
        let urls = self.base_urls.iter().filter_map(|target| target.url.as_ref().ok());
        let own = self
            .webdriver_url
            .iter()
            .chain(&self.browser_mirror)
            .chain(&self.elastic_cluster)
            .chain(&self.elastic_proxy);
        for url in urls.chain(own) {
            secrets.extend(secrets_of_url(url));
        }
        for argument in &self.browser_args {
            // --proxy-server=http://user:password@host
            let value = argument.split_once('=').map_or(argument.as_str(), |(_, value)| value);
            secrets.extend(Url::parse(value).iter().flat_map(secrets_of_url));
        }
        for (_, value) in self.headers.iter().filter(|(name, _)| is_sensitive(name)) {
            let credentials = value.split_once(' ').map_or(value.as_str(), |(_scheme, credentials)| credentials);
            let decoded = base64::engine::general_purpose::STANDARD.decode(credentials).ok();
            let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
            secrets.extend(decoded.iter().filter_map(|pair| pair.split_once(':')).map(|(_, pass)| pass.to_owned()));
            secrets.extend([value.clone(), credentials.to_owned()]);
        }
        let mut all: Vec<SecretString> = secrets.into_iter().map(SecretString::from).collect();
        all.extend(self.pass.clone());
        all.extend(self.git_repository.iter().flat_map(GitRepository::secrets));
        all.extend(self.git_token.clone());
        all.extend(self.git_ssh_key.clone());
        all.extend(self.git_ssh_key_passphrase.clone());
        let auths = self.basic_auth.iter().chain(&self.elastic_http_auth);
        all.extend(auths.map(|auth| auth.password.clone()));
        all.extend(self.aws_s3_secret_key.clone());
        if let Some(encoded) = &self.elastic_api_key {
            let key = base64::engine::general_purpose::STANDARD.decode(encoded.expose_secret()).ok();
            let key = key.and_then(|pair| String::from_utf8(pair).ok());
            all.extend(key.as_deref().and_then(|pair| pair.split_once(':')).map(|(_id, key)| key.into()));
            all.push(encoded.clone());
        }
        all.retain(|secret| !secret.expose_secret().is_empty());
        all
    }

    /// The content of the `env` document: the options in force, secrets as `***`, and [`HARMLESS_VARIABLES`].
    pub fn env_document(&self) -> BTreeMap<String, String> {
        let options = self.origin.in_force.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let harmless = |name: &&str| Some(((*name).to_owned(), self.origin.env.get(*name)?.clone()));
        HARMLESS_VARIABLES.iter().filter_map(harmless).chain(options).collect()
    }

    /// Whether an option, by its environment variable, was given rather than left at its default.
    pub fn is_given(&self, env: &str) -> bool {
        self.origin.given.contains(&env)
    }

    /// The text in force of an option, fit to be shown.
    pub(crate) fn in_force(&self, env: &str) -> Option<&str> {
        self.origin.in_force.get(env).map(String::as_str)
    }

    /// Whether an option is a switch that is off.
    pub(crate) fn is_off(&self, env: &str) -> bool {
        self.in_force(env).is_some_and(|text| text == "off" || parse_switch(text) == Ok(false))
    }

    /// Whether anything is made of the browser's requests.
    pub fn records_network(&self) -> bool {
        self.request_log
            || self.keep_cdp_log() != Keep::Off
            || self.har != Keep::Off
            || self.visual_progress
            || self.filmstrip != Keep::Off
    }

    /// Whether anything is made of the performance timelines of pages.
    pub fn records_timeline(&self) -> bool {
        self.performance_entries || self.vitals
    }

    /// Whether anything is made of what the browser tells, or of what is asked at the edges of steps.
    pub fn records(&self) -> bool {
        self.records_network()
            || self.console_intercept
            || self.records_timeline()
            || self.memory_intercept
            || self.coverage_audit
            || self.usage
    }

    /// The commit that the monitors are of, where anything says so. What a branch stands at is not known here.
    pub fn commit(&self) -> Option<&str> {
        let is_sha = |text: &&str| (7..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.revision.as_deref().or_else(|| self.git_revision.as_deref().filter(is_sha))
    }

    /// Whether documents leave for a cluster.
    pub fn has_cluster(&self) -> bool {
        !self.elastic_cluster.is_empty() || self.elastic_cloud_id.is_some()
    }

    /// Of which attempts the log of the browser's messages is kept: without attachments it has to be asked for.
    pub fn keep_cdp_log(&self) -> Keep {
        if self.attachments || self.is_given("CANARYTRACE_CDP_LOG") { self.cdp_log } else { Keep::Off }
    }

    /// Of which steps a screenshot is kept.
    pub fn keep_screenshot(&self) -> Keep {
        if self.capture_every_screen {
            Keep::Always
        } else if self.attachments || self.is_given("CANARYTRACE_STEP_SCREENSHOT") {
            self.step_screenshot
        } else {
            Keep::Off
        }
    }

    /// Of which steps a copy of the DOM is kept.
    pub fn keep_dom(&self) -> Keep {
        if self.attachments || self.is_given("CANARYTRACE_STEP_DOM") { self.step_dom } else { Keep::Off }
    }

    /// Of which attempts the console is kept as text.
    pub fn keep_console_text(&self) -> Keep {
        if self.console_intercept { self.console_text } else { Keep::Off }
    }

    /// Whether pictures of what the browser draws are recorded in the attempt with this number.
    pub fn records_frames(&self, attempt: u32) -> bool {
        self.visual_progress || self.filmstrip.writes(attempt)
    }

    /// The file that options were read from.
    pub fn file(&self) -> Option<&Path> {
        self.origin.file.as_deref()
    }

    /// The folders of `PATH`.
    pub fn search_path(&self) -> Vec<PathBuf> {
        let path = self.origin.env.get("PATH").map(String::as_str).unwrap_or_default();
        std::env::split_paths(path).filter(|folder| folder.is_absolute()).collect()
    }

    /// The folder for temporary files.
    pub fn temp_folder(&self) -> PathBuf {
        temp(&self.origin.env)
    }

    /// Where runs are kept when the data folder can't be written in the middle of a run.
    pub fn fallback_folder(&self) -> PathBuf {
        self.temp_folder().join(format!("canarytrace-spool-{}", user_id()))
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Config ")?;
        f.debug_map().entries(&self.origin.in_force).finish()
    }
}

/// Password, user without password (a token), and sensitive query parameters.
pub(crate) fn secrets_of_url(url: &Url) -> Vec<String> {
    let mut secrets = Vec::new();
    match url.password() {
        Some(password) => secrets.push(percent_decode(password)),
        None if !url.username().is_empty() => secrets.push(percent_decode(url.username())),
        None => {}
    }
    secrets.extend(url.query_pairs().filter(|(name, _)| is_sensitive(name)).map(|(_, value)| value.into_owned()));
    secrets
}
