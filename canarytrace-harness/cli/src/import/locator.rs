//! The best of a recording's ways to an element, as a locator.
//!
//! What a user sees is preferred to how the page is built, because it changes more rarely: test id, role and name, label,
//! text, CSS, `XPath`.

use super::literal::{short, string};
use super::recording::{Part, Selectors, Way};

/// Attributes that `test_id` looks at.
const TEST_ID: &[&str] = &["data-testid", "data-test"];

/// Further ones that pages carry for tests, and that the Recorder prefers.
const FOR_TESTS: &[&str] = &["data-qa", "data-cy", "data-test-id", "data-qa-id", "data-testing"];

/// Roles of ARIA and the variants of `Role`.
const ROLES: &[(&str, &str)] = &[
    ("alert", "Alert"),
    ("alertdialog", "AlertDialog"),
    ("article", "Article"),
    ("banner", "Banner"),
    ("button", "Button"),
    ("cell", "Cell"),
    ("checkbox", "Checkbox"),
    ("columnheader", "ColumnHeader"),
    ("combobox", "Combobox"),
    ("complementary", "Complementary"),
    ("contentinfo", "ContentInfo"),
    ("dialog", "Dialog"),
    ("figure", "Figure"),
    ("form", "Form"),
    ("grid", "Grid"),
    ("gridcell", "GridCell"),
    ("group", "Group"),
    ("heading", "Heading"),
    ("image", "Img"),
    ("img", "Img"),
    ("link", "Link"),
    ("list", "List"),
    ("listbox", "Listbox"),
    ("listitem", "ListItem"),
    ("main", "Main"),
    ("menu", "Menu"),
    ("menubar", "Menubar"),
    ("menuitem", "MenuItem"),
    ("menuitemcheckbox", "MenuItemCheckbox"),
    ("menuitemradio", "MenuItemRadio"),
    ("navigation", "Navigation"),
    ("option", "Option"),
    ("progressbar", "ProgressBar"),
    ("radio", "Radio"),
    ("radiogroup", "RadioGroup"),
    ("region", "Region"),
    ("row", "Row"),
    ("rowheader", "RowHeader"),
    ("search", "Search"),
    ("searchbox", "Searchbox"),
    ("slider", "Slider"),
    ("spinbutton", "SpinButton"),
    ("status", "Status"),
    ("switch", "Switch"),
    ("tab", "Tab"),
    ("table", "Table"),
    ("tablist", "TabList"),
    ("tabpanel", "TabPanel"),
    ("textbox", "Textbox"),
    ("tooltip", "Tooltip"),
    ("tree", "Tree"),
    ("treeitem", "TreeItem"),
];

/// What is done with an element tells what it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It takes text.
    Input,
    /// Anything else.
    Other,
}

/// An element, found.
#[derive(Debug)]
pub(super) struct Found {
    /// The locator as an expression.
    pub(super) code: String,
    /// What people would call it.
    pub(super) name: String,
    /// What was guessed, in words for the user.
    pub(super) guess: Option<String>,
}

/// The best locator for an element.
pub(super) fn locate(selectors: &Selectors, frame: &[usize], attribute: Option<&str>, used: Use) -> Found {
    let tag = tag(selectors);
    let choose = |rank: Rank| selectors.0.iter().find_map(|way| whole(way, rank, attribute, tag.as_deref(), used));
    let best = RANKS.iter().find_map(|rank| choose(*rank));
    let (mut code, guess) = best.map_or_else(|| last_resort(selectors), |code| (code, None));
    code += &in_frame(frame);
    Found { code, name: name_of(selectors, attribute), guess }
}

/// `.in_frame(…)` for the way to a frame; empty for the page itself.
pub(super) fn in_frame(frame: &[usize]) -> String {
    let Some((place, outer)) = frame.split_last() else { return String::new() };
    let place = if *place == 0 { ".first()".to_owned() } else { format!(".nth({place})") };
    format!(".in_frame(css(\"iframe, frame\"){place}{})", in_frame(outer))
}

