//! The guide: from nothing to monitors that watch, explain and don't flake.
//!
//! 1. [Getting started][getting started]: from nothing to a monitor with a login and a budget that runs in CI
//! 2. [Locators][locators]: how elements are found
//! 3. [Actions and waiting][actions]: what an action waits for, and why nothing sleeps
//! 4. [Expectations][expectations], also soft ones
//! 5. [Recipes][recipes]: dialogs, windows, frames, downloads, cookies, API checks, page objects and more
//! 6. [Debugging a failure][debugging]
//! 7. [Coming from Playwright][playwright]
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
