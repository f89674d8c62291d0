//! Runs with a real browser, from the page to the server.

use canarytrace_tests::fault_proxy::{Fault, Rule};
use canarytrace_tests::runner::{Runner, kill, processes_below};
use rustix::process::Signal;

use crate::support::{World, spooled};

#[test]
fn a_run_with_a_browser_is_on_the_server_once_although_replies_are_lost() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Fault::LostReply).times(2));
    let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor("uses_the_shop");
    let run = world.server.options(runner, &world.proxy.url()).env("CANARYTRACE_FLUSH", "30s").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(world.proxy.hits(&Fault::LostReply), 2);
    assert!(!spooled(&run).is_empty());
    world.server.assert_all_there(&run);
}

#[test]
fn documents_leave_while_a_run_goes_on_and_what_is_left_of_a_killed_one_is_drained() {
    let Some(world) = World::start() else { return };
    let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor("waits");
    let running = world.server.options(runner, &world.proxy.url()).start();
    world
        .proxy
        .wait_until("something was sent", |seen| seen.iter().any(|seen| seen.is_bulk() && seen.status == Some(200)));
    running.signal(Signal::KILL);
    let run = running.finish();
    // Its browser knows nothing of that, and the next runner would end it.
    for pid in processes_below(run.folder(), "") {
        kill(pid, Signal::KILL);
    }
    world.drain(&run);
    world.server.assert_all_there(&run);
}
