//! Targets that can't be reached or don't answer as they should.

use canarytrace_tests::servers::{Certificate, PracticeSite, RefusedPort, serve_tls, trust_authority};

use super::{failed, fixture, smoke};

#[test]
fn a_refused_port_is_the_applications_fault() {
    let port = RefusedPort::take();
    let url = port.url();
    let message = failed(&smoke(&url).run(), 101, "navigation", "application");
    assert_eq!(
        message,
        format!(
            "could not open {url}: net::ERR_CONNECTION_REFUSED: the host is there but nothing listens on this port: is \
             the application running?"
        )
    );
}

#[test]
fn a_name_that_does_not_resolve_is_the_networks_fault() {
    let message = failed(&smoke("http://shop.invalid/").run(), 101, "navigation", "network");
    assert_eq!(
        message,
        "could not open http://shop.invalid/: net::ERR_NAME_NOT_RESOLVED: the name could not be resolved: check its \
         spelling and the machine's name servers"
    );
}

#[test]
fn a_journey_says_as_much_as_smoke() {
    let run = fixture().monitor("passes").env("BASE_URL", "http://shop.invalid/").run();
    let message = failed(&run, 101, "navigation", "network");
    assert!(message.starts_with("could not open http://shop.invalid/: net::ERR_NAME_NOT_RESOLVED: "), "{message}");
}

#[test]
fn a_self_signed_certificate_is_refused() {
    let url = serve_tls(Certificate::SelfSigned);
    let message = failed(&smoke(&url).run(), 101, "tls", "application");
    assert_eq!(
        message,
        format!(
            "could not open {url}: net::ERR_CERT_AUTHORITY_INVALID: the certificate is self-signed, or signed by an \
             authority that this browser does not trust"
        )
    );
}

#[test]
fn an_expired_certificate_is_refused() {
    let url = serve_tls(Certificate::Expired);
    let runner = smoke(&url);
    let home = runner.folder().join("home");
    trust_authority(&home);
    let message = failed(&runner.env("HOME", &home).run(), 101, "tls", "application");
    assert_eq!(
        message,
        format!("could not open {url}: net::ERR_CERT_DATE_INVALID: the certificate has expired, or is not valid yet")
    );
}

#[test]
fn a_valid_certificate_of_an_authority_that_this_user_trusts_is_accepted() {
    let runner = smoke(&serve_tls(Certificate::Valid));
    let home = runner.folder().join("home");
    trust_authority(&home);
    let run = runner.env("HOME", &home).run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert_eq!(run.document("smoke-title", |_| true)["title"], "Over TLS");
    run.assert_complete();
    run.assert_nothing_left();
}

#[test]
fn a_status_of_500_fails_with_the_status_as_it_was_answered() {
    let site = PracticeSite::start();
    let url = site.url("/faults/status/500");
    let message = failed(&smoke(&url).run(), 101, "http_status", "application");
    assert_eq!(message, format!("{url} answered 500 Internal Server Error"));
}

#[test]
fn an_endless_redirect_is_named() {
    let site = PracticeSite::start();
    let url = site.url("/faults/redirect-loop");
    let message = failed(&smoke(&url).run(), 101, "navigation", "application");
    assert_eq!(
        message,
        format!("could not open {url}: net::ERR_TOO_MANY_REDIRECTS: the redirects never come to an end")
    );
}

#[test]
fn a_page_that_never_ends_is_told_with_what_is_still_loading() {
    let site = PracticeSite::start();
    let url = site.url("/faults/never-ends");
    let run = smoke(&url).env("WAIT_FOR_TIMEOUT", "3s").run();
    let message = failed(&run, 101, "timeout", "application");
    assert_eq!(
        message,
        format!(
            "{url} did not finish loading within 3s (WAIT_FOR_TIMEOUT); still loading (1): {}",
            site.url("/faults/never-ends/picture.svg")
        )
    );
    let seen = run.document("smoke-title", |_| true);
    assert_eq!((&seen["responseStatus"], &seen["responseUrl"]), (&200.into(), &url.into()), "it was answered");
}

#[test]
fn a_server_that_never_answers_is_told_from_a_page_that_never_ends() {
    let site = PracticeSite::start();
    let url = site.url("/faults/never-answers");
    let run = smoke(&url).env("WAIT_FOR_TIMEOUT", "3s").run();
    let message = failed(&run, 101, "timeout", "application");
    assert_eq!(message, format!("{url}: no answer within 3s (WAIT_FOR_TIMEOUT)"));
    let seen = run.document("smoke-title", |_| true);
    assert_eq!((seen["entryUrl"].as_str(), seen.get("responseStatus")), (Some(url.as_str()), None));
}

#[test]
fn a_load_that_outlives_the_monitor_itself_leaves_complete_documents() {
    let site = PracticeSite::start();
    let url = site.url("/faults/never-answers");
    let run = smoke(&url).env("CANARYTRACE_TIMEOUT", "2s").run();
    let message = failed(&run, 101, "timeout", "application");
    assert_eq!(message, "the monitor took longer than its timeout of 2s while in the step \"the page loads\"");
    assert_eq!(run.document("smoke-title", |_| true)["entryUrl"], url);
}
