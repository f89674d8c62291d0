//! `canarytrace docs`: the parts of the README that come from the code.
//!
//! Each stands between `<!-- generated: NAME -->` and `<!-- /generated -->`. To add one, add a line to [`PARTS`] and
//! the two markers to the README.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use canarytrace::config::options_table;
use canarytrace::exit_code;
use canarytrace::record::DATASETS;
use clap::Args;

use crate::print;

/// Check or rewrite the parts of the README that come from the code
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Rewrite them
    #[arg(long, conflicts_with = "check")]
    write: bool,
    /// Fail when they are out of date; the default
    #[arg(long)]
    check: bool,
    /// Folder of the project
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

const COMMAND: &str = "cargo run -p canarytrace-cli -- docs --write";

/// Name of a part, and what writes it.
type Part = (&'static str, fn(&Path) -> anyhow::Result<String>);

const PARTS: &[Part] = &[
    ("a short monitor", |root| example(root, "monitors/src/catalogue.rs", "the_shop_is_open")),
    ("a long monitor", |root| example(root, "monitors/src/checkout.rs", "a_customer_pays")),
    ("datasets", |_| Ok(datasets())),
    ("exit codes", |_| Ok(exit_codes())),
    ("options", |_| Ok(options_table())),
];

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let path = arguments.root.join("README.md");
    let old = fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
    let new = rewritten(&old, &arguments.root).with_context(|| path.display().to_string())?;
    if new == old {
        return print::out("README.md is up to date\n");
    }
    if !arguments.write {
        let line = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count() + 1;
        bail!("{} is out of date from line {line} on; `{COMMAND}` rewrites it", path.display());
    }
    fs::write(&path, new).with_context(|| format!("{} can't be written", path.display()))?;
    print::out("README.md is rewritten\n")
}

/// `text` with every part as the code has it now.
fn rewritten(text: &str, root: &Path) -> anyhow::Result<String> {
    let mut text = text.to_owned();
    for (name, write) in PARTS {
        let begin = format!("<!-- generated: {name} -->\n");
        let missing = || anyhow!("the marker {:?} is missing", begin.trim_end());
        let start = text.find(&begin).ok_or_else(missing)? + begin.len();
        let length =
            text[start..].find("<!-- /generated -->").with_context(|| format!("the part {name:?} has no end"))?;
        let part = format!("\n{}\n\n", write(root)?.trim());
        text.replace_range(start..start + length, &part);
    }
    Ok(text)
}

/// One monitor of a file with its doc comment and attributes.
fn example(root: &Path, file: &str, function: &str) -> anyhow::Result<String> {
    let source = fs::read_to_string(root.join(file)).with_context(|| format!("{file} can't be read"))?;
    let place = source.find(&format!("async fn {function}(")).with_context(|| format!("{file} has no {function}"))?;
    let start = source[..place].rfind("\n\n").map_or(0, |blank| blank + 2);
    let length = source[start..].find("\n}\n").with_context(|| format!("{function} in {file} has no end"))?;
    Ok(format!("```rust\n{}\n}}\n```", &source[start..start + length]))
}

fn datasets() -> String {
    let mut table = String::from("| dataset | what it holds |\n| --- | --- |\n");
    for dataset in DATASETS {
        let _ = writeln!(table, "| `{}` | {} |", dataset.name, dataset.doc);
    }
    table
}

fn exit_codes() -> String {
    let mut table = String::from("| code | name | meaning |\n| --- | --- | --- |\n");
    for (code, name, meaning) in exit_code::ALL {
        let _ = writeln!(table, "| {code} | `{name}` | {meaning} |");
    }
    table
}
