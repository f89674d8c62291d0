//! Every document of real runs fits the mapping of its dataset: nothing is unmapped, nothing is of another type.

use canarytrace::record::{DATASETS, document_id};
use canarytrace_tests::mapping::misfits_of;
use canarytrace_tests::redact::Redaction;
use canarytrace_tests::runner::{Finished, Runner};

fn assert_mapped(run: &Finished, datasets: &[&str]) {
    let mut wrong = Vec::new();
    for name in datasets {
        let documents = run.documents(name);
        assert!(!documents.is_empty(), "no document of {name}: {run:#?}");
        for document in documents {
            wrong.extend(misfits_of(name, &document));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for folder in run.runs() {
        for file in std::fs::read_dir(folder).unwrap().flatten() {
            let name = file.file_name().into_string().unwrap();
            if let Some(dataset) = name.strip_suffix(".ndjson") {
                let of_the_browser =
                    ["request-log", "console", "performance-entries", "vitals", "memory"].contains(&dataset);
                assert!(of_the_browser || datasets.contains(&dataset), "{name} was not expected");
                let wrong: Vec<_> =
                    run.documents(dataset).iter().flat_map(|document| misfits_of(dataset, document)).collect();
                assert!(wrong.is_empty(), "{wrong:#?}");
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
