//! What a monitor looks like: `async fn name(browser: &mut Browser) -> Result`, or with `api: &mut Api`.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, ReturnType, Signature, Type, Visibility};

use crate::errors::Errors;

const SHAPE: &str = "a monitor is written `async fn name(browser: &mut Browser) -> Result { … }`, \
                     or with `api: &mut Api` when it needs no browser";

/// A function; its body is of no interest here, and may be half written.
struct Function {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    signature: Signature,
    body: TokenStream,
}

impl Parse for Function {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        Ok(Self { attributes, visibility: input.parse()?, signature: input.parse()?, body: input.parse()? })
    }
}

/// A function that can be a monitor.
pub(crate) struct Monitor {
    pub(crate) name: Ident,
    /// What its parameter is a reference to; whether it is a browser or what, only the compiler can tell.
    pub(crate) parameter: Type,
    pub(crate) output: Type,
    pub(crate) attributes: Vec<Attribute>,
}

/// Checks all of a signature; what is wrong goes to `errors`.
pub(crate) fn check(item: TokenStream, errors: &mut Errors) -> Option<Monitor> {
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            match not_a_function(item) {
                Some((keyword, what)) => {
                    errors.at(keyword, format!("`#[monitor]` goes on an async function, found {what}\n{SHAPE}"));
                }
                None => errors.push(error),
            }
            return None;
        }
    };
    let Function { attributes, signature, .. } = function;
    let before = errors.count();

    if signature.asyncness.is_none() {
        let message = format!("`{}` is not async: write `async fn`\n{SHAPE}", signature.ident);
        errors.at(signature.fn_token.span(), message);
    }
    if let Some(constness) = &signature.constness {
        errors.at(constness.span(), format!("a monitor can't be `const`\n{SHAPE}"));
    }
    if let Some(unsafety) = unsafety(&signature) {
        errors.at(unsafety, format!("a monitor can't be `unsafe`: the harness calls it\n{SHAPE}"));
    }
    if let Some(abi) = &signature.abi {
        errors.over(abi, format!("a monitor has no ABI of its own\n{SHAPE}"));
    }
    if !signature.generics.params.is_empty() {
        errors.over(
            &signature.generics,
            format!("a monitor has no generics: nobody could tell the harness what to put there\n{SHAPE}"),
        );
    }
    if let Some(clause) = &signature.generics.where_clause {
        errors.over(clause, format!("a monitor has no generics and so no bounds\n{SHAPE}"));
    }
    let parameter = check_parameters(&signature, errors);
    let output = check_output(&signature, errors);

    if errors.count() > before {
        return None;
    }
    Some(Monitor { name: signature.ident, parameter: parameter?, output: output?, attributes })
}

