//! Pages whose own parts are late, not there, or refused.

use axum::Router;
use axum::extract::Query;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Fault;
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};
use crate::site::wait::{LONGEST_WAIT, Wait};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "slow-resource",
        "A style sheet, a script and a picture that each take ?after=500 ms.",
        "A load that waits for its resources.",
    ),
    Fault::new(
        "missing-resource",
        "A picture, a script and a style sheet that are not there (404).",
        "Broken resources on a page that is whole.",
    ),
    Fault::new(
        "refused-resource",
        "A picture and a script on a port where nobody listens.",
        "Resources of a host that is down.",
    ),
    Fault::new(
        "broken-resource",
        "A picture and a script whose answers are 500, and one that breaks off.",
        "Resources of a host that is ill.",
    ),
];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/slow-resource", get(slow))
        .route("/slow-resource/{name}", get(slow_file))
        .route("/missing-resource", get(missing))
        .route("/refused-resource", get(refused))
        .route("/broken-resource", get(broken))
}

async fn slow(session: Session, Query(wait): Query<Wait>) -> Response {
    let content = html!(
        r#"<link rel="stylesheet" href="/faults/slow-resource/late.css?after={after}">
<h1>Slow resources</h1><p class="lead">Style, script and picture of this page take {after} ms each.</p>
<p><img src="/faults/slow-resource/late.svg?after={after}" width="120" height="100" alt="A picture that comes late"
 data-test="late-picture"></p>
<p data-test="late-script">The script has not come yet.</p>
<script src="/faults/slow-resource/late.js?after={after}" defer></script>"#,
        after = u64::try_from(wait.after(500).as_millis()).unwrap_or(LONGEST_WAIT),
    );
    session.page(Page::new("Slow resources", "a page whose load waits for its parts.", content))
}

async fn slow_file(axum::extract::Path(name): axum::extract::Path<String>, Query(wait): Query<Wait>) -> Response {
    let (kind, content) = match name.as_str() {
        "late.css" => ("text/css; charset=utf-8", "[data-test=\"late-script\"] { font-weight: bold; }"),
        "late.svg" => (
            "image/svg+xml",
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 100"><rect width="120" height="100" fill="#ffd23f"/></svg>"##,
        ),
        "late.js" => (
            "text/javascript; charset=utf-8",
            "document.querySelector('[data-test=\"late-script\"]').textContent = \"The script has come.\";\n",
        ),
        _ => return axum::http::StatusCode::NOT_FOUND.into_response(),
    };
    tokio::time::sleep(wait.after(500)).await;
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], content).into_response()
}

async fn missing(session: Session) -> Response {
    let content = Markup::of_ours(
        r#"<link rel="stylesheet" href="/assets/missing.css">
<h1>Missing resources</h1><p class="lead">The page is whole; its picture, script and style sheet are not there.</p>
<p><img src="/pictures/missing.svg" width="120" height="100" alt="A picture that is not there" data-test="missing-picture"></p>
<script src="/assets/missing.js" defer></script>"#,
    );
    session.page(Page::new("Missing resources", "resources that are answered with 404.", content))
}

async fn refused(session: Session) -> Response {
    // Port 2 is privileged and nobody's; Chromium asks it, which it does not do with ports of well-known services.
    let content = Markup::of_ours(
        r#"<h1>Refused resources</h1><p class="lead">The page is whole; nobody listens where its picture and script should be.</p>
<p><img src="http://127.0.0.1:2/picture.svg" width="120" height="100" alt="A picture that is refused" data-test="refused-picture"></p>
<script src="http://127.0.0.1:2/script.js" defer></script>"#,
    );
    session.page(Page::new("Refused resources", "resources whose connection is refused.", content))
}

async fn broken(session: Session) -> Response {
    let content = Markup::of_ours(
        r#"<h1>Broken resources</h1><p class="lead">The page is whole; the server fails at its picture and script.</p>
<p><img src="/faults/status/500" width="120" height="100" alt="A picture that is answered with 500" data-test="broken-picture"></p>
<p><img src="/practice/download/broken.txt" width="120" height="100" alt="A picture that breaks off" data-test="cut-picture"></p>
<script src="/faults/status/503" defer></script>"#,
    );
    session.page(Page::new("Broken resources", "resources at which the server fails.", content))
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn late_files_come_with_their_type() {
        let site = TestSite::start();
        let client = Client::new(&site);
        for (name, kind) in [("late.css", "text/css"), ("late.svg", "image/svg+xml"), ("late.js", "text/javascript")] {
            let file = client.get(&format!("/faults/slow-resource/{name}?after=0")).await;
            assert!(file.status == 200 && file.header("content-type").starts_with(kind), "{name}");
        }
        assert_eq!(client.get("/faults/slow-resource/none").await.status, 404);
        assert!(client.get("/faults/slow-resource?after=7").await.body.contains("late.js?after=7"));
    }
}
