//! Makes a document that is too large for a cluster smaller: its longest texts are cut, and it says which.

use serde_json::{Map, Value, json};

/// Field in which a document tells what of it was cut, as [`Truncated`](crate::record::Truncated) does.
const TRUNCATED: &str = "truncated";

/// Nothing is cut below this, bytes: shorter texts are what the document is about.
const SHORTEST: usize = 256;

/// The document in at most `most` bytes, its longest texts cut and named in `truncated`; none when it can't be made so
/// small that way.
pub(super) fn shortened(line: &[u8], most: usize) -> Option<Vec<u8>> {
    let whole: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let mut longest = 64 * 1024;
    while longest >= SHORTEST {
        let mut document = whole.clone();
        let mut cuts = Vec::new();
        for (name, value) in &mut document {
            cut(name, value, longest, &mut cuts);
        }
        if !cuts.is_empty() {
            match document.entry(TRUNCATED).or_insert_with(|| json!([])) {
                Value::Array(before) => before.extend(cuts),
                other => *other = Value::Array(cuts),
            }
            let text = serde_json::to_vec(&document).ok()?;
            if text.len() <= most {
                return Some(text);
            }
        }
        longest /= 2;
    }
    None
}

/// Cuts the texts in `value` to `longest` bytes, whole characters, and notes their names and lengths.
fn cut(name: &str, value: &mut Value, longest: usize, cuts: &mut Vec<Value>) {
    match value {
        Value::String(text) if text.len() > longest => {
            cuts.push(json!({ "field": name, "bytes": text.len() }));
            text.truncate(text.floor_char_boundary(longest));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| cut(name, value, longest, cuts)),
        Value::Object(fields) => {
            for (field, value) in fields {
                cut(&format!("{name}.{field}"), value, longest, cuts);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_longest_texts_are_cut_and_named() {
        let document = json!({
            "uuid": "u", "url": "https://practice.example/",
            "request": { "postData": "ä".repeat(200_000) }, "args": ["x".repeat(100_000), "short"],
            "truncated": [{ "field": "url", "bytes": 40_000 }],
        });
        let short = shortened(document.to_string().as_bytes(), 50_000).unwrap();
        assert!(short.len() <= 50_000);
        let short: Value = serde_json::from_slice(&short).unwrap();
        assert_eq!(short["uuid"], "u");
        assert_eq!(short["args"][1], "short");
        assert!(short["request"]["postData"].as_str().unwrap().starts_with('ä'));
        let named = json!([
            { "field": "url", "bytes": 40_000 },
            { "field": "args", "bytes": 100_000 },
            { "field": "request.postData", "bytes": 400_000 },
        ]);
        assert_eq!(short["truncated"], named);
    }

    #[test]
    fn a_document_of_many_short_texts_stays_as_it_is() {
        let document = json!({ "labels": vec!["a"; 10_000] });
        assert_eq!(shortened(document.to_string().as_bytes(), 1000), None);
        assert_eq!(shortened(b"no json", 1000), None);
    }

    proptest! {
        #[test]
        fn what_comes_out_is_small_enough_and_a_document(texts in proptest::collection::vec("[a-zä\"\\\\]{0,2000}", 1..20), most in 300usize..20_000) {
            let document = json!({ "sequence": 1, "texts": texts });
            if let Some(short) = shortened(document.to_string().as_bytes(), most) {
                prop_assert!(short.len() <= most);
                let short: Value = serde_json::from_slice(&short).unwrap();
                prop_assert_eq!(&short["sequence"], 1);
                prop_assert_eq!(short["texts"].as_array().unwrap().len(), texts.len());
            }
        }
    }
}
