//! `params(user, password: secret, quantity: u32 = 1, otp: totp)`.

use std::time::Duration;

use jiff::fmt::friendly::SpanParser;
use proc_macro2::{Group, Span};
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::suggest;
use crate::tokens::{Item, describe_literal, items};

const EXAMPLE: &str = "example: params(user, password: secret, quantity: u32 = 1)";

/// A declared parameter.
#[derive(Debug, PartialEq)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// As it would be given from outside.
    pub(crate) default: Option<String>,
}

/// What a parameter's value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Secret,
    Totp,
    Integer { min: i64, max: u64 },
    Float,
    Bool,
    Duration,
    Url,
}

/// Every type by its name.
const KINDS: [(&str, Kind); 15] = [
    ("text", Kind::Text),
    ("secret", Kind::Secret),
    ("totp", Kind::Totp),
    ("u8", Kind::Integer { min: 0, max: u8::MAX as u64 }),
    ("u16", Kind::Integer { min: 0, max: u16::MAX as u64 }),
    ("u32", Kind::Integer { min: 0, max: u32::MAX as u64 }),
    ("u64", Kind::Integer { min: 0, max: u64::MAX }),
    ("i8", Kind::Integer { min: i8::MIN as i64, max: i8::MAX.cast_unsigned() as u64 }),
    ("i16", Kind::Integer { min: i16::MIN as i64, max: i16::MAX.cast_unsigned() as u64 }),
    ("i32", Kind::Integer { min: i32::MIN as i64, max: i32::MAX.cast_unsigned() as u64 }),
    ("i64", Kind::Integer { min: i64::MIN, max: i64::MAX.cast_unsigned() }),
    ("f64", Kind::Float),
    ("bool", Kind::Bool),
    ("duration", Kind::Duration),
    ("url", Kind::Url),
];

/// Names that people give to types that have another one here.
const OTHER_NAMES: [(&str, &str); 10] = [
    ("String", "text"),
    ("string", "text"),
    ("str", "text"),
    ("password", "secret"),
    ("otp", "totp"),
    ("usize", "u64"),
    ("isize", "i64"),
    ("f32", "f64"),
    ("float", "f64"),
    ("boolean", "bool"),
];

/// Reads the list; what is wrong goes to `errors`.
pub(crate) fn parse(group: Group, errors: &mut Errors) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
    let mut spans: Vec<Span> = Vec::new();
    let list = items(group.stream(), errors);
    if group.stream().is_empty() {
        errors.over(group, format!("`params` declares no parameter: name one or leave it out\n{EXAMPLE}"));
    }
    for mut item in list {
        let Some(ident) = item.ident() else {
            errors.at(item.span(), format!("expected the name of a parameter, found {}\n{EXAMPLE}", item.found()));
            continue;
        };
        let name = ident.unraw().to_string();
        let snake = snake_case(&name);
        if name != snake {
            let instead = if snake.is_empty() { String::new() } else { format!("; did you mean `{snake}`?") };
            errors.at(
                ident.span(),
                format!(
                    "`{name}` is no name for a parameter, which is in lower snake case{instead}\n\
                     its value comes from the environment variable of the upper-case name\n{EXAMPLE}"
                ),
            );
        } else if params.iter().any(|param| param.name == name) {
            errors.at(ident.span(), format!("parameter `{name}` is declared twice: keep one of them"));
            continue;
        }

        let mut kind = Kind::Text;
        if item.punct(':').is_some() {
            let (span, found) = (item.span(), item.found());
            let Some(word) = item.ident() else {
                errors.at(span, format!("after `:` stands a type, found {found}\n{}", types()));
                continue;
            };
            let word = word.to_string();
            let Some((_, named)) = KINDS.iter().find(|(name, _)| *name == word) else {
                let other = OTHER_NAMES.iter().find(|(other, _)| *other == word).map(|(_, name)| *name);
                let nearest = match other {
                    Some(name) => format!("; did you mean `{name}`?"),
                    None => suggest::did_you_mean(&word, KINDS.iter().map(|(name, _)| *name)),
                };
                errors.at(span, format!("after `:` stands a type, found {found}{nearest}\n{}", types()));
                // A default of a type that nobody knows can't be checked.
                continue;
            };
            kind = *named;
        }
        let mut default = None;
        if item.punct('=').is_some() {
            match read_default(&name, kind, &mut item) {
                Ok(text) => default = Some(text),
                Err((span, message)) => {
                    errors.at(span, message);
                    continue;
                }
            }
        }
        if !item.is_done() {
            errors.over(item.rest(), format!("expected a comma after `{name}`, found {}\n{EXAMPLE}", item.found()));
        }
        params.push(Param { name, kind, default });
        spans.push(ident.span());
    }
    for (param, span) in params.iter().zip(spans) {
        if let Some(of) = param.name.strip_suffix("_file").filter(|of| params.iter().any(|param| param.name == *of)) {
            let variable = param.name.to_uppercase();
            errors.at(
                span,
                format!(
                    "parameter `{}` clashes with `{of}`: {variable} names a file that holds `{of}`; rename one of them",
                    param.name
                ),
            );
        }
    }
    params
}

