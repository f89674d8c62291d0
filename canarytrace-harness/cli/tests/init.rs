//! `canarytrace init`, and that what it makes runs.

mod made;

use std::fs;
use std::path::Path;

use canarytrace::config::{Config, OPTIONS};
use made::{Made, canarytrace, cargo, run};

const REPOSITORY: &str = "https://git.example/canarytrace.git";

/// Every file of a folder with its text, sorted.
fn files(folder: &Path) -> String {
    fn walk(folder: &Path, prefix: &str, list: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{prefix}{}", path.file_name().unwrap().display());
            if path.is_dir() {
                walk(&path, &format!("{name}/"), list);
            } else {
                list.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut list = Vec::new();
    walk(folder, "", &mut list);
    list.sort();
    list.into_iter().fold(String::new(), |all, (name, text)| all + "=== " + &name + "\n" + &text + "\n")
}

#[test]
fn the_crate_that_is_made_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("shop-monitors");
    let (code, out, err) = run(canarytrace(&["init", "--canarytrace", REPOSITORY]).arg(&dir));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("shop-monitors is in ") && out.contains("\n    cargo test\n"), "{out}");
    insta::assert_snapshot!("created", files(&dir));
    // Here, where no rustfmt.toml of ours lies above it.
    let (code, out, err) = run(cargo(&["fmt", "--check"]).current_dir(&dir));
    assert_eq!(code, 0, "{out}{err}");
    let written = files(&dir).replace("${{", "");
    assert!(!written.contains("{{"), "everything is filled in");
}

#[test]
fn every_option_that_the_files_name_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("monitors");
    let (code, _, err) = run(canarytrace(&["init", "--canarytrace", REPOSITORY]).arg(&dir));
    assert_eq!(code, 0, "{err}");
    let text = files(&dir);
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in words.filter(|word| word.starts_with("CANARYTRACE_")) {
        assert!(OPTIONS.iter().any(|option| option.env == word), "{word} is no option");
    }
    // What is commented out is right, too.
    let options = fs::read_to_string(dir.join("canarytrace.toml")).unwrap();
    let is_option = |line: &&str| line.contains(" = ") || line.starts_with("# [");
    let keys =
        options.lines().map(|line| Some(line).filter(is_option).map_or(line, |line| line.trim_start_matches("# ")));
    let options = keys.collect::<Vec<_>>().join("\n");
    for (environment, user) in [("", "jane@example.com"), ("staging", "joe@example.com")] {
        let variables = [("CANARYTRACE_ENVIRONMENT".to_owned(), environment.to_owned())];
        let config = Config::from_parts(variables, Some((Path::new("canarytrace.toml"), &options))).unwrap();
        assert_eq!((config.retries, config.warnings.len()), (1, 0), "{environment}");
        assert_eq!(config.param("shop_user").unwrap().expect("it is given").text(), user);
    }
}

/// Builds the crate with the library of this checkout, and runs its monitors on the practice shop.
#[test]
fn the_monitors_that_are_made_pass_on_the_practice_shop() {
    let made = Made::new("made-monitors");
    let (code, out, err) = run(&mut made.cargo(&["test", "--offline"]));
    assert_eq!(code, 0, "{out}\n{err}");
    for monitor in ["account::a_customer_logs_in", "catalogue::a_visitor_fills_the_basket"] {
        assert!(out.contains(&format!("test {monitor} ... ok")), "{out}");
    }
    assert!(out.contains("test result: ok. 2 passed; 0 failed"), "{out}");
    assert!(!err.contains("warning: `made-monitors`"), "{err}");
}

#[test]
fn nothing_of_anybodys_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("monitors");
    fs::create_dir_all(dir.join(".git")).unwrap();
    fs::write(dir.join("notes.txt"), "mine").unwrap();
    let (code, out, err) = run(canarytrace(&["init", "--canarytrace", REPOSITORY]).arg(&dir));
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("monitors is not empty, notes.txt is in it: name a new folder"), "{err}");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 2);

    let (code, _, err) = run(canarytrace(&["init", "--canarytrace", REPOSITORY]).arg(dir.join("notes.txt")));
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("has '.' in it"), "{err}");
    let mut command = canarytrace(&["init", "--name", "shop", "--canarytrace", REPOSITORY]);
    let (code, _, err) = run(command.arg(dir.join("notes.txt")));
    assert_eq!(code, 1);
    assert!(err.contains("notes.txt is a file: name a new folder"), "{err}");

    fs::remove_file(dir.join("notes.txt")).unwrap();
    let (code, _, err) = run(canarytrace(&["init", "--canarytrace", REPOSITORY]).arg(&dir));
    assert_eq!((code, err.as_str()), (0, ""), "a fresh git repository is as good as an empty folder");
}

#[test]
fn the_current_folder_gives_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("till");
    fs::create_dir(&dir).unwrap();
    let (code, out, err) = run(canarytrace(&["init", ".", "--canarytrace", REPOSITORY]).current_dir(&dir));
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(fs::read_to_string(dir.join("Cargo.toml")).unwrap().contains("name = \"till\""));
}

#[test]
fn a_name_that_no_crate_can_have_is_refused_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("my shop");
    let (code, _, err) = run(canarytrace(&["init"]).arg(&dir));
    assert_eq!(code, 1);
    assert!(err.contains("\"my shop\" has ' ' in it") && err.contains("--name my-shop"), "{err}");
    let (code, _, err) = run(canarytrace(&["init", "--name", "test"]).arg(&dir));
    assert_eq!(code, 1);
    assert!(err.contains("the name \"test\" is taken"), "{err}");
    assert!(!dir.exists());
}

#[test]
fn a_folder_that_is_no_checkout_is_no_source() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("monitors");
    let (code, _, err) = run(canarytrace(&["init", "--canarytrace"]).arg(folder.path()).arg(&dir));
    assert_eq!(code, 1);
    assert!(err.contains("holds no canarytrace-harness: --canarytrace is a git URL or the folder"), "{err}");
    assert!(!dir.exists());
}
