//! Parts of messages that are kept as JSON until somebody reads them.
//!
//! Half of all headers are told twice, and of a stack of calls often only the first one is wanted: to skip JSON is far
//! cheaper than to build what it says.

use std::borrow::Cow;

use serde::Deserialize as _;
use serde::de::{Deserializer, IgnoredAny, SeqAccess};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::message::mended;
use super::runtime::{CallFrame, StackTrace};
use super::tolerant::{Field, FromJson, Headers, IntoOwned, Text, tolerant};

/// Reads `$json` as `$of`, which borrows from it where it is borrowed itself.
macro_rules! read {
    ($json:expr, $of:ident) => {{
        let json: &Text<'a> = $json;
        let read: Option<$of<'a>> = match json {
            Cow::Borrowed(json) => parse::<$of<'_>>(json),
            Cow::Owned(json) => parse::<$of<'_>>(json).map(IntoOwned::into_owned),
        };
        let mended = || parse::<$of<'_>>(&mended(json)?).map(IntoOwned::into_owned);
        read.or_else(mended).unwrap_or_default()
    }};
}

macro_rules! unread {
    ($( $(#[$meta:meta])* pub struct $name:ident of $of:ident; )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name<'a>(Text<'a>);

        impl<'a> $name<'a> {
            /// Reads it. Empty when it can't be read: nested too deep.
            pub fn read(&self) -> $of<'a> {
                read!(&self.0, $of)
            }
        }

        /// Only from JSON as text, which `serde_json` reads.
        impl<'de: 'a, 'a> FromJson<'de> for $name<'a> {
            fn from_any<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
                let json = <&'de RawValue>::deserialize(deserializer)?.get();
                if json.starts_with('{') {
                    return Ok(Field::Is(Self(Cow::Borrowed(json))));
                }
                Ok(Field::odd(serde_json::from_str(json).unwrap_or_default()))
            }
        }

        impl IntoOwned for $name<'_> {
            type Owned = $name<'static>;
            fn into_owned(self) -> $name<'static> {
                $name(IntoOwned::into_owned(self.0))
            }
        }

        impl Serialize for $name<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.read().serialize(serializer)
            }
        }
    )+ };
}

unread! {
    /// Headers that were not read yet.
    pub struct UnreadHeaders of Headers;

    /// A stack of calls that was not read yet.
    pub struct UnreadStack of StackTrace;
}

impl<'a> UnreadStack<'a> {
    /// Its innermost call, without reading the others.
    pub fn first_call(&self) -> Option<CallFrame<'a>> {
        read!(&self.0, Top).calls.take()?.0.take()
    }
}

fn parse<'de, T: FromJson<'de>>(json: &'de str) -> Option<T> {
    serde_json::from_str::<Field<T>>(json).ok()?.take()
}

tolerant! {
    /// A stack of calls, of which only the first is read.
    pub struct Top<'a> {
        /// The calls.
        calls: First<'a> => "callFrames",
    }
}

/// The first of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct First<'a>(Field<CallFrame<'a>>);

impl<'de: 'a, 'a> FromJson<'de> for First<'a> {
    fn from_seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Field<Self>, A::Error> {
        let first = seq.next_element()?.unwrap_or_default();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Is(Self(first)))
    }
}

impl IntoOwned for First<'_> {
    type Owned = First<'static>;
    fn into_owned(self) -> First<'static> {
        First(self.0.into_owned())
    }
}

impl Serialize for First<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [&self.0].serialize(serializer)
    }
}
