//! What hides in shadow roots.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

/// Open shadow roots are looked into as if they were not there.
#[monitor(tags = ["shadow"])]
async fn open_shadow_roots_are_looked_into(browser: &mut Browser) -> Result {
    browser.goto("/practice/shadow?after=400").await?;
    browser
        .step("an element in an open root that comes late is waited for", async |page| {
            page.find(label("Your late name")).fill("Late").await?;
            page.find(test_id("late-send")).click().await?;
            page.expect(test_id("late-sent")).to_be("late: Late").await
        })
        .await?;
    browser
        .step("an element in an open root is found and used", async |page| {
            page.find(test_id("open-input")).fill("Ada").await?;
            page.find(test_id("open-input")).type_text(" L").await?;
            page.expect(test_id("open-input")).to_be_focused().await?;
            page.find(role(Role::Button, "Send open")).click().await?;
            page.expect(test_id("open-sent")).to_be("open: Ada L").await
        })
        .await?;
    browser
        .step("an element in a root in a root is found in every way", async |page| {
            for found in [
                label("Your nested name"),
                placeholder("Name, nested"),
                role(Role::Textbox, "Your nested name"),
                css("practice-shell section practice-form > form > input"),
                css("input").within(test_id("nested-host")),
            ] {
                page.find(&found).fill("").await?;
                page.find(&found).fill("Bob").await?;
                page.find(&found).press("Enter").await?;
                page.expect(text("nested: Bob")).to_have_attribute("data-test", "nested-sent").await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("what is slotted is found where it is written and where it is shown", async |page| {
            page.expect(text("A caption from the page")).to_have_attribute("data-test", "slotted").await?;
            page.expect(test_id("slotted").within(css("practice-form"))).to_be_visible().await?;
            page.expect(css("practice-form").filter(has_text("A caption"))).to_have_attribute("name", "open").await
        })
        .await?;
    browser
        .step("a root that is declared in HTML is one like any other", async |page| {
            page.find(role(Role::Button, "Declared button")).click().await?;
            page.find(text("Declared button")).click().await?;
            page.expect(test_id("declared-result")).to_be("2").await
        })
        .await?;
    browser
        .step("the same name inside and outside of a root is two matches", async |page| {
            let save = role(Role::Button, exact("Save"));
            failed(page.find(&save).timeout(SOON).click().await, FailureKind::Locator, &["2 elements matched"]);
            page.find(save.clone().within(test_id("save-host"))).click().await?;
            page.expect(test_id("save-result")).to_be("inside").await?;
            page.find(save.first()).click().await?;
            page.expect(test_id("save-result")).to_be("outside").await
        })
        .await?;
    browser
        .step("a closed root is not looked into", async |page| {
            for hidden in [test_id("closed-button"), text("Closed button"), role(Role::Button, "Closed button")] {
                assert_eq!(page.find(&hidden).count().await?, 0, "{hidden}");
            }
            // A person can use it all the same.
            page.find(test_id("closed-host")).click().await?;
            page.expect(test_id("closed-result")).to_be("1").await
        })
        .await
}
