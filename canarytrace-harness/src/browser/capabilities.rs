//! What we ask of browser and driver: flags, preferences, emulated device.

use std::path::Path;

use fantoccini::wd::Capabilities;
use serde_json::{Value, json};

use crate::config::{Config, Device};

/// Width and height of the desktop's viewport, in CSS pixels.
pub(super) const DESKTOP: (i64, i64) = (1920, 1080);

/// Flags of the original Canarytrace, so that figures stay comparable.
///
/// Its `--disable-site-isolation-trials` is left out: frames of another process must be seen as what they are.
const ORIGINAL: &[&str] = &[
    // The outer size; what headless Chromium takes of it for its own bars is given back in `launch`.
    "--window-size=1920,1080",
    // No question that covers the page or changes its size.
    "--no-default-browser-check",
    "--no-first-run",
    // No downloads of components while a page is measured.
    "--disable-component-update",
    // No account, no synchronisation.
    "--disable-sync",
    // A page with sound needs no sound card.
    "--mute-audio",
    // A page in the background keeps its timers.
    "--disable-background-timer-throttling",
    // A page that hangs is our finding: no dialog about it.
    "--disable-hang-monitor",
    // No keyring of the desktop, which asks for its password.
    "--password-store=basic",
];

/// What makes runs quiet: the browser asks nothing of the network by itself.
const QUIET: &[&str] = &[
    // Safe browsing lists, extension updates, network time, field trial seeds, domain reliability.
    "--disable-background-networking",
    "--disable-domain-reliability",
    // Phishing detection downloads a model and looks at each page.
    "--disable-client-side-phishing-detection",
    // The applications of a fresh profile would be fetched from the store.
    "--disable-default-apps",
    "--disable-component-extensions-with-background-pages",
    // Usage figures are collected and never sent.
    "--metrics-recording-only",
    // Crash dumps stay in the run's folder and are not uploaded.
    "--disable-breakpad",
    // No question which search engine to use.
    "--disable-search-engine-choice-screen",
    // Whether somebody is signed in (asked of accounts.google.com), and the one component that is wanted even without
    // component updates (update.googleapis.com), can't be switched off. Chromium refuses to connect to port 9, so the
    // questions end where they begin. Measured with `--log-net-log`: without these two, 7 requests in 12 seconds.
    "--gaia-url=http://127.0.0.1:9/",
    "--component-updater=url-source=http://127.0.0.1:9/",
];

/// What makes runs repeatable: the same page is drawn and timed the same way.
const REPEATABLE: &[&str] = &[
    // A covered or unfocused window is drawn and timed like any other.
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    // The colours of screenshots don't depend on the screen.
    "--force-color-profile=srgb",
    // macOS asks for the keychain's password otherwise.
    "--use-mock-keychain",
    // `performance.memory` tells sizes as they are; without this, steps of about 10 % that change every 20 minutes.
    "--enable-precise-memory-info",
    // Reloading a form asks nothing.
    "--disable-prompt-on-repost",
];

/// Features that ask the network, cover the page, or compete with it.
const FEATURES_OFF: &[&str] = &[
    // The offer to translate the page.
    "Translate",
    // Looks for screens in the local network.
    "MediaRouter",
    // Downloads hints and models for pages.
    "OptimizationHints",
    // Asks clients2.google.com for the time.
    "NetworkTimeServiceQuerying",
    // Two invisible pages behind the address bar: they cost a second of CPU at each start, and 50 MB.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
];

/// What of this machine and run goes into the capabilities of a browser that we start ourselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local<'a> {
    pub(super) binary: &'a Path,
    pub(super) profile: &'a Path,
    /// Chromium's sandbox can't be used by root.
    pub(super) root: bool,
    /// `/dev/shm` is too small to draw pages in.
    pub(super) small_shared_memory: bool,
}

