//! Finding something and wanting it.

use canarytrace::prelude::*;

use crate::pages::ProductPage;

/// A visitor opens the shop, and puts two lamps into the basket.
#[monitor(
    schedule = "*/5 * * * *",
    timeout = "60s",
    retries = 1,
    tags = ["shop"],
    budget(run <= "45s", step("put lamps into the basket") <= "20s"),
)]
pub async fn a_visitor_fills_the_basket(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            page.expect(title()).to_be("Practice shop").await
        })
        .await?;
    browser
        .step("put lamps into the basket", async |page| {
            ProductPage::open(page, "lamp").await?.add_to_basket(2).await?;
            page.expect(test_id("basket-count")).to_be("2 items").await
        })
        .await
}
