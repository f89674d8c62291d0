//! Messages of the browser: from a websocket, from a line of a log, from an array of them.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Event;
use super::tolerant::{Field, IntoOwned, Text};
use crate::devtools::json;

/// One message of the browser that answers no call.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    /// The flattened session it belongs to; `None` for the browser itself, and in logs without sessions.
    pub session_id: Option<Text<'a>>,
    /// `Network.requestWillBeSent`; empty when the message names none, as replies don't.
    pub method: Text<'a>,
    /// Its parameters.
    pub event: Event<'a>,
}

impl<'a> Message<'a> {
    /// Reads one message. Texts borrow from `text` where nothing in them is escaped.
    ///
    /// Unpaired surrogates, which JavaScript's texts can hold and JSON's escapes can write, become U+FFFD.
    ///
    /// # Errors
    /// When `text` is no JSON object. Fields of unexpected types are no error.
    pub fn parse(text: &'a str) -> Result<Self, serde_json::Error> {
        // What our reader refuses, serde_json refuses and says why.
        json::from_str(text).or_else(|json::Refused| serde_json::from_str(text)).or_else(|error| match mended(text) {
            Some(mended) => serde_json::from_str::<Message<'_>>(&mended).map(IntoOwned::into_owned),
            None => Err(error),
        })
    }

    /// Reads a list of messages, `[{"method": …, "params": …}, …]`, and hands them over one by one. Texts borrow as those
    /// of [`parse`](Self::parse).
    ///
    /// # Errors
    /// When `text` is no JSON array of objects; messages before the place where that was found were handed over. Unpaired
    /// surrogates are an error here.
    pub fn parse_list(text: &'a str, mut take: impl FnMut(Self)) -> Result<(), serde_json::Error> {
        Self::list(text, &mut take)
    }

    fn list(text: &'a str, take: &mut dyn FnMut(Self)) -> Result<(), serde_json::Error> {
        let mut reader = json::Reader::new(text);
        if Messages(take).deserialize(&mut reader).and_then(|()| reader.end()).is_ok() {
            return Ok(());
        }
        let mut why = serde_json::Deserializer::from_str(text);
        Messages(&mut drop::<Self>).deserialize(&mut why)?;
        why.end()
    }
}

impl IntoOwned for Message<'_> {
    type Owned = Message<'static>;
    fn into_owned(self) -> Message<'static> {
        Message {
            session_id: self.session_id.map(IntoOwned::into_owned),
            method: IntoOwned::into_owned(self.method),
            event: self.event.into_owned(),
        }
    }
}

/// The JSON with U+FFFD in the place of every escaped surrogate that has no partner; `None` when there is none.
pub(in crate::devtools) fn mended(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let unit = |at: usize| {
        let escape = bytes.get(at..at + 6)?;
        let digits = escape.strip_prefix(b"\\u").and_then(|digits| std::str::from_utf8(digits).ok())?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut mended = String::new();
    let mut done = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'\\', &bytes[at..]) {
        at += found;
        match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at += 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str(&json[done..at]);
                mended.push_str("\\ufffd");
                at += 6;
                done = at;
            }
            (Some(_), _) => at += 6,
            // Some other escape: of a backslash, of a quote.
            (None, _) => at += 2,
        }
        if at >= bytes.len() {
            break;
        }
    }
    (done > 0).then(|| {
        mended.push_str(&json[done..]);
        mended
    })
}

impl<'de: 'a, 'a> Deserialize<'de> for Message<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor(PhantomData))
    }
}

struct MessageVisitor<'a>(PhantomData<&'a ()>);

enum Key {
    Method,
    Params,
    SessionId,
    Other,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = Key;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Key, E> {
                Ok(match name {
                    "method" => Key::Method,
                    "params" => Key::Params,
                    "sessionId" => Key::SessionId,
                    _ => Key::Other,
                })
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for MessageVisitor<'a> {
    type Value = Message<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message of the DevTools protocol, an object with `method` and `params`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message<'a>, A::Error> {
        let mut method: Option<Text<'a>> = None;
        let mut session_id = None;
        let mut event = Event::Other;
        let mut early = None;
        while let Some(key) = map.next_key()? {
            match key {
                Key::Method => method = map.next_value::<Field<Text<'a>>>()?.into_option(),
                Key::SessionId => session_id = map.next_value::<Field<Text<'a>>>()?.into_option(),
                Key::Params => match &method {
                    Some(method) => event = map.next_value_seed(EventSeed::of(method))?,
                    // Nobody says that the method comes first.
                    None => early = Some(map.next_value::<Value>()?),
                },
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let (Some(params), Some(method)) = (early, &method) {
            let params = params.to_string();
            let mut params = json::Reader::new(&params);
            let read = EventSeed::of(method).deserialize(&mut params).map_err(serde::de::Error::custom)?;
            event = read.into_owned();
        }
        Ok(Message { session_id, method: method.unwrap_or_default(), event })
    }
}

/// Reads the parameters of the event `method`.
pub(super) struct EventSeed<'m, 'a> {
    pub(super) method: &'m str,
    pub(super) lifetime: PhantomData<&'a ()>,
}

impl<'m> EventSeed<'m, '_> {
    fn of(method: &'m str) -> Self {
        Self { method, lifetime: PhantomData }
    }
}

/// A list of messages, handed to a function one by one.
struct Messages<'f, 'a>(&'f mut dyn FnMut(Message<'a>));

impl<'de: 'a, 'a> DeserializeSeed<'de> for Messages<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Messages<'_, 'a> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of messages of the DevTools protocol")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(message) = seq.next_element()? {
            (self.0)(message);
        }
        Ok(())
    }
}

impl Serialize for Message<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("method", &self.method)?;
        map.serialize_entry("params", &self.event)?;
        if let Some(session_id) = &self.session_id {
            map.serialize_entry("sessionId", session_id)?;
        }
        map.end()
    }
}

/// Defines the enum of the events that are read: name, variant and struct of each.
macro_rules! events {
    ($( $method:literal => $variant:ident($ty:ty), )+) => {
        /// The parameters of an event.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Event<'a> {
            $(
                #[doc = concat!("`", $method, "`.")]
                $variant(Box<$ty>),
            )+
            /// An event that we don't read; or one without readable parameters.
            Other,
        }

        impl Event<'_> {
            /// The events that are read, by name.
            pub const METHODS: &'static [&'static str] = &[$( $method, )+];
        }

        impl<'de: 'a, 'a, 'm> serde::de::DeserializeSeed<'de> for message::EventSeed<'m, 'a> {
            type Value = Event<'a>;
            fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Event<'a>, D::Error> {
                use serde::Deserialize as _;
                match self.method {
                    $(
                        $method => Ok(match Field::<Box<$ty>>::deserialize(deserializer)? {
                            Field::Is(params) => Event::$variant(params),
                            Field::Absent | Field::Odd(_) => Event::Other,
                        }),
                    )+
                    _ => {
                        serde::de::IgnoredAny::deserialize(deserializer)?;
                        Ok(Event::Other)
                    }
                }
            }
        }

        impl IntoOwned for Event<'_> {
            type Owned = Event<'static>;
            fn into_owned(self) -> Event<'static> {
                match self {
                    $( Event::$variant(params) => Event::$variant(params.into_owned()), )+
                    Event::Other => Event::Other,
                }
            }
        }

        impl serde::Serialize for Event<'_> {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Event::$variant(params) => params.serialize(serializer), )+
                    Event::Other => serializer.serialize_unit(),
                }
            }
        }
    };
}
pub(super) use events;