/// The last two lines of an error about a type.
fn types() -> String {
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    format!("allowed: {}\n{EXAMPLE}", names.join(", "))
}

/// Takes what follows the `=`.
fn read_default(name: &str, kind: Kind, item: &mut Item) -> Result<String, (Span, String)> {
    let (span, found) = (item.span(), item.found());
    let minus = match kind {
        Kind::Integer { .. } | Kind::Float => item.punct('-').is_some(),
        _ => false,
    };
    let sign = if minus { "-" } else { "" };
    let literal = item.literal();
    let (wanted, example) = match kind {
        Kind::Integer { .. } => ("a whole number", "quantity: u32 = 1"),
        Kind::Float => ("a number", "ratio: f64 = 0.5"),
        Kind::Bool => ("`true` or `false`", "verbose: bool = false"),
        Kind::Duration => ("a duration in quotes", "pause: duration = \"2s\""),
        Kind::Url => ("a URL in quotes", "home: url = \"https://shop.example/\""),
        Kind::Text | Kind::Secret | Kind::Totp => ("a string in quotes", "user = \"ada\""),
    };
    let wrong = |found: &str, hint: &str| {
        (span, format!("the default of `{name}` is {wanted}, found {found}{hint}\nexample: params({example})"))
    };
    let text = match (kind, &literal) {
        (Kind::Integer { min, max }, Some(syn::Lit::Int(number))) if number.suffix().is_empty() => {
            let text = format!("{sign}{}", number.base10_digits());
            let fits = text.parse().is_ok_and(|number: i128| (i128::from(min)..=i128::from(max)).contains(&number));
            if !fits {
                let message =
                    format!("the default of `{name}` is out of range: allowed is a whole number from {min} to {max}");
                return Err((span, message));
            }
            text
        }
        (Kind::Float, Some(syn::Lit::Int(number))) if number.suffix().is_empty() => {
            format!("{sign}{}", number.base10_digits())
        }
        (Kind::Float, Some(syn::Lit::Float(number))) if number.suffix().is_empty() => {
            let text = format!("{sign}{}", number.base10_digits());
            if !text.parse().is_ok_and(f64::is_finite) {
                return Err((span, format!("the default of `{name}` is too large for a number")));
            }
            text
        }
        (Kind::Bool, Some(syn::Lit::Bool(switch))) => switch.value.to_string(),
        (Kind::Text | Kind::Secret | Kind::Totp | Kind::Duration | Kind::Url, Some(syn::Lit::Str(text))) => {
            let text = text.value();
            check_text(kind, &text).map_err(|reason| (span, format!("the default of `{name}` {reason}")))?;
            text
        }
        (_, other) => {
            let found = match other {
                Some(_) if minus => "`-`".to_owned(),
                Some(other) => describe_literal(other),
                None => found,
            };
            let hint = match (kind, other) {
                (Kind::Text, Some(syn::Lit::Int(_))) => format!("; for a number write `{name}: u32 = …`"),
                (Kind::Text, Some(syn::Lit::Float(_))) => format!("; for a number write `{name}: f64 = …`"),
                (Kind::Text, Some(syn::Lit::Bool(_))) => format!("; for a switch write `{name}: bool = …`"),
                _ => String::new(),
            };
            return Err(wrong(&found, &hint));
        }
    };
    Ok(text)
}

