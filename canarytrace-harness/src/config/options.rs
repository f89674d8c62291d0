//! The one definition of every option: parsing, field of [`Config`], key of the file and row of the README's table.
//!
//! To add an option, add a line to the table below, and a parser to `values.rs` if none fits.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::attachment_store::AttachmentsUrl;
use super::audit::{AuditKeep, AuditLogLevel, AuditMode, AuditThrottling};
use super::cloud_id::CloudId;
use super::error::{ConfigError, Place, Problem};
use super::git_repository::GitRepository;
use super::param::RawParam;
use super::raw::{Given, RawOptions, RawValue};
use super::surroundings::Surroundings;
use super::throttle::Throttle;
use super::types::{BasicAuth, Device, Keep, LogFormat, Mode, Pause, Target};
use super::url_pattern::UrlPattern;
use super::values::{self, Input, has_user, instead_of, many, maybe, one, with};
use crate::record::summary::Preparation;
use crate::record::{PostDataPath, Redactor};

/// What an option is when nothing gives it.
#[derive(Clone, Copy, Debug)]
pub enum Fallback {
    /// This text, read like a given one.
    Text(&'static str),
    /// Nothing; the words say what that means.
    Unset(&'static str),
    /// Computed from the surroundings; the words say how.
    #[expect(private_interfaces, reason = "only config computes; others read the words")]
    Computed(fn(&Surroundings) -> String, &'static str),
}

impl Fallback {
    /// The default as people read it: the text, or words for one that is not fixed.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Text(words) | Self::Unset(words) | Self::Computed(_, words) => words,
        }
    }
}

/// How much of an option's value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// All of it.
    Plain,
    /// All but user information and sensitive query parameters of URLs in it.
    Masked,
    /// Nothing.
    Never,
}

/// An option as the documentation and the messages see it.
#[derive(Clone, Copy, Debug)]
pub struct OptionDef {
    /// Environment variable.
    pub env: &'static str,
    /// Heading it stands under in the documentation.
    pub group: &'static str,
    /// Meaning, as Markdown.
    pub doc: &'static str,
    /// What it is when nothing gives it.
    pub fallback: Fallback,
    /// How much of its value may be shown.
    pub shown: Shown,
}

impl OptionDef {
    /// Key in the file: the name of the variable in lower case, without `CANARYTRACE_`.
    pub fn key(&self) -> String {
        self.env.trim_start_matches("CANARYTRACE_").to_lowercase()
    }

    /// Whether it can be given in the file. What says which file, or which part of it, can't.
    pub fn in_file(&self) -> bool {
        !matches!(self.env, "CANARYTRACE_CONFIG" | "CANARYTRACE_ENVIRONMENT")
    }

    /// `value` as it may be shown.
    pub(super) fn mask(&self, value: &str) -> String {
        match self.shown {
            Shown::Plain => value.to_owned(),
            Shown::Masked => Redactor::default().url(value),
            Shown::Never => "***".to_owned(),
        }
    }
}

