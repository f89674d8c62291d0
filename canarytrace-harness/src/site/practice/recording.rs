//! Requests, messages and errors of every kind, and very many of them: what a recording must not lose.
//!
//! Each page begins by itself; its output `done` says “done” when all that it does has come to its end.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL,
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{any, get};
use futures_util::SinkExt;
use futures_util::stream::{self, StreamExt};
use serde::Deserialize;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::socket::{self, Socket};
use super::{Practice, page};
use crate::site::assets::Asset;
use crate::site::faults;
use crate::site::session::{Session, Site};
use crate::site::wait::LONGEST_WAIT;

pub(super) static PAGES: &[Practice] = &[
    page!(
        "recording/requests",
        "Requests",
        "Requests of every kind: redirected, failed, blocked, cached, posted, streamed, torn; ?only=… names some.",
        "a list of requests with nothing missing and nothing double."
    ),
    page!(
        "recording/resources",
        "Resources",
        "Picture, font, script, style, preload, frame and form, as the page’s own markup asks for them.",
        "requests that no script made, with their initiators."
    ),
    page!(
        "recording/sockets",
        "Sockets",
        "WebSockets: text and binary, ?frames=500 at ?rate=500 a second, closed with an error, dropped, refused.",
        "connections with very many frames."
    ),
    page!(
        "recording/workers",
        "Workers",
        "Dedicated, nested, shared and service worker, worklets, a frame of another origin: each asks, logs, throws.",
        "what happens beside the page."
    ),
    page!(
        "recording/worker-frame",
        "Frame that logs",
        "The document in the frame of the page about workers: it asks the server, logs and throws.",
        "being a frame in a process of its own."
    )
    .bare(),
    page!(
        "recording/console",
        "Console",
        "Every method of the console, values of every kind, errors, rejections, and the browser’s own complaints.",
        "a console log with nothing missing."
    ),
    page!(
        "recording/odd",
        "Odd texts",
        "Control characters, lone surrogates, broken UTF-8 and 1 MB texts in URL, header, title, console and body.",
        "documents that stay whole whatever a page says."
    ),
    page!(
        "recording/flood",
        "Flood",
        "?console=50000 messages to the console, and ?throws=0 exceptions.",
        "very many messages in bounded memory."
    ),
    page!(
        "recording/many",
        "Many requests",
        "?requests=5000 requests, ?at-once=20 at a time.",
        "very many requests in bounded memory."
    ),
    page!("recording/large", "Large body", "An answer of ?bytes=200000000, read to its end.", "bodies of any size."),
];

/// Scripts that no page of the list has as its own.
pub(super) static SCRIPTS: &[Asset] = &[
    Asset::script("practice/recording/works.js", include_str!("pages/recording/works.js")),
    Asset::script("practice/recording/audio-worklet.js", include_str!("pages/recording/audio-worklet.js")),
    Asset::script("practice/recording/paint-worklet.js", include_str!("pages/recording/paint-worklet.js")),
    Asset::script("practice/recording/loaded.js", include_str!("pages/recording/loaded.js")),
    Asset::sheet("practice/recording/loaded.css", include_str!("pages/recording/loaded.css")),
];

/// JSON of 4.5 kB, as Node's `zlib.brotliCompressSync` made it.
static COMPRESSED: &[u8] = include_bytes!("compressed.json.br");

/// Largest body that `echo` takes, in bytes.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// Largest answer of `body`, in bytes.
const LARGEST_ANSWER: u64 = 10_000_000_000;

/// What an answer of `body` is made of, in bytes.
const CHUNK: u32 = 64 * 1024;

/// Most frames of a flood.
const MOST_FRAMES: u64 = 1_000_000;

