//! Hero marks: `performance.mark` in the HTML of a page, where what matters to its users comes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::bytes::{Captures, Regex};

use crate::record::Failure;

/// A mark that is set in documents: `<script>performance.mark("HE-…")</script>` before or after a text of their HTML.
///
/// ```
/// # use canarytrace::page::HeroMark;
/// HeroMark::after("HE-price", "<span class=\"price\">");
/// HeroMark::before_regex("HE-gallery", r#"<div[^>]*class="gallery"#);
/// ```
#[derive(Clone, Debug)]
pub struct HeroMark {
    name: String,
    what: String,
    regex: bool,
    before: bool,
}

impl HeroMark {
    fn new(name: impl Into<String>, what: impl Into<String>, regex: bool, before: bool) -> Self {
        let mut name = name.into();
        if !name.starts_with("HE-") {
            name.insert_str(0, "HE-");
        }
        Self { name, what: what.into(), regex, before }
    }

    /// A mark before the first place of this text in the HTML, as the server sends it. A name that does not begin with
    /// `HE-` gets it.
    pub fn before(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, text, false, true)
    }

    /// A mark after the first place of this text in the HTML.
    pub fn after(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(name, text, false, false)
    }

    /// A mark before the first match of a regular expression (dialect of the Rust crate `regex`).
    pub fn before_regex(name: impl Into<String>, expression: impl Into<String>) -> Self {
        Self::new(name, expression, true, true)
    }

    /// A mark after the first match of a regular expression.
    pub fn after_regex(name: impl Into<String>, expression: impl Into<String>) -> Self {
        Self::new(name, expression, true, false)
    }

    /// The mark's name, which begins with `HE-`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What can't be meant.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.: ".contains(&byte);
        if self.name.len() < 4 || !self.name.bytes().all(plain) {
            return Err(Failure::harness(format!(
                "\"{}\" is no name of a hero mark: allowed are letters, digits, blanks and - _ . :",
                self.name
            )));
        }
        if self.what.is_empty() {
            return Err(Failure::harness(format!("the hero mark {} has no place: its text is empty", self.name)));
        }
        self.pattern("utf-8").map(drop)
    }

    fn pattern(&self, charset: &str) -> Result<Regex, Failure> {
        let expression = if self.regex {
            self.what.clone()
        } else if is_latin(charset) && self.what.chars().all(|c| u32::from(c) < 0x100) {
            // One byte a character; the expression is given the bytes.
            let escape = |c: char| match u8::try_from(u32::from(c)) {
                Ok(byte) if !byte.is_ascii() => format!("\\x{byte:02X}"),
                _ => regex::escape(c.encode_utf8(&mut [0; 4])),
            };
            let bytes: String = self.what.chars().map(escape).collect();
            format!("(?-u:{bytes})")
        } else {
            regex::escape(&self.what)
        };
        Regex::new(&expression).map_err(|error| {
            Failure::harness(format!("the hero mark {}: no regular expression of the crate regex: {error}", self.name))
        })
    }

    fn script(&self) -> String {
        format!("performance.mark(\"{}\")", self.name)
    }

    fn place(&self) -> String {
        let kind = if self.regex { "a match of regex " } else { "" };
        format!("{kind}\"{}\"", self.what)
    }
}

