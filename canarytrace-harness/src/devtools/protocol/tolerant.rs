//! Tolerant structs of the protocol: every field may be missing, or of another type than was documented.
//!
//! A browser that is newer (or older) than us must not make us lose a message: the field that changed is
//! [`Field::Odd`], the others are read. Fields that nobody here needs are skipped without being built; the message's text
//! is kept as it came for whoever wants them ([`CdpEvent::text`](crate::devtools::CdpEvent::text)).

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Number, Value};

/// A text of a message, borrowed from it where nothing in it was escaped.
pub type Text<'a> = Cow<'a, str>;

/// A field of a message.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Field<T> {
    /// The message doesn't have it.
    #[default]
    Absent,
    /// As documented.
    Is(T),
    /// Of another type than documented.
    Odd(Box<Value>),
}

impl<T> Field<T> {
    pub(super) fn odd(value: Value) -> Self {
        Self::Odd(Box::new(value))
    }

    /// The value, if it is there and as documented.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Odd(_) => None,
        }
    }

    /// [`get`](Self::get) by value.
    pub fn into_option(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Odd(_) => None,
        }
    }

    /// Takes the value out, if it is there and as documented.
    pub fn take(&mut self) -> Option<T> {
        std::mem::take(self).into_option()
    }
}

impl Field<Text<'_>> {
    /// The text; empty when there is none.
    pub fn text(&self) -> &str {
        self.get().map_or("", |text| text)
    }
}

impl Field<Number> {
    /// The number, if there is one.
    pub fn number(&self) -> Option<f64> {
        self.get().and_then(Number::as_f64)
    }

    /// The number as an integer; one with a fraction is cut.
    pub fn integer(&self) -> Option<i64> {
        let number = self.get()?;
        #[expect(clippy::cast_possible_truncation, reason = "the protocol's own integers come as floats at times")]
        number.as_i64().or_else(|| number.as_f64().map(|number| number as i64))
    }
}

impl Field<bool> {
    /// The value; false when there is none.
    pub fn is_true(&self) -> bool {
        self.get().copied().unwrap_or_default()
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Self::Is)
    }
}

/// The same value without anything borrowed.
pub trait IntoOwned {
    /// Its type.
    type Owned;
    /// Copies what is borrowed.
    fn into_owned(self) -> Self::Owned;
}

impl IntoOwned for Text<'_> {
    type Owned = Text<'static>;
    fn into_owned(self) -> Text<'static> {
        Cow::Owned(Cow::into_owned(self))
    }
}

impl<T: IntoOwned> IntoOwned for Box<T> {
    type Owned = Box<T::Owned>;
    fn into_owned(self) -> Self::Owned {
        Box::new((*self).into_owned())
    }
}

impl<T: IntoOwned> IntoOwned for Vec<T> {
    type Owned = Vec<T::Owned>;
    fn into_owned(self) -> Self::Owned {
        self.into_iter().map(IntoOwned::into_owned).collect()
    }
}

impl<T: IntoOwned> IntoOwned for Option<T> {
    type Owned = Option<T::Owned>;
    fn into_owned(self) -> Self::Owned {
        self.map(IntoOwned::into_owned)
    }
}

impl<T: IntoOwned> IntoOwned for Field<T> {
    type Owned = Field<T::Owned>;
    fn into_owned(self) -> Self::Owned {
        match self {
            Self::Absent => Field::Absent,
            Self::Is(value) => Field::Is(value.into_owned()),
            Self::Odd(value) => Field::Odd(value),
        }
    }
}

macro_rules! owned_already {
    ($($ty:ty),+) => { $(
        impl IntoOwned for $ty {
            type Owned = Self;
            fn into_owned(self) -> Self {
                self
            }
        }
    )+ };
}
owned_already!(bool, Number, Value);

/// What a [`Field`] can be read as. Each kind of JSON is refused unless the type takes it.
pub trait FromJson<'de>: Sized {
    /// From anything.
    fn from_any<D: Deserializer<'de>>(deserializer: D) -> Result<Field<Self>, D::Error> {
        deserializer.deserialize_any(FieldVisitor(PhantomData))
    }
    /// From `true` or `false`.
    fn from_bool(_value: bool) -> Option<Self> {
        None
    }
    /// From a number.
    fn from_number(_value: &Number) -> Option<Self> {
        None
    }
    /// From a text.
    fn from_text(value: Text<'de>) -> Result<Self, Text<'de>> {
        Err(value)
    }
    /// From an object.
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Field<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Field::odd)
    }
    /// From an array.
    fn from_seq<A: SeqAccess<'de>>(seq: A) -> Result<Field<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Field::odd)
    }
}

