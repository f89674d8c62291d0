//! `/switchboard`: turns faults of the shop on and off, for this visitor alone.

use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use axum::{Form, Router};
use serde::Deserialize;

use crate::site::faults;
use crate::site::html::{Markup, html};
use crate::site::layout::Page;
use crate::site::session::{Session, Site};
use crate::site::switches::{Switch, Switches};

/// The switchboard, and what sets it. GET sets it as well, so that a monitor needs no click.
pub(in crate::site) fn routes() -> Router<Site> {
    Router::new()
        .route("/switchboard", get(switchboard))
        .route(
            "/switchboard/set",
            get(async |session: Session, Query(wish): Query<Wish>| set(session, &wish))
                .post(async |session: Session, Form(wish): Form<Wish>| set(session, &wish)),
        )
        .route("/switchboard/reset", get(reset).post(reset))
}

/// `?fault=slow,js-error&on=1&ms=800&next=/basket`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wish {
    fault: String,
    on: Option<String>,
    ms: Option<String>,
    next: Option<String>,
}

impl Wish {
    /// Does what is wished, or says why it can't be done.
    fn grant(&self, switches: &mut Switches) -> Result<(), String> {
        let on = match self.on.as_deref().unwrap_or("1") {
            "1" | "true" | "on" | "yes" => true,
            "0" | "false" | "off" | "no" => false,
            other => return Err(format!("The value of “on” must be 1 or 0, and not “{other}”.")),
        };
        for name in self.fault.split(',').map(str::trim) {
            let switch = Switch::named(name).ok_or_else(|| format!("There is no fault “{name}”."))?;
            switches.set(switch, on);
        }
        if let Some(ms) = &self.ms {
            switches.set_wait(ms.parse().map_err(|_| format!("The value of “ms” must be a number, and not “{ms}”."))?);
        }
        Ok(())
    }

    /// Where to go on: a page of this site only.
    fn next(&self) -> &str {
        let inside = |next: &&str| next.starts_with('/') && !next[1..].starts_with(['/', '\\']);
        self.next.as_deref().filter(inside).unwrap_or("/switchboard")
    }
}

fn set(mut session: Session, wish: &Wish) -> Response {
    let mut switches = session.visitor().switches;
    match wish.grant(&mut switches) {
        Ok(()) => {
            session.change(|visitor| visitor.switches = switches);
            session.redirect(wish.next())
        }
        Err(message) => faults::bad_value(session, &message),
    }
}

async fn reset(mut session: Session, Query(wish): Query<Wish>) -> Response {
    session.change(|visitor| visitor.switches = Switches::default());
    session.redirect(wish.next())
}

async fn switchboard(session: Session) -> Response {
    let switches = session.visitor().switches;
    let row = |(switch, name, does): &(Switch, &'static str, &'static str)| {
        let on = switches.on(*switch);
        html!(
            r#"<tr><th scope="row"><code>{name}</code></th><td>{does}</td><td data-test="state-{name}">{state}</td>
<td><form method="post" action="/switchboard/set"><input type="hidden" name="fault" value="{name}"><input type="hidden"
 name="on" value="{wanted}"><button class="quiet" data-test="switch-{name}" aria-label="Switch {name} {verb}">Switch {verb}</button></form></td></tr>"#,
            name = *name,
            does = *does,
            state = if on { "on" } else { "off" },
            wanted = if on { "0" } else { "1" },
            verb = if on { "off" } else { "on" },
        )
    };
    let content = html!(
        r#"<h1>Switchboard</h1>
<p class="lead">Faults of the shop, for you alone: other visitors don’t notice.</p>
<div class="scrolls"><table data-test="switches"><thead><tr><th scope="col">Fault</th><th scope="col">What it does</th>
<th scope="col">State</th><th scope="col">Switch</th></tr></thead><tbody>{rows}</tbody></table></div>
<form method="post" action="/switchboard/reset"><p><button data-test="reset">Switch everything off</button></p></form>
<p>Slowed-down pages take <strong data-test="wait">{wait}</strong> ms more. By URL, without a click:
<code>/switchboard/set?fault=slow,js-error&amp;on=1&amp;ms=800&amp;next=/basket</code>, and <code>/switchboard/reset</code>.</p>"#,
        rows = Switch::ALL.iter().map(row).collect::<Markup>(),
        wait = switches.wait_ms(),
    );
    session.page(Page::new(
        "Switchboard",
        "making the shop fail in one way at a time, and seeing a monitor notice.",
        content,
    ))
}

#[cfg(test)]
mod tests {
    use crate::site::pages::{PRACTICE_CARD, PRACTICE_PASSWORD, PRACTICE_USER};
    use crate::site::testing::{Client, TestSite};

    async fn with(site: &TestSite, faults: &str) -> Client {
        let mut client = Client::new(site);
        client.post("/basket/add", &[("product", "lamp"), ("quantity", "1")]).await;
        client.post("/login", &[("email", PRACTICE_USER), ("password", PRACTICE_PASSWORD)]).await;
        let set = client.visit(&format!("/switchboard/set?fault={faults}&ms=1&next=/basket")).await;
        assert_eq!((set.status, set.header("location")), (303, "/basket"), "{faults}");
        client
    }

