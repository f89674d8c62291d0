//! The `#[monitor]` attribute and the checked `css!` literal of Canarytrace. Use them by way of the crate
//! `canarytrace`, whose prelude has both: the code that they write names its paths.

mod budget;
mod cron;
mod css;
mod description;
mod duration;
mod errors;
mod metrics;
mod monitor;
mod options;
mod params;
mod presets;
mod selector;
mod signature;
mod size;
mod suggest;
mod throttle;
mod tokens;

use proc_macro::TokenStream;

/// Makes an async function a monitor: a user journey that the harness finds, runs and reports.
///
/// ```ignore
/// use canarytrace::prelude::*;
///
/// /// A visitor finds a product, puts it into the basket and pays.
/// #[monitor(
///     schedule = "*/3 * * * *",
///     timeout = "90s",
///     retries = 1,
///     tags = ["shop", "checkout"],
///     params(user, password: secret, quantity: u32 = 1),
///     budget(run <= "20s", step("pay") <= "3s", lcp <= "2.5s", warn(cls <= 0.1)),
/// )]
/// async fn buy_a_product(browser: &mut Browser) -> Result {
///     Ok(())
/// }
/// ```
///
/// The doc comment is the monitor's description; the path of the function within its crate is its name. The function
/// stays what it was and can be called by other monitors. It is a free function, no method of a type. It may live in
/// any crate that the test target names.
///
/// # Options
///
/// All are optional, in any order.
///
/// | option | meaning |
/// | --- | --- |
/// | `name = "buy a product"` | Replaces the function in the monitor's name; the module stays. |
/// | `schedule = "*/3 * * * *"` | When it is to run: five fields of cron. |
/// | `timeout = "90s"` | Limit of one attempt; else the option `CANARYTRACE_TIMEOUT`. |
/// | `retries = 1` | Attempts after a failed first one, each in a fresh browser; else `CANARYTRACE_RETRIES`. |
/// | `tags = ["shop", "checkout"]` | Words to find it by. |
/// | `params(user, password: secret, quantity: u32 = 1)` | Values from outside; see below. |
/// | `budget(run <= "20s", lcp <= "2.5s", step("pay").inp <= "200ms")` | Limits; see below. |
/// | `device = "mobile"` | `"mobile"` or `"desktop"`; else `CANARYTRACE_DEVICE`. |
/// | `throttle = "mobileSlow4G"` | Network and processor, slowed down; else `CANARYTRACE_THROTTLE`. |
/// | `iterations = 5` | The whole journey so often, each in a fresh browser; else `CANARYTRACE_ITERATIONS`. |
/// | `enabled = false` | Lists the monitor as ignored. |
///
/// A **duration** is written `"90s"`, `"1m 30s"`, `"2.5s"` or `"500ms"` and is longer than zero.
///
/// A **parameter** is in lower snake case. Its value comes from the environment variable of its upper-case name, else
/// from the file that the variable with `_FILE` behind it names, else from `[params]` of `canarytrace.toml`, else it is
/// the default. A type behind its name is checked before a browser is started:
///
/// | type | value | in the monitor |
/// | --- | --- | --- |
/// | `text`, or none | Any text. | `browser.param("city")?` |
/// | `secret` | Any text, masked in every output. | `browser.param("password")?` |
/// | `totp` | A secret for one-time passwords, in Base32 or as `otpauth://totp/…`; masked like the codes. | `browser.totp("otp").await?` |
/// | `u8`, `u16`, `u32`, `u64`, `i8`, `i16`, `i32`, `i64` | A whole number. | `browser.param_as::<u32>("quantity")?` |
/// | `f64` | A number. | `browser.param_as::<f64>("ratio")?` |
/// | `bool` | `yes`, `true`, `on`, `1`, `allow`, or `no`, `false`, `off`, `0`. | `browser.param_as::<bool>("verbose")?` |
/// | `duration` | `90s`, `1m 30s`, `2.5s`; a plain number is milliseconds. | `browser.param_as::<Duration>("pause")?` |
/// | `url` | An absolute http or https URL; credentials in it are masked. | `browser.param_as::<Url>("home")?` |
///
/// A **budget** limits `run` (all steps of an attempt together), `step` (every outermost step), `step("title")` (the
/// step of this title), any figure that is measured (`lcp <= "2.5s"`, `cls <= 0.1`, `transfer <= "2MB"`,
/// `requests <= 80`, `performance_score >= 90`, `mark("HE-price") <= "2s"`), or a figure of one step
/// (`step("pay").inp <= "200ms"`). A monitor that passes and breaks one fails; one within `warn(…)` degrades it.
///
/// **`throttle`** takes a preset (`mobileSlow4G`), figures (`"latency=150 down=1600 up=750 cpu=4"`: ms, kbit/s, kbit/s,
/// times slower), or a preset with figures that replace its own.
///
/// # Errors
///
/// Mistakes are compile errors at the token that is wrong; all mistakes of one attribute are reported together.
#[proc_macro_attribute]
pub fn monitor(options: TokenStream, item: TokenStream) -> TokenStream {
    monitor::expand(options.into(), item.into()).into()
}

/// A locator by a CSS selector that is checked at compile time: `css!("[data-test=add-lamp]")`.
///
/// It takes what `querySelector` of Chromium takes, except what finds no element or would be skipped in silence:
/// pseudo-elements, and wrong or missing selectors in `:is()` and `:where()`. For a selector that is made at run time,
/// or one that only a newer browser knows, there is the function of the same name: `css(selector)`.
///
/// # Errors
///
/// A text that is no selector is a compile error that shows the place in it.
#[proc_macro]
pub fn css(literal: TokenStream) -> TokenStream {
    css::expand(literal.into()).into()
}
