//! The roles that `canarytrace install --print-roles` prints: each lets its owner do its work, and nothing else.

use std::future::Future;

use canarytrace::elastic::templates::Wanted;
use canarytrace::elastic::{Client, Method, Names, Request, Settings};
use canarytrace_cli::dev_server::ask;
use canarytrace_cli::install::{RoleForm, install, print_roles, roles, uninstall};
use canarytrace_tests::elastic::{SharedServer, or_ignored, prefix, shared_secured};
use serde_json::{Value, json};

/// A role as it stands in what is printed.
fn printed(names: &Names, role: &str) -> Value {
    let text = print_roles(names, RoleForm::Elasticsearch);
    let request = format!("PUT /_security/role/{role}\n");
    let start = text.find(&request).unwrap_or_else(|| panic!("no {role} in\n{text}")) + request.len();
    let end = text[start..].find("\n\n").expect("the key's request follows");
    serde_json::from_str(&text[start..start + end]).expect("the body is JSON")
}

/// A user with the printed role, or with one that is made of it.
fn user(server: &SharedServer, names: &Names, role: &str, change: impl FnOnce(&mut Value)) -> Settings {
    let mut definition = printed(names, role);
    change(&mut definition);
    let own = format!("{role}_{}", prefix().trim_end_matches('.'));
    server.add_role(&own, &definition);
    server.add_user(&own, "of-the-test", &[&own]);
    server.settings_of(&own, "of-the-test")
}

fn status(settings: &Settings, request: Request) -> u16 {
    ask(settings, request).expect("it answers").status
}

/// The status of a document that is created by `_bulk`, and the index that it is in.
fn create(settings: &Settings, stream: &str, id: &str) -> (u16, String) {
    let action = json!({ "create": { "_index": stream, "_id": id } });
    let document = json!({ "@timestamp": "2026-11-23T03:40:00Z", "event": "testEnd" });
    let reply = ask(settings, Request::new(Method::Post, "/_bulk").ndjson(format!("{action}\n{document}\n"))).unwrap();
    let body: Value = reply.json().unwrap();
    let item = &body["items"][0]["create"];
    let status = item["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    (status.unwrap_or(reply.status), item["_index"].as_str().unwrap_or_default().to_owned())
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can").block_on(future)
}

fn search(pattern: &str) -> Request {
    Request::new(Method::Get, format!("/{pattern}/_search"))
}

#[test]
fn each_role_is_enough_for_its_work_and_for_nothing_else() {
    let Some(server) = or_ignored(shared_secured()) else { return };
    let names = Names { prefix: prefix(), namespace: "default".into() };
    let report = names.stream("report");
    let elsewhere = format!("x{report}");

    let may_install = user(&server, &names, "canarytrace_installer", |_| {});
    let client = Client::new(&may_install).unwrap();
    let wanted = Wanted::new(names.clone());
    let installed = run(install(&client, &wanted)).unwrap();
    assert_eq!(installed.put, installed.templates);

    let writer = user(&server, &names, "canarytrace_writer", |_| {});
    let (stored, backing) = create(&writer, &report, "1");
    assert_eq!(stored, 201, "it makes the data stream and writes");
    assert!(backing.starts_with(".ds-"), "{backing}");
    assert_eq!(create(&writer, &report, "1").0, 409);
    assert_eq!(create(&writer, &elsewhere, "1").0, 403);
    // What the shipper asks before it sends again.
    assert_eq!(status(&writer, Request::new(Method::Get, format!("/{report}/_settings"))), 200);
    let wanted_ids = json!({ "docs": [{ "_index": backing, "_id": "1", "_source": false }] });
    let asked = ask(&writer, Request::new(Method::Post, "/_mget").json(&wanted_ids)).unwrap();
    assert_eq!(asked.json::<Value>().unwrap()["docs"][0]["found"], true);
    // Documents can be added, and neither changed nor deleted.
    assert_eq!(status(&writer, Request::new(Method::Delete, format!("/{backing}/_doc/1"))), 403);
    // Without the numbers the server may refuse it before it asks who wants it.
    let changed = Request::new(Method::Put, format!("/{backing}/_doc/1"))
        .query("if_seq_no", "0")
        .query("if_primary_term", "1")
        .json(&json!({ "@timestamp": 1, "uuid": "changed" }));
    let refused = ask(&writer, changed).unwrap();
    assert_eq!(refused.status, 403, "{}", String::from_utf8_lossy(&refused.body));
    let template = json!({ "index_patterns": ["nobody-has-this-*"] });
    assert_eq!(status(&writer, Request::new(Method::Put, "/_index_template/x").json(&template)), 403);

    // Without the optional privileges it still writes, and only that.
    let least = user(&server, &names, "canarytrace_writer", |role| {
        role["indices"][0]["privileges"] = json!(["create_doc", "auto_configure"]);
    });
    assert_eq!(create(&least, &report, "2").0, 201);
    assert_eq!(create(&least, &names.stream("console"), "2").0, 201, "it makes the data stream");
    assert_eq!(status(&least, search(&report)), 403);
    server.refresh(&names.stream("*"));

    let viewer = user(&server, &names, "canarytrace_viewer", |_| {});
    assert_eq!(status(&viewer, search(&names.pattern("report"))), 200);
    assert_eq!(create(&viewer, &report, "3").0, 403);

    let listener = user(&server, &names, "canarytrace_listener", |_| {});
    assert_eq!(status(&listener, search(&names.pattern("report"))), 200);
    assert_eq!(status(&listener, Request::new(Method::Get, "/_cluster/health")), 200);
    assert_eq!(status(&listener, Request::new(Method::Get, "/_nodes/stats/jvm,fs,os")), 200);
    assert_eq!(create(&listener, &report, "4").0, 403);
    assert_eq!(create(&listener, &names.stream("listener.events"), "4").0, 201);

    // The installer sees that all is as it should be, and does not read.
    assert!(run(install(&client, &wanted)).unwrap().is_nothing());
    let done = run(uninstall(&client, &names, false)).unwrap();
    assert_eq!(done.kept_streams.len(), 2, "{done:?}");
    server.delete(&names.prefix);
}

#[test]
fn the_roles_of_both_products_are_printed_as_requests() {
    let names = Names { prefix: "c.".into(), namespace: "default".into() };
    for form in [RoleForm::Elasticsearch, RoleForm::Opensearch] {
        let text = print_roles(&names, form);
        for role in roles(&names, form) {
            assert!(text.contains(&format!("/{}\n{{", role.name)), "{text}");
        }
        insta::assert_snapshot!(format!("roles-{form:?}").to_lowercase(), text);
    }
}