    async fn pay(client: &mut Client) -> crate::site::testing::Answer {
        let form = [("name", "Ada"), ("street", "Row 1"), ("city", "Nowhere"), ("card", PRACTICE_CARD)];
        client.post("/checkout", &form).await
    }

    #[tokio::test]
    async fn a_fault_is_its_visitors_alone_until_it_is_switched_off() {
        let site = TestSite::start();
        let mut ada = Client::new(&site);
        ada.visit("/switchboard/set?fault=price-missing").await;
        let bob = Client::new(&site);
        assert_eq!(ada.get("/products/lamp").await.text_of("product-price"), "");
        assert_eq!(ada.get("/").await.text_of("faults-on"), "Faults switched on: price-missing");
        assert_eq!(ada.get("/switchboard").await.text_of("state-price-missing"), "on");
        assert_eq!(bob.get("/products/lamp").await.text_of("product-price"), "€39.00");
        assert!(!bob.get("/").await.body.contains("faults-on"));
        assert_eq!(bob.get("/switchboard").await.text_of("state-price-missing"), "off");

        ada.post("/switchboard/set", &[("fault", "price-missing"), ("on", "0")]).await;
        assert_eq!(ada.get("/products/lamp").await.text_of("product-price"), "€39.00");
        ada.visit("/switchboard/set?fault=slow,js-error&on=1&ms=0").await;
        assert_eq!(ada.get("/").await.text_of("faults-on"), "Faults switched on: slow, js-error");
        assert_eq!(ada.get("/switchboard").await.text_of("wait"), "0");
        ada.visit("/switchboard/reset").await;
        assert!(!ada.get("/").await.body.contains("faults-on"));
    }

    #[tokio::test]
    async fn each_fault_does_what_it_says() {
        let site = TestSite::start();
        for (name, path, sign) in [
            ("broken-images", "/products/lamp", r#"src="/pictures/missing-lamp.svg""#),
            ("broken-images", "/", r#"src="/pictures/missing-lamp.svg""#),
            ("js-error", "/search", "/assets/shop-error.js"),
            ("cookie-banner", "/", r#"data-test="cookie-banner""#),
            ("re-render-basket", "/basket", "/assets/shop-re-render.js"),
            ("empty-search", "/search?q=lamp", "Nothing found for"),
            ("price-missing", "/", r#"<span class="price"></span>"#),
            ("wrong-total", "/basket", r#"data-test="basket-total">€40.00"#),
        ] {
            let client = with(&site, name).await;
            assert!(client.get(path).await.body.contains(sign), "{name}");
            client.get("/switchboard/reset").await;
            assert!(!client.get(path).await.body.contains(sign), "{name} is off");
        }
        assert_eq!(Client::new(&site).get("/pictures/missing-lamp.svg").await.status, 404);
    }

    #[tokio::test]
    async fn the_checkout_fails_as_switched() {
        let site = TestSite::start();
        let mut client = with(&site, "error-500-on-checkout").await;
        assert_eq!(client.get("/checkout").await.status, 500);
        assert_eq!(pay(&mut client).await.status, 500);

        let mut client = with(&site, "payment-declined").await;
        assert_eq!(pay(&mut client).await.text_of("error-card"), "The card was declined. Nothing was paid.");
        assert_eq!(client.get("/").await.text_of("basket-count"), "1 item");

        let mut client = with(&site, "session-lost").await;
        assert_eq!(client.get("/checkout").await.status, 200);
        assert_eq!(pay(&mut client).await.header("location"), "/login?next=/checkout");
        assert!(!client.get("/").await.body.contains("account-name"));
    }

    #[tokio::test]
    async fn a_slow_shop_takes_longer_and_nothing_else_does() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        client.visit("/switchboard/set?fault=slow&ms=60000").await;
        // Were they slowed down, too, the test would last for minutes.
        for path in ["/switchboard", "/practice/dialogs", "/faults/", "/api/products", "/pictures/lamp.svg"] {
            assert_eq!(client.get(path).await.status, 200, "{path}");
        }
        client.visit("/switchboard/set?fault=slow&ms=40").await;
        let before = std::time::Instant::now();
        client.get("/").await;
        assert!(before.elapsed() >= std::time::Duration::from_millis(40), "a lower bound holds on any machine");
    }

    #[tokio::test]
    async fn a_wish_that_makes_no_sense_changes_nothing() {
        let site = TestSite::start();
        let mut client = Client::new(&site);
        for bad in ["fault=unknown", "fault=", "fault=slow,unknown", "fault=slow&on=maybe", "fault=slow&ms=soon", ""] {
            assert_eq!(client.visit(&format!("/switchboard/set?{bad}")).await.status, 400, "{bad}");
            assert!(!client.get("/").await.body.contains("faults-on"), "{bad}");
        }
        for outside in ["//evil.example", "/\\evil.example", "https://evil.example", "evil"] {
            let set = client.visit(&format!("/switchboard/set?fault=slow&on=0&next={outside}")).await;
            assert_eq!(set.header("location"), "/switchboard", "{outside}");
        }
    }
}
