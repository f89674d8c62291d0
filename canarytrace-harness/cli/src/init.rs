//! `canarytrace init`: a crate with monitors, outside of this workspace, that runs as it is.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;

use crate::print;

/// Create a crate with monitors: examples, page objects, options, CI
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Folder of the crate; made when there is none
    dir: PathBuf,
    /// Name of the crate; else that of the folder
    #[arg(long)]
    name: Option<String>,
    /// Git repository or checkout of Canarytrace; else
    /// the checkout that this tool was built from
    #[arg(long, value_name = "URL|PATH", verbatim_doc_comment)]
    canarytrace: Option<String>,
}

/// What is written where. `{{…}}` is filled in; the names differ where one would mean something in this repository.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../templates/Cargo.toml.in")),
    ("README.md", include_str!("../templates/README.md")),
    ("canarytrace.toml", include_str!("../templates/canarytrace.toml")),
    ("src/lib.rs", include_str!("../templates/src/lib.rs")),
    ("src/account.rs", include_str!("../templates/src/account.rs")),
    ("src/catalogue.rs", include_str!("../templates/src/catalogue.rs")),
    ("src/pages.rs", include_str!("../templates/src/pages.rs")),
    ("tests/monitors.rs", include_str!("../templates/tests/monitors.rs")),
    (".rustfmt.toml", include_str!("../templates/rustfmt.toml")),
    (".gitignore", include_str!("../templates/gitignore")),
    (".github/workflows/monitors.yml", include_str!("../templates/ci/github.yml")),
    (".gitlab-ci.yml", include_str!("../templates/ci/gitlab.yml")),
];

/// The folder of the library in a checkout.
const HARNESS: &str = "canarytrace-harness";

/// Said to those whose CI would look for a folder of this machine.
const CI_NOTE: &str = "

`Cargo.toml` names Canarytrace by a folder of the machine it was made on. For CI write
`canarytrace = { package = \"canarytrace-harness\", git = \"URL of its repository\" }` instead.";

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    // The whole path, because `.` has no name; links stay as they were typed.
    let folder = absolute(&arguments.dir).with_context(|| format!("{} is no folder", arguments.dir.display()))?;
    let name = match &arguments.name {
        Some(name) => checked(name).map_err(|problem| anyhow!("the name {name:?} {problem}"))?.to_owned(),
        None => name_of(&folder)?,
    };
    let source = Source::find(arguments.canarytrace.as_deref())?;
    make_empty(&folder)?;
    for (path, template) in FILES {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("{} can't be made", parent.display()))?;
        }
        let text = filled_in(template, &name, &source);
        fs::write(&path, text).with_context(|| format!("{} can't be written", path.display()))?;
    }
    let note = match &source {
        Source::Folder(checkout) => {
            format!("It uses Canarytrace in {}; README.md says what CI needs.\n", checkout.display())
        }
        Source::Repository(_) => String::new(),
    };
    print::out(&format!(
        "{name} is in {}\n{note}\nNext:\n    cd {}\n    cargo test\n    BASE_URL=https://shop.example cargo test\n\n\
         The first visits the practice shop. README.md says how to debug.\n",
        folder.display(),
        arguments.dir.display(),
    ))
}

/// The template of a file, filled in.
fn filled_in(template: &str, name: &str, source: &Source) -> String {
    template
        .replace("{{name}}", name)
        .replace("{{crate}}", &name.replace('-', "_"))
        .replace("{{rust-version}}", env!("CARGO_PKG_RUST_VERSION"))
        .replace("{{dependency}}", &source.dependency())
        .replace("{{ci-note}}", if matches!(source, Source::Folder(_)) { CI_NOTE } else { "" })
}

/// Where the crate takes Canarytrace from: it is on no registry.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    /// The folder of the library.
    Folder(PathBuf),
    /// The URL of a git repository.
    Repository(String),
}

impl Source {
    fn find(given: Option<&str>) -> anyhow::Result<Self> {
        let Some(given) = given else {
            let here = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"));
            return Self::folder(here).map_err(|_| {
                anyhow!(
                    "{} is gone, from which this tool was built: say where Canarytrace is with --canarytrace, \
                     the URL of its git repository or the folder of a checkout",
                    here.display()
                )
            });
        };
        if let Some(url) = repository(given) {
            return Ok(Self::Repository(url));
        }
        Self::folder(Path::new(given))
    }

    /// The library in the folder of a checkout, or that folder itself.
    fn folder(given: &Path) -> anyhow::Result<Self> {
        let is_harness = |folder: &PathBuf| {
            fs::read_to_string(folder.join("Cargo.toml"))
                .is_ok_and(|manifest| manifest.lines().any(|line| line.trim() == format!("name = {HARNESS:?}")))
        };
        let found = [given.join(HARNESS), given.to_owned()].into_iter().find(is_harness).with_context(|| {
            format!("{} holds no {HARNESS}: --canarytrace is a git URL or the folder of a checkout", given.display())
        })?;
        // As text, because that is what Cargo.toml is.
        let found = absolute(&found).context("the current folder is gone")?;
        if found.to_str().is_none() {
            bail!("{} is no UTF-8, so Cargo.toml can't name it", found.display());
        }
        Ok(Self::Folder(found))
    }

    /// The value of the dependency in Cargo.toml.
    fn dependency(&self) -> String {
        let (key, value) = match self {
            Self::Folder(folder) => ("path", folder.display().to_string()),
            Self::Repository(url) => ("git", url.clone()),
        };
        format!("{{ package = {HARNESS:?}, {key} = {} }}", toml_string(&value))
    }
}

