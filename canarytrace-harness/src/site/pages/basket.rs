//! `/basket`: what the visitor wants, how many, and no more of it.

use axum::response::Response;
use axum::routing::{get, post};
use axum::{Form, Router};
use serde::Deserialize;

use super::error;
use crate::site::assets;
use crate::site::catalogue::{self, Product, euros};
use crate::site::html::{Markup, html};
use crate::site::layout::{Page, counted};
use crate::site::session::{Session, Site};
use crate::site::switches::Switch;
use crate::site::visitor::{Basket, MOST_PIECES};

/// The basket, and what changes it.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new()
        .route("/basket", get(basket))
        .route("/basket/add", post(add))
        .route("/basket/change", post(change))
        .route("/basket/remove", post(remove))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line {
    product: String,
    quantity: String,
}

impl Line {
    fn quantity(&self, least: u32) -> Result<u32, String> {
        match self.quantity.trim().parse() {
            Ok(quantity) if (least..=MOST_PIECES).contains(&quantity) => Ok(quantity),
            _ => Err(format!("The quantity must be a number from {least} to {MOST_PIECES}. Nothing was changed.")),
        }
    }
}

async fn add(session: Session, Form(line): Form<Line>) -> Response {
    changed(session, &line, |basket, product| {
        let quantity = line.quantity(1)?;
        basket.add(product, quantity);
        Ok(format!("{} of {} in your basket.", counted(basket.quantity(product)), product.name))
    })
}

async fn change(session: Session, Form(line): Form<Line>) -> Response {
    changed(session, &line, |basket, product| {
        basket.set(product, line.quantity(0)?);
        Ok(format!("{} of {} in your basket.", counted(basket.quantity(product)), product.name))
    })
}

async fn remove(session: Session, Form(line): Form<Line>) -> Response {
    changed(session, &line, |basket, product| {
        basket.set(product, 0);
        Ok(format!("{} was removed.", product.name))
    })
}

