//! Several processes that send from one data folder.

use canarytrace_tests::fault_proxy::{Fault, Rule};

use crate::support::{World, beside, spooled};

#[test]
fn two_runners_and_a_drainer_at_once_send_each_document_once() {
    let Some(world) = World::start() else { return };
    // What an earlier run left, for somebody to find.
    world.proxy.leave();
    let first = world.spooler(300).env("CANARYTRACE_FLUSH", "0").run();
    assert_eq!(first.code, Some(0), "{first:#?}");
    world.proxy.come_back();
    world.proxy.add(Rule::bulk(Fault::LostReply).after(3).times(2));
    world.proxy.add(Rule::bulk(Fault::CutReply).after(6));
    let runner = |seed: u32| {
        beside(world.spooler(300), &first).arg("--seed").arg(seed.to_string()).arg("--rate").arg("600").start()
    };
    let runners = [runner(2), runner(3)];
    let drainer = world.server.drain_to(&world.proxy.url(), &first).start();
    for running in runners {
        let run = running.finish();
        assert_eq!(run.code, Some(0), "{run:#?}");
    }
    // What others were sending just then is theirs.
    drainer.finish();
    assert!(spooled(&first).len() >= 900);
    world.drain(&first);
    world.server.assert_all_there(&first);
}
