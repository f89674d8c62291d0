//! `/products/{slug}`: one product.

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::get;

use super::{card, error};
use crate::site::catalogue::{self, PRODUCTS, euros};
use crate::site::html::html;
use crate::site::layout::Page;
use crate::site::session::{Session, Site};
use crate::site::switches::Switch;
use crate::site::visitor::MOST_PIECES;

/// The pages of the products.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new().route("/products/{slug}", get(product))
}

async fn product(session: Session, Path(slug): Path<String>) -> Response {
    let Some(product) = catalogue::find(&slug) else {
        return error::not_found(session, "We don’t have such a product.");
    };
    let switches = session.switches();
    // The picture is a file of its own here, unlike in lists: a request that monitors can see and time.
    let content = html!(
        r#"<nav class="crumbs" aria-label="You are here"><a href="/">All products</a> <span aria-hidden="true">/</span>
<a href="/search?q={category}">{category}</a></nav>
<article class="product">
<img src="/pictures/{missing}{slug}.svg" width="960" height="800" alt="{alt}" data-test="product-picture">
<div>
<h1 data-test="product-name">{name}</h1>
<p class="lead">{tagline}</p>
<p class="price" data-test="product-price">{price}</p>
<form class="add" method="post" action="/basket/add">
<input type="hidden" name="product" value="{slug}">
<div class="field"><label for="quantity">Quantity</label>
<input id="quantity" name="quantity" type="number" min="1" max="{most}" value="1" data-test="quantity"></div>
<button class="button" data-test="add-to-basket">Add to basket</button>
</form>
<p data-test="product-description">{description}</p>
</div>
</article>
<section aria-labelledby="more">
<h2 id="more">Goes well with it</h2>
{more}
</section>"#,
        category = product.category,
        slug = product.slug,
        alt = product.alt,
        name = product.name,
        tagline = product.tagline,
        missing = switches.on(Switch::BrokenImages).then_some("missing-"),
        price = (!switches.on(Switch::PriceMissing)).then(|| euros(product.price)),
        most = MOST_PIECES,
        description = product.description,
        more = card::grid(
            PRODUCTS.iter().filter(|other| other.category == product.category && *other != product).take(4),
            &switches
        ),
    );
    let purpose = "looking at one product, choosing how many, and putting it into the basket.";
    session.page(Page::new(product.name, purpose, content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn every_product_has_a_page_and_a_picture() {
        let site = TestSite::start();
        let client = Client::new(&site);
        for product in &PRODUCTS {
            let page = client.get(&format!("/products/{}", product.slug)).await;
            assert_eq!((page.status, page.text_of("product-name")), (200, product.name.to_owned()));
            assert_eq!(page.text_of("product-price"), euros(product.price));
            assert!(page.body.contains(&format!("<title>{} – Practice shop</title>", product.name)));
            assert_eq!(client.get(&format!("/pictures/{}.svg", product.slug)).await.status, 200);
        }
        assert_eq!(client.get("/products/unobtainium").await.status, 404);
    }
}
