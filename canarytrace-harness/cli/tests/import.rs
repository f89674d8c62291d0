//! `canarytrace import`: recordings become monitors.

mod made;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use made::{Made, canarytrace, run};
use serde_json::{Value, json};

const RECORDINGS: [&str; 7] = ["shop", "practice", "tab", "selectors", "keys", "windows", "hostile"];

fn recording(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name).with_extension("json")
}

/// The monitor that is made of a recording, and what is said about it.
fn imported(file: &Path) -> (String, String) {
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, out, err) = run(canarytrace(&["import"]).arg(file).current_dir(elsewhere.path()));
    assert_eq!(code, 0, "{err}");
    (out, err)
}

/// Whether rustfmt can read it, and so the compiler too.
fn is_rust(code: &str) -> bool {
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--emit", "stdout"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = command.stderr(Stdio::null()).spawn().expect("rustfmt is there");
    child.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    child.wait().unwrap().success()
}

#[test]
fn recordings_become_the_same_monitors_as_before() {
    for name in RECORDINGS {
        let (code, said) = imported(&recording(name));
        insta::assert_snapshot!(name, format!("{code}\n--- standard error\n{said}"));
    }
}

#[test]
fn without_rustfmt_the_monitor_is_the_same_but_for_long_lines() {
    let (_, formatted, _) = run(canarytrace(&["import"]).arg(recording("windows")));
    let (code, plain, _) = run(canarytrace(&["import"]).arg(recording("windows")).env_remove("PATH"));
    assert_eq!(code, 0);
    let packed = |text: &str| text.split_whitespace().collect::<String>();
    assert_eq!(packed(&plain), packed(&formatted));
    assert!(is_rust(&plain));
}

/// A crate that `init` made, with every imported monitor in it.
fn made_of_recordings(name: &str) -> Made {
    let made = Made::new(name);
    let mut lib = fs::read_to_string(made.folder.join("src/lib.rs")).unwrap();
    for name in RECORDINGS {
        let output = made.folder.join("src").join(name).with_extension("rs");
        let (code, out, err) = run(canarytrace(&["import"]).arg(recording(name)).arg("--output").arg(&output));
        assert_eq!(code, 0, "{err}");
        assert!(out.ends_with(&format!("`pub mod {name};` in src/lib.rs makes it a monitor\n")), "{out}");
        writeln!(lib, "pub mod {name};").unwrap();
    }
    fs::write(made.folder.join("src/lib.rs"), lib).unwrap();
    made
}

/// Builds the crate, and runs one of its monitors on the practice shop.
fn passes(made: &Made, monitor: &str) {
    let mut command = made.cargo(&["test", "--offline", "--", "--exact", monitor]);
    command.env("PASSWORD", "correct horse battery staple").env("CARD", "0042 0042 0042 0042");
    let (code, out, err) = run(&mut command);
    assert_eq!(code, 0, "{out}\n{err}");
    assert!(out.contains(&format!("test {monitor} ... ok")), "{out}");
    assert!(out.contains("test result: ok. 1 passed; 0 failed"), "{out}");
}

#[test]
fn imported_monitors_compile_and_those_of_the_practice_shop_pass() {
    let made = made_of_recordings("imported-monitors");
    passes(&made, "shop::buy_a_lamp_in_the_practice_shop");
    passes(&made, "practice::shadow_roots_and_frames");
}

#[test]
fn an_imported_monitor_follows_a_link_into_a_new_tab() {
    passes(&made_of_recordings("imported-tab"), "tab::a_link_into_a_new_tab");
}

/// Every text of every step of every recording is replaced by each of these.
#[test]
fn whatever_a_recording_says_the_monitor_is_rust() {
    const TEXTS: [&str; 8] = [
        "\"; panic!(); \"",
        "\\",
        "r#\"\"#",
        "*/ /* // ///",
        "{} {0} {{ ${x} %s",
        "\r\n\t\0\u{7f}\u{85}\u{2028}",
        "\u{202e}\u{2066}\u{feff}\u{301}",
        "'a' b'c' 'static #![allow(x)]",
    ];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording.json");
    for name in RECORDINGS {
        let original: Value = serde_json::from_str(&fs::read_to_string(recording(name)).unwrap()).unwrap();
        for text in TEXTS {
            let mut changed = original.clone();
            changed["title"] = json!(text);
            for step in changed["steps"].as_array_mut().unwrap() {
                for (key, value) in step.as_object_mut().unwrap() {
                    let is_structure = matches!(key.as_str(), "type" | "operator" | "button" | "target");
                    if !is_structure {
                        replace(value, text);
                    }
                }
            }
            fs::write(&file, changed.to_string()).unwrap();
            let (code, _) = imported(&file);
            assert!(is_rust(&code), "{name} with {text:?}:\n{code}");
        }
    }
}

/// Puts a text behind every text in it, so that selectors stay what they are.
fn replace(value: &mut Value, text: &str) {
    match value {
        Value::String(old) if old != "navigation" => old.push_str(text),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, text)),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, field)| replace(field, text)),
        _ => {}
    }
}

#[test]
fn secrets_are_not_taken_over() {
    let (code, said) = imported(&recording("shop"));
    assert!(!code.contains("correct horse") && !code.contains("0042"), "{code}");
    assert!(said.contains("note: password is a secret and was not taken over: set the environment variable PASSWORD"));
    let (code, said) = imported(&recording("windows"));
    for secret in ["ada:secret", "4111", "\"123\"", "8f14e45f"] {
        assert!(!code.contains(secret) && !said.contains(secret), "{secret}: {code}");
    }
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("shop.rs");
    fs::write(&output, "mine").unwrap();
    let (code, out, err) = run(canarytrace(&["import"]).arg(recording("shop")).arg("--output").arg(&output));
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("shop.rs is there already and is left as it is"), "{err}");
    assert_eq!(fs::read_to_string(&output).unwrap(), "mine");
}

#[test]
fn what_is_no_recording_is_an_error_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording.json");
    for (text, problem) in [
        ("import { Page }", "no valid JSON"),
        ("{\"log\": {}}", "no recording of the DevTools Recorder: it has no \"title\""),
        ("{\"title\": \"x\", \"steps\": []}", "nothing was recorded"),
        ("{\"title\": \"x\", \"steps\": [{\"type\": \"navigate\"}]}", "step 1 of 1 (navigate): it has no \"url\""),
    ] {
        fs::write(&file, text).unwrap();
        let (code, out, err) = run(canarytrace(&["import"]).arg(&file));
        assert_eq!((code, out.as_str()), (1, ""), "{text}");
        assert!(err.starts_with("error: ") && err.contains("recording.json: ") && err.contains(problem), "{err}");
    }
    let (code, _, err) = run(canarytrace(&["import"]).arg(folder.path().join("missing.json")));
    assert_eq!(code, 1);
    assert!(err.contains("missing.json can't be read"), "{err}");
    let (code, _, err) = run(canarytrace(&["import", "--name", "Buy It"]).arg(recording("shop")));
    assert_eq!(code, 1);
    assert!(err.contains("try --name buy_it"), "{err}");
}

#[test]
fn the_monitor_gets_the_name_that_is_asked_for() {
    let (code, out, _) = run(canarytrace(&["import", "--name", "pay"]).arg(recording("shop")));
    assert_eq!(code, 0);
    assert!(out.contains("pub async fn pay(browser: &mut Browser) -> Result {"), "{out}");
}
