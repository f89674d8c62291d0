//! The servers that tests share, and those of one test.

use std::fs;
use std::time::{Duration, Instant};

use canarytrace::elastic::{Method, Request, Settings};
use canarytrace_cli::dev_server::{Folder, Home, Lease, Options, Watchdog, ask, leased};
use canarytrace_tests::elastic::{self, Product, or_ignored, prefix};
use serde_json::{Value, json};

/// A document of the stream `<prefix>report-default`, created as the shipper does.
fn create(prefix: &str, id: &str) -> Request {
    let line = json!({ "create": { "_id": id } });
    Request::new(Method::Post, format!("/{prefix}report-default/_bulk"))
        .ndjson(format!("{line}\n{{\"@timestamp\":\"2026-01-01T00:00:00Z\",\"n\":1}}\n"))
}

fn template(prefix: &str) -> Request {
    Request::new(Method::Put, format!("/_index_template/{prefix}report"))
        .json(&json!({ "index_patterns": [format!("{prefix}report-*")], "data_stream": {}, "priority": 500 }))
}

fn status(settings: &Settings, request: Request) -> u16 {
    ask(settings, request).expect("the server answers").status
}

fn documents_are_found_in_every_backing_index(product: Product) {
    let Some(server) = or_ignored(elastic::shared(product)) else { return };
    let prefix = prefix();
    server.get(template(&prefix));
    assert_eq!(server.get(create(&prefix, "a"))["errors"], false);
    server.get(create(&prefix, "b"));
    // A data stream knows its ids within one backing index only.
    server.get(Request::new(Method::Post, format!("/{prefix}report-default/_rollover")));
    server.get(create(&prefix, "b"));
    let stream = format!("{prefix}report-*");
    assert_eq!(server.ids(&stream), [("a".to_owned(), 1), ("b".to_owned(), 2)].into());
    assert_eq!((server.count(&stream), server.documents(&stream).len()), (3, 3));
    assert_eq!(server.count(&format!("{prefix}nothing-*")), 0);
    server.delete(&prefix);
    let left = server.ask(Request::new(Method::Get, format!("/_index_template/{prefix}report"))).status;
    let expected = if product == Product::OpenSearch { 0 } else { 3 };
    assert_eq!(server.count(&stream), expected);
    // A template can't be removed while its data stream is there.
    assert_eq!(left == 404, product == Product::OpenSearch);
}

#[test]
fn elasticsearch_has_documents_in_every_backing_index() {
    documents_are_found_in_every_backing_index(Product::Elasticsearch);
}

#[test]
fn open_search_has_documents_in_every_backing_index() {
    documents_are_found_in_every_backing_index(Product::OpenSearch);
}

#[test]
fn more_documents_than_a_page_holds_are_all_found() {
    let Some(server) = or_ignored(elastic::shared(Product::OpenSearch)) else { return };
    let prefix = prefix();
    server.get(template(&prefix));
    let lines = |n: usize| format!("{{\"create\":{{\"_id\":\"{n}\"}}}}\n{{\"@timestamp\":{n}}}\n");
    let body: String = (0..10_001).map(lines).collect();
    let request = Request::new(Method::Post, format!("/{prefix}report-default/_bulk")).ndjson(body);
    assert_eq!(server.get(request)["errors"], false);
    let ids = server.ids(&format!("{prefix}*"));
    assert!(ids.len() == 10_001 && ids.values().all(|times| *times == 1), "{}", ids.len());
    assert_eq!(server.documents(&format!("{prefix}*")).len(), 10_001);
}

