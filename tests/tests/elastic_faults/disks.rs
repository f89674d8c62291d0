//! Disks and clocks of ours that fail.

use std::path::Path;

use canarytrace_tests::clock::Clock;
use canarytrace_tests::fault_proxy::{Answer, Fault, Rule};
use canarytrace_tests::runner::Finished;
use canarytrace_tests::tmpfs::Tmpfs;

use crate::support::{World, spooled};

fn bytes_below(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            entry.metadata().map_or(0, |data| if data.is_dir() { bytes_below(&entry.path()) } else { data.len() })
        })
        .sum()
}

fn on_full_disk(world: &World) -> Option<(Tmpfs, Finished)> {
    let disk = Tmpfs::mount("size=256k")?;
    let run = world.spooler(400).env("CANARYTRACE_DATA", disk.path()).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(bytes_below(&run.fallback()) > 0, "it went on elsewhere: {run:#?}");
    assert!(spooled(&run).len() >= 400, "no document is lost: {run:#?}");
    Some((disk, run))
}

#[test]
fn a_disk_that_gets_full_under_the_spool_keeps_nothing_from_the_cluster() {
    let Some(world) = World::start() else { return };
    let Some((_disk, run)) = on_full_disk(&world) else { return };
    world.drain(&run);
    world.server.assert_all_there(&run);
}

/// The cursor can't be written, so that everything is sent again and again; the cluster knows it already.
#[test]
fn a_full_disk_and_lost_replies_store_nothing_twice() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Fault::LostReply).after(1).times(2));
    let Some((_disk, run)) = on_full_disk(&world) else { return };
    world.drain(&run);
    world.drain(&run);
    world.server.assert_all_there(&run);
}

#[test]
fn a_clock_that_is_set_back_mid_run_loses_and_doubles_nothing() {
    let Some(world) = World::start() else { return };
    let clock = Clock::new();
    world.proxy.add(Rule::bulk(Fault::LostReply).after(2));
    world.proxy.add(Rule::bulk(Answer::too_many_requests(Some(1))).after(3));
    let mut running = clock.of(world.spooler(400)).arg("--hold").arg("200").with_input().start();
    running.wait_for_line("held");
    world.server.wait_until_stored(50);
    clock.set_back(3600);
    running.press_enter();
    let run = running.finish();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let report = run.documents("report");
    let moments: Vec<_> = report.iter().map(|document| document["timestamp"].as_i64().expect("a moment")).collect();
    assert!(moments.windows(2).any(|pair| pair[1] < pair[0] - 3_000_000), "the clock was set back: {moments:?}");
    world.server.assert_all_there(&run);
}
