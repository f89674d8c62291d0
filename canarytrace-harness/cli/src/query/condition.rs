//! One condition on one field: what a value has to be like, after everything about the field is known.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::analyse::words;
use super::date::{self, Rounding};
use super::error::QueryError;
use super::model::{Bound, Filter};
use super::schema::{Column, Kind};
use super::values::{self, Number};
use super::wildcard::Pattern;

/// What a value of a field has to be like.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// Nothing is like it.
    Never,
    /// Any value.
    Exists,
    /// Any value of one of these.
    Below(Vec<Column>),
    /// One of these words.
    Words(BTreeSet<String>),
    /// These words one after another.
    Phrase(Vec<String>),
    /// This text, or for words: one of them.
    Is(String),
    /// A text or word that fits.
    Fits(Pattern),
    /// A text or word between these, each with whether it is within itself.
    Between(Option<(String, bool)>, Option<(String, bool)>),
    /// From here to there, both within.
    Whole(i64, i64),
    /// Between these, each with whether it is within itself.
    Float(Option<(f64, bool)>, Option<(f64, bool)>),
    Boolean(bool),
    /// ms since the epoch, both within: of dates and spans of time.
    Time(i64, i64),
    /// Both within.
    Address(u128, u128),
}

impl Test {
    /// What a condition of a query means for a field.
    pub(super) fn new(filter: &Filter, column: &Column, now: Timestamp) -> Result<Self, QueryError> {
        let wrong = |message: String| QueryError::new(format!("field {}", column.name), message);
        if column.kind == Kind::NotIndexed {
            return Ok(Self::Never);
        }
        if column.kind == Kind::Object && !matches!(filter, Filter::Exists { .. }) {
            return Err(wrong("it is an object, which can only exist or not; name a field in it".to_owned()));
        }
        match filter {
            Filter::Exists { .. } => Ok(Self::Exists),
            Filter::Match { value, .. } => Self::equal(value, column.kind, now).map_err(wrong),
            Filter::Phrase { text, .. } | Filter::Contains { text, .. } if column.kind == Kind::Text => {
                let words: Vec<String> = words(text).collect();
                Ok(if words.is_empty() { Self::Never } else { Self::Phrase(words) })
            }
            Filter::Contains { text, .. } if matches!(column.kind, Kind::Keyword) => {
                Ok(Self::Fits(Pattern::containing(text)))
            }
            Filter::Phrase { text, .. } | Filter::Contains { text, .. } => {
                Self::equal(&Value::String(text.clone()), column.kind, now).map_err(wrong)
            }
            Filter::Wildcard { pattern, .. } => match column.kind {
                Kind::Text => Ok(Self::Fits(Pattern::new(pattern).lower())),
                Kind::Keyword => Ok(Self::Fits(Pattern::new(pattern))),
                kind => Err(wrong(format!("patterns are for texts, and it is {}", described(kind)))),
            },
            Filter::Range { from, to, .. } => Self::range(from.as_ref(), to.as_ref(), column.kind, now).map_err(wrong),
            Filter::All | Filter::And(_) | Filter::Or(_) | Filter::Not(_) => {
                Err(wrong("it is no condition on a field".to_owned()))
            }
        }
    }

    fn equal(value: &Value, kind: Kind, now: Timestamp) -> Result<Self, String> {
        let is_not = |allowed: &str| format!("{value} is not {allowed}");
        Ok(match kind {
            Kind::Text => {
                let text = values::text(value).ok_or_else(|| is_not("a text, number or boolean"))?;
                let words: BTreeSet<String> = words(&text).collect();
                if words.is_empty() { Self::Never } else { Self::Words(words) }
            }
            Kind::Keyword => Self::Is(values::text(value).ok_or_else(|| is_not("a text, number or boolean"))?),
            Kind::Boolean => match value.as_bool().or_else(|| value.as_str().and_then(|text| text.parse().ok())) {
                Some(value) => Self::Boolean(value),
                None => return Err(is_not("true or false")),
            },
            Kind::Ip => {
                let network = value.as_str().and_then(values::network);
                let (first, last) = network.ok_or_else(|| is_not("an address (10.0.0.1) or network (10.0.0.0/8)"))?;
                Self::Address(first, last)
            }
            Kind::Long | Kind::Double | Kind::Date | Kind::DateRange => {
                let bound = Bound { value: value.clone(), inclusive: true };
                Self::range(Some(&bound), Some(&bound), kind, now)?
            }
            Kind::NotIndexed | Kind::Object => Self::Never,
        })
    }

