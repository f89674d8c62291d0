//! The tokens of a selector with their places, blocks as trees.

use cssparser::{Parser, Token};

use super::Mistake;

/// A token and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Byte offsets in the selector, those of a block with its content.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens that selectors are made of.
#[derive(Debug)]
pub(super) enum Kind {
    Ident(String),
    /// `name(…)`
    Function(String, Vec<Node>),
    /// `#name`
    Id,
    /// `#1name`: a hash, but no id.
    Hash,
    QuotedString,
    Delim(char),
    Space,
    Colon,
    Comma,
    /// `~=`, `|=`, `^=`, `$=`, `*=`
    Match,
    /// `[…]`
    Square(Vec<Node>),
    /// A string or an address that is not closed in its line.
    Unclosed,
    /// Whatever is never part of a selector.
    Other,
}

/// Splits a selector into tokens; comments are gone.
pub(super) fn tokenize(selector: &str) -> Result<Vec<Node>, Mistake> {
    nodes(&mut Parser::new(selector))
}

fn nodes(parser: &mut Parser) -> Result<Vec<Node>, Mistake> {
    let mut nodes = Vec::new();
    loop {
        let start = parser.position().byte_index();
        let Ok(token) = parser.next_including_whitespace_and_comments() else { return Ok(nodes) };
        let kind = match token {
            Token::Comment(_) => continue,
            Token::Ident(name) => Kind::Ident(name.to_string()),
            Token::Function(name) => {
                let name = name.to_string();
                Kind::Function(name, block(parser, start)?)
            }
            Token::SquareBracketBlock => Kind::Square(block(parser, start)?),
            Token::ParenthesisBlock | Token::CurlyBracketBlock => {
                block(parser, start)?;
                Kind::Other
            }
            Token::IDHash(_) => Kind::Id,
            Token::Hash(_) => Kind::Hash,
            Token::QuotedString(_) => Kind::QuotedString,
            Token::Delim(delim) => Kind::Delim(*delim),
            Token::WhiteSpace(_) => Kind::Space,
            Token::Colon => Kind::Colon,
            Token::Comma => Kind::Comma,
            Token::IncludeMatch
            | Token::DashMatch
            | Token::PrefixMatch
            | Token::SuffixMatch
            | Token::SubstringMatch => Kind::Match,
            Token::BadString(_) | Token::BadUrl(_) => Kind::Unclosed,
            _ => Kind::Other,
        };
        nodes.push(Node { kind, start, end: parser.position().byte_index() });
    }
}

fn block(parser: &mut Parser, start: usize) -> Result<Vec<Node>, Mistake> {
    let mut mistake = None;
    let inner = parser.parse_nested_block(|inner| {
        nodes(inner).map_err(|found| {
            mistake = Some(found);
            cssparser::ParseError::<()>::unexpected_token()
        })
    });
    inner.map_err(|_| mistake.unwrap_or_else(|| Mistake::new(start, "brackets are nested too deeply")))
}
