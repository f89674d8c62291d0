//! Faults in markup and scripts.

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::Fault;
use crate::site::assets::{self, Asset};
use crate::site::html::{Markup, html};
use crate::site::layout::{Page, Title};
use crate::site::session::{Session, Site};

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("alert", "Opens an alert with the text “Practice alert”.", "An alert that nobody answers."),
    Fault::new(
        "closes-itself",
        "Closes its own window, where the browser lets it.",
        "A page that goes away in the middle of a step.",
    ),
    Fault::new("no-title", "Has no title element.", "Smoke checks want a title."),
    Fault::new("console-error", "Logs an error and throws another.", "Errors in the console are recorded."),
    Fault::new("console", "Logs on every level, values of every kind.", "The console is recorded as it was written."),
    Fault::new("throws", "Throws at load, two functions deep.", "Exceptions are recorded with their stack."),
    Fault::new("throws-on-click", "Throws, rejects or logs when a button is pressed.", "Exceptions belong to a step."),
    Fault::new("rejects", "Leaves two rejected promises without a handler.", "Unhandled rejections are recorded."),
];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/alert", get(alert))
        .route("/closes-itself", get(closes_itself))
        .route("/no-title", get(no_title))
        .route("/console-error", get(console_error))
        .route("/console", get(console))
        .route("/throws", get(throws))
        .route("/throws-on-click", get(throws_on_click))
        .route("/rejects", get(rejects))
}

async fn alert(session: Session) -> Response {
    let content = html!(r#"<h1>Alert</h1><p class="lead">An alert opens as soon as the page has loaded.</p>"#);
    with_script(session, "Alert", "an alert on load.", &assets::ALERT, content)
}

async fn closes_itself(session: Session) -> Response {
    let content = html!(
        r#"<h1>Closes itself</h1>
<p class="lead" data-test="still-open">If you can read this, the browser kept the window open. Chromium closes a window for
its page only if nothing else was shown in it before, if a script opened it, or if it was started with
<code>--blink-settings=allowScriptsToCloseWindows=true</code>.</p>
<p><a class="button" href="/faults/closes-itself" target="_blank" data-test="open-window">Open this page in a new tab</a></p>"#
    );
    with_script(session, "Closes itself", "a window that is gone once it has loaded.", &assets::CLOSES_ITSELF, content)
}

async fn no_title(session: Session) -> Response {
    let content = html!(r#"<h1>No title</h1><p class="lead">This page has a heading, but no title element.</p>"#);
    session.page(Page { title: Title::None, ..Page::new("", "a page that lacks its title.", content) })
}

async fn console_error(session: Session) -> Response {
    let content = html!(
        r#"<h1>Console error</h1>
<p class="lead">The script of this page has logged “Practice error” and then thrown “Practice exception”.</p>"#
    );
    with_script(session, "Console error", "errors that only the console shows.", &assets::CONSOLE_ERROR, content)
}

async fn console(session: Session) -> Response {
    let content = html!(
        r#"<h1>Console</h1><p class="lead">The script of this page has written to the console on every level.</p>"#
    );
    with_script(session, "Console", "what the console holds besides errors.", &assets::CONSOLE_LEVELS, content)
}

async fn throws(session: Session) -> Response {
    let content =
        html!(r#"<h1>Throws</h1><p class="lead">The script of this page has thrown “Practice exception at load”.</p>"#);
    with_script(session, "Throws", "an exception at load.", &assets::THROWS, content)
}

async fn throws_on_click(session: Session) -> Response {
    let content = html!(
        r#"<h1>Throws on click</h1><p class="lead">Each button makes an error of its own.</p>
<p><button type="button" data-test="throw">Throw</button> <button type="button" data-test="throw-later">Throw in a timer</button>
<button type="button" data-test="throw-text">Throw a text</button> <button type="button" data-test="reject">Reject</button>
<button type="button" data-test="log-error">Log an error</button></p>
<output data-test="done" aria-label="What was done">nothing</output>"#
    );
    with_script(session, "Throws on click", "exceptions in a step.", &assets::THROWS_ON_CLICK, content)
}

async fn rejects(session: Session) -> Response {
    let content =
        html!(r#"<h1>Rejects</h1><p class="lead">The script of this page has left rejected promises behind.</p>"#);
    with_script(session, "Rejects", "rejections that nobody handles.", &assets::REJECTS, content)
}

fn with_script(session: Session, title: &str, purpose: &str, script: &'static Asset, content: Markup) -> Response {
    session.page(Page { assets: vec![script], ..Page::new(title, purpose, content) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn each_page_has_the_script_that_makes_its_fault() {
        let site = TestSite::start();
        let client = Client::new(&site);
        for (path, asset, does) in [
            ("/faults/alert", &assets::ALERT, r#"alert("Practice alert")"#),
            ("/faults/closes-itself", &assets::CLOSES_ITSELF, "window.close()"),
            ("/faults/console-error", &assets::CONSOLE_ERROR, "throw new Error"),
            ("/faults/console", &assets::CONSOLE_LEVELS, "console.table("),
            ("/faults/throws", &assets::THROWS, "throw new TypeError"),
            ("/faults/throws-on-click", &assets::THROWS_ON_CLICK, "throw new Error"),
            ("/faults/rejects", &assets::REJECTS, "Promise.reject"),
        ] {
            let page = client.get(path).await;
            assert_eq!(page.status, 200);
            assert!(page.body.contains(&format!(r#"<script src="{}" defer>"#, asset.path())), "{path}");
            assert!(client.get(&asset.path()).await.body.contains(does), "{path}");
        }
    }

    #[tokio::test]
    async fn the_page_without_title_has_none_at_all() {
        let site = TestSite::start();
        let page = Client::new(&site).get("/faults/no-title").await;
        assert!(page.status == 200 && !page.body.contains("<title") && page.body.contains("<h1>"));
    }
}