#[test]
fn a_secured_server_knows_its_users_and_what_they_may() {
    let Some(server) = or_ignored(elastic::shared_secured()) else { return };
    assert_eq!((server.url().scheme(), server.product()), ("https", Product::Elasticsearch));
    let authenticate = || Request::new(Method::Get, "/_security/_authenticate");
    assert_eq!(server.get(authenticate())["username"], "admin");
    let nobody = Settings { auth: None, ..server.settings() };
    assert_eq!(status(&nobody, authenticate()), 401);
    assert_eq!(status(&server.settings_of("admin", "wrong"), authenticate()), 401);
    // Who does not trust its authority does not talk to it.
    let stranger = Settings { ca: None, ..server.settings() };
    assert!(ask(&stranger, authenticate()).is_err());

    let prefix = prefix();
    let name = prefix.trim_end_matches('.');
    server.get(template(&prefix));
    let writer =
        |names: &str| json!({ "indices": [{ "names": [names], "privileges": ["create_doc", "auto_configure"] }] });
    server.add_role(name, &writer(&format!("{prefix}*")));
    server.add_user(name, "a secret of the test", &[name]);
    let settings = server.settings_of(name, "a secret of the test");
    let item = |prefix: &str| {
        let reply = ask(&settings, create(prefix, "a")).unwrap().json::<Value>().unwrap();
        reply["items"][0]["create"]["status"].clone()
    };
    assert_eq!(item(&prefix), 201);
    assert_eq!(item("elsewhere."), 403);
    assert_eq!(status(&settings, Request::new(Method::Get, format!("/{prefix}report-default/_search"))), 403);
    // A role that is changed has another meaning at once.
    server.add_role(name, &writer("elsewhere.*"));
    assert_eq!(item(&prefix), 403);
    server.remove_user(name, "a secret of the test");
    assert_eq!(status(&settings, authenticate()), 401);
}

#[test]
fn a_server_of_a_test_keeps_what_it_acknowledged_and_its_address_when_it_is_killed() {
    let Some(mut server) = or_ignored(elastic::own(Product::OpenSearch)) else { return };
    let prefix = prefix();
    server.get(template(&prefix));
    server.get(create(&prefix, "a"));
    let (url, settings) = (server.url().clone(), server.settings());
    server.kill();
    assert!(server.processes().is_empty());
    assert!(ask(&settings, Request::new(Method::Get, "/")).is_err());
    server.start();
    assert_eq!(*server.url(), url);
    assert_eq!(server.count(&format!("{prefix}*")), 1);
    assert!(server.memory() > 50_000_000, "a server with {} bytes", server.memory());
    server.stop();
    assert!(server.processes().is_empty());
}

/// Two parts of one process stand for two processes: locks of the kernel belong to who opened the file.
#[test]
fn a_shared_server_outlives_its_users_by_the_grace_and_leaves_nothing() {
    let home = Home::usual().unwrap();
    let folder = home.folder(&format!("lease-{}", prefix().trim_end_matches('.')));
    let program = env!("CARGO_BIN_EXE_dev-server-watchdog").into();
    let watchdog = Watchdog { program, arguments: Vec::new(), grace: Duration::from_millis(1500) };
    let started = || leased(&folder, Options::of(Product::OpenSearch), None, &watchdog, &|line| eprintln!("{line}"));
    let Some((state, first)) = or_ignored(started().map_err(|error| elastic::Unavailable::of(&error))) else { return };
    let processes = folder.processes();
    let (again, second) = started().unwrap();
    assert_eq!((again, folder.processes()), (state, processes.clone()), "it is the same server");
    drop(first);
    wait_longer_than_the_grace(&second);
    assert_eq!(folder.processes(), processes);
    drop(second);
    ended(&folder);
    assert!(!folder.path().exists());

    // Whoever comes later gets another one.
    let (_, third) = started().unwrap();
    assert_ne!(folder.processes(), processes);
    drop(third);
    ended(&folder);
    // Nobody else has this name.
    for ending in ["lock", "watchdog"] {
        fs::remove_file(folder.path().with_extension(ending)).unwrap();
    }
}

/// The only way to see that nothing happens is to wait for as long as it would take.
fn wait_longer_than_the_grace(_held: &Lease) {
    std::thread::sleep(Duration::from_secs(3));
}

fn ended(folder: &Folder) {
    let deadline = Instant::now() + Duration::from_mins(1);
    let log = folder.path().with_extension("watchdog.log");
    while !folder.processes().is_empty() || folder.path().exists() || log.exists() {
        assert!(Instant::now() < deadline, "{:?}", fs::read_to_string(&log));
        std::thread::sleep(Duration::from_millis(20));
    }
}
