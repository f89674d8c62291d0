//! Finding something in the shop.

use canarytrace::prelude::*;

/// A visitor opens the shop and sees products.
#[monitor(schedule = "*/3 * * * *", tags = ["shop", "catalogue"], budget(run <= "20s"))]
pub async fn the_shop_is_open(browser: &mut Browser) -> Result {
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            page.expect(title()).to_be("Practice shop").await?;
            page.expect(role(Role::Button, "Add Desk lamp to the basket")).to_be_visible().await
        })
        .await
}

/// A visitor searches for a lamp, finds it and looks at it; a search for nonsense says that there is nothing.
#[monitor(schedule = "*/5 * * * *", tags = ["shop", "catalogue"])]
pub async fn a_search_finds_a_product(browser: &mut Browser) -> Result {
    let results = role(Role::Status, any());
    browser.step("open the shop", async |page| page.goto("/").await.map(drop)).await?;
    browser
        .step("search for a lamp", async |page| {
            let search = page.find(label("Search for products"));
            search.fill("desk lamp").await?;
            search.press("Enter").await?;
            page.expect(url()).to_match("/search\\?q=desk.lamp$").await?;
            page.expect(&results).to_contain("1 product for").await
        })
        .await?;
    browser
        .step("open the lamp", async |page| {
            page.find(role(Role::Link, "Desk lamp")).click().await?;
            page.expect(role(Role::Heading, "Desk lamp")).to_be_visible().await?;
            // What is nice to have is expected softly: a failure is told, and the journey goes on.
            page.expect_soft(test_id("product-price")).to_match("^€\\d+\\.\\d\\d$").await?;
            page.expect_soft(alt_text("desk lamp")).to_be_visible().await
        })
        .await?;
    browser
        .step("search for nonsense", async |page| {
            page.find(label("Search for products")).fill("xyzzy").await?;
            page.find(role(Role::Button, "Search")).click().await?;
            page.expect(&results).to_contain("Nothing found for").await?;
            page.expect(role(Role::Main, any())).not().to_contain("Desk lamp").await
        })
        .await
}
