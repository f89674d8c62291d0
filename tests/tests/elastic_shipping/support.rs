//! A part of a server that is one test's, and spools made by hand.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use canarytrace::elastic::ship::{Control, DeliveryFigures, DrainOptions, Patience, Phase, ShipOptions, drain};
use canarytrace::elastic::{Method, Names, Request, Settings};
use canarytrace::spool::SpoolOptions;
use canarytrace_tests::elastic::{Product, SharedServer, or_ignored, prefix, shared};
use canarytrace_tests::runner::Runner;
use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// Each test runs on both products.
macro_rules! on_both {
    ($($name:ident,)+) => {
        mod elasticsearch {
            $( #[test] fn $name() { crate::support::on(canarytrace_tests::elastic::Product::Elasticsearch, super::$name); } )+
        }
        mod opensearch {
            $( #[test] fn $name() { crate::support::on(canarytrace_tests::elastic::Product::OpenSearch, super::$name); } )+
        }
    };
}
pub(crate) use on_both;

/// Runs a test with a part of a server of its own.
pub(crate) fn on(product: Product, test: fn(&World)) {
    let Some(server) = or_ignored(shared(product)) else { return };
    let names = Names { prefix: prefix(), namespace: "default".to_owned() };
    let world = World { server, names };
    world.template(&json!({ "sequence": { "type": "long" }, "@timestamp": { "type": "date" } }));
    test(&world);
    world.server.delete(&world.names.prefix);
}

/// A server, and where on it a test is alone.
pub(crate) struct World {
    pub(crate) server: SharedServer,
    pub(crate) names: Names,
}

impl World {
    /// Data streams with these fields, all others unindexed.
    pub(crate) fn template(&self, fields: &Value) {
        let prefix = &self.names.prefix;
        let template = json!({
            "index_patterns": [format!("{prefix}*-*")],
            "data_stream": {},
            "priority": 500,
            "template": {
                "settings": { "number_of_replicas": 0 },
                "mappings": { "dynamic": false, "properties": fields },
            },
        });
        self.server.get(Request::new(Method::Put, format!("/_index_template/{prefix}test")).json(&template));
    }

    /// Removes the template: there is nowhere to store anything.
    pub(crate) fn without_template(&self) {
        self.server.get(Request::new(Method::Delete, format!("/_index_template/{}test", self.names.prefix)));
    }

    pub(crate) fn rollover(&self, dataset: &str) {
        self.server.get(Request::new(Method::Post, format!("/{}/_rollover", self.names.stream(dataset))));
    }

    /// Every document of ours that the server has is there once; their ids.
    pub(crate) fn ids(&self) -> Vec<String> {
        let ids = self.server.ids(&format!("{}*", self.names.prefix));
        assert!(ids.values().all(|count| *count == 1), "each document is there once: {ids:#?}");
        ids.into_keys().collect()
    }

    /// Waits until there is a document.
    pub(crate) fn wait_for_documents(&self) {
        let deadline = Instant::now() + Duration::from_mins(1);
        while self.server.count(&format!("{}*", self.names.prefix)) == 0 {
            assert!(Instant::now() < deadline, "no document arrives");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A program that ships to this server.
    pub(crate) fn options(&self, runner: Runner) -> Runner {
        runner.env("ELASTIC_CLUSTER", self.server.url().as_str()).env("INDEX_PREFIX", &self.names.prefix)
    }

    pub(crate) fn drain(&self, spool: &Spool) -> DeliveryFigures {
        self.drain_with(spool, |_, _| {}).0
    }

    /// Drains with other settings or options; the notices come with the figures.
    pub(crate) fn drain_with(
        &self,
        spool: &Spool,
        change: impl FnOnce(&mut Settings, &mut DrainOptions),
    ) -> (DeliveryFigures, String) {
        let notices = Arc::new(Mutex::new(String::new()));
        let told = Arc::clone(&notices);
        let (_phase, control) = Control::new(Phase::Going, Patience::Brief);
        let mut options = DrainOptions {
            ship: ShipOptions { backoff_first: Duration::from_millis(10), ..ShipOptions::default() },
            control,
            notices: Arc::new(move |message| {
                let _ = writeln!(told.lock().expect("nobody panics"), "{message}");
            }),
            ..DrainOptions::default()
        };
        let mut settings = self.server.settings();
        change(&mut settings, &mut options);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let figures = runtime.block_on(drain(&spool.options(), &settings, &self.names, options));
        let figures = figures.unwrap_or_else(|failure| panic!("{failure:?}"));
        let notices = notices.lock().expect("nobody panics").clone();
        (figures, notices)
    }
}

/// The tool `canarytrace`.
pub(crate) fn tool() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-tool"))
}

/// A data folder with runs that nobody records any more.
pub(crate) struct Spool(TempDir);

impl Spool {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for temporary files"))
    }

    pub(crate) fn options(&self) -> SpoolOptions {
        SpoolOptions {
            data: self.0.path().join("data"),
            fallback: self.0.path().join("fallback"),
            max_age: Duration::MAX,
            max_size: u64::MAX,
            keep_unshipped: true,
            store: None,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.options().data
    }

    /// A run with so many documents of the dataset `report`, changed by `with`; gives its folder and their ids.
    pub(crate) fn run(&self, documents: u64, with: impl Fn(u64, &mut Value)) -> (PathBuf, Vec<String>) {
        let uuid = Uuid::now_v7();
        let folder = self.data().join("runs").join(uuid.to_string());
        fs::create_dir_all(&folder).expect("it can be made");
        let mut lines = String::new();
        let mut ids = Vec::new();
        for sequence in 1..=documents {
            let mut document = json!({
                "@timestamp": "2026-01-01T00:00:00.000Z", "timestamp": 1_767_225_600_000_i64, "uuid": uuid, "attempt": 1,
                "sequence": sequence, "monitor": { "id": "m", "name": "m" }, "spec": "m", "labels": [], "location": "here",
            });
            with(sequence, &mut document);
            let _ = writeln!(lines, "{document}");
            ids.push(format!("{uuid}-1-report-{sequence}"));
        }
        fs::write(folder.join("report.ndjson"), lines).expect("it can be written");
        (folder, ids)
    }
}

/// Appends to a file of a run.
pub(crate) fn append(file: &Path, text: &str) {
    let content = fs::read_to_string(file).unwrap_or_default();
    fs::write(file, content + text).expect("it can be written");
}