/// How good a selector is.
#[derive(Clone, Copy, Debug)]
enum Rank {
    TestId,
    Role,
    Label,
    Text,
    Css,
    Pierce,
    XPath,
    RoleAlone,
}

const RANKS: [Rank; 8] =
    [Rank::TestId, Rank::Role, Rank::Label, Rank::Text, Rank::Css, Rank::Pierce, Rank::XPath, Rank::RoleAlone];

/// The locator of a way, if its last selector is of this rank.
fn whole(way: &Way, rank: Rank, attribute: Option<&str>, tag: Option<&str>, used: Use) -> Option<String> {
    let code = ranked(&way.element, rank, attribute, tag, used)?;
    Some(way.around.iter().rev().map(|part| plain(part, attribute)).fold(code, |code, outer| {
        // `a.within(b).within(c)`: an element in both, and that is what nested hosts are.
        format!("{code}.within({outer})")
    }))
}

fn ranked(part: &Part, rank: Rank, attribute: Option<&str>, tag: Option<&str>, used: Use) -> Option<String> {
    match (rank, part) {
        (Rank::TestId, Part::Css(selector) | Part::Pierce(selector)) => {
            let (name, value) = single_attribute(selector)?;
            if TEST_ID.contains(&name) {
                Some(format!("test_id({})", string(value)))
            } else if attribute == Some(name) || FOR_TESTS.contains(&name) {
                Some(format!("css({})", string(selector)))
            } else {
                None
            }
        }
        (Rank::Role, Part::Aria { name, role }) if !name.is_empty() => {
            let role = match role {
                Some(role) => variant(role)?,
                None if used == Use::Input => return None,
                None => variant(tag.and_then(role_of_tag)?)?,
            };
            Some(format!("role(Role::{role}, exact({}))", string(name)))
        }
        (Rank::Label, Part::Aria { name, role: None }) if !name.is_empty() => {
            let takes_a_label = used == Use::Input || matches!(tag, Some("input" | "select" | "textarea"));
            takes_a_label.then(|| format!("label(exact({}))", string(name)))
        }
        (Rank::Text, Part::Text(text)) if used == Use::Other => Some(by_text(text)),
        (Rank::Css, Part::Css(selector)) | (Rank::Pierce, Part::Pierce(selector)) => {
            Some(format!("css({})", string(selector)))
        }
        (Rank::XPath, Part::XPath(path)) => Some(format!("xpath({})", string(path))),
        (Rank::RoleAlone, Part::Aria { name, role: Some(role) }) if name.is_empty() => {
            Some(format!("role(Role::{}, any())", variant(role)?))
        }
        _ => None,
    }
}

/// The locator of an element around the one that is meant.
fn plain(part: &Part, attribute: Option<&str>) -> String {
    let best = RANKS.iter().find_map(|rank| ranked(part, *rank, attribute, None, Use::Other));
    best.unwrap_or_else(|| match part {
        Part::Aria { name, .. } => format!("text(exact({}))", string(name)),
        Part::Css(text) | Part::Pierce(text) | Part::Text(text) | Part::XPath(text) => by_text(text),
    })
}

/// The Recorder cuts long texts to what is unique, and never to less than twelve characters; shorter ones are whole.
fn by_text(text: &str) -> String {
    const SHORTEST_CUT: usize = 12;
    if text.chars().count() < SHORTEST_CUT {
        format!("text(exact({}))", string(text))
    } else {
        format!("text({})", string(text))
    }
}

/// For names without a role that is known, and nothing else.
fn last_resort(selectors: &Selectors) -> (String, Option<String>) {
    let Some(way) = selectors.0.first() else { return ("css(\"*\")".to_owned(), None) };
    match &way.element {
        Part::Aria { name, role: None } if !name.is_empty() => {
            let guess = format!("nothing tells what {name:?} is; it is taken for a button");
            (format!("role(Role::Button, exact({}))", string(name)), Some(guess))
        }
        part @ Part::Aria { role: Some(role), .. } => {
            (plain(part, None), Some(format!("the role {role:?} is none of ARIA's; the element is found by its text")))
        }
        part => (plain(part, None), None),
    }
}

