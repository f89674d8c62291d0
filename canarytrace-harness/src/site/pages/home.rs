//! `/`: every product.

use axum::Router;
use axum::response::Response;
use axum::routing::get;

use super::card;
use crate::site::catalogue::{PRODUCTS, find};
use crate::site::html::html;
use crate::site::layout::{Page, Title};
use crate::site::session::{Session, Site};

/// The home page.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new().route("/", get(home))
}

async fn home(session: Session) -> Response {
    let content = html!(
        r#"<section class="hero">
<div>
<p class="kicker">Open around the clock, for monitors and people</p>
<h1>Good things for rooms that don’t exist</h1>
<p class="lead">A small shop to practise monitoring on. Look around, fill a basket and pay with a card that isn’t one:
nothing arrives, and nothing is missed.</p>
<p><a class="button" href="/products/lamp" data-test="hero-link">See the desk lamp</a></p>
</div>
<div class="hero-picture" aria-hidden="true">{lamp}</div>
</section>
<section aria-labelledby="all">
<h2 id="all">Everything we have</h2>
{grid}
</section>"#,
        lamp = find("lamp").map(crate::site::catalogue::Product::inline_picture),
        grid = card::grid(&PRODUCTS, &session.switches()),
    );
    session.page(Page {
        title: Title::Home,
        ..Page::new("", "the start of every journey: open it, search, or put a product into the basket.", content)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_home_page_shows_every_product_under_the_shops_name() {
        let site = TestSite::start();
        let page = Client::new(&site).get("/").await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.body.contains("<title>Practice shop</title>"));
        for product in &PRODUCTS {
            assert!(page.body.contains(&format!(r#"data-test="add-{}""#, product.slug)), "{}", product.slug);
        }
        assert_eq!(page.text_of("basket-count"), "0 items");
        assert!(page.headers_named("set-cookie").is_empty(), "who only looks is not remembered");
    }

    #[tokio::test]
    async fn nothing_on_a_page_is_asked_of_another_host() {
        let site = TestSite::start();
        let page = Client::new(&site).get("/").await;
        assert!(page.header("content-security-policy").starts_with("default-src 'self'"));
        assert!(!page.body.replace("http://www.w3.org/2000/svg", "").contains("://"));
    }
}
