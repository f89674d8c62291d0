//! What the user's `@custom` templates say: it wins, so it is neither compared nor put.

use canarytrace::elastic::Names;
use canarytrace::elastic::templates::{Leaves, TemplateKind, custom_component, leaves};
use serde_json::{Map, Value};

use super::plan::Present;

/// What `@custom` of all datasets and of one of them say of mappings and settings.
#[derive(Debug, Default)]
pub(super) struct Overrides {
    mappings: Leaves,
    settings: Leaves,
}

impl Overrides {
    pub(super) fn of(present: &Present, names: &Names, dataset: &str) -> Self {
        let mut overrides = Self::default();
        for name in [custom_component(names, None), custom_component(names, Some(dataset))] {
            if let Some(custom) = present.find(TemplateKind::Component, &name) {
                overrides.mappings.extend(leaves(&custom["template"]["mappings"]));
                overrides.settings.extend(leaves(&custom["template"]["settings"]));
            }
        }
        overrides
    }

    /// Whether `@custom` decides on this value of the mappings: it names it, or its field.
    pub(super) fn has_mapping(&self, path: &str) -> bool {
        self.mappings.keys().any(|custom| {
            let field = custom.rsplit_once('.').map(|(field, _)| field);
            custom == path
                || field.is_some_and(|field| path.strip_prefix(field).is_some_and(|rest| rest.starts_with('.')))
        })
    }

    /// Whether `@custom` decides on this setting.
    pub(super) fn has_setting(&self, path: &str) -> bool {
        // Both `index.codec` and `codec` are right.
        self.settings.keys().any(|custom| custom == path || path.strip_prefix("index.") == Some(custom))
    }

    /// Mappings without the fields that `@custom` decides on.
    pub(super) fn without(&self, mappings: &Value) -> Value {
        self.object_without(mappings, "")
    }

    fn object_without(&self, object: &Value, path: &str) -> Value {
        let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let mut kept = Map::new();
        for (attribute, value) in object.as_object().into_iter().flatten() {
            let value = match value.as_object().filter(|_| attribute == "properties") {
                None if self.mappings.contains_key(&within(attribute)) => continue,
                None => value.clone(),
                Some(fields) => {
                    let fields = fields.iter().filter(|(name, _)| !self.has_mapping(&within(&format!("{name}.type"))));
                    fields.map(|(name, field)| (name.clone(), self.object_without(field, &within(name)))).collect()
                }
            };
            kept.insert(attribute.clone(), value);
        }
        Value::Object(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_of_custom_is_left_out_and_its_neighbours_are_not() {
        let custom =
            json!({ "dynamic": "true", "properties": { "labels": { "type": "keyword" }, "a.b": { "type": "ip" } } });
        let overrides = Overrides { mappings: leaves(&custom), settings: Leaves::new() };
        let ours = json!({ "dynamic": "false", "date_detection": false, "properties": {
            "labels": { "type": "text", "fields": { "raw": { "type": "keyword" } } },
            "label": { "type": "keyword" },
            "a": { "properties": { "b": { "type": "long" }, "c": { "type": "long" } } },
        } });
        let expected = json!({ "date_detection": false, "properties": {
            "label": { "type": "keyword" },
            "a": { "properties": { "c": { "type": "long" } } },
        } });
        assert_eq!(overrides.without(&ours), expected);
        assert!(overrides.has_mapping("labels.fields.raw.type"));
        assert!(!overrides.has_mapping("label.type"));
        assert!(!overrides.has_mapping("date_detection"));
    }
}
