//! Reading `a = "x", b(c, d)` item by item, so that a mistake in one item doesn't hide the next one's.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

use crate::errors::Errors;

/// The tokens between two commas.
#[derive(Debug)]
pub(crate) struct Item {
    tokens: Vec<TokenTree>,
    next: usize,
}

/// Splits at the commas; a comma with nothing before it is a mistake.
pub(crate) fn items(stream: TokenStream, errors: &mut Errors) -> Vec<Item> {
    let mut items = Vec::new();
    let mut tokens = Vec::new();
    for token in stream {
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if tokens.is_empty() {
                    errors.at(comma.span(), "nothing stands before this comma: remove it");
                } else {
                    items.push(Item { tokens: std::mem::take(&mut tokens), next: 0 });
                }
            }
            _ => tokens.push(token),
        }
    }
    if !tokens.is_empty() {
        items.push(Item { tokens, next: 0 });
    }
    items
}

impl Item {
    /// All of `stream`, commas included.
    pub(crate) fn of(stream: TokenStream) -> Self {
        Self { tokens: stream.into_iter().collect(), next: 0 }
    }

    /// The next token, without taking it.
    pub(crate) fn peek(&self) -> Option<&TokenTree> {
        self.tokens.get(self.next)
    }

    /// Takes an identifier.
    pub(crate) fn ident(&mut self) -> Option<Ident> {
        let Some(TokenTree::Ident(ident)) = self.peek() else { return None };
        let ident = ident.clone();
        self.next += 1;
        Some(ident)
    }

    /// Takes this one punctuation character.
    pub(crate) fn punct(&mut self, wanted: char) -> Option<Punct> {
        match self.peek() {
            Some(TokenTree::Punct(punct)) if punct.as_char() == wanted => {
                let punct = punct.clone();
                self.next += 1;
                Some(punct)
            }
            _ => None,
        }
    }

    /// Takes an operator: punctuation that is written without a gap, such as `<=`.
    pub(crate) fn operator(&mut self) -> Vec<Punct> {
        let mut operator = Vec::new();
        while let Some(TokenTree::Punct(punct)) = self.peek() {
            operator.push(punct.clone());
            let last = punct.spacing() == Spacing::Alone;
            self.next += 1;
            if last {
                break;
            }
        }
        operator
    }

    /// Takes a group in these delimiters.
    pub(crate) fn group(&mut self, delimiter: Delimiter) -> Option<Group> {
        match self.peek() {
            Some(TokenTree::Group(group)) if group.delimiter() == delimiter => {
                let group = group.clone();
                self.next += 1;
                Some(group)
            }
            _ => None,
        }
    }

    /// Takes a literal; `true` and `false` are literals too. A `macro_rules!` macro that passes one on wraps it in an
    /// invisible group.
    pub(crate) fn literal(&mut self) -> Option<syn::Lit> {
        let mut token = self.peek()?.clone();
        while let TokenTree::Group(group) = &token {
            if group.delimiter() != Delimiter::None {
                return None;
            }
            let mut inner = group.stream().into_iter();
            token = inner.next().filter(|_| inner.next().is_none())?;
        }
        let literal = match token {
            TokenTree::Literal(literal) => syn::Lit::new(literal),
            TokenTree::Ident(ident) if ident == "true" || ident == "false" => {
                syn::Lit::Bool(syn::LitBool::new(ident == "true", ident.span()))
            }
            _ => return None,
        };
        self.next += 1;
        Some(literal)
    }

    /// Whether all was taken.
    pub(crate) fn is_done(&self) -> bool {
        self.next >= self.tokens.len()
    }

    /// What is left.
    pub(crate) fn rest(&self) -> TokenStream {
        self.tokens[self.next.min(self.tokens.len())..].iter().cloned().collect()
    }

    /// Where to blame: the next token, else the last one.
    pub(crate) fn span(&self) -> Span {
        self.peek().or(self.tokens.last()).map_or_else(Span::call_site, TokenTree::span)
    }

    /// The next token in words, for "found …".
    pub(crate) fn found(&self) -> String {
        self.peek().map_or_else(|| "nothing".to_owned(), describe)
    }
}

/// A token in words.
fn describe(token: &TokenTree) -> String {
    match token {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Parenthesis => "`(…)`".to_owned(),
            Delimiter::Brace => "`{…}`".to_owned(),
            Delimiter::Bracket => "`[…]`".to_owned(),
            Delimiter::None => format!("`{group}`"),
        },
        TokenTree::Ident(ident) if ident == "true" || ident == "false" => format!("the boolean `{ident}`"),
        TokenTree::Literal(literal) => describe_literal(&syn::Lit::new(literal.clone())),
        other => format!("`{other}`"),
    }
}

/// A literal and its type in words.
pub(crate) fn describe_literal(literal: &syn::Lit) -> String {
    use quote::ToTokens;
    let kind = match literal {
        syn::Lit::Str(_) => "string",
        syn::Lit::ByteStr(_) => "byte string",
        syn::Lit::CStr(_) => "C string",
        syn::Lit::Byte(_) => "byte",
        syn::Lit::Char(_) => "character",
        syn::Lit::Int(_) => "integer",
        syn::Lit::Float(_) => "float",
        syn::Lit::Bool(_) => "boolean",
        _ => "literal",
    };
    format!("the {kind} `{}`", literal.to_token_stream())
}
