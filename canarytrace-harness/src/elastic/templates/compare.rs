//! What a template, as a cluster has it, lacks of what it should be.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// The values in a JSON, each with the path to it; as text, because clusters tell numbers and switches as text.
pub type Leaves = BTreeMap<String, String>;

/// One difference between two templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub path: String,
    /// What is there.
    pub old: Option<String>,
    /// What should be.
    pub new: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (None, Some(new)) => write!(f, "+ {}: {new}", self.path),
            (Some(old), None) => write!(f, "- {}: {old}", self.path),
            (Some(old), Some(new)) => write!(f, "~ {}: {old} -> {new}", self.path),
            (None, None) => write!(f, "  {}", self.path),
        }
    }
}

/// What has to change in `old` to make it `new`, in the order of the paths.
pub fn changes(old: &Leaves, new: &Leaves) -> Vec<Change> {
    let mut changes: Vec<_> = new
        .iter()
        .filter(|(path, value)| old.get(*path) != Some(value))
        .map(|(path, value)| Change { path: path.clone(), old: old.get(path).cloned(), new: Some(value.clone()) })
        .collect();
    let gone = old.iter().filter(|(path, _)| !new.contains_key(*path));
    changes.extend(gone.map(|(path, value)| Change { path: path.clone(), old: Some(value.clone()), new: None }));
    changes.sort_by(|one, other| one.path.cmp(&other.path));
    changes
}

/// The values of a template, without what clusters add to it or leave out.
pub fn template_leaves(body: &Value) -> Leaves {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        // Each product fills this with fields of its own.
        if fields.contains_key("data_stream") {
            fields.insert("data_stream".to_owned(), Value::Bool(true));
        }
        for added in ["created_date", "created_date_millis", "modified_date", "modified_date_millis"] {
            fields.remove(added);
        }
    }
    leaves(&body)
}

/// The values of any JSON. Of lists the whole is one value; an object without fields is none.
pub fn leaves(value: &Value) -> Leaves {
    let mut leaves = Leaves::new();
    walk(value, &mut String::new(), &mut leaves);
    leaves
}

fn walk(value: &Value, path: &mut String, leaves: &mut Leaves) {
    if let Value::Object(fields) = value {
        let length = path.len();
        for (name, value) in fields {
            // In an index "properties" is on every other level and says nothing; an object's own type neither.
            let implied = name == "type" && value == "object" && !fields.contains_key("enabled");
            if implied {
                continue;
            }
            if name != "properties" {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            walk(value, path, leaves);
            path.truncate(length);
        }
    } else if !value.is_null() {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        leaves.insert(path.clone(), text);
    }
}
