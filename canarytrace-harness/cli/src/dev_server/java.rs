//! Finds a Java that a product runs on.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;

use super::account::Account;
use super::product::Product;

/// Where Linux distributions put them.
const INSTALLED: &str = "/usr/lib/jvm";

/// The home of a Java that `product` runs on: `JAVA_HOME` if that is one, else the oldest that will do, because that
/// is the one the product was tested with.
///
/// # Errors
/// When there is none; the message says what there is.
pub(super) fn find(product: Product, account: Account) -> anyhow::Result<PathBuf> {
    let java_home = env::var_os("JAVA_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    let found = installed().into_iter().chain(on_path(env::var_os("PATH").as_deref()));
    choose(product, java_home.as_deref(), &found.collect::<Vec<_>>(), |home| account.reaches(home))
}

fn choose(
    product: Product,
    java_home: Option<&Path>,
    found: &[PathBuf],
    reaches: impl Fn(&Path) -> bool,
) -> anyhow::Result<PathBuf> {
    let fits = |home: &&Path| release(home).is_some_and(|release| release >= product.java()) && reaches(home);
    if let Some(home) = java_home.filter(fits) {
        return Ok(home.to_owned());
    }
    let best = found.iter().filter(|home| fits(&home.as_path())).min_by_key(|home| release(home));
    if let Some(home) = best {
        return Ok(home.clone());
    }
    let mut others: Vec<String> = java_home
        .into_iter()
        .chain(found.iter().map(PathBuf::as_path))
        .filter_map(|home| {
            let release = release(home)?;
            let closed = if reaches(home) { "" } else { ", closed to the server's user" };
            Some(format!("{} ({release}{closed})", home.display()))
        })
        .collect();
    others.sort();
    others.dedup();
    let there = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
    bail!(
        "{product} {} needs Java {} or newer; found in JAVA_HOME, {INSTALLED} and PATH: {there}. \
         Install one or set JAVA_HOME",
        product.version(),
        product.java(),
    )
}

fn installed() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(INSTALLED) else { return Vec::new() };
    let mut homes: Vec<PathBuf> = entries.flatten().filter_map(|entry| fs::canonicalize(entry.path()).ok()).collect();
    homes.sort();
    homes.dedup();
    homes
}

/// The homes of every `java` in the search path: `<home>/bin/java`, behind links.
fn on_path(path: Option<&OsStr>) -> Vec<PathBuf> {
    let folders = path.map(|path| env::split_paths(path).collect::<Vec<_>>()).unwrap_or_default();
    let programs = folders.into_iter().filter_map(|folder| fs::canonicalize(folder.join("java")).ok());
    programs.filter_map(|program| Some(program.parent()?.parent()?.to_owned())).collect()
}

/// The feature release of the Java in `home`: 17 of `JAVA_VERSION="17.0.15"` in its file `release`.
fn release(home: &Path) -> Option<u32> {
    if !home.join("bin/java").exists() {
        return None;
    }
    let text = fs::read_to_string(home.join("release")).ok()?;
    let version = text.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?.trim_matches('"');
    // Before 9 they were 1.8.
    version.split(['.', '-', '+', '_']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn java(folder: &Path, name: &str, version: &str) -> PathBuf {
        let home = folder.join(name);
        fs::create_dir_all(home.join("bin")).unwrap();
        fs::write(home.join("bin/java"), "").unwrap();
        fs::write(home.join("release"), format!("IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"{version}\"\n")).unwrap();
        home
    }

    #[test]
    fn the_oldest_java_that_will_do_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (eight, seventeen) = (java(folder.path(), "8", "1.8.0_392"), java(folder.path(), "17", "17.0.15"));
        let twenty_five = java(folder.path(), "25", "25");
        let all = vec![twenty_five.clone(), eight, seventeen.clone(), folder.path().join("empty")];
        let chosen = |product, java_home| choose(product, java_home, &all, |_| true).unwrap();
        assert_eq!(chosen(Product::Elasticsearch, None), seventeen);
        assert_eq!(chosen(Product::OpenSearch, None), twenty_five);
        // Who sets it means it, unless it can't be.
        assert_eq!(chosen(Product::Elasticsearch, Some(twenty_five.as_path())), twenty_five);
        assert_eq!(chosen(Product::OpenSearch, Some(seventeen.as_path())), twenty_five);
    }

    #[test]
    fn without_java_the_message_says_what_is_needed_and_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let (old, closed) = (java(folder.path(), "17", "17.0.15"), java(folder.path(), "closed", "25.0.1"));
        let error = choose(Product::OpenSearch, Some(&old), &[old.clone(), closed.clone()], |home| home != closed);
        assert_eq!(
            error.unwrap_err().to_string(),
            format!(
                "OpenSearch 3.8.0 needs Java 21 or newer; found in JAVA_HOME, /usr/lib/jvm and PATH: {} (17), {} \
                 (25, closed to the server's user). Install one or set JAVA_HOME",
                old.display(),
                closed.display()
            )
        );
        let error = choose(Product::Elasticsearch, None, &[], |_| true).unwrap_err().to_string();
        assert!(error.contains("Elasticsearch 8.19.21 needs Java 17 or newer") && error.contains(": none."), "{error}");
    }

    #[test]
    fn a_java_on_the_search_path_is_found_behind_links() {
        let folder = tempfile::tempdir().unwrap();
        let home = java(folder.path(), "17", "17.0.15");
        let links = folder.path().join("bin");
        fs::create_dir(&links).unwrap();
        std::os::unix::fs::symlink(home.join("bin/java"), links.join("java")).unwrap();
        assert_eq!(on_path(Some(links.as_os_str())), [fs::canonicalize(home).unwrap()]);
        assert!(on_path(None).is_empty());
    }
}
