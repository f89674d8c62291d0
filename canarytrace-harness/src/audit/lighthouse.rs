//! Runs Lighthouse: our runner in Node.js, with one line of JSON in and one JSON object out.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::sync::mpsc;
use url::Url;

use super::install;
use super::node::Node;
use super::result::Printed;
use super::settings;
use crate::browser::{AuditBrowser, LastWords};
use crate::config::{AuditLogLevel, Config};
use crate::record::{Audit, Failure, Truncated};

/// How much longer than the page's load an audit may take: a second look at the page, computing, the report. It takes
/// five seconds on a machine with nothing else to do.
const BEYOND_LOAD: Duration = Duration::from_mins(1);

/// Longest result, bytes: that of a page with ten thousand requests is 20 MB.
const LONGEST_RESULT: u64 = 64 * 1024 * 1024;

/// Longest report or trace that is kept, bytes.
const LONGEST_FILE: u64 = 256 * 1024 * 1024;

/// Most lines of what Lighthouse tells that are passed on.
const MOST_LINES: usize = 2000;

/// Lighthouse, ready to be run.
#[derive(Debug)]
pub(crate) struct Lighthouse {
    node: Node,
    runner: PathBuf,
}

/// What is to be audited.
pub(crate) struct Request<'a> {
    /// The page.
    pub(crate) url: &'a Url,
    /// The cookies that the browser has (`Network.CookieParam`), so that a page behind a login is audited and not the login.
    pub(crate) cookies: Vec<Value>,
}

/// What came of an audit.
pub(crate) struct Audited {
    /// The document.
    pub(crate) audit: Audit,
    /// What was left out of it.
    pub(crate) left_out: Vec<Truncated>,
    /// The HTML report, if it may be wanted.
    pub(crate) report: Option<String>,
    /// The trace of Chrome, if it may be wanted.
    pub(crate) trace: Option<String>,
    /// What Lighthouse told at the level that was asked for, and which file can't be kept.
    pub(crate) told: Vec<String>,
}

impl Lighthouse {
    /// Looks for Node.js and the package.
    ///
    /// # Errors
    /// What is missing, and what to do.
    pub(crate) async fn find(config: &Config) -> Result<Self, Failure> {
        let node = Node::find().await?;
        if !install::is_installed(config) {
            return Err(Failure::harness(format!(
                "Lighthouse {} is not installed in {}: run `canarytrace install-lighthouse` with the same \
                 CANARYTRACE_CACHE, or audit without it with PT_AUDIT=native",
                install::VERSION,
                install::folder(config).display()
            )));
        }
        Ok(Self { node, runner: install::runner(config) })
    }

    /// Audits a page. Nothing of it is left behind, however it ends: Node.js is of the browser's processes.
    ///
    /// # Errors
    /// Kind `harness` with the last lines of Lighthouse where it can't do its work; `navigation`, `http_status` or `tls`
    /// when the page can't be opened.
    pub(crate) async fn audit(
        &self,
        config: &Config,
        browser: &AuditBrowser,
        request: Request<'_>,
    ) -> Result<Audited, Failure> {
        let file = |wanted: bool, name: &str| wanted.then(|| browser.temporary().join(name));
        let report = file(config.audit_report.is_wanted(), "report.html");
        let trace = file(config.audit_trace.is_wanted(), "trace.json");
        let asked = json!({
            "browser": browser.websocket(),
            "url": request.url.as_str(),
            "flags": settings::flags(config),
            "cookies": request.cookies,
            "auth": auth(config),
            "report": report,
            "trace": trace,
        });
        let words = LastWords::default();
        let (sender, mut lines) = mpsc::unbounded_channel();
        let each = is_talkative(config.audit_log_level).then_some(sender);
        let limit = config.audit_max_wait_load + BEYOND_LOAD;
        let printed = match tokio::time::timeout(limit, self.run(browser, &asked, &words, each)).await {
            Ok(printed) => printed?,
            Err(_) => {
                return Err(Failure::harness(format!(
                    "Lighthouse did not end within {} s (PT_AUDIT_MAX_WAIT_LOAD and a minute){}",
                    limit.as_secs(),
                    words.after("its last output:")
                )));
            }
        };
        let (audit, left_out) = match printed {
            Printed::Lhr(lhr) => lhr.document(request.url.as_str())?,
            Printed::Error(trouble) => return Err(trouble.failure(request.url.as_str())),
        };
        let mut told: Vec<String> = std::iter::from_fn(|| lines.try_recv().ok()).take(MOST_LINES).collect();
        let mut read = |file: Option<PathBuf>| match read(&file?) {
            Ok(text) => Some(text),
            Err(why) => {
                told.push(why);
                None
            }
        };
        let (report, trace) = (read(report), read(trace));
        Ok(Audited { audit, left_out, report, trace, told })
    }

