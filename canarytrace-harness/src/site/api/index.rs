//! `/api/`: what there is.

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::{Endpoint, login, problem, products, replies};
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};

/// The groups of addresses. A new group is one more line here and in [`routes`].
const GROUPS: [(&str, &[Endpoint]); 3] =
    [("Shop", products::ENDPOINTS), ("Login", login::ENDPOINTS), ("Answers", replies::ENDPOINTS)];

/// Everything below `/api/`.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new()
        .route("/", get(index))
        .merge(products::routes())
        .merge(login::routes())
        .merge(replies::routes())
        .fallback(async || problem(StatusCode::NOT_FOUND, "there is no such address here"))
        .method_not_allowed_fallback(async || {
            problem(StatusCode::METHOD_NOT_ALLOWED, "this address takes another kind of request")
        })
}

async fn index(session: Session) -> Response {
    let row = |endpoint: &Endpoint| {
        html!(
            r#"<tr><th scope="row"><a href="/api/{example}"><code>{pattern}</code></a></th><td>{does}</td></tr>"#,
            example = endpoint.example,
            pattern = endpoint.pattern,
            does = endpoint.does,
        )
    };
    let group = |(title, endpoints): &(&str, &[Endpoint])| {
        html!(
            r#"<h2>{title}</h2>
<div class="scrolls"><table><thead><tr><th scope="col">Below /api/</th><th scope="col">What it answers</th></tr></thead>
<tbody>{rows}</tbody></table></div>"#,
            title,
            rows = endpoints.iter().map(row).collect::<Markup>(),
        )
    };
    let content = html!(
        r#"<h1>API</h1>
<p class="lead">Answers in JSON. Errors are <code>&#123;"error": "…"&#125;</code>.</p>
{groups}"#,
        groups = GROUPS.iter().map(group).collect::<Markup>(),
    );
    session.page(Page::new("API", "finding an address for checks that need no browser.", content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn every_address_in_the_list_is_there() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let page = client.get("/api/").await;
        assert_eq!(page.status, 200);
        for endpoint in GROUPS.iter().flat_map(|(_, endpoints)| *endpoints) {
            assert!(page.body.contains(&format!(r#"href="/api/{}""#, endpoint.example)), "{}", endpoint.example);
            let answer = client.get_bytes(&format!("/api/{}", endpoint.example)).await;
            assert_ne!(answer.0, 404, "{}", endpoint.example);
        }
        let none = client.get("/api/none").await;
        assert_eq!((none.status, none.body.as_str()), (404, r#"{"error":"there is no such address here"}"#));
    }
}