/// Changes the basket, and shows it with a message about that.
fn changed(
    mut session: Session,
    line: &Line,
    change: impl FnOnce(&mut Basket, &'static Product) -> Result<String, String>,
) -> Response {
    let Some(product) = catalogue::find(&line.product) else {
        return error::not_found(session, "We don’t have such a product, so the basket stays as it was.");
    };
    session.change(|visitor| {
        let (Ok(message) | Err(message)) = change(&mut visitor.basket, product);
        visitor.notice = Some(message);
    });
    session.redirect("/basket")
}

async fn basket(session: Session) -> Response {
    let basket = session.visitor().basket;
    let switches = session.switches();
    let content = if basket.is_empty() {
        html!(
            r#"<h1>Your basket</h1>
<p class="lead" data-test="basket-empty">Nothing in it yet.</p>
<p><a class="button" href="/">Look at everything we have</a></p>"#
        )
    } else {
        html!(
            r#"<h1>Your basket</h1>
<div class="columns">
<ul class="lines">{lines}</ul>
<aside class="panel" aria-label="Summary">
<dl><dt>{items}</dt><dd>{total}</dd><dt>Delivery to nowhere</dt><dd>€0.00</dd>
<dt class="sum">Total</dt><dd class="sum" data-test="basket-total">{total}</dd></dl>
<a class="button wide" href="/checkout" data-test="go-to-checkout">Go to checkout</a>
</aside>
</div>"#,
            lines = basket.lines().iter().map(|(product, quantity)| row(product, *quantity)).collect::<Markup>(),
            items = counted(basket.items()),
            total = euros(basket.total() + if switches.on(Switch::WrongTotal) { 100 } else { 0 }),
        )
    };
    let purpose = "changing quantities and removing products; it is kept for each visitor alone.";
    let assets = if switches.on(Switch::ReRenderBasket) { vec![&assets::SHOP_RE_RENDER] } else { Vec::new() };
    session.page(Page { assets, ..Page::new("Your basket", purpose, content) })
}

fn row(product: &Product, quantity: u32) -> Markup {
    html!(
        r#"<li class="line" data-test="line-{slug}">
{picture}
<div class="what"><a class="name" href="/products/{slug}">{name}</a><span class="soft">{price} each</span></div>
<form class="change" method="post" action="/basket/change">
<input type="hidden" name="product" value="{slug}">
<label class="unseen" for="quantity-{slug}">Quantity of {name}</label>
<input id="quantity-{slug}" name="quantity" type="number" min="0" max="{most}" value="{quantity}"
 data-test="quantity-{slug}">
<button class="quiet" data-test="update-{slug}" aria-label="Update the quantity of {name}">Update</button>
</form>
<span class="price" data-test="line-total-{slug}">{total}</span>
<form method="post" action="/basket/remove"><input type="hidden" name="product" value="{slug}"><button class="quiet"
 data-test="remove-{slug}" aria-label="Remove {name}">Remove</button></form>
</li>"#,
        slug = product.slug,
        picture = product.inline_picture(),
        name = product.name,
        price = euros(product.price),
        most = MOST_PIECES,
        quantity,
        total = euros(product.price * quantity),
    )
}

#[cfg(test)]
mod tests {
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn products_are_added_counted_changed_and_removed() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        let added = client.post("/basket/add", &[("product", "lamp"), ("quantity", "1")]).await;
        assert_eq!((added.status, added.header("location")), (303, "/basket"));
        let cookie = added.header("set-cookie").to_owned();
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"));

        let page = client.get("/basket").await;
        assert_eq!(page.text_of("notice"), "1 item of Desk lamp in your basket.");
        assert_eq!((page.text_of("basket-count"), page.text_of("basket-total")), ("1 item".into(), "€39.00".into()));
        assert!(!client.get("/basket").await.body.contains(r#"data-test="notice""#), "a message is shown once");

        client.post("/basket/add", &[("product", "mug"), ("quantity", "2")]).await;
        client.post("/basket/change", &[("product", "lamp"), ("quantity", "3")]).await;
        let page = client.get("/basket").await;
        assert_eq!(page.text_of("line-total-lamp"), "€117.00");
        assert_eq!((page.text_of("basket-count"), page.text_of("basket-total")), ("5 items".into(), "€146.00".into()));

        client.post("/basket/remove", &[("product", "lamp")]).await;
        client.post("/basket/change", &[("product", "mug"), ("quantity", "0")]).await;
        let page = client.get("/basket").await;
        assert_eq!(page.text_of("basket-empty"), "Nothing in it yet.");
    }

    #[tokio::test]
    async fn a_bad_quantity_changes_nothing_and_says_what_is_good() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        for bad in ["", "many", "-1", "100", "1.5", "99999999999999999999"] {
            client.post("/basket/add", &[("product", "lamp"), ("quantity", bad)]).await;
            let page = client.get("/basket").await;
            assert!(page.text_of("notice").contains("a number from 1 to 99"), "{bad}");
            assert_eq!(page.text_of("basket-count"), "0 items", "{bad}");
        }
        assert_eq!(client.post("/basket/add", &[("product", "gold"), ("quantity", "1")]).await.status, 404);
        assert_eq!(client.post("/basket/add", &[]).await.status, 404);
    }

    #[tokio::test]
    async fn visitors_have_baskets_of_their_own() {
        let site = TestSite::start();
        let (mut ada, mut bob) = (Client::new(&site), Client::new(&site));
        ada.post("/basket/add", &[("product", "lamp"), ("quantity", "1")]).await;
        bob.post("/basket/add", &[("product", "mug"), ("quantity", "4")]).await;
        assert_eq!(ada.get("/").await.text_of("basket-count"), "1 item");
        assert_eq!(bob.get("/").await.text_of("basket-count"), "4 items");
        assert_eq!(Client::new(&site).get("/").await.text_of("basket-count"), "0 items");
    }

    #[tokio::test]
    async fn an_id_that_was_never_given_out_is_nobody() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        client.set_cookie("practice_shop=made-up");
        let added = client.post("/basket/add", &[("product", "lamp"), ("quantity", "1")]).await;
        assert!(!added.header("set-cookie").contains("made-up"), "the visitor gets an id of ours");
    }
}
