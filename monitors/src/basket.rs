//! The basket.

use canarytrace::prelude::*;

use crate::shop::put_into_the_basket;

/// A visitor fills the basket, wants two lamps after all, and then none.
#[monitor(schedule = "*/5 * * * *", timeout = "45s", retries = 1, tags = ["shop", "basket"])]
pub async fn the_basket_keeps_count(browser: &mut Browser) -> Result {
    browser.step("put a lamp into the basket", async |page| put_into_the_basket(page, "lamp").await).await?;
    browser
        .step("put a mug into the basket", async |page| {
            put_into_the_basket(page, "mug").await?;
            page.expect(css!("[data-test=basket-count]")).to_contain("2").await
        })
        .await?;
    browser
        .step("remove the mug again", async |page| {
            page.find(css!("[data-test=remove-mug]")).click().await?;
            page.expect(css!("[data-test=line-mug]")).to_be_hidden().await?;
            page.expect(css!("[data-test=line-lamp]")).to_be_visible().await
        })
        .await?;
    browser
        .step("remove the lamp", async |page| {
            page.find(css!("[data-test=remove-lamp]")).click().await?;
            page.expect(css!("[data-test=basket-empty]")).to_be_visible().await
        })
        .await
}
