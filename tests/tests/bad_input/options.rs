//! Options that mean nothing: all are named at once, and nothing is run.

use canarytrace_tests::runner::{Finished, Runner};

use super::fixture;

#[track_caller]
fn refused(runner: Runner) -> Finished {
    let run = runner.run();
    assert_eq!(run.code, Some(2), "{run:#?}");
    assert_eq!(run.stdout, "", "nothing is run");
    assert!(!run.data().exists(), "nothing is written");
    run.assert_nothing_left();
    run
}

#[test]
fn every_malformed_option_is_named_in_one_error_with_its_place_and_what_is_allowed() {
    let runner = fixture()
        .env("WAIT_FOR_TIMEOUT", "soon")
        .env("CANARYTRACE_RETRIES", "-1")
        .env("ATTACHMENTS", "perhaps")
        .env("CANARYTRACE_BASIC_AUTH", "a-password-without-user")
        .env("BASE_URL", "shop.example");
    let file = runner.folder().join("canarytrace.toml");
    std::fs::write(&file, "locale = \"en-US\"\ndata_max_size = \"much\"\ntimezzone = \"UTC\"\n").unwrap();
    let run = refused(runner);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines[0], "error: 7 options are wrong", "{run:#?}");
    for part in [
        "WAIT_FOR_TIMEOUT (environment variable) is \"soon\": allowed are a duration such as 30s",
        "CANARYTRACE_RETRIES (environment variable) is \"-1\": allowed is a whole number from 0 to 100",
        "ATTACHMENTS (environment variable) is \"perhaps\": allowed are allow, yes,",
        "CANARYTRACE_BASIC_AUTH (environment variable) is \"***\": allowed is user:password",
        "BASE_URL (environment variable) is \"shop.example\": an address beginning with http:// or https:// is wanted",
        &format!("data_max_size ({}:2) is \"much\": allowed is a size such as", file.display()),
        &format!("timezzone ({}:3)", file.display()),
    ] {
        assert_eq!(lines.iter().filter(|line| line.contains(part)).count(), 1, "{part}: {run:#?}");
    }
    assert!(!run.stderr.contains("a-password"), "secrets are masked here too: {run:#?}");
}

#[test]
fn an_empty_base_url_is_refused_and_not_taken_for_the_practice_shop() {
    let run = refused(fixture().env("BASE_URL", ""));
    assert!(run.stderr.contains("BASE_URL (environment variable) is \"\": it is empty; give a URL, or leave it unset"));
    let run = refused(fixture().env("BASE_URL", " ; ").env("MODE", "smoke"));
    assert!(run.stderr.contains("it is empty; give a URL, or several separated by a semicolon"), "{run:#?}");
    let run = refused(fixture().env("MODE", "smoke"));
    assert!(run.stderr.contains("BASE_URL (not set): MODE=smoke wants at least one URL"), "{run:#?}");
}

#[test]
fn a_base_url_that_is_none_is_refused_with_what_is_wanted() {
    for (url, reason) in [
        ("nonsense", "an address beginning with http:// or https:// is wanted"),
        ("ftp://shop.example/", "an address beginning with http:// or https:// is wanted"),
        ("http://", "an http or https URL is wanted (empty host)"),
        ("http://shop.example:99999/", "an http or https URL is wanted (invalid port number)"),
        ("https://a.example/;https://b.example/", "MODE=user-journey wants one URL; several are for MODE=smoke"),
    ] {
        let run = refused(fixture().env("BASE_URL", url));
        let line = format!("BASE_URL (environment variable) is \"{url}\": {reason}");
        assert!(run.stderr.contains(&line), "{line}: {run:#?}");
    }
}
