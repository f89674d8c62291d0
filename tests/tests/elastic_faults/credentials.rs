//! Who we are and whom we talk to: certificates and credentials that are not, or no longer, valid. Sending stops with one
//! loud line, spooling goes on.

use canarytrace_tests::fault_proxy::{Answer, FaultProxy, Rule};
use canarytrace_tests::runner::Finished;
use canarytrace_tests::servers::{Certificate, authority_pem};

use crate::support::{World, spooled};

/// How many lines of what a person sees contain `text`.
fn lines_with(run: &Finished, text: &str) -> usize {
    run.stdout.lines().chain(run.stderr.lines()).filter(|line| line.to_lowercase().contains(text)).count()
}

fn with_certificate(certificate: Certificate) -> Option<(World, Finished)> {
    let mut world = World::start()?;
    world.proxy = FaultProxy::start_tls(world.server.url(), None, certificate);
    let runner = world.spooler(100);
    let ca = runner.folder().join("authority.pem");
    std::fs::write(&ca, authority_pem()).expect("the folder can be written");
    let run = runner.env("CANARYTRACE_ELASTIC_CA", &ca).env("CANARYTRACE_FLUSH", "1s").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    Some((world, run))
}

#[test]
fn a_cluster_with_a_certificate_of_the_given_authority_gets_everything() {
    let Some((world, run)) = with_certificate(Certificate::Valid) else { return };
    assert!(!world.proxy.bulks().is_empty());
    world.server.assert_all_there(&run);
}

#[test]
fn a_cluster_with_an_expired_certificate_gets_nothing_and_that_is_told() {
    let Some((world, run)) = with_certificate(Certificate::Expired) else { return };
    assert!(world.proxy.seen().is_empty(), "{:#?}", world.proxy.seen());
    assert!(lines_with(&run, "expired") > 0, "{run:#?}");
    world.drain(&run);
    world.server.assert_all_there(&run);
}

#[test]
fn a_cluster_with_a_certificate_of_nobody_gets_nothing() {
    let Some((world, run)) = with_certificate(Certificate::SelfSigned) else { return };
    assert!(world.proxy.seen().is_empty(), "{:#?}", world.proxy.seen());
    assert!(lines_with(&run, "certificate") > 0, "{run:#?}");
    world.drain(&run);
    world.server.assert_all_there(&run);
}

#[test]
fn wrong_credentials_stop_sending_with_one_line_and_not_spooling() {
    let Some(world) = World::start() else { return };
    world.proxy.add(Rule::any(Answer::unauthorized()).always());
    let run = world.spooler(300).env("ELASTIC_HTTP_AUTH", "writer:old-secret").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(world.proxy.seen().iter().all(|seen| seen.authorization.is_some()), "{:#?}", world.proxy.seen());
    assert!(world.proxy.bulks().len() < 3, "it goes on asking: {:#?}", world.proxy.bulks());
    assert_eq!(lines_with(&run, "401"), 1, "{run:#?}");
    assert_eq!(lines_with(&run, "old-secret"), 0, "{run:#?}");
    assert!(spooled(&run).len() >= 300, "{run:#?}");
    world.drain(&run);
    world.server.assert_all_there(&run);
}

#[test]
fn credentials_that_are_revoked_mid_run_lose_nothing() {
    let Some(world) = World::start() else { return };
    let mut running = world.spooler(300).arg("--hold").arg("150").with_input().start();
    running.wait_for_line("held");
    world.server.wait_until_stored(150);
    world.proxy.add(Rule::any(Answer::forbidden()).always());
    running.press_enter();
    let run = running.finish();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(lines_with(&run, "403"), 1, "{run:#?}");
    assert!(spooled(&run).len() >= 300, "{run:#?}");
    world.drain(&run);
    world.server.assert_all_there(&run);
}
