//! Datasets of monitors' own: `object!` defines one, and what it may be called is checked when it is compiled.

use super::document::{Dataset, Field};
use super::schema::{DatasetSchema, FieldSchema, FieldType};
use super::{Common, DATASETS, DatasetInfo};

/// A document of a dataset of a monitor's own, which [`object!`](crate::object) defines.
///
/// `browser.save(&object)` and `api.save(&object)` store it.
pub trait Object: Dataset {}

/// A dataset of a monitor's own, as the process that links it knows it.
#[derive(Clone, Copy, Debug)]
pub struct OwnDataset {
    /// The dataset.
    pub info: DatasetInfo,
    /// Crate that defines it.
    pub krate: &'static str,
    /// Source file, for messages.
    pub file: &'static str,
    /// Line in it.
    pub line: u32,
}

inventory::collect!(OwnDataset);

/// Every dataset of monitors' own that this process links, sorted by name.
pub fn own_datasets() -> Vec<&'static OwnDataset> {
    let mut own: Vec<_> = inventory::iter::<OwnDataset>.into_iter().collect();
    own.sort_by_key(|own| (own.info.name, own.file, own.line));
    own
}

/// What is wrong with the name of a dataset or of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name of the dataset.
    #[error(
        "the name of a dataset begins with a lower-case letter, has at most 60 of a-z, 0-9, `-`, `_` and `.`, and ends \
         with a letter or digit"
    )]
    Dataset,
    /// The name is that of a dataset of Canarytrace.
    #[error("Canarytrace itself has a dataset of this name, or keeps the name for one")]
    Taken,
    /// The name begins with that of one of ours and `-`.
    #[error(
        "the name begins like a dataset of Canarytrace (`report-…`), so that searches in `c.report-*` would find it; put \
         another word first"
    )]
    LooksTaken,
    /// The name of a field.
    #[error(
        "the name of a field is not empty, does not begin with `_`, has neither blanks nor `*` nor empty parts between dots"
    )]
    Field,
    /// The name of a field that every document has.
    #[error("every document has a field of this name already (`timestamp`, `uuid`, `labels` …)")]
    Common,
    /// Two fields of one name, or one within the other.
    #[error("two fields have the same name, or one (`a.b`) is within the other (`a`)")]
    Twice,
}

/// What stands between prefix and namespace and is no dataset of [`DATASETS`].
const RESERVED: &[&str] = &[
    "audit",
    "canarytrace",
    "coverage-audit",
    "delivery",
    "listener.events",
    "memory",
    "performance-entries",
    "usage",
    "vitals",
];

/// Checks names while [`object!`](crate::object) is compiled.
pub const fn check_object(name: &str, fields: &[Field]) {
    match check_dataset_name(name) {
        Ok(()) => {}
        Err(NameError::Taken) => panic!("Canarytrace itself has a dataset of this name, or keeps the name for one"),
        Err(NameError::LooksTaken) => panic!(
            "the name begins like a dataset of Canarytrace (`report-…`), so that searches in `c.report-*` would find it; \
             put another word first"
        ),
        Err(_) => panic!(
            "the name of a dataset begins with a lower-case letter, has at most 60 of a-z, 0-9, `-`, `_` and `.`, and ends \
             with a letter or digit"
        ),
    }
    let mut at = 0;
    while at < fields.len() {
        let name = fields[at].name;
        let mut common = 0;
        while common < Common::FIELDS.len() {
            // `monitor.id` would change what `monitor` is.
            assert!(
                !eq(first_part(name), Common::FIELDS[common].name.as_bytes()),
                "every document has a field of this name already (`timestamp`, `uuid`, `labels` …)"
            );
            common += 1;
        }
        at += 1;
    }
    check_fields(fields);
}

/// Checks the fields of an object within a document while [`object!`](crate::object) is compiled.
pub const fn check_fields(fields: &[Field]) {
    let mut at = 0;
    while at < fields.len() {
        assert!(
            is_field_name(fields[at].name.as_bytes()),
            "the name of a field is not empty, does not begin with `_`, has neither blanks nor `*` nor empty parts \
             between dots"
        );
        let mut other = 0;
        while other < at {
            assert!(
                !clash(fields[at].name.as_bytes(), fields[other].name.as_bytes()),
                "two fields have the same name, or one (`a.b`) is within the other (`a`)"
            );
            other += 1;
        }
        at += 1;
    }
}

/// What is wrong with a dataset of a monitor's own: the name that is meant, and why it can't be.
///
/// # Errors
/// The first wrong name.
pub fn check_schema(schema: &DatasetSchema) -> Result<(), (String, NameError)> {
    check_dataset_name(&schema.name).map_err(|error| (schema.name.clone(), error))?;
    for field in &schema.fields {
        if Common::FIELDS.iter().any(|common| eq(first_part(&field.name), common.name.as_bytes())) {
            return Err((field.name.clone(), NameError::Common));
        }
    }
    check_field_schemas(&schema.fields)
}

