//! A cluster that is not there: not yet, not any more, or under no name that anybody knows.

use canarytrace_tests::elastic::{Product, or_ignored, own};
use canarytrace_tests::fault_proxy::{Answer, Rule};

use crate::support::{World, spooled};

#[test]
fn what_was_spooled_while_nobody_was_there_is_drained_later() {
    let Some(world) = World::start() else { return };
    world.proxy.leave();
    let run = world.spooler(300).env("CANARYTRACE_FLUSH", "200ms").run();
    assert_eq!(run.code, Some(0), "reporting changes no verdict: {run:#?}");
    assert!(world.proxy.seen().is_empty());
    assert!(world.server.ids().is_empty());
    world.drain(&run);
    world.server.assert_all_there(&run);
    // What is acknowledged is not sent again.
    let requests = world.proxy.bulks().len();
    let again = world.server.drain_to(&world.proxy.url(), &run);
    world.proxy.come_back();
    let again = again.run();
    assert_eq!(again.code, Some(0), "{again:#?}");
    assert_eq!(world.proxy.bulks().len(), requests, "{:#?}", world.proxy.bulks());
}

#[test]
fn a_cluster_that_comes_late_gets_everything() {
    let Some(world) = World::start() else { return };
    world.proxy.leave();
    let mut running = world.spooler(300).arg("--hold").arg("150").with_input().start();
    running.wait_for_line("held");
    world.proxy.come_back();
    running.press_enter();
    let run = running.finish();
    assert_eq!(run.code, Some(0), "{run:#?}");
    world.server.assert_all_there(&run);
}

#[test]
fn a_cluster_that_goes_and_comes_back_mid_run_gets_everything() {
    let Some(world) = World::start() else { return };
    let mut running = world.spooler(400).arg("--hold").arg("200").with_input().start();
    world.proxy.wait_until("something was sent", |seen| seen.iter().any(|seen| seen.status == Some(200)));
    world.proxy.leave();
    running.wait_for_line("held");
    running.press_enter();
    running.wait_for_line("spooled");
    world.proxy.come_back();
    let run = running.finish();
    assert_eq!(run.code, Some(0), "{run:#?}");
    world.drain(&run);
    world.server.assert_all_there(&run);
}

#[test]
fn a_cluster_without_a_master_gets_everything_once_it_has_one() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Answer::unavailable()).times(3));
    world.proxy.add(Rule::bulk(Answer::bad_gateway()).times(2));
    let run = world.spooler(300).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    world.server.assert_all_there(&run);
}

#[test]
fn a_name_that_nobody_knows_delays_a_run_by_no_more_than_the_flush_and_is_told() {
    let Some(world) = World::start() else { return };
    let run = world.server.spooler("http://no-such-cluster.invalid:9200", 100).env("CANARYTRACE_FLUSH", "500ms").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(format!("{}{}", run.stdout, run.stderr).contains("no-such-cluster.invalid"), "{run:#?}");
    assert!(world.server.ids().is_empty());
    assert!(!spooled(&run).is_empty());
    world.drain(&run);
    world.server.assert_all_there(&run);
}

/// The server's process is killed, and what it acknowledged before is there afterwards.
fn survives_kill_of(product: Product) {
    let Some(mut server) = or_ignored(own(product)) else { return };
    let world = World::of(server.settings());
    let mut running = world.spooler(400).arg("--hold").arg("200").with_input().start();
    running.wait_for_line("held");
    world.server.wait_until_stored(100);
    server.kill();
    running.press_enter();
    running.wait_for_line("spooled");
    server.start();
    let run = running.finish();
    assert_eq!(run.code, Some(0), "{run:#?}");
    world.drain(&run);
    world.server.assert_all_there(&run);
}

#[test]
fn an_elasticsearch_that_is_killed_and_restarted_mid_run_gets_everything_once() {
    survives_kill_of(Product::Elasticsearch);
}

#[test]
fn an_opensearch_that_is_killed_and_restarted_mid_run_gets_everything_once() {
    survives_kill_of(Product::OpenSearch);
}
