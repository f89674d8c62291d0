//! Where browser and driver are: named by option, on `PATH`, or in our cache.

use std::env;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::record::Failure;

/// Names of the browser on `PATH`, the first one found is taken.
const BROWSERS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Name of the driver on `PATH`.
const DRIVER: &str = "chromedriver";

/// A browser and the driver that goes with it. Whether their versions agree is asked when a start fails.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// The browser's own binary, not a wrapper around it.
    pub browser: PathBuf,
    /// The driver.
    pub driver: PathBuf,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// Both.
    Found(Pair),
    /// At least one is missing; the text says which, and where it was looked for.
    Missing(String),
}

/// Looks for browser and driver: the paths of the options first, then `PATH`, then the cache.
///
/// # Errors
///
/// When an option names a file that is missing or can't be executed: that is never replaced by another silently.
pub fn find(config: &Config) -> Result<Search, Failure> {
    // The search path is how the operating system names its programs; it is no option of ours.
    find_in(config, &env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default())
}

fn find_in(config: &Config, path: &[PathBuf]) -> Result<Search, Failure> {
    let named_browser = named(config.browser.as_deref(), "the browser", "CANARYTRACE_BROWSER")?;
    let named_driver = named(config.chromedriver.as_deref(), "chromedriver", "CANARYTRACE_CHROMEDRIVER")?;
    let on_path = |name: &str| path.iter().map(|folder| folder.join(name)).find(|file| is_executable(file));
    let browser_on_path = || BROWSERS.into_iter().filter_map(on_path).find(|file| !is_snap_stub(file));
    let driver_on_path = || on_path(DRIVER);

    // Browser and driver come from the same place if they can, since only then do their versions agree.
    let cached = newest_cached(&config.cache);
    let (browser, driver) = match (named_browser, named_driver) {
        (Some(browser), Some(driver)) => (Some(browser), Some(driver)),
        (Some(browser), None) => (Some(browser), driver_on_path().or_else(|| cached.map(|pair| pair.driver))),
        (None, Some(driver)) => (browser_on_path().or_else(|| cached.map(|pair| pair.browser)), Some(driver)),
        (None, None) => match (browser_on_path(), driver_on_path(), cached) {
            (Some(browser), Some(driver), _) => (Some(browser), Some(driver)),
            (_, _, Some(pair)) => (Some(pair.browser), Some(pair.driver)),
            (browser, driver, None) => (browser, driver),
        },
    };
    let cache = cache_folder(&config.cache);
    Ok(match (browser, driver) {
        (Some(browser), Some(driver)) => Search::Found(Pair { browser: behind_wrapper(&browser), driver }),
        (None, Some(_)) => Search::Missing(format!(
            "no browser: none of {} is on PATH, and {} holds none",
            BROWSERS.join(", "),
            cache.display()
        )),
        (Some(browser), None) => Search::Missing(format!(
            "no chromedriver for the browser {}: it is not on PATH, and {} holds none",
            browser.display(),
            cache.display()
        )),
        (None, None) => Search::Missing(format!(
            "no browser and no chromedriver: none of {} and no {DRIVER} is on PATH, and {} holds none",
            BROWSERS.join(", "),
            cache.display()
        )),
    })
}

/// Where unpacked versions of Chrome for Testing lie: `<cache>/chrome-for-testing/<version>/`.
pub(super) fn cache_folder(cache: &Path) -> PathBuf {
    cache.join("chrome-for-testing")
}

/// The platform's name at Chrome for Testing; `None` where it has no builds (Linux on ARM).
pub(super) fn platform() -> Option<&'static str> {
    match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => Some("linux64"),
        ("macos", "aarch64") => Some("mac-arm64"),
        ("macos", "x86_64") => Some("mac-x64"),
        _ => None,
    }
}

/// Browser and driver in the folder of one unpacked version.
pub(super) fn in_version_folder(folder: &Path) -> Option<Pair> {
    let platform = platform()?;
    let chrome = folder.join(format!("chrome-{platform}"));
    let browser = if platform.starts_with("mac") {
        chrome.join("Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing")
    } else {
        chrome.join("chrome")
    };
    let driver = folder.join(format!("chromedriver-{platform}")).join(DRIVER);
    (is_executable(&browser) && is_executable(&driver)).then_some(Pair { browser, driver })
}

fn newest_cached(cache: &Path) -> Option<Pair> {
    let mut versions: Vec<(Vec<u64>, PathBuf)> = fs::read_dir(cache_folder(cache))
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let version: Option<Vec<u64>> = name.to_str()?.split('.').map(|part| part.parse().ok()).collect();
            Some((version?, entry.path()))
        })
        .collect();
    versions.sort();
    versions.into_iter().rev().find_map(|(_version, folder)| in_version_folder(&folder))
}

fn named(path: Option<&Path>, what: &str, option: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let wrong = if !path.exists() {
        "does not exist"
    } else if !is_executable(path) {
        "is no file that can be executed"
    } else {
        return Ok(Some(path.to_owned()));
    };
    Err(Failure::harness(format!(
        "{what} {} {wrong}; correct {option} or leave it out to have one found or installed",
        path.display()
    )))
}

pub(crate) fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The binary behind a wrapper script, else the file itself.
///
/// Debian's `/usr/bin/chromium` adds flags of its own, `--disable-dev-shm-usage` among them, and Google's
/// `google-chrome` keeps its output: what we start must get exactly our flags.
fn behind_wrapper(file: &Path) -> PathBuf {
    let real = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    if script(&real).is_none() {
        return real;
    }
    let (Some(folder), Some(name)) = (real.parent(), real.file_name()) else { return real };
    let mut candidates = vec![folder.join("chrome")];
    if folder == Path::new("/usr/bin") {
        candidates.push(Path::new("/usr/lib").join(name).join(name));
    }
    candidates.into_iter().find(|binary| is_executable(binary) && script(binary).is_none()).unwrap_or(real)
}

/// The first kilobytes of a script; `None` for a binary.
fn script(file: &Path) -> Option<String> {
    let mut start = Vec::new();
    fs::File::open(file).ok()?.take(4096).read_to_end(&mut start).ok()?;
    start.starts_with(b"#!").then(|| String::from_utf8_lossy(&start).into_owned())
}

/// Ubuntu's `/usr/bin/chromium-browser` only says that one should install a snap.
fn is_snap_stub(file: &Path) -> bool {
    script(file).is_some_and(|text| text.contains("/snap/bin/chromium"))
}
