//! Reading as a whole: environment and file together.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;

fn read(env: &[(&str, &str)], file: Option<&str>) -> Result<Config, ConfigError> {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_parts(env, file.map(|text| (Path::new("/etc/monitors/canarytrace.toml"), text)))
}

fn problems(env: &[(&str, &str)], file: Option<&str>) -> Vec<String> {
    read(env, file).unwrap_err().problems.iter().map(ToString::to_string).collect()
}

#[test]
fn without_any_option_the_defaults_of_the_table_hold() {
    let config = read(&[("HOME", "/home/jane")], None).unwrap();
    assert_eq!(config.mode, Mode::UserJourney);
    assert!(config.base_urls.is_empty() && config.labels.is_empty() && config.headers.is_empty());
    assert!(config.attachments && config.browser_install);
    assert!(!config.env_print && !config.availability_check && !config.capture_every_screen && !config.headed);
    assert_eq!(config.wait_for_timeout, Duration::from_secs(30));
    assert_eq!(config.timeout, Duration::from_mins(1));
    assert_eq!((config.step_timeout, config.retries), (None, 0));
    assert_eq!(config.data_max_age, Duration::from_hours(7 * 24));
    assert_eq!(config.data_max_size, 2_000_000_000);
    assert_eq!(config.cache, Path::new("/home/jane/.cache/canarytrace"));
    assert_eq!((config.device, config.locale.as_str()), (Device::Desktop, "en-US"));
    assert_eq!((config.driver_port, config.site_port), (0, 0));
    assert!(!config.location.is_empty());
    assert_eq!(config.test_id_attributes, ["data-testid", "data-test"]);
    assert_eq!(config.screenshots, std::env::current_dir().unwrap().join("screenshots"));
    assert!(!config.update_screenshots);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn the_environment_wins_over_the_file_and_an_empty_variable_is_none() {
    let file = "locale = \"cs-CZ\"\nretries = 2\nheaded = true\nwait_for_timeout = 500\nlabels = [\"a\", \"b,c\"]\n";
    let env = [("CANARYTRACE_LOCALE", "de-DE"), ("CANARYTRACE_RETRIES", ""), ("LABELS", "x, y ,")];
    let config = read(&env, Some(file)).unwrap();
    assert_eq!(config.locale, "de-DE");
    assert_eq!(config.retries, 2);
    assert!(config.headed);
    assert_eq!(config.wait_for_timeout, Duration::from_millis(500));
    assert_eq!(config.labels, ["x", "y"]);
    assert_eq!(read(&[], Some(file)).unwrap().labels, ["a", "b,c"]);
    assert!(config.is_given("CANARYTRACE_RETRIES") && !config.is_given("MODE"));
}

#[test]
fn all_wrong_values_are_named_at_once_with_their_place() {
    let env = [
        ("MODE", "smok"),
        ("WAIT_FOR_TIMEOUT", "soon"),
        ("CANARYTRACE_BASIC_AUTH", "hunter2"),
        ("CANARYTRACE_HEADERS", "Authorization hunter2"),
        ("WEBDRIVER_URL", "ftp://user:hunter2@host/"),
    ];
    let file = "# ours\nretrys = 3\n\n[headers]\nX = [1]\n[params]\nlist = [1]\n";
    let error = read(&env, Some(file)).unwrap_err();
    let text = error.to_string();
    let options: BTreeSet<&str> = error.problems.iter().map(|problem| problem.option.as_str()).collect();
    let expected = [
        "CANARYTRACE_BASIC_AUTH",
        "CANARYTRACE_HEADERS",
        "MODE",
        "WAIT_FOR_TIMEOUT",
        "WEBDRIVER_URL",
        "headers",
        "params.list",
        "retrys",
    ];
    assert_eq!(options, BTreeSet::from(expected), "{text}");
    assert!(text.starts_with("8 options are wrong\n"), "{text}");
    assert!(
        text.contains("MODE (environment variable) is \"smok\": allowed are user-journey, smoke; did you mean smoke?")
    );
    assert!(
        text.contains("retrys (/etc/monitors/canarytrace.toml:2): no such option; did you mean retries?"),
        "{text}"
    );
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_wrong_value_of_the_file_is_named_with_its_line() {
    let text = &problems(&[], Some("\n\ntimeout = \"0s\"\n"))[0];
    assert_eq!(text, "timeout (/etc/monitors/canarytrace.toml:3) is \"0s\": it must be longer than 0");
    let text = &problems(&[], Some("mode = \"smoke\"\nbase_url = \n"))[0];
    assert!(text.starts_with("canarytrace.toml (/etc/monitors/canarytrace.toml:2): no valid TOML: "), "{text}");
}

#[test]
fn a_path_into_bodies_that_is_none_is_named_with_the_place_in_it() {
    let text = &problems(&[("POST_DATA_PATH", "data[0]user")], None)[0];
    assert!(text.contains("such as .title, [0].type or data[0].user.id, but "), "{text}");
    assert!(text.ends_with(" at character 8"), "{text}");
    let config = read(&[("POST_DATA_PATH", "data[0].user")], None).unwrap();
    assert_eq!(config.post_data_path.unwrap().to_string(), "data[0].user");
}

#[test]
fn a_list_is_refused_where_one_value_is_wanted() {
    assert!(problems(&[], Some("locale = [\"a\"]"))[0].ends_with("one value is wanted, not a list"));
    assert!(problems(&[], Some("data = 2020-01-01"))[0].contains("not a date"));
}

#[test]
fn user_journeys_want_one_good_url_or_none() {
    let config = read(&[("BASE_URL", "https://shop.example/;jsessionid=1")], None).unwrap();
    assert_eq!(config.base_urls[0].url.as_ref().unwrap().as_str(), "https://shop.example/;jsessionid=1");
    for (url, advice) in [
        ("", "it is empty; give a URL"),
        ("  ", "it is empty; give a URL"),
        ("shop.example", "beginning with http:// or https://"),
        ("ftp://shop.example/", "beginning with http:// or https://"),
        ("http://", "an http or https URL is wanted"),
        ("http://a/;http://b/", "MODE=user-journey wants one URL"),
    ] {
        let found = problems(&[("BASE_URL", url)], None);
        assert!(found.len() == 1 && found[0].contains(advice), "{url}: {found:?}");
    }
}

#[test]
fn smoke_wants_urls_and_keeps_the_bad_ones_for_failed_trials() {
    let config = read(&[("MODE", "smoke"), ("BASE_URL", "http://a/; nonsense ;;https://b/")], None).unwrap();
    let texts: Vec<&str> = config.base_urls.iter().map(|target| target.text.as_str()).collect();
    assert_eq!(texts, ["http://a/", "nonsense", "https://b/"]);
    let good: Vec<bool> = config.base_urls.iter().map(|target| target.url.is_ok()).collect();
    assert_eq!(good, [true, false, true]);
    assert!(problems(&[("MODE", "smoke")], None)[0].starts_with("BASE_URL (not set): MODE=smoke wants"));
    assert!(problems(&[("MODE", "smoke"), ("BASE_URL", " ; ")], None)[0].contains("it is empty"));
    let listed = read(&[], Some("mode = \"smoke\"\nbase_url = [\"http://a/;x\", \"http://b/\"]")).unwrap();
    assert_eq!(listed.base_urls[0].text, "http://a/;x");
}

#[test]
fn a_misspelt_variable_of_ours_is_warned_of() {
    let env = [
        ("CANARYTRACE_TIMOUT", "1s"),
        ("CANARYTRACE_MODE", "smoke"),
        ("CANARYTRACE_TEST_X", "1"),
        ("CANARYTRACE_PRACTICE_SITE_URL", "1"),
        ("ELASTIC_PASSWORD", "x"),
    ];
    let warnings = read(&env, None).unwrap().warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].ends_with("did you mean MODE?"), "{warnings:?}");
    assert!(warnings[1].ends_with("did you mean CANARYTRACE_TIMEOUT?"), "{warnings:?}");
}