/// A document, as it is passed on to the page.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// Sets marks in a document; returns for each whether it was set, or why not.
pub(super) fn set_marks(document: &mut Document, marks: &[&HeroMark]) -> Vec<Result<(), String>> {
    let charset = charset(document);
    let mut set = Vec::new();
    // The places are looked for in what the server sent, not in what the marks before have added.
    let mut places = Vec::new();
    for (index, mark) in marks.iter().enumerate() {
        let found = if charset.starts_with("utf-16") {
            Err(format!("the document is encoded in {charset}, in which no text is looked for"))
        } else {
            match mark.pattern(&charset) {
                Err(failure) => Err(failure.message),
                Ok(pattern) => match pattern.find(&document.body) {
                    Some(found) => Ok(if mark.before { found.start() } else { found.end() }),
                    None => Err(format!("its HTML does not hold {}", mark.place())),
                },
            }
        };
        set.push(found.map(|at| places.push((at, index))));
    }
    if places.is_empty() {
        return set;
    }
    let hashes: Vec<String> = places
        .iter()
        .map(|(_, index)| {
            let digest = ring::digest::digest(&ring::digest::SHA256, marks[*index].script().as_bytes());
            format!("'sha256-{}'", STANDARD.encode(digest))
        })
        .collect();
    let nonce = let_run(document, &hashes);
    // `let_run` may have lengthened a policy in the document.
    places.clear();
    for (index, mark) in marks.iter().enumerate() {
        if set[index].is_ok()
            && let Ok(pattern) = mark.pattern(&charset)
            && let Some(found) = pattern.find(&document.body)
        {
            places.push((if mark.before { found.start() } else { found.end() }, index));
        }
    }
    // From the end to the beginning, so that places stay where they are; of equal ones the first mark comes first.
    places.sort_unstable();
    let nonce = nonce.map(|nonce| format!(" nonce=\"{nonce}\"")).unwrap_or_default();
    for (at, index) in places.into_iter().rev() {
        let script = format!("<script{nonce}>{}</script>", marks[index].script());
        document.body.splice(at..at, script.into_bytes());
    }
    set
}

/// Windows-1252, which `iso-8859-1` means in HTML, and its like.
fn is_latin(charset: &str) -> bool {
    ["iso-8859-1", "windows-1252", "latin1", "us-ascii", "iso8859-1", "cp1252"].contains(&charset)
}