/// The function as it would be if it were async: the error says that it isn't, each `await` in it needn't say so too.
pub(crate) fn made_async(item: TokenStream) -> TokenStream {
    match syn::parse2::<Function>(item.clone()) {
        Ok(Function { attributes, visibility, mut signature, body })
            if signature.asyncness.is_none() && signature.constness.is_none() =>
        {
            signature.asyncness = Some(syn::token::Async(signature.fn_token.span));
            quote!(#(#attributes)* #visibility #signature #body)
        }
        _ => item,
    }
}

/// Where `unsafe` stands.
fn unsafety(signature: &Signature) -> Option<Span> {
    signature.to_token_stream().into_iter().take_while(|token| !is_word(token, "fn")).find_map(|token| match &token {
        TokenTree::Ident(word) if word == "unsafe" => Some(word.span()),
        _ => None,
    })
}

/// What the one parameter refers to, when it is a mutable reference. Whether it is the right type, an alias perhaps, only
/// the compiler can tell: see `MonitorParameter` in the harness.
fn check_parameters(signature: &Signature, errors: &mut Errors) -> Option<Type> {
    let mut inputs = signature.inputs.iter();
    let Some(first) = inputs.next() else {
        errors.at(
            signature.paren_token.span.join(),
            format!("`{}` takes no parameter, a monitor takes its browser or API client\n{SHAPE}", signature.ident),
        );
        return None;
    };
    let parameter = match first {
        FnArg::Receiver(receiver) => {
            errors.over(receiver, format!("a monitor is a function, not a method: it has no `self`\n{SHAPE}"));
            None
        }
        FnArg::Typed(parameter) => match &*parameter.ty {
            Type::Reference(reference) if reference.mutability.is_some() => match &*reference.elem {
                elem @ (Type::ImplTrait(_) | Type::Infer(_) | Type::Never(_)) => {
                    let found = text_of(elem);
                    errors.over(
                        elem,
                        format!("a monitor takes `&mut Browser` or `&mut Api`, found `&mut {found}`\n{SHAPE}"),
                    );
                    None
                }
                elem => Some(elem.clone()),
            },
            other => {
                let found = text_of(other);
                errors.over(other, format!("a monitor takes `&mut Browser` or `&mut Api`, found `{found}`\n{SHAPE}"));
                None
            }
        },
    };
    for more in inputs {
        errors.over(
            more,
            format!("a monitor takes one parameter and nothing else; values come from `params(…)`\n{SHAPE}"),
        );
    }
    parameter
}

/// The return type, when it has a chance. Whether it is the right one, an alias perhaps, only the compiler can tell:
/// see `MonitorOutput` in the harness.
fn check_output(signature: &Signature, errors: &mut Errors) -> Option<Type> {
    match &signature.output {
        ReturnType::Default => {
            errors.at(
                signature.paren_token.span.close(),
                format!("`{}` returns nothing, a monitor returns `Result`\n{SHAPE}", signature.ident),
            );
            None
        }
        ReturnType::Type(_, output) => match &**output {
            Type::ImplTrait(_) | Type::Never(_) | Type::Infer(_) => {
                let found = text_of(output);
                errors.over(output, format!("a monitor returns `Result`, found `{found}`\n{SHAPE}"));
                None
            }
            output => Some(output.clone()),
        },
    }
}

/// Source-like text of a type: `&Browser`, where `quote` would write `& Browser`.
fn text_of(tokens: &impl ToTokens) -> String {
    tokens
        .to_token_stream()
        .to_string()
        .replace("& ", "&")
        .replace(" :: ", "::")
        .replace(" <", "<")
        .replace("< ", "<")
        .replace(" >", ">")
}

fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// The keyword that says what else than a function an item is.
fn not_a_function(item: TokenStream) -> Option<(Span, &'static str)> {
    let mut first = None;
    for token in item {
        let TokenTree::Ident(word) = token else { continue };
        let what = match word.to_string().as_str() {
            "fn" => return None,
            "struct" => "a struct",
            "enum" => "an enum",
            "union" => "a union",
            "trait" => "a trait",
            "impl" => "an impl block",
            "mod" => "a module",
            "const" => "a constant",
            "static" => "a static",
            "type" => "a type alias",
            "use" => "a `use` declaration",
            "macro_rules" | "macro" => "a macro",
            _ => continue,
        };
        // `const fn` and `impl` in types come after the word that counts, except `const` before `fn`.
        if what != "a constant" {
            return first.or(Some((word.span(), what)));
        }
        first = first.or(Some((word.span(), what)));
    }
    first
}

#[cfg(test)]
mod tests {
    use proc_macro2::TokenStream;
    use quote::quote;

    use super::{check, made_async};
    use crate::errors::Errors;

    fn mistakes(item: TokenStream) -> Vec<String> {
        let mut errors = Errors::default();
        let monitor = check(item, &mut errors);
        let messages = errors.messages();
        assert_eq!(monitor.is_some(), messages.is_empty());
        messages
    }

    #[test]
    fn the_right_shape_passes_in_all_its_spellings() {
        for item in [
            quote!(
                async fn a(browser: &mut Browser) -> Result {}
            ),
            quote!(
                pub(crate) async fn a(_: &mut canarytrace::browser::Browser) -> canarytrace::Result<()> {}
            ),
            quote!(#[cfg(unix)] pub async fn r#fn(mut browser: &mut Browser) -> Alias { a b ; }),
        ] {
            assert_eq!(mistakes(item.clone()), Vec::<String>::new(), "{item}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        for (item, part) in [
            (
                quote!(
                    fn a(b: &mut Browser) -> Result {}
                ),
                "`a` is not async",
            ),
            (
                quote!(
                    async fn a() -> Result {}
                ),
                "`a` takes no parameter",
            ),
            (
                quote!(
                    async fn a(b: &mut Browser, c: u8) -> Result {}
                ),
                "nothing else; values come from `params(…)`",
            ),
            (
                quote!(
                    async fn a(b: Browser) -> Result {}
                ),
                "takes `&mut Browser` or `&mut Api`, found `Browser`",
            ),
            (
                quote!(
                    async fn a(b: &Browser) -> Result {}
                ),
                "takes `&mut Browser` or `&mut Api`, found `&Browser`",
            ),
            (
                quote!(
                    async fn a(&mut self) -> Result {}
                ),
                "it has no `self`",
            ),
            (
                quote!(
                    async fn a<T>(b: &mut Browser) -> Result {}
                ),
                "a monitor has no generics",
            ),
            (
                quote!(
                    async fn a(b: &mut Browser) -> Result
                    where
                        u8: Copy,
                    {
                    }
                ),
                "so no bounds",
            ),
            (
                quote!(
                    async fn a(b: &mut Browser) {}
                ),
                "`a` returns nothing",
            ),
            (
                quote!(
                    async fn a(b: &mut Browser) -> ! {}
                ),
                "a monitor returns `Result`, found `!`",
            ),
            (
                quote!(
                    async fn a(b: &mut Browser) -> impl Send {}
                ),
                "found `impl Send`",
            ),
            (
                quote!(
                    async unsafe fn a(b: &mut Browser) -> Result {}
                ),
                "can't be `unsafe`",
            ),
            (
                quote!(
                    async extern "C" fn a(b: &mut Browser) -> Result {}
                ),
                "has no ABI",
            ),
            (
                quote!(
                    struct A;
                ),
                "found a struct",
            ),
            (
                quote!(
                    pub mod a {
                        fn b() {}
                    }
                ),
                "found a module",
            ),
            (quote!(impl A { const B: u8 = 1; }), "found an impl block"),
            (
                quote!(
                    const A: u8 = 1;
                ),
                "found a constant",
            ),
            (
                quote!(
                    static A: u8 = 1;
                ),
                "found a static",
            ),
        ] {
            let mistakes = mistakes(item.clone());
            assert_eq!(mistakes.len(), 1, "{item}: {mistakes:#?}");
            assert!(mistakes[0].contains(part), "{item}: {mistakes:#?}");
        }
    }

    #[test]
    fn only_a_function_is_made_async() {
        for (item, made) in [
            (
                quote!(
                    #[a]
                    pub fn b() {
                        c.await
                    }
                ),
                quote!(
                    #[a]
                    pub async fn b() {
                        c.await
                    }
                ),
            ),
            (
                quote!(
                    unsafe fn b() {}
                ),
                quote!(
                    async unsafe fn b() {}
                ),
            ),
            (
                quote!(
                    async fn b() {}
                ),
                quote!(
                    async fn b() {}
                ),
            ),
            (
                quote!(
                    const fn b() {}
                ),
                quote!(
                    const fn b() {}
                ),
            ),
            (
                quote!(
                    struct A;
                ),
                quote!(
                    struct A;
                ),
            ),
        ] {
            assert_eq!(made_async(item).to_string(), made.to_string());
        }
    }

    #[test]
    fn all_mistakes_are_reported_together() {
        let mistakes = mistakes(quote!(
            fn a<T>(b: Browser, c: T) {}
        ));
        assert_eq!(mistakes.len(), 5, "{mistakes:#?}");
    }
}