fn variant(role: &str) -> Option<&'static str> {
    ROLES.iter().find(|(name, _)| name.eq_ignore_ascii_case(role)).map(|(_, variant)| *variant)
}

/// The role that elements of a tag have when their author says nothing.
fn role_of_tag(tag: &str) -> Option<&'static str> {
    Some(match tag {
        "a" => "link",
        "button" => "button",
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => "heading",
        "img" => "img",
        "option" => "option",
        _ => return None,
    })
}

/// `[data-test="add"]`, with or without quotes and a tag, and nothing else: its attribute and value.
fn single_attribute(selector: &str) -> Option<(&str, &str)> {
    let start = selector.find('[')?;
    if !selector[..start].chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return None;
    }
    let (name, value) = selector[start + 1..].strip_suffix(']')?.split_once('=')?;
    let unquoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
    let value = unquoted.unwrap_or(value);
    // What is escaped, or is followed by something else, stays CSS.
    let simple = !value.contains(['"', '\'', '\\', '[', ']']);
    (simple && !value.is_empty()).then_some((name, value))
}

/// The tag of the element, if a selector says it.
pub(super) fn tag(selectors: &Selectors) -> Option<String> {
    selectors.0.iter().find_map(|way| match &way.element {
        Part::Css(selector) | Part::Pierce(selector) => leading_name(last(selector, &[' ', '>', '+', '~'])),
        Part::XPath(path) => leading_name(last(path, &['/'])),
        Part::Aria { .. } | Part::Text(_) => None,
    })
}

/// What follows the last separator outside of brackets and quotes.
fn last<'a>(selector: &'a str, separators: &[char]) -> &'a str {
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    for (index, character) in selector.char_indices() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, separator) if depth == 0 && separators.contains(&separator) => start = index + separator.len_utf8(),
            _ => {}
        }
    }
    &selector[start..]
}

fn leading_name(compound: &str) -> Option<String> {
    let end = compound.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(compound.len());
    (end > 0).then(|| compound[..end].to_lowercase())
}

/// The role that a recording gives the element.
pub(super) fn role(selectors: &Selectors) -> Option<&str> {
    selectors.0.iter().find_map(|way| match &way.element {
        Part::Aria { role, .. } => role.as_deref(),
        _ => None,
    })
}

