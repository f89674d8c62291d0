//! YAML that reads and writes as Kubernetes does: keys in alphabetical order, two blanks a level, no text that another reader
//! takes for a switch or a number.

use anyhow::Context as _;
use serde_json::Value;

/// The documents of a file.
///
/// # Errors
/// When it is no YAML, with the place.
pub(crate) fn read(text: &str) -> anyhow::Result<Vec<Value>> {
    serde_saphyr::from_multiple(text).map_err(|error| anyhow::anyhow!("no valid YAML: {error}"))
}

/// One document. The same value always gives the same text.
///
/// # Errors
/// Never for what JSON can hold; the library can't promise it.
pub(crate) fn write(document: &Value) -> anyhow::Result<String> {
    let options = serde_saphyr::ser_options! {
        indent_step: 2,
        compact_list_indent: false,
        prefer_block_scalars: false,
    };
    let mut text = serde_saphyr::to_string_with_options(document, options).context("a manifest can't be written")?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_readers_of_yaml_1_1_take_for_something_else_is_quoted() {
        let texts = [
            "no",
            "yes",
            "on",
            "off",
            "y",
            "n",
            "null",
            "~",
            "1",
            "0x1f",
            "1e3",
            "*/3 * * * *",
            "a: b",
            "# c",
            "",
            "2026-01-01",
            "1:30",
        ];
        for text in texts {
            let yaml = write(&json!({ "value": text })).unwrap();
            assert!(yaml.contains('"') || yaml.contains('\''), "{yaml}");
            assert_eq!(read(&yaml).unwrap(), [json!({ "value": text })], "{yaml}");
        }
    }

    #[test]
    fn keys_are_in_order_and_a_line_is_never_folded() {
        let long = "word ".repeat(60) + "end";
        let yaml = write(&json!({ "b": [{ "d": 1, "c": long }], "a": true })).unwrap();
        assert_eq!(yaml, format!("a: true\nb:\n  - c: {long}\n    d: 1\n"));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(texts in prop::collection::vec("[ -~äž\\n\\t]{0,40}", 1..6)) {
            let value = json!({ "metadata": { "annotations": texts.iter().enumerate().map(|(i, text)| (i.to_string(), json!(text))).collect::<serde_json::Map<_, _>>() }, "list": texts });
            let yaml = write(&value).unwrap();
            prop_assert_eq!(read(&yaml).unwrap(), vec![value.clone()]);
            prop_assert_eq!(write(&value).unwrap(), yaml);
        }
    }
}
