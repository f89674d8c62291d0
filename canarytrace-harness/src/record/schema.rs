//! Datasets as data: what templates are made of and what `datasets.json` holds, for ours and those of monitors alike.

use serde::{Deserialize, Serialize};

use super::DatasetInfo;
use super::document::{Field, Mapping};

/// A dataset with its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetSchema {
    /// Name of the dataset: the middle part of the data stream's name.
    pub name: String,
    /// What it holds.
    #[serde(default)]
    pub doc: String,
    /// Its own fields, beside those that every document has.
    pub fields: Vec<FieldSchema>,
}

/// A field of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSchema {
    /// JSON name within its object; may hold dots.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Meaning and unit.
    #[serde(default)]
    pub doc: String,
    /// Of objects: their fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldSchema>,
}

macro_rules! field_types {
    ($($variant:ident,)+) => {
        /// The type of a field: [`Mapping`] without what is in objects. In JSON its name is in kebab case: `text-raw`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum FieldType {
            $(
                #[doc = concat!("[`Mapping::", stringify!($variant), "`].")]
                $variant,
            )+
            /// [`Mapping::Object`].
            Object,
            /// [`Mapping::OpenObject`].
            OpenObject,
        }

        impl FieldSchema {
            /// A field of a struct.
            pub fn of(field: &Field) -> Self {
                let (kind, fields) = match field.mapping {
                    $( Mapping::$variant => (FieldType::$variant, &[][..]), )+
                    Mapping::Object(fields) => (FieldType::Object, fields),
                    Mapping::OpenObject(fields) => (FieldType::OpenObject, fields),
                };
                let fields = fields.iter().map(Self::of).collect();
                Self { name: field.name.to_owned(), kind, doc: field.doc.to_owned(), fields }
            }
        }
    };
}

field_types! {
    Keyword,
    TextRaw,
    KeywordKeyword,
    TextKeyword,
    Code,
    Long,
    Double,
    Boolean,
    Date,
    Ip,
    DateRange,
    NotIndexed,
}

/// Longest exact value that is indexed, characters (UTF-16 units for Elasticsearch): a term may have 32766 bytes (Lucene),
/// a character up to 4. A longer one is kept in `_source`; without this limit its document would be refused.
pub const IGNORE_ABOVE: usize = 8191;

/// How an index looks at a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexType {
    /// An exact text; one longer than [`IGNORE_ABOVE`] is as if it were missing.
    Keyword,
    /// Words.
    Text,
    /// 64-bit integer.
    Long,
    /// 64-bit floating point number.
    Double,
    /// True or false.
    Boolean,
    /// A moment.
    Date,
    /// An address.
    Ip,
    /// A span of time.
    DateRange,
    /// Kept and not to be found.
    NotIndexed,
    /// Other fields are below it.
    Object,
}

impl FieldType {
    /// How an index looks at the field itself.
    pub fn indexed_as(self) -> IndexType {
        match self {
            Self::Keyword | Self::KeywordKeyword | Self::Code => IndexType::Keyword,
            Self::TextRaw | Self::TextKeyword => IndexType::Text,
            Self::Long => IndexType::Long,
            Self::Double => IndexType::Double,
            Self::Boolean => IndexType::Boolean,
            Self::Date => IndexType::Date,
            Self::Ip => IndexType::Ip,
            Self::DateRange => IndexType::DateRange,
            Self::NotIndexed => IndexType::NotIndexed,
            Self::Object | Self::OpenObject => IndexType::Object,
        }
    }

    /// The name below which the same value is an exact text too.
    pub fn sub_field(self) -> Option<&'static str> {
        match self {
            Self::TextRaw => Some("raw"),
            Self::KeywordKeyword | Self::TextKeyword => Some("keyword"),
            _ => None,
        }
    }
}

impl DatasetSchema {
    /// A dataset of a struct.
    pub fn of(info: &DatasetInfo) -> Self {
        Self {
            name: info.name.to_owned(),
            doc: info.doc.to_owned(),
            fields: info.fields.iter().map(FieldSchema::of).collect(),
        }
    }

    /// Every dataset of ours, in the order of the documentation.
    pub fn ours() -> Vec<Self> {
        super::DATASETS.iter().map(Self::of).collect()
    }
}