impl<'de: 'a, 'a> FromJson<'de> for Text<'a> {
    fn from_text(value: Text<'de>) -> Result<Self, Text<'de>> {
        Ok(value)
    }
}

impl FromJson<'_> for bool {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl FromJson<'_> for Number {
    fn from_number(value: &Number) -> Option<Self> {
        Some(value.clone())
    }
}

impl<'de> FromJson<'de> for Value {
    fn from_bool(value: bool) -> Option<Self> {
        Some(value.into())
    }
    fn from_number(value: &Number) -> Option<Self> {
        Some(value.clone().into())
    }
    fn from_text(value: Text<'de>) -> Result<Self, Text<'de>> {
        Ok(value.into_owned().into())
    }
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Field<Self>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Field::Is)
    }
    fn from_seq<A: SeqAccess<'de>>(seq: A) -> Result<Field<Self>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(seq)).map(Field::Is)
    }
}

/// A struct whose fields are read one by one.
pub(super) trait Fields<'de>: Default {
    /// Reads them from an object.
    fn read<A: MapAccess<'de>>(&mut self, map: A) -> Result<(), A::Error>;
}

/// Boxed are those that are large: they are read to where they stay.
impl<'de, T: Fields<'de>> FromJson<'de> for Box<T> {
    fn from_map<A: MapAccess<'de>>(map: A) -> Result<Field<Self>, A::Error> {
        let mut value = Self::default();
        value.read(map)?;
        Ok(Field::Is(value))
    }
}

impl<'de, T: FromJson<'de>> FromJson<'de> for Vec<Field<T>> {
    fn from_seq<A: SeqAccess<'de>>(mut seq: A) -> Result<Field<Self>, A::Error> {
        let mut items = Self::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Field::Is(items))
    }
}

impl<'de, T: FromJson<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::from_any(deserializer)
    }
}

struct FieldVisitor<T>(PhantomData<T>);

fn text<'de, T: FromJson<'de>>(value: Text<'de>) -> Field<T> {
    match T::from_text(value) {
        Ok(value) => Field::Is(value),
        Err(value) => Field::odd(Value::String(Cow::into_owned(value))),
    }
}

fn number<'de, T: FromJson<'de>>(value: Number) -> Field<T> {
    match T::from_number(&value) {
        Some(value) => Field::Is(value),
        None => Field::odd(Value::Number(value)),
    }
}

impl<'de, T: FromJson<'de>> Visitor<'de> for FieldVisitor<T> {
    type Value = Field<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }
    fn visit_bool<E: Error>(self, value: bool) -> Result<Field<T>, E> {
        Ok(T::from_bool(value).map_or_else(|| Field::odd(Value::Bool(value)), Field::Is))
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Field<T>, E> {
        Ok(number(value.into()))
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Field<T>, E> {
        Ok(number(value.into()))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Field<T>, E> {
        Ok(Number::from_f64(value).map_or_else(|| Field::odd(Value::Null), number))
    }
    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Field<T>, E> {
        Ok(text(Cow::Borrowed(value)))
    }
    fn visit_str<E: Error>(self, value: &str) -> Result<Field<T>, E> {
        Ok(text(Cow::Owned(value.to_owned())))
    }
    fn visit_string<E: Error>(self, value: String) -> Result<Field<T>, E> {
        Ok(text(Cow::Owned(value)))
    }
    fn visit_unit<E: Error>(self) -> Result<Field<T>, E> {
        Ok(Field::odd(Value::Null))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Field<T>, A::Error> {
        T::from_map(map)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Field<T>, A::Error> {
        T::from_seq(seq)
    }
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_unit(),
            Self::Is(value) => value.serialize(serializer),
            Self::Odd(value) => value.serialize(serializer),
        }
    }
}

/// Headers (`Network.Headers`) in the order and case they came in. Several of one name are one, joined by newlines.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Headers<'a>(pub Vec<(Text<'a>, Field<Text<'a>>)>);

impl Headers<'_> {
    /// The value of a header, whatever the case of its name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Name and value of each header whose value is a text, as it is.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((&**name, &**value.get()?)))
    }
}

