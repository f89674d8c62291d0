//! What the browser keeps and allows.

use axum::Router;
use axum::extract::Query;
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::{Practice, page};
use crate::site::faults;
use crate::site::session::{Session, Site};

pub(super) static PAGES: &[Practice] = &[
    page!(
        "storage",
        "Storage",
        "Cookies, local and session storage: shown, set, removed; cookies of the server.",
        "setting and reading what the browser keeps."
    ),
    page!(
        "permissions",
        "Permissions",
        "Geolocation, notifications, camera, and the state of each permission.",
        "granting and refusing permissions, and choosing a position."
    ),
    page!("clipboard", "Clipboard", "Copies and pastes by buttons and by keys.", "reading and writing the clipboard."),
];

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/storage/cookie", get(cookie))
}

#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct Cookie {
    name: String,
    value: String,
    http_only: String,
}

impl Default for Cookie {
    fn default() -> Self {
        Self { name: "flavour".to_owned(), value: "vanilla".to_owned(), http_only: String::new() }
    }
}

async fn cookie(session: Session, Query(cookie): Query<Cookie>) -> Response {
    let plain = |text: &str| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if !plain(&cookie.name) || !plain(&cookie.value) {
        return faults::bad_value(session, "Name and value must be of letters, digits, dots and dashes, at most 100.");
    }
    let kind = if cookie.http_only.is_empty() { "" } else { "; HttpOnly" };
    let mut response = session.redirect("/practice/storage");
    let line = format!("{}={}; Path=/; SameSite=Lax{kind}", cookie.name, cookie.value);
    response.headers_mut().append(SET_COOKIE, HeaderValue::from_str(&line).expect("checked above"));
    response
}
