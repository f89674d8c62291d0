//! `css!("…")`: a selector that is checked when the monitor is compiled.

use proc_macro2::TokenStream;
use quote::quote;

use crate::errors::Errors;
use crate::selector::{self, Mistake};
use crate::tokens::Item;

const EXAMPLE: &str = "example: css!(\"[data-test=add-lamp]\")";

/// `::canarytrace::css("…")`, or what is wrong.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let mut item = Item::of(input);
    let (span, found) = (item.span(), item.found());
    let Some(syn::Lit::Str(literal)) = item.literal() else {
        errors.at(
            span,
            format!(
                "`css!` takes a selector in quotes, found {found}; for one that is made at run time use the function \
                 `css(…)`\n{EXAMPLE}"
            ),
        );
        return in_place_of_a_locator(errors);
    };
    item.punct(',');
    if !item.is_done() {
        errors.over(item.rest(), format!("`css!` takes one selector, found {} after it\n{EXAMPLE}", item.found()));
    }
    let text = literal.value();
    if let Err(mistake) = selector::check(&text) {
        errors.at(literal.span(), show(&text, &mistake));
    }
    if errors.is_empty() { quote!(::canarytrace::css(#literal)) } else { in_place_of_a_locator(errors) }
}

/// The mistakes, then an expression of the type that is expected, so that nothing else is reported.
fn in_place_of_a_locator(errors: Errors) -> TokenStream {
    let errors = errors.into_compile_errors();
    quote!({ #errors ::canarytrace::css("") })
}

/// The message, then the line of the selector with a caret under the place.
fn show(selector: &str, mistake: &Mistake) -> String {
    let at = (0..=mistake.at.min(selector.len())).rev().find(|at| selector.is_char_boundary(*at)).unwrap_or(0);
    let line_start = selector[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = selector[at..].find('\n').map_or(selector.len(), |newline| at + newline);
    let before: String = selector[line_start..at].replace('\t', " ");
    let line = selector[line_start..line_end].replace('\t', " ");
    let column = before.chars().count();
    let (first, rest) = mistake.message.split_once('\n').unwrap_or((&mistake.message, ""));
    let line_number = selector[..line_start].matches('\n').count() + 1;
    let place = if selector.contains('\n') {
        format!("line {line_number}, column {}", column + 1)
    } else {
        format!("column {}", column + 1)
    };
    let rest = if rest.is_empty() { String::new() } else { format!("\n{rest}") };
    format!("no CSS selector: {first}\n\n    {line}\n    {}^ {place}\n{rest}", " ".repeat(column)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{expand, show};
    use crate::selector::Mistake;

    #[test]
    fn a_selector_becomes_a_locator() {
        assert_eq!(expand(quote!("#basket")).to_string(), quote!(::canarytrace::css("#basket")).to_string());
        assert_eq!(expand(quote!("a",)).to_string(), quote!(::canarytrace::css("a")).to_string());
    }

    #[test]
    fn anything_else_than_one_string_is_refused() {
        for (input, part) in [
            (quote!(), "found nothing"),
            (quote!(selector), "found `selector`"),
            (quote!(5), "found the integer `5`"),
            (quote!(b"a"), "found the byte string"),
            (quote!("a", "b"), "`css!` takes one selector, found the string"),
        ] {
            let output = expand(input.clone()).to_string();
            assert!(
                output.contains("compile_error") && output.contains(&part.replace('"', "\\\"")),
                "{input}: {output}"
            );
        }
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        let mistake = |at| Mistake { at, message: "wrong\nhelp".to_owned() };
        assert_eq!(
            show("größe :x", &mistake(8)),
            "no CSS selector: wrong\n\n    größe :x\n          ^ column 7\n\nhelp"
        );
        assert_eq!(
            show("a,\n\tb!", &mistake(5)),
            "no CSS selector: wrong\n\n     b!\n      ^ line 2, column 3\n\nhelp"
        );
        assert_eq!(show("", &mistake(0)), "no CSS selector: wrong\n\n    \n    ^ column 1\n\nhelp");
    }
}
