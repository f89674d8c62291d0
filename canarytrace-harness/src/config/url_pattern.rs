//! Which URLs are meant: a glob as in Playwright, or a regular expression.

use std::fmt;

use regex::Regex;
use url::Url;

/// A pattern of URLs as it was written: `**/api/cart`, `/api/*`, or a regular expression. [`UrlPattern`] is what it
/// means.
///
/// - `*` stands for any characters but `/`, `**` for any characters, `?` for one character but `/` (so also for itself),
///   `{css,js}` for one of several; a `\` takes the meaning from the next character. All else means itself, upper and
///   lower case included.
/// - The whole URL has to fit, its query included, its fragment left out.
/// - A glob that begins with `/` is one of the origin of `BASE_URL`.
///
/// `&str` and `String` are globs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PatternText {
    /// A glob.
    Glob(String),
    /// A regular expression in the dialect of the Rust crate `regex`, which matches somewhere in the URL.
    Regex(String),
}

impl From<&str> for PatternText {
    fn from(glob: &str) -> Self {
        Self::Glob(glob.to_owned())
    }
}

impl From<String> for PatternText {
    fn from(glob: String) -> Self {
        Self::Glob(glob)
    }
}

impl From<&String> for PatternText {
    fn from(glob: &String) -> Self {
        Self::Glob(glob.clone())
    }
}

impl fmt::Display for PatternText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Glob(glob) => write!(f, "\"{glob}\""),
            Self::Regex(regex) => write!(f, "regex \"{regex}\""),
        }
    }
}

/// All URLs.
pub fn all() -> PatternText {
    PatternText::Glob("**".to_owned())
}

/// A pattern of URLs that was found to be one.
#[derive(Clone, Debug)]
pub struct UrlPattern {
    text: PatternText,
    regex: Regex,
    /// The narrowest pattern of the browser that every URL fits which fits this one.
    wildcard: String,
}

impl UrlPattern {
    /// Reads a pattern; one that begins with `/` belongs to the origin of `base`.
    ///
    /// # Errors
    /// What is wrong with it, in words that name it.
    pub fn new(pattern: impl Into<PatternText>, base: Option<&Url>) -> Result<Self, String> {
        let text = pattern.into();
        let wrong = |reason: &str| format!("{text} is no pattern of URLs: {reason}");
        let (regex, wildcard) = match &text {
            PatternText::Glob(glob) if glob.is_empty() => return Err(wrong("it is empty; \"**\" stands for all URLs")),
            PatternText::Glob(glob) if glob.starts_with('/') => {
                let origin = base.map(Url::origin).filter(url::Origin::is_tuple);
                let origin = origin.ok_or_else(|| wrong("it begins with /, which needs BASE_URL"))?;
                let origin = origin.ascii_serialization();
                let (regex, wildcard) = translate(glob).map_err(|reason| wrong(&reason))?;
                (format!("^{}{regex}$", regex::escape(&origin)), format!("{}{wildcard}", literal(&origin)))
            }
            PatternText::Glob(glob) => {
                if !glob.contains("://") && !glob.starts_with(['*', '{']) && !glob.starts_with("data:") {
                    let advice = format!("it would fit no URL: did you mean \"**/{glob}\"?");
                    return Err(wrong(&advice));
                }
                let (regex, wildcard) = translate(glob).map_err(|reason| wrong(&reason))?;
                (format!("^{regex}$"), wildcard)
            }
            PatternText::Regex(regex) => (regex.clone(), "*".to_owned()),
        };
        // A line end in a URL is escaped: `.` may match everything.
        let regex = regex::RegexBuilder::new(&regex)
            .dot_matches_new_line(true)
            .build()
            .map_err(|error| wrong(&error.to_string()))?;
        Ok(Self { text, regex, wildcard })
    }

    /// Whether a URL fits.
    pub fn matches(&self, url: &str) -> bool {
        self.regex.is_match(url.split('#').next().unwrap_or_default())
    }

    /// The pattern of the browser (`Fetch.RequestPattern`) that lets through everything this one does, and little more.
    pub(crate) fn wildcard(&self) -> &str {
        &self.wildcard
    }
}

