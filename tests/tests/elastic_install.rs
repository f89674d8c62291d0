//! `canarytrace install` on real servers: what it puts, changes, checks, refuses and removes.

use std::future::Future;

use canarytrace::elastic::templates::Wanted;
use canarytrace::elastic::{Client, Method, Names, Request};
use canarytrace::record::{DatasetSchema, FieldSchema, FieldType};
use canarytrace_cli::install::{Cluster, Installed, Plan, install, uninstall};
use canarytrace_tests::elastic::{Product, Server, SharedServer, or_ignored, prefix, shared};
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
    installing_twice_changes_nothing_the_second_time,
    a_plan_says_what_would_change_and_changes_nothing,
    streams_that_are_there_get_new_fields,
    a_field_of_another_type_needs_a_new_index,
    what_a_newer_version_installed_is_not_taken_back,
    templates_of_others_are_told_of_and_left_alone,
    an_index_in_the_place_of_a_stream_is_told_of,
    custom_templates_win_and_stay,
    uninstalling_leaves_nothing_of_ours,
}

fn on(product: Product, test: fn(&Place)) {
    let Some(server) = or_ignored(shared(product)) else { return };
    let names = Names { prefix: prefix(), namespace: "default".into() };
    let client = Client::new(&server.settings()).expect("the settings are right");
    let place = Place { server, client, names };
    test(&place);
    place.server.delete(&place.names.prefix);
}

/// A server, and where on it a test is alone.
struct Place {
    server: SharedServer,
    client: Client,
    names: Names,
}

impl Place {
    fn wanted(&self) -> Wanted {
        Wanted::new(self.names.clone())
    }

