//! Whether documents are what their mappings say.

use canarytrace::record::{Common, DATASETS, Field, Mapping};
use serde_json::Value;

/// What is wrong with a document of the dataset `name` as it is stored, by path.
///
/// # Panics
/// When there is no such dataset.
pub fn misfits_of(name: &str, document: &Value) -> Vec<String> {
    let dataset = DATASETS.iter().find(|dataset| dataset.name == name).expect("it is registered");
    let fields: Vec<Field> = Common::FIELDS.iter().chain(dataset.fields).copied().collect();
    let mut wrong = Vec::new();
    misfits(&format!("{name}: "), document, &fields, false, &mut wrong);
    wrong
}

/// What is wrong with a value of `fields`, by path. An `open` object may have others too.
fn misfits(path: &str, object: &Value, fields: &[Field], open: bool, wrong: &mut Vec<String>) {
    let Some(object) = object.as_object() else {
        wrong.push(format!("{path} is mapped as an object and is {object}"));
        return;
    };
    for (key, value) in object {
        let path = format!("{path}{key}");
        let mappings: Vec<_> = fields.iter().filter(|field| field.name == key).map(|field| field.mapping).collect();
        if mappings.is_empty() && !open {
            wrong.push(format!("{path} is not mapped"));
        }
        if open && (key.is_empty() || key.contains('.')) {
            wrong.push(format!("{path} would be taken for an object by Elasticsearch"));
        }
        let values = value.as_array().map_or(vec![value], |values| values.iter().collect());
        // An object may be described in two places: the common fields and the dataset's own.
        let open = mappings.iter().any(|mapping| matches!(mapping, Mapping::OpenObject(_)));
        let objects: Vec<Field> = mappings
            .iter()
            .filter_map(|mapping| match mapping {
                Mapping::Object(fields) | Mapping::OpenObject(fields) => Some(*fields),
                _ => None,
            })
            .flatten()
            .copied()
            .collect();
        if !objects.is_empty() {
            for value in values {
                misfits(&format!("{path}."), value, &objects, open, wrong);
            }
            continue;
        }
        if let Some(mapping) = mappings.first()
            && let Some(other) = values.into_iter().find(|value| !fits(*mapping, value))
        {
            wrong.push(format!("{path} is mapped as {mapping:?} and is {other}"));
        }
    }
}

/// Lucene's longest term, bytes: a longer exact value makes the server refuse the document. Sub-fields ignore it.
const LONGEST_TERM: usize = 32_766;

fn fits(mapping: Mapping, value: &Value) -> bool {
    match mapping {
        Mapping::Keyword | Mapping::KeywordKeyword => value.as_str().is_some_and(|text| text.len() <= LONGEST_TERM),
        Mapping::TextRaw | Mapping::TextKeyword => value.is_string(),
        Mapping::Long | Mapping::Code => value.is_i64() || value.is_u64(),
        Mapping::Double => value.is_number(),
        Mapping::Boolean => value.is_boolean(),
        Mapping::Date => value.is_i64() || value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        Mapping::Ip => value.as_str().is_some_and(|text| text.parse::<std::net::IpAddr>().is_ok()),
        Mapping::DateRange => value["gte"].is_string() && value["lt"].is_string(),
        Mapping::NotIndexed => true,
        _ => false,
    }
}