const SECRETS: &[(&str, &str)] = &[
    ("PASS", "hunter2pass"),
    ("CANARYTRACE_BASIC_AUTH", "jane:hunter2basic:x"),
    ("BASE_URL", "https://jane:hunter2%40url@shop.example/?access_token=hunter2token&q=lamp"),
    ("WEBDRIVER_URL", "http://hunter2hub@hub:4444/"),
    ("CANARYTRACE_HEADERS", "Authorization: Basic amFuZTpodW50ZXIyaGVhZA==;;X-Api-Key: hunter2key;;X-Plain: lamp"),
    ("CANARYTRACE_BROWSER_ARGS", "--proxy-server=http://p:hunter2proxy@proxy:3128 --mute-audio"),
    ("ELASTIC_CLUSTER", "https://es:hunter2es@a:9200,https://es:hunter2es@b:9200"),
    ("CANARYTRACE_ELASTIC_PROXY", "http://p:hunter2via@proxy:3128"),
    ("AWS_SECRET_ACCESS_KEY", "hunter2aws"),
    ("HOSTNAME", "pod-1"),
];

/// Those that exclude others of [`SECRETS`].
const OTHER_SECRETS: &[(&str, &str)] = &[
    ("ELASTIC_CLUSTER", "https://a:9200"),
    // of:hunter2api
    ("CANARYTRACE_ELASTIC_API_KEY", "b2Y6aHVudGVyMmFwaQ=="),
];

