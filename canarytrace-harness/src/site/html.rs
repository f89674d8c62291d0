//! HTML by templates in which every value is escaped: there is no other way to put a value into a page.

use std::fmt::{self, Display, Write};

/// A piece of HTML: what [`html!`] made, or text of our own source code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Markup(String);

impl Markup {
    /// HTML out of our own source code. `'static` keeps out whatever came with a request.
    pub(super) fn of_ours(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// What [`html!`] formatted. Not for use elsewhere: it would skip the escaping.
    #[doc(hidden)]
    pub(super) fn formatted(arguments: fmt::Arguments<'_>) -> Self {
        Self(arguments.to_string())
    }

    /// The HTML text.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

impl FromIterator<Markup> for Markup {
    fn from_iter<I: IntoIterator<Item = Markup>>(pieces: I) -> Self {
        Self(pieces.into_iter().map(Markup::into_string).collect())
    }
}

/// A value that may stand in an HTML template, in text or in a quoted attribute.
pub(super) trait ToMarkup {
    /// Writes the value such that it can't end the text or the attribute that it stands in.
    fn write_markup(&self, out: &mut dyn Write) -> fmt::Result;
}

impl ToMarkup for str {
    fn write_markup(&self, out: &mut dyn Write) -> fmt::Result {
        for character in self.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                _ => out.write_char(character)?,
            }
        }
        Ok(())
    }
}

impl ToMarkup for String {
    fn write_markup(&self, out: &mut dyn Write) -> fmt::Result {
        self.as_str().write_markup(out)
    }
}

impl ToMarkup for Markup {
    fn write_markup(&self, out: &mut dyn Write) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl<T: ToMarkup + ?Sized> ToMarkup for &T {
    fn write_markup(&self, out: &mut dyn Write) -> fmt::Result {
        (**self).write_markup(out)
    }
}

impl<T: ToMarkup> ToMarkup for Option<T> {
    fn write_markup(&self, out: &mut dyn Write) -> fmt::Result {
        self.as_ref().map_or(Ok(()), |value| value.write_markup(out))
    }
}

macro_rules! digits_need_no_escaping {
    ($($number:ty),*) => {$(
        impl ToMarkup for $number {
            fn write_markup(&self, out: &mut dyn Write) -> fmt::Result {
                write!(out, "{self}")
            }
        }
    )*};
}
digits_need_no_escaping!(u16, u32, u64, usize);

/// Lets `format_args!` write a value through [`ToMarkup`].
pub(super) struct Escaped<'a, T: ?Sized>(pub(super) &'a T);

impl<T: ToMarkup + ?Sized> Display for Escaped<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_markup(f)
    }
}

/// Makes [`Markup`] of a template and named values: `html!("<p>{name}</p>", name = user.name)`, or `name` alone for a
/// variable of that name. Attributes must be quoted.
///
/// The template goes through `concat!` because `format_args!` then refuses to capture variables by itself: `{name}`
/// without a value in the list is a compile error and not an unescaped variable.
macro_rules! html {
    (@value $name:ident) => { $name };
    (@value $name:ident $value:expr) => { $value };
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::site::html::Markup::formatted(format_args!(
            concat!($template),
            $($name = $crate::site::html::Escaped(&$crate::site::html::html!(@value $name $($value)?))),*
        ))
    };
}
pub(super) use html;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_can_not_leave_the_text_or_the_attribute_it_stands_in() {
        let hostile = r#""><script>alert('x')</script>&lt;"#;
        let made = html!(r#"<a title="{hostile}">{again}</a>"#, hostile, again = hostile.to_owned()).into_string();
        let escaped = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;lt;";
        assert_eq!(made, format!(r#"<a title="{escaped}">{escaped}</a>"#));
    }

    #[test]
    fn markup_is_put_in_as_it_is_and_an_absent_value_is_nothing() {
        let items: Markup = ["a", "b&b"].iter().map(|item| html!("<li>{item}</li>", item)).collect();
        let made = html!("<ul>{items}</ul>{none}{count}", items, none = None::<&str>, count = 7_u32);
        assert_eq!(made.into_string(), "<ul><li>a</li><li>b&amp;b</li></ul>7");
    }
}
