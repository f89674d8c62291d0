//! Finding something in the shop.

use canarytrace::prelude::*;

/// A visitor opens the shop and sees products.
#[monitor(schedule = "*/3 * * * *", tags = ["shop", "catalogue"], budget(run <= "20s"))]
pub async fn the_shop_is_open(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            page.expect(title()).to_be("Practice shop").await?;
            page.expect(css!("[data-test=product-lamp]")).to_be_visible().await
        })
        .await
}

/// A visitor searches for a lamp, finds it and looks at it; a search for nonsense says that there is nothing.
#[monitor(schedule = "*/5 * * * *", tags = ["shop", "catalogue"])]
pub async fn a_search_finds_a_product(browser: &mut Browser) -> Result {
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await?;
    browser
        .step("search for a lamp", async |page| {
            let input = page.find(css!("[data-test=search-input]"));
            input.fill("lamp").await?;
            page.find(css!("[data-test=search-button]")).click().await?;
            page.expect(url()).to_contain("/search?q=lamp").await?;
            page.expect(css!("[data-test=product-lamp]")).to_be_visible().await
        })
        .await?;
    browser
        .step("open the lamp", async |page| {
            page.find(css!("[data-test=product-link-lamp]")).click().await?;
            page.expect(css!("[data-test=product-name]")).to_contain("amp").await?;
            page.expect(css!("[data-test=product-price]")).to_contain("€").await
        })
        .await?;
    browser
        .step("search for nonsense", async |page| {
            page.goto("/search?q=xyzzy").await?;
            page.expect(css!("[data-test=search-summary]")).to_contain("xyzzy").await?;
            page.expect(css!("[data-test=product-lamp]")).to_be_hidden().await
        })
        .await
}