/// Answers as another origin may read them.
type Open = [(HeaderName, &'static str); 3];
const OPEN: Open = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PUT"),
    (ACCESS_CONTROL_ALLOW_HEADERS, "content-type, x-practice"),
];
const NOT_KEPT: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/recording/echo", any(echo).layer(DefaultBodyLimit::max(LARGEST_BODY)))
        .route("/recording/redirect/{*statuses}", any(redirect))
        .route("/recording/shared", any(shared))
        .route("/recording/kept", get(kept))
        .route("/recording/validated", get(validated))
        .route("/recording/brotli", get(brotli))
        .route("/recording/zstd", get(zstd))
        .route("/recording/stream", get(stream))
        .route("/recording/item/{number}", get(item))
        .route("/recording/body", get(body))
        .route("/recording/headers", get(headers))
        .route("/recording/font.woff2", get(async || (NOT_KEPT, [(CONTENT_TYPE, "font/woff2")], "no font")))
        .route("/recording/service-worker.js", get(service_worker))
        .route("/recording/answer", get(async || (NOT_KEPT, "from the server")))
        .route("/recording/socket", get(talk_socket))
        .route("/recording/flood-socket", get(flood_socket))
        .route("/recording/raw", get(raw))
}

/// What was sent, in short.
async fn echo(method: Method, headers: HeaderMap, body: Bytes) -> Response {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default());
    let text = json!({"method": method.as_str(), "type": kind, "bytes": body.len()}).to_string();
    (NOT_KEPT, [(CONTENT_TYPE, "application/json")], text).into_response()
}

/// `/redirect/301/307`: answers 301 to `/redirect/307`, which answers 307 to `/echo`.
async fn redirect(session: Session, Path(statuses): Path<String>) -> Response {
    let (status, rest) = statuses.split_once('/').unwrap_or((&statuses, ""));
    let status = match status {
        "301" => StatusCode::MOVED_PERMANENTLY,
        "302" => StatusCode::FOUND,
        "303" => StatusCode::SEE_OTHER,
        "307" => StatusCode::TEMPORARY_REDIRECT,
        "308" => StatusCode::PERMANENT_REDIRECT,
        _ => return faults::bad_value(session, "The statuses must be 301, 302, 303, 307 or 308."),
    };
    let to = if rest.is_empty() { "echo".to_owned() } else { format!("redirect/{rest}") };
    (status, NOT_KEPT, [(LOCATION, format!("/practice/recording/{to}"))]).into_response()
}

/// What other origins may ask for, after a preflight where one is needed.
async fn shared(method: Method) -> Response {
    if method == Method::OPTIONS {
        return (StatusCode::NO_CONTENT, OPEN).into_response();
    }
    (OPEN, NOT_KEPT, "shared").into_response()
}

async fn kept() -> Response {
    ([(CACHE_CONTROL, "public, max-age=3600"), (CONTENT_TYPE, "text/plain")], "kept").into_response()
}

async fn validated(headers: HeaderMap) -> Response {
    const TAG: &str = "\"practice\"";
    let caching = [(CACHE_CONTROL, "no-cache"), (ETAG, TAG)];
    if headers.get(IF_NONE_MATCH).is_some_and(|tag| tag == TAG) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, "text/plain")], "asked for again each time").into_response()
}

async fn brotli() -> Response {
    compressed("br", COMPRESSED.into())
}