impl fmt::Display for UrlPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// A text in which the wildcards of the browser's patterns mean themselves.
fn literal(text: &str) -> String {
    text.chars().fold(String::new(), |mut escaped, character| {
        if matches!(character, '*' | '?' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
        escaped
    })
}

/// A glob as a regular expression, and as a pattern of the browser, which knows `*` alone.
fn translate(glob: &str) -> Result<(String, String), String> {
    let (mut regex, mut wildcard) = (String::new(), String::new());
    let mut characters = glob.chars().peekable();
    let mut in_group = false;
    while let Some(character) = characters.next() {
        // What the character stands for: itself, or something that only the regular expression tells exactly.
        let itself = match character {
            '\\' => Some(characters.next().ok_or("a \\ stands at its end")?),
            '*' => {
                let mut several = false;
                while characters.next_if_eq(&'*').is_some() {
                    several = true;
                }
                if several && regex.is_empty() && characters.next_if_eq(&'/').is_some() {
                    regex.push_str(".*/");
                } else if several && regex.ends_with('/') && characters.next_if_eq(&'/').is_some() {
                    // `/a/**/b` is also `/a/b`.
                    regex.push_str("(?:.*/)?");
                } else {
                    regex.push_str(if several { ".*" } else { "[^/]*" });
                }
                None
            }
            '?' => {
                regex.push_str("[^/]");
                None
            }
            '{' if in_group => return Err("a { stands in { }".to_owned()),
            '{' => {
                in_group = true;
                regex.push_str("(?:");
                None
            }
            '}' if in_group => {
                in_group = false;
                regex.push(')');
                continue;
            }
            '}' => return Err("a } has no {".to_owned()),
            ',' if in_group => {
                regex.push('|');
                continue;
            }
            other => Some(other),
        };
        if let Some(itself) = itself {
            regex.push_str(&regex::escape(itself.encode_utf8(&mut [0; 4])));
        }
        match itself {
            // What stands in a group is one of several: the star before it stands for all.
            _ if in_group && wildcard.ends_with('*') && !wildcard.ends_with("\\*") => {}
            Some(itself) if !in_group => wildcard.push_str(&literal(itself.encode_utf8(&mut [0; 4]))),
            _ => wildcard.push('*'),
        }
    }
    if in_group { Err("a { has no }".to_owned()) } else { Ok((regex, wildcard)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("https://shop.example:8443/cz/?q=1").unwrap()
    }

    fn pattern(glob: &str) -> UrlPattern {
        UrlPattern::new(glob, Some(&base())).unwrap()
    }

    #[test]
    fn a_glob_fits_whole_urls() {
        for (glob, url, fits) in [
            ("**/api/cart", "https://shop.example/api/cart", true),
            ("**/api/cart", "https://shop.example/v2/api/cart", true),
            ("**/api/cart", "https://shop.example/api/cart?x=1", false),
            ("**/api/cart*", "https://shop.example/api/cart?x=1", true),
            ("**/api/cart#part", "https://shop.example/api/cart#part", false),
            ("**/api/cart", "https://shop.example/api/cart#part", true),
            ("https://*.example/*", "https://a.example/b", true),
            ("https://*.example/*", "https://a.example/b/c", false),
            ("https://*.example/**", "https://a.example/b/c", true),
            ("https://a.example/x/**/z", "https://a.example/x/z", true),
            ("https://a.example/x/**/z", "https://a.example/x/y/y/z", true),
            ("**/*.{png,jpg}", "https://a.example/b/c.jpg", true),
            ("**/*.{png,jpg}", "https://a.example/b/c.gif", false),
            ("**/a?c", "https://a.example/abc", true),
            ("**/a?c", "https://a.example/a/c", false),
            ("**/find?q=*", "https://a.example/find?q=lamp", true),
            ("**/\\*", "https://a.example/*", true),
            ("**/\\*", "https://a.example/b", false),
            ("**/a.b", "https://a.example/aXb", false),
            ("**", "data:text/plain,x", true),
            ("**/API", "https://a.example/api", false),
        ] {
            assert_eq!(pattern(glob).matches(url), fits, "{glob} {url}");
        }
    }

    #[test]
    fn a_glob_that_begins_with_a_slash_belongs_to_the_base_url() {
        let of_base = pattern("/api/*");
        assert!(of_base.matches("https://shop.example:8443/api/cart"));
        assert!(!of_base.matches("https://shop.example/api/cart"));
        assert!(!of_base.matches("https://shopXexample:8443/api/cart"));
        assert_eq!(of_base.wildcard(), "https://shop.example:8443/api/*");
    }

    #[test]
    fn a_regular_expression_matches_somewhere() {
        let text = || PatternText::Regex("/api/(cart|pay)$".to_owned());
        let regex = UrlPattern::new(text(), None).unwrap();
        assert!(regex.matches("https://a.example/api/pay"));
        assert!(!regex.matches("https://a.example/api/pay/later"));
        assert_eq!(regex.wildcard(), "*");
    }

    #[test]
    fn the_browser_pauses_little_more_than_what_fits() {
        for (glob, wildcard) in [
            ("**/api/cart", "*api/cart"),
            ("https://a.example/*/x?y", "https://a.example/*/x*y"),
            ("**/*.{png,jpg}", "**.*"),
            ("**/\\*", "*\\*"),
            ("https://{a,b}.example/x", "https://*.example/x"),
        ] {
            assert_eq!(pattern(glob).wildcard(), wildcard, "{glob}");
        }
    }

    #[test]
    fn what_is_no_pattern_says_why() {
        for (glob, base, reason) in [
            ("", None, "it is empty"),
            ("/api", None, "needs BASE_URL"),
            ("api/cart", None, "did you mean \"**/api/cart\"?"),
            ("**/{a", None, "a { has no }"),
            ("**/a}", None, "a } has no {"),
            ("**/{a{b}}", None, "a { stands in { }"),
            ("**/a\\", None, "a \\ stands at its end"),
        ] {
            let error = UrlPattern::new(glob, base).unwrap_err();
            assert!(error.contains(reason) && error.contains("is no pattern of URLs"), "{error}");
        }
        let error = UrlPattern::new(PatternText::Regex("(".to_owned()), None).unwrap_err();
        assert!(error.starts_with("regex \"(\" is no pattern of URLs"), "{error}");
    }
}
