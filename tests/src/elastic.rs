//! Real clusters for tests, and what tests ask them.
//!
//! Servers without security, and one with, are shared by all tests of the machine: each test has an `INDEX_PREFIX` of
//! its own ([`prefix`]). They are started by the first test that wants them and end a minute after the last.
//! `ELASTIC_TEST_URL` (with `ELASTIC_TEST_AUTH=user:password` and `ELASTIC_TEST_CA=file` where needed) names a cluster
//! that is used in the place of the shared Elasticsearch without security.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use canarytrace::elastic::{Auth, Method, Reply, Request, Settings};
pub use canarytrace_cli::dev_server::Product;
use canarytrace_cli::dev_server::{self, ADMIN, Folder, Home, Lease, Options, Port, State, Watchdog, ask};
use serde_json::{Value, json};
use url::Url;

/// How long a shared server is kept that no test uses: the next test binary finds it warm.
const KEPT: Duration = Duration::from_mins(1);

/// Most documents of one reply, the limit of both products (`index.max_result_window`).
const MOST_HITS: usize = 10_000;

/// Why a server can't be had here: no Java, no Maven, no way out.
#[derive(Clone, Debug)]
pub struct Unavailable(String);

impl Unavailable {
    /// What the start of a server says.
    pub fn of(error: &anyhow::Error) -> Self {
        Self(format!("{error:#}"))
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What was asked for, or the end of the test: `let Some(server) = or_ignored(shared(product)) else { return };`
///
/// # Panics
/// With `CI=true`, where no test may be left out.
pub fn or_ignored<T>(server: Result<T, Unavailable>) -> Option<T> {
    match server {
        Ok(server) => Some(server),
        Err(reason) => {
            assert!(env::var("CI").as_deref() != Ok("true"), "in CI the test must not be ignored: {reason}");
            eprintln!("ignored: {reason}");
            None
        }
    }
}

/// A prefix of data streams that no other test has: `t018f….`.
pub fn prefix() -> String {
    format!("t{}.", uuid::Uuid::now_v7().simple())
}

/// A cluster that many tests talk to at once.
///
/// # Errors
/// When it can't be started here.
pub fn shared(product: Product) -> Result<SharedServer, Unavailable> {
    if product == Product::Elasticsearch
        && let Some(url) = option("ELASTIC_TEST_URL")
    {
        return Ok(given(&url));
    }
    shared_with(product.key(), Options::of(product))
}

/// An Elasticsearch with security, by HTTPS; its settings are those of the superuser.
///
/// # Errors
/// When it can't be started here.
pub fn shared_secured() -> Result<SharedServer, Unavailable> {
    shared_with("secured", Options { security: true, ..Options::of(Product::Elasticsearch) })
}

/// A server of this test alone, which it may kill, stop and start again.
///
/// # Errors
/// When it can't be started here.
pub fn own(product: Product) -> Result<OwnServer, Unavailable> {
    own_with(Options::of(product))
}

/// Like [`own`], with security or another heap.
///
/// # Errors
/// When it can't be started here.
pub fn own_with(options: Options) -> Result<OwnServer, Unavailable> {
    let start = || -> anyhow::Result<OwnServer> {
        let home = Home::usual()?;
        let folder = home.folder(&format!("own-{}", uuid::Uuid::now_v7().simple()));
        let port = Port::free(&home)?;
        let (state, lease) = dev_server::leased(&folder, options, Some(&port), &watchdog(Duration::ZERO)?, &say)?;
        let server = Server::of(&state, Some(folder.clone()))?;
        Ok(OwnServer { server, folder, options, port, _lease: lease })
    };
    start().map_err(|error: anyhow::Error| Unavailable::of(&error))
}

/// What is asked of a cluster. Everything here also works from within a runtime.
#[derive(Clone, Debug)]
pub struct Server {
    settings: Settings,
    product: Product,
    version: String,
    /// None for a cluster that was given.
    folder: Option<Folder>,
}

/// A cluster that other tests use too.
#[derive(Clone, Debug)]
pub struct SharedServer(Server);

impl std::ops::Deref for SharedServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.0
    }
}

/// A server of one test. It ends when this is dropped, and with the test's process however that ends.
#[derive(Debug)]
pub struct OwnServer {
    server: Server,
    folder: Folder,
    options: Options,
    /// Stays ours while the server is down.
    port: Port,
    _lease: Lease,
}

impl std::ops::Deref for OwnServer {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl OwnServer {
    /// Ends it by SIGKILL.
    ///
    /// # Panics
    /// When it does not end.
    pub fn kill(&self) {
        self.folder.kill().expect("what is killed ends");
    }

    /// Ends it as an operator does.
    ///
    /// # Panics
    /// When it does not end.
    pub fn stop(&self) {
        self.folder.stop().expect("it ends when it is told to");
    }

