//! `kill -9` at random moments, under random schedules of faults.

use std::time::Duration;

use canarytrace_tests::fault_proxy::{Answer, Fault, Refusal, Rule};
use canarytrace_tests::runner::Finished;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rustix::process::Signal;

use crate::support::{World, beside};

/// What happens to one life of a runner: faults of its requests, and after how many of them it is killed, if it is.
#[derive(Clone, Debug)]
struct Life {
    faults: Vec<(Fault, usize)>,
    killed_after: Option<usize>,
    documents: usize,
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => Just(Fault::LostReply),
        2 => Just(Fault::CutReply),
        2 => (0_usize..2000).prop_map(Fault::CutRequest),
        1 => Just(Fault::TruncatedReply),
        1 => (-2_isize..=2).prop_filter("another count", |more| *more != 0).prop_map(Fault::WrongItemCount),
        1 => Just(Fault::DoneAndHang),
        1 => Just(Answer::too_many_requests(None).into()),
        1 => Just(Answer::unavailable().into()),
        2 => (1_usize..8).prop_map(|nth| Fault::every(nth, Refusal::BUSY)),
        1 => (3_usize..20).prop_map(|nth| Fault::every(nth, Refusal::MAPPING)),
        1 => Just(Fault::SlowReply(Duration::from_millis(1))),
    ]
}

fn life() -> impl Strategy<Value = Life> {
    (prop::collection::vec((fault(), 0_usize..4), 0..4), prop::option::weighted(0.7, 0_usize..8), 20_usize..200)
        .prop_map(|(faults, killed_after, documents)| Life { faults, killed_after, documents })
}

/// Runs one life in the data folder of the first one.
fn live(world: &World, life: &Life, first: Option<&Finished>, seed: usize) -> Finished {
    world.proxy.clear();
    for (fault, after) in &life.faults {
        world.proxy.add(Rule::bulk(fault.clone()).after(*after));
    }
    let before = world.proxy.bulks().len();
    let mut runner = world
        .spooler(life.documents)
        .env("ELASTIC_TIMEOUT", "500ms")
        .env("CANARYTRACE_FLUSH", "1s")
        .env("CANARYTRACE_BATCH_DOCUMENTS", "20")
        .arg("--seed")
        .arg(seed.to_string());
    if let Some(first) = first {
        runner = beside(runner, first);
    }
    let mut running = runner.start();
    if let Some(requests) = life.killed_after {
        // It may be over before: then nobody is killed.
        running.wait_while(|| world.proxy.bulks().len() < before + requests);
        running.signal(Signal::KILL);
    }
    running.finish()
}

#[test]
fn a_runner_that_is_killed_at_any_moment_under_any_faults_loses_and_doubles_nothing() {
    let Some(world) = World::start() else { return };
    // The same cases each time: a failure can be looked into.
    let config = Config { cases: 6, failure_persistence: None, max_shrink_iters: 0, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let lives = prop::collection::vec(life(), 1..3);
    TestRunner::new_with_rng(config, random)
        .run(&lives, |lives| {
            let mut first = None;
            for (seed, life) in lives.iter().enumerate() {
                let run = live(&world, life, first.as_ref(), seed);
                first.get_or_insert(run);
            }
            let first = first.expect("there is at least one life");
            world.proxy.clear();
            world.drain(&first);
            world.server.assert_rest_there_of(&first);
            Ok(())
        })
        .expect("it holds for all schedules");
}
