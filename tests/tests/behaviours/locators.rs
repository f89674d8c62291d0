//! Finding elements in every way there is, and choosing among them.

use canarytrace::prelude::*;

use crate::support::{SOON, failed};

/// Elements are found by everything that a reader or a developer knows them by.
#[monitor(tags = ["locators"])]
async fn elements_are_found_in_every_way(browser: &mut Browser) -> Result {
    browser.goto("/practice/locators").await?;
    let pressed = test_id("pressed");
    browser
        .step("css finds by a selector, checked by the compiler or when it runs", async |page| {
            page.find(css!("[data-test=by-content]")).click().await?;
            page.expect(&pressed).to_be("by-content").await?;
            page.find(css(r"#with\:odd\.id")).click().await?;
            page.expect(&pressed).to_be("odd id \"quoted\"").await
        })
        .await?;
    browser
        .step("xpath finds by an expression", async |page| {
            page.expect(xpath("//tr[th='Lamp']/td")).to_be("€39.00").await?;
            page.find(xpath("(//div[@class='row']//button)[last()-2]")).wait_for(State::Attached).await
        })
        .await?;
    browser
        .step("text finds the smallest element, whatever the case and the white space", async |page| {
            let is = async |wanted: Locator, id: &str| page.expect(wanted).to_have_attribute("data-test", id).await;
            is(text("mixed case"), "text-case").await?;
            is(text("with hard spaces"), "text-nbsp").await?;
            is(text("ŽLUŤOUČKÝ kůň, 你好, 🐤"), "text-umlaut").await?;
            is(text(exact("Shown in capitals")), "text-transformed").await?;
            is(text("by parts"), "by-parts").await?;
            is(text("by value"), "by-value").await
        })
        .await?;
    browser
        .step("an exact text keeps its case, and is the whole text", async |page| {
            page.expect(text(exact("Mixed CASE Text"))).to_have_count(1).await?;
            page.expect(text(exact("mixed case text"))).to_have_count(0).await?;
            page.expect(text(exact("Mixed CASE"))).to_have_count(0).await
        })
        .await?;
    browser
        .step("a regular expression matches a text", async |page| {
            page.expect(text(regex(r"^Order \d{5} of \d items$"))).to_have_attribute("data-test", "text-regex").await?;
            page.expect(role(Role::Button, regex("^By (label|role)$"))).to_have_attribute("data-test", "by-role").await
        })
        .await?;
    browser
        .step("a button is found by its role and any kind of accessible name", async |page| {
            for (name, id) in [
                ("By content", "by-content"),
                ("Close", "by-label"),
                ("Settings", "by-button-title"),
                ("By value", "by-value"),
                ("Canary", "by-image"),
                ("By several spaces", "by-spaces"),
                ("By parts", "by-parts"),
                ("By role", "by-role"),
                ("A link as button", "link-as-button"),
            ] {
                page.find(role(Role::Button, exact(name))).click().await?;
                page.expect(&pressed).to_be(id).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("a field is found by its role and any kind of label", async |page| {
            for (name, id) in [
                ("By for", "by-for"),
                ("By wrapping", "by-wrapping"),
                ("By aria-label", "by-aria-label"),
                ("By aria-labelledby", "by-aria-labelledby"),
                ("By title", "by-title"),
                ("By placeholder", "by-placeholder"),
            ] {
                page.find(role(Role::Textbox, exact(name))).fill(name).await?;
                page.expect(test_id(id)).to_have_value(name).await?;
            }
            Ok(())
        })
        .await?;
    browser
        .step("roles are those of the accessibility tree, given or the element's own", async |page| {
            page.find(role(Role::Link, "Practice").within(role(Role::Navigation, "Crumbs")))
                .wait_for(State::Visible)
                .await?;
            page.expect(role(Role::Heading, "A heading of level 3")).to_be_visible().await?;
            page.expect(role(Role::RowHeader, any()).within(role(Role::Table, "Prices"))).to_have_count(2).await?;
            page.expect(role(Role::ProgressBar, "Progress")).to_be("40 %").await?;
            page.expect(role(Role::Alert, any())).to_be("An alert of the page").await?;
            page.expect(role(Role::Article, "An article")).to_contain("Text of the article").await?;
            page.expect(role(Role::Img, "A drawn circle")).to_have_count(1).await
        })
        .await?;
    browser
        .step("a field is found by its label, placeholder or title", async |page| {
            for (name, id) in [
                ("by for", "by-for"),
                ("by wrapping", "by-wrapping"),
                ("by aria-label", "by-aria-label"),
                ("by aria-labelledby", "by-aria-labelledby"),
            ] {
                page.find(label(exact(name.replacen('b', "B", 1)))).fill("").await?;
                page.expect(test_id(id)).to_have_value("").await?;
            }
            page.find(placeholder("by place")).fill("x").await?;
            page.expect(test_id("by-placeholder")).to_have_value("x").await
        })
        .await?;
    browser
        .step("a picture is found by its alternative text, an element by its test id", async |page| {
            page.expect(alt_text("desk lamp")).to_have_attribute("data-test", "alt-lamp").await?;
            for id in ["by-testid", "by-data-test", "odd id \"quoted\""] {
                page.find(test_id(id)).click().await?;
                page.expect(&pressed).to_be(id).await?;
            }
            page.expect(test_id("BY-TESTID")).to_have_count(0).await
        })
        .await
}

/// Of several matches one is chosen, or nothing is done.
#[monitor(tags = ["locators"])]
async fn one_of_several_is_chosen(browser: &mut Browser) -> Result {
    browser.goto("/practice/similar").await?;
    let clicked = test_id("row-clicked");
    browser
        .step("two matches are an error that describes both", async |page| {
            let failure = page.find(test_id("twin")).timeout(SOON).click().await;
            failed(
                failure,
                FailureKind::Locator,
                &[
                    "test id \"twin\"",
                    "waited 300ms",
                    "2 elements matched",
                    "data-test=\"twin\"",
                    "first()",
                    "filter()",
                ],
            );
            let failure = page.expect(role(Role::Button, "Twin")).timeout(SOON).to_be_visible().await;
            failed(failure, FailureKind::Assertion, &["role button \"Twin\"", "2 elements matched"]);
            Ok(())
        })
        .await?;
    browser
        .step("first, last and nth choose by the order of the page", async |page| {
            for (which, row) in
                [(test_id("edit").first(), "Ada"), (test_id("edit").nth(1), "Bob"), (test_id("edit").last(), "Eve")]
            {
                page.find(which).click().await?;
                page.expect(&clicked).to_be(&format!("Edit {row}")).await?;
            }
            let failure = page.find(test_id("edit").nth(7)).timeout(SOON).click().await;
            failed(failure, FailureKind::Locator, &["nth(7)", "no element matched"]);
            Ok(())
        })
        .await?;
    browser
        .step("all matches are counted, read, and used one by one", async |page| {
            let buttons = page.find(test_id("delete"));
            assert_eq!(buttons.count().await?, 3);
            assert_eq!(buttons.texts().await?, ["Delete"; 3]);
            let all = buttons.all().await?;
            all[2].click().await?;
            page.expect(&clicked).to_be("Delete Eve").await?;
            assert_eq!(page.find(css(".nothing")).all().await?.len(), 0);
            Ok(())
        })
        .await?;
    browser
        .step("within looks in another element only", async |page| {
            page.find(role(Role::Button, "Edit").within(css("tr").filter(has_text("Bob")))).click().await?;
            page.expect(&clicked).to_be("Edit Bob").await?;
            page.find(css("button:last-child").within(test_id("row-ada"))).click().await?;
            page.expect(&clicked).to_be("Delete Ada").await
        })
        .await?;
    browser
        .step("filters keep what has a text or an element in it, or has not", async |page| {
            let rows = css("tbody tr");
            page.expect(rows.clone().filter(has(css(".sale")))).to_have_attribute("data-test", "row-eve").await?;
            page.expect(rows.clone().filter(has(css(".sale")).not())).to_have_count(2).await?;
            page.expect(rows.clone().filter(has_text("active"))).to_have_count(2).await?;
            let only = rows.filter(has_text("active")).filter(has_text(regex("sale")).not());
            page.expect(only).to_have_attribute("data-test", "row-ada").await
        })
        .await?;
    browser
        .step("the one of two that is shown is chosen", async |page| {
            let failure = page.find(test_id("half-hidden")).timeout(SOON).click().await;
            failed(failure, FailureKind::Locator, &["2 elements matched"]);
            page.find(test_id("half-hidden").filter(visible())).click().await?;
            page.expect(test_id("clicked")).to_be("Continue").await?;
            // What is hidden has no role.
            page.expect(role(Role::Button, "Continue")).to_have_count(1).await
        })
        .await?;
    browser
        .step("one of a thousand is found, and a thousand are told in a few words", async |page| {
            page.goto("/practice/many").await?;
            let failure = page.find(test_id("same")).timeout(SOON).click().await;
            let message = failure.as_ref().unwrap_err().message.clone();
            failed(failure, FailureKind::Locator, &["1000 elements matched", "and 997 more"]);
            assert!(message.len() < 600, "{message}");
            let clicked = test_id("clicked");
            page.find(test_id("same").nth(776)).click().await?;
            page.expect(&clicked).to_be("777").await?;
            page.find(role(Role::Button, exact("Button 1000"))).click().await?;
            page.expect(&clicked).to_be("1000").await?;
            page.find(text(exact("Button 50"))).click().await?;
            page.expect(&clicked).to_be("50").await?;
            assert_eq!(page.find(css("[data-number$='9']")).count().await?, 100);
            Ok(())
        })
        .await
}