/// A URL as cargo takes it, if this is one: cargo wants `ssh://git@host/path` where git also takes `git@host:path`.
fn repository(given: &str) -> Option<String> {
    let schemes = ["https://", "http://", "ssh://", "git://", "file://"];
    if schemes.iter().any(|scheme| given.starts_with(scheme)) {
        return Some(given.to_owned());
    }
    let (host, path) = given.split_once(':')?;
    let is_host = host.contains('@') && !host.contains('/');
    is_host.then(|| format!("ssh://{host}/{}", path.trim_start_matches('/')))
}

/// A basic string of TOML.
fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => {
                // Writing to a String can't fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted + "\""
}

/// The name of a folder, if it will do for a crate.
fn name_of(folder: &Path) -> anyhow::Result<String> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name.filter(|_| !folder.ends_with("..")) else {
        bail!("{} has no name that the crate could take: give one with --name", folder.display());
    };
    match checked(&name) {
        Ok(name) => Ok(name.to_owned()),
        Err(problem) => bail!("the folder's name {name:?} {problem}; give another with --name {}", suggestion(&name)),
    }
}

/// Words that a crate can't be called: as an identifier it would be a keyword, or hide what Rust or its tests bring.
const RESERVED: &[&str] = &[
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "canarytrace",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A name for a crate that cargo and rustc take; otherwise what is wrong with it.
fn checked(name: &str) -> Result<&str, String> {
    let wrong = name.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_'));
    if name.is_empty() {
        Err("is empty".to_owned())
    } else if let Some(wrong) = wrong {
        Err(format!("has {wrong:?} in it: a crate's name has letters a-z, digits, - and _"))
    } else if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        Err("does not begin with a letter, as a crate's name must".to_owned())
    } else if RESERVED.contains(&name.replace('-', "_").as_str()) || name == HARNESS {
        Err("is taken by Rust or by Canarytrace, so no crate can have it".to_owned())
    } else {
        Ok(name)
    }
}

/// A name that would do, near to one that does not.
fn suggestion(name: &str) -> String {
    let words = name.to_lowercase();
    let words: Vec<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let words = words.join("-");
    let near = words.trim_start_matches(|first: char| !first.is_ascii_alphabetic());
    if checked(near).is_ok() { near.to_owned() } else { format!("{near}-monitors").trim_matches('-').to_owned() }
}

/// Makes the folder, or takes one that is empty: nothing of anybody's is overwritten. A fresh git repository is empty.
fn make_empty(folder: &Path) -> anyhow::Result<()> {
    match fs::read_dir(folder) {
        Ok(entries) => {
            let mut names = Vec::new();
            for entry in entries {
                names.push(entry.with_context(|| format!("{} can't be listed", folder.display()))?.file_name());
            }
            names.retain(|name| name != ".git");
            match names.iter().min() {
                None => Ok(()),
                Some(first) => bail!(
                    "{} is not empty, {} is in it: name a new folder, or one without files",
                    folder.display(),
                    first.display()
                ),
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            fs::create_dir_all(folder).with_context(|| format!("{} can't be made", folder.display()))
        }
        Err(error) if error.kind() == ErrorKind::NotADirectory => {
            bail!("{} is a file: name a new folder, or an empty one", folder.display())
        }
        Err(error) => Err(error).with_context(|| format!("{} can't be listed", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_crate_can_have_is_refused_with_the_reason() {
        for good in ["monitors", "shop-monitors", "shop_2", "Shop"] {
            assert_eq!(checked(good), Ok(good));
        }
        for (bad, reason) in [
            ("", "is empty"),
            ("my shop", "has ' ' in it"),
            ("größe", "has 'ö' in it"),
            ("2shops", "begin with a letter"),
            ("-shop", "begin with a letter"),
            ("async", "is taken"),
            ("proc-macro", "is taken"),
            ("test", "is taken"),
            ("canarytrace-harness", "is taken"),
        ] {
            assert!(checked(bad).unwrap_err().contains(reason), "{bad}");
        }
    }

    #[test]
    fn a_name_near_to_a_bad_one_is_suggested() {
        for (bad, near) in [("My Shop!", "my-shop"), ("test", "test-monitors"), ("štěně", "t-n"), ("...", "monitors")]
        {
            assert_eq!(suggestion(bad), near);
            assert!(checked(&suggestion(bad)).is_ok());
        }
        let error = name_of(Path::new("/work/2 shops")).unwrap_err().to_string();
        assert!(error.ends_with("; give another with --name shops"), "{error}");
        assert!(name_of(Path::new("/")).unwrap_err().to_string().contains("--name"));
    }

    #[test]
    fn a_url_is_told_from_a_folder() {
        for url in ["https://git.example/c.git", "ssh://git@git.example/c", "file:///srv/c.git"] {
            assert_eq!(repository(url), Some(url.to_owned()));
        }
        assert_eq!(repository("git@git.example:team/c.git").as_deref(), Some("ssh://git@git.example/team/c.git"));
        for folder in ["../canarytrace", "/srv/canarytrace", "a:b", "canarytrace"] {
            assert_eq!(repository(folder), None);
        }
    }

    #[test]
    fn any_text_is_a_string_of_toml() {
        for text in [r#"C:\a "quoted" folder"#, "a\nb\u{7f}", "žluťoučký", ""] {
            let line = format!("key = {}", toml_string(text));
            let table: toml::Table = line.parse().unwrap();
            assert_eq!(table["key"].as_str(), Some(text));
        }
    }
}
