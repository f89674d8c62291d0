//! How elements are found: by selector, text, role, label, placeholder, alternative text or test id, and combinations.

use std::fmt;

use serde::Serialize;

use super::role::Role;
use super::text_match::{Match, exact};

/// How elements are found on a page. A value: nothing is looked up until an element or an expectation is awaited, and
/// then anew each time, so it never goes stale.
///
/// All but [`xpath`] look into open shadow roots. None looks into frames: see [`in_frame`](Self::in_frame).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locator {
    /// The frames around it, the outermost first.
    frames: Vec<Query>,
    query: Query,
}

/// What the engine in the page understands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Query {
    Css {
        selector: String,
    },
    Xpath {
        expression: String,
    },
    Text {
        text: Match,
    },
    Role {
        #[serde(serialize_with = "role_in_tree")]
        role: Role,
        name: Match,
    },
    Label {
        text: Match,
    },
    Placeholder {
        text: Match,
    },
    AltText {
        text: Match,
    },
    TestId {
        id: Match,
    },
    Within {
        inner: Box<Query>,
        outer: Box<Query>,
    },
    Filter {
        of: Box<Query>,
        by: FilterQuery,
    },
    Nth {
        of: Box<Query>,
        index: i64,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn role_in_tree<S: serde::Serializer>(role: &Role, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(role.in_tree())
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FilterQuery {
    negated: bool,
    #[serde(flatten)]
    by: FilterKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum FilterKind {
    HasText { text: Match },
    Has { query: Box<Query> },
    Visible,
}

/// What [`Locator::filter`] keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(FilterQuery);

impl Filter {
    fn new(by: FilterKind) -> Self {
        Self(FilterQuery { negated: false, by })
    }

    /// Keeps what this filter would drop, and drops what it would keep.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "it reads like the `not()` of expectations")]
    pub fn not(mut self) -> Self {
        self.0.negated = !self.0.negated;
        self
    }
}

/// Elements with this text in them, for [`Locator::filter`].
pub fn has_text(text: impl Into<Match>) -> Filter {
    Filter::new(FilterKind::HasText { text: text.into() })
}

/// Elements with an element in them that `child` finds, for [`Locator::filter`].
pub fn has(child: impl Into<Locator>) -> Filter {
    Filter::new(FilterKind::Has { query: Box::new(child.into().query) })
}

/// Elements that are shown, for [`Locator::filter`].
pub fn visible() -> Filter {
    Filter::new(FilterKind::Visible)
}

/// Elements that match a CSS selector. `css!("…")` checks a literal when the monitor is compiled.
///
/// In pages with open shadow roots, what a selector says of ancestors (`a b`, `a > b`) holds across them.
pub fn css(selector: impl Into<String>) -> Locator {
    Locator::of(Query::Css { selector: selector.into() })
}

/// Elements that an `XPath` 1.0 expression finds. It doesn't look into shadow roots.
pub fn xpath(expression: impl Into<String>) -> Locator {
    Locator::of(Query::Xpath { expression: expression.into() })
}

/// The smallest elements with this text; buttons made of `input` too.
pub fn text(text: impl Into<Match>) -> Locator {
    Locator::of(Query::Text { text: text.into() })
}

/// Elements with this role and accessible name, as the browser's accessibility tree has them; what is hidden from it has
/// none. [`any`](super::any) takes every name.
///
/// `Accessibility.queryAXTree`.
pub fn role(role: Role, name: impl Into<Match>) -> Locator {
    Locator::of(Query::Role { role, name: name.into() })
}

/// Inputs and other elements with this label: `<label>`, `aria-labelledby` or `aria-label`.
pub fn label(text: impl Into<Match>) -> Locator {
    Locator::of(Query::Label { text: text.into() })
}

/// Inputs with this placeholder.
pub fn placeholder(text: impl Into<Match>) -> Locator {
    Locator::of(Query::Placeholder { text: text.into() })
}

/// Images with this alternative text.
pub fn alt_text(text: impl Into<Match>) -> Locator {
    Locator::of(Query::AltText { text: text.into() })
}

/// The element with this test id: one of the attributes of `CANARYTRACE_TEST_ID_ATTRIBUTES` is exactly this.
pub fn test_id(id: impl Into<String>) -> Locator {
    Locator::of(Query::TestId { id: exact(id) })
}

impl Locator {
    fn of(query: Query) -> Self {
        Self { frames: Vec::new(), query }
    }

    fn map(self, change: impl FnOnce(Box<Query>) -> Query) -> Self {
        Self { frames: self.frames, query: change(Box::new(self.query)) }
    }

    /// Only the first match, in the order of the page. Without this a second match is an error.
    #[must_use]
    pub fn first(self) -> Self {
        self.at(0)
    }

    /// Only the last match.
    #[must_use]
    pub fn last(self) -> Self {
        self.at(-1)
    }

    /// Only the match at `index`, from 0.
    #[must_use]
    pub fn nth(self, index: usize) -> Self {
        self.at(i64::try_from(index).unwrap_or(i64::MAX))
    }

    fn at(self, index: i64) -> Self {
        self.map(|of| Query::Nth { of, index })
    }

    /// Only what lies in an element that `outer` finds; `outer` may find several. Its frames hold for both.
    #[must_use]
    pub fn within(self, outer: impl Into<Locator>) -> Self {
        let outer = outer.into();
        let frames = outer.frames.into_iter().chain(self.frames).collect();
        Self { frames, query: Query::Within { inner: Box::new(self.query), outer: Box::new(outer.query) } }
    }

    /// Only those that the filter keeps: [`has_text`], [`has`], [`visible`], each with [`not`](Filter::not).
    #[must_use]
    pub fn filter(self, filter: Filter) -> Self {
        self.map(|of| Query::Filter { of, by: filter.0 })
    }

    /// In the document of the frame that `frame` finds, which may be of another origin. For a frame in a frame,
    /// `frame` is itself in a frame.
    #[must_use]
    pub fn in_frame(mut self, frame: impl Into<Locator>) -> Self {
        let frame = frame.into();
        let mut frames = frame.frames;
        frames.push(frame.query);
        frames.append(&mut self.frames);
        Self { frames, query: self.query }
    }

    pub(crate) fn frames(&self) -> &[Query] {
        &self.frames
    }

    pub(crate) fn query(&self) -> &Query {
        &self.query
    }
}

impl From<&Locator> for Locator {
    fn from(locator: &Locator) -> Self {
        locator.clone()
    }
}

impl Query {
    /// The same, where every name will do: for suggestions.
    pub(crate) fn any_name(&self) -> Self {
        let boxed = |query: &Self| Box::new(query.any_name());
        match self {
            Self::Role { role, .. } => Self::Role { role: *role, name: Match::Any },
            Self::Within { inner, outer } => Self::Within { inner: boxed(inner), outer: boxed(outer) },
            Self::Filter { of, by } => Self::Filter { of: boxed(of), by: by.clone() },
            Self::Nth { of, index } => Self::Nth { of: boxed(of), index: *index },
            other => other.clone(),
        }
    }

    /// The roles and names in it, which only the accessibility tree can tell.
    pub(crate) fn roles(&self) -> Vec<(Role, &Match)> {
        match self {
            Self::Role { role, name } => vec![(*role, name)],
            Self::Within { inner, outer } => [outer.roles(), inner.roles()].concat(),
            Self::Filter { of, by } => match &by.by {
                FilterKind::Has { query } => [of.roles(), query.roles()].concat(),
                FilterKind::HasText { .. } | FilterKind::Visible => of.roles(),
            },
            Self::Nth { of, .. } => of.roles(),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Css { selector } => write!(f, "css \"{selector}\""),
            Self::Xpath { expression } => write!(f, "xpath \"{expression}\""),
            Self::Text { text } => write!(f, "text {text}"),
            Self::Role { role, name: Match::Any } => write!(f, "role {role}"),
            Self::Role { role, name } => write!(f, "role {role} {name}"),
            Self::Label { text } => write!(f, "label {text}"),
            Self::Placeholder { text } => write!(f, "placeholder {text}"),
            Self::AltText { text } => write!(f, "alt text {text}"),
            Self::TestId { id: Match::Exact(id) } => write!(f, "test id \"{id}\""),
            Self::TestId { id } => write!(f, "test id {id}"),
            Self::Within { inner, outer } => write!(f, "{inner} within {outer}"),
            Self::Filter { of, by } => {
                let not = if by.negated { "not " } else { "" };
                match &by.by {
                    FilterKind::HasText { text } => write!(f, "{of} {not}with text {text}"),
                    FilterKind::Has { query } => write!(f, "{of} {not}with {query} in it"),
                    FilterKind::Visible => write!(f, "{of} {not}visible"),
                }
            }
            Self::Nth { of, index: -1 } => write!(f, "{of} last()"),
            Self::Nth { of, index: 0 } => write!(f, "{of} first()"),
            Self::Nth { of, index } => write!(f, "{of} nth({index})"),
        }
    }
}

impl fmt::Display for Locator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.query.fmt(f)?;
        for frame in self.frames.iter().rev() {
            write!(f, " in the frame {frame}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::text_match::any;
    use super::*;

    #[test]
    fn a_locator_reads_as_it_was_written() {
        let lamp = css("li").filter(has_text("Lamp")).filter(has(css(".sold-out")).not());
        let locator = role(Role::Button, "Buy").within(lamp).first().in_frame(css("#shop").in_frame(test_id("outer")));
        assert_eq!(
            locator.to_string(),
            "role button \"Buy\" within css \"li\" with text \"Lamp\" not with css \".sold-out\" in it first() \
             in the frame css \"#shop\" in the frame test id \"outer\""
        );
        assert_eq!(role(Role::Navigation, any()).to_string(), "role navigation");
    }

    #[test]
    fn the_engine_gets_a_query_as_a_tree() {
        let locator = role(Role::Img, exact("Lamp")).within(css("main")).last();
        assert_eq!(
            serde_json::to_value(locator.query()).unwrap(),
            json!({
                "kind": "nth",
                "index": -1,
                "of": {
                    "kind": "within",
                    "outer": {"kind": "css", "selector": "main"},
                    "inner": {"kind": "role", "role": "image", "name": {"kind": "exact", "value": "Lamp"}},
                },
            })
        );
        let filtered = css("li").filter(visible().not());
        assert_eq!(serde_json::to_value(filtered.query()).unwrap()["by"], json!({"kind": "visible", "negated": true}));
    }

    #[test]
    fn within_takes_over_the_frames_of_what_it_lies_in() {
        let locator = css("button").within(css("form").in_frame(css("iframe")));
        assert_eq!(locator.frames().len(), 1);
    }
}
