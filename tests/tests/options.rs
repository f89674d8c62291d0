//! Options as a whole run sees them: extra headers, credentials, and what is stored of the environment.

use std::path::Path;

use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::servers::PracticeSite;

fn fixture() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
}

#[track_caller]
fn assert_code(run: &Finished, code: i32) {
    assert_eq!(run.code, Some(code), "{run:#?}");
    run.assert_complete();
    run.assert_nothing_left();
}

/// Everything that a run has written or printed, with the name of each part.
fn outputs(run: &Finished) -> Vec<(String, Vec<u8>)> {
    let mut outputs = vec![
        ("standard output".to_owned(), run.stdout.clone().into_bytes()),
        ("standard error".to_owned(), run.stderr.clone().into_bytes()),
    ];
    let mut folders = vec![run.folder().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                outputs.push((path.display().to_string(), std::fs::read(&path).unwrap()));
            }
        }
    }
    outputs
}

#[track_caller]
fn assert_nowhere(run: &Finished, secret: &str) {
    for (name, content) in outputs(run) {
        assert!(!String::from_utf8_lossy(&content).contains(secret), "{secret} is in {name}");
    }
}

#[test]
fn extra_headers_are_sent_with_every_request() {
    let headers = "X-Canary: yellow; small;;x-second: two";
    let run = fixture().monitor("sends_extra_headers").env("CANARYTRACE_HEADERS", headers).run();
    assert_code(&run, 0);
}

#[test]
fn basic_authentication_lets_the_browser_in_and_the_password_out_of_everything() {
    let right = fixture().monitor("is_let_in").env("CANARYTRACE_BASIC_AUTH", "ada:practice").run();
    assert_code(&right, 0);
    let wrong = fixture()
        .monitor("is_let_in")
        .env("CANARYTRACE_BASIC_AUTH", "ada:wrongly-guessed")
        .env("CANARYTRACE_JUNIT", "junit.xml")
        .env("LOG_LEVEL", "trace")
        .env("ENV_PRINT", "allow")
        .run();
    assert_code(&wrong, 101);
    let error = &wrong.document("summary", |_| true)["error"];
    assert_eq!(error["type"], "http_status", "{wrong:#?}");
    assert!(error["message"].as_str().unwrap().ends_with("/faults/basic-auth answered 401 Unauthorized"), "{error}");
    assert_nowhere(&wrong, "wrongly-guessed");
}

#[test]
fn the_environment_is_stored_without_what_is_not_ours_and_without_secrets() {
    let site = PracticeSite::start();
    let with_token = site.url("/?token=t0ps3cret");
    let run = fixture()
        .env("MODE", "smoke")
        .env("BASE_URL", &with_token)
        .env("ENV_PRINT", "allow")
        .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG")
        .env("DATABASE_URL", "postgres://app:pgpassw0rd@db/")
        .env("MY_PLAIN_VARIABLE", "of no concern")
        .env("CI_COMMIT_SHA", "0123abcd")
        .env("PASS", "correct horse")
        .env("USER", "ada")
        .env("LABELS", "nightly,eu")
        .env("LOG_LEVEL", "debug")
        .env("CANARYTRACE_HEADERS", "Authorization: Bearer b3ar3r")
        .run();
    assert_code(&run, 0);
    let document = run.document("env", |_| true);
    let env = &document["env"];
    for (name, value) in [
        ("PASS", "***"),
        ("CANARYTRACE_HEADERS", "***"),
        ("USER", "ada"),
        ("LABELS", "nightly,eu"),
        ("MODE", "smoke"),
        ("CI_COMMIT_SHA", "0123abcd"),
        ("WAIT_FOR_TIMEOUT", "20s"),
        ("CANARYTRACE_RETRIES", "0"),
    ] {
        assert_eq!(env[name], value, "{name}: {document:#}");
    }
    for name in ["AWS_SECRET_ACCESS_KEY", "DATABASE_URL", "MY_PLAIN_VARIABLE", "PATH", "HOME"] {
        assert!(env.get(name).is_none(), "{name}: {document:#}");
    }
    for secret in ["wJalrXUtnFEMI", "pgpassw0rd", "of no concern", "correct horse", "b3ar3r", "t0ps3cret"] {
        assert_nowhere(&run, secret);
    }
}

#[test]
fn without_env_print_nothing_of_the_environment_is_stored() {
    let run = fixture().monitor("passes").env("CI_COMMIT_SHA", "0123abcd").run();
    assert_code(&run, 0);
    assert!(run.documents("env").is_empty());
    assert_nowhere(&run, "0123abcd");
}

#[test]
fn the_password_is_masked_in_every_channel_of_a_run_that_fails_with_it() {
    let run = fixture()
        .monitor("shows_the_password")
        .env("USER", "ada")
        .env("PASS", "correct-horse")
        .env("WAIT_FOR_TIMEOUT", "5s")
        .env("CANARYTRACE_JUNIT", "junit.xml")
        .env("ENV_PRINT", "allow")
        .env("LOG_LEVEL", "trace")
        .run();
    assert_code(&run, 101);
    assert_nowhere(&run, "correct-horse");
    let step = run.document("report", |document| document["event"] == "testStepEnd");
    assert_eq!(step["title"], "ada shows the password ***");
    let message = step["errMessage"].as_str().unwrap();
    assert!(message.starts_with("expected the title to be \"not there, but *** is\", but it was "), "{message}");
    let dom = run.attachments().into_iter().find(|path| path.extension() == Some("html".as_ref())).unwrap();
    assert!(std::fs::read_to_string(dom).unwrap().contains("***"), "masked, not left out");
    assert!(Path::new(run.folder()).join("junit.xml").exists());
}
