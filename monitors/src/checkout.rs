//! Paying.

use canarytrace::prelude::*;

use crate::shop::{LoginPage, ProductPage};

/// A customer puts a lamp into the basket, logs in on the way to the checkout, and pays.
#[monitor(
    schedule = "*/3 * * * *",
    timeout = "90s",
    retries = 1,
    tags = ["shop", "checkout"],
    params(
        shop_user = "ada@example.com",
        shop_password: secret = "correct horse battery staple",
        shop_card: secret = "0042 0042 0042 0042",
    ),
    budget(run <= "60s", step("pay") <= "20s"),
)]
pub async fn a_customer_pays(browser: &mut Browser) -> Result {
    let user = browser.param("shop_user")?.to_owned();
    let password = browser.param("shop_password")?.to_owned();
    let card = browser.param("shop_card")?.to_owned();
    browser
        .step("put a lamp into the basket", async |page| {
            let basket = ProductPage::open(page, "lamp").await?.add_to_basket(1).await?;
            page.expect(basket.line("Desk lamp")).to_be_visible().await?;
            basket.check_out().await
        })
        .await?;
    browser
        .suite("checkout", async |browser| {
            browser
                .step("log in", async |page| {
                    LoginPage::arrived(page).await?.log_in(&user, &password).await?;
                    page.expect(url()).to_contain("/checkout").await
                })
                .await?;
            browser
                .step("pay", async |page| {
                    page.find(label("Name")).fill("Ada Lovelace").await?;
                    page.find(label("Street")).fill("12 St James's Square").await?;
                    page.find(label("City")).fill("London").await?;
                    page.find(label("Card")).fill(&card).await?;
                    page.find(role(Role::Button, "Pay")).click().await?;
                    page.expect(role(Role::Heading, "Thank you, Ada Lovelace")).to_be_visible().await?;
                    page.expect(test_id("order-number")).not_to_be_empty().await
                })
                .await
        })
        .await
}