#[test]
fn secrets_of_every_option_are_known() {
    let config = read(SECRETS, None).unwrap();
    let secrets: BTreeSet<String> = config.secrets().iter().map(|secret| secret.expose_secret().to_owned()).collect();
    let expected = [
        "Basic amFuZTpodW50ZXIyaGVhZA==",
        "amFuZTpodW50ZXIyaGVhZA==",
        "hunter2@url",
        "hunter2basic:x",
        "hunter2es",
        "hunter2head",
        "hunter2hub",
        "hunter2key",
        "hunter2pass",
        "hunter2proxy",
        "hunter2token",
        "hunter2via",
    ];
    assert_eq!(secrets, expected.map(str::to_owned).into());

    let of = |env: &[(&str, &str)]| -> BTreeSet<String> {
        read(env, None).unwrap().secrets().iter().map(|secret| secret.expose_secret().to_owned()).collect()
    };
    let key = ["b2Y6aHVudGVyMmFwaQ==", "hunter2api"].map(str::to_owned);
    assert_eq!(of(OTHER_SECRETS), key.clone().into());
    assert_eq!(of(&[("CANARYTRACE_ELASTIC_API_KEY", "of:hunter2api")]), key.into());
    assert_eq!(of(&[("ELASTIC_HTTP_AUTH", "jane:hunter2:x")]), ["hunter2:x".to_owned()].into());
}

#[test]
fn nothing_that_a_config_shows_holds_a_secret() {
    let config = read(SECRETS, None).unwrap();
    let document = config.env_document();
    let shown = format!("{config:?} {config:#?} {document:?} {:?} {}", config.base_urls, config.base_urls[0].text);
    assert!(!shown.contains("hunter2") && !shown.contains("amFuZ"), "{shown}");
    assert_eq!(document["PASS"], "***");
    assert_eq!(document["HOSTNAME"], "pod-1");
    assert_eq!(document["WAIT_FOR_TIMEOUT"], "30000");
    assert!(document["BASE_URL"].contains("shop.example") && document["BASE_URL"].contains("q=lamp"));
    assert!(!document.contains_key("AWS_SECRET_ACCESS_KEY"));
    assert!(document["ELASTIC_CLUSTER"].contains("a:9200") && document["ELASTIC_CLUSTER"].contains("b:9200"));

    let config = read(OTHER_SECRETS, None).unwrap();
    let shown = format!("{config:?} {:?}", config.env_document());
    assert!(!shown.contains("hunter2") && !shown.contains("b2Y6"), "{shown}");
}

