//! What `#[monitor]` and `css!` leave behind when nothing is wrong. That the code they write raises no warning is
//! tested by the next lines.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]
#![expect(clippy::unused_async, reason = "monitors that are never run have nothing to wait for")]

use std::time::Duration;

use canarytrace::__private::{BudgetDef, Device, Metric, MonitorDef, MonitorKind, ParamDef, ParamKind, inventory};
use canarytrace::config::{PRESETS, Throttle};
use canarytrace::prelude::*;
use canarytrace_tests::library_monitor;

/// A visitor finds a product,
/// puts it into the basket and pays.
///
///   - with a card
#[monitor(
    name = "buy a product",
    schedule = "*/3 * * * *",
    timeout = "1m 30.5s",
    retries = 2,
    tags = ["shop", "checkout"],
    params(user, password: secret, quantity: u32 = 1, token: secret = "x", pause: duration = "2s", otp: totp),
    budget(
        run <= "20s", step <= "500ms", step("pay") <= "3s", step("pay").inp <= "200ms", mark("HE-price") <= "2s",
        transfer <= "2MB", warn(cls <= 0.1),
    ),
    device = "mobile",
    throttle = "slow3G cpu=4",
    iterations = 3,
    enabled = false,
)]
async fn everything(browser: &mut Browser) -> Result {
    // A monitor is still a function that another one can call.
    nothing(browser).await?;
    library_monitor::look_around(browser).await
}

#[monitor]
async fn nothing(_: &mut Browser) -> Result {
    Ok(())
}

/// A client under another name.
type Client = canarytrace::Api;

#[monitor]
async fn an_alias(_client: &mut Client) -> Result {
    Ok(())
}

#[test]
fn what_a_monitor_takes_is_found_by_its_type() {
    assert_eq!(definition("monitor_attribute", "an_alias").kind, MonitorKind::Api);
    assert_eq!(definition("monitor_attribute", "nothing").kind, MonitorKind::Browser);
}

/// Names that the written code could be confused with.
mod confusing {
    use super::Browser;

    /// As the argument of the registered closure is called.
    #[canarytrace::monitor]
    pub(super) async fn browser(browser: &mut Browser) -> canarytrace::run::Result<()> {
        super::nothing(browser).await?;
        super::nothing(browser).await
    }

    /// A keyword.
    #[canarytrace::monitor(device = "desktop")]
    pub(super) async fn r#async(_browser: &mut canarytrace::Browser) -> Verdict {
        Ok(())
    }

    /// An alias of the right type is the right type.
    pub(super) type Verdict = std::result::Result<(), canarytrace::record::Failure>;

    /** Told in a block,
     *  and not to be called any more.
     */
    #[canarytrace::monitor]
    #[deprecated = "of old"]
    pub(super) async fn _old(_browser: &mut Browser) -> Verdict {
        Ok(())
    }

    #[canarytrace::monitor]
    #[cfg(any())]
    pub(super) async fn compiled_out(_browser: &mut Browser) -> Verdict {
        Ok(())
    }

    /// Crates in here are not what they seem.
    mod shadows {
        mod canarytrace {}
        mod core {}

        #[::canarytrace::monitor(retries = 1, timeout = "1s")]
        #[doc = concat!("Written ", "by a macro")]
        pub(super) async fn shadowed(_browser: &mut ::canarytrace::Browser) -> ::canarytrace::Result {
            Ok(())
        }
    }
}

macro_rules! journeys {
    ($($name:ident $timeout:literal $run:literal;)*) => {
        $(
            /// Written by a macro.
            #[monitor(timeout = $timeout, budget(run <= $run))]
            async fn $name(_browser: &mut Browser) -> Result {
                Ok(())
            }
        )*
    };
}

journeys! {
    first "1s" "2s";
    second "3s" "4s";
}

/// The one registered monitor of this module and function.
fn definition(module: &str, function: &str) -> &'static MonitorDef {
    let mut found = inventory::iter::<MonitorDef>
        .into_iter()
        .filter(|monitor| monitor.module_path == module && monitor.function == function);
    let monitor = found.next().unwrap_or_else(|| panic!("{module}::{function} is not registered"));
    assert!(found.next().is_none(), "{module}::{function} is registered twice");
    monitor
}

