//! The guide: from nothing to monitors that watch, explain and don't flake.
//!
//! 1. [Getting started][getting started]: from nothing to a monitor with a login and a budget that runs in CI
//! 2. [Locators][locators]: how elements are found
//! 3. [Actions and waiting][actions]: what an action waits for, and why nothing sleeps
//! 4. [Expectations][expectations], also soft ones
//! 5. [Recipes][recipes]: dialogs, windows, frames, downloads, cookies, API checks, page objects and more
//! 6. [Debugging a failure][debugging]
//! 7. [Coming from Playwright][playwright]
//! 8. [Budgets, conditions, iterations][budgets]: limits of what is measured, and what it is measured under
//!
//! The chapters are files in the folder `guide` of the crate; every block of Rust in them is compiled by `cargo test`.
//!
//! [getting started]: _1_getting_started
//! [locators]: _2_locators
//! [actions]: _3_actions_and_waiting
//! [expectations]: _4_expectations
//! [recipes]: _5_recipes
//! [debugging]: _6_debugging
//! [playwright]: _7_from_playwright
//! [budgets]: _8_budgets

/// A chapter. It names the others by `[text][name]`; of two definitions of a name the first one holds, so here the names
/// lead to modules, and to the files at the chapter's end where that is read as a file.
macro_rules! chapter {
    ($name:ident, $file:literal) => {
        /// [getting started]: _1_getting_started
        /// [locators]: _2_locators
        /// [actions]: _3_actions_and_waiting
        /// [expectations]: _4_expectations
        /// [recipes]: _5_recipes
        /// [frames]: _5_recipes#frames
        /// [params]: _5_recipes#parameters-and-environments
        /// [page objects]: _5_recipes#page-objects
        /// [debugging]: _6_debugging
        /// [playwright]: _7_from_playwright
        /// [budgets]: _8_budgets
        #[doc = ""]
        #[doc = include_str!(concat!("../guide/", $file))]
        pub mod $name {}
    };
}

chapter!(_1_getting_started, "1-getting-started.md");
chapter!(_2_locators, "2-locators.md");
chapter!(_3_actions_and_waiting, "3-actions-and-waiting.md");
chapter!(_4_expectations, "4-expectations.md");
chapter!(_5_recipes, "5-recipes.md");
chapter!(_6_debugging, "6-debugging.md");
chapter!(_7_from_playwright, "7-from-playwright.md");
chapter!(_8_budgets, "8-budgets.md");

/// The calls in the tables of the chapters, which only blocks of code would compile.
///
/// ```
/// use canarytrace::prelude::*;
/// use std::time::Duration;
///
/// async fn of_the_page(browser: &mut Browser, page: &Page, locator: Locator) -> Result {
///     page.goto("/").await?;
///     page.navigate("/").await?;
///     page.reload().await?;
///     page.back().await?;
///     page.forward().await?;
///     let _: (String, String) = (page.title().await?, page.url().await?);
///     page.press("Escape").await?;
///     page.scroll_by(0, 600).await?;
///     page.wait_for_url("/basket").await?;
///     page.wait_for_load().await?;
///     let _: bool = page.wait_for_function("return window.ready", vec![]).await?;
///     let _: u32 = page.evaluate("return arguments[0] * 2", vec![21.into()]).await?;
///     page.wait_for_dialog(Answer::Accept, page.find(&locator).click()).await?;
///     page.answer_dialogs(Answer::Accept);
///     page.wait_for_window(page.find(&locator).click()).await?.wait_for_close().await?;
///     page.new_window().await?;
///     let _: Vec<Page> = page.windows();
///     page.wait_for_download(page.find(&locator).click()).await?.save_as("report.csv").await?;
///     page.cookies().await?;
///     page.delete_cookie("session").await?;
///     page.clear_cookies().await?;
///     page.session_storage().clear().await?;
///     page.grant_permissions(&[Permission::Geolocation]).await?;
///     page.set_geolocation(50.087, 14.421, 20.0).await?;
///     page.frame(css!("iframe")).find(text("Pay")).click().await?;
///     page.with_timeout(Duration::from_secs(5)).find(css!("a")).click().await?;
///     browser.api().get("/api/products").await?;
///     browser.suite("checkout", async |browser| browser.step("pay", async |_page| Ok(())).await).await
/// }
///
/// async fn of_locators(page: &Page, outer: Locator, child: Locator) -> Result {
///     for locator in [
///         role(Role::Button, "Pay"), role(Role::Button, exact("Pay")), role(Role::Button, regex("^[Pp]ay")),
///         text("Pay"), label("Name"), placeholder("Search"), alt_text("Lamp"), test_id("pay"), css!(".card"),
///         xpath("//td"), css("a").within(&outer), css("a").filter(has_text("Lamp")), css("a").filter(has(&child)),
///         css("a").filter(has_text("Lamp").not()), css("a").filter(visible()), css("a").first(), css("a").last(),
///         css("a").nth(2),
///     ] {
///         page.find(locator).click().await?;
///     }
///     Ok(())
/// }
///
/// async fn of_elements(element: &Element, target: Locator) -> Result {
///     element.right_click().await?;
///     element.click_with(Click::new().modifiers([Modifier::Shift])).await?;
///     element.double_click().await?;
///     element.fill("x").await?;
///     element.clear().await?;
///     element.type_text("x").await?;
///     element.press("Enter").await?;
///     element.select("CZ").await?;
///     element.select_all(&["CZ", "SK"]).await?;
///     element.check().await?;
///     element.uncheck().await?;
///     element.set_checked(true).await?;
///     element.hover().await?;
///     element.focus().await?;
///     element.blur().await?;
///     element.drag_to(target).await?;
///     element.upload(&["a.pdf"]).await?;
///     element.scroll_into_view().await?;
///     element.scroll_by(0, 600).await?;
///     let _: (String, String) = (element.text().await?, element.value().await?);
///     let _: Option<String> = element.attribute("href").await?;
///     let _: (Vec<String>, usize) = (element.texts().await?, element.count().await?);
///     let _: Vec<Element> = element.all().await?;
///     let _: bool = element.is_visible().await? && element.is_enabled().await? && element.is_checked().await?;
///     element.bounding_box().await?;
///     element.wait_for(State::Hidden).await
/// }
///
/// async fn of_expectations(page: &Page) -> Result {
///     page.expect(title()).to_be("Shop").await?;
///     page.expect(url()).to_match("basket").await?;
///     let expect = || page.expect(css!(".price"));
///     expect().to_contain("Pay").await?;
///     expect().to_be_empty().await?;
///     expect().not_to_be_empty().await?;
///     expect().to_be_visible().await?;
///     expect().to_be_hidden().await?;
///     expect().to_be_enabled().await?;
///     expect().to_be_disabled().await?;
///     expect().to_be_editable().await?;
///     expect().to_be_checked().await?;
///     expect().to_be_focused().await?;
///     expect().to_have_value("x").await?;
///     expect().to_have_attribute("href", "/").await?;
///     expect().to_have_count(3).await?;
///     expect().to_match_screenshot("logo").await?;
///     page.expect_soft(css!(".price")).not().to_be_checked().await
/// }
/// ```
#[cfg(doctest)]
pub mod calls {}