macro_rules! options {
    ($(
        $group:literal {
            $(
                $(#[doc = $doc:literal])+
                $field:ident: $ty:ty = $env:literal $(as $shown:ident)?, $fallback:expr, $parse:expr;
            )*
        }
    )*) => {
        /// All options, validated, with units in their types.
        #[derive(Clone)]
        pub struct Config {
            $($(
                $(#[doc = $doc])+
                pub $field: $ty,
            )*)*
            /// What a person should know although nothing is wrong: misspelt variables, weak secrets.
            pub warnings: Vec<String>,
            pub(super) origin: Arc<Origin>,
        }

        /// Every option, in the order of the documentation.
        pub const OPTIONS: &[OptionDef] = &[
            CONFIG_FILE,
            $($( OptionDef {
                env: $env,
                group: $group,
                doc: concat!($($doc),+).trim_ascii(),
                fallback: $fallback,
                shown: [$(Shown::$shown,)? Shown::Plain][0],
            }, )*)*
        ];

        impl Config {
            fn read(mut reader: Reader) -> Result<Self, ConfigError> {
                $($( let $field: Option<$ty> = reader.option($env, $parse); )*)*
                let (problems, warnings, origin) = reader.finish();
                match ($($( $field, )*)*) {
                    ($($( Some($field), )*)*) if problems.is_empty() => {
                        Ok(Self { $($( $field, )*)* warnings, origin })
                    }
                    _ => Err(ConfigError { problems }),
                }
            }
        }
    };
}

/// Named apart because it says where the others come from.
const CONFIG_FILE: OptionDef = OptionDef {
    env: "CANARYTRACE_CONFIG",
    group: "What runs",
    doc: "File with options; a named one has to be there.",
    fallback: Fallback::Unset("`canarytrace.toml` in the working directory or the nearest one above it"),
    shown: Shown::Plain,
};

use Fallback::{Computed, Text, Unset};

options! {
    "What runs" {
        /// `user-journey` runs monitors, `smoke` opens each URL of `BASE_URL` and needs no code.
        mode: Mode = "MODE", Text("user-journey"), one(values::mode);
        /// Start URL of the monitors; with `MODE=smoke` one or more URLs separated by `;`.
        base_urls: Vec<Target> = "BASE_URL" as Masked, Unset("the bundled practice shop"), values::targets(mode);
        /// Name of the one monitor to run; one that matches nothing is an error.
        spec: Option<String> = "SPEC", Unset("all monitors"), maybe(values::text);
        /// Table `[environment.NAME]` of the file whose options and params hold instead of those at its top.
        environment: Option<String> = "CANARYTRACE_ENVIRONMENT", Unset("none"), maybe(values::text);
        /// Run only the monitors whose last stored run failed, or never came to its end.
        last_failed: bool = "CANARYTRACE_LAST_FAILED", Text("no"), one(values::switch);
        /// User name that a monitor may use; not treated as a secret.
        user: Option<String> = "USER", Unset("none"), maybe(values::text);
        /// Password that a monitor may use; masked everywhere.
        pass: Option<SecretString> = "PASS" as Never, Unset("none"), maybe(values::secret);
        /// Free texts for `labels` of every document, separated by commas.
        labels: Vec<String> = "LABELS", Unset("none"), many(values::labels);
        /// Where the run is made, for `location` of every document.
        location: String = "CANARYTRACE_LOCATION", Computed(Surroundings::location, "the host's name"),
            one(values::text);
    }
    "From git" {
        /// Host of the repository where `GIT_REPOSITORY` is but a path at it; by ssh, unless it begins with `https://`.
        git_repository_host: Option<String> = "GIT_REPOSITORY_HOST" as Masked, Unset("the one of `GIT_REPOSITORY`"),
            maybe(values::text);
        /// Port of that host, where `GIT_REPOSITORY` names none.
        git_repository_port: Option<u16> = "GIT_REPOSITORY_PORT", Unset("the protocol's"), maybe(values::port);
        /// Repository that `canarytrace run` clones: `https://host/path`, `ssh://user@host/path`, `user@host:path`, or a
        /// path, of which what is committed counts.
        git_repository: Option<GitRepository> = "GIT_REPOSITORY" as Masked, Unset("none"), maybe(values::git_repository(
            git_repository_host.clone().flatten(), git_repository_port.flatten()));
        /// Branch, tag, or SHA of a commit, full or short; a full one needs no network where it is built already.
        git_revision: Option<String> = "GIT_REVISION", Unset("the repository's default branch"),
            maybe(values::git_revision);
        /// Token for https, sent to the repository's host alone; with a user in the URL (`https://user@host/path`) as
        /// that one's password.
        git_token: Option<SecretString> = "GIT_TOKEN" as Never, Unset("none"), maybe(values::secret);
        /// Private key for ssh, as a text or the path of a file.
        git_ssh_key: Option<SecretString> = "GIT_SSH_KEY" as Never, Unset("none"), maybe(values::ssh_key);
        /// Passphrase of that key.
        git_ssh_key_passphrase: Option<SecretString> = "GIT_SSH_KEY_PASSPHRASE" as Never, Unset("none"),
            maybe(values::secret);
        /// File with the host keys that are trusted, as OpenSSH's `known_hosts`; others are refused.
        git_known_hosts: Option<PathBuf> = "GIT_KNOWN_HOSTS", Unset("`~/.ssh/known_hosts`"), maybe(values::path);
        /// File with certificates (PEM) that are trusted for https beside the system's.
        git_ca: Option<PathBuf> = "GIT_CA", Unset("none"), maybe(values::path);
        /// How long the git server may be silent, and how long it may take to say what a branch stands at.
        git_timeout: Duration = "GIT_TIMEOUT", Text("15s"), one(values::timeout);
        /// Run the last build of the same branch when the git server can't be reached, or when `--no-build` finds none of
        /// the newest commit. Never for refused credentials or host keys.
        git_fallback: bool = "GIT_FALLBACK", Text("allow"), one(values::switch);
        /// Executable with monitors that `canarytrace run` starts: nothing is cloned and built.
        monitors: Option<PathBuf> = "CANARYTRACE_MONITORS", Unset("none"), maybe(values::path);
        /// Package of the repository that holds the monitors.
        monitors_package: Option<String> = "MONITORS_PACKAGE", Unset("`monitors`, or the only one"),
            maybe(values::text);
        /// Folder of clones and builds; it may be on a volume that pods share, and read-only where nothing is built.
        build_cache: PathBuf = "CANARYTRACE_BUILD_CACHE",
            Computed(Surroundings::build_cache, "`builds` in `CANARYTRACE_CACHE`'s default"), one(values::path);
        /// When everything in it is larger, what was not used for longest is removed; never what runs just now.
        build_cache_max_size: u64 = "CANARYTRACE_BUILD_CACHE_MAX_SIZE", Text("10 GB"), one(values::size);
        /// How long to wait for a build that another process makes; with `--no-build`, for it to appear in the cache.
        build_wait: Option<Duration> = "CANARYTRACE_BUILD_WAIT", Unset("30m; with `--no-build` not at all"),
            maybe(values::duration);
        /// Cargo features that the monitors are built with, separated by commas.
        build_features: Vec<String> = "CANARYTRACE_BUILD_FEATURES", Unset("the package's default"),
            many(values::labels);
        /// Cargo profile that they are built with.
        build_profile: String = "CANARYTRACE_BUILD_PROFILE", Text("test"), one(values::text);
        /// Target that they are built for.
        build_target: Option<String> = "CANARYTRACE_BUILD_TARGET", Unset("this machine's"), maybe(values::text);
        /// Repository for `git.repository` of documents; `canarytrace run` sets it, an image with monitors may.
        repository: Option<String> = "CANARYTRACE_REPOSITORY" as Masked, Unset("none"), maybe(values::text);
        /// Commit for `git.revision` of documents; `canarytrace run` sets it, an image with monitors should.
        revision: Option<String> = "CANARYTRACE_REVISION", Unset("`GIT_REVISION`, if it is a SHA"), maybe(values::text);
        /// How long it took to have the executable, for `preparation` of documents; `canarytrace run` sets it.
        preparation: Option<Preparation> = "CANARYTRACE_PREPARATION", Unset("none"), maybe(values::preparation);
    }
    "Time and repetition" {
        /// Longest duration of one attempt of a monitor.
        timeout: Duration = "CANARYTRACE_TIMEOUT", Text("60s"), one(values::timeout);
        /// Longest duration of one step.
        step_timeout: Option<Duration> = "CANARYTRACE_STEP_TIMEOUT", Unset("as long as the attempt"),
            maybe(values::timeout);
        /// Attempts after a failed first one, each in a fresh browser.
        retries: u32 = "CANARYTRACE_RETRIES", Text("0"), one(values::retries);
        /// How often an attempt makes the whole journey, each time in a fresh browser with an empty cache. The figures are
        /// stored and printed with median, percentiles and spread; budgets are judged by the medians.
        iterations: u32 = "CANARYTRACE_ITERATIONS", Text("1"), one(values::iterations);
        /// Longest wait for an element, an expectation or the load event.
        wait_for_timeout: Duration = "WAIT_FOR_TIMEOUT", Text("30000"), one(values::duration);
        /// Pause between the URLs of smoke mode.
        pause_between_smoke: Duration = "PAUSE_BETWEEN_SMOKE", Text("0"), one(values::duration);
        /// Longest wait before the first browser is touched. A monitor waits its own part of it, always the same, so that
        /// monitors of one schedule don't all start in the same second. It counts for no duration and no time limit.
        start_offset: Duration = "CANARYTRACE_START_OFFSET", Text("0"), one(values::duration);
    }
    "What is recorded" {
        /// Keep a screenshot and a copy of the DOM when a step fails.
        attachments: bool = "ATTACHMENTS", Text("allow"), one(values::switch);
        /// Keep a screenshot of every step.
        capture_every_screen: bool = "CAPTURE_EVERY_SCREEN", Text("no"), one(values::switch);
        /// Of which steps a screenshot is kept: `off`, `on-failure`, `always` (as with `CAPTURE_EVERY_SCREEN`), or
        /// `on-first-failure` (of the first attempt, and not of those that repeat it). With `ATTACHMENTS=no` only when
        /// it is given. The same picture is stored once a run.
        step_screenshot: Keep = "CANARYTRACE_STEP_SCREENSHOT", Text("on-failure"), one(values::keep);
        /// Of which steps a copy of the DOM is kept, in the same words; with `ATTACHMENTS=no` only when it is given.
        step_dom: Keep = "CANARYTRACE_STEP_DOM", Text("on-failure"), one(values::keep);
        /// Of which attempts the console is kept as a text file, a line each message: `off`, `on-failure`, `always` or
        /// `on-first-failure`. It needs `CONSOLE_INTERCEPT`.
        console_text: Keep = "CANARYTRACE_CONSOLE_TEXT", Text("off"), one(values::keep);
        /// Of which attempts a filmstrip of the page loads is kept, in the same words: an HTML file with the pictures that
        /// the browser drew. It costs the page processor time.
        filmstrip: Keep = "CANARYTRACE_FILMSTRIP", Text("off"), one(values::keep);
        /// Store a document of how each page came to look: first and last visual change, Speed Index, visually complete. It
        /// costs the page processor time.
        visual_progress: bool = "CANARYTRACE_VISUAL_PROGRESS", Text("no"), one(values::switch);
        /// Store a document of every request of the browser.
        request_log: bool = "REQUEST_LOG", Text("allow"), one(values::switch);
        /// Store a document of every message of the console. `no` leaves the console out of the log of messages too.
        console_intercept: bool = "CONSOLE_INTERCEPT", Text("allow"), one(values::switch);
        /// Store a document of every entry of the performance timelines of pages: navigations, resources, marks, measures,
        /// paints, layout shifts, long tasks, input events.
        performance_entries: bool = "PERFORMANCE_ENTRIES_INTERCEPT", Text("allow"), one(values::switch);
        /// Store a document of the Web Vitals of every page load and of every soft navigation of a single-page app.
        vitals: bool = "CANARYTRACE_VITALS", Text("allow"), one(values::switch);
        /// Observe the performance timeline of each page from its beginning instead of once it has loaded, is used or left:
        /// then entries are told too that the page itself clears while it loads. It costs a page about 4 ms of that time.
        timeline_from_start: bool = "CANARYTRACE_TIMELINE_FROM_START", Text("no"), one(values::switch);
        /// Store how much of its scripts and style sheets a page used, at the end of every step and when the page is left.
        /// Measuring it makes pages slower.
        coverage_audit: bool = "COVERAGE_AUDIT", Text("no"), one(values::switch);
        /// Store a document of the page's memory at the end of every step.
        memory_intercept: bool = "MEMORY_INTERCEPT", Text("allow"), one(values::switch);
        /// Store what every step and every attempt cost in processor time, memory and bytes, and whether the machine was
        /// fit to measure.
        usage: bool = "CANARYTRACE_USAGE", Text("allow"), one(values::switch);
        /// What is picked from the bodies of requests into `request.postDataParsed`: `.title`, `[0].type`,
        /// `data[0].user.id`.
        post_data_path: Option<PostDataPath> = "POST_DATA_PATH", Unset("nothing"), maybe(values::post_data_path);
        /// Of which attempts the log of the browser's messages is kept (secrets masked, zstd): `off`, `on-failure`,
        /// `always`, or `on-first-failure` (of the first attempt, and not of those that repeat it). With
        /// `ATTACHMENTS=no` only when it is given.
        cdp_log: Keep = "CANARYTRACE_CDP_LOG", Text("on-failure"), one(values::keep);
        /// Longest log of an attempt before it is compressed; what is beyond is counted.
        cdp_log_max: u64 = "CANARYTRACE_CDP_LOG_MAX", Text("200 MB"), one(values::size);
        /// Of which attempts a HAR file is kept: `off`, `on-failure`, `always` or `on-first-failure`.
        har: Keep = "CANARYTRACE_HAR", Text("off"), one(values::keep);
        /// Put the bodies of responses, each up to 1 MB over the wire, into the log of the browser's messages and the
        /// HAR file.
        response_bodies: bool = "CANARYTRACE_RESPONSE_BODIES", Text("no"), one(values::switch);
        /// Before the run, time name lookup, connection, TLS and first byte of the target without a browser.
        availability_check: bool = "AVAILABILITY_CHECK", Text("no"), one(values::switch);
        /// Store the options in force, secrets masked, and a short list of harmless variables.
        env_print: bool = "ENV_PRINT", Text("no"), one(values::switch);
        /// Header with a new id of 32 hexadecimal characters on every request to the target, beside W3C `traceparent`
        /// with the same id; `no`: neither.
        trace_id_name: Option<String> = "TRACE_ID_NAME", Text("canary-trace-id"), one(values::trace_id_name);
        /// URLs beside the target that get both headers too, such as `https://api.example/**`, separated by blanks.
        trace_urls: Vec<UrlPattern> = "CANARYTRACE_TRACE_URLS", Unset("none"), many(values::url_patterns);
        /// Set the hero marks that monitors ask for.
        hero_elements: bool = "HERO_ELEMENTS", Text("allow"), one(values::switch);
        /// How much Canarytrace tells of itself: `off`, `error`, `warn`, `info`, `debug`, `trace`, or directives.
        log_level: String = "LOG_LEVEL", Text("warn"), one(values::log_level);
        /// Form of what is said while monitors run: `text` as libtest prints it; `ecs`: one JSON object a line in the names of
        /// the Elastic Common Schema, all on standard output; `auto`: `ecs` under `canarytrace run` without a terminal,
        /// `text` elsewhere.
        log_format: LogFormat = "CANARYTRACE_LOG_FORMAT", Text("auto"), one(values::log_format);
        /// File for a `JUnit` report.
        junit: Option<PathBuf> = "CANARYTRACE_JUNIT", Unset("none"), maybe(values::path);
    }
    "Audits" {
        /// Who audits pages, in steps of their own: `allow` for Lighthouse (`canarytrace install-lighthouse`), `native`
        /// for what can be measured without Node. Smoke audits each URL unless it answered with 400 or above.
        audit: AuditMode = "PT_AUDIT", Text("no"), one(values::audit_mode);
        /// Network, processor and screen of an audit: `desktopDense4G` (round trips of 40 ms, 10240 kbit/s, 1350x940),
        /// `mobileSlow4G` (150 ms, 1638.4 kbit/s, processor 4 times slower, 360x640 at 2.625), `mobileRegular3G` (300 ms,
        /// 700 kbit/s, the same phone), all three simulated; `none`: a desktop with what there is.
        audit_throttling: AuditThrottling = "PT_AUDIT_THROTTLING", Text("desktopDense4G"),
            one(values::audit_throttling);
        /// How long an audit waits for the first contentful paint.
        audit_max_wait_fcp: Duration = "PT_AUDIT_MAX_WAIT_FCP", Text("30000"), one(values::timeout);
        /// How long an audit waits for the page to be loaded and quiet.
        audit_max_wait_load: Duration = "PT_AUDIT_MAX_WAIT_LOAD", Text("45000"), one(values::timeout);
        /// How much Lighthouse tells: `silent`, `error`, `warn`, `info`, `verbose`.
        audit_log_level: AuditLogLevel = "PT_AUDIT_LOG_LEVEL", Text("error"), one(values::audit_log_level);
        /// Of which audits Lighthouse's HTML report is kept: `no`, `always`, or conditions on scores in percent such as
        /// `total-blocking-time<50`, separated by commas; any of them is enough. `performance` is the score of all.
        audit_report: AuditKeep = "PT_AUDIT_REPORT", Text("no"), one(values::audit_keep);
        /// Of which audits the trace of Chrome is kept; the same.
        audit_trace: AuditKeep = "PT_AUDIT_TRACE", Text("no"), one(values::audit_keep);
    }
    "Elements and screenshots" {
        /// Attributes that `test_id("…")` looks at, separated by commas.
        test_id_attributes: Vec<String> = "CANARYTRACE_TEST_ID_ATTRIBUTES", Text("data-testid,data-test"),
            one(values::attribute_names);
        /// Folder of the screenshots that `to_match_screenshot` compares with; a relative one starts from the
        /// working directory, which under `cargo test` is the folder of the monitors' `Cargo.toml`.
        screenshots: PathBuf = "CANARYTRACE_SCREENSHOTS", Text("screenshots"), one(values::path);
        /// Take the screenshots that `to_match_screenshot` compares with anew.
        update_screenshots: bool = "CANARYTRACE_UPDATE_SCREENSHOTS", Text("no"), one(values::switch);
    }
    "Data folder" {
        /// Folder that every run leaves its documents and attachments in.
        data: PathBuf = "CANARYTRACE_DATA",
            Computed(Surroundings::data, "`canarytrace` in cargo's target folder, else in `$XDG_DATA_HOME`"),
            one(values::path);
        /// Runs older than this are removed.
        data_max_age: Duration = "CANARYTRACE_DATA_MAX_AGE", Text("7d"), one(values::duration);
        /// When all runs together are larger, the oldest are removed.
        data_max_size: u64 = "CANARYTRACE_DATA_MAX_SIZE", Text("2 GB"), one(values::size);
    }
    "Attachment store" {
        /// Where attachments are copied to while a run goes on: `s3://bucket/prefix`, or `file:///folder`.
        attachments_url: Option<AttachmentsUrl> = "CANARYTRACE_ATTACHMENTS_URL", Unset("the data folder alone"),
            maybe(values::attachments_url);
        /// Bucket for attachments; alone it means `s3://` with this bucket.
        aws_s3_bucket: Option<String> = "AWS_S3_BUCKET", Unset("none"), maybe(values::bucket);
        /// Region of the bucket.
        aws_s3_region: Option<String> = "AWS_S3_REGION", Unset("us-east-1"), maybe(values::text);
        /// Store that speaks as S3 does, in the place of Amazon's: its URL, with the bucket in the path.
        aws_s3_endpoint: Option<Url> = "AWS_S3_ENDPOINT" as Masked, Unset("Amazon S3"),
            maybe(values::endpoint);
        /// Access key for the bucket; without keys, the role of the machine is used.
        aws_s3_access_key: Option<String> = "AWS_S3_ACCESS_KEY" as Never, Unset("none"), maybe(values::text);
        /// Secret key for the bucket.
        aws_s3_secret_key: Option<SecretString> = "AWS_S3_SECRET_KEY" as Never, Unset("none"),
            with("AWS_S3_ACCESS_KEY", aws_s3_access_key.as_ref().is_some_and(Option::is_some),
                maybe(values::secret));
    }
    "Elasticsearch" {
        /// Cluster that documents are sent to while a run goes on, Elasticsearch 8 and 9 or `OpenSearch` 2 and 3: one or
        /// more URLs of its nodes, separated by commas.
        elastic_cluster: Vec<Url> = "ELASTIC_CLUSTER" as Masked, Unset("documents stay on disk"),
            many(values::nodes);
        /// Deployment in Elastic Cloud, in the place of `ELASTIC_CLUSTER`: its cloud id.
        elastic_cloud_id: Option<CloudId> = "CANARYTRACE_ELASTIC_CLOUD_ID", Unset("none"),
            instead_of("ELASTIC_CLUSTER", !elastic_cluster.as_ref().is_none_or(Vec::is_empty), maybe(values::cloud_id));
        /// Credentials for the cluster, `user:password`; they may stand in its URLs too.
        elastic_http_auth: Option<BasicAuth> = "ELASTIC_HTTP_AUTH" as Never, Unset("none"),
            instead_of("a user in ELASTIC_CLUSTER", has_user(elastic_cluster.as_ref()),
                maybe(values::basic_auth));
        /// API key for the cluster, in the place of `ELASTIC_HTTP_AUTH`: encoded as Elasticsearch gives it, or `id:key`.
        elastic_api_key: Option<SecretString> = "CANARYTRACE_ELASTIC_API_KEY" as Never, Unset("none"),
            instead_of("ELASTIC_HTTP_AUTH, or a user in ELASTIC_CLUSTER,",
                elastic_http_auth.as_ref().is_some_and(Option::is_some) || has_user(elastic_cluster.as_ref()),
                maybe(values::api_key));
        /// File with certificates (PEM) that are trusted beside the system's.
        elastic_ca: Option<PathBuf> = "CANARYTRACE_ELASTIC_CA", Unset("none"), maybe(values::path);
        /// Proxy on the way to the cluster.
        elastic_proxy: Option<Url> = "CANARYTRACE_ELASTIC_PROXY" as Masked, Unset("none; the system's is not used"),
            maybe(values::url);
        /// Longest duration of a request to the cluster.
        elastic_timeout: Duration = "ELASTIC_TIMEOUT", Text("5000"), one(values::timeout);
        /// Compress what is sent to the cluster.
        elastic_request_compression: bool = "ELASTIC_REQUEST_COMPRESSION", Text("allow"), one(values::switch);
        /// Print how the cluster is reached, and every request and reply, secrets masked.
        elastic_observability: bool = "ELASTIC_OBSERVABILITY", Text("no"), one(values::switch);
        /// What the names of data streams begin with: `<prefix><dataset>-<namespace>`.
        index_prefix: String = "INDEX_PREFIX", Text("c."), one(values::index_prefix);
        /// What the names of data streams end with.
        namespace: String = "CANARYTRACE_NAMESPACE", Text("default"), one(values::namespace);
    }
    "Delivery" {
        /// How long the end of a run may be delayed until its documents are delivered; what is left stays on disk for
        /// the next run or `canarytrace ship --drain`.
        flush: Duration = "CANARYTRACE_FLUSH", Text("10s"), one(values::duration);
        /// Documents that were not delivered at the end make the exit code 103.
        require_delivery: bool = "CANARYTRACE_REQUIRE_DELIVERY", Text("no"), one(values::switch);
        /// Print every document on standard output, as the original did without a cluster.
        print_documents: bool = "CANARYTRACE_PRINT_DOCUMENTS", Text("no"), one(values::switch);
        /// Most documents of one request.
        batch_documents: usize = "CANARYTRACE_BATCH_DOCUMENTS", Text("1000"), one(values::count);
        /// Largest size of one request before it is compressed; a larger document is sent alone.
        batch_bytes: u64 = "CANARYTRACE_BATCH_BYTES", Text("5 MB"), one(values::size);
        /// How long a document waits for others to be sent with it.
        batch_age: Duration = "CANARYTRACE_BATCH_AGE", Text("2s"), one(values::duration);
    }
    "Browser" {
        /// `WebDriver` server of a browser that already runs in the pod: chromedriver or Selenium.
        webdriver_url: Option<Url> = "WEBDRIVER_URL" as Masked, Unset("start chromedriver and browser here"),
            maybe(values::url);
        /// Browser to start: a path, or a name in `PATH`.
        browser: Option<PathBuf> = "CANARYTRACE_BROWSER", Unset("found in `PATH` or cache, else installed"),
            maybe(values::program);
        /// Driver to start: a path, or a name in `PATH`.
        chromedriver: Option<PathBuf> = "CANARYTRACE_CHROMEDRIVER", Unset("found in `PATH` or cache, else installed"),
            maybe(values::program);
        /// Install browser and driver when there are none.
        browser_install: bool = "CANARYTRACE_BROWSER_INSTALL", Text("yes"), one(values::switch);
        /// Where Chrome for Testing is downloaded from.
        browser_mirror: Option<Url> = "CANARYTRACE_BROWSER_MIRROR" as Masked, Unset("Google's server"),
            maybe(values::url);
        /// Folder for downloaded browsers.
        cache: PathBuf = "CANARYTRACE_CACHE", Computed(Surroundings::cache, "`canarytrace` in `$XDG_CACHE_HOME`"),
            one(values::path);
        /// More flags for the browser, separated by blanks; quotes keep a flag together.
        browser_args: Vec<String> = "CANARYTRACE_BROWSER_ARGS" as Masked, Unset("none"), many(values::arguments);
        /// Port for chromedriver.
        driver_port: u16 = "CANARYTRACE_DRIVER_PORT", Text("0"), one(values::port);
        /// Port for the practice shop.
        site_port: u16 = "CANARYTRACE_SITE_PORT", Text("0"), one(values::port);
        /// Show the browser's window.
        headed: bool = "CANARYTRACE_HEADED", Text("no"), one(values::switch);
        /// Keep the browser open until Enter: `on-failure` of a step or the monitor, after each `step`, or `no`.
        pause: Option<Pause> = "CANARYTRACE_PAUSE", Text("no"), one(values::pause);
        /// Pause after each action on the page, to be able to follow it.
        slowmo: Duration = "SLOWMO", Text("0"), one(values::duration);
        /// `desktop` (1920x1080) or `mobile` (360x640 at 2.625, touch).
        device: Device = "CANARYTRACE_DEVICE", Text("desktop"), one(values::device);
        /// How network and processor are slowed down: a preset such as `mobileSlow4G`, or
        /// `latency=150 down=1600 up=750 cpu=4` (ms, kbit/s, kbit/s, times slower), or both.
        throttle: Throttle = "CANARYTRACE_THROTTLE", Text("none"), one(values::throttle);
        /// Language of the browser.
        locale: String = "CANARYTRACE_LOCALE", Text("en-US"), one(values::locale);
        /// Time zone of the browser, such as `Europe/Prague`.
        timezone: Option<String> = "CANARYTRACE_TIMEZONE", Unset("the machine's"), maybe(values::timezone);
        /// User agent of the browser.
        user_agent: Option<String> = "CANARYTRACE_USER_AGENT", Unset("the browser's own"), maybe(values::text);
        /// Extra headers of every request, `Name: value`, separated by line ends or `;;`; in the file a table.
        headers: Vec<(String, String)> = "CANARYTRACE_HEADERS" as Never, Unset("none"), many(values::headers);
        /// Credentials for HTTP basic authentication, `user:password`.
        basic_auth: Option<BasicAuth> = "CANARYTRACE_BASIC_AUTH" as Never, Unset("none"), maybe(values::basic_auth);
    }
}

/// Where a [`Config`] came from: what `Config::param` and the `env` document look at. Never shown as it is.
pub(super) struct Origin {
    pub(super) env: BTreeMap<String, String>,
    pub(super) params: BTreeMap<String, RawParam>,
    pub(super) file: Option<PathBuf>,
    /// Text in force of each option, fit to be shown.
    pub(super) in_force: BTreeMap<&'static str, String>,
    /// The options that were given, not computed or by default.
    pub(super) given: Vec<&'static str>,
}

/// Reads one option after the other and notes what is wrong.
struct Reader {
    raw: RawOptions,
    surroundings: Surroundings,
    in_force: BTreeMap<&'static str, String>,
    given: Vec<&'static str>,
}

impl Reader {
    fn option<T>(&mut self, env: &'static str, parse: impl Fn(Option<&Input<'_>>) -> Result<T, String>) -> Option<T> {
        let option = OPTIONS.iter().find(|option| option.env == env)?;
        let given = self.raw.given(option).cloned().or_else(|| {
            let text = match option.fallback {
                Text(text) => text.to_owned(),
                Computed(compute, _) => compute(&self.surroundings),
                Unset(_) => return None,
            };
            Some(Given { value: RawValue::Text(text), place: Place::Unset })
        });
        let (shown, place) = match &given {
            Some(given) => (Some(option.mask(&given.value.to_text())), given.place.clone()),
            None => (None, Place::Unset),
        };
        let (name, base) = match &place {
            Place::File { path, .. } => (option.key(), path.parent()),
            _ => (env.to_owned(), None),
        };
        match parse(given.as_ref().map(|given| Input { value: &given.value, base }).as_ref()) {
            Ok(value) => {
                if place != Place::Unset {
                    self.given.push(env);
                }
                if let Some(shown) = shown {
                    self.in_force.insert(env, shown);
                }
                Some(value)
            }
            Err(reason) => {
                self.raw.problems.push(Problem { option: name, place, value: shown, reason });
                None
            }
        }
    }

    fn finish(self) -> (Vec<Problem>, Vec<String>, Arc<Origin>) {
        let RawOptions { env, params, file, problems, warnings, .. } = self.raw;
        let origin = Origin { env, params, file, in_force: self.in_force, given: self.given };
        (problems, warnings, Arc::new(origin))
    }
}

impl Config {
    /// Second step of reading: from what was given to what it means.
    pub(super) fn from_raw(raw: RawOptions) -> Result<Self, ConfigError> {
        let surroundings = Surroundings { env: raw.env.clone(), executable: std::env::current_exe().ok() };
        Self::read(Reader { raw, surroundings, in_force: BTreeMap::new(), given: Vec::new() })
    }
}
