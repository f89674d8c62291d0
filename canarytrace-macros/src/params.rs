//! `params(user, password: secret, quantity = "1", token: secret = "x")`.

use proc_macro2::Group;
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::suggest;
use crate::tokens::{describe_literal, items};

const EXAMPLE: &str = "example: params(user, password: secret, quantity = \"1\")";

/// A declared parameter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) secret: bool,
    pub(crate) default: Option<String>,
}

/// Reads the list; what is wrong goes to `errors`.
pub(crate) fn parse(group: Group, errors: &mut Errors) -> Vec<Param> {
    let mut params: Vec<Param> = Vec::new();
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

        let mut secret = false;
        if item.punct(':').is_some() {
            let (span, found) = (item.span(), item.found());
            match item.ident() {
                Some(word) if word == "secret" => secret = true,
                Some(word) => {
                    let nearest = suggest::did_you_mean(&word.to_string(), ["secret"]);
                    errors.at(span, format!("after `:` stands only `secret`, found {found}{nearest}\n{EXAMPLE}"));
                }
                None => {
                    errors.at(span, format!("after `:` stands only `secret`, found {found}\n{EXAMPLE}"));
                    continue;
                }
            }
        }
        let mut default = None;
        if item.punct('=').is_some() {
            let (span, found) = (item.span(), item.found());
            match item.literal() {
                Some(syn::Lit::Str(text)) => default = Some(text.value()),
                other => {
                    let found = other.as_ref().map_or(found, describe_literal);
                    errors.at(span, format!("the default of `{name}` is a string in quotes, found {found}\n{EXAMPLE}"));
                    continue;
                }
            }
        }
        if !item.is_done() {
            errors.over(item.rest(), format!("expected a comma after `{name}`, found {}\n{EXAMPLE}", item.found()));
        }
        params.push(Param { name, secret, default });
    }
    params
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

    use super::{Param, parse, snake_case};
    use crate::errors::Errors;

    fn read(stream: TokenStream) -> (Vec<Param>, Vec<String>) {
        let mut errors = Errors::default();
        let params = parse(Group::new(Delimiter::Parenthesis, stream), &mut errors);
        (params, errors.messages())
    }

    #[test]
    fn a_parameter_may_be_secret_and_have_a_default() {
        let (params, mistakes) =
            read(quote!(user, password: secret, quantity = "1", token: secret = "x", r#type = "", step2));
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        let param = |name: &str, secret, default: Option<&str>| Param {
            name: name.to_owned(),
            secret,
            default: default.map(str::to_owned),
        };
        assert_eq!(
            params,
            [
                param("user", false, None),
                param("password", true, None),
                param("quantity", false, Some("1")),
                param("token", true, Some("x")),
                param("type", false, Some("")),
                param("step2", false, None),
            ]
        );
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
            (quote!("user"), "expected the name of a parameter, found the string"),
            (quote!(password: Secret), "after `:` stands only `secret`, found `Secret`; did you mean `secret`?"),
            (quote!(password: ), "after `:` stands only `secret`, found nothing"),
            (quote!(quantity = 1), "the default of `quantity` is a string in quotes, found the integer `1`"),
            (quote!(quantity = ), "is a string in quotes, found nothing"),
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