fn check_field_schemas(fields: &[FieldSchema]) -> Result<(), (String, NameError)> {
    for (at, field) in fields.iter().enumerate() {
        if !is_field_name(field.name.as_bytes()) {
            return Err((field.name.clone(), NameError::Field));
        }
        if fields[..at].iter().any(|other| clash(other.name.as_bytes(), field.name.as_bytes())) {
            return Err((field.name.clone(), NameError::Twice));
        }
        if matches!(field.kind, FieldType::Object | FieldType::OpenObject) {
            check_field_schemas(&field.fields)?;
        }
    }
    Ok(())
}

const fn check_dataset_name(name: &str) -> Result<(), NameError> {
    let name = name.as_bytes();
    if name.is_empty() || name.len() > 60 || !name[0].is_ascii_lowercase() {
        return Err(NameError::Dataset);
    }
    let mut at = 0;
    while at < name.len() {
        if !matches!(name[at], b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.') {
            return Err(NameError::Dataset);
        }
        at += 1;
    }
    if !name[name.len() - 1].is_ascii_alphanumeric() {
        return Err(NameError::Dataset);
    }
    let mut at = 0;
    while at < DATASETS.len() + RESERVED.len() {
        let taken = if at < DATASETS.len() { DATASETS[at].name } else { RESERVED[at - DATASETS.len()] }.as_bytes();
        if eq(name, taken) {
            return Err(NameError::Taken);
        }
        if name.len() > taken.len() && name[taken.len()] == b'-' && eq(name.split_at(taken.len()).0, taken) {
            return Err(NameError::LooksTaken);
        }
        at += 1;
    }
    Ok(())
}

const fn is_field_name(name: &[u8]) -> bool {
    if name.is_empty() || name[0] == b'_' {
        return false;
    }
    // Whether a part between dots begins here.
    let mut begins = true;
    let mut at = 0;
    while at < name.len() {
        match name[at] {
            b'.' if begins => return false,
            b'.' => begins = true,
            b'*' | b' ' | b'\t' | b'\n' | b'\r' | 0 => return false,
            _ => begins = false,
        }
        at += 1;
    }
    !begins
}

const fn first_part(name: &str) -> &[u8] {
    let name = name.as_bytes();
    let mut at = 0;
    while at < name.len() {
        if name[at] == b'.' {
            return name.split_at(at).0;
        }
        at += 1;
    }
    name
}

/// Whether two names are the same, or one names a field within what the other names.
const fn clash(one: &[u8], other: &[u8]) -> bool {
    let (long, short) = if one.len() > other.len() { (one, other) } else { (other, one) };
    eq(long.split_at(short.len()).0, short) && (long.len() == short.len() || long[short.len()] == b'.')
}

