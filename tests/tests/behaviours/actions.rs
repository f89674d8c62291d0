//! Keys, focus and scrolling.

use canarytrace::prelude::*;

use crate::support::SOON;

/// Keys arrive where the focus is, with those that are held.
#[monitor(tags = ["actions"])]
async fn keys_are_pressed(browser: &mut Browser) -> Result {
    browser.goto("/practice/keys").await?;
    browser
        .step("a shortcut of the page works wherever the focus is", async |page| {
            page.press("Control+k").await?;
            page.expect(role(Role::Dialog, "Palette")).to_be_visible().await?;
            page.expect(label("Command")).to_be_focused().await?;
            page.type_text("open").await?;
            page.expect(label("Command")).to_have_value("open").await?;
            page.press("Escape").await?;
            page.expect(test_id("shortcut")).to_be("closed").await?;
            page.press("Shift+?").await?;
            page.expect(test_id("shortcut")).to_be("help").await
        })
        .await?;
    browser
        .step("every key that has a name is pressed, and arrives as it", async |page| {
            let last = test_id("last-key");
            for (key, told) in [
                ("Enter", "Enter"),
                ("Escape", "Escape"),
                ("ArrowLeft", "ArrowLeft"),
                ("PageDown", "PageDown"),
                ("Delete", "Delete"),
                ("F2", "F2"),
                ("Space", " "),
                ("Control+Shift+ArrowUp", "Control+Shift+ArrowUp"),
                ("Alt+q", "Alt+q"),
                ("x", "x"),
            ] {
                page.press(key).await?;
                page.expect(&last).to_be(told).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("Tab and Shift+Tab move the focus", async |page| {
            page.find(test_id("focus-one")).focus().await?;
            page.press("Tab").await?;
            page.press("Tab").await?;
            page.expect(test_id("focus-three")).to_be_focused().await?;
            page.press("Tab").await?;
            page.expect(test_id("focused")).to_be("focus-four").await?;
            page.press("Shift+Tab").await?;
            page.expect(test_id("focused")).to_be("focus-three").await?;
            page.find(test_id("focus-three")).blur().await?;
            page.expect(test_id("focus-three")).not().to_be_focused().await
        })
        .await?;
    browser
        .step("arrows go through a menu", async |page| {
            page.find(role(Role::MenuItem, "New")).press("ArrowDown").await?;
            page.press("ArrowDown").await?;
            page.press("Enter").await?;
            page.expect(test_id("menu-choice")).to_be("Save").await
        })
        .await?;
    browser
        .step("text is selected and replaced by keys", async |page| {
            let field = page.find(label(exact("Text")));
            field.press("Control+A").await?;
            page.expect(test_id("selection")).to_be("to be changed").await?;
            page.press("Backspace").await?;
            page.expect(label(exact("Text"))).to_have_value("").await?;
            field.type_text("changed").await?;
            field.press("Home").await?;
            page.type_text("is ").await?;
            page.expect(label(exact("Text"))).to_have_value("is changed").await
        })
        .await
}

/// Pages and boxes are scrolled by the wheel, and to what is looked for.
#[monitor(tags = ["actions"])]
async fn pages_and_boxes_scroll(browser: &mut Browser) -> Result {
    browser.goto("/practice/scroll").await?;
    browser
        .step("the wheel scrolls a box in both directions", async |page| {
            page.find(test_id("box")).scroll_by(0, 150).await?;
            page.expect(test_id("box-scroll")).to_be("0,150").await?;
            page.find(test_id("box")).scroll_by(100, -50).await?;
            page.expect(test_id("box-scroll")).to_be("100,100").await
        })
        .await?;
    browser
        .step("a button that is enabled at the end of a text is clicked after scrolling", async |page| {
            page.expect(test_id("agree")).to_be_disabled().await?;
            page.find(test_id("terms")).scroll_by(0, 5000).await?;
            page.find(test_id("agree")).click().await?;
            page.expect(test_id("agreed")).to_be("yes").await
        })
        .await?;
    browser
        .step("the wheel scrolls the page", async |page| {
            page.evaluate::<()>("scrollTo(0, 900)", vec![]).await?;
            page.expect(test_id("page-scroll")).to_be("0,900").await?;
            page.scroll_by(0, 300).await?;
            page.expect(test_id("page-scroll")).to_be("0,1200").await?;
            page.scroll_by(0, -5000).await?;
            page.expect(test_id("page-scroll")).to_be("0,0").await
        })
        .await?;
    browser
        .step("an element is scrolled into view", async |page| {
            page.find(test_id("end")).scroll_into_view().await?;
            let height: f64 = page.evaluate("return innerHeight", vec![]).await?;
            let place = page.find(test_id("end")).bounding_box().await?;
            assert!(place.y >= 0.0 && place.y + place.height <= height, "{place:?} of {height}");
            Ok(())
        })
        .await?;
    browser
        .step("links to a place in the page and smooth scrolling are followed", async |page| {
            page.find(test_id("jump")).click().await?;
            page.expect(url()).to_contain("#deep").await?;
            page.expect(test_id("page-scroll")).not().to_be("0,0").await?;
            page.find(test_id("smooth")).click().await?;
            page.find(test_id("end")).hover().await?;
            page.expect(test_id("end")).timeout(SOON * 10).to_be_visible().await
        })
        .await
}
