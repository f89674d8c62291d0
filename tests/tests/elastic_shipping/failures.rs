//! Documents at which a cluster fails each time: they block nobody for ever, and are not lost.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use canarytrace::elastic::ship::{Control, DeadLetter, Patience, Phase, ShipOptions, dead_letters};
use canarytrace_tests::fault_proxy::{Answer, Fault, FaultProxy, Refusal, Rule};
use serde_json::Value;
use tokio::time::Instant;

use crate::support::{Spool, World, append, on_both};

on_both! {
    a_document_at_which_alone_the_cluster_fails_is_given_up_and_the_rest_arrives,
    one_that_makes_whole_requests_fail_is_found_and_given_up,
    attempts_are_remembered_by_whoever_comes_next,
    a_data_stream_at_which_the_cluster_fails_wholly_is_left_alone_and_nothing_of_it_is_given_up,
    a_cluster_that_fails_at_everything_for_a_while_gives_no_dead_letters,
}

/// As a server has it whose own code fails: nothing of it passes.
const BROKEN: Refusal =
    Refusal { status: 500, kind: "null_pointer_exception", reason: "Cannot invoke \"x.y()\" because \"z\" is null" };

/// How often a document is tried.
const ATTEMPTS: usize = 10;

fn proxy(world: &World) -> FaultProxy {
    FaultProxy::start(world.server.url(), None)
}

fn options() -> ShipOptions {
    ShipOptions { backoff_first: Duration::from_millis(2), batch_documents: 10, ..ShipOptions::default() }
}

fn letters(folder: &Path) -> Vec<DeadLetter> {
    dead_letters(folder).expect("they can be read").collect()
}

fn a_document_at_which_alone_the_cluster_fails_is_given_up_and_the_rest_arrives(world: &World) {
    let proxy = proxy(world);
    proxy.add(Rule::bulk(Fault::ids("-report-4", BROKEN)).always());
    let spool = Spool::new();
    let (folder, ids) = spool.run(50, |_, _| {});
    let (figures, notices) = world.drain_with(&spool, |settings, options| {
        settings.nodes = vec![proxy.url().parse().expect("it is a URL")];
        options.ship = self::options();
    });
    assert_eq!((figures.sent, figures.dead, figures.left.documents), (49, 1, 0), "{figures:?}\n{notices}");
    let letters = letters(&folder);
    let [letter] = &letters[..] else { panic!("{letters:#?}") };
    assert_eq!((letter.id.as_deref(), letter.status), (Some(ids[3].as_str()), Some(500)), "{letter:#?}");
    assert_eq!(letter.kind.as_deref(), Some(BROKEN.kind));
    assert!(letter.reason.starts_with(BROKEN.reason) && letter.reason.contains("tried 10 times"), "{letter:#?}");
    assert!(letter.document.is_some(), "{letter:#?}");
    assert!(notices.contains("dead-letters.jsonl"), "{notices}");
    let alone = proxy.bulks().iter().filter(|seen| seen.documents == 1 && seen.fault.is_some()).count();
    // The first time it was with the others of its batch; the last one is the document of the delivery.
    assert_eq!(alone, ATTEMPTS, "{:#?}", proxy.bulks());
    let stored = world.ids();
    assert!(ids.iter().enumerate().all(|(at, id)| stored.contains(id) == (at != 3)), "{stored:#?}");

    // Once the server is repaired, it is sent like any other.
    proxy.clear();
    let taken = world.drain_with(&spool, |_, options| options.dead_letters = true).0;
    assert_eq!((taken.sent, taken.dead), (1, 0), "{taken:?}");
    assert!(world.ids().contains(&ids[3]));
}

fn one_that_makes_whole_requests_fail_is_found_and_given_up(world: &World) {
    let proxy = proxy(world);
    proxy.add(Rule::bulk(Fault::answer_to("-report-14", Answer::error(500, BROKEN.kind, BROKEN.reason))).always());
    let spool = Spool::new();
    let (folder, ids) = spool.run(50, |_, _| {});
    let (figures, notices) = world.drain_with(&spool, |settings, options| {
        settings.nodes = vec![proxy.url().parse().expect("it is a URL")];
        options.ship = self::options();
        options.control = Control::new(Phase::Going, Patience::Endless).1;
    });
    assert_eq!((figures.sent, figures.dead, figures.left.documents), (49, 1, 0), "{figures:?}\n{notices}");
    let letters = letters(&folder);
    let [letter] = &letters[..] else { panic!("{letters:#?}") };
    assert_eq!((letter.id.as_deref(), letter.status), (Some(ids[13].as_str()), Some(500)), "{letter:#?}");
    assert!(letter.reason.contains(BROKEN.reason), "{letter:#?}");
    assert!(ids.iter().enumerate().all(|(at, id)| world.ids().contains(id) == (at != 13)));
}

