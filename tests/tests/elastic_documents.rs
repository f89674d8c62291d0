//! Documents of real runs, and one of each dataset with every field at its worst, reach real servers whose mappings are
//! strict: none is refused, nothing is unmapped.

use std::collections::BTreeMap;
use std::fs;

use canarytrace::elastic::templates::Wanted;
use canarytrace::elastic::{Client, Method, Names, Request};
use canarytrace::record::{Common, DatasetSchema, FieldSchema, FieldType, document_id};
use canarytrace::spool::{DATASETS_FILE, read, read_datasets};
use canarytrace_cli::install::install;
use canarytrace_tests::elastic::{Product, SharedServer, or_ignored, prefix, shared};
use canarytrace_tests::lighthouse;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::{Map, Value, json};

fn fixture() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .env("AVAILABILITY_CHECK", "allow")
        .env("ENV_PRINT", "allow")
        .env("LABELS", "nightly, lab")
        .env("POST_DATA_PATH", ".title")
}

/// Runs that leave documents of every dataset and every part of a page.
fn runs() -> Vec<Finished> {
    let journeys = ["uses_the_shop", "never_passes", "saves_orders", "saves_an_order_of_a_page"];
    let pages = ["/practice/recording/workers", "/practice/recording/requests"];
    let mut runs: Vec<_> = journeys.iter().map(|monitor| fixture().monitor(monitor).run()).collect();
    runs.push(
        fixture().monitor("uses_some_code").env("COVERAGE_AUDIT", "allow").env("CANARYTRACE_USAGE", "allow").run(),
    );
    runs.extend(pages.iter().map(|page| fixture().monitor("visits_a_busy_page").env("PAGE_PATH", page).run()));
    runs.push(fixture().env("MODE", "smoke").env("BASE_URL", "http://127.0.0.1:1/").run());
    runs.push(fixture().monitor("audits_on_the_way").env("PT_AUDIT", "native").run());
    if let Some(cache) = or_ignored(lighthouse::installed(env!("CARGO_BIN_EXE_fixture-tool"))) {
        let audited = fixture().monitor("audits_on_the_way").env("CANARYTRACE_CACHE", cache);
        runs.push(audited.env("PT_AUDIT", "allow").env("PT_AUDIT_THROTTLING", "mobileSlow4G").run());
    }
    runs
}

/// Every document of runs, with its dataset.
fn documents(runs: &[Finished]) -> Vec<(String, Value)> {
    let folders = runs.iter().flat_map(Finished::runs);
    folders.flat_map(|folder| read(&folder).expect("it can be listed")).map(|read| read.expect("it is whole")).collect()
}

/// The longest text that a document of ours may hold in a field: as long as the collectors cut it, and longer than a
/// term of Lucene.
fn long_text() -> String {
    "ž".repeat(40_000)
}

/// A document with all of these fields, each with a value that is hard for its type.
fn worst(fields: &[FieldSchema]) -> Value {
    let mut object = Map::new();
    for field in fields {
        let value = match field.kind {
            FieldType::Keyword | FieldType::TextRaw | FieldType::KeywordKeyword | FieldType::TextKeyword => {
                json!([long_text(), "", "a b"])
            }
            FieldType::Code => json!(599),
            FieldType::Long => json!([i64::MAX, i64::MIN, 65_535]),
            FieldType::Double => json!([f64::MAX, -1, 0.000_000_1, 1_763_869_200_123.456_f64]),
            FieldType::Boolean => json!(true),
            FieldType::Date => json!([0, 1_763_869_200_123_i64, "2026-11-23T03:40:00.000Z", "2026-11-23T03:40:00Z"]),
            FieldType::Ip => json!(["127.0.0.1", "2001:db8::1", "[::1]", "unknown"]),
            FieldType::DateRange => json!({ "gte": "2026-11-23T03:40:00.000Z", "lt": "2026-11-23T03:41:00.000Z" }),
            FieldType::NotIndexed => json!([{ "a.b": { "": [1, "x", null] } }, "text", 1, null]),
            FieldType::Object => json!([worst(&field.fields), {}]),
            FieldType::OpenObject => {
                let mut open = worst(&field.fields);
                open["x-of-nobody"] = json!(long_text());
                open
            }
            other => panic!("{other:?} is new: which values are hard for it?"),
        };
        object.insert(field.name.clone(), value);
    }
    Value::Object(object)
}

/// Stores documents as the shipper does, each of which must be new.
fn create(server: &SharedServer, names: &Names, documents: &[(String, Value)]) {
    for batch in documents.chunks(200) {
        let lines = batch.iter().map(|(dataset, document)| {
            let number = |name: &str| document[name].as_u64().expect("it is a number");
            let uuid = document["uuid"].as_str().and_then(|text| text.parse().ok()).expect("it has the id of a run");
            let attempt = u32::try_from(number("attempt")).expect("there are few");
            let id = document_id(uuid, attempt, dataset, number("sequence"));
            format!("{}\n{document}\n", json!({ "create": { "_index": names.stream(dataset), "_id": id } }))
        });
        let answer = server.get(Request::new(Method::Post, "/_bulk").ndjson(lines.collect::<String>()));
        let items = answer["items"].as_array().expect("a bulk request has items");
        for (item, (dataset, _)) in items.iter().zip(batch) {
            assert_eq!(item["create"]["status"], 201, "{dataset}: {item:#}");
        }
    }
}