/// What can be told of a default's text without the libraries that the harness has; the rest is told at start-up.
fn check_text(kind: Kind, text: &str) -> Result<(), String> {
    match kind {
        Kind::Duration => match SpanParser::new().parse_duration(text).map(Duration::try_from) {
            Ok(Ok(_)) => Ok(()),
            _ => Err("is no duration: write for example \"90s\", \"1m 30s\", \"2.5s\" or \"500ms\"".to_owned()),
        },
        Kind::Url => {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if host.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
                return Err("is no URL: it begins with http:// or https:// and names a host".to_owned());
            }
            Ok(())
        }
        Kind::Totp => {
            let of_base32 = |c: char| c.is_ascii_alphabetic() || "234567 -=".contains(c);
            let fits = text.starts_with("otpauth://totp/") || (!text.is_empty() && text.chars().all(of_base32));
            if fits {
                return Ok(());
            }
            Err("makes no one-time passwords: it is a secret in Base32, or a URI otpauth://totp/…".to_owned())
        }
        _ => Ok(()),
    }
}

/// `userName`, `User-Name`, `USER_NAME` → `user_name`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            if character.is_ascii_uppercase() && after_lower {
                snake.push('_');
            }
            snake.push(character.to_ascii_lowercase());
            after_lower = !character.is_ascii_uppercase();
        } else {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            after_lower = false;
        }
    }
    snake.trim_start_matches(|c: char| c == '_' || c.is_ascii_digit()).trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Delimiter, Group, TokenStream};
    use quote::quote;

    use super::{KINDS, Kind, OTHER_NAMES, Param, parse, snake_case};
    use crate::errors::Errors;

    fn read(stream: TokenStream) -> (Vec<Param>, Vec<String>) {
        let mut errors = Errors::default();
        let params = parse(Group::new(Delimiter::Parenthesis, stream), &mut errors);
        (params, errors.messages())
    }

    fn param(name: &str, kind: Kind, default: Option<&str>) -> Param {
        Param { name: name.to_owned(), kind, default: default.map(str::to_owned) }
    }

    #[test]
    fn a_parameter_may_be_secret_and_have_a_default() {
        let (params, mistakes) =
            read(quote!(user, password: secret, quantity = "1", token: secret = "x", r#type = "", step2, city: text));
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        assert_eq!(
            params,
            [
                param("user", Kind::Text, None),
                param("password", Kind::Secret, None),
                param("quantity", Kind::Text, Some("1")),
                param("token", Kind::Secret, Some("x")),
                param("type", Kind::Text, Some("")),
                param("step2", Kind::Text, None),
                param("city", Kind::Text, None),
            ]
        );
    }

    #[test]
    fn a_parameter_may_have_a_type_and_a_default_of_it() {
        let (params, mistakes) = read(quote!(
            quantity: u32 = 1_000, small: i8 = -128, large: u64 = 18446744073709551615, ratio: f64 = -0.5, whole: f64 = 2,
            verbose: bool = false, wait: duration = "1m 30s", never: duration = "0s",
            home: url = "https://shop.example/?q=1", otp: totp = "JBSW Y3DP", uri: totp = "otpauth://totp/x?secret=A"
        ));
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        let defaults: Vec<_> = params.iter().map(|param| param.default.as_deref().unwrap()).collect();
        assert_eq!(
            defaults,
            [
                "1000",
                "-128",
                "18446744073709551615",
                "-0.5",
                "2",
                "false",
                "1m 30s",
                "0s",
                "https://shop.example/?q=1",
                "JBSW Y3DP",
                "otpauth://totp/x?secret=A",
            ]
        );
        assert_eq!(params[1].kind, Kind::Integer { min: -128, max: 127 });
        assert_eq!(params[0].kind, Kind::Integer { min: 0, max: 4_294_967_295 });
    }

    #[test]
    fn every_type_is_known_and_other_names_lead_to_one() {
        for (name, kind) in KINDS {
            let ident = quote::format_ident!("{name}");
            assert_eq!(read(quote!(value: #ident)), (vec![param("value", kind, None)], vec![]), "{name}");
        }
        for (other, name) in OTHER_NAMES {
            let ident = quote::format_ident!("{other}");
            let (_, mistakes) = read(quote!(value: #ident));
            assert!(mistakes[0].contains(&format!("did you mean `{name}`?")), "{mistakes:?}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (stream, part) in [
            (quote!(userName), "did you mean `user_name`?"),
            (quote!(USER), "did you mean `user`?"),
            (quote!(_user), "did you mean `user`?"),
            (quote!(a__b), "did you mean `a_b`?"),
            (quote!(user_), "did you mean `user`?"),
            (quote!(_), "`_` is no name for a parameter"),
            (quote!(größe), "is no name for a parameter"),
            (quote!(user, user), "parameter `user` is declared twice"),
            (quote!(key, key_file), "KEY_FILE names a file that holds `key`"),
            (quote!("user"), "expected the name of a parameter, found the string"),
            (quote!(password: Secret), "after `:` stands a type, found `Secret`; did you mean `secret`?"),
            (quote!(count: complex = 5), "allowed: text, secret, totp, u8,"),
            (quote!(password: ), "after `:` stands a type, found nothing"),
            (quote!(quantity = 1), "a string in quotes, found the integer `1`; for a number write `quantity: u32 = …`"),
            (quote!(verbose = true), "for a switch write `verbose: bool = …`"),
            (quote!(quantity = ), "is a string in quotes, found nothing"),
            (quote!(quantity: u32 = "1"), "the default of `quantity` is a whole number, found the string `\"1\"`"),
            (quote!(quantity: u32 = -1), "out of range: allowed is a whole number from 0 to 4294967295"),
            (quote!(quantity: u8 = 256), "allowed is a whole number from 0 to 255"),
            (quote!(quantity: u32 = 1u32), "found the integer `1u32`"),
            (quote!(quantity: u32 = 1.5), "found the float `1.5`"),
            (quote!(quantity: u32 = -"1"), "found `-`"),
            (quote!(ratio: f64 = 1e999), "too large"),
            (quote!(verbose: bool = 1), "the default of `verbose` is `true` or `false`, found the integer `1`"),
            (quote!(wait: duration = 2), "is a duration in quotes, found the integer `2`"),
            (quote!(wait: duration = "2"), "the default of `wait` is no duration"),
            (quote!(wait: duration = "-2s"), "the default of `wait` is no duration"),
            (quote!(home: url = "shop.example"), "the default of `home` is no URL"),
            (quote!(home: url = "https:///x"), "names a host"),
            (quote!(otp: totp = "JBSW0189"), "the default of `otp` makes no one-time passwords"),
            (quote!(user password), "expected a comma after `user`, found `password`"),
            (quote!(), "`params` declares no parameter"),
        ] {
            let (_, mistakes) = read(stream.clone());
            assert_eq!(mistakes.len(), 1, "{stream}: {mistakes:#?}");
            assert!(mistakes[0].contains(part), "{stream}: {mistakes:#?}");
        }
    }

    #[test]
    fn names_become_snake_case() {
        for (name, snake) in
            [("user", "user"), ("userName", "user_name"), ("USER_NAME", "user_name"), ("Url2", "url2"), ("2nd", "nd")]
        {
            assert_eq!(snake_case(name), snake);
        }
    }
}
