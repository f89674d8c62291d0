//! `canarytrace install` and `uninstall` as commands: what they print, ask, wait for and leave alone.

use canarytrace::elastic::{Method, Names, Request};
use canarytrace_tests::canned::{Answer as Canning, Canned};
use canarytrace_tests::elastic::{Product, SharedServer, or_ignored, prefix, shared};
use canarytrace_tests::fault_proxy::{Answer, FaultProxy, Rule};
use canarytrace_tests::runner::{Finished, Runner};
use canarytrace_tests::servers::RefusedPort;
use serde_json::{Value, json};

/// Each test runs on both products.
macro_rules! on_both {
    ($($name:ident,)+) => {
        mod elasticsearch {
            $( #[test] fn $name() { super::on(super::Product::Elasticsearch, super::$name); } )+
        }
        mod opensearch {
            $( #[test] fn $name() { super::on(super::Product::OpenSearch, super::$name); } )+
        }
    };
}

on_both! {
    a_dry_run_of_install_shows_a_diff_and_changes_nothing,
    install_waits_for_a_cluster_that_comes_up_late,
    install_shows_on_a_terminal_what_it_waits_for_and_takes_that_away,
    uninstall_keeps_documents_unless_it_is_told_to_delete_them,
    a_snapshot_repository_is_made_once_and_another_one_is_not_taken_over,
    a_snapshot_policy_is_asked_for_in_the_words_of_the_product,
}

fn on(product: Product, test: fn(&Place)) {
    let Some(server) = or_ignored(shared(product)) else { return };
    let place = Place { server, names: Names { prefix: prefix(), namespace: "default".into() } };
    test(&place);
    place.server.delete(&place.names.prefix);
}

/// A server, and where on it a test is alone.
struct Place {
    server: SharedServer,
    names: Names,
}

impl Place {
    fn tool(&self, arguments: &[&str]) -> Runner {
        self.tool_at(self.server.url().as_str(), arguments)
    }

    fn tool_at(&self, cluster: &str, arguments: &[&str]) -> Runner {
        tool(cluster, arguments).env("INDEX_PREFIX", &self.names.prefix)
    }

    fn done(&self, arguments: &[&str]) -> Finished {
        let done = self.tool(arguments).run();
        assert_eq!(done.code, Some(0), "{arguments:?}: {done:#?}");
        done
    }

    fn store(&self, dataset: &str) {
        let document = json!({ "@timestamp": "2026-11-23T03:40:00.000Z", "event": "testEnd" });
        let path = format!("/{}/_doc", self.names.stream(dataset));
        self.server.get(Request::new(Method::Post, path).query("op_type", "create").json(&document));
    }

    /// All templates with our prefix, whole, by their names.
    fn templates(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for (path, list) in [("_component_template", "component_templates"), ("_index_template", "index_templates")] {
            // Without any OpenSearch answers 404.
            let answer = self.server.ask(Request::new(Method::Get, format!("/{path}/{}*", self.names.prefix)));
            let answer: Value = answer.json().expect("it is JSON");
            all.extend(answer[list].as_array().cloned().unwrap_or_default());
        }
        all.sort_by_key(|template| template["name"].to_string());
        all
    }

    fn documents(&self) -> usize {
        self.server.count(&format!("{}*", self.names.prefix))
    }
}

fn tool(cluster: &str, arguments: &[&str]) -> Runner {
    let runner = Runner::new(env!("CARGO_BIN_EXE_fixture-tool")).env("ELASTIC_CLUSTER", cluster);
    arguments.iter().fold(runner, Runner::arg)
}

fn a_dry_run_of_install_shows_a_diff_and_changes_nothing(place: &Place) {
    let report = place.names.stream("report");
    let first = place.done(&["install", "--dry-run"]);
    assert!(first.stdout.contains(&format!("+ index template {report}\n")), "{first:#?}");
    assert!(first.stdout.contains("Nothing was changed in "), "{first:#?}");
    assert!(place.templates().is_empty(), "{:#?}", place.templates());

    place.done(&["install"]);
    let installed = place.templates();
    let same = place.done(&["install", "--dry-run"]);
    assert!(same.stdout.starts_with("Nothing would change in "), "{same:#?}");
    let other = place.done(&["install", "--dry-run", "--priority", "600", "--strict"]);
    assert!(other.stdout.contains(&format!("~ index template {report}\n")), "{other:#?}");
    assert!(other.stdout.contains("~ priority: 500 -> 600\n"), "{other:#?}");
    assert!(other.stdout.contains("~ template.mappings.dynamic: false -> strict\n"), "{other:#?}");
    assert_eq!(place.templates(), installed);
}

fn install_waits_for_a_cluster_that_comes_up_late(place: &Place) {
    let proxy = FaultProxy::start(place.server.url(), None);
    // Nobody listens at first; then somebody who says that the cluster is not there yet.
    proxy.leave();
    proxy.add(Rule::any(Answer::bad_gateway()));
    let install = place.tool_at(&proxy.url(), &["install", "--wait", "60"]).start();
    let told = install.wait_for_notice("waiting for the cluster");
    assert!(told.contains("of 60 s)") && told.contains(&proxy.url()), "{told}");
    proxy.come_back();
    let installed = install.finish();
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    assert!(installed.stdout.starts_with("Installed in "), "{installed:#?}");
    assert!(!place.templates().is_empty());
}

fn install_shows_on_a_terminal_what_it_waits_for_and_takes_that_away(place: &Place) {
    let proxy = FaultProxy::start(place.server.url(), None);
    proxy.leave();
    let install = place.tool_at(&proxy.url(), &["install"]).with_terminal().start();
    install.wait_for_notice("waiting for the cluster (");
    proxy.come_back();
    let installed = install.finish();
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    // The line is erased, and nothing is written behind that.
    assert_eq!(installed.stderr.rsplit("\u{1b}[2K").next().map(str::trim), Some(""), "{installed:#?}");
}

#[test]
fn install_gives_up_on_a_cluster_that_does_not_come_up_and_says_what_to_do() {
    let nobody = RefusedPort::take();
    let gone = tool(&nobody.url(), &["install", "--wait", "1"]).run();
    assert_eq!(gone.code, Some(1), "{gone:#?}");
    let expected = ["the cluster is not ready after 1 s", &nobody.url(), "ELASTIC_CLUSTER", "--wait"];
    assert!(expected.iter().all(|text| gone.stderr.contains(text)), "{gone:#?}");

    let red = Canned::serve(|_| Canning::json(200, &[], r#"{"status":"red"}"#));
    let red = tool(&red.url(), &["install", "--wait", "0"]).run();
    assert_eq!(red.code, Some(1), "{red:#?}");
    assert!(red.stderr.contains("is red: not all of its data is there yet"), "{red:#?}");
}

fn uninstall_keeps_documents_unless_it_is_told_to_delete_them(place: &Place) {
    let report = place.names.stream("report");
    place.done(&["install"]);
    place.store("report");
    let before = place.templates().len();

    let planned = place.done(&["uninstall", "--data", "--dry-run"]);
    assert!(planned.stdout.contains(&format!("- data stream {report}, with its documents\n")), "{planned:#?}");
    let without_data = place.done(&["uninstall", "--dry-run"]);
    assert!(!without_data.stdout.contains(&report), "{without_data:#?}");

    // Nobody can be asked.
    let unasked = place.tool(&["uninstall", "--data"]).run();
    assert_eq!(unasked.code, Some(1), "{unasked:#?}");
    assert!(unasked.stderr.contains("nobody can be asked here; say --yes"), "{unasked:#?}");

    // Whoever is asked has to say so in as many words.
    for answer in ["y", ""] {
        let asked = place.tool(&["uninstall", "--data"]).with_terminal().start();
        asked.wait_for_notice(&format!("  {report}"));
        asked.type_line(answer);
        let refused = asked.finish();
        assert_eq!(refused.code, Some(1), "{refused:#?}");
        assert!(refused.stderr.contains("nothing was removed"), "{refused:#?}");
    }
    assert_eq!((place.templates().len(), place.documents()), (before, 1));

    // Without being told to, it keeps the documents and what they need.
    let kept = place.tool(&["uninstall"]).run();
    assert_eq!(kept.code, Some(1), "{kept:#?}");
    assert!(
        kept.stderr.contains(&format!("so they and their templates stay: {report}; --data deletes them")),
        "{kept:#?}"
    );
    assert_eq!(place.documents(), 1);

    let asked = place.tool(&["uninstall", "--data"]).with_terminal().start();
    asked.wait_for_notice(&format!("  {report}"));
    asked.type_line("yes");
    let removed = asked.finish();
    if place.server.product() == Product::Elasticsearch && removed.code != Some(0) {
        // The stripped Elasticsearch of the tests can't.
        assert!(removed.stderr.contains("has no function to delete the data stream"), "{removed:#?}");
        return;
    }
    assert_eq!(removed.code, Some(0), "{removed:#?}");
    assert!(removed.stdout.contains(&format!("deleted the data stream {report} with its documents")), "{removed:#?}");
    assert_eq!((place.templates().len(), place.documents()), (0, 0));

    // With --yes nobody is asked.
    place.done(&["install"]);
    place.store("report");
    place.done(&["uninstall", "--data", "--yes"]);
    assert_eq!((place.templates().len(), place.documents()), (0, 0));
    let nothing = place.done(&["uninstall", "--data"]);
    assert!(nothing.stdout.starts_with("Nothing of ours is in "), "{nothing:#?}");
}

fn a_snapshot_repository_is_made_once_and_another_one_is_not_taken_over(place: &Place) {
    let name = format!("{}backup", place.names.prefix);
    let missing = place.tool(&["install", "--snapshot-repository", &name]).run();
    assert_eq!(missing.code, Some(1), "{missing:#?}");
    assert!(missing.stderr.contains("--snapshot-repository-type fs"), "{missing:#?}");

    let location = format!("location={name}");
    let of_type = ["install", "--snapshot-repository", &name, "--snapshot-repository-type", "fs", "--snapshot-setting"];
    let arguments = [&of_type[..], &[&location]].concat();
    let line = format!("snapshot repository {name}");

    let planned = place.done(&[&arguments[..], &["--dry-run"]].concat());
    assert!(planned.stdout.contains(&format!("+ {line} (fs, {location})\n")), "{planned:#?}");
    let path = format!("/_snapshot/{name}");
    assert_eq!(place.server.ask(Request::new(Method::Get, path.clone())).status, 404, "nothing was made");

    let made = place.done(&arguments);
    assert!(made.stdout.contains(&format!("{line}: made (fs, {location})\n")), "{made:#?}");
    let found = place.server.get(Request::new(Method::Get, path.clone()));
    assert_eq!((&found[&name]["type"], &found[&name]["settings"]["location"]), (&json!("fs"), &json!(name)), "{found}");

    // It is one that takes snapshots of our data streams.
    place.store("report");
    let snapshot = json!({ "indices": place.names.stream("*"), "include_global_state": false });
    let request = Request::new(Method::Put, format!("{path}/first")).query("wait_for_completion", "true");
    let taken = place.server.get(request.json(&snapshot));
    assert_eq!(taken["snapshot"]["state"], "SUCCESS", "{taken:#}");

    let again = place.done(&arguments);
    assert!(!again.stdout.contains(&line), "{again:#?}");
    let other = place.tool(&[&of_type[..], &["location=elsewhere"]].concat()).run();
    assert_eq!(other.code, Some(1), "{other:#?}");
    assert!(other.stderr.contains("that is another one") && other.stderr.contains(&location), "{other:#?}");

    // One that is there need not be described.
    place.done(&["install", "--snapshot-repository", &name]);
    place.server.get(Request::new(Method::Delete, format!("{path}/first")));
    place.server.get(Request::new(Method::Delete, path));
}

fn is_policy(path: &str) -> bool {
    path.starts_with("/_slm/policy/") || path.starts_with("/_plugins/_sm/policies/")
}

/// None of the servers of the tests makes snapshots by itself, or has the module for S3: they are asked for in the words
/// of the documentation, and somebody else answers.
fn a_snapshot_policy_is_asked_for_in_the_words_of_the_product(place: &Place) {
    let proxy = FaultProxy::start(place.server.url(), None);
    let not_there = || Answer::error(404, "repository_missing_exception", "[backup] missing");
    let done = || Answer::json(200, &json!({ "acknowledged": true }));
    proxy.add(Rule::of(|method, path| path == "/_snapshot/backup" && *method == "GET", not_there()).always());
    proxy.add(Rule::of(|_, path| path == "/_snapshot/backup", done()).always());
    let no_policy = Answer::error(404, "resource_not_found_exception", "there is no such policy");
    proxy.add(Rule::of(|method, path| is_policy(path) && *method == "GET", no_policy).always());
    proxy.add(Rule::of(|_, path| is_policy(path), done()).always());
    let repository = ["--snapshot-repository", "backup", "--snapshot-repository-type", "s3", "--snapshot-policy"];
    let settings = ["--snapshot-setting", "bucket=canaries", "--snapshot-setting", "base_path=prod"];
    let arguments = [&["install"][..], &repository, &settings].concat();
    let installed = place.tool_at(&proxy.url(), &arguments).run();
    assert_eq!(installed.code, Some(0), "{installed:#?}");
    let made = "snapshot repository backup: made (s3, base_path=prod, bucket=canaries)\n";
    assert!(installed.stdout.contains(made), "{installed:#?}");

    let asked: Vec<_> = proxy.seen().into_iter().filter(|seen| seen.fault.is_some() && seen.method != "GET").collect();
    let [repository, policy] = &asked[..] else { panic!("{asked:#?}") };
    assert_eq!((repository.method.as_str(), repository.path.as_str()), ("PUT", "/_snapshot/backup"));
    let expected = json!({ "type": "s3", "settings": { "bucket": "canaries", "base_path": "prod" } });
    assert_eq!(repository.body, expected);

    let streams = place.names.stream("*");
    let name = format!("{}-snapshots", place.names.stream("canarytrace"));
    if place.server.product() == Product::OpenSearch {
        let path = format!("/_plugins/_sm/policies/{name}");
        assert_eq!((policy.method.as_str(), policy.path.as_str()), ("POST", path.as_str()));
        let taken = &policy.body["snapshot_config"];
        assert_eq!((&taken["repository"], &taken["indices"]), (&json!("backup"), &json!(streams)));
        assert_eq!(policy.body["creation"]["schedule"]["cron"]["expression"], "30 1 * * *");
    } else {
        assert_eq!((policy.method.as_str(), policy.path.as_str()), ("PUT", format!("/_slm/policy/{name}").as_str()));
        let taken = (&policy.body["repository"], &policy.body["config"]["indices"]);
        assert_eq!(taken, (&json!("backup"), &json!([streams])));
        assert_eq!(policy.body["schedule"], "0 30 1 * * ?");
    }
}

#[test]
fn a_snapshot_repository_that_lacks_something_is_told_of_before_anybody_is_asked() {
    let nobody = RefusedPort::take();
    let of = |kind: &'static str, setting: &'static str| {
        let arguments = ["install", "--snapshot-repository", "backup", "--snapshot-repository-type", kind];
        tool(&nobody.url(), &arguments).arg("--snapshot-setting").arg(setting).run()
    };
    for (kind, setting, told) in [
        ("fs", "compress=true", "of type fs needs its location"),
        ("s3", "base_path=prod", "of type s3 needs its bucket"),
        ("fs", "location", "a name and a value are wanted"),
    ] {
        let refused = of(kind, setting);
        assert_eq!(refused.code, Some(1), "{refused:#?}");
        assert!(refused.stderr.contains(told), "{refused:#?}");
    }
}
