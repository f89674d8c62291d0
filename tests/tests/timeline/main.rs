//! What pages tell of their performance timelines: the datasets `performance-entries` and `vitals`, whatever the page
//! does; and the npm package web-vitals beside ours.
//!
//! The runs are this executable started once more: a test target with monitors (`journeys.rs`).

mod journeys;
mod oracle;
mod robust;
mod shop;
mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// Which part a process plays that is no test.
const PART: &str = "TIMELINE_TEST_PART";

macro_rules! trials {
    ($($test:path),+ $(,)?) => {
        vec![$( Trial::test(stringify!($test), || -> Result<(), Failed> {
            $test();
            Ok(())
        }) ),+]
    };
}

fn main() -> ExitCode {
    canarytrace::site::serve_if_child();
    if std::env::var_os(PART).is_some() {
        return canarytrace::main();
    }
    let trials = trials![
        shop::a_run_of_the_shop_gives_vitals_of_its_pages_and_the_entries_of_their_timelines,
        shop::what_is_not_wanted_is_not_recorded,
        shop::what_a_user_types_and_secrets_are_in_no_document,
        oracle::vitals_are_those_of_the_package_web_vitals,
        oracle::vitals_are_what_lighthouse_observed_of_the_same_load,
        oracle::navigations_are_as_the_page_itself_sees_them,
        robust::entries_of_a_page_that_is_left_by_a_click_are_there,
        robust::entries_of_a_page_that_leaves_for_another_origin_are_there,
        robust::a_navigation_in_the_midst_of_another_is_measured,
        robust::a_page_that_comes_back_from_the_cache_is_measured_anew,
        robust::windows_that_pages_open_are_measured,
        robust::views_of_a_single_page_app_are_measured,
        robust::a_hostile_page_is_measured_and_sees_nothing_of_it,
        robust::a_page_that_may_run_nothing_is_measured,
        robust::a_page_of_which_nothing_is_painted_has_no_paints,
        robust::a_page_that_is_hidden_while_it_loads_is_measured_until_then,
        robust::a_hundred_thousand_entries_are_bounded_and_counted,
        robust::resources_of_a_page_that_asks_for_very_many_are_there,
        robust::a_clock_that_is_set_back_changes_no_figure,
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
