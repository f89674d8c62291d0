//! Faults in time: answers that come late, in part, or never.
//!
//! Who waits here for ever costs a connection and nothing else, and is forgotten when its client leaves: hyper then
//! drops the handler or the body that waits.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};

use super::{Fault, http};
use crate::site::html::html;
use crate::site::layout::Page;
use crate::site::session::{Session, Site};

/// Longest wait of `/faults/slow/{ms}`, in ms.
const LONGEST_WAIT: u64 = 60_000;

pub(super) const FAULTS: &[Fault] = &[
    Fault::new("slow/500", "Answers after this many ms, up to 60000.", "Durations, budgets and timeouts of steps.")
        .with_pattern("slow/{ms}"),
    Fault::new(
        "never-ends",
        "The page is there; a picture in it begins and never ends.",
        "loadEventEnd never comes, and the run says what it waited for.",
    ),
    Fault::new("never-answers", "Accepts the request and stays silent.", "A navigation that must time out."),
];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/slow/{ms}", get(slow))
        .route("/never-ends", get(never_ends))
        .route("/never-ends/picture.svg", get(picture_without_end))
        .route("/never-answers", get(never_answers))
}

async fn slow(session: Session, Path(wait): Path<String>) -> Response {
    let Some(wait) = wait.parse().ok().filter(|wait| *wait <= LONGEST_WAIT) else {
        return http::bad_value(session, &format!("The wait must be from 0 to {LONGEST_WAIT} ms."));
    };
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let content = html!(
        r#"<h1>Slow</h1><p class="lead">This answer was held back for <span data-test="waited">{wait}</span> ms.</p>"#,
        wait,
    );
    session.page(Page::new("Slow", "a server that takes its time.", content))
}

async fn never_ends(session: Session) -> Response {
    let content = html!(
        r#"<h1>Never ends</h1>
<p class="lead">Everything is here but the end of the picture below: the load event never comes.</p>
<p><img src="/faults/never-ends/picture.svg" width="240" height="200" alt="A picture that never arrives"
 data-test="endless-picture"></p>"#
    );
    session.page(Page::new("Never ends", "a page whose load event never comes.", content))
}

async fn picture_without_end(State(site): State<Site>) -> Response {
    let waiting = site.waits();
    let beginning = Bytes::from_static(br#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 200">"#);
    let rest = stream::once(async move {
        let _until_the_client_leaves = waiting;
        pending().await
    });
    let body = stream::iter([Ok::<_, std::convert::Infallible>(beginning)]).chain(rest);
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "no-store")], Body::from_stream(body)).into_response()
}

async fn never_answers(State(site): State<Site>) -> Response {
    let _until_the_client_leaves = site.waits();
    pending().await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn a_slow_answer_says_how_long_it_was_held_back() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let before = std::time::Instant::now();
        assert_eq!(client.get("/faults/slow/30").await.text_of("waited"), "30");
        assert!(before.elapsed() >= std::time::Duration::from_millis(30), "a lower bound holds on any machine");
        for bad in ["60001", "-1", "soon", "99999999999999999999"] {
            assert_eq!(client.get(&format!("/faults/slow/{bad}")).await.status, 400, "{bad}");
        }
    }

    #[tokio::test]
    async fn the_page_arrives_whole_while_its_picture_does_not() {
        let site = TestSite::start();
        let page = Client::new(&site).get("/faults/never-ends").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains(r#"src="/faults/never-ends/picture.svg""#) && page.body.contains("</html>"));

        let mut connection = ask(&site, "/faults/never-ends/picture.svg").await;
        let mut got = String::new();
        while !got.contains(r#"viewBox="0 0 240 200">"#) {
            let mut part = [0; 1024];
            let length = connection.read(&mut part).await.unwrap();
            assert_ne!(length, 0, "the connection stays open");
            got.push_str(std::str::from_utf8(&part[..length]).unwrap());
        }
        assert!(got.starts_with("HTTP/1.1 200 OK") && !got.ends_with("0\r\n\r\n"));
        site.wait_for_waiting(1).await;
        drop(connection);
        site.wait_for_waiting(0).await;
    }

    #[tokio::test]
    async fn a_request_that_is_never_answered_is_forgotten_when_its_client_leaves() {
        let site = TestSite::start();
        let first = ask(&site, "/faults/never-answers").await;
        let second = ask(&site, "/faults/never-answers").await;
        site.wait_for_waiting(2).await;
        let mut nothing = [0; 1];
        assert_eq!(
            first.try_read(&mut nothing).unwrap_err().kind(),
            std::io::ErrorKind::WouldBlock,
            "no byte has come, not even of a status line"
        );
        drop(first);
        site.wait_for_waiting(1).await;
        drop(second);
        site.wait_for_waiting(0).await;
    }

    async fn ask(site: &TestSite, path: &str) -> TcpStream {
        let mut connection = TcpStream::connect(site.address).await.unwrap();
        connection.write_all(format!("GET {path} HTTP/1.1\r\nhost: practice\r\n\r\n").as_bytes()).await.unwrap();
        connection
    }
}
