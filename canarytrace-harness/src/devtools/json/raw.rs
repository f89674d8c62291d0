//! A value as the text it came as.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// The name by which a [`Raw`] asks a [`Reader`](super::Reader) for text.
pub(super) const NAME: &str = "$canarytrace::json::Raw";

/// A value as text without the white space around it, from a [`Reader`](super::Reader) or from `serde_json`'s.
#[derive(Debug, PartialEq)]
pub(in crate::devtools) struct Raw<'a>(pub(in crate::devtools) &'a str);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(NAME, RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON as text")
    }
    fn visit_borrowed_str<E: Error>(self, json: &'de str) -> Result<Raw<'de>, E> {
        Ok(Raw(json))
    }
    /// Any other reader is asked for what `serde_json` understands.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw<'de>, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|json| Raw(json.get()))
    }
}
