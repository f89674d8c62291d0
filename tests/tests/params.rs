//! Parameters as a whole run sees them: typed, per environment, from files, and secret in every output.

use std::path::{Path, PathBuf};

use canarytrace_tests::runner::{Finished, Runner};

fn fixture() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
}

fn message(run: &Finished) -> String {
    let summary = run.document("summary", |document| document["summary"]["final_attempt"] == true);
    summary["error"]["message"].as_str().unwrap_or_default().to_owned()
}

/// The titles of the steps.
fn steps(run: &Finished) -> Vec<String> {
    let reports = run.documents("report");
    let ends = reports.iter().filter(|document| document["event"] == "testStepEnd");
    ends.map(|document| document["title"].as_str().unwrap().to_owned()).collect()
}

/// Everything that a run stored or printed, but for pictures.
fn outputs(run: &Finished) -> Vec<(PathBuf, String)> {
    let mut outputs =
        vec![("standard output".into(), run.stdout.clone()), ("standard error".into(), run.stderr.clone())];
    let mut paths = vec![run.data().to_owned(), run.folder().join("junit.xml")];
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_none_or(|extension| extension != "png") {
            let content = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            outputs.push((path, content));
        }
    }
    outputs
}

fn percent(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// What base64 makes of the bytes in the middle of a longer text, at each of the three places they can have in it.
fn base64(text: &str) -> Vec<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let of_place = |skipped: usize| {
        let whole = &text.as_bytes()[skipped..];
        let groups = whole.chunks_exact(3).map(|group| u32::from_be_bytes([0, group[0], group[1], group[2]]));
        let sextets = groups.flat_map(|group| [18, 12, 6, 0].map(|shift| (group >> shift) & 63));
        sextets.map(|sextet| char::from(ALPHABET[sextet as usize])).collect()
    };
    (0..3).map(of_place).collect()
}

#[track_caller]
fn assert_nowhere(run: &Finished, secret: &str) {
    let json = serde_json::to_string(secret).unwrap();
    let json = json.trim_matches('"').to_owned();
    let twice = serde_json::to_string(&json).unwrap().trim_matches('"').to_owned();
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut forms = vec![secret.to_owned(), percent(secret), percent(&percent(secret)), form, json, twice, html];
    forms.extend(base64(secret));
    for (path, content) in outputs(run) {
        for form in &forms {
            assert!(
                !content.contains(form) && !path.to_string_lossy().contains(form),
                "{form} is in {}: {content}",
                path.display()
            );
        }
    }
}

#[test]
fn secrets_and_one_time_passwords_are_in_no_output_in_any_form() {
    // Each part would be found on its own, too: nothing but the whole may be left out of the mask.
    let secret = r#"Zx9plain "quö\te"/+&<b>%41 end8Yq"#;
    let otp = "otpauth://totp/Shop:ada?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&period=3600&digits=8";
    let secrets = tempfile::tempdir().unwrap();
    let file = secrets.path().join("password");
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    let run = fixture()
        .monitor("leaks_everywhere")
        .env("LEAKED_PASSWORD_FILE", &file)
        .env("LEAKED_OTP", otp)
        .env("WAIT_FOR_TIMEOUT", "2s")
        .env("CANARYTRACE_JUNIT", "junit.xml")
        .env("ENV_PRINT", "allow")
        .env("LOG_LEVEL", "trace")
        .run();
    assert_eq!(run.code, Some(101), "{run:#?}");
    run.assert_complete();
    run.assert_nothing_left();
    let code = std::fs::read_to_string(run.folder().join("code.txt")).unwrap();
    assert_eq!(code.len(), 8, "{code}");
    assert_nowhere(&run, secret);
    assert_nowhere(&run, &code);
    assert_nowhere(&run, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let outputs = outputs(&run);
    for part in ["Zx9plain", "end8Yq"] {
        for (path, content) in &outputs {
            assert!(!content.contains(part), "{part} is in {}: {content}", path.display());
        }
    }
    // All of these were there, and masked rather than left out.
    let masked = |what: &str| {
        outputs.iter().filter(|(path, text)| path.to_string_lossy().contains(what) && text.contains("***")).count()
    };
    assert_eq!(
        (masked("standard output"), masked("report.ndjson"), masked("summary.ndjson"), masked("junit.xml")),
        (1, 1, 1, 1)
    );
    assert!(masked(".html") >= 4, "a copy of the DOM for each failure of each attempt: {outputs:#?}");
    assert!(steps(&run).contains(&"step *** ***".to_owned()), "{:?}", steps(&run));
    assert!(message(&run).contains("the monitor panicked") && message(&run).contains("***"), "{}", message(&run));
}

#[test]
fn typed_parameters_have_their_defaults_and_a_secret_of_codes_is_no_text() {
    let run = fixture().monitor("reads_typed_params").run();
    assert_eq!(run.code, Some(102), "{run:#?}");
    assert_eq!(steps(&run), ["3 -2 0.5 false 2s https://shop.example/"]);
    assert!(message(&run).ends_with("browser.totp(\"typed_otp\").await?"), "{}", message(&run));
}

#[test]
fn all_wrong_values_are_told_before_a_browser_is_started() {
    let run = fixture()
        .monitor("reads_typed_params")
        .env("TYPED_COUNT", "-1")
        .env("TYPED_PAUSE", "soon")
        .env("TYPED_OTP_FILE", "/no/such/file")
        .run();
    assert_eq!(run.code, Some(102), "{run:#?}");
    let message = message(&run);
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(lines.len(), 3, "{message}");
    assert!(lines[0].starts_with("parameter typed_count (environment variable TYPED_COUNT) is \"-1\": "), "{message}");
    assert!(
        lines[1].starts_with("parameter typed_pause (environment variable TYPED_PAUSE) is \"soon\": "),
        "{message}"
    );
    assert!(
        lines[2].starts_with("parameter typed_otp (environment variable TYPED_OTP_FILE): the file /no/such/file"),
        "{message}"
    );
    assert!(run.documents("report").iter().all(|document| document.get("sessionId").is_none()));
    run.assert_nothing_left();
}

fn with_file(environment: &str) -> (Runner, PathBuf) {
    let runner = fixture().monitor("reads_typed_params").env("CANARYTRACE_ENVIRONMENT", environment);
    let file = runner.folder().join("canarytrace.toml");
    (runner.env("ENV_PRINT", "allow"), file)
}

fn write(file: &Path) {
    let text = r#"
        [params]
        typed_count = 1
        typed_pause = "1s"

        [environment.staging]
        locale = "cs-CZ"

        [environment.staging.params]
        typed_count = 2
        typed_verbose = true
        typed_otp = { env = "STAGING_OTP" }
    "#;
    std::fs::write(file, text).unwrap();
}

#[test]
fn an_environment_has_parameters_of_its_own() {
    let (runner, file) = with_file("staging");
    write(&file);
    let run = runner.env("STAGING_OTP", "JBSWY3DPEHPK3PXP").env("TYPED_OFFSET", "7").run();
    assert_eq!(steps(&run), ["2 7 0.5 true 1s https://shop.example/"], "{run:#?}");
    let env = run.document("env", |_| true)["env"].clone();
    assert_eq!((&env["CANARYTRACE_ENVIRONMENT"], &env["CANARYTRACE_LOCALE"]), (&"staging".into(), &"cs-CZ".into()));
}

#[test]
fn an_unknown_environment_runs_nothing() {
    let (runner, file) = with_file("stagin");
    write(&file);
    let run = runner.run();
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert!(run.stderr.contains("has the environments staging; did you mean staging?"), "{run:#?}");
    assert!(run.runs().is_empty());
}