#[test]
fn options_of_the_cluster_that_exclude_each_other_are_refused_with_both_names() {
    let id = "shop:Zm91bmQuaW8kNGZhOCQ5ZDAy";
    let refused = |env: &[(&str, &str)], wrong: &str, other: &str| {
        let found = problems(env, None);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(wrong) && found[0].contains(other), "{found:?}");
        assert!(found[0].ends_with("is set too: unset one of them") && !found[0].contains("hunter2"), "{found:?}");
    };
    let cluster = ("ELASTIC_CLUSTER", "https://a:9200");
    let with_user = ("ELASTIC_CLUSTER", "https://jane:hunter2@a:9200");
    let (auth, key) = (("ELASTIC_HTTP_AUTH", "jane:hunter2"), ("CANARYTRACE_ELASTIC_API_KEY", "id:hunter2"));
    let cloud = ("CANARYTRACE_ELASTIC_CLOUD_ID", id);
    refused(&[cluster, cloud], "CANARYTRACE_ELASTIC_CLOUD_ID (environment variable)", "ELASTIC_CLUSTER");
    refused(&[cluster, auth, key], "CANARYTRACE_ELASTIC_API_KEY (environment variable)", "ELASTIC_HTTP_AUTH");
    refused(&[with_user, key], "CANARYTRACE_ELASTIC_API_KEY", "a user in ELASTIC_CLUSTER");
    refused(&[with_user, auth], "ELASTIC_HTTP_AUTH", "a user in ELASTIC_CLUSTER");
    let config = read(&[cloud, key], None).unwrap();
    assert_eq!(config.elastic_cloud_id.unwrap().url.as_str(), "https://4fa8.found.io/");
}