    /// Starts it again after [`OwnServer::kill`] or [`OwnServer::stop`], with its data, at the same address; returns
    /// when it answers. Of one with security, the superuser has another password then.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(&mut self) {
        let state = dev_server::start(&self.folder, self.options, &self.port, &say);
        let state = state.expect("what has run before starts again");
        self.server.settings = state.settings();
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // Nobody needs its data any more. What fails here is done again by the watchdog.
        let _ = self.folder.kill().and_then(|()| self.folder.wipe());
    }
}

impl Server {
    fn of(state: &State, folder: Option<Folder>) -> anyhow::Result<Self> {
        let server =
            Self { settings: state.settings(), product: state.product, version: state.version.clone(), folder };
        let asked = server.ask(Request::new(Method::Get, "/_cluster/health"));
        anyhow::ensure!(asked.is_success(), "{} answers with status {}", server.url(), asked.status);
        eprintln!("testing with {} {} at {}", server.product, server.version, server.url());
        Ok(server)
    }

    /// How it is reached, as the superuser if it knows users.
    pub fn settings(&self) -> Settings {
        self.settings.clone()
    }

    /// Its address.
    pub fn url(&self) -> &Url {
        &self.settings.nodes[0]
    }

    /// What it is.
    pub fn product(&self) -> Product {
        self.product
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Sends a request and waits for the reply, whatever its status.
    ///
    /// # Panics
    /// When there is no reply.
    pub fn ask(&self, request: Request) -> Reply {
        ask(&self.settings, request).expect("the server of the test answers")
    }

    /// Like [`Server::ask`], of a request that must succeed; its reply as JSON. An index that was made a moment ago
    /// can't be searched yet: that is waited for.
    ///
    /// # Panics
    /// When it does not succeed.
    #[expect(clippy::needless_pass_by_value, reason = "requests are made where they are sent")]
    pub fn get(&self, request: Request) -> Value {
        let asked = format!("{:?} {}", request.method, request.path);
        let until = Instant::now() + Duration::from_secs(30);
        let reply = loop {
            let reply = self.ask(request.clone());
            let begins = reply.status == 503
                && String::from_utf8_lossy(&reply.body).contains("no_shard_available_action_exception");
            if !begins || Instant::now() > until {
                break reply;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let text = String::from_utf8_lossy(&reply.body);
        assert!(reply.is_success(), "{asked}: status {}: {text}", reply.status);
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{asked}: {error}: {text}"))
    }

    /// Makes everything that was stored visible for searches.
    pub fn refresh(&self, pattern: &str) {
        self.get(Request::new(Method::Post, format!("/{pattern}/_refresh")).query("ignore_unavailable", "true"));
    }

    /// How many documents there are, over all backing indices, those included that are there twice.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn count(&self, pattern: &str) -> usize {
        self.refresh(pattern);
        let request = Request::new(Method::Get, format!("/{pattern}/_count")).query("ignore_unavailable", "true");
        let count = self.get(request)["count"].as_u64().expect("a count is a number");
        usize::try_from(count).expect("it fits")
    }

    /// The id of each document with how often it is there over all backing indices: an id is unique in each only.
    pub fn ids(&self, pattern: &str) -> BTreeMap<String, usize> {
        let mut ids = BTreeMap::new();
        self.each(pattern, false, |hit| *ids.entry(text(&hit["_id"])).or_default() += 1);
        ids
    }

    /// The source of every document.
    pub fn documents(&self, pattern: &str) -> Vec<Value> {
        let mut documents = Vec::new();
        self.each(pattern, true, |hit| documents.push(hit["_source"].clone()));
        documents
    }

    /// Every hit of a search for everything, page by page.
    fn each(&self, pattern: &str, source: bool, mut take: impl FnMut(&Value)) {
        // Sources are much larger, and a reply has its limits.
        let size = if source { MOST_HITS / 10 } else { MOST_HITS };
        self.refresh(pattern);
        let request = Request::new(Method::Post, format!("/{pattern}/_search"))
            .query("scroll", "1m")
            .query("ignore_unavailable", "true")
            .json(&json!({ "size": size, "sort": ["_doc"], "_source": source }));
        let mut page = self.get(request);
        loop {
            let hits = page["hits"]["hits"].as_array().expect("a search has hits");
            hits.iter().for_each(&mut take);
            let Some(scroll) = page["_scroll_id"].as_str().map(str::to_owned) else { return };
            if hits.len() < size {
                self.ask(Request::new(Method::Delete, "/_search/scroll").json(&json!({ "scroll_id": scroll })));
                return;
            }
            let next = json!({ "scroll": "1m", "scroll_id": scroll });
            page = self.get(Request::new(Method::Post, "/_search/scroll").json(&next));
        }
    }

    /// Removes data streams, indices and templates with a prefix, as far as the server lets them be removed: the
    /// stripped Elasticsearch keeps data streams until it ends.
    pub fn delete(&self, prefix: &str) {
        for path in ["_data_stream", "_index_template", "_component_template"] {
            self.ask(Request::new(Method::Delete, format!("/{path}/{prefix}*")));
        }
        self.ask(Request::new(Method::Delete, format!("/{prefix}*")).query("expand_wildcards", "all"));
    }

    /// Adds a user with these roles, or changes one, on a server with security.
    ///
    /// # Panics
    /// When the server has none.
    pub fn add_user(&self, name: &str, password: &str, roles: &[&str]) {
        assert_ne!(name, ADMIN, "it is the superuser of all tests");
        dev_server::add_user(self.folder(), name, password, roles).expect("the server takes users");
    }

    /// Adds a role, or changes one, on a server with security: `definition` is what `PUT /_security/role/<name>` takes.
    ///
    /// # Panics
    /// When the server has no security.
    pub fn add_role(&self, name: &str, definition: &Value) {
        dev_server::add_role(self.folder(), name, definition).expect("the server takes roles");
    }

    /// Removes a user of a server with security: from then on this password is refused.
    ///
    /// # Panics
    /// When the server has no security.
    pub fn remove_user(&self, name: &str, password: &str) {
        dev_server::remove_user(self.folder(), name, password).expect("the server forgets users");
    }

    /// How it is reached as this user.
    pub fn settings_of(&self, user: &str, password: &str) -> Settings {
        let auth = Auth::Basic { user: user.to_owned(), password: password.to_owned().into() };
        Settings { auth: Some(auth), ..self.settings() }
    }

    /// Resident memory of the server, in bytes; 0 for a cluster that was given.
    pub fn memory(&self) -> u64 {
        self.folder.as_ref().map_or(0, Folder::memory)
    }

    /// Its processes; none for a cluster that was given.
    pub fn processes(&self) -> Vec<i32> {
        self.folder.as_ref().map(Folder::processes).unwrap_or_default()
    }

    fn folder(&self) -> &Folder {
        self.folder.as_ref().expect("it was started by the tests")
    }
}

/// A shared server, once this process has a lease.
type Slot = Option<Result<SharedServer, Unavailable>>;

/// What this process knows of shared servers, by name. The leases end with the process.
static SHARED: Mutex<BTreeMap<String, Slot>> = Mutex::new(BTreeMap::new());

fn slots() -> MutexGuard<'static, BTreeMap<String, Slot>> {
    SHARED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shared_with(name: &str, options: Options) -> Result<SharedServer, Unavailable> {
    // Held while it starts: the other tests of this process wait. Those that want another product wait too, which
    // spares two starts at once on two cores.
    let mut slots = slots();
    let slot = slots.entry(name.to_owned()).or_default();
    slot.get_or_insert_with(|| {
        let start = || {
            let folder = Home::usual()?.folder(&format!("tests-{name}"));
            let (state, lease) = dev_server::leased(&folder, options, None, &watchdog(KEPT)?, &say)?;
            // Never dropped: it is the process's.
            std::mem::forget(lease);
            Ok(SharedServer(Server::of(&state, Some(folder))?))
        };
        start().map_err(|error: anyhow::Error| Unavailable::of(&error))
    })
    .clone()
}

/// The cluster that `ELASTIC_TEST_URL` names. It must be there: who names one wants it tested.
fn given(url: &str) -> SharedServer {
    let settings = Settings {
        nodes: vec![url.parse().expect("ELASTIC_TEST_URL is a URL")],
        auth: option("ELASTIC_TEST_AUTH").map(|auth| {
            let (user, password) = auth.split_once(':').expect("ELASTIC_TEST_AUTH is user:password");
            Auth::Basic { user: user.to_owned(), password: password.to_owned().into() }
        }),
        ca: option("ELASTIC_TEST_CA").map(PathBuf::from),
        proxy: None,
        timeout: Duration::from_secs(30),
        compression: true,
        observability: false,
    };
    let reply = ask(&settings, Request::new(Method::Get, "/_nodes/_local").query("filter_path", "nodes.*.version"));
    let reply = reply.expect("the cluster of ELASTIC_TEST_URL answers");
    let nodes: Value = reply.json().unwrap_or_default();
    let version = nodes["nodes"].as_object().and_then(|nodes| nodes.values().next()).map(|node| text(&node["version"]));
    let is_elasticsearch = reply.headers.contains_key("x-elastic-product");
    let product = if is_elasticsearch { Product::Elasticsearch } else { Product::OpenSearch };
    let server = Server { settings, product, version: version.unwrap_or("(unknown)".to_owned()), folder: None };
    eprintln!("testing with {} {} at {}", server.product, server.version, server.url());
    SharedServer(server)
}

/// Cargo puts the watchdog beside the folder of the test binaries.
fn watchdog(grace: Duration) -> anyhow::Result<Watchdog> {
    let executable = env::current_exe()?;
    let folders = executable.ancestors().skip(1).take(2);
    let program = folders.map(|folder| folder.join("dev-server-watchdog")).find(|program| program.exists());
    let program = program.with_context(|| {
        format!("the program dev-server-watchdog of canarytrace-tests was not built beside {}", executable.display())
    })?;
    Ok(Watchdog { program, arguments: Vec::new(), grace })
}

fn option(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn say(line: &str) {
    eprintln!("{line}");
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