/// The browser's command line as far as it is ours; chromedriver adds its own.
pub(super) fn arguments(config: &Config, device: Device, local: Option<Local<'_>>) -> Vec<String> {
    let mut args: Vec<String> =
        [ORIGINAL, QUIET, REPEATABLE].into_iter().flatten().map(|&flag| flag.to_owned()).collect();
    args.push(format!("--lang={}", config.locale));
    if !config.headed {
        args.push("--headless=new".to_owned());
        // The screen behind the window has 800x600 otherwise, which pages see in `screen` and media queries.
        args.push("--screen-info={1920x1080}".to_owned());
    }
    // On a mobile preset the user agent belongs to the emulated device.
    if let (Device::Desktop, Some(user_agent)) = (device, &config.user_agent) {
        args.push(format!("--user-agent={user_agent}"));
    }
    if let Some(local) = local {
        args.push(format!("--user-data-dir={}", local.profile.display()));
        if local.root {
            args.push("--no-sandbox".to_owned());
        }
        if local.small_shared_memory {
            args.push("--disable-dev-shm-usage".to_owned());
        }
    }
    // Of a repeated flag Chromium takes the last. This one is a list to which an option may add.
    let mut features_off = FEATURES_OFF.join(",");
    for arg in &config.browser_args {
        match arg.strip_prefix("--disable-features=") {
            Some(more) => features_off = format!("{features_off},{more}"),
            None => args.push(arg.clone()),
        }
    }
    args.push(format!("--disable-features={features_off}"));
    args
}

/// The preferences of the browser's profile, by their dotted names.
pub(super) fn preferences(config: &Config) -> Value {
    json!({
        // The first tab is `about:blank` and not the new-tab page with its 85 requests.
        "session.restore_on_startup": 4,
        "session.startup_urls": ["about:blank"],
        // `Accept-Language` and `navigator.languages`.
        "intl.accept_languages": accept_languages(&config.locale),
        // No bubble over the page.
        "credentials_enable_service": false,
        "profile.password_manager_leak_detection": false,
        // Asked for (3), as everywhere else: chromedriver allows it to every page.
        "profile.default_content_setting_values.geolocation": 3,
    })
}

/// The capabilities of the new session.
pub(super) fn capabilities(config: &Config, device: Device, local: Option<Local<'_>>) -> Capabilities {
    let mut options = json!({ "args": arguments(config, device, local), "prefs": preferences(config) });
    if let Some(binary) = local.map(|local| local.binary).or(config.browser.as_deref()) {
        options["binary"] = json!(binary);
    }
    if device == Device::Mobile {
        options["mobileEmulation"] = mobile(config.user_agent.as_deref());
    }
    let limit = u64::try_from(config.wait_for_timeout.as_millis()).unwrap_or(u64::MAX);
    let all = json!({
        "browserName": "chrome",
        // A page that never finishes must not block the driver: the page API waits for the load event itself.
        "pageLoadStrategy": "eager",
        // Dialogs are answered over DevTools, as soon as they open.
        "unhandledPromptBehavior": "ignore",
        "timeouts": { "implicit": 0, "pageLoad": limit, "script": limit },
        "goog:chromeOptions": options,
    });
    match all {
        Value::Object(map) => map,
        _ => Capabilities::new(),
    }
}

/// `cs-CZ,cs` for `cs-CZ`: what a browser of that language sends.
fn accept_languages(locale: &str) -> String {
    match locale.split_once('-') {
        Some((language, _)) => format!("{locale},{language}"),
        None => locale.to_owned(),
    }
}

/// The screen of the original's mobile audits. Without a user agent of ours chromedriver derives one of Android from
/// the client hints and the browser's version, so that it never gets old.
fn mobile(user_agent: Option<&str>) -> Value {
    let mut emulation = json!({
        "deviceMetrics": { "width": 360, "height": 640, "pixelRatio": 2.625, "touch": true, "mobile": true },
        "clientHints": { "platform": "Android", "mobile": true },
    });
    if let Some(user_agent) = user_agent {
        emulation["userAgent"] = user_agent.into();
    }
    emulation
}