#[test]
fn a_cluster_that_cannot_be_meant_is_refused_without_its_secrets() {
    let refused = |name: &str, value: &str, reason: &str| {
        let found = problems(&[(name, value)], None);
        assert!(found.len() == 1 && found[0].contains(reason), "{value}: {found:?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    };
    refused("ELASTIC_CLUSTER", "localhost:9200", "http:// or https://");
    refused("ELASTIC_CLUSTER", "https://a, ftp://b", "http:// or https://");
    refused("ELASTIC_CLUSTER", "https://a?pretty", "neither a query nor a fragment");
    refused("ELASTIC_CLUSTER", "https://hunter2token@a", "both user and password");
    refused("ELASTIC_CLUSTER", "https://:hunter2@a", "both user and password");
    refused("ELASTIC_CLUSTER", "https://a:hunter2@a https://b:hunter2@b", "different credentials");
    refused("ELASTIC_CLUSTER", "https://a:hunter2@a https://b", "different credentials");
    refused("CANARYTRACE_ELASTIC_CLOUD_ID", "shop", "it has no colon");
    refused("CANARYTRACE_ELASTIC_API_KEY", "hunter2", "allowed are id:key and its encoded form");
    refused("CANARYTRACE_ELASTIC_API_KEY", "aHVudGVyMg==", "allowed are id:key");
    refused("CANARYTRACE_ELASTIC_API_KEY", "id:hunter 2", "allowed are id:key");
    refused("ELASTIC_HTTP_AUTH", "hunter2", "allowed is user:password");
    refused("ELASTIC_TIMEOUT", "0", "longer than 0");
}

#[test]
fn names_of_data_streams_are_such_as_both_products_take() {
    for good in ["c.", "canary-", "1_x", "c..", "x"] {
        assert_eq!(read(&[("INDEX_PREFIX", good)], None).unwrap().index_prefix, good);
    }
    let long = "x".repeat(101);
    for wrong in [".c.", "-c", "_c", "+c", "C.", "c*", "c,d", "c#", "c:", "c/d", "\u{e9}.", "c d", long.as_str()] {
        assert!(read(&[("INDEX_PREFIX", wrong)], None).is_err(), "{wrong}");
    }
    assert_eq!(read(&[("CANARYTRACE_NAMESPACE", "prod.eu_1")], None).unwrap().namespace, "prod.eu_1");
    for wrong in ["a-b", "A", "a*", long.as_str()] {
        assert!(read(&[("CANARYTRACE_NAMESPACE", wrong)], None).is_err(), "{wrong}");
    }
}

#[test]
fn a_short_secret_is_warned_of() {
    assert!(read(&[("PASS", "abc")], None).unwrap().warnings[0].contains("shorter than 4 characters"));
}

fn param(config: &Config, name: &str) -> Option<(String, String)> {
    config.param(name).unwrap().map(|given| (given.text().to_owned(), given.place))
}

fn value(config: &Config, name: &str) -> Option<String> {
    param(config, name).map(|(value, _)| value)
}

#[test]
fn params_come_from_the_environment_then_from_the_file() {
    let file = "user = \"file-user\"\n[params]\nquantity = 3\ncity = \"Brno\"\n";
    let config = read(&[("CITY", "Praha"), ("EMPTY", ""), ("PASS", " secret ")], Some(file)).unwrap();
    let given = |value: &str, place: &str| Some((value.to_owned(), place.to_owned()));
    assert_eq!(param(&config, "city"), given("Praha", "environment variable CITY"));
    assert_eq!(param(&config, "quantity"), given("3", "/etc/monitors/canarytrace.toml:3"));
    assert_eq!(param(&config, "user"), given("file-user", "option USER"));
    assert_eq!(value(&config, "pass").as_deref(), Some(" secret "));
    assert_eq!(value(&config, "empty"), None);
    assert_eq!(value(&config, "none"), None);
}

#[test]
fn a_param_may_come_from_a_file_or_another_variable() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("pw");
    std::fs::write(&secret, "correct horse \r\n\n").unwrap();
    let path = secret.to_str().unwrap();
    let toml = format!(
        "[params]\nsame = {{ file = {path:?} }}\nother = {{ env = \"THE_OTHER\" }}\ngone = {{ file = \"gone\" }}\nunset = {{ env = \"UNSET\" }}\n"
    );
    let env = [
        ("SHOP_PASSWORD_FILE", path),
        ("THE_OTHER", "from afar"),
        ("TWICE", "x"),
        ("TWICE_FILE", path),
        ("MISSING_FILE", "/no/such"),
    ];
    let config = read(&env, Some(&toml)).unwrap();
    let correct = Some("correct horse ".to_owned());
    assert_eq!(
        param(&config, "shop_password"),
        correct.clone().map(|value| (value, "environment variable SHOP_PASSWORD_FILE".to_owned()))
    );
    assert_eq!(value(&config, "same"), correct);
    assert_eq!(value(&config, "other").as_deref(), Some("from afar"));
    for (name, parts) in [
        (
            "gone",
            [
                "/etc/monitors/canarytrace.toml:4",
                "/etc/monitors/gone, which it is to come from, can't be read: No such file",
            ],
        ),
        ("unset", ["canarytrace.toml:5", "the environment variable UNSET, which it is to come from, is not set"]),
        ("missing", ["environment variable MISSING_FILE", "the file /no/such, "]),
        ("twice", ["TWICE and TWICE_FILE", "unset one of them"]),
    ] {
        let error = config.param(name).unwrap_err();
        assert!(parts.iter().all(|part| error.contains(part)), "{name}: {error}");
    }
}

#[test]
fn a_file_that_holds_no_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    let error = |content: &[u8]| {
        std::fs::write(&path, content).unwrap();
        read(&[("X_FILE", path.to_str().unwrap())], None).unwrap().param("x").unwrap_err()
    };
    assert!(error(b"\n").ends_with("is empty"));
    assert!(error(b"\xff\xfe").ends_with("is not valid UTF-8"));
    assert!(error(&vec![b'x'; 70_000]).contains("more than 65536 bytes"));
    let of_folder = read(&[("X_FILE", folder.path().to_str().unwrap())], None).unwrap().param("x").unwrap_err();
    assert!(of_folder.contains("can't be read"), "{of_folder}");
}

