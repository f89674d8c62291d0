//! Pages for requests that the site can't answer.

use axum::http::StatusCode;
use axum::response::Response;

use crate::site::html::html;
use crate::site::layout::Page;
use crate::site::session::Session;

/// The page for what isn't there.
pub(in crate::site) fn not_found(session: Session, message: &str) -> Response {
    page(session, StatusCode::NOT_FOUND, message)
}

/// A page that says, under this status, what is wrong.
pub(in crate::site) fn page(session: Session, status: StatusCode, message: &str) -> Response {
    let reason = status.canonical_reason().unwrap_or("No name");
    let content = html!(
        r#"<div class="narrow error">
<p class="code" data-test="status-code">{code}</p>
<h1 data-test="status-reason">{reason}</h1>
<p class="lead" data-test="error-message">{message}</p>
<p><a class="button" href="/">Back to the shop</a></p>
</div>"#,
        code = status.as_u16(),
        reason,
        message,
    );
    let purpose = "an answer with an error status that a monitor must notice.";
    session.page_with_status(status, Page::new(reason, purpose, content))
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn an_unknown_path_is_answered_with_404_and_a_page() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        for path in ["/unknown", "/faults/unknown", "/products/", "/%3Cscript%3E"] {
            let page = client.get(path).await;
            assert_eq!((page.status, page.text_of("status-code")), (404, "404".to_owned()), "{path}");
            assert!(!page.body.contains("<script>"), "{path}");
        }
        let page = client.get("/basket/add").await;
        assert_eq!((page.status, page.text_of("status-reason")), (405, "Method Not Allowed".to_owned()));
        assert_eq!(client.post("/", &[]).await.status, 405);
    }

    #[tokio::test]
    async fn a_form_larger_than_any_of_ours_is_refused() {
        let site = TestSite::start();
        let large = "x".repeat(20_000);
        assert_eq!(Client::new(&site).post("/login", &[("email", &large)]).await.status, 413);
    }
}
