//! Values of a document's fields, as an index takes them.

use std::cmp::Ordering;
use std::net::IpAddr;

use canarytrace::record::IGNORE_ABOVE;
use serde_json::{Map, Value};

/// Every value at `path`: objects in arrays are looked into, and dots may stand within names, too.
pub(super) fn values<'a>(document: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    match document {
        Value::Array(items) => items.iter().for_each(|item| values(item, path, found)),
        Value::Object(object) => in_object(object, path, found),
        _ => (),
    }
}

fn in_object<'a>(object: &'a Map<String, Value>, path: &str, found: &mut Vec<&'a Value>) {
    if let Some(value) = object.get(path) {
        leaves(value, found);
    }
    for (dot, _) in path.match_indices('.') {
        if let Some(inner) = object.get(&path[..dot]) {
            values(inner, &path[dot + 1..], found);
        }
    }
}

/// What is no array and no null.
fn leaves<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Null => (),
        value => found.push(value),
    }
}

/// As text.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

/// The text of an exact value, unless it is too long to be indexed.
pub(super) fn exact(value: &Value) -> Option<String> {
    let utf16_length = |text: &String| text.chars().map(char::len_utf16).sum::<usize>();
    text(value).filter(|text| utf16_length(text) <= IGNORE_ABOVE)
}

/// A number as a query or document has it: whole ones exactly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    /// A JSON number, or a text that is one.
    pub(super) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse::<i128>() {
            return Some(Self::Whole(whole));
        }
        // `inf` and `nan` are numbers for Rust only.
        let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
        let float = text.parse::<f64>().ok().filter(|float| plain && float.is_finite())?;
        Some(Self::Float(float))
    }

    /// As a `long` keeps it: the fraction is cut off; none when it doesn't fit.
    pub(super) fn long(self) -> Option<i64> {
        match self {
            Self::Whole(whole) => i64::try_from(whole).ok(),
            Self::Float(float) => {
                let cut = float.trunc();
                // 2^63 is the first that doesn't fit.
                #[expect(clippy::cast_possible_truncation, reason = "it is whole and within the bounds")]
                (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&cut).then_some(cut as i64)
            }
        }
    }

    /// As a `double` keeps it.
    #[expect(clippy::cast_precision_loss, reason = "that is what a double does")]
    pub(super) fn double(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Float(float) => float,
        }
    }

    /// Compares a `long` with it, exactly.
    pub(super) fn compared_with(self, long: i64) -> Ordering {
        match self {
            Self::Whole(whole) => i128::from(long).cmp(&whole),
            Self::Float(float) => match self.long() {
                Some(cut) if cut == long => 0.0_f64.total_cmp(&(float.fract() + 0.0)),
                Some(cut) => long.cmp(&cut),
                None if float > 0.0 => Ordering::Less,
                None => Ordering::Greater,
            },
        }
    }
}

/// true, false, and texts of them; the empty text is false.
pub(super) fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::String(text) => match text.as_str() {
            "true" => Some(true),
            "false" | "" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// An address as one number; IPv4 is a part of IPv6.
pub(super) fn ip(text: &str) -> Option<u128> {
    Some(match text.parse().ok()? {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    })
}

/// The first and the last address of a network (`10.0.0.0/8`), or one address twice.
pub(super) fn network(text: &str) -> Option<(u128, u128)> {
    let Some((address, length)) = text.split_once('/') else { return ip(text).map(|ip| (ip, ip)) };
    let v4 = address.parse::<IpAddr>().ok()?.is_ipv4();
    let length: u32 = length.parse().ok().filter(|length| *length <= if v4 { 32 } else { 128 })?;
    let length = if v4 { length + 96 } else { length };
    let rest = if length == 128 { 0 } else { u128::MAX >> length };
    let address = ip(address)?;
    Some((address & !rest, address | rest))
}

/// An address for people.
pub(super) fn ip_text(bits: u128) -> String {
    std::net::Ipv6Addr::from_bits(bits).to_canonical().to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_in_arrays_of_objects_and_behind_dotted_names() {
        let document = json!({ "a": [{ "b": 1 }, { "b": [2, [null, 3]] }, 7], "a.b": 4, "c": null, "d": { "e.f": 5 } });
        let at = |path: &str| {
            let mut found = Vec::new();
            values(&document, path, &mut found);
            found.into_iter().cloned().collect::<Vec<Value>>()
        };
        assert_eq!(at("a.b"), [json!(4), json!(1), json!(2), json!(3)]);
        assert_eq!(at("d.e.f"), [json!(5)]);
        assert!(at("c").is_empty() && at("a.b.c").is_empty() && at("x").is_empty());
    }

    #[test]
    fn whole_numbers_are_compared_exactly() {
        let number = |text: &str| Number::of(&json!(text)).unwrap();
        assert_eq!(number("9007199254740993").compared_with(9_007_199_254_740_992), Ordering::Less);
        assert_eq!(number("5.5").compared_with(5), Ordering::Less);
        assert_eq!(number("-5.5").compared_with(-5), Ordering::Greater);
        assert_eq!(number("5.0").compared_with(5), Ordering::Equal);
        assert_eq!(number("1e300").compared_with(i64::MAX), Ordering::Less);
        assert_eq!(number("9223372036854775808").compared_with(i64::MAX), Ordering::Less);
        assert_eq!(number("-1e300").compared_with(i64::MIN), Ordering::Greater);
        assert_eq!(Number::of(&json!("inf")), None);
        assert_eq!(number("5.9").long(), Some(5));
    }

    #[test]
    fn networks_have_a_first_and_a_last_address() {
        assert_eq!(network("10.1.2.3/8"), Some((ip("10.0.0.0").unwrap(), ip("10.255.255.255").unwrap())));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_eq!(network("::/0"), Some((0, u128::MAX)));
        assert_eq!(network("10.0.0.0/33"), None);
        assert_eq!(ip_text(ip("::ffff:1.2.3.4").unwrap()), "1.2.3.4");
    }
}
