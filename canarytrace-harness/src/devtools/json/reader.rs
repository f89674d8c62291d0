//! A `Deserializer` of JSON text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Number;

use super::scan::{self, blank, byte, plain};
use super::{raw, skip};

/// As `serde_json`: no deeper nesting is read.
const MAX_DEPTH: u8 = 127;

/// Powers of ten that are exact.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The text is not JSON, or not of the form that was asked for. [`serde_json`] says why and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::devtools) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no JSON of the expected form")
    }
}

impl std::error::Error for Refused {}

impl serde::de::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

type Result<T> = std::result::Result<T, Refused>;

/// Reads a text that is one value.
pub(in crate::devtools) fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T> {
    let mut reader = Reader::new(text);
    let value = T::deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Reads JSON text. Strings without escapes borrow from it. Enums are not read.
#[derive(Debug)]
pub(in crate::devtools) struct Reader<'de> {
    text: &'de str,
    at: usize,
    depth: u8,
}

impl<'de> Reader<'de> {
    /// From the beginning of this text.
    pub(in crate::devtools) fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// Nothing but white space is left.
    pub(in crate::devtools) fn end(&mut self) -> Result<()> {
        if self.peek() == 0 && self.at >= self.text.len() { Ok(()) } else { Err(Refused) }
    }

    /// The next byte that is no white space; 0 at the end.
    #[inline]
    fn peek(&mut self) -> u8 {
        self.at = blank(self.text.as_bytes(), self.at);
        byte(self.text.as_bytes(), self.at)
    }

    /// Goes on where a function of [`scan`] or [`skip`] says.
    #[inline]
    fn go(&mut self, to: Option<usize>) -> Result<()> {
        self.at = to.ok_or(Refused)?;
        Ok(())
    }

    /// The string that begins here.
    #[inline]
    fn string(&mut self) -> Result<Cow<'de, str>> {
        let begins = self.at + 1;
        let ends = plain(self.text.as_bytes(), begins);
        if byte(self.text.as_bytes(), ends) == b'"' {
            self.at = ends + 1;
            return self.text.get(begins..ends).map(Cow::Borrowed).ok_or(Refused);
        }
        self.escaped_string()
    }

    #[inline(never)]
    fn escaped_string(&mut self) -> Result<Cow<'de, str>> {
        let begins = self.at;
        self.go(scan::string(self.text.as_bytes(), begins + 1))?;
        let json = self.text.get(begins..self.at).ok_or(Refused)?;
        match unescaped(json) {
            Some(text) => Ok(Cow::Owned(text)),
            None => serde_json::from_str(json).map(Cow::Owned).map_err(|_| Refused),
        }
    }

    fn number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        let text = self.text.as_bytes();
        let begins = self.at;
        if let Some((number, ends)) = simple_number(text, begins) {
            self.at = ends;
            return match number {
                Simple::Positive(number) => visitor.visit_u64(number),
                Simple::Negative(number) => visitor.visit_i64(number),
                Simple::Fraction(number) => visitor.visit_f64(number),
            };
        }
        self.go(scan::number(text, begins))?;
        let json = self.text.get(begins..self.at).ok_or(Refused)?;
        let number: Number = serde_json::from_str(json).map_err(|_| Refused)?;
        if let Some(number) = number.as_u64() {
            visitor.visit_u64(number)
        } else if let Some(number) = number.as_i64() {
            visitor.visit_i64(number)
        } else {
            visitor.visit_f64(number.as_f64().ok_or(Refused)?)
        }
    }

    #[inline]
    fn nested<T>(&mut self, close: u8, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MAX_DEPTH {
            return Err(Refused);
        }
        self.depth += 1;
        self.at += 1;
        let value = read(self)?;
        self.depth -= 1;
        if self.peek() != close {
            return Err(Refused);
        }
        self.at += 1;
        Ok(value)
    }

    /// Whether another key or element follows.
    #[inline]
    fn another(&mut self, close: u8, first: &mut bool) -> Result<bool> {
        let next = self.peek();
        if next == close {
            return Ok(false);
        }
        if std::mem::take(first) {
            return Ok(true);
        }
        if next != b',' {
            return Err(Refused);
        }
        self.at += 1;
        if self.peek() == close { Err(Refused) } else { Ok(true) }
    }
}

enum Simple {
    Positive(u64),
    Negative(i64),
    Fraction(f64),
}