const fn eq(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Defines a document of a monitor's own: a struct, the name of its dataset, and the type of each field in the index.
///
/// ```
/// use canarytrace::prelude::*;
///
/// canarytrace::object! {
///     /// What an order costs and how long its confirmation takes.
///     pub struct Order = "orders" {
///         /// Number that the shop gave it.
///         number: String => "number": Keyword,
///         /// What is to be paid, CZK.
///         total: f64 => "total": Double,
///         /// How it is delivered.
///         delivery: Option<Delivery> => "delivery": Object(Delivery::FIELDS),
///     }
/// }
///
/// canarytrace::object! {
///     /// How an order is delivered.
///     pub struct Delivery {
///         /// Name of the carrier.
///         carrier: String => "carrier": Keyword,
///         /// Days until then.
///         days: u32 => "days": Long,
///     }
/// }
///
/// /// A customer orders a lamp.
/// #[monitor]
/// async fn a_customer_orders(browser: &mut Browser) -> Result {
///     browser
///         .step("order", async |browser| {
///             browser.goto("/").await?;
///             let order = Order { number: "2026-0042".into(), total: 1290.0, delivery: None };
///             browser.save(&order).await
///         })
///         .await
/// }
/// ```
///
/// With the name of a dataset it can be saved with [`Browser::save`](crate::Browser::save) and
/// [`Api::save`](crate::Api::save); without one it is an object inside of others. The types are those of
/// [`Mapping`](crate::record::Mapping). `None` is left out. Field types need `Clone`, `Debug`, `PartialEq` and serde's
/// `Serialize`.
///
/// `canarytrace install` learns of these datasets from `datasets.json`, which each run writes into the data folder.
///
/// Names that can't be are errors of the compiler:
///
/// ```compile_fail
/// canarytrace::object! {
///     /// The name is one of ours.
///     pub struct Mine = "report" {
///         /// A number.
///         number: u32 => "number": Long,
///     }
/// }
/// ```
/// ```compile_fail
/// canarytrace::object! {
///     /// Every document has `uuid`.
///     pub struct Mine = "mine" {
///         /// A number.
///         uuid: u32 => "uuid": Long,
///     }
/// }
/// ```
#[macro_export]
macro_rules! object {
    (
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident $(= $dataset:literal)? {
            $( $(#[doc = $field_doc:literal])+ $field:ident : $ty:ty => $json:literal : $mapping:expr, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $(
                $(#[doc = $field_doc])+
                pub $field: $ty,
            )*
        }

        impl $name {
            /// What it holds.
            pub const DOC: &'static str = ::core::concat!($($doc),+).trim_ascii();

            /// The fields with their types in the index.
            pub const FIELDS: &'static [$crate::record::Field] = {
                #[allow(unused_imports, reason = "a document may lack any of these types, or have no field")]
                use $crate::record::Mapping::*;
                &[
                    $( $crate::record::Field {
                        name: $json,
                        mapping: $mapping,
                        doc: ::core::concat!($($field_doc),+).trim_ascii(),
                    }, )*
                ]
            };
        }

        impl $crate::__private::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> ::core::result::Result<S::Ok, S::Error>
            where
                S: $crate::__private::serde::Serializer,
            {
                use $crate::__private::serde::ser::SerializeMap as _;
                #[allow(unused_mut, reason = "without fields nothing is added")]
                let mut map = serializer.serialize_map(::core::option::Option::None)?;
                $( map.serialize_entry($json, &self.$field)?; )*
                map.end()
            }
        }

        $crate::object!(@checked $name $($dataset)?);
    };
    (@checked $name:ident) => {
        const _: () = $crate::record::check_fields($name::FIELDS);
    };
    (@checked $name:ident $dataset:literal) => {
        const _: () = $crate::record::check_object($dataset, $name::FIELDS);

        impl $crate::record::Dataset for $name {
            const NAME: &'static str = $dataset;
            const FIELDS: &'static [$crate::record::Field] = Self::FIELDS;
            const DOC: &'static str = Self::DOC;
        }

        impl $crate::record::Object for $name {}

        $crate::__private::inventory::submit! {
            $crate::record::OwnDataset {
                info: $crate::record::DatasetInfo { name: $dataset, doc: $name::DOC, fields: $name::FIELDS },
                krate: ::core::env!("CARGO_CRATE_NAME"),
                file: ::core::file!(),
                line: ::core::line!(),
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_datasets_fit_into_names_of_data_streams() {
        for name in ["orders", "my-team.orders_2", "reports", "a1"] {
            assert_eq!(check_dataset_name(name), Ok(()), "{name}");
        }
        for name in ["", "Orders", "1st", "-a", "_a", ".a", "a/b", "a b", "ž", "a*", "a-", "a.", &"a".repeat(61)] {
            assert_eq!(check_dataset_name(name), Err(NameError::Dataset), "{name}");
        }
        assert_eq!(check_dataset_name("request-log"), Err(NameError::Taken));
        assert_eq!(check_dataset_name("vitals"), Err(NameError::Taken));
        assert_eq!(check_dataset_name("report-of-mine"), Err(NameError::LooksTaken));
    }

    #[test]
    fn names_of_fields_are_what_an_index_can_have() {
        for name in ["a", "a.b", "goog:chromeOptions", "content-type", "Ž", "@x"] {
            assert!(is_field_name(name.as_bytes()), "{name}");
        }
        for name in ["", ".", ".a", "a.", "a..b", "_id", "a b", "a*"] {
            assert!(!is_field_name(name.as_bytes()), "{name}");
        }
    }

    fn schema(fields: &str) -> DatasetSchema {
        serde_json::from_str(&format!(r#"{{ "name": "orders", "fields": {fields} }}"#)).unwrap()
    }

    #[test]
    fn fields_of_every_document_are_refused() {
        for name in ["timestamp", "@timestamp", "monitor.id", "uuid"] {
            let wrong = schema(&format!(r#"[{{ "name": "{name}", "type": "long" }}]"#));
            assert_eq!(check_schema(&wrong), Err((name.to_owned(), NameError::Common)));
        }
        // Within an object a name is one of its own.
        let inner = r#"[{ "name": "at", "type": "object", "fields": [{ "name": "timestamp", "type": "date" }] }]"#;
        assert_eq!(check_schema(&schema(inner)), Ok(()));
    }

    #[test]
    fn a_name_is_that_of_one_field() {
        for second in ["a", "a.b"] {
            let fields =
                format!(r#"[{{ "name": "a", "type": "long" }}, {{ "name": "{second}", "type": "text-raw" }}]"#);
            assert_eq!(check_schema(&schema(&fields)), Err((second.to_owned(), NameError::Twice)));
        }
        let beside = schema(r#"[{ "name": "a.b", "type": "long" }, { "name": "a.bc", "type": "long" }]"#);
        assert_eq!(check_schema(&beside), Ok(()));
    }
}