#[test]
fn secret_options_may_come_from_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pw");
    std::fs::write(&path, "hunter2\n").unwrap();
    let path = path.to_str().unwrap();
    let config = read(&[("PASS_FILE", path), ("CANARYTRACE_BASIC_AUTH_FILE", "/no/such")], None);
    let found = config.unwrap_err().to_string();
    assert!(found.contains("CANARYTRACE_BASIC_AUTH_FILE (environment variable) is \"/no/such\": the file"), "{found}");
    let config = read(&[("PASS_FILE", path)], Some("pass = \"other\"")).unwrap();
    assert_eq!(value(&config, "pass").as_deref(), Some("hunter2"));
    assert!(config.warnings.is_empty() && config.secrets().len() == 1, "{:?}", config.warnings);
    let config = read(&[("PW", "hunter2")], Some("pass = { env = \"PW\" }")).unwrap();
    assert_eq!(config.pass.unwrap().expose_secret(), "hunter2");
    assert!(problems(&[("PASS", "a"), ("PASS_FILE", path)], None)[0].ends_with("PASS is set too: unset one of them"));
    assert!(problems(&[], Some("pass = { env = \"PW\" }"))[0].contains("the environment variable PW,"));
    assert!(problems(&[], Some("pass = { envy = \"PW\" }"))[0].contains("a text is wanted here, or { env"));
    assert!(problems(&[], Some("locale = { env = \"PW\" }"))[0].contains("one value is wanted"));
}

#[test]
fn an_environment_lies_over_the_top_of_the_file_and_below_the_variables() {
    let file = "base_url = \"http://local/\"\nlocale = \"cs-CZ\"\nretries = 1\n\
                [params]\ncity = \"Brno\"\nuser = \"local\"\n\
                [environment.staging]\nbase_url = \"https://staging/\"\nretries = 2\n\
                [environment.staging.params]\nuser = \"jane\"\n\
                [environment.production]\nbase_url = \"https://shop/\"\npass = { file = \"/no/such\" }\n";
    let local = read(&[], Some(file)).unwrap();
    assert_eq!(
        (local.base_urls[0].text.as_str(), local.retries, local.environment.as_deref()),
        ("http://local/", 1, None)
    );
    assert_eq!(value(&local, "user").as_deref(), Some("local"));
    let staging = read(&[("CANARYTRACE_ENVIRONMENT", "staging"), ("CANARYTRACE_RETRIES", "3")], Some(file)).unwrap();
    assert_eq!((staging.base_urls[0].text.as_str(), staging.retries), ("https://staging/", 3));
    assert_eq!((staging.locale.as_str(), staging.environment.as_deref()), ("cs-CZ", Some("staging")));
    assert_eq!(param(&staging, "user"), Some(("jane".to_owned(), "/etc/monitors/canarytrace.toml:11".to_owned())));
    assert_eq!(value(&staging, "city").as_deref(), Some("Brno"));
    assert_eq!(staging.env_document()["CANARYTRACE_ENVIRONMENT"], "staging");
    // Its password is looked for only where it is in force.
    assert!(problems(&[("CANARYTRACE_ENVIRONMENT", "production")], Some(file))[0].contains("/no/such"));
}

#[test]
fn an_environment_that_does_not_exist_or_is_wrong_is_refused() {
    let wanted = [("CANARYTRACE_ENVIRONMENT", "stagin")];
    let found = |file| problems(&wanted, file).join("\n");
    let none = found(None);
    assert_eq!(
        none,
        "CANARYTRACE_ENVIRONMENT (environment variable) is \"stagin\": there is no canarytrace.toml with a table \
         [environment.stagin]"
    );
    assert!(found(Some("retries = 1")).ends_with("has no table [environment.stagin]"));
    let known = found(Some("[environment.production]\n[environment.staging]"));
    assert!(known.ends_with("has the environments production, staging; did you mean staging?"), "{known}");
    let wrong = problems(
        &[],
        Some("[environment.staging]\nretrys = 1\nenvironment = 1\n[environment.staging.params]\nx = [1]\n"),
    );
    assert_eq!(wrong.len(), 3, "{wrong:?}");
    assert!(
        wrong[0].starts_with("environment.staging.environment (") && wrong[0].contains(": no such option"),
        "{wrong:?}"
    );
    assert!(wrong[1].starts_with("environment.staging.params.x (/etc/monitors/canarytrace.toml:5)"), "{wrong:?}");
    assert!(wrong[2].contains("did you mean retries?"), "{wrong:?}");
    for file in ["environment = \"staging\"", "[environment]\nstaging = 1"] {
        assert!(problems(&[], Some(file))[0].contains("such as [environment.staging]"), "{file}");
    }
}

