//! A server, a proxy in front of it, and a prefix of its own for each test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use canarytrace::elastic::{Method, Reply, Request, Settings};
use canarytrace_cli::dev_server;
use canarytrace_tests::elastic::{Product, or_ignored, prefix, shared};
use canarytrace_tests::fault_proxy::FaultProxy;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// Most documents of a test: a search finds no more without pages.
const MOST: usize = 10_000;

/// The datasets that are generated.
pub(crate) const DATASETS: [&str; 3] = ["report", "request-log", "console"];

const TOOL: &str = env!("CARGO_BIN_EXE_fixture-tool");
const SPOOLER: &str = env!("CARGO_BIN_EXE_fixture-spooler");

/// What one test works with.
pub(crate) struct World {
    /// What runners take for the cluster.
    pub(crate) proxy: FaultProxy,
    pub(crate) server: Server,
}

/// The real server, and the part of it that is one test's.
#[derive(Clone)]
pub(crate) struct Server {
    settings: Settings,
    pub(crate) prefix: String,
}

impl World {
    /// None where no server can be started; that is told.
    pub(crate) fn start() -> Option<Self> {
        Self::with(Product::Elasticsearch)
    }

    /// The same with a server of this product.
    pub(crate) fn with(product: Product) -> Option<Self> {
        let server = or_ignored(shared(product))?;
        Some(Self::of(server.settings()))
    }

    /// In front of this server. Our templates are installed, with a prefix that nobody else has.
    pub(crate) fn of(settings: Settings) -> Self {
        let proxy = FaultProxy::start(&settings.nodes[0], settings.ca.as_deref());
        let server = Server { settings, prefix: prefix() };
        let installed = server.options(Runner::new(TOOL), server.url().as_str()).arg("install").arg("--strict").run();
        assert_eq!(installed.code, Some(0), "{installed:#?}");
        Self { proxy, server }
    }

    /// Spools so many documents and sends them to the proxy.
    pub(crate) fn spooler(&self, documents: usize) -> Runner {
        self.server.spooler(&self.proxy.url(), documents)
    }

    /// Sends what is left in the folders of a run straight to the server.
    pub(crate) fn drain(&self, run: &Finished) -> Finished {
        let drained = self.server.drain_to(self.server.url().as_str(), run).run();
        assert_eq!(drained.code, Some(0), "{drained:#?}\nafter {run:#?}");
        drained
    }
}

impl Server {
    pub(crate) fn url(&self) -> &Url {
        &self.settings.nodes[0]
    }

    /// Spools so many documents and sends them to this cluster.
    pub(crate) fn spooler(&self, cluster: &str, documents: usize) -> Runner {
        self.options(Runner::new(SPOOLER), cluster).arg("--documents").arg(documents.to_string())
    }

    /// Sends what is left in the folders of a run to this cluster, with `canarytrace ship --drain`.
    pub(crate) fn drain_to(&self, cluster: &str, run: &Finished) -> Runner {
        self.options(beside(Runner::new(TOOL), run), cluster).arg("ship").arg("--drain")
    }

    /// How a test reaches this cluster: small batches, and no long waits.
    pub(crate) fn options(&self, mut runner: Runner, cluster: &str) -> Runner {
        use canarytrace::elastic::Auth;
        use secrecy::ExposeSecret as _;
        if let Some(Auth::Basic { user, password }) = &self.settings.auth {
            runner = runner.env("ELASTIC_HTTP_AUTH", format!("{user}:{}", password.expose_secret()));
        }
        if let Some(ca) = &self.settings.ca {
            runner = runner.env("CANARYTRACE_ELASTIC_CA", ca);
        }
        runner
            .env("ELASTIC_CLUSTER", cluster)
            .env("INDEX_PREFIX", &self.prefix)
            .env("ELASTIC_TIMEOUT", "5s")
            .env("CANARYTRACE_FLUSH", "30s")
            .env("CANARYTRACE_BATCH_DOCUMENTS", "50")
            .env("CANARYTRACE_BATCH_AGE", "100ms")
    }

    /// Asks the server itself, whatever it says to that.
    pub(crate) fn ask(&self, request: Request) -> Reply {
        dev_server::ask(&self.settings, request).expect("the server answers")
    }

