//! Selectors Level 4 as `querySelector` takes it.

use cssparser::Parser as CssParser;

use super::Mistake;
use super::pseudo::{FOREIGN, FUNCTIONS, OLD_ELEMENTS, SIMPLE};
use super::tokens::{Kind, Node, tokenize};
use crate::suggest;

/// Checks a selector list.
///
/// Stricter than Chromium in two points, both of which are slips in a selector that is written down: a pseudo-element
/// (no element is found by it), and what is wrong or missing in `:is()` and `:where()` (Chromium skips it in silence).
///
/// # Errors
///
/// Names the first mistake.
pub(crate) fn check(selector: &str) -> Result<(), Mistake> {
    let nodes = tokenize(selector)?;
    List { source: selector, nodes: &nodes, next: 0, end: selector.len() }.selectors(Place::default())
}

/// What surrounds a selector.
#[derive(Clone, Copy, Default)]
struct Place {
    /// `:has(> a)`: a selector may start with a combinator.
    relative: bool,
    /// In `:has()` at any depth, where no other `:has()` may stand.
    in_has: bool,
}

/// The tokens of a list of selectors.
struct List<'a> {
    source: &'a str,
    nodes: &'a [Node],
    next: usize,
    /// Byte offset behind the last token, to blame when something is missing there.
    end: usize,
}

type Checked = Result<(), Mistake>;

impl<'a> List<'a> {
    /// The content of a block.
    fn inside(&self, block: &Node, nodes: &'a [Node]) -> List<'a> {
        let end = nodes.last().map_or_else(|| block.end.saturating_sub(1).max(block.start), |last| last.end);
        List { source: self.source, nodes, next: 0, end }
    }

    fn peek(&self) -> Option<&'a Kind> {
        self.nodes.get(self.next).map(|node| &node.kind)
    }

