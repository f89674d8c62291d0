//! The templates of data streams as both products get them.

use std::fmt::Write as _;

use canarytrace::elastic::templates::{COMPONENT_VERSION, TemplateKind, Templates, Wanted, template_leaves};
use canarytrace::elastic::{Dialect, Names, Product};
use canarytrace::record::DatasetSchema;
use serde_json::Value;

const ELASTICSEARCH: Dialect = Dialect::new(Product::Elasticsearch, Some((8, 19, 21)));
const OPENSEARCH: Dialect = Dialect::new(Product::OpenSearch, Some((3, 8, 0)));

/// Steps, a verdict with objects that every document has too, and headers.
const DATASETS: [&str; 3] = ["report", "summary", "request-log"];

fn wanted() -> Wanted {
    Wanted::new(Names { prefix: "c.".into(), namespace: "default".into() })
}

/// The templates of some datasets, a line a value.
fn lines(dialect: Dialect) -> String {
    let mut wanted = wanted();
    wanted.datasets.retain(|dataset| DATASETS.contains(&dataset.name.as_str()));
    let Templates { templates, custom, .. } = Templates::of(&wanted, dialect);
    let mut text = String::new();
    for template in templates.iter().chain(&custom) {
        let _ = writeln!(text, "{} {}", template.kind.path(), template.name);
        for (path, value) in template_leaves(&template.body) {
            let value = if path == "_meta.version" { "[version]" } else { value.as_str() };
            let _ = writeln!(text, "    {path}: {value}");
        }
    }
    text
}

#[test]
fn elasticsearch_gets_them_so() {
    insta::assert_snapshot!("templates-elasticsearch", lines(ELASTICSEARCH));
}

#[test]
fn opensearch_gets_them_so() {
    insta::assert_snapshot!("templates-opensearch", lines(OPENSEARCH));
}

/// Every text in a JSON.
fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            found.push(name);
            texts(value, found);
        }),
        _ => {}
    }
}

#[test]
fn each_dataset_has_one_template_that_matches_its_data_stream_alone() {
    for dialect in [ELASTICSEARCH, OPENSEARCH] {
        let templates = Templates::of(&wanted(), dialect);
        let indices: Vec<_> = templates.of_kind(TemplateKind::Index).collect();
        assert_eq!(indices.len(), DatasetSchema::ours().len());
        for (index, dataset) in indices.iter().zip(DatasetSchema::ours()) {
            let stream = format!("c.{}-default", dataset.name);
            assert_eq!(index.body["index_patterns"], serde_json::json!([stream]));
            assert!(index.body["data_stream"].is_object());
            // What is named last wins: the user's.
            let composed = index.body["composed_of"].as_array().unwrap();
            assert_eq!(composed.last().unwrap(), &format!("{stream}@custom"));
            // It has nothing of its own, which would win over the user's.
            assert!(index.body.get("template").is_none());
        }
    }
}

#[test]
fn nothing_is_in_them_that_loses_documents_or_is_of_one_product_alone() {
    for dialect in [ELASTICSEARCH, OPENSEARCH] {
        for template in &Templates::of(&wanted(), dialect).templates {
            let mut found = Vec::new();
            texts(&template.body, &mut found);
            for wrong in ["translog", "flattened", "flat_object", "short", "float", "integer", "wildcard"] {
                assert!(!found.contains(&wrong), "{wrong} in {}", template.name);
            }
            let lifecycle = template.body["template"].get("lifecycle").is_some();
            let of_a_dataset = template.name.ends_with("@canarytrace");
            assert_eq!(lifecycle, of_a_dataset && dialect == ELASTICSEARCH, "{}", template.name);
            assert_eq!(template.body["_meta"]["version"], COMPONENT_VERSION);
        }
    }
}

#[test]
fn the_mappings_of_both_products_are_the_same() {
    let mappings = |dialect| -> Vec<Value> {
        let templates = Templates::of(&wanted(), dialect).templates;
        templates.iter().map(|template| template.body["template"]["mappings"].clone()).collect()
    };
    assert_eq!(mappings(ELASTICSEARCH), mappings(OPENSEARCH));
}

#[test]
fn a_policy_of_the_lifecycle_takes_the_place_of_the_retention() {
    let mut wanted = wanted();
    wanted.ilm = Some("nightly".into());
    let templates = Templates::of(&wanted, ELASTICSEARCH).templates;
    let text = serde_json::to_string(&templates.iter().map(|template| &template.body).collect::<Vec<_>>()).unwrap();
    assert!(!text.contains("data_retention"));
    assert!(text.contains(r#""lifecycle":{"name":"nightly"}"#));
}

#[test]
fn equal_hashes_are_equal_installations() {
    let schema = |wanted: &Wanted| Templates::of(wanted, ELASTICSEARCH).schema;
    let usual = schema(&wanted());
    assert_eq!(usual, schema(&wanted()));
    let mut strict = wanted();
    strict.strict = true;
    assert_ne!(usual, schema(&strict));
    let mut shorter = wanted();
    shorter.retention.add("console=1d").unwrap();
    assert_ne!(usual, schema(&shorter));
}