/// A number that has one way only to be read, and the place behind it: an integer of few digits, or a fraction that is the
/// quotient of two exact numbers. `None` for any other, and for what is none.
#[inline]
fn simple_number(text: &[u8], begins: usize) -> Option<(Simple, usize)> {
    let negative = byte(text, begins) == b'-';
    let (whole, mut at) = digits(text, begins + usize::from(negative), 0)?;
    let mut number = whole;
    let mut places = 0;
    if byte(text, at) == b'.' {
        let point = at;
        (number, at) = digits(text, at + 1, whole)?;
        places = at - point - 1;
    }
    let first = begins + usize::from(negative);
    let leading_zero = byte(text, first) == b'0' && byte(text, first + 1).is_ascii_digit();
    if leading_zero || at - first > 18 || matches!(byte(text, at), b'e' | b'E') {
        return None;
    }
    let number = match places {
        0 if !negative => Simple::Positive(number),
        // -0 is a fraction.
        0 if number > 0 => Simple::Negative(-number.cast_signed()),
        1.. if number < 1 << 53 => {
            #[expect(clippy::cast_precision_loss, reason = "there is none below 2^53")]
            let number = number as f64 / POWERS.get(places)?;
            Simple::Fraction(if negative { -number } else { number })
        }
        _ => return None,
    };
    Some((number, at))
}

/// Digits, of which there must be one, behind others that are a number already; and the place behind them. What has more
/// than 18 digits overflows.
#[inline]
fn digits(text: &[u8], begins: usize, mut number: u64) -> Option<(u64, usize)> {
    let mut at = begins;
    loop {
        let digit = byte(text, at).wrapping_sub(b'0');
        if digit > 9 {
            return (at > begins).then_some((number, at));
        }
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
}

/// What this string of JSON says, whose escapes are sound. `None` where `serde_json` has to say what becomes of it:
/// surrogates.
fn unescaped(json: &str) -> Option<String> {
    let mut left = json.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::with_capacity(left.len());
    loop {
        let plain = plain(left.as_bytes(), 0);
        text.push_str(left.get(..plain)?);
        left = left.get(plain..)?;
        if left.is_empty() {
            return Some(text);
        }
        let character = match byte(left.as_bytes(), 1) {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => char::from_u32(u32::from_str_radix(left.get(2..6)?, 16).ok()?)?,
            itself @ (b'"' | b'\\' | b'/') => char::from(itself),
            _ => return None,
        };
        text.push(character);
        left = left.get(if byte(left.as_bytes(), 1) == b'u' { 6 } else { 2 }..)?;
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Refused;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek() {
            b'"' => match self.string()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            b'{' => self.nested(b'}', |reader| visitor.visit_map(Members { reader, first: true })),
            b'[' => self.nested(b']', |reader| visitor.visit_seq(Elements { reader, first: true })),
            b't' => {
                self.go(scan::word(self.text.as_bytes(), self.at, b"true"))?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.go(scan::word(self.text.as_bytes(), self.at, b"false"))?;
                visitor.visit_bool(false)
            }
            b'n' => {
                self.go(scan::word(self.text.as_bytes(), self.at, b"null"))?;
                visitor.visit_unit()
            }
            _ => self.number(visitor),
        }
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.peek();
        self.go(skip::unread(self.text.as_bytes(), self.at))?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.peek() == b'n' {
            self.go(scan::word(self.text.as_bytes(), self.at, b"null"))?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name != raw::NAME {
            return visitor.visit_newtype_struct(self);
        }
        self.peek();
        let begins = self.at;
        self.go(skip::checked(self.text.as_bytes(), begins))?;
        visitor.visit_borrowed_str(self.text.get(begins..self.at).ok_or(Refused)?)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier
    }
}

struct Members<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
}

impl<'de> MapAccess<'de> for Members<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        if !self.reader.another(b'}', &mut self.first)? {
            return Ok(None);
        }
        if byte(self.reader.text.as_bytes(), self.reader.at) != b'"' {
            return Err(Refused);
        }
        seed.deserialize(Key(self.reader)).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        if self.reader.peek() != b':' {
            return Err(Refused);
        }
        self.reader.at += 1;
        seed.deserialize(&mut *self.reader)
    }
}

struct Elements<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if !self.reader.another(b']', &mut self.first)? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

/// A key: any string.
struct Key<'r, 'de>(&'r mut Reader<'de>);

impl<'de> Deserializer<'de> for Key<'_, 'de> {
    type Error = Refused;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
