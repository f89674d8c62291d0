//! `/search?q=`: products that match, or a word about there being none.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::card;
use crate::site::catalogue;
use crate::site::html::html;
use crate::site::layout::Page;
use crate::site::session::{Session, Site};
use crate::site::switches::Switch;

/// Longest search term that is looked at, in characters.
const LONGEST_TERM: usize = 100;

/// The search.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new().route("/search", get(search))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Search {
    q: String,
}

async fn search(session: Session, Query(search): Query<Search>) -> Response {
    let term: String = search.q.trim().chars().take(LONGEST_TERM).collect();
    let switches = session.switches();
    let found = if switches.on(Switch::EmptySearch) { Vec::new() } else { catalogue::search(&term) };
    let summary = match (term.is_empty(), found.len()) {
        (true, _) => html!("Type what you are looking for into the search field."),
        (false, 0) => html!("Nothing found for <q>{term}</q>. Try <a href=\"/search?q=desk\">desk</a>.", term),
        (false, 1) => html!("1 product for <q>{term}</q>", term),
        (false, number) => html!("{number} products for <q>{term}</q>", number, term),
    };
    let content = html!(
        r#"<h1>Search</h1>
<p class="lead" role="status" data-test="search-summary">{summary}</p>
{grid}"#,
        summary,
        grid = card::grid(found, &switches),
    );
    let title = if term.is_empty() { "Search".to_owned() } else { format!("Search: {term}") };
    let purpose = "finding a product by a word, and checking that what was typed is shown and does no harm.";
    session.page(Page { searched: &term, ..Page::new(&title, purpose, content) })
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite, encoded};

    #[tokio::test]
    async fn what_matches_is_listed_and_counted() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let page = client.get("/search?q=Desk+lamp").await;
        assert_eq!(page.text_of("search-summary"), "1 product for <q>Desk lamp</q>");
        assert!(page.body.contains(r#"data-test="product-lamp""#) && !page.body.contains(r#"data-test="product-mug""#));
        let none = client.get("/search?q=unobtainium").await;
        assert!(none.text_of("search-summary").starts_with("Nothing found for <q>unobtainium</q>"));
        assert!(client.get("/search").await.text_of("search-summary").starts_with("Type what you"));
        assert!(client.get("/search?q=living").await.body.contains(r#"aria-current="page">Living"#));
    }

    #[tokio::test]
    async fn a_search_term_is_text_wherever_it_is_shown() {
        let site = TestSite::start();
        let client = Client::new(&site);
        let harmless = client.get("/search?q=harmless").await;
        for hostile in [
            "<script>alert(1)</script>",
            r#""><img src=x onerror=alert(1)>"#,
            "' onfocus='alert(1)",
            "</title><script>alert(1)</script>",
            "</q><svg/onload=alert(1)>",
        ] {
            let page = client.get(&format!("/search?q={}", encoded(hostile))).await;
            assert_eq!(page.status, 200);
            assert!(!page.body.contains(hostile), "{hostile} is nowhere as it was sent");
            assert_eq!(page.body.matches('<').count(), harmless.body.matches('<').count(), "{hostile} adds no tag");
            assert_eq!(page.body.matches('"').count(), harmless.body.matches('"').count(), "{hostile} ends no value");
        }
    }

    #[tokio::test]
    async fn an_endless_term_is_cut() {
        let site = TestSite::start();
        let page = Client::new(&site).get(&format!("/search?q={}", "é".repeat(1000))).await;
        assert_eq!(page.text_of("search-summary").matches('é').count(), super::LONGEST_TERM);
    }
}
