//! Starts a server and waits until it answers.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use super::account::Account;
use super::fetch;
use super::folder::Folder;
use super::java;
use super::port::Port;
use super::probe;
use super::process::MARK;
use super::product::Product;
use super::security;
use super::state::State;

/// How long a server has until it answers. It needs 10 to 20 s, and several times that on a machine that is overloaded.
const READY: Duration = Duration::from_mins(4);

/// How often is looked.
const POLL: Duration = Duration::from_millis(100);

/// How many of the last lines of its output are told when it does not start.
const TOLD: usize = 15;

/// What is started.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Which product.
    pub product: Product,
    /// HTTPS, users and roles; Elasticsearch only.
    pub security: bool,
    /// Most heap of its Java, MB.
    pub heap: u32,
}

impl Options {
    /// Without security, with as little memory as holds for tests.
    pub fn of(product: Product) -> Self {
        Self { product, security: false, heap: 512 }
    }
}

/// Starts the server of a folder on a port, and returns when it answers. One that runs there already is left as it is.
///
/// # Errors
/// When the product can't be fetched, no Java is there for it, or it does not start.
pub fn start(folder: &Folder, options: Options, port: &Port, say: &dyn Fn(&str)) -> anyhow::Result<State> {
    let _lock = folder.lock()?;
    start_locked(folder, options, port, say)
}

pub(super) fn start_locked(
    folder: &Folder,
    options: Options,
    port: &Port,
    say: &dyn Fn(&str),
) -> anyhow::Result<State> {
    if let Some(state) = folder.running()? {
        return Ok(state);
    }
    let product = options.product;
    if options.security && product == Product::OpenSearch {
        bail!("{product} has no security here: its plugin is not part of what is fetched");
    }
    let account = Account::of_servers();
    let java = java::find(product, account)?;
    folder.home().make()?;
    let files = fetch::fetched(folder.home(), product, say)?;
    // One that was being started when whoever started it was killed.
    folder.stop_locked()?;

    let path = folder.path();
    let launch = Launch { path, java: &java, files: &files, options, port: port.number(), cluster: cluster(path) };
    let mut state = State {
        product,
        version: product.version().to_owned(),
        url: format!("http://127.0.0.1:{}/", port.number()).parse()?,
        cluster: launch.cluster.clone(),
        ca: None,
        admin: None,
    };
    let configured = match product {
        Product::Elasticsearch => launch.configure_elasticsearch(account, &mut state),
        Product::OpenSearch => launch.configure_open_search(),
    };
    configured.with_context(|| format!("{} can't be filled", path.display()))?;
    let text = serde_json::to_vec_pretty(&state)?;
    let file = folder.state_file();
    fs::write(&file, text).with_context(|| format!("{} can't be written", file.display()))?;
    let output = path.join("logs/output.log");
    let log = File::create(&output).with_context(|| format!("{} can't be written", output.display()))?;
    account.own(path)?;

    say(&format!("starting {product} {} on port {} with {}", product.version(), port.number(), java.display()));
    let mut command = launch.command();
    account.apply(&mut command);
    let child = command
        .env(MARK, path)
        .current_dir(path)
        // Neither Ctrl+C nor the end of the terminal is for the server.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .with_context(|| format!("{product} can't be started"))?;
    let ready = wait_until_it_answers(folder, &state, child);
    if let Err(error) = ready {
        let _ = folder.kill();
        let said = fs::read_to_string(&output).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(TOLD)..].join("\n");
        return Err(error.context(format!("{product} does not start; {} ends with:\n{last}\n", output.display())));
    }
    Ok(state)
}

/// A name that no other server has, so that a stranger on the same port is told from it.
fn cluster(folder: &Path) -> String {
    folder.to_string_lossy().trim_start_matches('/').replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

fn wait_until_it_answers(folder: &Folder, state: &State, mut child: Child) -> anyhow::Result<()> {
    let deadline = Instant::now() + READY;
    let settings = state.settings();
    loop {
        let ended = child.try_wait()?;
        if let Some(status) = ended.filter(|status| !status.success()) {
            bail!("it ended with {status}");
        }
        let answer = probe::cluster(&settings);
        match &answer {
            Ok(cluster) if *cluster == state.cluster => break,
            Ok(other) => bail!("at {} answers another cluster: {other}", state.url),
            Err(_) if ended.is_some() && folder.processes().is_empty() => bail!("it ended"),
            Err(error) if Instant::now() > deadline => {
                bail!("it does not answer within {} s: {error}", READY.as_secs())
            }
            Err(_) => std::thread::sleep(POLL),
        }
    }
    // Whoever started it must take its exit status, or it would stay a zombie.
    std::thread::spawn(move || child.wait());
    Ok(())
}

/// How a server is started.
struct Launch<'a> {
    path: &'a Path,
    java: &'a Path,
    files: &'a Path,
    options: Options,
    port: u16,
    cluster: String,
}

