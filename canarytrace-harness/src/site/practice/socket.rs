//! Web sockets of the practice pages: the opening handshake, and the task that talks.

use axum::extract::Request;
use axum::http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use crate::site::faults;
use crate::site::session::Session;

/// Longest message that is taken, in bytes.
const LONGEST_MESSAGE: usize = 1024 * 1024;

/// A connection to a page.
pub(super) type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Answers the opening handshake of RFC 6455, section 4.2, and then talks.
pub(super) fn accept<T, F>(session: Session, mut request: Request, talk: T) -> Response
where
    T: FnOnce(Socket) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let Some(accept) = accept_key(request.headers()) else {
        return faults::bad_value(session, "This address takes a WebSocket handshake, version 13.");
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        // A client that left before the answer has nothing to be told.
        if let Ok(upgraded) = upgrade.await {
            let config = WebSocketConfig::default().max_message_size(Some(LONGEST_MESSAGE));
            talk(WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await).await;
        }
    });
    let headers = [
        (CONNECTION, HeaderValue::from_static("upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

fn accept_key(headers: &HeaderMap) -> Option<HeaderValue> {
    let upgrade = headers.get(UPGRADE)?.to_str().ok()?;
    let right = upgrade.eq_ignore_ascii_case("websocket") && headers.get(SEC_WEBSOCKET_VERSION)? == "13";
    right.then(|| derive_accept_key(headers.get(SEC_WEBSOCKET_KEY).map_or(b"", HeaderValue::as_bytes)).parse().ok())?
}
