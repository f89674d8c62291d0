//! Which toolchain there is: exactly, by asking it, and at a glance, by looking at its files.

use std::env;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::digest;
use crate::run::trouble::{Kind, Outcome, Trouble};

/// Variables with which the same compiler makes something else.
const FLAGS: [&str; 3] = ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS"];

/// What the compiler says of itself in `folder` (rustup goes by its `rust-toolchain.toml`), and the flags it is given.
///
/// # Errors
/// When there is none.
pub(in crate::run) fn toolchain(folder: &Path) -> Outcome<String> {
    let missing = |what: String| {
        let advice = "builds need cargo, rustc and a C linker: build in a container with them (--build-only), or take an \
                      image with the monitors in it (CANARYTRACE_MONITORS)";
        Trouble::new(Kind::Toolchain, format!("there is no Rust toolchain: {what}; {advice}"))
    };
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).arg("-vV").current_dir(folder).output().map_err(|error| {
        let said = if error.kind() == io::ErrorKind::NotFound { "it is not in PATH".to_owned() } else { error.to_string() };
        missing(format!("{} can't be started: {said}", rustc.display()))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(missing(format!("{} -vV failed ({}): {}", rustc.display(), output.status, said.trim())));
    }
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(FLAGS.iter().fold(said, |text, name| match env::var(name) {
        Ok(flags) if !flags.is_empty() => format!("{text}\n{name}: {flags}"),
        _ => text,
    }))
}

/// What changes whenever the toolchain does, without starting anything: of another stamp the toolchain has to be asked.
/// None where there is none.
pub(in crate::run) fn stamp(search_path: &[PathBuf]) -> Option<String> {
    let rustc = search_path.iter().map(|folder| folder.join("rustc")).find(|path| path.is_file())?;
    let real = fs::canonicalize(&rustc).ok()?;
    let mut text = about(&real)?;
    if real.file_name().is_some_and(|name| name == "rustup") || rustc.with_file_name("rustup").is_file() {
        // The compiler is one of several behind this.
        let home = env::var_os("RUSTUP_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".rustup")))?;
        for part in ["settings.toml", "toolchains", "update-hashes"] {
            text.push_str(&about(&home.join(part)).unwrap_or_default());
        }
    }
    for name in ["RUSTC", "RUSTUP_TOOLCHAIN"].iter().chain(&FLAGS) {
        text.push_str(&format!("\n{name}={}", env::var(name).unwrap_or_default()));
    }
    Some(digest::short(&text))
}

fn about(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    Some(format!("\n{} {} {}.{}", path.display(), metadata.size(), metadata.mtime(), metadata.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_changes_with_the_compiler_and_is_none_without() {
        let folder = tempfile::tempdir().unwrap();
        let path = [folder.path().to_owned()];
        assert_eq!(stamp(&path), None);
        fs::write(folder.path().join("rustc"), "one").unwrap();
        let one = stamp(&path);
        assert!(one.is_some());
        assert_eq!(stamp(&path), one);
        fs::write(folder.path().join("rustc"), "another").unwrap();
        assert_ne!(stamp(&path), one);
    }
}
