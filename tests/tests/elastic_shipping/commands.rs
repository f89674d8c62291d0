//! `canarytrace ship` as a command: what it shows on a terminal, and what Ctrl+C does.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use canarytrace_tests::fault_proxy::{Fault, FaultProxy, Rule};
use canarytrace_tests::runner::{Finished, Runner};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Spool, World, on_both, tool};

on_both! {
    on_a_terminal_a_bar_shows_how_far_sending_is,
    interrupted_before_the_cluster_has_it_nothing_is_lost,
    interrupted_after_the_cluster_has_it_nothing_is_doubled,
}

fn ship(world: &World, spool: &Spool, cluster: &str) -> Runner {
    world
        .options(tool().env("CANARYTRACE_DATA", spool.data()))
        .env("ELASTIC_CLUSTER", cluster)
        .env("CANARYTRACE_BATCH_DOCUMENTS", "50")
        .env("ELASTIC_TIMEOUT", "1m")
        .arg("ship")
        .arg("--drain")
}

fn on_a_terminal_a_bar_shows_how_far_sending_is(world: &World) {
    let spool = Spool::new();
    spool.run(200, |_, _| {});
    let proxy = FaultProxy::start(world.server.url(), None);
    // It stands still long enough to be looked at: until the request's time is over.
    proxy.add(Rule::bulk(Fault::Hang).after(2));
    let running = ship(world, &spool, &proxy.url()).env("ELASTIC_TIMEOUT", "3s").with_terminal().start();
    running.wait_for_notice("200 documents of 1 runs are to be sent");
    running.wait_for_notice("/200 documents, ");
    let sent = running.finish();
    assert_eq!(sent.code, Some(0), "{sent:#?}");
    assert!(sent.stdout.contains("0 dead, 0 left"), "{sent:#?}");
    assert_eq!(world.server.count(&world.names.pattern("report")), 200);
    // The bar is taken away at the end.
    let end = sent.stderr.rsplit("\u{1b}[2K").next().unwrap_or_default();
    assert_eq!(end.trim(), "", "{sent:#?}");

    // Elsewhere there is none.
    spool.run(10, |_, _| {});
    let sent = ship(world, &spool, &proxy.url()).run();
    assert_eq!(sent.stderr, "canarytrace: 10 documents of 1 runs are to be sent\n", "{sent:#?}");
}

fn interrupted_before_the_cluster_has_it_nothing_is_lost(world: &World) {
    let interrupted = interrupt(world, &Fault::Hang);
    assert_eq!(interrupted.duplicates, 0);
}

fn interrupted_after_the_cluster_has_it_nothing_is_doubled(world: &World) {
    let interrupted = interrupt(world, &Fault::DoneAndHang);
    assert_eq!(interrupted.duplicates, 50, "those of the request that was under way");
}

struct Interrupted {
    duplicates: u64,
}

/// Interrupts sending while a request hangs so, then sends the rest.
fn interrupt(world: &World, fault: &Fault) -> Interrupted {
    let spool = Spool::new();
    let (folder, ids) = spool.run(200, |_, _| {});
    let proxy = FaultProxy::start(world.server.url(), None);
    let (done, under_way) = mpsc::channel();
    proxy.add(Rule::bulk(fault.clone()).after(2).then(move || {
        let _ = done.send(());
    }));
    let running = ship(world, &spool, &proxy.url()).start();
    under_way.recv().expect("the third request comes");
    running.signal(Signal::INT);
    let ended = running.finish();
    assert_eq!(ended.code, Some(1), "something is left: {ended:#?}");
    assert!(ended.stderr.contains("interrupted: what was acknowledged is noted"), "{ended:#?}");
    assert!(ended.stdout.contains("documents are left"), "{ended:#?}");
    let noted = of_report(&folder);
    assert!(noted.0 > 0 && noted.1 > noted.0, "what was sent is noted, and what may have been: {noted:?}");

    // From now on, the cluster would take every id once more.
    world.rollover("report");
    let sent = ship(world, &spool, world.server.url().as_str()).run();
    assert_eq!(sent.code, Some(0), "{sent:#?}");
    let stored = world.ids();
    assert!(ids.iter().all(|id| stored.contains(id)), "{stored:#?}");
    Interrupted { duplicates: duplicates(&sent) }
}

/// What the cursor says of the dataset: acknowledged, in flight.
fn of_report(folder: &Path) -> (u64, u64) {
    let cursor = fs::read(folder.join("cursor.json")).expect("it is there");
    let cursor: Value = serde_json::from_slice(&cursor).expect("it is JSON");
    let of = |name: &str| cursor["datasets"]["report"][name].as_u64().expect("it is noted");
    (of("acknowledged"), of("in_flight"))
}

fn duplicates(sent: &Finished) -> u64 {
    let word = sent.stdout.split(", ").find_map(|part| part.strip_suffix(" duplicates"));
    word.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{sent:#?}"))
}
