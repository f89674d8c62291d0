//! A server, a proxy in front of it, and a prefix of its own for each test.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use canarytrace::elastic::{Client, Method, Reply, Request, Settings};
use canarytrace_tests::fault_proxy::FaultProxy;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// Most documents of a test: a search finds no more without pages.
const MOST: usize = 10_000;

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
        let server = Server::shared()?;
        let proxy = FaultProxy::start(server.url(), server.settings.ca.as_deref());
        Some(Self { proxy, server })
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
    fn shared() -> Option<Self> {
        let settings = Settings {
            nodes: vec![Url::parse("http://127.0.0.1:9310").expect("it is one")],
            auth: None,
            ca: None,
            proxy: None,
            timeout: std::time::Duration::from_secs(30),
            compression: false,
            observability: false,
        };
        Some(Self::of(settings))
    }

    /// The templates of a prefix that nobody else has are installed.
    pub(crate) fn of(settings: Settings) -> Self {
        let server = Self { settings, prefix: format!("t{}.", Uuid::now_v7().simple()) };
        let pattern = format!("{}*", server.prefix);
        server.done(
            Method::Put,
            &format!("/_index_template/{}", server.prefix.trim_end_matches('.')),
            Some(&json!({ "index_patterns": [pattern], "data_stream": {}, "priority": 5000, "template": {
                "settings": { "number_of_replicas": 0 },
                "mappings": { "dynamic": false, "properties": { "@timestamp": { "type": "date" } } },
            } })),
        );
        server
    }

    pub(crate) fn url(&self) -> &Url {
        &self.settings.nodes[0]
    }

    /// Spools so many documents and sends them to this cluster.
    pub(crate) fn spooler(&self, cluster: &str, documents: usize) -> Runner {
        let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-spooler"));
        self.options(runner, cluster).arg("--documents").arg(documents.to_string())
    }

    /// Sends what is left in the folders of a run to this cluster, with `canarytrace ship --drain`.
    pub(crate) fn drain_to(&self, cluster: &str, run: &Finished) -> Runner {
        let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-spooler")).env("FIXTURE_TOOL", "1");
        self.options(runner, cluster)
            .env("CANARYTRACE_DATA", run.data())
            .env("TMPDIR", run.fallback().parent().expect("it lies in a folder"))
            .arg("ship")
            .arg("--drain")
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

    /// Asks the server itself.
    pub(crate) fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Reply {
        let mut request = Request::new(method, path.split('?').next().unwrap_or_default());
        if let Some((_, query)) = path.split_once('?') {
            for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
                request = request.query(String::leak(name.into_owned()), value);
            }
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        // On a thread of its own: who asks may be within a runtime already.
        let settings = self.settings.clone();
        let asking = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async { Client::new(&settings).expect("the settings are right").send(request).await })
        });
        asking.join().expect("it does not panic").expect("the server answers")
    }

    /// Asks for something that must be done.
    pub(crate) fn done(&self, method: Method, path: &str, body: Option<&Value>) -> Value {
        let reply = self.ask(method, path, body);
        assert!(reply.is_success(), "{path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
        reply.json().expect("it is JSON")
    }

    /// Every hit of the ids on the server, over all backing indices, sorted: one that is there twice is twice in it.
    pub(crate) fn ids(&self) -> Vec<String> {
        let all = format!("/{}*", self.prefix);
        self.done(Method::Post, &format!("{all}/_refresh"), None);
        let search = json!({ "size": MOST, "_source": false, "track_total_hits": true, "query": { "match_all": {} } });
        let found = self.done(Method::Post, &format!("{all}/_search"), Some(&search));
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
        let path = format!("/{}{dataset}-default/_settings", self.prefix);
        let found = self.done(Method::Get, &path, None);
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
        let dead: BTreeSet<String> =
            dead(run).iter().map(|letter| letter["id"].as_str().expect("an id").into()).collect();
        let expected: Vec<String> = spooled(run).into_iter().filter(|id| !dead.contains(id)).collect();
        assert_same(&expected, &self.ids(), run);
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

/// The folders of all runs, in the data folder and where they go on.
pub(crate) fn folders(run: &Finished) -> Vec<PathBuf> {
    let in_fallback = std::fs::read_dir(run.fallback().join("runs")).into_iter().flatten().flatten();
    let in_fallback = in_fallback.map(|entry| entry.path()).filter(|path| path.is_dir());
    run.runs().into_iter().chain(in_fallback).filter(|folder| is_run(folder)).collect()
}

fn is_run(folder: &Path) -> bool {
    folder.file_name().and_then(|name| name.to_str()).is_some_and(|name| Uuid::try_parse(name).is_ok())
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
