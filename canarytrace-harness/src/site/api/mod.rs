//! `/api/`: answers in JSON, for checks that need no browser, and the page that lists them.

mod index;
mod login;
mod products;
mod replies;

pub(super) use index::routes;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An address of the API, as the list shows it.
#[derive(Debug)]
struct Endpoint {
    /// The path below `/api/`, with values in the place of its parameters: a link that works.
    example: &'static str,
    /// The same path as a route, with its method when that is not GET.
    pattern: &'static str,
    /// What it answers.
    does: &'static str,
}

impl Endpoint {
    const fn new(pattern: &'static str, example: &'static str, does: &'static str) -> Self {
        Self { example, pattern, does }
    }
}

/// An answer in JSON.
fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body.to_string()).into_response()
}

/// An answer that says what is wrong.
fn problem(status: StatusCode, message: &str) -> Response {
    answer(status, &json!({"error": message}))
}