impl Launch<'_> {
    fn configure_elasticsearch(&self, account: Account, state: &mut State) -> anyhow::Result<()> {
        let configuration = self.path.join("config");
        for folder in ["config", "data", "logs", "tmp"] {
            fs::create_dir_all(self.path.join(folder))?;
        }
        for name in ["log4j2.properties", "roles.yml", "role_mapping.yml", "users", "users_roles"] {
            let path = configuration.join(name);
            if !path.exists() {
                fs::copy(self.files.join("config").join(name), path)?;
            }
        }
        let mut settings = format!(
            "cluster.name: {}\ncluster.max_shards_per_node: {MOST_SHARDS}\ndiscovery.type: single-node\n{COMMON}\
             network.host: 127.0.0.1\nhttp.port: {}\ntransport.port: 9300-9499\npath.data: {}\npath.logs: {}\n{}\
             action.destructive_requires_name: false\n",
            self.cluster,
            self.port,
            self.path.join("data").display(),
            self.path.join("logs").display(),
            self.snapshots(),
        );
        // The collector that needs least memory and threads; the rest is the distribution's own.
        let heap = self.options.heap;
        let java = format!(
            "-Xms{}m\n-Xmx{heap}m\n-XX:+UseSerialGC\n-Djava.io.tmpdir=${{ES_TMPDIR}}\n\
             20-:--add-modules=jdk.incubator.vector\n-XX:+ExitOnOutOfMemoryError\n\
             -XX:ErrorFile={}/hs_err_pid%p.log\n",
            heap.min(256),
            self.path.join("logs").display(),
        );
        fs::write(configuration.join("jvm.options"), java)?;
        if self.options.security {
            account.own(self.path)?;
            security::make_certificates(&configuration, |name| {
                let mut command = self.elasticsearch_program(name);
                account.apply(&mut command);
                command
            })?;
            state.admin = Some(security::add_admin(&configuration)?);
            state.ca = Some(security::authority(&configuration));
            let _ = state.url.set_scheme("https");
            settings.push_str(security::SETTINGS);
        } else {
            settings.push_str("xpack.security.enabled: false\n");
        }
        Ok(fs::write(configuration.join("elasticsearch.yml"), settings)?)
    }

    fn configure_open_search(&self) -> anyhow::Result<()> {
        let configuration = self.base().join("node_1/config");
        for folder in [&configuration, &self.path.join("tmp"), &self.path.join("logs")] {
            fs::create_dir_all(folder)?;
        }
        let settings = format!("cluster.max_shards_per_node: {MOST_SHARDS}\n{COMMON}{}", self.snapshots());
        Ok(fs::write(configuration.join("opensearch.yml"), settings)?)
    }

    /// Where the server may store snapshots in files.
    fn snapshots(&self) -> String {
        format!("path.repo: [\"{}\"]\n", self.path.join("snapshots").display())
    }

    /// Where the library behind `OpenSearch` keeps its node.
    fn base(&self) -> PathBuf {
        self.path.join("node")
    }

    fn command(&self) -> Command {
        match self.options.product {
            Product::Elasticsearch => {
                let mut command = self.elasticsearch_program("elasticsearch");
                // Its launcher ends once the server is up, and its memory is free again.
                command.arg("--daemonize");
                command
            }
            Product::OpenSearch => {
                let heap = self.options.heap;
                let mut command = Command::new(self.java.join("bin/java"));
                self.surround(&mut command);
                command
                    .args([format!("-Xms{}m", heap.min(128)), format!("-Xmx{heap}m"), "-XX:+UseSerialGC".to_owned()])
                    .arg("-XX:+ExitOnOutOfMemoryError")
                    .arg(format!("-Djava.io.tmpdir={}", self.path.join("tmp").display()))
                    .arg("-cp")
                    .arg(self.files.join("*"))
                    .arg("org.codelibs.opensearch.runner.OpenSearchRunner")
                    .arg("-basePath")
                    .arg(self.base())
                    .args(["-numOfNode", "1", "-clusterName", &self.cluster, "-baseHttpPort"])
                    // Its node 1 listens on the port behind the base.
                    .arg((self.port - 1).to_string());
                command
            }
        }
    }

    fn elasticsearch_program(&self, name: &str) -> Command {
        let mut command = Command::new(self.files.join("bin").join(name));
        self.surround(&mut command);
        command
            .env("ES_PATH_CONF", self.path.join("config"))
            .env("ES_JAVA_HOME", self.java)
            .env("ES_TMPDIR", self.path.join("tmp"));
        command
    }

    /// Nothing of our environment changes the server.
    fn surround(&self, command: &mut Command) {
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("HOME", self.path).env("LANG", "C.UTF-8");
        command.current_dir(self.path);
    }
}

/// Each test has data streams of its own, and the stripped Elasticsearch can't delete any.
const MOST_SHARDS: u32 = 100_000;

/// Of both products. A disk that is nearly full is no reason to refuse a test's documents; and memory that the collector
/// would free is none either.
const COMMON: &str = "cluster.routing.allocation.disk.threshold_enabled: false
indices.breaker.total.use_real_memory: false
";
