//! Paying.

use canarytrace::prelude::*;

use crate::shop::{log_in, put_into_the_basket};

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
    browser.step("put a lamp into the basket", async |page| put_into_the_basket(page, "lamp").await).await?;
    browser
        .suite("checkout", async |browser| {
            browser
                .step("log in", async |page| {
                    page.find(css!("[data-test=go-to-checkout]")).click().await?;
                    page.expect(url()).to_contain("/login").await?;
                    log_in(page, &user, &password).await?;
                    page.expect(url()).to_contain("/checkout").await
                })
                .await?;
            browser
                .step("pay", async |page| {
                    page.find(css!("#name")).fill("Ada Lovelace").await?;
                    page.find(css!("#street")).fill("12 St James's Square").await?;
                    page.find(css!("#city")).fill("London").await?;
                    page.find(css!("#card")).fill(&card).await?;
                    page.find(css!("[data-test=pay]")).click().await?;
                    page.expect(css!("[data-test=order-number]")).not_to_be_empty().await
                })
                .await
        })
        .await
}
