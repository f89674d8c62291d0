//! `/checkout` for those who are logged in, and `/orders/{number}`, which confirms.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

use super::error;
use crate::site::catalogue::euros;
use crate::site::html::{Markup, html};
use crate::site::layout::{Page, counted};
use crate::site::session::{Session, Site};
use crate::site::switches::Switch;
use crate::site::visitor::{Basket, Order};

/// The number of the practice card. It is public and stands on the checkout page. Numbers that begin with 00 belong to
/// no issuer of cards, and the shop takes no others, so that nobody leaves a real one here.
pub const PRACTICE_CARD: &str = "0042 0042 0042 0042";

/// Longest name, street or city, in characters.
const LONGEST_LINE: usize = 200;

/// Checkout and confirmation.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new().route("/checkout", get(form).post(pay)).route("/orders/{number}", get(order))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Checkout {
    name: String,
    street: String,
    city: String,
    card: String,
}

/// A line of the form: its name, its label, what browsers may fill in, and what was typed.
type Field<'a> = (&'static str, &'static str, &'static str, &'a str);

impl Checkout {
    fn fields(&self) -> [Field<'_>; 4] {
        [
            ("name", "Name", "name", &self.name),
            ("street", "Street and house number", "street-address", &self.street),
            ("city", "Postcode and city", "address-level2", &self.city),
            // What was typed as a card number is never sent back.
            ("card", "Practice card number", "off", ""),
        ]
    }

    /// What is wrong, by the name of the field.
    fn problems(&self) -> Vec<(&'static str, &'static str)> {
        let line = |text: &str, missing: &'static str| match text.trim().chars().count() {
            0 => Some(missing),
            length if length > LONGEST_LINE => Some("That is more than fits on a parcel."),
            _ => None,
        };
        [
            ("name", line(&self.name, "Tell us who it is for.")),
            ("street", line(&self.street, "Tell us the street.")),
            ("city", line(&self.city, "Tell us the city.")),
            ("card", card_problem(&self.card)),
        ]
        .into_iter()
        .filter_map(|(field, problem)| problem.map(|problem| (field, problem)))
        .collect()
    }
}

fn card_problem(card: &str) -> Option<&'static str> {
    let digits: Vec<u32> = card.chars().filter_map(|character| character.to_digit(10)).collect();
    if card.trim().is_empty() {
        Some("Enter the number of the practice card.")
    } else if digits.len() != 16 || card.chars().any(|character| !character.is_ascii_digit() && character != ' ') {
        Some("A card number has 16 digits.")
    } else if digits[..2] != [0, 0] {
        Some("Only practice cards are taken here: their number begins with 00.")
    } else if !passes_luhn(&digits) {
        Some("There is a digit wrong in this number.")
    } else {
        None
    }
}

/// The checksum of card numbers (ISO/IEC 7812-1, annex B).
fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

async fn form(mut session: Session) -> Response {
    if session.switches().on(Switch::Error500OnCheckout) {
        return broken(session);
    }
    match ready_to_pay(&mut session) {
        Ok(basket) => checkout_page(session, &Checkout::default(), &basket, &[]),
        Err(elsewhere) => session.redirect(elsewhere),
    }
}

async fn pay(State(site): State<Site>, mut session: Session, Form(checkout): Form<Checkout>) -> Response {
    let switches = session.switches();
    if switches.on(Switch::Error500OnCheckout) {
        return broken(session);
    }
    if switches.on(Switch::SessionLost) {
        session.change(|visitor| visitor.signed_in = false);
    }
    let basket = match ready_to_pay(&mut session) {
        Ok(basket) => basket,
        Err(elsewhere) => return session.redirect(elsewhere),
    };
    let mut problems = checkout.problems();
    if problems.is_empty() && switches.on(Switch::PaymentDeclined) {
        problems.push(("card", "The card was declined. Nothing was paid."));
    }
    if !problems.is_empty() {
        return checkout_page(session, &checkout, &basket, &problems);
    }
    let digits: String = checkout.card.chars().filter(char::is_ascii_digit).collect();
    let number = session.change(|visitor| {
        let number = site.next_order_number();
        let basket = std::mem::take(&mut visitor.basket);
        visitor.place(Order {
            number,
            name: checkout.name.trim().to_owned(),
            street: checkout.street.trim().to_owned(),
            city: checkout.city.trim().to_owned(),
            card_end: digits[12..].to_owned(),
            basket,
        });
        number
    });
    session.redirect(&format!("/orders/{number}"))
}

fn broken(session: Session) -> Response {
    error::page(session, StatusCode::INTERNAL_SERVER_ERROR, "The checkout is broken, as was switched.")
}