fn charset(document: &Document) -> String {
    let body = &document.body;
    let of_mark = match body.as_slice() {
        [0xEF, 0xBB, 0xBF, ..] => Some("utf-8"),
        [0xFE, 0xFF, ..] => Some("utf-16be"),
        [0xFF, 0xFE, ..] => Some("utf-16le"),
        _ => None,
    };
    if let Some(charset) = of_mark {
        return charset.to_owned();
    }
    let named = |text: &[u8]| {
        let regex = Regex::new(r#"(?i)charset\s*=\s*["']?\s*([a-z0-9_:.-]+)"#).ok()?;
        let name = regex.captures(text)?.get(1)?.as_bytes().to_ascii_lowercase();
        String::from_utf8(name).ok()
    };
    let content_type = super::request::header(&document.headers, "content-type").unwrap_or_default();
    named(content_type.as_bytes())
        .or_else(|| named(&body[..body.len().min(1024)]))
        .unwrap_or_else(|| "utf-8".to_owned())
}

/// Lets inline scripts with these hashes run under the document's content security policies; returns the nonce that they
/// need instead where a policy has one. Policies are passed on as narrow as they can be.
fn let_run(document: &mut Document, hashes: &[String]) -> Option<String> {
    let mut nonce = None;
    for (name, value) in &mut document.headers {
        if is_policy(name) {
            // Several policies may stand in one header; each has to be content.
            let policies: Vec<String> = value.split(',').map(|policy| allow(policy, hashes, &mut nonce)).collect();
            *value = policies.join(",");
        }
    }
    // `<meta http-equiv="Content-Security-Policy" content="…">`
    let (Ok(meta), Ok(content)) = (
        Regex::new(r#"(?is)<meta\s[^>]*http-equiv\s*=\s*["']?content-security-policy["'\s][^>]*>"#),
        Regex::new(r#"(?is)(content\s*=\s*)(?:"([^"]*)"|'([^']*)')"#),
    ) else {
        return nonce;
    };
    let changed = meta.replace_all(&document.body, |tag: &Captures<'_>| {
        let replaced = content.replacen(&tag[0], 0, |found: &Captures<'_>| {
            let Some(policy) = found.get(2).or_else(|| found.get(3)) else { return found[0].to_vec() };
            // The attribute `http-equiv` has no `content=` in it; a policy that is no text is none that we could widen.
            let Ok(policy) = str::from_utf8(policy.as_bytes()) else { return found[0].to_vec() };
            let policy = allow(&policy.replace("&#39;", "'").replace("&quot;", "\""), hashes, &mut nonce);
            [&found[1], b"\"", policy.replace('"', "&quot;").as_bytes(), b"\""].concat()
        });
        replaced.into_owned()
    });
    document.body = changed.into_owned();
    nonce
}

fn is_policy(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-security-policy")
        || name.eq_ignore_ascii_case("content-security-policy-report-only")
}

/// One policy that lets the scripts run, by nonce (then that is noted) or by their hashes.
fn allow(policy: &str, hashes: &[String], nonce: &mut Option<String>) -> String {
    let mut directives: Vec<String> = policy.split(';').map(str::to_owned).collect();
    let named = |wanted: &str| {
        let of = |directive: &String| {
            directive.split_ascii_whitespace().next().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        };
        directives.iter().position(of)
    };
    let found = named("script-src-elem").or_else(|| named("script-src")).map(|index| (index, false));
    let Some((index, by_default)) = found.or_else(|| named("default-src").map(|index| (index, true))) else {
        return policy.to_owned();
    };
    let sources: Vec<&str> = directives[index].split_ascii_whitespace().skip(1).collect();
    let own_nonce = sources.iter().find_map(|source| source.strip_prefix("'nonce-")?.strip_suffix('\''));
    if let Some(own) = own_nonce
        && nonce.as_deref().is_none_or(|chosen| chosen == own)
    {
        *nonce = Some(own.to_owned());
        return policy.to_owned();
    }
    let is = |wanted: &str| sources.iter().any(|source| source.eq_ignore_ascii_case(wanted));
    let has_hash = sources.iter().any(|source| source.to_ascii_lowercase().starts_with("'sha"));
    if is("'unsafe-inline'") && own_nonce.is_none() && !has_hash && !is("'strict-dynamic'") {
        // A hash would forbid every other inline script.
        return policy.to_owned();
    }
    let kept =
        sources.iter().filter(|source| !source.eq_ignore_ascii_case("'none'")).map(|source| (*source).to_owned());
    let sources: Vec<String> = kept.chain(hashes.iter().cloned()).collect();
    if by_default {
        directives.push(format!(" script-src {}", sources.join(" ")));
    } else {
        let name = directives[index].split_ascii_whitespace().next().unwrap_or_default().to_owned();
        directives[index] = format!(" {name} {}", sources.join(" "));
    }
    directives.join(";").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "<script>performance.mark(\"HE-a\")</script>";
    const HASH: &str = "'sha256-7666tJUnBVon+T9gE+NXjBqkDc2UKRPP6r2RGKIdlQw='";

    fn html(body: &[u8], headers: &[(&str, &str)]) -> Document {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Document { headers, body: body.to_vec() }
    }

    fn marked(body: &str, marks: &[&HeroMark]) -> String {
        let mut document = html(body.as_bytes(), &[]);
        for set in set_marks(&mut document, marks) {
            set.unwrap();
        }
        String::from_utf8(document.body).unwrap()
    }

    #[test]
    fn a_mark_stands_before_or_after_the_first_place() {
        let text = "<p>x</p><p>x</p>";
        assert_eq!(marked(text, &[&HeroMark::before("a", "<p>")]), format!("{SCRIPT}{text}"));
        assert_eq!(marked(text, &[&HeroMark::after("HE-a", "</p>")]), format!("<p>x</p>{SCRIPT}<p>x</p>"));
        assert_eq!(marked(text, &[&HeroMark::after_regex("a", "<p>.")]), format!("<p>x{SCRIPT}</p><p>x</p>"));
        let two = marked("<b>ü</b>", &[&HeroMark::after("a", "ü"), &HeroMark::after("b", "ü")]);
        assert_eq!(two, format!("<b>ü{SCRIPT}{}</b>", SCRIPT.replace("HE-a", "HE-b")));
    }

    #[test]
    fn a_place_that_is_not_there_is_told() {
        let mut document = html(b"<p>x</p>", &[]);
        let set = set_marks(&mut document, &[&HeroMark::before("a", "<i>")]);
        assert_eq!(set, [Err("its HTML does not hold \"<i>\"".to_owned())]);
        assert_eq!(document.body, b"<p>x</p>");
    }

    #[test]
    fn other_encodings_are_left_as_they_are() {
        let body = b"<p>M\xFCnchen</p>";
        let mut document = html(body, &[("Content-Type", "text/html; charset=ISO-8859-1")]);
        assert_eq!(set_marks(&mut document, &[&HeroMark::after("a", "München")]), [Ok(())]);
        assert_eq!(document.body, [&b"<p>M\xFCnchen"[..], SCRIPT.as_bytes(), b"</p>"].concat());
        let mut document = html(b"\xFF\xFE<\0p\0", &[]);
        assert!(set_marks(&mut document, &[&HeroMark::after("a", "<p")])[0].is_err());
    }

    #[test]
    fn a_policy_gets_no_wider_than_the_scripts_need() {
        for (policy, allowed, with_nonce) in [
            ("img-src 'self'", "img-src 'self'".to_owned(), false),
            ("script-src 'self'", format!("script-src 'self' {HASH}"), false),
            ("script-src 'none'", format!("script-src {HASH}"), false),
            (
                "default-src 'self'; img-src *",
                format!("default-src 'self'; img-src *; script-src 'self' {HASH}"),
                false,
            ),
            (
                "script-src 'self'; script-src-elem a.example",
                format!("script-src 'self'; script-src-elem a.example {HASH}"),
                false,
            ),
            ("script-src 'unsafe-inline'", "script-src 'unsafe-inline'".to_owned(), false),
            ("script-src 'nonce-Xy1='", "script-src 'nonce-Xy1='".to_owned(), true),
            ("script-src 'nonce-Xy1=' 'strict-dynamic'", "script-src 'nonce-Xy1=' 'strict-dynamic'".to_owned(), true),
            ("default-src 'nonce-Xy1='", "default-src 'nonce-Xy1='".to_owned(), true),
            (
                "script-src 'self', default-src b.example",
                format!("script-src 'self' {HASH},default-src b.example; script-src b.example {HASH}"),
                false,
            ),
            (
                "script-src 'nonce-Xy1=', script-src 'nonce-other'",
                format!("script-src 'nonce-Xy1=',script-src 'nonce-other' {HASH}"),
                true,
            ),
        ] {
            let mut document = html(b"<p>", &[("Content-Security-Policy", policy)]);
            assert_eq!(set_marks(&mut document, &[&HeroMark::after("a", "<p>")]), [Ok(())]);
            assert_eq!(document.headers[0].1, allowed, "{policy}");
            let script =
                if with_nonce { SCRIPT.replace("<script", "<script nonce=\"Xy1=\"") } else { SCRIPT.to_owned() };
            assert_eq!(String::from_utf8(document.body).unwrap(), format!("<p>{script}"), "{policy}");
        }
    }

    #[test]
    fn a_policy_in_the_document_is_widened_too() {
        let body = "<meta http-equiv=\"Content-Security-Policy\" content=\"script-src 'self'\"><p>";
        let expected = body.replace("'self'", &format!("'self' {HASH}"));
        assert_eq!(marked(body, &[&HeroMark::after("a", "<p>")]), format!("{expected}{SCRIPT}"));
    }

    #[test]
    fn names_and_expressions_are_checked() {
        assert!(HeroMark::before("a", "x").check().is_ok());
        for wrong in [
            HeroMark::before("\")", "x"),
            HeroMark::before("HE-", "x"),
            HeroMark::before("a", ""),
            HeroMark::before_regex("a", "("),
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
