//! A cluster that has too much to do, or takes no document like this.

use canarytrace_tests::fault_proxy::{Answer, Fault, Refusal, Rule};

use crate::support::{World, dead, spooled};

#[test]
fn a_storm_of_429_ends_with_everything_there() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Answer::too_many_requests(Some(1))));
    world.proxy.add(Rule::bulk(Answer::too_many_requests(None)).times(3));
    world.proxy.add(Rule::bulk(Fault::every(2, Refusal::BUSY)).times(2));
    world.proxy.add(Rule::bulk(Fault::every(1, Refusal::BUSY)));
    let run = world.spooler(300).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let bulks = world.proxy.bulks();
    let asked = bulks.iter().position(|seen| seen.status == Some(429)).expect("it was asked to wait");
    let waited = bulks[asked + 1].at - bulks[asked].at;
    assert!(waited.as_millis() >= 1000, "Retry-After was 1 s, and it waited {waited:?}");
    world.server.assert_all_there(&run);
}

#[test]
fn only_the_documents_that_were_refused_are_sent_again() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Fault::every(5, Refusal::NO_SHARD)));
    let run = world.spooler(50).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let bulks = world.proxy.bulks();
    let first = bulks.iter().position(|seen| seen.fault.is_some()).expect("some were refused");
    assert_eq!(bulks[first + 1].documents, bulks[first].documents.div_ceil(5), "{bulks:#?}");
    world.server.assert_all_there(&run);
}

#[test]
fn a_body_that_is_too_large_is_sent_in_parts() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Fault::TooLarge(30_000)).always());
    let run = world.spooler(200).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(world.proxy.hits(&Fault::TooLarge(0)) > 0, "{:#?}", world.proxy.bulks());
    world.server.assert_all_there(&run);
}

#[test]
fn what_no_mapping_takes_is_a_dead_letter_with_the_reason_of_the_server() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::bulk(Fault::every(10, Refusal::MAPPING)).times(2));
    let run = world.spooler(200).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let letters = dead(&run);
    assert!(!letters.is_empty() && letters.len() < spooled(&run).len(), "{letters:#?}");
    for letter in letters {
        assert_eq!(letter["status"], 400);
        assert!(letter["reason"].to_string().contains("failed to parse field [x]"), "{letter}");
        assert!(letter["document"]["uuid"].is_string(), "{letter}");
    }
    world.server.assert_rest_there(&run);
}
