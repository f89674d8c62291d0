//! What fields datasets have, and how each is looked at.

use std::collections::BTreeMap;

pub use canarytrace::record::IndexType as Kind;
use canarytrace::record::{Common, DatasetSchema, FieldSchema};

/// A field as a query names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the index.
    pub name: String,
    /// Where its values are in the document: the name without that of a sub-field.
    pub path: String,
    /// How it is looked at.
    pub kind: Kind,
}

/// The fields of a dataset.
#[derive(Clone, Debug)]
pub struct Schema {
    /// By their names.
    columns: BTreeMap<String, Column>,
}

impl Schema {
    /// That of a dataset: the common fields and its own.
    pub fn of(dataset: &DatasetSchema) -> Self {
        let mut schema = Self { columns: BTreeMap::new() };
        let common: Vec<FieldSchema> = Common::FIELDS.iter().map(FieldSchema::of).collect();
        schema.add("", &common);
        schema.add("", &dataset.fields);
        schema
    }

    fn add(&mut self, prefix: &str, fields: &[FieldSchema]) {
        for field in fields {
            let path = format!("{prefix}{}", field.name);
            self.column(&path, &path, field.kind.indexed_as());
            if let Some(name) = field.kind.sub_field() {
                self.column(&format!("{path}.{name}"), &path, Kind::Keyword);
            }
            self.add(&format!("{path}."), &field.fields);
        }
    }

    fn column(&mut self, name: &str, path: &str, kind: Kind) {
        // What both the common fields and the dataset's own describe is described alike.
        let column = Column { name: name.to_owned(), path: path.to_owned(), kind };
        self.columns.entry(column.name.clone()).or_insert(column);
    }

    /// The field of a name. Names of headers are in lower case, however a query writes them.
    pub fn column_of(&self, name: &str) -> Option<&Column> {
        self.columns.get(name).or_else(|| {
            let header = name.find(".headers.").map(|place| place + ".headers.".len())?;
            let (object, header) = name.split_at(header);
            self.columns.get(&format!("{object}{}", header.to_lowercase()))
        })
    }

    /// The fields below an object that can be found.
    pub fn below<'a>(&'a self, object: &str) -> impl Iterator<Item = &'a Column> {
        let prefix = format!("{object}.");
        let found = |column: &&Column| !matches!(column.kind, Kind::Object | Kind::NotIndexed);
        self.columns.values().filter(move |column| column.name.starts_with(&prefix)).filter(found)
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.keys().map(String::as_str)
    }
}

/// Every dataset that there is.
#[derive(Clone, Debug)]
pub struct Schemas(BTreeMap<String, Schema>);

impl Default for Schemas {
    /// Those of Canarytrace itself.
    fn default() -> Self {
        let mut schemas = Self(BTreeMap::new());
        for dataset in &DatasetSchema::ours() {
            schemas.insert(dataset);
        }
        schemas
    }
}

impl Schemas {
    /// Adds a dataset, or replaces it.
    pub fn insert(&mut self, dataset: &DatasetSchema) {
        self.0.insert(dataset.name.clone(), Schema::of(dataset));
    }

    /// The fields of a dataset.
    pub fn get(&self, dataset: &str) -> Option<&Schema> {
        self.0.get(dataset)
    }

    /// The names of all datasets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The name of `names` that is most like `wrong`, if one is.
pub(super) fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wrong = wrong.to_lowercase();
    let distance = |name: &str| distance(&wrong, &name.to_lowercase());
    names.map(|name| (distance(name), name)).min().filter(|(distance, _)| *distance <= 1 + wrong.len() / 4).map(|n| n.1)
}

/// How many characters have to be changed, put in or left out (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(dataset: &str) -> Schema {
        Schemas::default().get(dataset).unwrap().clone()
    }

    #[test]
    fn fields_have_their_names_their_sub_fields_and_their_kinds() {
        let requests = schema("request-log");
        let kind = |name: &str| requests.column_of(name).map(|column| column.kind);
        assert_eq!(kind("url"), Some(Kind::Text));
        assert_eq!(kind("url.raw"), Some(Kind::Keyword));
        assert_eq!(kind("url.keyword"), None);
        assert_eq!(kind("response.status"), Some(Kind::Keyword));
        assert_eq!(kind("response.headers"), Some(Kind::Object));
        assert_eq!(kind("timestamp"), Some(Kind::Date));
        assert_eq!(kind("monitor.name"), Some(Kind::Keyword));
        assert_eq!(schema("summary").column_of("monitor.timespan").unwrap().kind, Kind::DateRange);
        assert_eq!(
            schema("audit").column_of("audits.resource-summary.details.Third-party.transferSize").unwrap().kind,
            Kind::Long
        );
    }

    #[test]
    fn headers_are_found_whatever_their_case_and_other_fields_are_not() {
        let requests = schema("request-log");
        let column = requests.column_of("response.headers.Content-Type.keyword").unwrap();
        assert_eq!(column.name, "response.headers.content-type.keyword");
        assert!(requests.column_of("URL").is_none());
        assert_eq!(nearest("respons.status", requests.names()), Some("response.status"));
        assert_eq!(nearest("xyz", requests.names()), None);
    }
}
