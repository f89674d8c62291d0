//! What is replaced while it is used.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

/// What is found is found again when the page replaced it.
#[monitor(tags = ["waiting"])]
async fn what_is_replaced_is_found_again(browser: &mut Browser) -> Result {
    browser.goto("/practice/detach?every=50&for=1500").await?;
    let clicks = async |page: &Page, name: &str, number: &str| {
        page.expect(test_id(format!("{name}-clicks"))).to_be(number).await
    };
    browser
        .step("a button that is replaced every 50 ms is clicked, once", async |page| {
            page.find(test_id("often")).click().await?;
            clicks(page, "often", "1").await?;
            page.find(test_id("always")).click().await?;
            clicks(page, "always", "1").await?;
            page.find(role(Role::Button, "Always")).click().await?;
            clicks(page, "always", "2").await
        })
        .await?;
    browser
        .step("a button that is replaced by the mouse that comes is clicked", async |page| {
            for name in ["once", "move", "hover"] {
                page.find(test_id(name)).click().await?;
                clicks(page, name, "1").await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("a press that replaces its button is no click, and is not repeated", async |page| {
            page.find(test_id("down")).click().await?;
            clicks(page, "down", "0").await?;
            page.find(test_id("down")).click().await?;
            clicks(page, "down", "1").await
        })
        .await?;
    browser
        .step("a button that vanishes between find and click fails, and says that nothing is there", async |page| {
            let failure = page.find(test_id("vanish")).timeout(SOON * 8).click().await;
            failed(failure, FailureKind::Locator, &["could not click", "test id \"vanish\"", "no element matched"]);
            clicks(page, "vanish", "0").await
        })
        .await?;
    browser
        .step("a button that vanishes and comes back is clicked", async |page| {
            page.find(test_id("back")).click().await?;
            clicks(page, "back", "1").await
        })
        .await?;
    browser
        .step("a row of a list that sorts itself is the right one", async |page| {
            page.goto("/practice/detach?after=300").await?;
            for row in ["Apple", "Banana", "Cherry"] {
                page.find(test_id("choose").within(css("li").filter(has_text(row)))).click().await?;
                page.expect(test_id("sorting-clicked")).to_be(row).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("a field that is replaced when it is focused gets its text", async |page| {
            page.find(test_id("field")).fill("first").await?;
            page.expect(test_id("field-value")).to_be("first").await?;
            page.find(test_id("field")).type_text(" second").await?;
            page.expect(test_id("field-value")).to_be("first second").await
        })
        .await
}
