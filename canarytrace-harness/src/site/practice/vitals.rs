//! Pages with something to measure, and pages that make measuring hard.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use super::{Practice, page};
use crate::site::session::Site;

pub(super) static PAGES: &[Practice] = &[
    page!(
        "vitals/load",
        "Vitals",
        "A picture, marks, shifts ?first=200 and ?second=1500 ms after the load, a button that is busy for ?busy=120 ms.",
        "a page load of which every vital is known."
    ),
    page!(
        "vitals/hostile",
        "Hostile to measuring",
        "It overwrites performance, PerformanceObserver, Date, JSON and more, and looks for whoever measures it.",
        "figures that no page can spoil."
    ),
    page!(
        "vitals/many",
        "Many entries",
        "?marks=100000 marks, as fast as it can.",
        "a timeline that is longer than anybody wants to keep."
    ),
];

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/vitals/blank", get(blank)).route("/vitals/strict", get(strict))
}

/// A page of which nothing is painted.
async fn blank() -> Response {
    ([(CACHE_CONTROL, "no-store")], Html("<!doctype html><html lang=\"en\"><title>Blank</title>")).into_response()
}

/// A page that may run no script and load nothing.
async fn strict() -> Response {
    let headers = [(CACHE_CONTROL, "no-store"), (CONTENT_SECURITY_POLICY, "default-src 'none'")];
    let content = "<!doctype html><html lang=\"en\"><title>Strict</title><h1>Nothing runs here</h1>
<script>document.querySelector('h1').textContent = 'A script ran';</script>";
    (headers, Html(content)).into_response()
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_strict_page_has_a_policy_that_forbids_everything() {
        let site = TestSite::start();
        let page = Client::new(&site).get("/practice/vitals/strict").await;
        assert_eq!(page.header("content-security-policy"), "default-src 'none'");
        assert!(page.body.contains("Nothing runs here"), "{}", page.body);
    }
}
