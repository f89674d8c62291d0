//! Faults in the status line: error statuses and redirects.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Fault;
use crate::site::pages::error;
use crate::site::session::{Session, Site};

/// Most hops of `/faults/redirect/{n}`; Chromium gives up after 20.
const MOST_HOPS: u8 = 50;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("status/500", "Answers with this status, 200 to 599.", "A navigation of 400 or above fails.")
        .with_pattern("status/{code}"),
    Fault::new("redirect/3", "Redirects this often, 1 to 50, then to the shop.", "Redirects are followed and timed.")
        .with_pattern("redirect/{n}"),
    Fault::new("redirect-loop", "Redirects to itself.", "The browser gives up, and the run says why."),
];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/status/{code}", get(status))
        .route("/redirect/{n}", get(redirect))
        .route("/redirect-loop", get(async || hop("/faults/redirect-loop")))
}

async fn status(session: Session, Path(code): Path<String>) -> Response {
    // The statuses below 200 announce another answer, which would never come.
    match code.parse().ok().filter(|code| (200..600).contains(code)).and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(status) => error::page(session, status, "This status was asked for."),
        None => bad_value(session, "The status must be a number from 200 to 599."),
    }
}

async fn redirect(session: Session, Path(hops): Path<String>) -> Response {
    match hops.parse::<u8>() {
        Ok(1) => hop("/"),
        Ok(hops @ 2..=MOST_HOPS) => hop(&format!("/faults/redirect/{}", hops - 1)),
        _ => bad_value(session, &format!("The number of redirects must be from 1 to {MOST_HOPS}.")),
    }
}

fn hop(to: &str) -> Response {
    (StatusCode::FOUND, [(LOCATION, to), (CACHE_CONTROL, "no-store")]).into_response()
}

/// The page for a value in the path that a fault can't take.
pub(in crate::site) fn bad_value(session: Session, message: &str) -> Response {
    error::page(session, StatusCode::BAD_REQUEST, message)
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn a_status_is_answered_as_asked() {
        let site = TestSite::start();
        let client = Client::new(&site);
        for code in [200, 204, 301, 304, 400, 404, 418, 429, 500, 503, 599] {
            let page = client.get(&format!("/faults/status/{code}")).await;
            assert_eq!(page.status, code);
            if ![204, 304].contains(&code) {
                assert_eq!(page.text_of("status-code"), code.to_string());
            }
        }
        for bad in ["100", "101", "199", "600", "70000", "-1", "abc", "%3Cscript%3E"] {
            let page = client.get(&format!("/faults/status/{bad}")).await;
            assert_eq!(page.status, 400, "{bad}");
            assert!(page.text_of("error-message").contains("200 to 599"));
        }
    }

    #[tokio::test]
    async fn redirects_are_as_many_as_asked_and_end_at_home() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let mut path = "/faults/redirect/3".to_owned();
        let mut hops = 0;
        loop {
            let answer = client.get(&path).await;
            if answer.status != 302 {
                break;
            }
            hops += 1;
            path = answer.header("location").to_owned();
        }
        assert_eq!((hops, path.as_str()), (3, "/"));
        for bad in ["0", "51", "300", "x"] {
            assert_eq!(client.get(&format!("/faults/redirect/{bad}")).await.status, 400, "{bad}");
        }
    }

    #[tokio::test]
    async fn the_loop_leads_to_itself() {
        let site = TestSite::start();
        let answer = Client::new(&site).get("/faults/redirect-loop").await;
        assert_eq!((answer.status, answer.header("location")), (302, "/faults/redirect-loop"));
    }
}
