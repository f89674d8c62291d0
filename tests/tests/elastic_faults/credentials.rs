//! Who we are and whom we talk to: certificates and credentials that are not, or no longer, valid. Sending stops with one
//! loud line, spooling goes on.

use canarytrace_tests::elastic::{or_ignored, shared_secured};
use canarytrace_tests::fault_proxy::{Answer, FaultProxy, Rule};
use canarytrace_tests::runner::Finished;
use canarytrace_tests::servers::{Certificate, authority_pem};

use crate::support::{World, spooled};

/// How many lines of what a person sees contain `text`.
fn lines_with(run: &Finished, text: &str) -> usize {
    run.stdout.lines().chain(run.stderr.lines()).filter(|line| line.to_lowercase().contains(text)).count()
}

fn with_certificate(certificate: Certificate, flush: &str) -> Option<(World, Finished)> {
    let mut world = World::start()?;
    world.proxy = FaultProxy::start_tls(world.server.url(), None, certificate);
    let runner = world.spooler(100);
    let ca = runner.folder().join("authority.pem");
    std::fs::write(&ca, authority_pem()).expect("the folder can be written");
    let run = runner.env("CANARYTRACE_ELASTIC_CA", &ca).env("CANARYTRACE_FLUSH", flush).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    Some((world, run))
}

#[test]
fn a_cluster_with_a_certificate_of_the_given_authority_gets_everything() {
    let Some((world, run)) = with_certificate(Certificate::Valid, "30s") else { return };
    assert!(!world.proxy.bulks().is_empty());
    world.server.assert_all_there(&run);
}

#[test]
fn a_cluster_with_an_expired_certificate_gets_nothing_and_that_is_told() {
    let Some((world, run)) = with_certificate(Certificate::Expired, "1s") else { return };
    assert!(world.proxy.seen().is_empty(), "{:#?}", world.proxy.seen());
    assert!(lines_with(&run, "expired") > 0, "{run:#?}");
    world.drain(&run);
    world.server.assert_all_there(&run);
}

#[test]
fn a_cluster_with_a_certificate_of_nobody_gets_nothing() {
    let Some((world, run)) = with_certificate(Certificate::SelfSigned, "1s") else { return };
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
    assert!(world.proxy.bulks().len() < 6, "it goes on asking: {:#?}", world.proxy.bulks());
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

/// The same with a user of a real server that knows users: the proxy passes everything on.
#[test]
fn a_user_that_is_removed_mid_run_loses_nothing() {
    let Some(server) = or_ignored(shared_secured()) else { return };
    let world = World::of(server.settings());
    let (name, password) = (format!("writer-{}", world.server.prefix.trim_end_matches('.')), "writes-2-documents");
    server.add_user(&name, password, &["superuser"]);
    let runner = world.spooler(300).env("ELASTIC_HTTP_AUTH", format!("{name}:{password}"));
    let mut running = runner.arg("--hold").arg("150").with_input().start();
    running.wait_for_line("held");
    world.server.wait_until_stored(150);
    server.remove_user(&name, password);
    running.press_enter();
    let run = running.finish();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(lines_with(&run, "401"), 1, "{run:#?}");
    assert!(world.server.ids().len() < spooled(&run).len(), "it was too late");
    world.drain(&run);
    world.server.assert_all_there(&run);
}
