//! Attachments on their way to a store: a folder, and a real server that speaks S3, well and badly behaved.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use canarytrace_tests::canned::{Answer, Canned};
use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::s3::{BUCKET, KEYS, S3Server};
use serde_json::Value;

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor).env("WAIT_FOR_TIMEOUT", "3s")
}

/// A run with a picture of each step and a file that grows, copied to this endpoint.
fn uploading(endpoint: &str) -> Runner {
    fixture("passes")
        .env("CAPTURE_EVERY_SCREEN", "allow")
        .env("CANARYTRACE_CDP_LOG", "always")
        .env("AWS_S3_BUCKET", BUCKET)
        .env("AWS_S3_ENDPOINT", endpoint)
        .env("AWS_S3_ACCESS_KEY", KEYS.0)
        .env("AWS_S3_SECRET_KEY", KEYS.1)
        .env("CANARYTRACE_FLUSH", "20s")
}

fn names(run: &Finished) -> Vec<String> {
    let mut names: Vec<String> =
        run.attachments().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

fn uuid(run: &Finished) -> String {
    run.runs()[0].file_name().unwrap().to_string_lossy().into_owned()
}

fn links(run: &Finished) -> Vec<String> {
    let of = |document: Value| {
        serde_json::from_value::<Vec<String>>(document["attachmentLinks"].clone()).unwrap_or_default()
    };
    run.documents("report").into_iter().flat_map(of).collect()
}

/// Everything of the run is in the bucket, byte by byte, where its documents say.
fn assert_uploaded(run: &Finished, server: &S3Server) {
    let uuid = uuid(run);
    for path in run.attachments() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(server.content(&format!("{uuid}/{name}")), std::fs::read(&path).unwrap(), "{name}");
    }
    let own = server.objects().into_iter().filter(|(key, _)| key.starts_with(&uuid)).count();
    assert_eq!(own, run.attachments().len());
}