#[test]
fn relative_paths_of_the_file_start_from_its_folder() {
    let config = read(&[], Some("data = \"runs\"\njunit = \"/tmp/junit.xml\"\n[headers]\nX-One = \"a\"")).unwrap();
    assert_eq!(config.data, Path::new("/etc/monitors/runs"));
    assert_eq!(config.junit.as_deref(), Some(Path::new("/tmp/junit.xml")));
    assert_eq!(config.headers, [("X-One".to_owned(), "a".to_owned())]);
    let here = std::env::current_dir().unwrap();
    assert_eq!(read(&[("CANARYTRACE_DATA", "runs")], None).unwrap().data, here.join("runs"));
}

#[test]
fn only_absolute_folders_are_searched_for_programs() {
    let config = read(&[("PATH", "/usr/bin::relative:/bin"), ("TMPDIR", "/var/tmp")], None).unwrap();
    assert_eq!(config.search_path(), [PathBuf::from("/usr/bin"), PathBuf::from("/bin")]);
    assert!(config.fallback_folder().starts_with("/var/tmp"));
}

#[test]
fn every_option_has_a_row_a_key_and_is_known_once() {
    let table = options_table();
    let names: BTreeSet<&str> = OPTIONS.iter().map(|option| option.env).collect();
    assert_eq!(names.len(), OPTIONS.len());
    for option in OPTIONS {
        assert!(table.contains(&format!("| `{}` |", option.env)), "{}", option.env);
        assert!(!option.doc.contains('\n') && option.doc.ends_with('.'), "{}", option.doc);
    }
    assert!(
        table.contains("| `CANARYTRACE_TIMEOUT` | `timeout` | Longest duration of one attempt of a monitor. | `60s` |")
    );
}

#[cfg(unix)]
mod loading {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::super::*;

    fn load(env: &[(&str, OsString)], here: &std::path::Path) -> Result<Config, ConfigError> {
        Config::load_from(env.iter().map(|(name, value)| ((*name).into(), value.clone())), Some(here))
    }

    #[test]
    fn the_nearest_file_above_the_working_directory_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(folder.path().join("canarytrace.toml"), "retries = 4").unwrap();
        let config = load(&[], &below).unwrap();
        assert_eq!(config.retries, 4);
        assert_eq!(config.file(), Some(folder.path().join("canarytrace.toml").as_path()));
        std::fs::write(below.join("other.toml"), "retries = 5").unwrap();
        assert_eq!(load(&[("CANARYTRACE_CONFIG", "other.toml".into())], &below).unwrap().retries, 5);
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = load(&[("CANARYTRACE_CONFIG", "gone.toml".into())], folder.path()).unwrap_err().to_string();
        assert!(error.contains("CANARYTRACE_CONFIG (environment variable)"), "{error}");
        assert!(error.contains("gone.toml") && error.contains("can't be read"), "{error}");
    }

    #[test]
    fn a_value_that_is_no_text_is_an_error_only_for_our_options() {
        let folder = tempfile::tempdir().unwrap();
        let binary = || OsString::from_vec(vec![0xff, 0xfe]);
        assert!(load(&[("FOREIGN", binary())], folder.path()).is_ok());
        let error = load(&[("CANARYTRACE_LOCALE", binary())], folder.path()).unwrap_err();
        assert_eq!(error.problems[0].option, "CANARYTRACE_LOCALE");
    }
}