#[test]
fn every_option_is_registered() {
    let monitor = definition("monitor_attribute", "everything");
    let MonitorDef {
        module_path,
        function,
        name_override,
        file,
        line,
        description,
        schedule,
        timeout,
        retries,
        tags,
        params,
        budgets,
        device,
        throttle,
        iterations,
        enabled,
        kind,
        run: _,
    } = *monitor;
    assert_eq!(kind, MonitorKind::Browser);
    assert_eq!(module_path, "monitor_attribute");
    assert_eq!(function, "everything");
    assert_eq!(name_override, Some("buy a product"));
    assert_eq!(monitor.name(), "buy a product");
    assert!(file.ends_with("tests/monitor_attribute.rs"), "{file}");
    let source = include_str!("monitor_attribute.rs");
    assert_eq!(source.lines().nth(line as usize - 1), Some("#[monitor("));
    assert_eq!(description, "A visitor finds a product,\nputs it into the basket and pays.\n\n  - with a card");
    assert_eq!(schedule, Some("*/3 * * * *"));
    assert_eq!(timeout, Some(Duration::from_millis(90_500)));
    assert_eq!(retries, Some(2));
    assert_eq!(tags, ["shop", "checkout"]);
    let param = |name, kind, default| ParamDef { name, kind, default };
    assert_eq!(
        params,
        [
            param("user", ParamKind::Text, None),
            param("password", ParamKind::Secret, None),
            param("quantity", ParamKind::Integer { min: 0, max: 4_294_967_295 }, Some("1")),
            param("token", ParamKind::Secret, Some("x")),
            param("pause", ParamKind::Duration, Some("2s")),
            param("otp", ParamKind::Totp, None),
        ]
    );
    let budget = |metric, step, limit| BudgetDef { metric, name: None, step, limit, warn: false };
    assert_eq!(
        budgets,
        [
            budget(Metric::Run, None, 20_000.0),
            budget(Metric::Step, None, 500.0),
            budget(Metric::Step, Some("pay"), 3_000.0),
            budget(Metric::Inp, Some("pay"), 200.0),
            BudgetDef { name: Some("HE-price"), ..budget(Metric::Mark, None, 2_000.0) },
            budget(Metric::Transfer, None, 2_000_000.0),
            BudgetDef { warn: true, ..budget(Metric::Cls, None, 0.1) },
        ]
    );
    assert_eq!((throttle, iterations), (Some("slow3G cpu=4"), Some(3)));
    assert_eq!(throttle.map(|text| text.parse::<Throttle>().unwrap().cpu), Some(4.0));
    assert_eq!(device, Some(Device::Mobile));
    assert!(!enabled);
}

// The macros depend on nothing of ours, so they have lists of their own.
#[path = "../../canarytrace-macros/src/metrics.rs"]
mod metrics;
#[path = "../../canarytrace-macros/src/presets.rs"]
mod presets;

#[test]
fn the_macro_knows_the_metrics_of_the_library_and_their_units() {
    let known: Vec<_> =
        metrics::METRICS.iter().map(|(name, variant, unit)| (*name, *variant, format!("{unit:?}"))).collect();
    let variants: Vec<String> = Metric::ALL.iter().map(|metric| format!("{metric:?}")).collect();
    let all: Vec<_> = Metric::ALL
        .iter()
        .zip(&variants)
        .map(|(metric, variant)| (metric.name(), variant.as_str(), format!("{:?}", metric.unit())))
        .collect();
    assert_eq!(known, all);
}

#[test]
fn the_macro_knows_the_presets_of_the_library() {
    let mut known = presets::PRESETS;
    let mut all: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    known.sort_unstable();
    all.sort_unstable();
    assert_eq!(known.as_slice(), all);
}

#[test]
fn without_options_the_defaults_are_registered() {
    let monitor = definition("monitor_attribute", "nothing");
    assert_eq!(monitor.name(), "nothing");
    assert_eq!(monitor.name_override, None);
    assert_eq!(monitor.description, "");
    assert_eq!(monitor.schedule, None);
    assert_eq!(monitor.timeout, None);
    assert_eq!(monitor.retries, None);
    assert!(monitor.tags.is_empty() && monitor.params.is_empty() && monitor.budgets.is_empty());
    assert_eq!(monitor.device, None);
    assert_eq!((monitor.throttle, monitor.iterations), (None, None));
    assert!(monitor.enabled);
}

#[test]
fn a_monitor_in_a_module_of_a_library_is_registered() {
    let monitor = definition("canarytrace_tests::library_monitor", "look_around");
    assert_eq!(monitor.name(), "library_monitor::look_around");
    assert_eq!(monitor.description, "A visitor looks around.");
    assert_eq!(monitor.tags, ["library"]);
    assert!(monitor.file.ends_with("src/library_monitor.rs"), "{}", monitor.file);
}

#[test]
fn names_in_the_written_code_and_in_the_authors_do_not_meet() {
    assert_eq!(definition("monitor_attribute::confusing", "browser").name(), "confusing::browser");
    let keyword = definition("monitor_attribute::confusing", "async");
    assert_eq!(keyword.name(), "confusing::async");
    assert_eq!(keyword.device, Some(Device::Desktop));
    let old = definition("monitor_attribute::confusing", "_old");
    assert_eq!(old.description, "Told in a block,\n and not to be called any more.");
    let shadowed = definition("monitor_attribute::confusing::shadows", "shadowed");
    assert_eq!(shadowed.description, "Written by a macro");
    assert_eq!((shadowed.retries, shadowed.timeout), (Some(1), Some(Duration::from_secs(1))));
}

#[test]
fn a_function_that_is_compiled_out_is_not_registered() {
    assert!(inventory::iter::<MonitorDef>.into_iter().all(|monitor| monitor.function != "compiled_out"));
}

#[test]
fn a_macro_may_write_monitors() {
    let limits = |name| {
        let monitor = definition("monitor_attribute", name);
        (monitor.timeout.unwrap().as_secs(), monitor.budgets[0].limit)
    };
    assert_eq!(limits("first"), (1, 2000.0));
    assert_eq!(limits("second"), (3, 4000.0));
}

#[test]
fn a_checked_selector_is_the_same_as_an_unchecked_one() {
    assert_eq!(css!("[data-test=add-lamp] > a:not(.hidden)"), css("[data-test=add-lamp] > a:not(.hidden)"));
    assert_eq!(css!(r#"[title="a 'b'"]"#), css(String::from("[title=\"a 'b'\"]")));
}
