//! `canarytrace docs`: the parts of README.md and ARCHITECTURE.md that come from the code.
//!
//! Each stands between `<!-- generated: NAME -->` and `<!-- /generated -->`. To add one, add a line to [`PARTS`] and
//! the two markers to the document.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use canarytrace::config::{PRESETS, Throttle, options_table};
use canarytrace::exit_code;
use canarytrace::record::{DATASETS, Metric, Unit};
use clap::Args;

use crate::print;

/// Check or rewrite the parts of the documents that come from the code
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

const DOCUMENTS: [&str; 2] = ["README.md", "ARCHITECTURE.md"];

/// A part of a document.
struct Part {
    document: &'static str,
    name: &'static str,
    text: fn(&Path) -> anyhow::Result<String>,
}

const PARTS: &[Part] = &[
    Part {
        document: "README.md",
        name: "a short monitor",
        text: |root| example(root, "monitors/src/catalogue.rs", "the_shop_is_open"),
    },
    Part {
        document: "README.md",
        name: "a long monitor",
        text: |root| example(root, "monitors/src/checkout.rs", "a_customer_pays"),
    },
    Part { document: "README.md", name: "datasets", text: |_| Ok(datasets()) },
    Part { document: "README.md", name: "metrics", text: |_| Ok(metrics()) },
    Part { document: "README.md", name: "throttles", text: |_| Ok(throttles()) },
    Part { document: "README.md", name: "exit codes", text: |_| Ok(exit_codes(exit_code::ALL)) },
    Part { document: "README.md", name: "exit codes of run", text: |_| Ok(exit_codes(exit_code::RUN)) },
    Part { document: "README.md", name: "options", text: |_| Ok(options_table()) },
    Part {
        document: "ARCHITECTURE.md",
        name: "canarytrace-macros",
        text: |root| modules(&root.join("canarytrace-macros/src")),
    },
    Part {
        document: "ARCHITECTURE.md",
        name: "canarytrace-harness",
        text: |root| modules(&root.join("canarytrace-harness/src")),
    },
    Part {
        document: "ARCHITECTURE.md",
        name: "canarytrace-cli",
        text: |root| modules(&root.join("canarytrace-harness/cli/src")),
    },
];

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut rewrite = Vec::new();
    for document in DOCUMENTS {
        let path = arguments.root.join(document);
        let old = fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
        let new = rewritten(document, &old, &arguments.root).with_context(|| path.display().to_string())?;
        if new == old {
            continue;
        }
        if !arguments.write {
            let line = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count() + 1;
            bail!("{} is out of date from line {line} on; `{COMMAND}` rewrites it", path.display());
        }
        rewrite.push((path, new));
    }
    for (path, new) in &rewrite {
        fs::write(path, new).with_context(|| format!("{} can't be written", path.display()))?;
        print::out(&format!("{} is rewritten\n", path.display()))?;
    }
    if rewrite.is_empty() { print::out(&format!("{} are up to date\n", DOCUMENTS.join(" and "))) } else { Ok(()) }
}

/// `text` with every part of the document as the code has it now.
fn rewritten(document: &str, text: &str, root: &Path) -> anyhow::Result<String> {
    let mut text = text.to_owned();
    for part in PARTS.iter().filter(|part| part.document == document) {
        let begin = format!("<!-- generated: {} -->\n", part.name);
        let missing = || anyhow!("the marker {:?} is missing", begin.trim_end());
        let start = text.find(&begin).ok_or_else(missing)? + begin.len();
        let rest = text[start..].find("<!-- /generated -->");
        let length = rest.with_context(|| format!("the part {:?} has no end", part.name))?;
        text.replace_range(start..start + length, &format!("\n{}\n\n", (part.text)(root)?.trim()));
    }
    Ok(text)
}

/// One monitor of a file with its doc comment and attributes.
fn example(root: &Path, file: &str, function: &str) -> anyhow::Result<String> {
    let source = fs::read_to_string(root.join(file)).with_context(|| format!("{file} can't be read"))?;
    let place = source.find(&format!("async fn {function}(")).with_context(|| format!("{file} has no {function}"))?;
    // A doc comment has lines of `///` where it is empty, so the first empty line is above the monitor.
    let start = source[..place].rfind("\n\n").map_or(0, |blank| blank + 2);
    let length = source[start..].find("\n}\n").with_context(|| format!("{function} in {file} has no end"))?;
    Ok(format!("```rust\n{}\n}}\n```", &source[start..start + length]))
}

