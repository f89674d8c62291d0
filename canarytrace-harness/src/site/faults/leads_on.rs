//! Pages that lead to another one by other means than the status line.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;

use super::Fault;
use crate::site::assets;
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};
use crate::site::wait::Wait;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new(
        "meta-refresh",
        "Goes to the basket by a meta element after ?after= ms, in whole seconds, 0 if not said.",
        "Redirects that the browser makes.",
    ),
    Fault::new(
        "script-redirect",
        "Goes to ?to=, else the basket, by location.assign, ?after=300 ms.",
        "Redirects that a script makes.",
    ),
    Fault::new("script-replace", "The same by location.replace: nothing to go back to.", "Redirects without history."),
    Fault::new(
        "push-state",
        "Changes URL and title by history.pushState, ?after=300 ms, without a load.",
        "A URL that changes without a navigation.",
    ),
    Fault::new(
        "click-redirect",
        "Goes to the basket ?after=300 ms after a click.",
        "A navigation that a click starts late.",
    ),
];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/meta-refresh", get(meta_refresh))
        .route(
            "/script-redirect",
            get(async |session| goes_on(session, "Script redirect", "leaves by location.assign")),
        )
        .route("/script-replace", get(async |session| goes_on(session, "Script replace", "leaves by location.replace")))
        .route("/push-state", get(async |session| goes_on(session, "Push state", "gets another URL without a load")))
        .route("/push-state/next", get(async |session| goes_on(session, "Next state", "was loaded after all")))
        .route("/click-redirect", get(click_redirect))
}

async fn meta_refresh(session: Session, Query(wait): Query<Wait>) -> Response {
    let content = html!(
        r#"<meta http-equiv="refresh" content="{seconds}; url=/basket"><h1>Meta refresh</h1>
<p class="lead">This page leads to the <a href="/basket">basket</a> by itself.</p>"#,
        seconds = wait.after(0).as_secs(),
    );
    session.page(Page::new("Meta refresh", "a redirect that stands in the page.", content))
}

fn goes_on(session: Session, title: &str, how: &str) -> Response {
    let content = html!(r#"<h1>{title}</h1><p class="lead">This page {how}.</p>"#, title, how);
    leads_on(session, title, content)
}

async fn click_redirect(session: Session) -> Response {
    let content = html!(
        r#"<h1>Click redirect</h1><p class="lead">The button leads to the basket, a little late.</p>
<p><button type="button" data-test="go">Go on</button></p>"#
    );
    leads_on(session, "Click redirect", content)
}

fn leads_on(session: Session, title: &str, content: Markup) -> Response {
    session
        .page(Page { assets: vec![&assets::GOES_ON], ..Page::new(title, "a page that leads on by a script.", content) })
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_meta_element_says_when_and_where() {
        let site = TestSite::start();
        let client = Client::new(&site);
        assert!(client.get("/faults/meta-refresh").await.body.contains(r#"content="0; url=/basket""#));
        assert!(client.get("/faults/meta-refresh?after=2000").await.body.contains(r#"content="2; url=/basket""#));
    }
}
