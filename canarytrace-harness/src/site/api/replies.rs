//! Answers of every kind: slow, with any status, redirected, compressed, and what was sent.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{Endpoint, answer, problem};
use crate::site::session::Site;
use crate::site::wait::Wait;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new("slow", "slow?after=300", "How long it waited: ?after= ms, 300 if not said, at most 60000."),
    Endpoint::new("status/{code}", "status/503", "This status, 200 to 599."),
    Endpoint::new("echo", "echo?q=1", "Method, path, query, headers and body of the request, of any method."),
    Endpoint::new("redirect/{n}", "redirect/2", "So many redirects, 1 to 50, then /api/products/lamp."),
    Endpoint::new("gzip", "gzip", "JSON, compressed."),
    Endpoint::new("broken", "broken", "JSON that ends too early."),
    Endpoint::new("text", "text", "Plain text, and no JSON."),
];

/// `{"compressed": true, "text": …}`, as `gzip -9` made it.
static COMPRESSED: &[u8] = include_bytes!("compressed.json.gz");

/// Most hops of a redirect.
const MOST_HOPS: u8 = 50;

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/slow", get(slow))
        .route("/status/{code}", any(status))
        .route("/echo", any(echo))
        .route("/redirect/{hops}", get(redirect))
        .route("/gzip", get(gzip))
        .route("/broken", get(async || ([(CONTENT_TYPE, "application/json")], "{\"products\": [")))
        .route("/text", get(async || "no JSON"))
}

async fn slow(Query(wait): Query<Wait>) -> Response {
    let wait = wait.after(300);
    tokio::time::sleep(wait).await;
    answer(StatusCode::OK, &json!({"waited_ms": wait.as_millis()}))
}

async fn status(Path(code): Path<String>) -> Response {
    // The statuses below 200 announce another answer, which would never come.
    match code.parse().ok().filter(|code| (200..600).contains(code)).and_then(|code| StatusCode::from_u16(code).ok()) {
        Some(status) => {
            answer(status, &json!({"status": status.as_u16(), "reason": status.canonical_reason().unwrap_or("")}))
        }
        None => problem(StatusCode::BAD_REQUEST, "the status must be a number from 200 to 599"),
    }
}

async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let mut query = BTreeMap::<String, Vec<String>>::new();
    for (name, value) in form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        query.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let mut by_name = BTreeMap::<&str, Vec<String>>::new();
    for (name, value) in &headers {
        by_name.entry(name.as_str()).or_default().push(String::from_utf8_lossy(value.as_bytes()).into_owned());
    }
    let one_or_all = |values: &Vec<String>| match values.as_slice() {
        [one] => json!(one),
        all => json!(all),
    };
    let query: BTreeMap<_, Value> = query.iter().map(|(name, values)| (name, one_or_all(values))).collect();
    let by_name: BTreeMap<_, Value> = by_name.iter().map(|(name, values)| (name, one_or_all(values))).collect();
    answer(
        StatusCode::OK,
        &json!({
            "method": method.as_str(),
            "path": uri.path(),
            "query": query,
            "headers": by_name,
            "body": String::from_utf8_lossy(&body),
            "json": serde_json::from_slice::<Value>(&body).ok(),
        }),
    )
}

async fn redirect(Path(hops): Path<String>) -> Response {
    let to = match hops.parse::<u8>() {
        Ok(1) => "/api/products/lamp".to_owned(),
        Ok(hops @ 2..=MOST_HOPS) => format!("/api/redirect/{}", hops - 1),
        _ => return problem(StatusCode::BAD_REQUEST, "the number of redirects must be from 1 to 50"),
    };
    (StatusCode::FOUND, [(LOCATION, to.as_str()), (CACHE_CONTROL, "no-store")]).into_response()
}

async fn gzip() -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CONTENT_ENCODING, "gzip"), (CACHE_CONTROL, "no-store")];
    (headers, COMPRESSED).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_echo_tells_what_was_sent() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let sent = client.post_body("/api/echo?a=1&b=2&b=3", "application/json", r#"{"x": [1]}"#).await;
        let told: Value = serde_json::from_str(&sent.body).unwrap();
        assert_eq!(told["method"], "POST");
        assert_eq!(told["query"], json!({"a": "1", "b": ["2", "3"]}));
        assert_eq!(told["headers"]["content-type"], "application/json");
        assert_eq!(told["json"], json!({"x": [1]}));
        let sent = client.get_with("/api/echo", &[("x-twice", "one"), ("x-twice", "two")]).await;
        let told: Value = serde_json::from_str(&sent.body).unwrap();
        assert_eq!((&told["headers"]["x-twice"], &told["json"]), (&json!(["one", "two"]), &Value::Null));
    }

    #[tokio::test]
    async fn statuses_waits_and_redirects_are_as_asked() {
        let site = TestSite::start();
        let client = Client::new(&site);
        for code in [200, 404, 503] {
            assert_eq!(client.get(&format!("/api/status/{code}")).await.status, code);
        }
        assert_eq!(client.get("/api/status/100").await.status, 400);
        assert_eq!(client.get("/api/slow?after=5").await.body, r#"{"waited_ms":5}"#);
        assert_eq!(client.get("/api/redirect/2").await.header("location"), "/api/redirect/1");
        assert_eq!(client.get("/api/redirect/1").await.header("location"), "/api/products/lamp");
        assert_eq!(client.get("/api/redirect/0").await.status, 400);
        assert!(serde_json::from_str::<Value>(&client.get("/api/broken").await.body).is_err());
    }

    #[tokio::test]
    async fn gzip_is_gzip() {
        let site = TestSite::start();
        let (status, body) = Client::new(&site).get_bytes("/api/gzip").await;
        assert_eq!((status, &body[..2]), (200, &[0x1f, 0x8b][..]));
    }
}
