//! Addresses of a recording: relative to `BASE_URL` where they can be, and without what differs from run to run.

use url::{Origin, Url};

use super::literal::string;

/// Addresses as monitors write them.
#[derive(Debug)]
pub(super) struct Addresses {
    /// What `BASE_URL` stands for: the origin that every address shares, if there is one.
    base: Option<Origin>,
}

impl Addresses {
    /// Looks at the addresses that are opened.
    pub(super) fn of<'a>(opened: impl Iterator<Item = &'a str>) -> Self {
        let mut origins = opened.filter(|address| !is_of_the_browser(address)).map(origin);
        let first = origins.next().flatten();
        Self { base: first.filter(|first| origins.all(|origin| origin.as_ref() == Some(first))) }
    }

    /// The origin that `BASE_URL` is to be set to, for people.
    pub(super) fn base(&self) -> Option<String> {
        self.base.as_ref().map(Origin::ascii_serialization)
    }

    /// What `goto` gets: a path if `BASE_URL` has the rest. Credentials are left out.
    pub(super) fn opened(&self, address: &str) -> String {
        let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
        if self.is_base(&url) {
            let fragment = url.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
            return path_and_query(&url) + &fragment;
        }
        // Fails for addresses that have no credentials either.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.into()
    }

    /// The expectation that the page is at an address, as the call after `expect(url())`; `None` if there is nothing to
    /// tell it by.
    pub(super) fn expected(&self, address: &str) -> Option<String> {
        let url = Url::parse(address).ok().filter(Url::has_host)?;
        let host = if self.is_base(&url) {
            String::new()
        } else {
            url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
        };
        let text = host + &path_and_query(&url);
        if text == "/" {
            // Every address contains it.
            return Some(format!("to_match({})", string("^[a-z]+://[^/]+/$")));
        }
        Some(match pattern(&text) {
            Some(pattern) => format!("to_match({})", string(&pattern)),
            None => format!("to_contain({})", string(&text)),
        })
    }

    fn is_base(&self, url: &Url) -> bool {
        self.base.as_ref() == Some(&url.origin())
    }
}

/// Whether an address is one of the browser's own pages, where recordings begin.
pub(super) fn is_of_the_browser(address: &str) -> bool {
    ["about:", "chrome:", "chrome-untrusted:", "edge:", "devtools:"].iter().any(|scheme| address.starts_with(scheme))
}

/// Whether an address holds a user name or a password.
pub(super) fn has_credentials(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

/// Whether the query of an address holds what a machine made, and may be a secret.
pub(super) fn has_token(address: &str) -> bool {
    Url::parse(address)
        .is_ok_and(|url| url.query().is_some_and(|query| query.split('&').any(|pair| is_token(value_of(pair)))))
}

/// An address without what may be a secret in it.
pub(super) fn without_query(address: &str) -> String {
    match Url::parse(address).ok().filter(Url::has_host) {
        Some(url) => url.origin().ascii_serialization() + url.path(),
        None => address.to_owned(),
    }
}

/// A path for people: `/login`, and `the start page`.
pub(super) fn spoken(address: &str) -> String {
    match Url::parse(address).ok().filter(Url::has_host) {
        Some(url) if url.path() == "/" => "the start page".to_owned(),
        Some(url) => url.path().to_owned(),
        None => address.to_owned(),
    }
}

/// The expectation of a title, as the call after `expect(title())`. Numbers that are in the address too, where they are
/// taken for what differs from run to run, may differ here as well.
pub(super) fn expected_title(title: &str, address: Option<&str>) -> String {
    let url = address.and_then(|address| Url::parse(address).ok());
    let mut numbers: Vec<&str> =
        url.iter().flat_map(|url| url.path().split('/')).filter(|part| is_volatile(part)).collect();
    numbers.sort_by_key(|number| std::cmp::Reverse(number.len()));
    let exact = || format!("to_be({})", string(title.trim()));
    let Some(number) = numbers.into_iter().find(|number| title.contains(number)) else { return exact() };
    let fixed: Vec<String> = title.trim().split(number).map(escaped).collect();
    format!("to_match({})", string(&format!("^{}$", fixed.join(form(number)))))
}

/// Whether a title is what the browser shows until there is one: nothing, or the address.
pub(super) fn is_no_title(title: &str, address: Option<&str>) -> bool {
    let title = title.trim();
    let bare =
        |address: &str| address.split_once("://").map_or(address, |(_, rest)| rest).trim_end_matches('/').to_owned();
    title.is_empty() || address.is_some_and(|address| bare(address) == bare(title))
}

fn origin(address: &str) -> Option<Origin> {
    Url::parse(address).ok().map(|url| url.origin()).filter(Origin::is_tuple)
}

/// Path and query.
fn path_and_query(url: &Url) -> String {
    url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
}

/// A regular expression for an address with something in it that differs from run to run; `None` if there is nothing.
fn pattern(text: &str) -> Option<String> {
    let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
    let query_differs = query.is_some_and(|query| query.split('&').any(|pair| is_token(value_of(pair))));
    if !query_differs && !path.split('/').any(is_volatile) {
        return None;
    }
    let part = |part: &str| if is_volatile(part) { form(part).to_owned() } else { escaped(part) };
    let pattern = path.split('/').map(part).collect::<Vec<_>>().join("/");
    Some(match query {
        Some(query) if !query_differs => pattern + "\\?" + &escaped(query),
        Some(_) => pattern + "\\?",
        None => pattern,
    })
}

/// What something of the same form matches.
fn form(volatile: &str) -> &'static str {
    if volatile.chars().all(|c| c.is_ascii_digit()) { "[0-9]+" } else { "[0-9A-Za-z%._~-]+" }
}

