//! The documents at the top of the project say what is true.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use canarytrace::config::{Config, OPTIONS};

const DOCUMENTS: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "k8s/README.md",
    "k8s/CAPACITY.md",
    "k8s/IMAGES.md",
    "k8s/OPENSHIFT.md",
    "k8s/SECURITY.md",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two folders up").to_owned()
}

/// The guide, a file a chapter.
const GUIDE: &str = "canarytrace-harness/guide";

fn chapters() -> impl Iterator<Item = (String, String)> {
    let files = fs::read_dir(root().join(GUIDE)).unwrap().map(|entry| entry.unwrap().path());
    files.map(|file| {
        let name = file.file_name().unwrap().to_str().unwrap();
        (format!("{GUIDE}/{name}"), fs::read_to_string(&file).unwrap())
    })
}

fn documents() -> impl Iterator<Item = (String, String)> {
    let others = DOCUMENTS.into_iter().map(|name| (name.to_owned(), fs::read_to_string(root().join(name)).unwrap()));
    others.chain(chapters())
}

/// The blocks of code in this language.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let begin = format!("```{language}\n");
    text.split(&begin).skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block).collect()
}

fn docs(root: &Path, flag: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_canarytrace")).args(["docs", flag, "--root"]).arg(root).output().unwrap()
}

/// `cargo run -p canarytrace-cli -- docs --write` rewrites what this finds out of date.
#[test]
fn the_generated_parts_are_up_to_date() {
    let output = docs(&root(), "--check");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_is_out_of_date_is_found_and_rewritten() {
    let copy = tempfile::tempdir().unwrap();
    for folder in ["canarytrace-macros", "canarytrace-harness", "monitors"] {
        std::os::unix::fs::symlink(root().join(folder), copy.path().join(folder)).unwrap();
    }
    for file in ["README.md", "ARCHITECTURE.md"] {
        fs::copy(root().join(file), copy.path().join(file)).unwrap();
    }
    let readme = copy.path().join("README.md");
    let right = fs::read_to_string(&readme).unwrap();
    let wrong = right.replace("| 101 | `MONITORS_FAILED` |", "| 1 | `MONITORS_FAILED` |");
    assert_ne!(wrong, right);
    fs::write(&readme, &wrong).unwrap();

    let output = docs(copy.path(), "--check");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("is out of date from line "), "{message}");
    assert!(message.contains("`cargo run -p canarytrace-cli -- docs --write` rewrites it"), "{message}");
    assert_eq!(fs::read_to_string(&readme).unwrap(), wrong);

    assert!(docs(copy.path(), "--write").status.success());
    assert_eq!(fs::read_to_string(&readme).unwrap(), right);
    assert!(docs(copy.path(), "--check").status.success());

    fs::write(&readme, "# Nothing\n").unwrap();
    let output = docs(copy.path(), "--write");
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("the marker \"<!-- generated: a short monitor -->\" is missing"), "{message}");
}

#[test]
fn every_option_that_a_document_names_is_one() {
    for (name, text) in documents() {
        let words: BTreeSet<&str> = text
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.contains("CANARYTRACE_"))
            .collect();
        for word in words {
            let known = word == "CANARYTRACE_" || OPTIONS.iter().any(|option| option.env == word);
            assert!(known, "{name} names {word}, which is no option");
        }
    }
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    for (name, text) in documents() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link);
        // `[name]: link` at the end of a chapter
        let named = text.lines().filter(|line| line.starts_with('[')).filter_map(|line| line.split_once("]: "));
        for link in inline.chain(named.map(|(_, link)| link)) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !link.contains("://") {
                assert!(folder.join(path).exists(), "{name} links to {link}, which is not there");
            }
        }
    }
}

fn is_path(code: &str) -> bool {
    (code.ends_with('/') && !code.starts_with('/'))
        || Path::new(code).extension().is_some_and(|extension| extension == "rs")
}

#[test]
fn the_example_of_a_file_with_options_is_right() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let example = blocks(&readme, "toml")[0];
    let config = Config::from_parts([], Some((Path::new("canarytrace.toml"), example))).unwrap();
    assert_eq!((config.retries, config.warnings.len()), (1, 0));
    assert_eq!(config.param("shop_user").unwrap().expect("it is in the example").text(), "jane@example.com");
}

#[test]
fn every_chapter_of_the_guide_is_compiled_and_its_files_with_options_are_right() {
    let compiled = fs::read_to_string(root().join("canarytrace-harness/src/guide.rs")).unwrap();
    for (name, text) in chapters() {
        let file = Path::new(&name).file_name().unwrap().to_str().unwrap();
        assert!(compiled.contains(&format!("\"{file}\"")), "{name} is no chapter of canarytrace-harness/src/guide.rs");
        for block in blocks(&text, "toml") {
            // One with environments has to be right in each of them.
            let environments = block.lines().filter_map(|line| line.strip_prefix("[environment.")?.strip_suffix(']'));
            let names = environments.filter(|name| !name.contains('.')).map(Some).chain([None]);
            for environment in names {
                let wanted = environment.map(|name| ("CANARYTRACE_ENVIRONMENT".to_owned(), name.to_owned()));
                let config = Config::from_parts(wanted, Some((Path::new("canarytrace.toml"), block)));
                let config = config.unwrap_or_else(|error| panic!("{name}, {environment:?}: {error}"));
                assert_eq!(config.warnings.len(), 0, "{name}: {:?}", config.warnings);
            }
        }
    }
}

#[test]
fn every_path_that_the_architecture_names_is_there() {
    let mut text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    // What is generated is checked by another test, and names files within their crates.
    while let Some(start) = text.find("<!-- generated: ") {
        let end = start + text[start..].find("<!-- /generated -->").unwrap() + "<!-- /generated -->".len();
        text.replace_range(start..end, "");
    }
    let harness = root().join("canarytrace-harness/src");
    for code in text.split('`').skip(1).step_by(2).filter(|code| is_path(code)) {
        let there = [root(), harness.clone()].iter().any(|folder| folder.join(code).exists());
        assert!(there, "ARCHITECTURE.md names {code}, which is not there");
    }
}
