//! Fields as Elasticsearch and `OpenSearch` map them: the same on both.

use serde_json::{Map, Value, json};

use crate::record::{FieldSchema, FieldType, IGNORE_ABOVE, IndexType};

/// Numbers are milliseconds, whatever their size: the other way round `2000` would be a year.
const DATE_FORMAT: &str = "epoch_millis||strict_date_optional_time";

/// The mappings of a template: nothing but the named fields is indexed; with `strict` a document that has others is
/// refused.
pub fn mappings(fields: &[FieldSchema], strict: bool) -> Value {
    // As text, because that is how both products tell it.
    let dynamic = if strict { "strict" } else { "false" };
    json!({ "dynamic": dynamic, "properties": properties(fields) })
}

/// The fields of an object. A name with dots is a field within objects.
pub fn properties(fields: &[FieldSchema]) -> Value {
    let mut properties = Map::new();
    for field in fields {
        insert(&mut properties, &field.name, one(field));
    }
    Value::Object(properties)
}

fn insert(properties: &mut Map<String, Value>, name: &str, mapping: Value) {
    let Some((first, rest)) = name.split_once('.') else {
        properties.insert(name.to_owned(), mapping);
        return;
    };
    let object = properties.entry(first).or_insert_with(|| json!({ "properties": {} }));
    if let Some(inner) = object.get_mut("properties").and_then(Value::as_object_mut) {
        insert(inner, rest, mapping);
    }
}

fn one(field: &FieldSchema) -> Value {
    let keyword = || json!({ "type": "keyword", "ignore_above": IGNORE_ABOVE });
    let mut mapping = match field.kind.indexed_as() {
        IndexType::Keyword => keyword(),
        IndexType::Text => json!({ "type": "text" }),
        IndexType::Long => json!({ "type": "long" }),
        IndexType::Double => json!({ "type": "double" }),
        IndexType::Boolean => json!({ "type": "boolean" }),
        IndexType::Date => json!({ "type": "date", "format": DATE_FORMAT }),
        IndexType::DateRange => json!({ "type": "date_range", "format": DATE_FORMAT }),
        // What a browser calls an address is not always one.
        IndexType::Ip => json!({ "type": "ip", "ignore_malformed": true }),
        // Not parsed at all, so it may be any JSON: text here, an object there.
        IndexType::NotIndexed => json!({ "type": "object", "enabled": false }),
        IndexType::Object => json!({ "properties": properties(&field.fields) }),
    };
    if field.kind == FieldType::OpenObject {
        mapping["dynamic"] = json!("false");
    }
    if let Some(name) = field.kind.sub_field() {
        mapping["fields"] = json!({ name: keyword() });
    }
    mapping
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: FieldType, fields: Vec<FieldSchema>) -> FieldSchema {
        FieldSchema { name: name.into(), kind, doc: String::new(), fields }
    }

    #[test]
    fn names_with_dots_are_fields_within_objects() {
        let fields = [field("a.b.c", FieldType::Long, vec![]), field("a.b.d", FieldType::Boolean, vec![])];
        let expected = json!({ "a": { "properties": { "b": { "properties": {
            "c": { "type": "long" }, "d": { "type": "boolean" },
        } } } } });
        assert_eq!(properties(&fields), expected);
    }

    #[test]
    fn strictness_reaches_into_objects_but_not_into_open_ones() {
        let inner = || vec![field("a", FieldType::Long, vec![])];
        let fields = [field("closed", FieldType::Object, inner()), field("open", FieldType::OpenObject, inner())];
        let mappings = mappings(&fields, true);
        assert_eq!(mappings["dynamic"], "strict");
        // An object inherits what is around it.
        assert!(mappings["properties"]["closed"].get("dynamic").is_none());
        assert_eq!(mappings["properties"]["open"]["dynamic"], "false");
    }

    #[test]
    fn no_term_is_longer_than_lucene_takes() {
        for kind in [FieldType::Keyword, FieldType::TextRaw, FieldType::TextKeyword, FieldType::KeywordKeyword] {
            let mapping = one(&field("a", kind, vec![])).to_string();
            assert_eq!(
                mapping.matches("\"keyword\",").count() + mapping.matches("\"keyword\"}").count(),
                mapping.matches("\"ignore_above\":8191").count(),
                "{mapping}"
            );
        }
    }
}
