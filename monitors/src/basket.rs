//! The basket.

use canarytrace::prelude::*;

use crate::shop::{BasketPage, ProductPage};

/// A visitor fills the basket, takes a mug out again, and then the lamps.
#[monitor(schedule = "*/5 * * * *", timeout = "45s", retries = 1, tags = ["shop", "basket"], params(lamps: u32 = 2))]
pub async fn the_basket_keeps_count(browser: &mut Browser) -> Result {
    let lamps: u32 = browser.param_as("lamps")?;
    browser
        .step("put lamps into the basket", async |page| {
            let basket = ProductPage::open(page, "lamp").await?.add_to_basket(lamps).await?;
            page.expect(basket.line("Desk lamp")).to_be_visible().await
        })
        .await?;
    browser
        .step("put a mug into the basket", async |page| {
            ProductPage::open(page, "mug").await?.add_to_basket(1).await?;
            page.expect(test_id("basket-count")).to_contain(&(lamps + 1).to_string()).await?;
            page.expect(role(Role::SpinButton, "Quantity of Desk lamp")).to_have_value(&lamps.to_string()).await
        })
        .await?;
    browser
        .step("take the mug out again", async |page| {
            let basket = BasketPage::open(page).await?;
            basket.remove("Stoneware mug").await?;
            page.expect(basket.line("Desk lamp")).to_be_visible().await
        })
        .await?;
    browser
        .step("take the lamps out", async |page| {
            BasketPage::open(page).await?.remove("Desk lamp").await?;
            page.expect(text("Nothing in it yet")).to_be_visible().await
        })
        .await
}