/// What there is to pay; for those who are not logged in or have nothing to pay, where they must go first.
fn ready_to_pay(session: &mut Session) -> Result<Basket, &'static str> {
    let visitor = session.visitor();
    if visitor.basket.is_empty() {
        session.change(|visitor| visitor.notice = Some("Put something into the basket before you pay.".to_owned()));
        return Err("/basket");
    }
    if visitor.signed_in { Ok(visitor.basket) } else { Err("/login?next=/checkout") }
}

fn checkout_page(
    session: Session,
    checkout: &Checkout,
    basket: &Basket,
    problems: &[(&'static str, &'static str)],
) -> Response {
    let field = |(name, label, autocomplete, typed): Field<'_>| {
        let problem = problems.iter().find(|(field, _)| *field == name).map(|(_, problem)| *problem);
        html!(
            r#"<div class="field"><label for="{name}">{label}</label>
<input id="{name}" name="{name}" autocomplete="{autocomplete}" value="{typed}"{state} data-test="{name}">{problem}</div>"#,
            name,
            label,
            autocomplete,
            typed,
            state = problem.map(|_| html!(r#" aria-invalid="true" aria-describedby="error-{name}""#, name)),
            problem = problem.map(|problem| html!(
                r#"<p class="wrong" id="error-{name}" data-test="error-{name}">{problem}</p>"#,
                name,
                problem,
            )),
        )
    };
    let summary = (!problems.is_empty()).then(|| {
        let item = |(field, problem): &(&str, &str)| html!(r##"<li><a href="#{field}">{problem}</a></li>"##, field, problem);
        html!(
            r#"<div class="problem" role="alert" data-test="checkout-errors"><p>Please look at this again:</p><ul>{items}</ul></div>"#,
            items = problems.iter().map(item).collect::<Markup>(),
        )
    });
    // The browser's own validation is off: a monitor can read what the shop says, and not what the browser does.
    let content = html!(
        r#"<h1>Checkout</h1>
{summary}
<div class="columns">
<form class="panel stack" method="post" action="/checkout" novalidate>
{fields}
<p class="hint">The practice card is <code data-test="practice-card">{card}</code>. Never type a real one.</p>
<button class="button wide" data-test="pay">Pay {total}</button>
</form>
<aside class="panel" aria-label="Summary">{lines}</aside>
</div>"#,
        summary,
        fields = checkout.fields().into_iter().map(field).collect::<Markup>(),
        card = PRACTICE_CARD,
        total = euros(basket.total()),
        lines = bill(basket),
    );
    session.page(Page::new("Checkout", "filling in a form, being told what is wrong with it, and paying.", content))
}

fn bill(basket: &Basket) -> Markup {
    let line = |(product, quantity): &(&'static crate::site::catalogue::Product, u32)| {
        html!(
            "<dt>{quantity} × {name}</dt><dd>{price}</dd>",
            quantity = *quantity,
            name = product.name,
            price = euros(product.price * quantity),
        )
    };
    html!(
        r#"<dl>{lines}<dt class="sum">Total, {items}</dt><dd class="sum" data-test="order-total">{total}</dd></dl>"#,
        lines = basket.lines().iter().map(line).collect::<Markup>(),
        items = counted(basket.items()),
        total = euros(basket.total()),
    )
}

async fn order(session: Session, Path(number): Path<String>) -> Response {
    let visitor = session.visitor();
    let Some(order) = number.parse().ok().and_then(|number| visitor.order(number)) else {
        return error::not_found(session, "You have no order of this number.");
    };
    let content = html!(
        r#"<div class="narrow thanks">
<p class="tick" aria-hidden="true">✓</p>
<h1>Thank you, {name}</h1>
<p class="lead">Your order has the number <strong data-test="order-number">{number}</strong>.</p>
<div class="panel">{lines}
<p data-test="order-address">It would go to {name}, {street}, {city}, and be paid with the card that ends
in {card_end}.</p></div>
<p><a class="button" href="/" data-test="continue-shopping">Continue shopping</a></p>
</div>"#,
        name = order.name,
        number = order.number,
        lines = bill(&order.basket),
        street = order.street,
        city = order.city,
        card_end = order.card_end,
    );
    let title = format!("Order {}", order.number);
    session.page(Page::new(&title, "the end of a journey: an order number that a monitor can check.", content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::pages::{PRACTICE_PASSWORD, PRACTICE_USER};
    use crate::site::testing::{Client, TestSite};

    const GOOD: [(&str, &str); 4] =
        [("name", "Ada Lovelace"), ("street", "Practice Row 1"), ("city", "0001 Nowhere"), ("card", PRACTICE_CARD)];

    async fn at_checkout(site: &TestSite) -> Client {
        let mut client = Client::new(site);
        client.post("/basket/add", &[("product", "lamp"), ("quantity", "2")]).await;
        client.post("/login", &[("email", PRACTICE_USER), ("password", PRACTICE_PASSWORD)]).await;
        client
    }

    fn with(field: &str, value: &'static str) -> Vec<(&'static str, &'static str)> {
        GOOD.map(|(name, good)| (name, if name == field { value } else { good })).to_vec()
    }

    #[tokio::test]
    async fn a_filled_in_form_becomes_an_order_with_a_number() {
        let site = TestSite::start();
        let mut client = at_checkout(&site).await;
        let page = client.get("/checkout").await;
        assert_eq!((page.status, page.text_of("order-total")), (200, "€78.00".to_owned()));
        let answer = client.post("/checkout", &GOOD).await;
        assert_eq!(answer.status, 303);
        let page = client.get(answer.header("location")).await;
        let number = page.text_of("order-number");
        assert_eq!(answer.header("location"), format!("/orders/{number}"));
        assert!(page.text_of("order-address").contains("Practice Row 1") && page.body.contains("in 0042."));
        assert_eq!(page.text_of("basket-count"), "0 items", "what is paid is out of the basket");

        let mut other = at_checkout(&site).await;
        assert_eq!(other.get(&format!("/orders/{number}")).await.status, 404, "an order is its visitor's alone");
        let second = other.post("/checkout", &GOOD).await;
        assert_ne!(second.header("location"), answer.header("location"));
        assert_eq!(client.get("/orders/abc").await.status, 404);
    }

    #[tokio::test]
    async fn checkout_needs_a_basket_and_a_login() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        assert_eq!(client.get("/checkout").await.header("location"), "/basket");
        assert_eq!(client.post("/checkout", &GOOD).await.header("location"), "/basket");
        client.post("/basket/add", &[("product", "lamp"), ("quantity", "1")]).await;
        assert_eq!(client.get("/checkout").await.header("location"), "/login?next=/checkout");
        assert!(client.get("/login?next=/checkout").await.body.contains(r#"name="next" value="/checkout""#));
        assert_eq!(client.post("/checkout", &GOOD).await.header("location"), "/login?next=/checkout");
    }

    #[tokio::test]
    async fn each_wrong_field_is_named_and_the_others_are_kept() {
        let site = TestSite::start();
        let mut client = at_checkout(&site).await;
        for (field, value, message) in [
            ("name", "  ", "Tell us who it is for."),
            ("street", "", "Tell us the street."),
            ("city", "", "Tell us the city."),
            ("card", "", "Enter the number of the practice card."),
            ("card", "0042", "A card number has 16 digits."),
            ("card", "0042-0042-0042-0042", "A card number has 16 digits."),
            ("card", "4111 1111 1111 1111", "Only practice cards are taken here: their number begins with 00."),
            ("card", "0042 0042 0042 0043", "There is a digit wrong in this number."),
        ] {
            let page = client.post("/checkout", &with(field, value)).await;
            assert_eq!(page.status, 200, "{field}={value}");
            assert_eq!(page.text_of(&format!("error-{field}")), message);
            assert!(page.text_of("checkout-errors").contains(message), "the summary has it as well");
            assert_eq!(page.body.matches(r#"aria-invalid="true""#).count(), 1);
            assert_eq!(page.body.contains("Ada Lovelace"), field != "name", "what was right is kept");
            assert!(!page.body.contains("4111"), "a card number is never sent back");
        }
        let page = client.post("/checkout", &[]).await;
        assert_eq!(page.body.matches(r#"aria-invalid="true""#).count(), 4);
        assert_eq!(client.get("/").await.text_of("basket-count"), "2 items");
    }

    #[tokio::test]
    async fn what_was_typed_is_text_in_the_form_and_in_the_confirmation() {
        let site = TestSite::start();
        let hostile = r#"'"><script>alert(1)</script>"#;
        for field in ["name", "street", "city"] {
            let mut client = at_checkout(&site).await;
            let mut form = with(field, hostile);
            form.retain(|(name, _)| *name != "card");
            let again = client.post("/checkout", &form).await;
            form.push(("card", PRACTICE_CARD));
            let answer = client.post("/checkout", &form).await;
            let confirmation = client.get(answer.header("location")).await;
            for page in [again, confirmation] {
                assert!(!page.body.contains(hostile) && !page.body.contains("<script>alert"), "{field}");
                assert!(page.body.contains("&#39;&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"), "{field}");
            }
        }
    }

    #[test]
    fn the_practice_card_is_taken() {
        assert_eq!(card_problem(PRACTICE_CARD), None);
        assert_eq!(card_problem("0042004200420042"), None);
    }
}