/// What people would call it.
fn name_of(selectors: &Selectors, attribute: Option<&str>) -> String {
    let parts = || selectors.0.iter().map(|way| &way.element);
    let aria = parts().find_map(|part| match part {
        Part::Aria { name, .. } => Some(name.as_str()),
        _ => None,
    });
    let text = parts().find_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let identifier = parts().find_map(|part| match part {
        Part::Css(selector) | Part::Pierce(selector) => match single_attribute(selector) {
            Some((name, value)) if attribute == Some(name) || TEST_ID.contains(&name) || FOR_TESTS.contains(&name) => {
                Some(value)
            }
            _ => selector.strip_prefix('#').filter(|id| id.chars().all(|c| c.is_alphanumeric() || "-_".contains(c))),
        },
        _ => None,
    });
    let name = [aria, text, identifier].into_iter().flatten().map(|name| short(name, 40)).find(|name| !name.is_empty());
    name.or_else(|| tag(selectors).map(|tag| format!("the {tag}"))).unwrap_or_else(|| "an element".to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::recording::{Action, parse};
    use super::*;

    fn found(selectors: &str, used: Use) -> Found {
        let step = format!(r#"{{"title":"","steps":[{{"type":"hover","selectors":{selectors}}}]}}"#);
        let Action::Hover { target } = parse(&step).unwrap().steps.remove(0).action else { unreachable!() };
        locate(&target, &[], Some("data-mine"), used)
    }

    #[test]
    fn the_best_way_is_taken_wherever_it_stands() {
        let every = r##"["xpath//html/body/button","pierce/#pay","#pay","text/Pay","aria/Pay","aria/Pay[role=\"button\"]","[data-testid='pay']"]"##;
        assert_eq!(found(every, Use::Other).code, r#"test_id("pay")"#);
        for (selectors, code) in [
            (r##"["#pay","text/Pay","aria/Pay[role=\"button\"]"]"##, r#"role(Role::Button, exact("Pay"))"#),
            (r##"["#form > button","text/Pay","aria/Pay"]"##, r#"role(Role::Button, exact("Pay"))"#),
            (r#"["aria/Home","xpath//html/body/a[2]"]"#, r#"role(Role::Link, exact("Home"))"#),
            (r#"["aria/I agree","form > input"]"#, r#"label(exact("I agree"))"#),
            (r##"["aria/Pay","#pay","text/Pay"]"##, r#"text(exact("Pay"))"#),
            (r#"["text/Continue to pay"]"#, r#"text("Continue to pay")"#),
            (r##"["aria/Pay","pierce/#pay","#pay"]"##, r##"css("#pay")"##),
            (r#"["xpath///a","pierce/#pay"]"#, r##"css("#pay")"##),
            (r#"["xpath///*[@id=\"a\"]"]"#, r#"xpath("//*[@id=\"a\"]")"#),
            (r#"["aria/[role=\"main\"]"]"#, "role(Role::Main, any())"),
            (r#"["[data-test=\"pay\"]"]"#, r#"test_id("pay")"#),
            (r#"["[data-mine=\"pay\"]","aria/Pay[role=\"button\"]"]"#, r#"css("[data-mine=\"pay\"]")"#),
            (r#"["[data-cy=pay]","text/Pay"]"#, r#"css("[data-cy=pay]")"#),
            (r#"["[data-test='a'] > b"]"#, r#"css("[data-test='a'] > b")"#),
        ] {
            assert_eq!(found(selectors, Use::Other).code, code, "{selectors}");
        }
        assert_eq!(found(r##"["#q","aria/Search","text/Se"]"##, Use::Input).code, r#"label(exact("Search"))"#);
        assert_eq!(found(r##"["#q","text/Se"]"##, Use::Input).code, r##"css("#q")"##);
    }

    #[test]
    fn a_chain_is_looked_for_within_each_of_its_hosts() {
        let chain = r#"[["my-app","my-form","aria/Pay[role=\"button\"]"]]"#;
        let code = r#"role(Role::Button, exact("Pay")).within(css("my-form")).within(css("my-app"))"#;
        assert_eq!(found(chain, Use::Other).code, code);
    }

    #[test]
    fn a_frame_is_found_by_its_place() {
        assert_eq!(in_frame(&[]), "");
        assert_eq!(in_frame(&[0]), r#".in_frame(css("iframe, frame").first())"#);
        let inner = r#".in_frame(css("iframe, frame").nth(2).in_frame(css("iframe, frame").first()))"#;
        assert_eq!(in_frame(&[0, 2]), inner);
    }

    #[test]
    fn a_guess_is_said() {
        let button = found(r#"["aria/Pay"]"#, Use::Other);
        assert_eq!(button.code, r#"role(Role::Button, exact("Pay"))"#);
        assert!(button.guess.unwrap().contains("taken for a button"));
        let text = found(r#"["aria/Pay[role=\"StaticText\"]"]"#, Use::Other);
        assert_eq!(text.code, r#"text(exact("Pay"))"#);
        assert!(text.guess.is_some());
    }

    #[test]
    fn a_tag_is_read_from_the_end_of_a_selector() {
        for (selector, tag) in [
            ("#form > button", Some("button")),
            ("div a:nth-of-type(2)", Some("a")),
            ("a[title='x > y']", Some("a")),
            ("#button", None),
            (".button", None),
            ("xpath//html/body/div[2]/select", Some("select")),
            ("xpath///*[@id=\"a/b\"]", None),
        ] {
            let json = serde_json::json!([selector]).to_string();
            let step = format!(r#"{{"title":"","steps":[{{"type":"hover","selectors":{json}}}]}}"#);
            let Action::Hover { target } = parse(&step).unwrap().steps.remove(0).action else { unreachable!() };
            assert_eq!(super::tag(&target).as_deref(), tag, "{selector}");
        }
    }
}