impl IntoOwned for Headers<'_> {
    type Owned = Headers<'static>;
    fn into_owned(self) -> Headers<'static> {
        Headers(self.0.into_iter().map(|(name, value)| (IntoOwned::into_owned(name), value.into_owned())).collect())
    }
}

impl<'de: 'a, 'a> FromJson<'de> for Headers<'a> {
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Field<Self>, A::Error> {
        let mut headers = Vec::with_capacity(20);
        while let Some(name) = map.next_key::<Field<Text<'a>>>()? {
            let value = map.next_value()?;
            headers.push((name.into_option().unwrap_or_default(), value));
        }
        Ok(Field::Is(Self(headers)))
    }
}

impl Serialize for Headers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Defines structs of which every field is a [`Field`]: `url: Text<'a> => "url",`. Other fields are skipped.
macro_rules! tolerant {
    ($( $(#[$meta:meta])* pub struct $name:ident $(<$lifetime:lifetime>)? {
        $( $(#[$field_meta:meta])* $field:ident : $ty:ty => $key:literal, )+
    } )+) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name $(<$lifetime>)? {
            $( $(#[$field_meta])* pub $field: $crate::devtools::protocol::tolerant::Field<$ty>, )+
        }

        impl<'de $(: $lifetime, $lifetime)?> $crate::devtools::protocol::tolerant::FromJson<'de>
            for $name $(<$lifetime>)?
        {
            fn from_map<A: ::serde::de::MapAccess<'de>>(
                map: A,
            ) -> Result<$crate::devtools::protocol::tolerant::Field<Self>, A::Error> {
                use $crate::devtools::protocol::tolerant::Fields as _;
                let mut value = Self::default();
                value.read(map)?;
                Ok($crate::devtools::protocol::tolerant::Field::Is(value))
            }
        }

        impl<'de $(: $lifetime, $lifetime)?> $crate::devtools::protocol::tolerant::Fields<'de>
            for $name $(<$lifetime>)?
        {
            fn read<A: ::serde::de::MapAccess<'de>>(&mut self, mut map: A) -> Result<(), A::Error> {
                #[expect(non_camel_case_types, reason = "they are named as the fields")]
                enum Key { $( $field, )+ NotNeeded }
                struct KeyVisitor;
                impl ::serde::de::Visitor<'_> for KeyVisitor {
                    type Value = Key;
                    fn expecting(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                        f.write_str("a name")
                    }
                    fn visit_str<E: ::serde::de::Error>(self, name: &str) -> Result<Key, E> {
                        Ok(match name { $( $key => Key::$field, )+ _ => Key::NotNeeded })
                    }
                }
                impl<'de> ::serde::de::DeserializeSeed<'de> for KeyVisitor {
                    type Value = Key;
                    fn deserialize<D: ::serde::Deserializer<'de>>(self, from: D) -> Result<Key, D::Error> {
                        from.deserialize_identifier(self)
                    }
                }
                while let Some(key) = map.next_key_seed(KeyVisitor)? {
                    match key {
                        $( Key::$field => self.$field = map.next_value()?, )+
                        Key::NotNeeded => {
                            map.next_value::<::serde::de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(())
            }
        }

        impl $(<$lifetime>)? ::serde::Serialize for $name $(<$lifetime>)? {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use ::serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(None)?;
                $(
                    if self.$field != $crate::devtools::protocol::tolerant::Field::Absent {
                        map.serialize_entry($key, &self.$field)?;
                    }
                )+
                map.end()
            }
        }

        $crate::devtools::protocol::tolerant::owned! { $name $($lifetime)? { $($field)+ } }
    )+ };
}

macro_rules! owned {
    ($name:ident { $($field:ident)+ }) => {
        impl $crate::devtools::protocol::tolerant::IntoOwned for $name {
            type Owned = Self;
            fn into_owned(self) -> Self {
                self
            }
        }
    };
    ($name:ident $lifetime:lifetime { $($field:ident)+ }) => {
        impl<$lifetime> $crate::devtools::protocol::tolerant::IntoOwned for $name<$lifetime> {
            type Owned = $name<'static>;
            fn into_owned(self) -> $name<'static> {
                $name {
                    $( $field: $crate::devtools::protocol::tolerant::IntoOwned::into_owned(self.$field), )+
                }
            }
        }
    };
}

pub(super) use {owned, tolerant};