    fn peek_second(&self) -> Option<&'a Kind> {
        self.nodes.get(self.next + 1).map(|node| &node.kind)
    }

    fn take(&mut self) -> Option<&'a Node> {
        let node = self.nodes.get(self.next)?;
        self.next += 1;
        Some(node)
    }

    /// Where the next token stands.
    fn at(&self) -> usize {
        self.nodes.get(self.next).map_or(self.end, |node| node.start)
    }

    fn skip_space(&mut self) -> bool {
        let start = self.next;
        while matches!(self.peek(), Some(Kind::Space)) {
            self.next += 1;
        }
        self.next > start
    }

    fn mistake(&self, message: impl Into<String>) -> Mistake {
        Mistake::new(self.at(), message)
    }

    /// The next token as it is written.
    fn found(&self) -> String {
        self.nodes.get(self.next).map_or_else(
            || "the end".to_owned(),
            |node| match &node.kind {
                Kind::Function(name, _) => format!("`{name}(`"),
                Kind::Square(_) => "`[`".to_owned(),
                _ => format!("`{}`", &self.source[node.start..node.end]),
            },
        )
    }

    /// `a > b, c`
    fn selectors(&mut self, place: Place) -> Checked {
        loop {
            self.selector(place)?;
            match self.peek() {
                None => return Ok(()),
                Some(Kind::Comma) => self.next += 1,
                Some(_) => return Err(self.unexpected()),
            }
        }
    }

    /// `a > b`
    fn selector(&mut self, place: Place) -> Checked {
        self.skip_space();
        if place.relative && self.combinator()? {
            self.skip_space();
        }
        let mut after_combinator = None;
        loop {
            if !self.compound(place)? {
                return Err(self.missing(after_combinator));
            }
            let spaced = self.skip_space();
            let combinator = self.at();
            if self.combinator()? {
                self.skip_space();
                after_combinator = Some(combinator);
            } else if spaced && !matches!(self.peek(), None | Some(Kind::Comma)) {
                after_combinator = None;
            } else {
                return Ok(());
            }
        }
    }

    /// Takes `>`, `+` or `~`.
    fn combinator(&mut self) -> Result<bool, Mistake> {
        let Some(Kind::Delim(delim @ ('>' | '+' | '~'))) = self.peek() else { return Ok(false) };
        if *delim == '>' && matches!(self.peek_second(), Some(Kind::Delim('>'))) {
            return Err(self.mistake("`>>` is no combinator: write a blank for a descendant, `>` for a child"));
        }
        self.next += 1;
        Ok(true)
    }

    /// No compound selector stands where one must.
    fn missing(&self, after_combinator: Option<usize>) -> Mistake {
        match (self.peek(), after_combinator) {
            (None | Some(Kind::Comma), Some(at)) => {
                Mistake::new(at, format!("nothing follows the combinator `{}`", &self.source[at..=at]))
            }
            (None, None) if self.nodes.iter().all(|node| matches!(node.kind, Kind::Space)) => {
                self.mistake("no selector stands here")
            }
            (None, None) => self.mistake("a selector is missing after the comma"),
            (Some(Kind::Comma), None) => self.mistake("a selector is missing before this comma"),
            (Some(Kind::Delim(combinator @ ('>' | '+' | '~'))), None) => self.mistake(format!(
                "a selector can't start with the combinator `{combinator}`\nfor children of what is searched write \
                 `:scope {combinator} …`"
            )),
            (Some(_), _) => self.unexpected(),
        }
    }

    /// A token that belongs to no selector.
    fn unexpected(&self) -> Mistake {
        let found = self.found();
        match self.peek() {
            Some(Kind::Hash) => self.mistake(format!(
                "{found} is no id: in a selector an id can't start with a digit\nwrite `[id=\"{}\"]`",
                found.trim_matches('`').trim_start_matches('#')
            )),
            Some(Kind::Delim('/')) => {
                self.mistake(format!("unexpected {found}\nis this an XPath? it is no CSS selector"))
            }
            Some(Kind::Delim('|')) => {
                self.mistake("unexpected `|`: a page's selectors know no namespaces, only `*|name` and `|name`")
            }
            Some(Kind::Unclosed) => self.mistake("a string is not closed: its second quote is missing"),
            Some(Kind::Ident(_) | Kind::Delim('*')) => {
                self.mistake(format!("unexpected {found}: the name of an element comes first in a selector"))
            }
            Some(Kind::Other) if found.starts_with("`.") => self.mistake(format!(
                "{found} is no class: in a selector a class can't start with a digit\nwrite `[class~=\"{}\"]`",
                found.trim_matches('`').trim_start_matches('.')
            )),
            _ => self.mistake(format!("unexpected {found}")),
        }
    }

    /// `a.b#c[d]:e`; false when not even one simple selector is here.
    fn compound(&mut self, place: Place) -> Result<bool, Mistake> {
        let start = self.next;
        self.type_selector()?;
        loop {
            match self.peek() {
                Some(Kind::Id | Kind::Delim('&')) => self.next += 1,
                Some(Kind::Delim('.')) => {
                    self.next += 1;
                    if !matches!(self.peek(), Some(Kind::Ident(_))) {
                        let found = self.found();
                        return Err(self.mistake(format!("the name of a class follows the dot, found {found}")));
                    }
                    self.next += 1;
                }
                Some(Kind::Square(inner)) => {
                    let block = &self.nodes[self.next];
                    self.inside(block, inner).attribute()?;
                    self.next += 1;
                }
                Some(Kind::Colon) => self.pseudo(place)?,
                _ => return Ok(self.next > start),
            }
        }
    }

    /// `a`, `*`, `*|a`, `|a`
    fn type_selector(&mut self) -> Checked {
        let is_bar = |kind: Option<&Kind>| matches!(kind, Some(Kind::Delim('|')));
        match self.peek() {
            Some(Kind::Ident(prefix)) if is_bar(self.peek_second()) => {
                return Err(self.mistake(format!(
                    "the namespace `{prefix}` is not declared: a page's selectors know only `*|name` and `|name`"
                )));
            }
            Some(Kind::Delim('*')) if is_bar(self.peek_second()) => self.next += 2,
            Some(Kind::Delim('|')) => self.next += 1,
            Some(Kind::Ident(_) | Kind::Delim('*')) => {
                self.next += 1;
                return Ok(());
            }
            _ => return Ok(()),
        }
        if matches!(self.peek(), Some(Kind::Ident(_) | Kind::Delim('*'))) {
            self.next += 1;
            return Ok(());
        }
        let found = self.found();
        Err(self.mistake(format!("the name of an element follows `|`, found {found}")))
    }

    /// The inside of `[name="value" i]`.
    fn attribute(&mut self) -> Checked {
        const EXAMPLE: &str = "example: `[data-test=\"add-lamp\"]`";
        self.skip_space();
        match (self.peek(), self.peek_second()) {
            (Some(Kind::Delim('*')), Some(Kind::Delim('|'))) => self.next += 2,
            (Some(Kind::Delim('|')), _) => self.next += 1,
            (Some(Kind::Ident(prefix)), Some(Kind::Delim('|'))) => {
                return Err(self.mistake(format!(
                    "the namespace `{prefix}` is not declared: a page's selectors know only `[*|name]` and `[|name]`"
                )));
            }
            _ => {}
        }
        if !matches!(self.peek(), Some(Kind::Ident(_))) {
            let message = match self.peek() {
                Some(Kind::Delim('@')) => "an attribute is named without `@`".to_owned(),
                Some(Kind::Other) if self.found().starts_with("`@") => "an attribute is named without `@`".to_owned(),
                _ => format!("the name of an attribute belongs here, found {}", self.found()),
            };
            return Err(self.mistake(format!("{message}\n{EXAMPLE}")));
        }
        self.next += 1;
        self.skip_space();
        match self.peek() {
            None => return Ok(()),
            Some(Kind::Match | Kind::Delim('=')) => self.next += 1,
            Some(_) => {
                let found = self.found();
                return Err(self.mistake(format!(
                    "after the attribute's name belongs `=`, `~=`, `|=`, `^=`, `$=` or `*=`, found {found}\n{EXAMPLE}"
                )));
            }
        }
        self.skip_space();
        match self.peek() {
            Some(Kind::Ident(_) | Kind::QuotedString) => self.next += 1,
            Some(Kind::Unclosed) => return Err(self.unexpected()),
            None => return Err(self.mistake(format!("the attribute's value is missing\n{EXAMPLE}"))),
            Some(_) => {
                let found = self.found();
                return Err(self.mistake(format!("the attribute's value belongs in quotes, found {found}\n{EXAMPLE}")));
            }
        }
        self.skip_space();
        match self.peek() {
            None => return Ok(()),
            Some(Kind::Ident(flag)) if flag.eq_ignore_ascii_case("s") => {
                return Err(
                    self.mistake("Chromium doesn't know the flag `s`: leave it out, values are compared in their case")
                );
            }
            Some(Kind::Ident(flag)) if flag.eq_ignore_ascii_case("i") => {
                self.next += 1;
                self.skip_space();
            }
            Some(_) => {}
        }
        if self.peek().is_none() {
            return Ok(());
        }
        let found = self.found();
        Err(self.mistake(format!(
            "after the attribute's value stands nothing but the flag `i` (any case), found {found}\n\
             a value with blanks or signs belongs in quotes"
        )))
    }

    /// `:name`, `:name(…)`
    fn pseudo(&mut self, place: Place) -> Checked {
        let at = self.at();
        self.next += 1;
        let double = matches!(self.peek(), Some(Kind::Colon));
        self.next += usize::from(double);
        let Some(node) = self.take() else {
            return Err(Mistake::new(at, "the name of a pseudo-class follows `:`, found the end"));
        };
        let (name, arguments) = match &node.kind {
            Kind::Ident(name) => (name, None),
            Kind::Function(name, arguments) => (name, Some(arguments.as_slice())),
            _ => {
                self.next -= 1;
                let found = self.found();
                return Err(Mistake::new(at, format!("the name of a pseudo-class follows `:`, found {found}")));
            }
        };
        let name = name.to_ascii_lowercase();
        if double || (arguments.is_none() && OLD_ELEMENTS.contains(&name.as_str())) {
            let colons = if double { "::" } else { ":" };
            let is_class = double && SIMPLE.contains(&name.as_str());
            return Err(Mistake::new(
                at,
                format!(
                    "`{colons}{name}` is a pseudo-element, and no element can be found by it: select the element that \
                     has it{}",
                    if is_class { format!("\ndid you mean the pseudo-class `:{name}`?") } else { String::new() }
                ),
            ));
        }
        match arguments {
            None if SIMPLE.contains(&name.as_str()) => Ok(()),
            Some(arguments) if FUNCTIONS.iter().any(|(function, _)| *function == name) => {
                self.function(&name, node, arguments, place, at)
            }
            _ => Err(Mistake::new(at, unknown(&name, arguments.is_some()))),
        }
    }

    /// The arguments of a functional pseudo-class.
    fn function(&self, name: &str, node: &Node, arguments: &'a [Node], place: Place, at: usize) -> Checked {
        let mut inside = self.inside(node, arguments);
        let example = FUNCTIONS.iter().find(|(function, _)| *function == name).map_or("", |(_, example)| example);
        if arguments.iter().all(|node| matches!(node.kind, Kind::Space)) {
            return Err(Mistake::new(at, format!("`:{name}()` needs an argument\nexample: `{example}`")));
        }
        match name {
            "is" | "where" | "not" => inside.selectors(Place { relative: false, ..place }),
            "has" if place.in_has => Err(Mistake::new(at, "`:has()` can't stand in another `:has()`")),
            "has" => inside.selectors(Place { relative: true, in_has: true }),
            "host" | "host-context" | "-webkit-any" => inside.compounds(name, example, place),
            "nth-child" | "nth-last-child" | "nth-of-type" | "nth-last-of-type" => inside.nth(name, example, place),
            _ => inside.words(name, example),
        }
    }

    /// `.a`, and for `:-webkit-any()` a list of these
    fn compounds(&mut self, name: &str, example: &str, place: Place) -> Checked {
        loop {
            self.skip_space();
            if !self.compound(place)? {
                return Err(self.missing(None));
            }
            self.skip_space();
            match self.peek() {
                None => return Ok(()),
                Some(Kind::Comma) if name == "-webkit-any" => self.next += 1,
                Some(_) => {
                    let found = self.found();
                    return Err(self.mistake(format!(
                        "`:{name}()` takes no combinators and no more than this, found {found}\nexample: `{example}`"
                    )));
                }
            }
        }
    }

    /// `2n+1`, `odd of .a`
    fn nth(&mut self, name: &str, example: &str, place: Place) -> Checked {
        self.skip_space();
        let start = self.at();
        let of = self.nodes.iter().position(|node| matches!(&node.kind, Kind::Ident(of) if of == "of"));
        let end = of.map_or(self.end, |of| self.nodes[of].start);
        let formula = &self.source[start..end.max(start)];
        let mut parser = CssParser::new(formula);
        if cssparser::parse_nth(&mut parser).is_err() || !parser.is_exhausted() {
            return Err(self.mistake(format!(
                "`{}` is no position: write `odd`, `even`, a number or `2n+1`\nexample: `{example}`",
                formula.trim()
            )));
        }
        let Some(of) = of else { return Ok(()) };
        self.next = of;
        if name.ends_with("of-type") {
            return Err(self.mistake(format!("`:{name}()` takes no `of`, only `:nth-child()` does")));
        }
        self.next += 1;
        self.selectors(Place { relative: false, ..place })
    }

    /// `de`, and for `:active-view-transition-type()` a list of these
    fn words(&mut self, name: &str, example: &str) -> Checked {
        loop {
            self.skip_space();
            if !matches!(self.peek(), Some(Kind::Ident(_))) {
                let found = self.found();
                return Err(self
                    .mistake(format!("`:{name}()` takes a word without quotes, found {found}\nexample: `{example}`")));
            }
            self.next += 1;
            self.skip_space();
            match self.peek() {
                None => return Ok(()),
                Some(Kind::Comma) if name == "active-view-transition-type" => self.next += 1,
                Some(_) => {
                    let found = self.found();
                    return Err(self.mistake(format!(
                        "Chromium takes no more than one word in `:{name}()`, found {found}\nexample: `{example}`"
                    )));
                }
            }
        }
    }
}

