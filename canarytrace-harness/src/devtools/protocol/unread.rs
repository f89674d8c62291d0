//! Parts of messages that are kept as JSON until somebody reads them.
//!
//! Half of all headers are told twice, and of a stack of calls often only the first one is wanted: to skip JSON is far
//! cheaper than to build what it says.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::message::mended;
use super::runtime::{CallFrame, StackTrace};
use super::tolerant::{Field, FromJson, Headers, IntoOwned, Text};
use crate::devtools::json::{self, Raw, Reader};

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

        /// Only from JSON as text.
        impl<'de: 'a, 'a> FromJson<'de> for $name<'a> {
            fn from_any<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
                let Raw(json) = Raw::deserialize(deserializer)?;
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
        let first = match &self.0 {
            Cow::Borrowed(json) => first_call(json),
            Cow::Owned(json) => first_call(json).into_owned(),
        };
        if let Field::Absent = first {
            return first_call(&mended(&self.0)?).into_owned().take();
        }
        first.into_option()
    }
}

fn parse<'de, T: FromJson<'de>>(json: &'de str) -> Option<T> {
    json::from_str::<Field<T>>(json).ok()?.take()
}

fn first_call(stack: &str) -> Field<CallFrame<'_>> {
    let mut call = Field::Absent;
    // That what follows it is not read is an error to the parser, which knows no other way to stop.
    let _ = Reader::new(stack).deserialize_map(FirstCall(&mut call));
    call
}

/// Visits a stack, and then its calls, until it has the first one.
struct FirstCall<'c, 'a>(&'c mut Field<CallFrame<'a>>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for FirstCall<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for FirstCall<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stack of calls")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut stack: A) -> Result<(), A::Error> {
        while let Some(key) = stack.next_key::<Field<Text<'de>>>()? {
            if key.text() == "callFrames" {
                return stack.next_value_seed(self);
            }
            stack.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut calls: A) -> Result<(), A::Error> {
        *self.0 = calls.next_element()?.unwrap_or_default();
        Ok(())
    }
}
