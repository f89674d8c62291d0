//! One definition of a document: its Rust struct, its JSON, its mapping and its row in the documentation.
//!
//! [`document!`] defines a dataset's struct together with the Elasticsearch type of each field. Templates, JSON
//! Schema and documentation are derived from [`Dataset::FIELDS`], so a field can't exist without a mapping.

use serde::Serialize;

/// The Elasticsearch type of a field, restricted to what both Elasticsearch and `OpenSearch` know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mapping {
    /// Exact value.
    Keyword,
    /// Analysed text with a `raw` keyword sub-field (`ignore_above` 8191), as the original's queries expect.
    TextRaw,
    /// Exact value with a `keyword` sub-field too, where the original's dashboards aggregate on `<field>.keyword`.
    KeywordKeyword,
    /// Analysed text with a `keyword` sub-field (`ignore_above` 8191), where the original's queries look for words and its
    /// dashboards aggregate on `<field>.keyword`.
    TextKeyword,
    /// A number that is a code and no quantity, such as an HTTP status: a number in the JSON, an exact value in the index.
    Code,
    /// 64-bit integer.
    Long,
    /// 64-bit floating point number.
    Double,
    /// True or false.
    Boolean,
    /// Milliseconds since the epoch, or RFC 3339 text.
    Date,
    /// IPv4 or IPv6 address.
    Ip,
    /// A range of instants: `{"gte": …, "lt": …}`.
    DateRange,
    /// Kept in `_source` and not indexed.
    NotIndexed,
    /// An object with fields of its own.
    Object(&'static [Field]),
    /// An object of which these fields are indexed; whatever else it has is kept in `_source` and not indexed
    /// (`dynamic: false`).
    OpenObject(&'static [Field]),
}

/// A field of a document: its JSON name, its type and its description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// JSON name within its object; may hold dots where the documents use dotted names.
    pub name: &'static str,
    /// Elasticsearch type.
    pub mapping: Mapping,
    /// Meaning and unit, one sentence.
    pub doc: &'static str,
}

/// A kind of document.
pub trait Dataset: Serialize {
    /// Name of the dataset: file name in the spool and middle part of the data stream's name.
    const NAME: &'static str;
    /// The fields of its own, beside those of [`Common`](super::Common).
    const FIELDS: &'static [Field];
    /// What the dataset holds, one sentence.
    const DOC: &'static str;
}

/// Defines a struct that serialises to a JSON object, with the mapping of each field.
///
/// ```ignore
/// document! {
///     /// What the dataset holds.
///     pub struct SmokeTitle = "smoke-title" {
///         /// The URL that was asked for.
///         entry_url: String => "entryUrl": Mapping::TextRaw,
///     }
/// }
/// ```
/// `pub struct Name {` without `= "dataset"` defines an object inside a document. `None` is left out of the JSON.
macro_rules! document {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident $(= $dataset:literal)? {
            $( $(#[doc = $field_doc:literal])+ $field:ident : $ty:ty => $json:literal : $mapping:expr, )*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        pub struct $name {
            $(
                $(#[doc = $field_doc])+
                #[serde(rename = $json, skip_serializing_if = "crate::record::document::Absent::absent")]
                pub $field: $ty,
            )*
        }

        impl $name {
            /// What it holds.
            pub const DOC: &'static str = concat!($($doc),+).trim_ascii();

            /// The fields with their Elasticsearch types.
            pub const FIELDS: &'static [crate::record::Field] = &[
                $( crate::record::Field { name: $json, mapping: $mapping, doc: concat!($($field_doc),+).trim_ascii() }, )*
            ];
        }

        $(
            impl crate::record::Dataset for $name {
                const NAME: &'static str = $dataset;
                const FIELDS: &'static [crate::record::Field] = Self::FIELDS;
                const DOC: &'static str = Self::DOC;
            }
        )?
    };
}
pub(crate) use document;

/// Whether a field's value has nothing to say and is left out of the JSON.
///
/// Only [`Option`] is ever absent: an empty list or a zero is a value.
pub trait Absent {
    /// True when the field is to be left out.
    fn absent(&self) -> bool {
        false
    }
}

impl<T> Absent for Option<T> {
    fn absent(&self) -> bool {
        self.is_none()
    }
}

macro_rules! always_present {
    ($($ty:ty),+) => { $( impl Absent for $ty {} )+ };
}

always_present!(String, &'static str, bool, i64, u64, u32, u16, f64, uuid::Uuid, jiff::Timestamp);
impl<T> Absent for Vec<T> {}
impl<K, V> Absent for std::collections::BTreeMap<K, V> {}
