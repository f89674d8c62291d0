//! Every document of real runs fits the mapping of its dataset: nothing is unmapped, nothing is of another type.

use canarytrace::record::{Common, DATASETS, Field, Mapping, document_id};
use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner};
use serde_json::Value;

/// What is wrong with a value of `fields`, by path.
fn misfits(path: &str, object: &Value, fields: &[Field], wrong: &mut Vec<String>) {
    for (key, value) in object.as_object().expect("it is an object") {
        let path = format!("{path}{key}");
        let mappings: Vec<_> = fields.iter().filter(|field| field.name == key).map(|field| field.mapping).collect();
        if mappings.is_empty() {
            wrong.push(format!("{path} is not mapped"));
        }
        // An object may be described in two places: the common fields and the dataset's own.
        let objects: Vec<Field> = mappings
            .iter()
            .filter_map(|mapping| if let Mapping::Object(fields) = mapping { Some(*fields) } else { None })
            .flatten()
            .copied()
            .collect();
        if !objects.is_empty() {
            misfits(&format!("{path}."), value, &objects, wrong);
            continue;
        }
        let values = value.as_array().map_or(vec![value], |values| values.iter().collect());
        if let Some(mapping) = mappings.first()
            && let Some(other) = values.into_iter().find(|value| !fits(*mapping, value))
        {
            wrong.push(format!("{path} is mapped as {mapping:?} and is {other}"));
        }
    }
}

fn fits(mapping: Mapping, value: &Value) -> bool {
    match mapping {
        Mapping::Keyword | Mapping::TextRaw | Mapping::KeywordKeyword => value.is_string(),
        Mapping::Long => value.is_i64() || value.is_u64(),
        Mapping::Double => value.is_number(),
        Mapping::Boolean => value.is_boolean(),
        Mapping::Date => value.is_i64() || value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        Mapping::Ip => value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
        Mapping::DateRange => value["gte"].is_string() && value["lt"].is_string(),
        Mapping::NotIndexed => true,
        _ => false,
    }
}

fn assert_mapped(run: &Finished, datasets: &[&str]) {
    let mut wrong = Vec::new();
    for name in datasets {
        let dataset = DATASETS.iter().find(|dataset| dataset.name == *name).expect("it is registered");
        let fields: Vec<Field> = Common::FIELDS.iter().chain(dataset.fields).copied().collect();
        let documents = run.documents(name);
        assert!(!documents.is_empty(), "no document of {name}: {run:#?}");
        for document in documents {
            misfits(&format!("{name}: "), &document, &fields, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for folder in run.runs() {
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            if let Some(dataset) = name.strip_suffix(".ndjson") {
                let of_the_browser = ["request-log", "console"].contains(&dataset);
                assert!(of_the_browser || datasets.contains(&dataset), "{name} was not expected");
            }
        }
    }
}

#[test]
fn every_document_of_a_failed_journey_fits_its_mapping() {
    let run = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .monitor("never_passes")
        .env("AVAILABILITY_CHECK", "allow")
        .env("ENV_PRINT", "allow")
        .env("LABELS", "one, two")
        .run();
    assert_mapped(&run, &["report", "summary", "availability", "env"]);
    run.assert_nothing_left();
}

#[test]
fn the_options_and_the_way_to_the_target_are_documents_too() {
    let run = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .monitor("passes")
        .env("AVAILABILITY_CHECK", "allow")
        .env("ENV_PRINT", "allow")
        .env("CANARYTRACE_LOCATION", "lab")
        .env("PASS", "hunter22")
        // The values of the machine that runs this test are its own.
        .env("CI", "true")
        .run();
    let mut redaction = Redaction::default();
    insta::assert_json_snapshot!("env", redaction.documents(run.documents("env")));
    insta::assert_json_snapshot!("availability", redaction.documents(run.documents("availability")));
}

#[test]
fn every_document_of_a_smoke_run_fits_its_mapping() {
    let run = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .env("MODE", "smoke")
        .env("BASE_URL", "http://127.0.0.1:9/;no url")
        .env("AVAILABILITY_CHECK", "allow")
        .env("CANARYTRACE_BROWSER_ARGS", "--explicitly-allowed-ports=9")
        .run();
    assert_mapped(&run, &["report", "summary", "availability", "smoke-title"]);
    run.assert_nothing_left();
}

#[test]
fn ids_are_unique_and_made_of_the_documents_own_fields() {
    let run = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors")).monitor("never_passes").run();
    let mut ids = std::collections::BTreeSet::new();
    let mut count = 0;
    for dataset in DATASETS {
        for document in run.documents(dataset.name) {
            let attempt = u32::try_from(document["attempt"].as_u64().unwrap()).unwrap();
            let uuid = document["uuid"].as_str().unwrap().parse().unwrap();
            ids.insert(document_id(uuid, attempt, dataset.name, document["sequence"].as_u64().unwrap()));
            count += 1;
        }
    }
    assert!(count > 5);
    assert_eq!(ids.len(), count);
}