    fn install(&self, wanted: &Wanted) -> Installed {
        self.try_install(wanted).unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn try_install(&self, wanted: &Wanted) -> anyhow::Result<Installed> {
        run(install(&self.client, wanted))
    }

    fn plan(&self, wanted: &Wanted) -> Plan {
        run(async { Plan::make(&Cluster::ask(&self.client).await?, wanted).await })
            .unwrap_or_else(|error: anyhow::Error| panic!("{error:#}"))
    }

    fn refusal(&self, wanted: &Wanted) -> String {
        format!("{:#}", self.try_install(wanted).expect_err("it must not install"))
    }

    fn put(&self, path: &str, body: &Value) {
        self.server.get(Request::new(Method::Put, path).json(body));
    }

    /// Stores a document in a data stream of ours.
    fn store(&self, dataset: &str, mut document: Value) {
        document["@timestamp"] = json!("2026-11-23T03:40:00.000Z");
        let path = format!("/{}/_doc", self.names.stream(dataset));
        self.server.get(Request::new(Method::Post, path).query("op_type", "create").json(&document));
    }

    /// The mapping of each index of a data stream, the oldest first.
    fn mappings(&self, dataset: &str) -> Vec<Value> {
        let answer = self.server.get(Request::new(Method::Get, format!("/{}/_mapping", self.names.stream(dataset))));
        let Value::Object(mut indices) = answer else { panic!("{answer}") };
        let mut names: Vec<String> = indices.keys().cloned().collect();
        names.sort_by_key(|name| name.rsplit('-').next().map(str::to_owned));
        names.iter().map(|name| indices[name]["mappings"].take()).collect()
    }

    /// The names of all templates with our prefix.
    fn templates(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (path, list) in [("_component_template", "component_templates"), ("_index_template", "index_templates")] {
            // Without any OpenSearch answers 404.
            let answer = self.server.ask(Request::new(Method::Get, format!("/{path}/{}*", self.names.prefix)));
            let answer: Value = answer.json().expect("it is JSON");
            let found = answer[list].as_array().cloned().unwrap_or_default();
            names.extend(found.iter().filter_map(|template| template["name"].as_str().map(str::to_owned)));
        }
        names
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can").block_on(future)
}

fn field(name: &str, kind: FieldType) -> FieldSchema {
    FieldSchema { name: name.into(), kind, doc: String::new(), fields: Vec::new() }
}

fn orders(fields: Vec<FieldSchema>) -> DatasetSchema {
    DatasetSchema { name: "orders".into(), doc: "Orders of the shop.".into(), fields }
}

fn installing_twice_changes_nothing_the_second_time(place: &Place) {
    let mut wanted = place.wanted();
    wanted.datasets.push(orders(vec![field("number", FieldType::Keyword), field("price.total", FieldType::Double)]));
    let first = place.install(&wanted);
    assert_eq!(first.put, first.templates, "{first:?}");
    let second = place.install(&wanted);
    assert!(second.is_nothing(), "{second:?}");
    assert!(place.plan(&wanted).is_empty());

    // The fields are what they were defined as.
    place.store("orders", json!({ "number": "A-1", "price": { "total": 12.5 }, "unknown": { "deep": 1 } }));
    place.server.refresh(&place.names.stream("*"));
    let mapping = &place.mappings("orders")[0];
    assert_eq!(mapping["properties"]["price"]["properties"]["total"]["type"], "double", "{mapping:#}");
    assert_eq!(mapping["properties"]["monitor"]["properties"]["id"]["type"], "keyword", "{mapping:#}");
    assert_eq!(mapping["properties"]["unknown"], Value::Null, "{mapping:#}");
    let found = place.server.count(&place.names.pattern("orders"));
    assert_eq!(found, 1);
    // And documents that came do not make it different.
    let third = place.install(&wanted);
    assert!(third.is_nothing(), "{third:?}");
}

fn a_plan_says_what_would_change_and_changes_nothing(place: &Place) {
    let mut wanted = place.wanted();
    let diff = place.plan(&wanted).diff();
    let stream = place.names.stream("report");
    assert!(diff.contains(&format!("+ index template {stream}\n")), "{diff}");
    assert!(diff.contains(&format!("+ component template {stream}@canarytrace (")), "{diff}");
    assert_eq!(place.templates(), [""; 0], "nothing was put");

    place.install(&wanted);
    assert_eq!(place.plan(&wanted).diff(), "");
    wanted.strict = true;
    wanted.priority = 600;
    let plan = place.plan(&wanted);
    let diff = plan.diff();
    assert!(diff.contains(&format!("~ index template {stream}\n")), "{diff}");
    assert!(diff.contains("    ~ priority: 500 -> 600\n"), "{diff}");
    assert!(diff.contains("    ~ template.mappings.dynamic: false -> strict\n"), "{diff}");
    assert!(!plan.is_empty());
}

fn streams_that_are_there_get_new_fields(place: &Place) {
    let mut wanted = place.wanted();
    wanted.datasets = vec![orders(vec![field("number", FieldType::Keyword)])];
    place.install(&wanted);
    place.store("orders", json!({ "number": "A-1" }));
    wanted.datasets = vec![orders(vec![field("number", FieldType::Keyword), field("total", FieldType::Double)])];
    let diff = place.plan(&wanted).diff();
    assert!(diff.contains("(its newest index is changed)\n    + total.type: double\n"), "{diff}");
    let installed = place.install(&wanted);
    assert_eq!(installed.notes, [format!("{}: total from now on", place.names.stream("orders"))]);
    let mappings = place.mappings("orders");
    assert_eq!(mappings.len(), 1, "no rollover was needed");
    assert_eq!(mappings[0]["properties"]["total"]["type"], "double", "{mappings:#?}");
    assert!(place.install(&wanted).is_nothing());
}

fn a_field_of_another_type_needs_a_new_index(place: &Place) {
    let mut wanted = place.wanted();
    wanted.datasets = vec![orders(vec![field("total", FieldType::Keyword)])];
    place.install(&wanted);
    place.store("orders", json!({ "total": "12.5" }));
    wanted.datasets = vec![orders(vec![field("total", FieldType::Double)])];
    let diff = place.plan(&wanted).diff();
    assert!(diff.contains("(by a rollover: its newest index can't be changed so far)\n"), "{diff}");
    let installed = place.install(&wanted);
    assert!(installed.notes[0].contains("total in a new index"), "{installed:?}");
    let types: Vec<_> =
        place.mappings("orders").iter().map(|mapping| mapping["properties"]["total"]["type"].clone()).collect();
    assert_eq!(types, ["keyword", "double"]);
    assert!(place.install(&wanted).is_nothing());
}

fn what_a_newer_version_installed_is_not_taken_back(place: &Place) {
    let wanted = place.wanted();
    place.install(&wanted);
    let path = format!("/_component_template/{}@canarytrace", place.names.stream("report"));
    let mut found = place.server.get(Request::new(Method::Get, path.clone()));
    let mut template = found["component_templates"][0]["component_template"].take();
    template["_meta"]["version"] = json!("99.0.1");
    place.put(&path, &template);
    let refusal = place.refusal(&wanted);
    assert!(refusal.contains("was installed by Canarytrace 99.0.1") && refusal.contains("report-default"), "{refusal}");
    assert_eq!(
        place.server.get(Request::new(Method::Get, path))["component_templates"][0]["component_template"]["_meta"]["version"],
        "99.0.1"
    );
}

fn templates_of_others_are_told_of_and_left_alone(place: &Place) {
    let wanted = place.wanted();
    let other = format!("{}of-somebody", place.names.prefix);
    let path = format!("/_index_template/{other}");
    let of_priority = |priority: u32| json!({ "index_patterns": [format!("{}rep*", place.names.prefix)], "priority": priority, "template": {} });
    place.put(&path, &of_priority(700));
    let refusal = place.refusal(&wanted);
    let report = place.names.stream("report");
    assert!(refusal.contains(&format!("{other} (priority 700) matches {report}")), "{refusal}");
    assert!(refusal.contains("--priority"), "{refusal}");
    assert_eq!(place.templates(), [other.as_str()], "nothing was put");

    // A weaker one does no harm.
    place.put(&path, &of_priority(100));
    place.install(&wanted);

    // What has our name and is not ours is not overwritten.
    let named = format!("/_component_template/{report}@canarytrace");
    place.put(&named, &json!({ "template": {}, "_meta": { "managed_by": "somebody" } }));
    let refusal = place.refusal(&wanted);
    assert!(refusal.contains("is not ours"), "{refusal}");
}

fn an_index_in_the_place_of_a_stream_is_told_of(place: &Place) {
    place.put(&format!("/{}", place.names.stream("report")), &json!({}));
    let refusal = place.refusal(&place.wanted());
    assert!(refusal.contains("is an index and no data stream"), "{refusal}");
    assert_eq!(place.templates(), [""; 0], "nothing was put");
}

fn custom_templates_win_and_stay(place: &Place) {
    let wanted = place.wanted();
    let all = format!("/_component_template/{}@custom", place.names.stream("canarytrace"));
    let of_one = format!("/_component_template/{}@custom", place.names.stream("report"));
    place.put(
        &all,
        &json!({ "template": { "settings": { "index.refresh_interval": "30s", "index.codec": "default" } } }),
    );
    place.put(
        &of_one,
        &json!({ "template": { "mappings": { "properties": {
            "passed": { "type": "keyword" },
            "team": { "type": "keyword" },
        } } } }),
    );
    place.install(&wanted);
    place.store("report", json!({ "event": "testEnd", "passed": true, "team": "shop" }));
    let mapping = &place.mappings("report")[0]["properties"];
    assert_eq!((&mapping["passed"]["type"], &mapping["team"]["type"]), (&json!("keyword"), &json!("keyword")));
    assert_eq!(mapping["event"]["type"], "keyword");
    let settings = place.server.get(Request::new(Method::Get, format!("/{}/_settings", place.names.stream("report"))));
    let settings = settings.as_object().and_then(|indices| indices.values().next()).expect("there is an index");
    let index = &settings["settings"]["index"];
    assert_eq!((&index["refresh_interval"], &index["codec"]), (&json!("30s"), &json!("default")));

    // Neither are they overwritten, nor is the stream changed for them.
    let again = place.install(&wanted);
    assert!(again.is_nothing(), "{again:?}");
    let custom = place.server.get(Request::new(Method::Get, of_one.clone()));
    let template = &custom["component_templates"][0]["component_template"]["template"];
    assert_eq!(template["mappings"]["properties"]["team"]["type"], "keyword", "{custom:#}");
}

fn uninstalling_leaves_nothing_of_ours(place: &Place) {
    let wanted = place.wanted();
    place.install(&wanted);
    let of_user = format!("{}@custom", place.names.stream("report"));
    place.put(
        &format!("/_component_template/{of_user}"),
        &json!({ "template": { "settings": { "index.codec": "default" } } }),
    );
    let done = run(uninstall(&place.client, &place.names, false)).unwrap();
    assert!(done.streams.is_empty() && done.kept_streams.is_empty(), "{done:?}");
    assert_eq!(done.kept_templates, [format!("{of_user} (yours)")]);
    assert_eq!(place.templates(), [of_user], "the user's stays");

    // A data stream keeps its templates, and only these.
    place.install(&wanted);
    place.store("report", json!({ "event": "testEnd" }));
    let done = run(uninstall(&place.client, &place.names, false)).unwrap();
    let report = place.names.stream("report");
    assert_eq!(done.kept_streams, [report.as_str()]);
    assert!(place.templates().contains(&report));
    assert!(!place.templates().contains(&place.names.stream("console")));

    let with_data = run(uninstall(&place.client, &place.names, true));
    if place.server.product() == Product::OpenSearch {
        assert_eq!(with_data.unwrap().streams, [report.as_str()]);
        assert_eq!(place.templates().len(), 1, "{:?}", place.templates());
        assert_eq!(place.server.count(&place.names.stream("*")), 0);
        let nothing = run(uninstall(&place.client, &place.names, true)).unwrap();
        assert!(nothing.templates.is_empty(), "{nothing:?}");
    } else if let Err(error) = with_data {
        // The stripped Elasticsearch of the tests can't.
        assert!(error.to_string().contains("has no function to delete the data stream"), "{error:#}");
    }
}

#[test]
fn a_cluster_that_does_not_know_us_says_what_to_check() {
    let Some(server) = or_ignored(canarytrace_tests::elastic::shared_secured()) else { return };
    let server: &Server = &server;
    let client = Client::new(&server.settings_of("nobody", "wrong")).unwrap();
    let wanted = Wanted::new(Names { prefix: prefix(), namespace: "default".into() });
    let refusal = format!("{:#}", run(install(&client, &wanted)).unwrap_err());
    assert!(refusal.contains("401") && refusal.contains("ELASTIC_HTTP_AUTH"), "{refusal}");
}
