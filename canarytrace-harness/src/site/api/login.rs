//! A login that answers a token, and what only its bearer may see.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;

use super::{Endpoint, answer, problem};
use crate::site::pages::{PRACTICE_PASSWORD, PRACTICE_USER, PRACTICE_USER_NAME};
use crate::site::session::Site;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(
        "POST login",
        "login",
        "A token for {\"email\": …, \"password\": …} of the practice account; 401 for others.",
    ),
    Endpoint::new("me", "me", "Who the bearer of the token is; 401 without it."),
];

/// The token. It is no secret, as the password is none: it opens nothing but `/api/me`.
const TOKEN: &str = "practice-token-ada";

pub(super) fn routes() -> Router<Site> {
    Router::new().route("/login", post(log_in)).route("/me", get(me))
}

#[derive(Debug, Deserialize)]
struct Login {
    email: String,
    password: String,
}

async fn log_in(body: Bytes) -> Response {
    let Ok(login) = serde_json::from_slice::<Login>(&body) else {
        return problem(StatusCode::BAD_REQUEST, "the body must be a JSON object with email and password");
    };
    if login.email == PRACTICE_USER && login.password == PRACTICE_PASSWORD {
        answer(StatusCode::OK, &json!({"token": TOKEN, "token_type": "Bearer", "expires_in": 3600}))
    } else {
        problem(StatusCode::UNAUTHORIZED, "e-mail address or password is wrong")
    }
}

async fn me(headers: HeaderMap) -> Response {
    let token = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if token == Some(TOKEN) {
        return answer(StatusCode::OK, &json!({"name": PRACTICE_USER_NAME, "email": PRACTICE_USER}));
    }
    let mut response = problem(StatusCode::UNAUTHORIZED, "this address wants the token of /api/login");
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"practice\""));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_token_of_the_login_opens_what_is_the_bearers() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let right = json!({"email": PRACTICE_USER, "password": PRACTICE_PASSWORD}).to_string();
        let login = client.post_body("/api/login", "application/json", &right).await;
        assert_eq!(login.status, 200);
        let token = serde_json::from_str::<Value>(&login.body).unwrap()["token"].as_str().unwrap().to_owned();
        let bearer = format!("Bearer {token}");
        let me = client.get_with("/api/me", &[("authorization", &bearer)]).await;
        assert_eq!((me.status, me.body.contains("\"Ada\"")), (200, true));

        for wrong in ["Bearer x", "Basic eA==", "Bearer"] {
            let refused = client.get_with("/api/me", &[("authorization", wrong)]).await;
            assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer realm=\"practice\""));
        }
        assert_eq!(client.get("/api/me").await.status, 401);
        let wrong = json!({"email": PRACTICE_USER, "password": "x"}).to_string();
        assert_eq!(client.post_body("/api/login", "application/json", &wrong).await.status, 401);
        for broken in ["", "{}", "[1]", "email=x"] {
            assert_eq!(client.post_body("/api/login", "application/json", broken).await.status, 400, "{broken}");
        }
    }
}