    fn range(from: Option<&Bound>, to: Option<&Bound>, kind: Kind, now: Timestamp) -> Result<Self, String> {
        match kind {
            Kind::Text | Kind::Keyword => {
                let text = |bound: &Bound| {
                    let text = values::text(&bound.value).ok_or_else(|| format!("{} is no text", bound.value))?;
                    Ok::<_, String>((text, bound.inclusive))
                };
                Ok(Self::Between(from.map(text).transpose()?, to.map(text).transpose()?))
            }
            Kind::Double => {
                let float = |bound: &Bound| Ok::<_, String>((number(&bound.value)?.double(), bound.inclusive));
                Ok(Self::Float(from.map(float).transpose()?, to.map(float).transpose()?))
            }
            Kind::Long => {
                let first = match from {
                    Some(bound) => first_long(number(&bound.value)?, bound.inclusive),
                    None => Some(i64::MIN),
                };
                let last = match to {
                    Some(bound) => last_long(number(&bound.value)?, bound.inclusive),
                    None => Some(i64::MAX),
                };
                Ok(first
                    .zip(last)
                    .filter(|(first, last)| first <= last)
                    .map_or(Self::Never, |(a, b)| Self::Whole(a, b)))
            }
            Kind::Date | Kind::DateRange => {
                let moment = |bound: &Bound, rounding| {
                    date::of_query(&bound.value, now, rounding)
                        .ok_or_else(|| format!("{} is not {}", bound.value, date::ALLOWED))
                };
                let first = match from {
                    Some(bound) if bound.inclusive => moment(bound, Rounding::Down)?,
                    Some(bound) => moment(bound, Rounding::Up)?.saturating_add(1),
                    None => i64::MIN,
                };
                let last = match to {
                    Some(bound) if bound.inclusive => moment(bound, Rounding::Up)?,
                    Some(bound) => moment(bound, Rounding::Down)?.saturating_sub(1),
                    None => i64::MAX,
                };
                Ok(if first <= last { Self::Time(first, last) } else { Self::Never })
            }
            Kind::Ip => {
                let address = |bound: &Bound| {
                    let ip = bound.value.as_str().and_then(values::ip);
                    ip.ok_or_else(|| format!("{} is no address such as 10.0.0.1", bound.value))
                };
                let first = match from {
                    Some(bound) => address(bound)?.checked_add(u128::from(!bound.inclusive)),
                    None => Some(0),
                };
                let last = match to {
                    Some(bound) => address(bound)?.checked_sub(u128::from(!bound.inclusive)),
                    None => Some(u128::MAX),
                };
                let within = first.zip(last).filter(|(first, last)| first <= last);
                Ok(within.map_or(Self::Never, |(first, last)| Self::Address(first, last)))
            }
            kind => Err(format!("it is {}, which has no order", described(kind))),
        }
    }

    /// Whether a document has a value that is like this.
    pub(super) fn passes(&self, column: &Column, document: &Value) -> bool {
        if let Self::Below(columns) = self {
            return columns.iter().any(|column| Self::Exists.passes(column, document));
        }
        let mut found = Vec::new();
        values::values(document, &column.path, &mut found);
        found.into_iter().any(|value| self.accepts(column.kind, value))
    }

