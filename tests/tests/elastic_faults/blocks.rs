//! Indices that take no document for a while: somebody made them read-only, or the disk of the server is full.

use canarytrace::elastic::{Method, Request};
use canarytrace_tests::fault_proxy::{Fault, Refusal, Rule};
use serde_json::json;

use crate::support::{DATASETS, World};

/// A block of the real server is set in the middle of a run, and taken away when it has kept documents out.
fn survives_block(block: &str) {
    let Some(world) = World::start() else { return };
    let mut running = world.spooler(300).arg("--hold").arg("150").with_input().start();
    running.wait_for_line("held");
    world.server.wait_until_stored(150);
    let indices: Vec<String> = DATASETS.iter().flat_map(|name| world.server.backing_indices(name)).collect();
    let set = |value: serde_json::Value| {
        for index in &indices {
            let request = Request::new(Method::Put, format!("/{index}/_settings"));
            world.server.done(request.json(&json!({ block: value })));
        }
    };
    set(true.into());
    let before = world.proxy.bulks().len();
    running.press_enter();
    running.wait_for_line("spooled");
    world.proxy.wait_until("it was tried against the block", |seen| {
        seen.iter().filter(|seen| seen.is_bulk() && seen.status.is_some()).count() > before
    });
    set(serde_json::Value::Null);
    let run = running.finish();
    assert_eq!(run.code, Some(0), "{run:#?}");
    world.server.assert_all_there(&run);
}

#[test]
fn an_index_that_is_read_only_for_a_while_gets_everything() {
    survives_block("index.blocks.write");
}

#[test]
fn a_server_whose_disk_is_full_for_a_while_gets_everything() {
    survives_block("index.blocks.read_only_allow_delete");
}

#[test]
fn documents_that_a_block_refused_are_no_dead_letters() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Fault::every(3, Refusal::READ_ONLY)).times(2));
    world.proxy.add(Rule::bulk(Fault::every(1, Refusal::FLOOD)).times(2));
    let run = world.spooler(300).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    world.server.assert_all_there(&run);
}