    async fn run(
        &self,
        browser: &AuditBrowser,
        asked: &Value,
        words: &LastWords,
        each: Option<mpsc::UnboundedSender<String>>,
    ) -> Result<Printed, Failure> {
        let failed = |what: String| {
            let said = words.after("its last output:");
            Failure::harness(format!("Lighthouse {what} (Node.js {}){said}", self.node.version))
        };
        let mut command = Command::new(&self.node.program);
        // Whoever set this for programs of their own did not mean this one.
        command.arg(&self.runner).env_remove("NODE_OPTIONS").current_dir(browser.temporary());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        browser.adopt(&mut command);
        let mut child = command.spawn().map_err(|error| failed(format!("can't be started: {error}")))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut stdin), Some(stdout), Some(stderr)) = (stdin, stdout, stderr) else {
            return Err(failed("has no input or output".to_owned()));
        };
        let reading = words.drain(stderr, each);
        // One that ended already says why in its output.
        _ = stdin.write_all(format!("{asked}\n").as_bytes()).await;
        let mut output = Vec::new();
        let read = stdout.take(LONGEST_RESULT + 1).read_to_end(&mut output).await;
        read.map_err(|error| failed(format!("can't be read: {error}")))?;
        if output.len() as u64 > LONGEST_RESULT {
            return Err(failed(format!("gave a result of more than {} MB", LONGEST_RESULT / 1024 / 1024)));
        }
        let status = child.wait().await;
        // Open until here: at its end the runner takes us for gone.
        drop(stdin);
        // A process that it left behind may hold this open.
        _ = tokio::time::timeout(Duration::from_secs(1), reading).await;
        let ended = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        if output.trim_ascii().is_empty() {
            return Err(failed(format!("ended without a result ({ended})")));
        }
        serde_json::from_slice(&output).map_err(|error| {
            let start: String = String::from_utf8_lossy(&output).chars().take(80).collect();
            failed(format!("gave a result that can't be read ({error}; {ended}), which begins with {start:?}"))
        })
    }
}

/// The password of the target, and whom it is for.
fn auth(config: &Config) -> Option<Value> {
    let auth = config.basic_auth.as_ref()?;
    let origins: Vec<String> = config
        .base_urls
        .iter()
        .filter_map(|target| Some(target.url.as_ref().ok()?.origin()))
        .filter(url::Origin::is_tuple)
        .map(|origin| origin.ascii_serialization())
        .collect();
    (!origins.is_empty())
        .then(|| json!({ "origins": origins, "username": auth.user, "password": auth.password.expose_secret() }))
}

/// Whether what Lighthouse tells is passed on although nothing failed.
fn is_talkative(level: AuditLogLevel) -> bool {
    !matches!(level, AuditLogLevel::Silent | AuditLogLevel::Error)
}

/// The text of a file that the runner wrote, or why it can't be kept.
fn read(file: &Path) -> Result<String, String> {
    let cannot = |what: String| format!("Lighthouse's file {} can't be kept: {what}", file.display());
    let size = std::fs::metadata(file).map_err(|error| cannot(error.to_string()))?.len();
    if size > LONGEST_FILE {
        return Err(cannot(format!("it has {} MB, more than {}", size >> 20, LONGEST_FILE >> 20)));
    }
    std::fs::read_to_string(file).map_err(|error| cannot(error.to_string()))
}