fn datasets() -> String {
    let mut table = String::from("| dataset | what it holds |\n| --- | --- |\n");
    for dataset in DATASETS {
        // Writing to a String can't fail.
        let _ = writeln!(table, "| `{}` | {} |", dataset.name, dataset.doc);
    }
    table
}

fn metrics() -> String {
    let mut table = String::from("| figure | limit | what it is | from |\n| --- | --- | --- | --- |\n");
    for metric in Metric::ALL {
        let name = if metric.is_named() { format!("{metric}(\"name\")") } else { metric.to_string() };
        let limit = match metric.unit() {
            Unit::Milliseconds => "`<= \"2.5s\"`",
            Unit::Bytes => "`<= \"2MB\"`",
            Unit::Count => "`<= 80`",
            Unit::Score => "`<= 0.1`",
            Unit::Percent => "`>= 90`",
        };
        let _ = writeln!(table, "| `{name}` | {limit} | {} | `{}` |", metric.doc(), metric.source().0);
    }
    table
}

fn throttles() -> String {
    let mut table =
        String::from("| preset | latency | down | up | scripts | by |\n| --- | --- | --- | --- | --- | --- |\n");
    for preset in PRESETS.iter().filter(|preset| preset.name != "none") {
        let Throttle { latency, down, up, cpu, .. } = Throttle::from(preset);
        let rate = |rate: Option<f64>| rate.map_or_else(|| "any".to_owned(), |rate| rate.to_string());
        let (latency, down, up) = (latency.as_secs_f64() * 1000.0, rate(down), rate(up));
        let _ = writeln!(
            table,
            "| `{}` | {latency} | {down} | {up} | {cpu} times slower | {} |",
            preset.name, preset.source
        );
    }
    table.replace(" 1 times slower ", " as they are ")
}

fn exit_codes(codes: &[(u8, &str, &str)]) -> String {
    let mut table = String::from("| code | name | meaning |\n| --- | --- | --- |\n");
    for (code, name, meaning) in codes {
        let _ = writeln!(table, "| {code} | `{name}` | {meaning} |");
    }
    table
}

/// Every module below `folder`, each with the first paragraph of its documentation; a folder's own comes first.
fn modules(folder: &Path) -> anyhow::Result<String> {
    let mut list = String::new();
    walk(folder, "", 0, &mut list)?;
    Ok(list)
}

fn walk(folder: &Path, prefix: &str, depth: usize, list: &mut String) -> anyhow::Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} can't be listed", folder.display()))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let indent = "  ".repeat(depth);
    for name in &names {
        let path = folder.join(name);
        let is_test = matches!(name.as_str(), "tests.rs" | "testing.rs");
        if path.is_dir() {
            let module = path.join("mod.rs");
            // Of a folder beside its module (`redact.rs`, `redact/`), only the files are told here.
            let about = if module.exists() { paragraph(&module)? } else { String::new() };
            let colon = if about.is_empty() { "" } else { ":" };
            let mut inner = String::new();
            walk(&path, &format!("{prefix}{name}/"), depth + 1, &mut inner)?;
            if !inner.is_empty() {
                let _ = writeln!(list, "{indent}- `{prefix}{name}/`{colon} {about}");
                list.push_str(&inner);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "mod.rs" && !is_test {
            let _ = writeln!(list, "{indent}- `{prefix}{name}`: {}", paragraph(&path)?);
        }
    }
    // No blank where there is nothing to say.
    *list = list.lines().map(str::trim_end).fold(String::new(), |list, line| list + line + "\n");
    Ok(())
}

/// The first paragraph of a module's documentation, on one line.
fn paragraph(file: &Path) -> anyhow::Result<String> {
    let source = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let lines = source.lines().map_while(|line| line.strip_prefix("//! "));
    let text = lines.collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        bail!("{} does not begin with what it is about (`//!`)", file.display());
    }
    // Links lead nowhere outside of the code.
    Ok(text.replace("[`", "`").replace("`]", "`"))
}
