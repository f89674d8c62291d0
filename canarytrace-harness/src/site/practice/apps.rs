//! Single-page application, workers, WebSocket, events of the server.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::SinkExt;
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::socket::{self, Socket};
use super::{Practice, index, page};
use crate::site::assets::Asset;
use crate::site::session::{Session, Site};
use crate::site::wait::LONGEST_WAIT;

pub(super) static PAGES: &[Practice] = &[
    page!(
        "spa",
        "Single-page application",
        "Views with URLs of their own, made in the browser of data that comes late; “load more”.",
        "navigating without a load, and waiting for data."
    ),
    page!(
        "worker",
        "Worker",
        "A web worker that computes, throws and asks the server; and a page that blocks itself.",
        "work beside the page, and long tasks in it."
    ),
    page!(
        "service-worker",
        "Service worker",
        "A service worker that answers one URL from its cache.",
        "answers that no server gave."
    ),
    page!("websocket", "WebSocket", "An echo and a live counter.", "pages that live on a WebSocket."),
    page!("events", "Server-sent events", "A stream of numbers.", "pages that live on a stream of events."),
];

/// Scripts that no page loads: workers do.
pub(super) static WORKERS: &[Asset] = &[Asset::script("practice/computes.js", include_str!("pages/computes.js"))];

/// Most steps of a counter.
const MOST_STEPS: u32 = 1000;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/spa/{*view}", get(async |session: Session| index::show_named(session, "spa")))
        .route("/service-worker/worker.js", get(service_worker))
        .route("/service-worker/answer", get(async || ([(CACHE_CONTROL, "no-store")], "from the server")))
        .route("/websocket/echo", get(websocket))
        .route("/events/stream", get(events))
}

async fn service_worker() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        // The page is above the script's folder, by a slash.
        (axum::http::HeaderName::from_static("service-worker-allowed"), "/practice/service-worker"),
    ];
    (headers, include_str!("pages/answers.js")).into_response()
}

/// `?every=100&count=20`: a step each so many ms, so many steps.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Steps {
    every: Option<u64>,
    count: Option<u32>,
}

impl Steps {
    fn every(self, usual: u64) -> Duration {
        Duration::from_millis(self.every.unwrap_or(usual).clamp(1, LONGEST_WAIT))
    }

    fn count(self, usual: u32) -> u32 {
        self.count.unwrap_or(usual).min(MOST_STEPS)
    }
}

async fn events(Query(steps): Query<Steps>) -> Response {
    let every = steps.every(50);
    let numbers = stream::iter(1..=steps.count(10)).then(move |number| async move {
        tokio::time::sleep(every).await;
        format!("data: {number}\n\n")
    });
    let done = stream::once(async { "event: done\ndata: done\n\n".to_owned() });
    let body = Body::from_stream(numbers.chain(done).map(Ok::<_, Infallible>));
    ([(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store")], body).into_response()
}

async fn websocket(session: Session, Query(steps): Query<Steps>, request: Request) -> Response {
    socket::accept(session, request, async move |socket| talk(socket, steps).await)
}

/// Counts and echoes until either side has enough.
async fn talk(mut socket: Socket, steps: Steps) {
    let mut ticks = tokio::time::interval(steps.every(100));
    let most = steps.count(20);
    let mut count = 0;
    loop {
        let answer = tokio::select! {
            _ = ticks.tick(), if count < most => {
                count += 1;
                json!({"kind": "count", "count": count})
            }
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) if text.as_str() == "close" => {
                    let frame = CloseFrame { code: CloseCode::Normal, reason: "as you wish".into() };
                    // The client's answer to it, or its end, comes out of the next turn of the loop.
                    if socket.close(Some(frame)).await.is_err() {
                        return;
                    }
                    continue;
                }
                Some(Ok(Message::Text(text))) if text.as_str() == "drop" => return,
                Some(Ok(Message::Text(text))) => json!({"kind": "echo", "text": text.as_str()}),
                Some(Ok(_)) => continue,
                Some(Err(_)) | None => return,
            },
        };
        if socket.send(Message::text(answer.to_string())).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::connect_async;

    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_websocket_counts_echoes_and_closes() {
        let site = TestSite::start();
        let url = format!("ws://{}/practice/websocket/echo?every=1&count=2", site.address);
        let (mut socket, _) = connect_async(url).await.unwrap();
        socket.send(Message::text("grüezi")).await.unwrap();
        let mut got = Vec::new();
        while got.len() < 3 {
            got.push(socket.next().await.unwrap().unwrap().into_text().unwrap().to_string());
        }
        got.sort();
        let expected =
            [r#"{"count":1,"kind":"count"}"#, r#"{"count":2,"kind":"count"}"#, r#"{"kind":"echo","text":"grüezi"}"#];
        assert_eq!(got, expected);
        socket.send(Message::text("close")).await.unwrap();
        let Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no close frame") };
        assert_eq!(frame.code, CloseCode::Normal);
    }

    #[tokio::test]
    async fn what_is_no_handshake_is_refused() {
        let site = TestSite::start();
        let client = Client::new(&site);
        assert_eq!(client.get("/practice/websocket/echo").await.status, 400);
        let old = [("upgrade", "websocket"), ("sec-websocket-version", "8"), ("sec-websocket-key", "x")];
        assert_eq!(client.get_with("/practice/websocket/echo", &old).await.status, 400);
    }

    #[tokio::test]
    async fn events_come_one_by_one_and_end() {
        let site = TestSite::start();
        let stream = Client::new(&site).get("/practice/events/stream?every=1&count=2").await;
        assert_eq!(stream.header("content-type"), "text/event-stream");
        assert_eq!(stream.body, "data: 1\n\ndata: 2\n\nevent: done\ndata: done\n\n");
    }

    #[tokio::test]
    async fn every_view_of_the_application_is_the_same_page() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let home = client.get("/practice/spa").await.body;
        assert_eq!(client.get("/practice/spa/items/3").await.body, home);
    }
}