/// What to say of a pseudo-class that doesn't exist in this form.
fn unknown(name: &str, is_function: bool) -> String {
    let example = FUNCTIONS.iter().find(|(function, _)| *function == name).map(|(_, example)| *example);
    match example {
        Some(example) if !is_function => return format!("`:{name}` needs an argument\nexample: `{example}`"),
        _ if is_function && SIMPLE.contains(&name) => return format!("`:{name}` takes no argument: write `:{name}`"),
        _ => {}
    }
    let parentheses = if is_function { "()" } else { "" };
    let mut message = format!("unknown pseudo-class `:{name}{parentheses}`");
    if let Some((_, advice)) = FOREIGN.iter().find(|(word, _)| *word == name) {
        message.push('\n');
        message.push_str(advice);
        return message;
    }
    // First among those of the same form, so that `:nth-chid(2)` is never answered with `:nth-of-type`'s likes.
    let functions = || FUNCTIONS.iter().map(|(function, _)| *function);
    let same = if is_function { suggest::nearest(name, functions()) } else { suggest::nearest(name, SIMPLE) };
    let nearest = same.map(|class| (class, is_function)).or_else(|| {
        let other = if is_function { suggest::nearest(name, SIMPLE) } else { suggest::nearest(name, functions()) };
        other.map(|class| (class, !is_function))
    });
    match nearest {
        Some((class, true)) => format!("{message}\ndid you mean `:{class}()`?"),
        Some((class, false)) => format!("{message}\ndid you mean `:{class}`?"),
        None => format!("{message}\nif your browser knows it all the same, use the function: `css(\"…\")`"),
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::selector::measured::{REFUSED, TAKEN, TAKEN_BUT_SLIPS};

    #[test]
    fn what_chromium_takes_is_taken() {
        let refused: Vec<_> = TAKEN.iter().filter_map(|selector| Some((selector, check(selector).err()?))).collect();
        assert!(refused.is_empty(), "{refused:#?}");
    }

    #[test]
    fn what_chromium_refuses_is_refused() {
        let taken: Vec<_> = REFUSED.iter().filter(|selector| check(selector).is_ok()).collect();
        assert!(taken.is_empty(), "{taken:#?}");
    }

    /// The message of the first mistake and what stands at its place.
    fn mistake(selector: &str) -> (String, &str) {
        let mistake = check(selector).unwrap_err();
        (mistake.message, &selector[mistake.at..])
    }

    #[test]
    fn the_place_of_a_mistake_is_named() {
        for (selector, rest, message) in [
            ("a:hovr > b", ":hovr > b", "unknown pseudo-class `:hovr`\ndid you mean `:hover`?"),
            ("a:not(b, :chekced)", ":chekced)", "did you mean `:checked`?"),
            ("a:nth-chidl(2)", ":nth-chidl(2)", "unknown pseudo-class `:nth-chidl()`\ndid you mean `:nth-child()`?"),
            ("a:hover(b)", ":hover(b)", "takes no argument"),
            ("a:nth-child", ":nth-child", "needs an argument\nexample: `:nth-child(2n+1)`"),
            ("a:contains(\"x\")", ":contains(\"x\")", "CSS can't select by text"),
            ("a:warp-drive", ":warp-drive", "use the function: `css(\"…\")`"),
            ("a:nth-child(2x)", "2x)", "`2x` is no position"),
            ("p::before", "::before", "is a pseudo-element, and no element can be found by it"),
            ("p::hover", "::hover", "did you mean the pseudo-class `:hover`?"),
            ("p:after", ":after", "`:after` is a pseudo-element"),
            ("[data-id=1]", "1]", "the attribute's value belongs in quotes, found `1`"),
            ("[@href]", "@href]", "an attribute is named without `@`"),
            ("#1abc", "#1abc", "write `[id=\"1abc\"]`"),
            ("a .1b", ".1b", "write `[class~=\"1b\"]`"),
            ("//div", "//div", "is this an XPath?"),
            ("a,, b", ", b", "a selector is missing before this comma"),
            ("a, ", "", "a selector is missing after the comma"),
            ("  ", "", "no selector stands here"),
            ("> a", "> a", "write `:scope > …`"),
            ("a > ", "> ", "nothing follows the combinator `>`"),
            ("a >>> b", ">>> b", "`>>` is no combinator"),
            ("svg|a", "svg|a", "the namespace `svg` is not declared"),
            (".a b!", "!", "unexpected `!`"),
            (".größe .", "", "the name of a class follows the dot, found the end"),
            ("a:has(b:has(c))", ":has(c))", "can't stand in another `:has()`"),
            ("a[b]c", "c", "the name of an element comes first"),
            ("[a=\"b\" s]", "s]", "doesn't know the flag `s`"),
            ("a(b)", "a(b)", "unexpected `a(`"),
        ] {
            let (found, at) = mistake(selector);
            assert!(found.contains(message), "{selector}: {found}");
            assert_eq!(at, rest, "{selector}: {found}");
        }
    }

    #[test]
    fn deep_nesting_is_a_mistake_and_no_crash() {
        let deep = format!("{}a{}", ":not(".repeat(10_000), ")".repeat(10_000));
        assert!(check(&deep).unwrap_err().message.contains("nested too deeply"));
    }

    #[test]
    fn slips_that_chromium_takes_are_refused() {
        let taken: Vec<_> = TAKEN_BUT_SLIPS.iter().filter(|selector| check(selector).is_ok()).collect();
        assert!(taken.is_empty(), "{taken:#?}");
    }
}