async fn zstd() -> Response {
    let text = json!({"compressed": true, "with": "zstd", "text": "The canary sings. ".repeat(100)}).to_string();
    match zstd::encode_all(text.as_bytes(), 3) {
        Ok(bytes) => compressed("zstd", bytes.into()),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn compressed(encoding: &'static str, body: Bytes) -> Response {
    (NOT_KEPT, [(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, encoding)], body).into_response()
}

/// `?chunks=5&every=10`: so many lines, one each so many ms.
#[derive(Debug, Deserialize)]
struct Chunks {
    chunks: Option<u32>,
    every: Option<u64>,
}

async fn stream(Query(given): Query<Chunks>) -> Response {
    let every = Duration::from_millis(given.every.unwrap_or(10).clamp(1, LONGEST_WAIT));
    let lines = stream::iter(1..=given.chunks.unwrap_or(5)).then(move |number| async move {
        tokio::time::sleep(every).await;
        Ok::<_, Infallible>(format!("line {number}\n"))
    });
    (NOT_KEPT, [(CONTENT_TYPE, "text/plain")], Body::from_stream(lines)).into_response()
}

async fn item(session: Session, Path(number): Path<String>) -> Response {
    match number.parse::<u32>() {
        Ok(number) => (NOT_KEPT, [(CONTENT_TYPE, "text/plain")], format!("item {number}")).into_response(),
        Err(_) => faults::bad_value(session, "An item has a number."),
    }
}

#[derive(Debug, Deserialize)]
struct Size {
    bytes: Option<u64>,
}

/// One piece of memory, sent again and again.
async fn body(session: Session, Query(size): Query<Size>) -> Response {
    let bytes = size.bytes.unwrap_or(200_000_000);
    if bytes > LARGEST_ANSWER {
        return faults::bad_value(session, &format!("At most {LARGEST_ANSWER} bytes can be asked for."));
    }
    let chunk = Bytes::from(vec![b'x'; CHUNK as usize]);
    let chunk = move |left: u64| {
        let length = usize::try_from(left.min(u64::from(CHUNK))).unwrap_or_default();
        (length > 0).then(|| (chunk.slice(..length), left - length as u64))
    };
    let chunks = stream::unfold(bytes, move |left| {
        let next = chunk(left).map(|(chunk, left)| (Ok::<_, Infallible>(chunk), left));
        async move { next }
    });
    let mut response = (NOT_KEPT, [(CONTENT_TYPE, "text/plain")], Body::from_stream(chunks)).into_response();
    response.headers_mut().insert(CONTENT_LENGTH, bytes.into());
    response
}

/// Headers that come more than once.
async fn headers() -> Response {
    let name = HeaderName::from_static("x-practice");
    let twice = AppendHeaders([
        (name.clone(), HeaderValue::from_static("one")),
        (name, HeaderValue::from_static("two")),
        (SET_COOKIE, HeaderValue::from_static("recording-one=1; Path=/practice/recording; SameSite=Lax")),
        (SET_COOKIE, HeaderValue::from_static("recording-two=2; Path=/practice/recording; HttpOnly; SameSite=Lax")),
        // Chromium refuses this one: `Secure` and `SameSite=None` belong together.
        (SET_COOKIE, HeaderValue::from_static("recording-refused=3; SameSite=None")),
    ]);
    (NOT_KEPT, twice, "headers").into_response()
}

async fn service_worker() -> Response {
    let headers = [(CONTENT_TYPE, "text/javascript; charset=utf-8"), (CACHE_CONTROL, "no-cache")];
    (headers, include_str!("pages/recording/service-worker.js")).into_response()
}

/// Where the answers of [`raw`](crate::site::raw) are: another origin of this machine.
async fn raw(State(site): State<Site>) -> Response {
    match site.raw.get() {
        Some(address) => (NOT_KEPT, format!("http://{address}")).into_response(),
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn talk_socket(session: Session, request: Request) -> Response {
    socket::accept(session, request, talk)
}

/// Sends back texts and bytes. `close 1011 why` closes with this code, `drop` without a word.
async fn talk(mut socket: Socket) {
    while let Some(Ok(message)) = socket.next().await {
        let sent = match &message {
            Message::Text(text) if text.as_str() == "drop" => return,
            Message::Text(text) => {
                match text.strip_prefix("close ").map(|how| how.split_once(' ').unwrap_or((how, ""))) {
                    Some((code, reason)) => {
                        let code = CloseCode::from(code.parse::<u16>().unwrap_or(1000));
                        socket.close(Some(CloseFrame { code, reason: reason.into() })).await
                    }
                    None => socket.send(message).await,
                }
            }
            Message::Binary(_) => socket.send(message).await,
            _ => Ok(()),
        };
        if sent.is_err() {
            return;
        }
    }
}

/// `?frames=500&rate=500`: so many frames, so many of them a second.
#[derive(Debug, Deserialize)]
struct Flood {
    frames: Option<u64>,
    rate: Option<u64>,
}

async fn flood_socket(session: Session, Query(flood): Query<Flood>, request: Request) -> Response {
    socket::accept(session, request, async move |socket| {
        pour(socket, flood.frames.unwrap_or(500).min(MOST_FRAMES), flood.rate.unwrap_or(500).max(1)).await;
    })
}

/// Every 10 ms what is due, as text and as bytes in turn; then the close.
async fn pour(mut socket: Socket, frames: u64, rate: u64) {
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    let started = tokio::time::Instant::now();
    let mut number = 0;
    let mut text = String::new();
    while number < frames {
        ticks.tick().await;
        let due = u128::from(rate) * started.elapsed().as_millis() / 1000;
        while number < frames && u128::from(number) < due {
            number += 1;
            text.clear();
            // Writing to a string does not fail.
            let _ = write!(text, "frame {number}");
            let message =
                if number % 2 == 0 { Message::text(&*text) } else { Message::binary(text.clone().into_bytes()) };
            if socket.feed(message).await.is_err() {
                return;
            }
        }
        if socket.flush().await.is_err() {
            return;
        }
    }
    let frame = CloseFrame { code: CloseCode::Normal, reason: "all are sent".into() };
    if socket.close(Some(frame)).await.is_ok() {
        while socket.next().await.is_some_and(|message| message.is_ok()) {}
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::connect_async;

    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn redirects_go_as_their_path_says() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        let first = client.get("/practice/recording/redirect/301/307").await;
        assert_eq!((first.status, first.header("location")), (301, "/practice/recording/redirect/307"));
        let second = client.post("/practice/recording/redirect/307", &[("a", "b")]).await;
        assert_eq!((second.status, second.header("location")), (307, "/practice/recording/echo"));
        let end = client.post("/practice/recording/echo", &[("a", "b")]).await;
        assert_eq!(end.body, r#"{"bytes":3,"method":"POST","type":"application/x-www-form-urlencoded"}"#);
        assert_eq!(client.get("/practice/recording/redirect/404").await.status, 400);
    }

    #[tokio::test]
    async fn an_unchanged_answer_is_not_sent_again() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let first = client.get("/practice/recording/validated").await;
        let tag = first.header("etag").to_owned();
        let again = client.get_with("/practice/recording/validated", &[("if-none-match", &tag)]).await;
        assert_eq!((first.status, again.status), (200, 304));
    }

    #[tokio::test]
    async fn bodies_are_as_large_as_asked_and_compressed_ones_are_what_they_say() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let (status, body) = client.get_bytes("/practice/recording/body?bytes=1000001").await;
        assert_eq!((status, body.len()), (200, 1_000_001));
        assert_eq!(client.get("/practice/recording/body?bytes=0").await.body, "");
        assert_eq!(client.get("/practice/recording/body?bytes=10000000001").await.status, 400);
        let (_, packed) = client.get_bytes("/practice/recording/zstd").await;
        let text = zstd::decode_all(&*packed).unwrap();
        assert!(text.starts_with(br#"{"compressed":true"#));
        let posted = client.post_body("/practice/recording/echo", "text/plain", &"x".repeat(1 << 20)).await;
        assert!(posted.body.contains(r#""bytes":1048576"#), "{}", posted.body);
    }

    #[tokio::test]
    async fn every_frame_of_a_flood_comes_and_then_the_close() {
        let site = TestSite::start();
        let url = format!("ws://{}/practice/recording/flood-socket?frames=51&rate=100000", site.address);
        let (mut socket, _) = connect_async(url).await.unwrap();
        for number in 1..=51 {
            let message = socket.next().await.unwrap().unwrap();
            assert_eq!(message.is_text(), number % 2 == 0);
            assert_eq!(message.into_data(), format!("frame {number}").into_bytes());
        }
        assert!(socket.next().await.unwrap().unwrap().is_close());
    }

    #[tokio::test]
    async fn a_socket_echoes_bytes_and_closes_with_the_code_that_it_is_told() {
        let site = TestSite::start();
        let (mut socket, _) = connect_async(format!("ws://{}/practice/recording/socket", site.address)).await.unwrap();
        socket.send(Message::binary(vec![0, 255, 1])).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap().into_data(), vec![0, 255, 1]);
        socket.send(Message::text("close 1011 on purpose")).await.unwrap();
        let Message::Close(Some(frame)) = socket.next().await.unwrap().unwrap() else { panic!("no close frame") };
        assert_eq!((u16::from(frame.code), frame.reason.as_str()), (1011, "on purpose"));
    }
}
