//! A monitor's description: its doc comment.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// An expression of type `&'static str`: the doc comment without the blank that follows `///`.
pub(crate) fn of(attributes: &[Attribute]) -> TokenStream {
    let mut parts: Vec<TokenStream> = Vec::new();
    let mut text = String::new();
    let mut is_first = true;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        // `#[doc(hidden)]` and its like say nothing.
        let Meta::NameValue(doc) = &attribute.meta else { continue };
        if !std::mem::take(&mut is_first) {
            text.push('\n');
        }
        match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => text.push_str(&trim(&line.value())),
            // `#[doc = include_str!("…")]`: the compiler knows, we don't.
            other => {
                let before = std::mem::take(&mut text);
                parts.push(quote!(#before, #other,));
            }
        }
    }
    if parts.is_empty() { quote!(#text) } else { quote!(::core::concat!(#(#parts)* #text)) }
}

/// A line of `///`, or all lines of `/** … */` without the asterisks at their left.
fn trim(doc: &str) -> String {
    if !doc.contains('\n') {
        return without_blank(doc).trim_end().to_owned();
    }
    let mut rest = doc.lines().skip(1).filter(|line| !line.trim().is_empty()).peekable();
    let has_asterisks = rest.peek().is_some() && rest.all(|line| line.trim_start().starts_with('*'));
    let lines: Vec<&str> = doc
        .lines()
        .map(|line| match line.trim_start().strip_prefix('*') {
            Some(line) if has_asterisks => without_blank(line).trim_end(),
            _ => without_blank(line).trim_end(),
        })
        .collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn without_blank(line: &str) -> &str {
    line.strip_prefix(' ').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use syn::{ItemFn, parse_str};

    use super::of;

    fn description(attributes: &str) -> String {
        let function: ItemFn = parse_str(&format!("{attributes}\nfn a() {{}}")).unwrap();
        of(&function.attrs).to_string()
    }

    #[test]
    fn lines_lose_the_one_leading_blank() {
        assert_eq!(description("/// A visitor pays.\n///\n///   - slowly"), r#""A visitor pays.\n\n  - slowly""#);
        assert_eq!(description("#[doc(hidden)]\n#[cfg(unix)]"), r#""""#);
        assert_eq!(description(""), r#""""#);
    }

    #[test]
    fn block_comments_lose_their_asterisks() {
        assert_eq!(description("/** A visitor\n * pays.\n */"), r#""A visitor\npays.""#);
        assert_eq!(description("/** A visitor\n    pays. */"), r#""A visitor\n   pays.""#);
    }

    #[test]
    fn an_expression_is_left_to_the_compiler() {
        let description = description("/// One\n#[doc = include_str!(\"two.md\")]\n/// Three");
        assert_eq!(description.replace(' ', ""), r#"::core::concat!("One\n",include_str!("two.md"),"\nThree")"#);
    }
}
