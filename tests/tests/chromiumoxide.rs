//! chromiumoxide beside our page: its typed commands over our session, and its own page of the same tab.

use std::sync::Arc;
use std::time::Duration;

use canarytrace::browser::install;
use canarytrace::browser::launch::{Launched, Notices, launch};
use canarytrace::config::Config;
use canarytrace::page::{Page, title};
use canarytrace::record::FailureKind;
use canarytrace_tests::servers::{Certificate, serve_tls};
use chromiumoxide::cdp::browser_protocol::browser::GetVersionParams;
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;

/// Long enough for a busy machine: only what fails waits so long.
const PATIENT: Duration = Duration::from_secs(30);

async fn start(cache: &tempfile::TempDir) -> (Launched, Page) {
    let mut config = Config::from_parts([], None).expect("the defaults are right");
    let notices: Notices = Arc::new(|_line| {});
    install::ready(&config, &notices).await.expect("a browser is there, or can be installed");
    cache.path().clone_into(&mut config.cache);
    let launched = launch(&config, config.device, &notices).await.expect("the browser starts");
    let page = Page::new(&launched, None, PATIENT).await.unwrap();
    (launched, page)
}

#[tokio::test]
async fn the_tab_can_be_used_by_chromiumoxide_and_certificates_stay_checked() {
    let cache = tempfile::tempdir().unwrap();
    let (launched, page) = start(&cache).await;

    // Typed commands over our own session.
    let sum = page.devtools().execute(EvaluateParams::new("6 * 7")).await.unwrap();
    assert_eq!(sum.result.value, Some(42.into()));
    let version = page.devtools().execute(GetVersionParams::default()).await.unwrap();
    assert!(version.product.contains("Chrom"), "{version:?}");

    // Its own page is the same tab.
    let other = page.chromiumoxide().await.unwrap();
    other.evaluate("document.title = 'written by chromiumoxide'").await.unwrap();
    page.expect(title()).to_be("written by chromiumoxide").await.unwrap();
    let read: String = other.evaluate("document.title").await.unwrap().into_value().unwrap();
    assert_eq!(read, "written by chromiumoxide");

    // chromiumoxide's default would have switched the check off, for the whole browser.
    let url = serve_tls(Certificate::SelfSigned);
    let failure = page.goto(&url).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");
    drop(other);
    let failure = page.goto(&url).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Tls, "{failure:?}");

    // The tab is still ours when chromiumoxide is gone.
    page.goto("data:text/html,<title>after</title>").await.unwrap();
    page.expect(title()).to_be("after").await.unwrap();
    launched.close().await;
}