fn value_of(pair: &str) -> &str {
    pair.split_once('=').map_or("", |(_, value)| value)
}

/// Whether a part of a path is likely made anew each time: a number, or an id.
fn is_volatile(part: &str) -> bool {
    (!part.is_empty() && part.chars().all(|c| c.is_ascii_digit())) || is_token(part)
}

/// Whether a text is an id that a machine made, and no word of people.
fn is_token(text: &str) -> bool {
    text.len() >= 16
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '%' | '.' | '~'))
        && text.chars().filter(char::is_ascii_digit).count() >= 3
}

/// A text for a regular expression of JavaScript, taken as it is.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if r"\^$.*+?()[]{}|/".contains(character) && character != '/' {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_origin_are_relative_to_base_url() {
        let one =
            Addresses::of(["chrome://newtab/", "https://shop.example/", "https://shop.example/a?b=c#d"].into_iter());
        assert_eq!(one.base().as_deref(), Some("https://shop.example"));
        assert_eq!(one.opened("https://shop.example/a?b=c#d"), "/a?b=c#d");
        assert_eq!(one.opened("https://jane:secret@pay.example/x"), "https://pay.example/x");
        assert_eq!(one.expected("https://shop.example/basket").as_deref(), Some(r#"to_contain("/basket")"#));
        assert_eq!(one.expected("https://pay.example:8443/x").as_deref(), Some(r#"to_contain("pay.example:8443/x")"#));
        let two = Addresses::of(["https://shop.example/", "https://pay.example/"].into_iter());
        assert_eq!(two.base(), None);
        assert_eq!(two.opened("https://shop.example/a"), "https://shop.example/a");
        assert_eq!(Addresses::of(["not a URL"].into_iter()).opened("not a URL"), "not a URL");
    }

    #[test]
    fn what_differs_from_run_to_run_is_expected_by_its_form() {
        let base = Addresses::of(["https://shop.example/"].into_iter());
        for (address, expected) in [
            ("https://shop.example/", r#"to_match("^[a-z]+://[^/]+/$")"#),
            ("https://shop.example/search?q=lamp", r#"to_contain("/search?q=lamp")"#),
            ("https://shop.example/orders/1007", r#"to_match("/orders/[0-9]+")"#),
            (
                "https://shop.example/o/0d9f4a52-7c1e-4d0a-b7a4-2d3c7a1f9e10/a.b",
                r#"to_match("/o/[0-9A-Za-z%._~-]+/a\\.b")"#,
            ),
            ("https://shop.example/back?code=4%2F0AY0e-g7abcdef123456&x=y", r#"to_match("/back\\?")"#),
            ("https://shop.example/orders/1007?a=b+c", r#"to_match("/orders/[0-9]+\\?a=b\\+c")"#),
        ] {
            assert_eq!(base.expected(address).as_deref(), Some(expected));
        }
        assert_eq!(base.expected("about:blank"), None);
        let order = Some("https://shop.example/orders/1007");
        assert_eq!(expected_title("Order 1007 – Shop (new)", order), r#"to_match("^Order [0-9]+ – Shop \\(new\\)$")"#);
        assert_eq!(expected_title(" 1984 ", order), r#"to_be("1984")"#);
    }

    #[test]
    fn what_stands_for_a_title_until_there_is_one_is_none() {
        let address = Some("https://shop.example/");
        assert!(
            is_no_title("", None)
                && is_no_title("shop.example", address)
                && is_no_title("https://shop.example/", address)
        );
        assert!(!is_no_title("Shop", address) && !is_no_title("Shop", None));
    }
}
