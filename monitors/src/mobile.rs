//! The shop on a phone.

use canarytrace::prelude::*;

/// A visitor with a phone opens the menu, and the page fits the screen.
#[monitor(schedule = "*/10 * * * *", device = "mobile", tags = ["shop", "mobile"])]
pub async fn the_menu_works_on_a_phone(browser: &mut Browser) -> Result {
    let categories = role(Role::Navigation, "Categories");
    browser
        .step("open the shop", async |page| {
            page.goto("/").await?;
            page.expect(&categories).to_be_hidden().await
        })
        .await?;
    browser
        .step("nothing is wider than the screen", async |page| {
            let (content, screen): (u32, u32) =
                page.evaluate("return [document.documentElement.scrollWidth, innerWidth]", vec![]).await?;
            assert!(content <= screen, "the page is {content} px wide and the screen {screen} px");
            Ok(())
        })
        .await?;
    browser
        .step("open the menu", async |page| {
            let menu = page.find(role(Role::Button, "Menu"));
            menu.click().await?;
            page.expect(menu.locator()).to_have_attribute("aria-expanded", "true").await?;
            page.expect(role(Role::Link, "Lighting").within(&categories)).to_be_visible().await
        })
        .await
}