    /// Asks for something that must be done.
    pub(crate) fn done(&self, request: Request) -> Value {
        let path = request.path.clone();
        let reply = self.ask(request);
        assert!(reply.is_success(), "{path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
        reply.json().expect("it is JSON")
    }

    /// Asks until it is done: an index that was just made can't be searched yet, and that is an error.
    fn done_at_last(&self, request: &Request) -> Value {
        let deadline = Instant::now() + Duration::from_mins(1);
        loop {
            let reply = self.ask(request.clone());
            if reply.is_success() {
                return reply.json().expect("it is JSON");
            }
            assert!(Instant::now() < deadline, "{} {}", reply.status, String::from_utf8_lossy(&reply.body));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Begins a new backing index in the data streams of all datasets that have one.
    pub(crate) fn roll_over(&self) {
        for dataset in DATASETS {
            // One that is not there yet has nothing to roll over.
            self.ask(Request::new(Method::Post, format!("/{}{dataset}-default/_rollover", self.prefix)));
        }
    }

    /// Every hit of the ids on the server, over all backing indices, sorted: one that is there twice is twice in it.
    pub(crate) fn ids(&self) -> Vec<String> {
        let all = format!("/{}*", self.prefix);
        self.done_at_last(&Request::new(Method::Post, format!("{all}/_refresh")));
        let search = json!({ "size": MOST, "_source": false, "track_total_hits": true, "query": { "match_all": {} } });
        let found = self.done_at_last(&Request::new(Method::Post, format!("{all}/_search")).json(&search));
        let hits = found["hits"]["hits"].as_array().expect("it has hits");
        assert_eq!(found["hits"]["total"]["value"].as_u64(), Some(hits.len() as u64), "a search finds all");
        let mut ids: Vec<_> = hits.iter().map(|hit| hit["_id"].as_str().expect("each has an id").to_owned()).collect();
        ids.sort_unstable();
        ids
    }

    /// Waits until there are so many documents.
    pub(crate) fn wait_until_stored(&self, documents: usize) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.ids().len() < documents {
            assert!(Instant::now() < deadline, "there are only {}", self.ids().len());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The backing indices of a dataset's data stream, the newest last.
    pub(crate) fn backing_indices(&self, dataset: &str) -> Vec<String> {
        let found = self.done(Request::new(Method::Get, format!("/{}{dataset}-default/_settings", self.prefix)));
        let mut names: Vec<String> = found.as_object().expect("by names").keys().cloned().collect();
        names.sort_unstable();
        names
    }

    /// Asserts that what the run spooled is on the server, each document once, and nothing else is.
    pub(crate) fn assert_all_there(&self, run: &Finished) {
        assert!(dead(run).is_empty(), "{:#?}\n{run:#?}", dead(run));
        self.assert_rest_there(run);
    }

    /// The same, but for what was refused for good.
    pub(crate) fn assert_rest_there(&self, run: &Finished) {
        Self::assert_rest_among(&self.ids(), run);
    }

    /// The same, where there are documents of other data folders, too.
    pub(crate) fn assert_rest_there_of(&self, run: &Finished) {
        let names: BTreeSet<String> = folders(run).iter().map(|folder| name_of(folder).to_owned()).collect();
        let uuid_length = Uuid::nil().to_string().len();
        let mine: Vec<String> = self.ids().into_iter().filter(|id| names.contains(&id[..uuid_length])).collect();
        Self::assert_rest_among(&mine, run);
    }

    fn assert_rest_among(found: &[String], run: &Finished) {
        let dead: BTreeSet<String> =
            dead(run).iter().map(|letter| letter["id"].as_str().expect("an id").into()).collect();
        let expected: Vec<String> = spooled(run).into_iter().filter(|id| !dead.contains(id)).collect();
        assert_same(&expected, found, run);
    }
}

/// Tells what differs, and not all of it.
fn assert_same(expected: &[String], found: &[String], run: &Finished) {
    if expected == found {
        return;
    }
    let all = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let (wanted, there) = (all(expected), all(found));
    let missing: Vec<_> = wanted.difference(&there).take(10).collect();
    let foreign: Vec<_> = there.difference(&wanted).take(10).collect();
    let twice: Vec<_> = found.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| &pair[0]).take(10).collect();
    panic!(
        "{} documents expected, {} found; missing, among others: {missing:#?}; not expected: {foreign:#?}; there twice: \
         {twice:#?}\n{run:#?}",
        expected.len(),
        found.len()
    );
}

/// Runs in the folders of an earlier run.
pub(crate) fn beside(runner: Runner, first: &Finished) -> Runner {
    let temp = first.folder().join("t");
    runner.env("CANARYTRACE_DATA", first.data()).env("TMPDIR", temp)
}

/// The folders of all runs, in the data folder and where they go on.
pub(crate) fn folders(run: &Finished) -> Vec<PathBuf> {
    let in_fallback = std::fs::read_dir(run.fallback().join("runs")).into_iter().flatten().flatten();
    let in_fallback = in_fallback.map(|entry| entry.path()).filter(|path| path.is_dir());
    run.runs().into_iter().chain(in_fallback).filter(|folder| is_run(folder)).collect()
}

fn is_run(folder: &Path) -> bool {
    Uuid::try_parse(name_of(folder)).is_ok()
}

fn name_of(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// The ids of all documents on disk, sorted.
pub(crate) fn spooled(run: &Finished) -> Vec<String> {
    let mut ids = Vec::new();
    for folder in folders(run) {
        for item in canarytrace::spool::read(&folder).expect("it is there") {
            // A process that is killed leaves half a line.
            let Ok((dataset, document)) = item else { continue };
            let uuid = document["uuid"].as_str().expect("each has a run").parse().expect("which is a UUID");
            let attempt = document["attempt"].as_u64().expect("and an attempt");
            let sequence = document["sequence"].as_u64().expect("and a sequence");
            let attempt = u32::try_from(attempt).expect("a small one");
            ids.push(canarytrace::record::document_id(uuid, attempt, &dataset, sequence));
        }
    }
    ids.sort_unstable();
    ids
}

/// The dead letters of all runs.
pub(crate) fn dead(run: &Finished) -> Vec<Value> {
    let mut letters = Vec::new();
    for folder in folders(run) {
        let Ok(text) = std::fs::read_to_string(folder.join("dead-letters.jsonl")) else { continue };
        letters.extend(text.lines().map(|line| serde_json::from_str::<Value>(line).expect("each line is whole")));
    }
    letters
}