fn attempts_are_remembered_by_whoever_comes_next(world: &World) {
    let proxy = proxy(world);
    let spool = Spool::new();
    let (folder, ids) = spool.run(5, |_, _| {});
    // The time of the first one is over in the middle.
    let (phase, control) = Control::new(Phase::Going, Patience::Brief);
    let seen = AtomicUsize::new(0);
    proxy.add(Rule::bulk(Fault::ids("-report-2", BROKEN)).always().then(move || {
        if seen.fetch_add(1, Ordering::Relaxed) == 5 {
            let _ = phase.send(Phase::Ending(Instant::now()));
        }
    }));
    let at_the_proxy = |settings: &mut canarytrace::elastic::Settings| {
        settings.nodes = vec![proxy.url().parse().expect("it is a URL")];
    };
    let (figures, _) = world.drain_with(&spool, |settings, options| {
        at_the_proxy(settings);
        options.ship = self::options();
        options.control = control;
    });
    assert_eq!((figures.sent, figures.dead), (4, 0), "{figures:?}");
    assert!(figures.left.documents >= 4, "the cursor stands before the one that is left: {figures:?}");
    let cursor: Value =
        serde_json::from_slice(&fs::read(folder.join("cursor.json")).expect("it is there")).expect("it is JSON");
    let noted = cursor["failures"][&ids[1]].as_u64().expect("it is noted");
    assert!((4..=6).contains(&noted), "{cursor:#}");
    let before = proxy.bulks().len();
    let (figures, notices) = world.drain_with(&spool, |settings, options| {
        at_the_proxy(settings);
        options.ship = self::options();
    });
    assert_eq!((figures.dead, figures.left.documents), (1, 0), "{figures:?}\n{notices}");
    let again = proxy.bulks()[before..].iter().filter(|seen| seen.documents == 1).count() as u64;
    // Beside it there are two documents of deliveries; and OpenSearch says once that it doesn't know
    // `require_data_stream`.
    assert!(again <= ATTEMPTS as u64 - noted + 3, "{noted} and {again}: {:#?}", proxy.bulks());
    assert_eq!(letters(&folder).len(), 1);
    let cursor = fs::read_to_string(folder.join("cursor.json")).expect("it is there");
    assert!(!cursor.contains("failures"), "what is given up is no failure any more: {cursor}");
}

fn a_data_stream_at_which_the_cluster_fails_wholly_is_left_alone_and_nothing_of_it_is_given_up(world: &World) {
    let proxy = proxy(world);
    let of_report = Fault::Items(Arc::new(|_, id| id.contains("-report-").then_some(BROKEN)));
    proxy.add(Rule::bulk(of_report).always());
    let spool = Spool::new();
    let (folder, ids) = spool.run(5, |_, _| {});
    let report = fs::read_to_string(folder.join("report.ndjson")).expect("it is there");
    append(&folder.join("zz-last.ndjson"), &report);
    let (figures, notices) = world.drain_with(&spool, |settings, options| {
        settings.nodes = vec![proxy.url().parse().expect("it is a URL")];
        // Nothing of the other dataset is in a batch with these.
        options.ship = ShipOptions { batch_documents: 5, ..self::options() };
        options.control = Control::new(Phase::Going, Patience::Endless).1;
    });
    assert_eq!((figures.sent, figures.dead, figures.left.documents), (5, 0, 5), "{figures:?}\n{notices}");
    assert!(notices.contains("of report: 500: ") && notices.contains("Look into the logs"), "{notices}");
    assert!(letters(&folder).is_empty());

    proxy.clear();
    assert_eq!(world.drain(&spool).left.documents, 0);
    let stored = world.ids();
    assert!(ids.iter().all(|id| stored.contains(id)), "{stored:#?}");
}

fn a_cluster_that_fails_at_everything_for_a_while_gives_no_dead_letters(world: &World) {
    let proxy = proxy(world);
    // In the middle of a batch, and longer than a document is tried.
    proxy.add(Rule::bulk(Fault::every(2, BROKEN)).times(1));
    proxy.add(Rule::bulk(Answer::bad_gateway()).times(8 * ATTEMPTS));
    let spool = Spool::new();
    let (_, ids) = spool.run(30, |_, _| {});
    let (figures, notices) = world.drain_with(&spool, |settings, options| {
        settings.nodes = vec![proxy.url().parse().expect("it is a URL")];
        options.ship = ShipOptions { backoff_most: Duration::from_millis(5), ..self::options() };
        options.control = Control::new(Phase::Going, Patience::Endless).1;
    });
    assert_eq!((figures.dead, figures.left.documents), (0, 0), "{figures:?}\n{notices}");
    let stored = world.ids();
    assert!(ids.iter().all(|id| stored.contains(id)), "{stored:#?}");
}