fn ship(run: &Finished, endpoint: &str, more: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fixture-tool"))
        .arg("ship")
        .args(more)
        .current_dir(run.folder())
        .env_remove("ELASTIC_CLUSTER")
        .env("CANARYTRACE_DATA", run.data())
        .env("AWS_S3_BUCKET", BUCKET)
        .env("AWS_S3_ENDPOINT", endpoint)
        .env("AWS_S3_ACCESS_KEY", KEYS.0)
        .env("AWS_S3_SECRET_KEY", KEYS.1)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn attachments_are_in_the_bucket_where_the_documents_say() {
    let Some(server) = S3Server::start() else { return };
    let run = uploading(server.url()).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.assert_complete();
    assert!(run.attachments().len() >= 2, "{run:#?}");
    assert_uploaded(&run, &server);
    let links = links(&run);
    assert!(!links.is_empty());
    let uuid = uuid(&run);
    for link in &links {
        let key = link.strip_prefix(&format!("{}/{BUCKET}/", server.url())).unwrap_or_else(|| panic!("{link}"));
        assert!(key.starts_with(&uuid) && server.objects().iter().any(|(object, _)| object == key), "{link}");
    }
    let uploaded = format!("attachments to s3://{BUCKET} at {}/: {} uploaded", server.url(), run.attachments().len());
    assert!(run.stderr.contains(&uploaded) || run.stdout.contains(&uploaded), "{uploaded}\n{run:#?}");
}

/// What is said of a store that lets nobody in.
fn assert_said_once(run: &Finished, why: &str) {
    assert_eq!(run.code, Some(0), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(said.matches("ATTACHMENTS ARE NOT UPLOADED").count(), 1, "{said}");
    assert!(said.contains(why) && said.contains("left; what is left is uploaded by the next run"), "{said}");
}

#[test]
fn a_wrong_access_key_is_said_once_loudly_and_changes_no_verdict() {
    let Some(server) = S3Server::start() else { return };
    let run = uploading(server.url()).env("AWS_S3_ACCESS_KEY", "nobody").run();
    assert_said_once(&run, "InvalidAccessKeyId");
    assert!(server.objects().is_empty());
}

#[test]
fn a_wrong_secret_key_is_said_once_and_is_shown_nowhere() {
    // Amazon's answer; s3rver does not compute signatures of version 4.
    let store = Canned::serve(|_| {
        let body =
            "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><Message>It does not.</Message></Error>";
        Answer::Whole(403, vec![("content-type", "application/xml".to_owned())], body.into())
    });
    let run = uploading(&store.url()).env("AWS_S3_SECRET_KEY", "a-secret-that-is-wrong").run();
    assert_said_once(&run, "SignatureDoesNotMatch");
    assert!(!format!("{run:?}").contains("a-secret-that-is-wrong"));
    let asked = store.asked();
    assert_eq!(asked.len(), 1, "it is not asked again: {asked:#?}");
    assert!(asked[0].header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=S3RVER/"), "{:#?}", asked[0]);
}

#[test]
fn a_bucket_that_is_not_there_is_said_once() {
    let Some(server) = S3Server::start() else { return };
    let run = uploading(server.url()).env("AWS_S3_BUCKET", "nowhere").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(said.matches("ATTACHMENTS ARE NOT UPLOADED").count(), 1, "{said}");
}

#[test]
fn what_a_store_that_refuses_connections_did_not_get_is_shipped_later() {
    let Some(server) = S3Server::start() else { return };
    // A port that nobody listens on.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let run = uploading(&format!("http://127.0.0.1:{port}")).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert_eq!(said.matches("attachments can't be uploaded to").count(), 1, "{said}");
    assert!(said.contains("0 uploaded (0 bytes), "), "{said}");
    let (code, said) = ship(&run, server.url(), &["--dry-run"]);
    assert!(code == Some(0) && said.contains("attachments"), "{said}");
    assert!(server.objects().is_empty());
    let (code, said) = ship(&run, server.url(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert_uploaded(&run, &server);
    // Nothing is left for a second time.
    let (_, said) = ship(&run, server.url(), &[]);
    assert!(said.contains("0 uploaded (0 bytes), 0 left"), "{said}");
}

#[test]
fn what_an_earlier_run_left_is_uploaded_by_the_next_one() {
    let Some(server) = S3Server::start() else { return };
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let first = uploading(&format!("http://127.0.0.1:{port}")).env("CANARYTRACE_FLUSH", "1s").run();
    let proxy = Proxy::start(server.url(), Fault::None);
    let second = fixture("passes")
        .env("CANARYTRACE_DATA", first.data())
        .env("AWS_S3_BUCKET", BUCKET)
        .env("AWS_S3_ENDPOINT", proxy.url())
        .env("AWS_S3_ACCESS_KEY", KEYS.0)
        .env("AWS_S3_SECRET_KEY", KEYS.1)
        .env("CANARYTRACE_FLUSH", "20s")
        .run();
    assert_eq!(second.code, Some(0), "{second:#?}");
    let uuid = uuid(&first);
    let there = server.objects().iter().filter(|(key, _)| key.starts_with(&uuid)).count();
    assert_eq!(there, names(&first).len(), "{:#?}", server.objects());
}

#[test]
fn a_store_that_stalls_delays_the_end_by_no_more_than_the_budget() {
    let stalls = Proxy::start("http://127.0.0.1:9", Fault::Stalls);
    let run = uploading(&stalls.url()).env("CANARYTRACE_FLUSH", "1s").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(said.contains("is uploaded by the next run or `canarytrace ship`"), "{said}");
    assert!(stalls.connections() > 0, "it was asked");
}

#[test]
fn a_store_that_vanishes_in_the_middle_of_an_upload_gets_the_whole_file_later() {
    let Some(server) = S3Server::start() else { return };
    let proxy = Proxy::start(server.url(), Fault::VanishesOnce);
    let run = uploading(&proxy.url()).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(proxy.vanished(), "it went away in the middle of the first file");
    assert_uploaded(&run, &server);
}

#[test]
fn a_file_larger_than_a_part_arrives_whole() {
    let Some(server) = S3Server::start() else { return };
    let run = uploading(server.url()).env("CANARYTRACE_FLUSH", "0s").run();
    let large: Vec<u8> = (0..20_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(run.runs()[0].join("attachments/large.bin"), &large).unwrap();
    let (code, said) = ship(&run, server.url(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(server.content(&format!("{}/large.bin", uuid(&run))), large);
}

#[test]
fn a_folder_gets_the_attachments_and_is_pruned_by_age() {
    let store = tempfile::tempdir().unwrap();
    let old = "00dcd21d-6c00-7000-8000-000000000000";
    std::fs::create_dir(store.path().join(old)).unwrap();
    let run = fixture("fails_an_expectation")
        .env("CANARYTRACE_ATTACHMENTS_URL", format!("file://{}", store.path().display()))
        .run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    for path in run.attachments() {
        let copy = store.path().join(uuid(&run)).join(path.file_name().unwrap());
        assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&path).unwrap(), "{}", copy.display());
    }
    let links = links(&run);
    assert!(links.len() >= 3, "{links:?}");
    for link in links {
        assert!(Path::new(link.strip_prefix("file://").unwrap()).is_file(), "{link}");
    }
    assert!(!store.path().join(old).exists());
}

#[test]
fn a_run_stays_on_disk_until_its_attachments_are_uploaded() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let first = uploading(&endpoint).env("CANARYTRACE_FLUSH", "0s").run();
    let prune = |endpoint: Option<&str>| {
        let runner = fixture("passes")
            .env("CANARYTRACE_DATA", first.data())
            .env("CANARYTRACE_DATA_MAX_AGE", "0s")
            .env("CANARYTRACE_FLUSH", "0s");
        match endpoint {
            Some(endpoint) => runner
                .env("AWS_S3_BUCKET", BUCKET)
                .env("AWS_S3_ENDPOINT", endpoint)
                .env("AWS_S3_ACCESS_KEY", KEYS.0)
                .env("AWS_S3_SECRET_KEY", KEYS.1)
                .run(),
            None => runner.run(),
        }
    };
    let folder = first.runs()[0].clone();
    prune(Some(&endpoint));
    assert!(folder.is_dir(), "the store does not have it");
    prune(None);
    assert!(!folder.exists(), "without a store nobody waits for it");
}

/// What a proxy in front of the store does.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// It takes everything and answers nothing.
    Stalls,
    /// It goes away after some bytes of the first request that brings a file.
    VanishesOnce,
}

/// A proxy in front of a server, for one kind of fault.
struct Proxy {
    port: u16,
    connections: Arc<AtomicUsize>,
    vanished: Arc<AtomicBool>,
}

impl Proxy {
    fn start(server: &str, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, vanished) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, gone) = (connections.clone(), vanished.clone());
        let server = server.trim_start_matches("http://").to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (server, gone) = (server.clone(), gone.clone());
                std::thread::spawn(move || relay(stream, &server, fault, &gone));
            }
        });
        Self { port, connections, vanished }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn vanished(&self) -> bool {
        self.vanished.load(Ordering::SeqCst)
    }
}

/// Passes bytes both ways.
fn relay(mut client: TcpStream, server: &str, fault: Fault, vanished: &AtomicBool) {
    let mut buffer = [0; 2048];
    if fault == Fault::Stalls {
        while client.read(&mut buffer).is_ok_and(|read| read > 0) {}
        return;
    }
    let Ok(mut upstream) = TcpStream::connect(server) else { return };
    let (mut answers, mut back) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        _ = std::io::copy(&mut answers, &mut back);
        _ = back.shutdown(std::net::Shutdown::Both);
    });
    let mut passed = 0;
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        if upstream.write_all(&buffer[..read]).is_err() {
            break;
        }
        passed += read;
        // Behind the headers, before the end of any file of ours.
        if fault == Fault::VanishesOnce && passed > 2048 && !vanished.swap(true, Ordering::SeqCst) {
            break;
        }
    }
    _ = client.shutdown(std::net::Shutdown::Both);
    _ = upstream.shutdown(std::net::Shutdown::Both);
}
