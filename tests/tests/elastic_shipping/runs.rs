//! What a run writes is sent while it goes on, and its end is not held up.

use std::net::TcpListener;

use canarytrace_tests::runner::{Finished, Runner};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{World, on_both, tool};

on_both! {
    a_run_arrives_whole_and_its_end_says_so,
    documents_arrive_while_the_run_goes_on,
    a_killed_run_is_sent_by_the_next_one,
    a_killed_run_is_sent_by_the_tool,
}

fn fixture(monitor: &str) -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor(monitor)
}

/// The ids of the documents that lie on disk.
fn spooled(run: &Finished) -> Vec<String> {
    let mut ids = Vec::new();
    for folder in run.runs() {
        for (dataset, document) in canarytrace::spool::read(&folder).expect("it can be read").flatten() {
            let of = |field: &str| document[field].to_string();
            let uuid = document["uuid"].as_str().expect("it has one");
            ids.push(format!("{uuid}-{}-{dataset}-{}", of("attempt"), of("sequence")));
        }
    }
    ids.sort();
    ids
}

fn a_run_arrives_whole_and_its_end_says_so(world: &World) {
    let run = world.options(fixture("passes")).env("CANARYTRACE_REQUIRE_DELIVERY", "yes").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    run.assert_complete();
    assert_eq!(world.ids(), spooled(&run));
    let delivery = run.document("delivery", |_| true);
    let documents = spooled(&run).len() as u64 - 1;
    assert_eq!((delivery["sent"].as_u64(), delivery["left"]["documents"].as_u64()), (Some(documents), Some(0)));
    assert!(
        run.stderr.contains(&format!("delivery: {documents} sent, 0 duplicates, 0 retried, 0 dead, 0 left")),
        "{run:#?}"
    );
    run.assert_nothing_left();
}

fn documents_arrive_while_the_run_goes_on(world: &World) {
    let running = world.options(fixture("waits")).env("CANARYTRACE_BATCH_AGE", "100ms").start();
    running.wait_for_line("waiting");
    world.wait_for_documents();
    running.signal(Signal::TERM);
    let run = running.finish();
    assert_eq!(run.code, Some(143), "{run:#?}");
    // A signal leaves little time to send the end of a run: on a busy machine too little.
    let drained = world.options(tool()).env("CANARYTRACE_DATA", run.data()).arg("ship").arg("--drain").run();
    assert_eq!(drained.code, Some(0), "{drained:#?}");
    assert_eq!(world.ids(), spooled(&run));
}

/// A run that was killed before it sent anything.
fn killed(world: &World) -> Finished {
    let running = world.options(fixture("waits")).env("CANARYTRACE_BATCH_AGE", "1h").start();
    running.wait_for_line("waiting");
    running.signal(Signal::KILL);
    let run = running.finish();
    assert!(world.ids().is_empty());
    run
}

fn a_killed_run_is_sent_by_the_next_one(world: &World) {
    let before = killed(world);
    let left = spooled(&before);
    let next = world.options(fixture("passes")).env("CANARYTRACE_DATA", before.data()).run();
    assert_eq!(next.code, Some(0), "{next:#?}");
    assert!(next.stderr.contains("delivery of earlier runs: "), "{next:#?}");
    let stored = world.ids();
    assert!(left.iter().all(|id| stored.contains(id)), "{next:#?}");
    assert_eq!(stored, spooled(&next), "both lie in the same folder");
}

fn a_killed_run_is_sent_by_the_tool(world: &World) {
    let before = killed(world);
    let sent = world.options(tool()).env("CANARYTRACE_DATA", before.data()).arg("ship").arg("--drain").run();
    assert_eq!(sent.code, Some(0), "{sent:#?}");
    assert_eq!(world.ids(), spooled(&before));
}

#[test]
fn without_a_cluster_documents_stay_where_they_are() {
    let run = fixture("passes").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    for name in ["cursor.json", ".shipping", "delivery.ndjson"] {
        assert!(!run.runs()[0].join(name).exists(), "{name}");
    }
    assert!(!run.stderr.contains("delivery"), "{run:#?}");
}

#[test]
fn documents_are_printed_when_that_is_wanted() {
    let run = fixture("passes").env("CANARYTRACE_PRINT_DOCUMENTS", "yes").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let printed: Vec<Value> = run.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut ids: Vec<&str> = printed.iter().filter_map(|line| line["_id"].as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, spooled(&run));
    let report = printed.iter().find(|line| line["_index"] == "c.report-default").expect("there is a report");
    assert_eq!(report["_source"]["spec"], "passes");
}

#[test]
fn a_cluster_that_is_not_there_changes_the_verdict_only_when_that_is_wanted() {
    let run = fixture("passes").env("ELASTIC_CLUSTER", "http://127.0.0.1:9/").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(run.stderr.contains("the cluster does not answer"), "{run:#?}");
    assert!(run.stderr.contains("what is left is sent by the next run or `canarytrace ship --drain`"), "{run:#?}");
    run.assert_complete();
    let required = fixture("passes")
        .env("ELASTIC_CLUSTER", "http://127.0.0.1:9/")
        .env("CANARYTRACE_REQUIRE_DELIVERY", "yes")
        .run();
    assert_eq!(required.code, Some(103), "{required:#?}");
    let nowhere = fixture("passes").env("CANARYTRACE_REQUIRE_DELIVERY", "yes").run();
    assert_eq!(nowhere.code, Some(2), "{nowhere:#?}");
    assert!(nowhere.stderr.contains("ELASTIC_CLUSTER"), "{nowhere:#?}");
}

#[test]
fn a_cluster_that_hangs_does_not_hold_up_the_end() {
    // Connections are taken by the kernel, and nobody ever answers: without its budget the run would wait for an hour.
    let hanging = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}/", hanging.local_addr().expect("it is bound"));
    let run = fixture("passes")
        .env("ELASTIC_CLUSTER", address)
        .env("ELASTIC_TIMEOUT", "1h")
        .env("CANARYTRACE_FLUSH", "300ms")
        .env("CANARYTRACE_BATCH_AGE", "10ms")
        .run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    // On a busy machine, the shipper may not even get the time to say so.
    let told = ["delivery: 0 sent", "delivery: not over in time"];
    assert!(told.iter().any(|told| run.stderr.contains(told)), "{run:#?}");
    run.assert_complete();
    let cursor = std::fs::read(run.runs()[0].join("cursor.json")).expect("it is there");
    let cursor: Value = serde_json::from_slice(&cursor).expect("it is JSON");
    let in_flight = |dataset: &Value| dataset["in_flight"].as_u64() > dataset["acknowledged"].as_u64();
    assert!(cursor["datasets"].as_object().expect("it has them").values().any(in_flight), "{cursor}");
}