fn install_all(server: &SharedServer, names: &Names, own: Vec<DatasetSchema>) -> Wanted {
    let mut wanted = Wanted::new(names.clone());
    wanted.strict = true;
    wanted.datasets.extend(own);
    let client = Client::new(&server.settings()).expect("the settings are right");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("it can");
    runtime.block_on(install(&client, &wanted)).unwrap_or_else(|error| panic!("{error:#}"));
    wanted
}

/// How many documents there are of each dataset, by data stream.
fn counts<'d>(names: &Names, documents: impl IntoIterator<Item = &'d (String, Value)>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for (dataset, _) in documents {
        *counts.entry(names.stream(dataset)).or_default() += 1;
    }
    counts
}

#[test]
fn every_document_of_recorded_runs_is_taken_by_strict_mappings() {
    let servers = [Product::Elasticsearch, Product::OpenSearch].map(|product| or_ignored(shared(product)));
    if servers.iter().all(Option::is_none) {
        return;
    }
    let runs = runs();
    let documents = documents(&runs);
    let own: Vec<_> = runs.iter().filter_map(|run| read_datasets(&run.data().join(DATASETS_FILE)).ok()).collect();
    assert_eq!(own.len(), runs.len(), "each process tells of the datasets that it links");
    let own = own.into_iter().next().unwrap_or_default();
    for server in servers.into_iter().flatten() {
        let names = Names { prefix: prefix(), namespace: "default".into() };
        let wanted = install_all(&server, &names, own.clone());
        create(&server, &names, &documents);
        for (stream, count) in counts(&names, &documents) {
            assert_eq!(server.count(&stream), count, "{stream}");
        }
        for recorded in [
            "report",
            "summary",
            "request-log",
            "console",
            "env",
            "availability",
            "smoke-title",
            "memory",
            "usage",
            "coverage-audit",
        ] {
            assert!(documents.iter().any(|(dataset, _)| dataset == recorded), "no document of {recorded}");
        }
        assert!(wanted.datasets.iter().any(|dataset| dataset.name == "fixture-orders"));
        // The dataset of the monitor's own is searched by its fields, and by those of every document.
        let query = json!({ "query": { "bool": { "filter": [
            { "term": { "lines.product": "Desk lamp" } },
            { "range": { "timing.confirmed": { "gte": 250 } } },
            { "match": { "labels": "nightly" } },
        ] } } });
        let path = format!("/{}/_count", names.pattern("fixture-orders"));
        assert_eq!(server.get(Request::new(Method::Post, path).json(&query))["count"], 3);
        server.delete(&names.prefix);
    }
}

#[test]
fn a_document_of_each_dataset_with_every_field_is_taken_by_strict_mappings() {
    for product in [Product::Elasticsearch, Product::OpenSearch] {
        let Some(server) = or_ignored(shared(product)) else { continue };
        let names = Names { prefix: prefix(), namespace: "default".into() };
        let wanted = install_all(&server, &names, Vec::new());
        let documents: Vec<_> = wanted
            .datasets
            .iter()
            .zip(1..)
            .map(|(dataset, sequence)| {
                let common: Vec<_> = Common::FIELDS.iter().map(FieldSchema::of).collect();
                let mut document = worst(&common);
                let Value::Object(own) = worst(&dataset.fields) else { unreachable!("it is an object") };
                for (name, value) in own {
                    document[name] = value;
                }
                document["@timestamp"] = json!("2026-11-23T03:40:00.000Z");
                document["uuid"] = json!("019a0000-0000-7000-8000-000000000000");
                document["attempt"] = json!(1);
                document["sequence"] = json!(sequence);
                (dataset.name.clone(), document)
            })
            .collect();
        create(&server, &names, &documents);
        for (stream, count) in counts(&names, &documents) {
            assert_eq!(server.count(&stream), count, "{stream}");
        }
        // Strictness is what it says: a field that nobody defined is refused.
        let path = format!("/{}/_doc", names.stream("report"));
        let unmapped = json!({ "@timestamp": "2026-11-23T03:40:00Z", "monitor": { "of_nobody": 1 } });
        let refused = server.ask(Request::new(Method::Post, path).query("op_type", "create").json(&unmapped));
        assert_eq!(refused.status, 400, "{}", refused.reason());
        assert!(refused.reason().contains("strict_dynamic_mapping"), "{}", refused.reason());
        server.delete(&names.prefix);
    }
}

#[test]
fn documents_of_monitors_own_are_documents_like_others() {
    let run = fixture().monitor("saves_orders").run();
    assert_eq!(run.code, Some(0), "{run:#?}");
    let orders = run.documents("fixture-orders");
    let [first, second] = &orders[..] else { panic!("{orders:#?}") };
    assert_eq!((&first["number"], &first["total"], first.get("note")), (&json!("1"), &json!(1290.5), None));
    assert_eq!(first["lines"], json!([{ "product": "Desk lamp", "quantity": 2 }]));
    assert_eq!((&first["monitor"]["name"], first.get("uuidAction")), (&json!("saves_orders"), None), "{first:#}");
    let step = run.document("report", |report| report["event"] == "testStepEnd");
    assert_eq!(second["uuidAction"], step["uuidAction"]);
    assert_eq!(second["note"], "paid with ***", "secrets are masked in them");
    assert_eq!(first["labels"], json!(["nightly", "lab"]));
    let text = fs::read_to_string(run.data().join(DATASETS_FILE)).unwrap();
    insta::assert_snapshot!("own-datasets", text);
}