    fn accepts(&self, kind: Kind, value: &Value) -> bool {
        match kind {
            Kind::Text => values::text(value).is_some_and(|text| match self {
                Self::Exists => true,
                Self::Words(wanted) => words(&text).any(|word| wanted.contains(&word)),
                Self::Phrase(phrase) => {
                    let words: Vec<String> = words(&text).collect();
                    words.windows(phrase.len()).any(|window| window == phrase)
                }
                _ => words(&text).any(|word| self.accepts_text(&word)),
            }),
            Kind::Keyword => values::exact(value).is_some_and(|text| *self == Self::Exists || self.accepts_text(&text)),
            Kind::Long => Number::of(value).and_then(Number::long).is_some_and(|long| match self {
                Self::Whole(first, last) => (*first..=*last).contains(&long),
                test => *test == Self::Exists,
            }),
            Kind::Double => Number::of(value).is_some_and(|number| match self {
                Self::Float(from, to) => {
                    // Lucene's order, in which -0.0 is before 0.0.
                    let double = number.double();
                    let above = |(bound, inclusive): &(f64, bool)| {
                        let order = double.total_cmp(bound);
                        order.is_gt() || (*inclusive && order.is_eq())
                    };
                    let below = |(bound, inclusive): &(f64, bool)| {
                        let order = double.total_cmp(bound);
                        order.is_lt() || (*inclusive && order.is_eq())
                    };
                    from.as_ref().is_none_or(above) && to.as_ref().is_none_or(below)
                }
                test => *test == Self::Exists,
            }),
            Kind::Boolean => values::boolean(value).is_some_and(|value| match self {
                Self::Boolean(wanted) => value == *wanted,
                test => *test == Self::Exists,
            }),
            Kind::Date => date::of_document(value).is_some_and(|moment| match self {
                Self::Time(first, last) => (*first..=*last).contains(&moment),
                test => *test == Self::Exists,
            }),
            Kind::Ip => value.as_str().and_then(values::ip).is_some_and(|ip| match self {
                Self::Address(first, last) => (*first..=*last).contains(&ip),
                test => *test == Self::Exists,
            }),
            Kind::DateRange => {
                let begin = value.get("gte").and_then(date::of_document);
                let end = value.get("lt").and_then(date::of_document);
                match self {
                    Self::Time(first, last) => begin.zip(end).is_some_and(|(b, e)| b <= *last && e > *first),
                    test => *test == Self::Exists && begin.is_some(),
                }
            }
            Kind::NotIndexed | Kind::Object => false,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self {
            Self::Is(wanted) => text == wanted,
            Self::Fits(pattern) => pattern.fits(text),
            Self::Between(from, to) => {
                // By bytes of UTF-8, as Lucene compares terms.
                let above =
                    |(bound, inclusive): &(String, bool)| text > bound.as_str() || (*inclusive && text == bound);
                let below =
                    |(bound, inclusive): &(String, bool)| text < bound.as_str() || (*inclusive && text == bound);
                from.as_ref().is_none_or(above) && to.as_ref().is_none_or(below)
            }
            _ => false,
        }
    }
}

fn number(value: &Value) -> Result<Number, String> {
    Number::of(value).ok_or_else(|| format!("{value} is no number"))
}

/// The first whole number that is within.
fn first_long(bound: Number, inclusive: bool) -> Option<i64> {
    match bound.long() {
        Some(cut) => match bound.compared_with(cut) {
            std::cmp::Ordering::Less => cut.checked_add(1),
            std::cmp::Ordering::Equal if !inclusive => cut.checked_add(1),
            _ => Some(cut),
        },
        None if bound.double() < 0.0 => Some(i64::MIN),
        None => None,
    }
}

/// The last whole number that is within.
fn last_long(bound: Number, inclusive: bool) -> Option<i64> {
    match bound.long() {
        Some(cut) => match bound.compared_with(cut) {
            std::cmp::Ordering::Greater => cut.checked_sub(1),
            std::cmp::Ordering::Equal if !inclusive => cut.checked_sub(1),
            _ => Some(cut),
        },
        None if bound.double() > 0.0 => Some(i64::MAX),
        None => None,
    }
}

/// A kind of field in words.
pub(super) fn described(kind: Kind) -> &'static str {
    match kind {
        Kind::Keyword => "an exact text",
        Kind::Text => "text that is split into words",
        Kind::Long => "a whole number",
        Kind::Double => "a number",
        Kind::Boolean => "true or false",
        Kind::Date => "a date",
        Kind::Ip => "an address",
        Kind::DateRange => "a span of time",
        Kind::NotIndexed => "kept and not indexed",
        Kind::Object => "an object",
    }
}
