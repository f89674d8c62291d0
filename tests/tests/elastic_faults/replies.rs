//! Requests whose outcome nobody knows, or is told in a way that can't be right: what was stored is not stored again.

use std::time::Duration;

use canarytrace_tests::fault_proxy::{Fault, Rule};
use rustix::process::Signal;

use crate::support::World;

/// Everything arrives once although these faults come one after the other.
fn survives(faults: Vec<Fault>) {
    let Some(world) = World::start() else { return };
    let wanted: Vec<Fault> = faults.clone();
    for fault in faults {
        world.proxy.add(Rule::bulk(fault));
    }
    let run = world.spooler(300).env("ELASTIC_TIMEOUT", "1s").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    for fault in wanted {
        assert!(world.proxy.hits(&fault) > 0, "{fault:?} never happened: {:#?}", world.proxy.seen());
    }
    world.server.assert_all_there(&run);
}

#[test]
fn replies_that_are_lost_after_the_server_applied_them_store_nothing_twice() {
    survives(vec![Fault::LostReply; 3]);
}

#[test]
fn a_request_that_is_cut_in_its_body_is_sent_again() {
    survives(vec![Fault::CutRequest(0), Fault::CutRequest(100), Fault::CutRequest(1000)]);
}

#[test]
fn a_reply_that_is_cut_stores_nothing_twice() {
    survives(vec![Fault::CutReply; 2]);
}

#[test]
fn a_reply_of_one_byte_a_second_is_given_up_and_stores_nothing_twice() {
    survives(vec![Fault::SlowReply(Duration::from_secs(1))]);
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    survives(vec![Fault::Hang, Fault::DoneAndHang]);
}

#[test]
fn truncated_and_malformed_replies_store_nothing_twice() {
    survives(vec![
        Fault::TruncatedReply,
        Fault::MalformedReply("<html>welcome</html>"),
        Fault::MalformedReply(""),
        Fault::MalformedReply("{\"items\":7}"),
        Fault::MalformedReply("{\"errors\":false,\"items\":[{},{}]}"),
    ]);
}

#[test]
fn a_reply_with_too_few_or_too_many_items_is_not_believed() {
    survives(vec![Fault::WrongItemCount(-1), Fault::WrongItemCount(1), Fault::WrongItemCount(-1000)]);
}

/// A data stream knows an id only in its newest backing index: sent again, the same document would be stored again.
#[test]
fn a_rollover_between_a_lost_reply_and_its_retry_stores_nothing_twice() {
    let Some(world) = World::start() else { return };
    for after in [0, 2] {
        let server = world.server.clone();
        let roll_over = move || server.roll_over();
        world.proxy.add(Rule::bulk(Fault::LostReply).after(after).then(roll_over));
    }
    let run = world.spooler(300).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(world.proxy.hits(&Fault::LostReply), 2);
    assert!(world.server.backing_indices("request-log").len() > 1, "it was rolled over");
    world.server.assert_all_there(&run);
}

/// The same, when the runner is killed before it could try again: the next one knows what was in flight.
#[test]
fn a_rollover_between_a_lost_reply_and_the_next_process_stores_nothing_twice() {
    let Some(world) = World::start() else { return };
    // The first one goes through, so that there is something to roll over. Of the second the runner never learns.
    world.proxy.add(Rule::bulk(Fault::DoneAndHang).after(1));
    let running = world.spooler(300).env("ELASTIC_TIMEOUT", "60s").start();
    world.proxy.wait_for(&Fault::DoneAndHang);
    world.server.wait_until_stored(2);
    running.signal(Signal::KILL);
    let run = running.finish();
    world.server.roll_over();
    world.drain(&run);
    world.server.assert_all_there(&run);
}
