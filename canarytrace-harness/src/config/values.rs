//! Second step: what a value means. Every error says what is allowed, and never repeats the value.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{Span, SpanRelativeTo};
use secrecy::SecretString;
use url::Url;

use super::attachment_store::{AttachmentsUrl, is_bucket};
use super::audit::{AuditKeep, AuditLogLevel, AuditMode, AuditThrottling};
use super::cloud_id::CloudId;
use super::error::did_you_mean;
use super::git_repository::GitRepository;
use super::param::read_secret;
use super::raw::RawValue;
use super::throttle::Throttle;
use super::types::{BasicAuth, Device, Keep, Mode, Pause, Target};
use super::url_pattern::UrlPattern;
use crate::record::summary::Preparation;
use crate::record::{PostDataPath, Redactor};

/// A value and the folder that relative paths in it start from.
pub(super) struct Input<'a> {
    pub(super) value: &'a RawValue,
    /// Folder of the file, when the value stands in it.
    pub(super) base: Option<&'a Path>,
}

impl Input<'_> {
    fn text(&self) -> Result<&str, String> {
        match self.value {
            RawValue::Text(text) => Ok(text.trim()),
            RawValue::List(_) | RawValue::Elsewhere(_) => Err("one value is wanted, not a list".to_owned()),
        }
    }

    /// The items of a list, or of a text that `split` takes apart; empty ones are left out.
    fn items(&self, split: impl Fn(&str) -> Vec<String>) -> Vec<String> {
        let items = match self.value {
            RawValue::Text(text) => split(text),
            RawValue::List(items) => items.clone(),
            RawValue::Elsewhere(_) => Vec::new(),
        };
        items.into_iter().map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect()
    }
}

type Parsed<T> = Result<T, String>;

/// An option that always has a value.
pub(super) fn one<T>(parse: impl Fn(&Input<'_>) -> Parsed<T>) -> impl Fn(Option<&Input<'_>>) -> Parsed<T> {
    move |input| parse(input.ok_or("has to be given")?)
}

/// An option that may be unset.
pub(super) fn maybe<T>(parse: impl Fn(&Input<'_>) -> Parsed<T>) -> impl Fn(Option<&Input<'_>>) -> Parsed<Option<T>> {
    move |input| input.map(&parse).transpose()
}

/// A list that may be empty.
pub(super) fn many<T>(parse: impl Fn(&Input<'_>) -> Parsed<Vec<T>>) -> impl Fn(Option<&Input<'_>>) -> Parsed<Vec<T>> {
    move |input| input.map_or_else(|| Ok(Vec::new()), &parse)
}

fn choice<T: Copy>(input: &Input<'_>, choices: &[(&'static str, T)]) -> Parsed<T> {
    let text = input.text()?;
    if let Some((_, value)) = choices.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
        return Ok(*value);
    }
    let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
    let advice = did_you_mean(text, names.iter().copied()).map(|meant| format!("; did you mean {meant}?"));
    Err(format!("allowed are {}{}", names.join(", "), advice.unwrap_or_default()))
}

pub(super) fn mode(input: &Input<'_>) -> Parsed<Mode> {
    choice(input, &[("user-journey", Mode::UserJourney), ("smoke", Mode::Smoke)])
}

pub(super) fn device(input: &Input<'_>) -> Parsed<Device> {
    choice(input, &[("desktop", Device::Desktop), ("mobile", Device::Mobile)])
}

pub(super) fn pause(input: &Input<'_>) -> Parsed<Option<Pause>> {
    choice(input, &[("on-failure", Some(Pause::OnFailure)), ("step", Some(Pause::Step)), ("no", None)])
}

pub(super) fn keep(input: &Input<'_>) -> Parsed<Keep> {
    const WORDS: [(&str, Keep); 4] = [
        ("off", Keep::Off),
        ("on-failure", Keep::OnFailure),
        ("always", Keep::Always),
        ("on-first-failure", Keep::OnFirstFailure),
    ];
    choice(input, &WORDS)
}

/// A switch, or `native`.
pub(super) fn audit_mode(input: &Input<'_>) -> Parsed<AuditMode> {
    let on = |on| if on { AuditMode::Lighthouse } else { AuditMode::Off };
    let native = choice(input, &[("native", AuditMode::Native)]);
    native.or_else(|_| switch(input).map(on).map_err(|allowed| format!("{allowed}; or native, which needs no Node")))
}

pub(super) fn audit_throttling(input: &Input<'_>) -> Parsed<AuditThrottling> {
    const WORDS: [(&str, AuditThrottling); 4] = [
        ("desktopDense4G", AuditThrottling::DesktopDense4G),
        ("mobileSlow4G", AuditThrottling::MobileSlow4G),
        ("mobileRegular3G", AuditThrottling::MobileRegular3G),
        ("none", AuditThrottling::None),
    ];
    choice(input, &WORDS)
}

pub(super) fn audit_log_level(input: &Input<'_>) -> Parsed<AuditLogLevel> {
    const LEVELS: [AuditLogLevel; 5] =
        [AuditLogLevel::Silent, AuditLogLevel::Error, AuditLogLevel::Warn, AuditLogLevel::Info, AuditLogLevel::Verbose];
    choice(input, &LEVELS.map(|level| (level.as_str(), level)))
}

/// `no`, `always`, or conditions on scores.
pub(super) fn audit_keep(input: &Input<'_>) -> Parsed<AuditKeep> {
    match input.text().unwrap_or_default().to_ascii_lowercase().as_str() {
        "no" => Ok(AuditKeep::Never),
        "always" => Ok(AuditKeep::Always),
        _ => AuditKeep::of_conditions(&input.items(|text| text.split([',', ';']).map(str::to_owned).collect())),
    }
}

/// `allow` and `no` are the original's words.
pub(super) fn switch(input: &Input<'_>) -> Parsed<bool> {
    const WORDS: [(&str, bool); 9] = [
        ("allow", true),
        ("no", false),
        ("yes", true),
        ("true", true),
        ("on", true),
        ("1", true),
        ("false", false),
        ("off", false),
        ("0", false),
    ];
    choice(input, &WORDS).map_err(|_| "allowed are allow, yes, true, on, 1 and no, false, off, 0".to_owned())
}

pub(super) fn text(input: &Input<'_>) -> Parsed<String> {
    input.text().map(str::to_owned)
}

pub(super) fn post_data_path(input: &Input<'_>) -> Parsed<PostDataPath> {
    let wrong = |error| format!("it must be a path into JSON such as .title, [0].type or data[0].user.id, but {error}");
    input.text()?.parse().map_err(wrong)
}

/// Not trimmed: a password may begin or end with a blank.
pub(super) fn secret(input: &Input<'_>) -> Parsed<SecretString> {
    match input.value {
        RawValue::Text(text) => Ok(text.clone().into()),
        RawValue::List(_) | RawValue::Elsewhere(_) => Err("one value is wanted, not a list".to_owned()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "parsers share one signature")]
pub(super) fn labels(input: &Input<'_>) -> Parsed<Vec<String>> {
    Ok(input.items(|text| text.split(',').map(str::to_owned).collect()))
}

/// Names of attributes that need no escaping in a selector; at least one.
pub(super) fn attribute_names(input: &Input<'_>) -> Parsed<Vec<String>> {
    let names = input.items(|text| text.split(',').map(str::to_owned).collect());
    let fits = |name: &String| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
    };
    if names.is_empty() || !names.iter().all(fits) {
        return Err("allowed are names of attributes such as data-testid, separated by commas".to_owned());
    }
    Ok(names)
}

/// A plain number is milliseconds, as in the original.
pub(super) fn duration(input: &Input<'_>) -> Parsed<Duration> {
    const ALLOWED: &str = "allowed are a duration such as 30s, 2.5s, 1m 30s or 7d, or a plain number of milliseconds";
    /// A hundred years: longer than any run, short enough to be added to any clock.
    const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);
    let text = input.text()?;
    let duration = if let Ok(ms) = text.parse::<u64>() {
        Duration::from_millis(ms)
    } else {
        let span: Span = text.parse().map_err(|_| ALLOWED)?;
        let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| ALLOWED)?;
        Duration::try_from(signed).map_err(|_| format!("it must not be negative; {ALLOWED}"))?
    };
    if duration > LONGEST {
        return Err(format!("it must not be longer than a hundred years; {ALLOWED}"));
    }
    Ok(duration)
}

/// A duration that something has to happen within.
pub(super) fn timeout(input: &Input<'_>) -> Parsed<Duration> {
    match duration(input)? {
        Duration::ZERO => Err("it must be longer than 0".to_owned()),
        duration => Ok(duration),
    }
}

/// Bytes, with decimal or binary units.
pub(super) fn size(input: &Input<'_>) -> Parsed<u64> {
    const ALLOWED: &str = "allowed is a size such as 2 GB, 500MB or 1.5 GiB, or a plain number of bytes";
    let text = input.text()?;
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = (&text[..unit_at], text[unit_at..].trim());
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(ALLOWED.to_owned()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    // Integers all the way: a size of more than 2^53 bytes keeps its last digits.
    if fraction.len() > 9 || !number.contains(|c: char| c.is_ascii_digit()) {
        return Err(ALLOWED.to_owned());
    }
    let scale = 10u128.pow(u32::try_from(fraction.len()).map_err(|_| ALLOWED)?);
    let digits: u128 = format!("{whole}{fraction}").parse().map_err(|_| ALLOWED)?;
    let bytes = digits.checked_mul(u128::from(factor)).ok_or(ALLOWED)? / scale;
    u64::try_from(bytes).map_err(|_| ALLOWED.to_owned())
}

pub(super) fn retries(input: &Input<'_>) -> Parsed<u32> {
    let count = input.text()?.parse().ok().filter(|count| *count <= 100);
    count.ok_or_else(|| "allowed is a whole number from 0 to 100".to_owned())
}

pub(super) fn iterations(input: &Input<'_>) -> Parsed<u32> {
    let count = input.text()?.parse().ok().filter(|count| (1..=100).contains(count));
    count.ok_or_else(|| "allowed is a whole number from 1 to 100".to_owned())
}

pub(super) fn throttle(input: &Input<'_>) -> Parsed<Throttle> {
    input.text()?.parse()
}

pub(super) fn port(input: &Input<'_>) -> Parsed<u16> {
    input.text()?.parse().map_err(|_| "allowed is a port from 1 to 65535, or 0 for any free one".to_owned())
}

/// Relative paths start from the file's folder, or from the working directory when the environment gives them.
pub(super) fn path(input: &Input<'_>) -> Parsed<PathBuf> {
    let path = Path::new(input.text()?);
    let path = input.base.map_or_else(|| path.to_owned(), |base| base.join(path));
    std::path::absolute(path).map_err(|error| format!("no usable path: {error}"))
}

/// A path, or a bare name that is looked for in `PATH`.
pub(super) fn program(input: &Input<'_>) -> Parsed<PathBuf> {
    let text = input.text()?;
    if text.contains('/') { path(input) } else { Ok(PathBuf::from(text)) }
}

/// Why a text is no address that a browser can open, in words that hold no secret.
fn http_url(text: &str) -> Parsed<Url> {
    let url = Url::parse(text).map_err(|error| match error {
        url::ParseError::RelativeUrlWithoutBase => "an address beginning with http:// or https:// is wanted".to_owned(),
        other => format!("an http or https URL is wanted ({other})"),
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("an address beginning with http:// or https:// is wanted".to_owned());
    }
    Ok(url)
}

pub(super) fn url(input: &Input<'_>) -> Parsed<Url> {
    http_url(input.text()?)
}

fn target(text: &str) -> Target {
    Target { text: Redactor::default().url(text), url: http_url(text) }
}

/// URLs of the nodes of a cluster, separated by commas, semicolons or blanks.
pub(super) fn nodes(input: &Input<'_>) -> Parsed<Vec<Url>> {
    let split = |text: &str| text.split([',', ';', ' ', '\n']).map(str::to_owned).collect();
    let items = input.items(split);
    let nodes: Vec<Url> = items.iter().map(|item| parse_http_url(item)).collect::<Result<_, _>>()?;
    if nodes.iter().any(|node| node.query().is_some() || node.fragment().is_some()) {
        return Err("a node's URL has neither a query nor a fragment".to_owned());
    }
    if nodes.iter().any(|node| node.username().is_empty() != node.password().is_none()) {
        return Err("a URL with credentials has both user and password, https://user:password@host:9200".to_owned());
    }
    // One client has one user: what a node without any would get is anybody's guess.
    let user = |node: &Url| (node.username().to_owned(), node.password().map(str::to_owned));
    if nodes.windows(2).any(|pair| user(&pair[0]) != user(&pair[1])) {
        return Err("its nodes have different credentials; leave them out and set ELASTIC_HTTP_AUTH".to_owned());
    }
    Ok(nodes)
}

/// Whether the nodes of a cluster are named with credentials.
pub(super) fn has_user(nodes: Option<&Vec<Url>>) -> bool {
    nodes.into_iter().flatten().any(|node| node.password().is_some())
}

pub(super) fn cloud_id(input: &Input<'_>) -> Parsed<CloudId> {
    CloudId::parse(input.text()?)
}

/// An API key of Elasticsearch, `id:key` or base64 of that; in base64 afterwards, as the header has it.
pub(super) fn api_key(input: &Input<'_>) -> Parsed<SecretString> {
    const ALLOWED: &str = "allowed are id:key and its encoded form (base64), as Elasticsearch gives them";
    let text = input.text()?;
    let is_pair = |pair: &str| {
        let parts = pair.split_once(':').filter(|(id, key)| !id.is_empty() && !key.is_empty());
        parts.is_some() && pair.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if is_pair(text) {
        return Ok(STANDARD.encode(text).into());
    }
    let decoded = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    if decoded.as_deref().is_some_and(is_pair) { Ok(text.to_owned().into()) } else { Err(ALLOWED.to_owned()) }
}

/// An option in the place of others, `others`, that must not be `given` as well.
pub(super) fn instead_of<T>(
    others: &'static str,
    given: bool,
    parse: impl Fn(Option<&Input<'_>>) -> Parsed<Option<T>>,
) -> impl Fn(Option<&Input<'_>>) -> Parsed<Option<T>> {
    move |input| match input {
        Some(_) if given => Err(format!("{others} is set too: unset one of them")),
        input => parse(input),
    }
}

/// An option that belongs to `other`: both are given, or none.
pub(super) fn with<T>(
    other: &'static str,
    given: bool,
    parse: impl Fn(Option<&Input<'_>>) -> Parsed<Option<T>>,
) -> impl Fn(Option<&Input<'_>>) -> Parsed<Option<T>> {
    move |input| match input {
        Some(_) if !given => Err(format!("{other} is not set: set both or none")),
        None if given => Err(format!("has to be given, because {other} is: set both or none")),
        input => parse(input),
    }
}

pub(super) fn attachments_url(input: &Input<'_>) -> Parsed<AttachmentsUrl> {
    AttachmentsUrl::parse(input.text()?)
}

/// URL of a store. Links are made of it, which are shown to everybody.
pub(super) fn endpoint(input: &Input<'_>) -> Parsed<Url> {
    let url = url(input)?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("a store's URL has neither user nor query: keys are options of their own".to_owned());
    }
    Ok(url)
}

/// Name of a bucket.
pub(super) fn bucket(input: &Input<'_>) -> Parsed<String> {
    matching(input, "the name of a bucket: letters, digits and -_. alone", is_bucket)
}

/// Number of things, at least one.
pub(super) fn count(input: &Input<'_>) -> Parsed<usize> {
    let count: usize = input.text()?.parse().map_err(|_| "a whole number is wanted".to_owned())?;
    if count == 0 { Err("has to be at least 1".to_owned()) } else { Ok(count) }
}

/// A data stream's name has at most 233 bytes: 255 without what the names of its backing indices have beside it,
/// `.ds-`, a date and a number.
const LONGEST_NAME_PART: usize = 100;

/// What both Elasticsearch and `OpenSearch` take in the name of an index.
fn name_of_index(text: &str) -> Parsed<()> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    match text.chars().find(|c| !allowed(*c)) {
        Some(c) => Err(format!("{c:?} is not allowed: small letters, digits, `.`, `_` and `-` are")),
        None => Ok(()),
    }
}

pub(super) fn index_prefix(input: &Input<'_>) -> Parsed<String> {
    let text = input.text()?;
    name_of_index(text)?;
    // With a full stop at the beginning OpenSearch takes no data stream, and Elasticsearch hides it from every pattern.
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) || text.len() > LONGEST_NAME_PART {
        return Err(format!(
            "it has to begin with a letter or a digit, and has at most {LONGEST_NAME_PART} characters"
        ));
    }
    Ok(text.to_owned())
}

pub(super) fn namespace(input: &Input<'_>) -> Parsed<String> {
    let text = input.text()?;
    name_of_index(text)?;
    if text.is_empty() || text.contains('-') || text.len() > LONGEST_NAME_PART {
        return Err(format!("1 to {LONGEST_NAME_PART} characters are wanted, none of them `-`"));
    }
    Ok(text.to_owned())
}

/// `BASE_URL`, whose meaning depends on the mode; without a mode (it is wrong itself) nothing more is checked.
pub(super) fn targets(mode: Option<Mode>) -> impl Fn(Option<&Input<'_>>) -> Parsed<Vec<Target>> {
    const EMPTY: &str = "it is empty; give a URL";
    move |input| {
        let split = |text: &str| text.split(';').map(str::to_owned).collect();
        match (mode, input) {
            (Some(Mode::Smoke), None) => {
                Err("MODE=smoke wants at least one URL; separate several with a semicolon".to_owned())
            }
            (None, _) | (_, None) => Ok(Vec::new()),
            (Some(Mode::Smoke), Some(input)) => {
                let urls: Vec<Target> = input.items(split).iter().map(|text| target(text)).collect();
                if urls.is_empty() {
                    return Err(format!("{EMPTY}, or several separated by a semicolon"));
                }
                Ok(urls)
            }
            (Some(Mode::UserJourney), Some(input)) => {
                // A semicolon may be part of a URL (;jsessionid=), so only what looks like a second one is refused.
                let items = input.items(split);
                let begins = |item: &&String| item.starts_with("http://") || item.starts_with("https://");
                if items.iter().skip(1).any(|item| begins(&item)) || (items.len() > 1 && input.text().is_err()) {
                    return Err("MODE=user-journey wants one URL; several are for MODE=smoke".to_owned());
                }
                let text = input.text().or_else(|_| items.first().map(String::as_str).ok_or(EMPTY.to_owned()))?;
                if text.is_empty() {
                    return Err(format!("{EMPTY}, or leave it unset to use the practice shop"));
                }
                http_url(text)?;
                Ok(vec![target(text)])
            }
        }
    }
}

/// `a --b="c d"`: blanks separate, quotes keep together.
pub(super) fn arguments(input: &Input<'_>) -> Parsed<Vec<String>> {
    if let RawValue::List(items) = input.value {
        return Ok(items.clone());
    }
    let (mut arguments, mut current, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for c in input.text()?.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                current.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => arguments.extend(current.take()),
            (_, c) => current.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err("a quotation mark is not closed".to_owned());
    }
    arguments.extend(current);
    Ok(arguments)
}

/// `Name: value` pairs, separated by line ends or `;;` (a single semicolon is common in values).
pub(super) fn headers(input: &Input<'_>) -> Parsed<Vec<(String, String)>> {
    let split = |text: &str| text.split(";;").flat_map(str::lines).map(str::to_owned).collect();
    let pair = |line: &String| {
        let (name, value) = line.split_once(':').ok_or("allowed is Name: value; separate several with ;;")?;
        let (name, value) = (name.trim(), value.trim());
        hyper::header::HeaderName::try_from(name).map_err(|_| "a header's name is no valid one (RFC 9110)")?;
        hyper::header::HeaderValue::try_from(value).map_err(|_| "a header's value holds control characters")?;
        Ok((name.to_owned(), value.to_owned()))
    };
    input.items(split).iter().map(pair).collect::<Result<_, &str>>().map_err(str::to_owned)
}

/// The name of a header; `no` stands for none.
pub(super) fn trace_id_name(input: &Input<'_>) -> Parsed<Option<String>> {
    if switch(input) == Ok(false) {
        return Ok(None);
    }
    let name = input.text()?;
    hyper::header::HeaderName::try_from(name)
        .map_err(|_| "allowed are the name of a header (RFC 9110) and no".to_owned())?;
    Ok(Some(name.to_owned()))
}

pub(super) fn url_patterns(input: &Input<'_>) -> Parsed<Vec<UrlPattern>> {
    let globs = input.items(|text| text.split_whitespace().map(str::to_owned).collect());
    globs.iter().map(|glob| UrlPattern::new(glob, None)).collect()
}

pub(super) fn basic_auth(input: &Input<'_>) -> Parsed<BasicAuth> {
    let (user, password) = input.text()?.split_once(':').ok_or("allowed is user:password")?;
    Ok(BasicAuth { user: user.to_owned(), password: password.into() })
}

/// A repository; `host` and `port` complete it where it is a path.
pub(super) fn git_repository(host: Option<String>, port: Option<u16>) -> impl Fn(&Input<'_>) -> Parsed<GitRepository> {
    move |input| GitRepository::parse(input.text()?, host.as_deref(), port, input.base)
}

/// What can name a commit; git refuses the rest in the name of a branch or a tag (git-check-ref-format).
pub(super) fn git_revision(input: &Input<'_>) -> Parsed<String> {
    matching(input, "a branch, a tag or the SHA of a commit", |text| {
        !text.is_empty()
            && !text.starts_with(['-', '/', '.', '+'])
            && !text.ends_with(['/', '.'])
            && !text.contains("..")
            && text.chars().all(|c| !c.is_control() && !c.is_whitespace() && !"~^:?*[\\".contains(c))
    })
}

/// A private key, or the path of the file that holds it. OpenSSH wants the line end that secrets are read without.
pub(super) fn ssh_key(input: &Input<'_>) -> Parsed<SecretString> {
    const BEGIN: &str = "-----BEGIN";
    let text = input.text()?;
    let key = if text.starts_with(BEGIN) { text.to_owned() } else { read_secret(&path(input)?)? };
    if !key.trim_start().starts_with(BEGIN) {
        return Err("a private key is wanted, which begins with -----BEGIN, or the path of a file with one".to_owned());
    }
    Ok(format!("{}\n", key.trim()).into())
}

pub(super) fn preparation(input: &Input<'_>) -> Parsed<Preparation> {
    input.text()?.parse()
}

fn of_text<T>(parse: impl Fn(&Input<'_>) -> Parsed<T>, text: &str) -> Parsed<T> {
    parse(&Input { value: &RawValue::Text(text.to_owned()), base: None })
}

/// A duration as options are written, for parameters of monitors; the error says what is allowed.
pub(crate) fn parse_duration(text: &str) -> Parsed<Duration> {
    of_text(duration, text)
}

/// A switch as options are written, for parameters of monitors; the error says what is allowed.
pub(crate) fn parse_switch(text: &str) -> Parsed<bool> {
    of_text(switch, text)
}

/// An http or https URL as options are written, for parameters of monitors; the error says what is allowed.
pub(crate) fn parse_http_url(text: &str) -> Parsed<Url> {
    of_text(url, text)
}

fn matching(input: &Input<'_>, allowed: impl Display, fits: impl Fn(&str) -> bool) -> Parsed<String> {
    let text = input.text()?;
    if fits(text) { Ok(text.to_owned()) } else { Err(format!("allowed is {allowed}")) }
}

/// A language tag (BCP 47), by its shape.
pub(super) fn locale(input: &Input<'_>) -> Parsed<String> {
    matching(input, "a language tag such as en-US", |text| {
        let mut parts = text.split('-');
        parts.next().is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()))
            && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    })
}

/// A time zone by its shape: which ones there are is known to the browser, a slim container has no list.
pub(super) fn timezone(input: &Input<'_>) -> Parsed<String> {
    matching(input, "a time zone of the IANA database such as Europe/Prague", |text| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_+-".contains(&b))
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
    })
}

/// A level, or the directives of `tracing_subscriber::filter::Targets`.
pub(super) fn log_level(input: &Input<'_>) -> Parsed<String> {
    const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];
    const DIRECTIVES: &str = "or directives such as warn,canarytrace=debug";
    let text = input.text()?;
    let lower = text.to_ascii_lowercase();
    if lower == "silent" {
        return Ok("off".to_owned()); // the original's word
    }
    if LEVELS.contains(&lower.as_str()) {
        return Ok(lower);
    }
    // A single word would be taken for the name of a target and silence everything else.
    let directives = text.contains(['=', ',']);
    if directives && text.parse::<tracing_subscriber::filter::Targets>().is_ok() {
        return Ok(text.to_owned());
    }
    let advice = did_you_mean(text, LEVELS).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
    Err(format!("allowed are {}, {DIRECTIVES}{advice}", LEVELS.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(parse: impl Fn(&Input<'_>) -> Parsed<T>, text: &str) -> Parsed<T> {
        parse(&Input { value: &RawValue::Text(text.to_owned()), base: None })
    }

    #[test]
    fn a_duration_is_milliseconds_or_has_units() {
        let ms = |text: &str| read(duration, text).map(|duration| duration.as_millis());
        assert_eq!(ms("1500"), Ok(1500));
        assert_eq!(ms("30s"), Ok(30_000));
        assert_eq!(ms("1m 30s"), Ok(90_000));
        assert_eq!(ms("2.5s"), Ok(2_500));
        assert_eq!(ms("7d"), Ok(7 * 86_400_000));
        assert_eq!(ms("0"), Ok(0));
        for wrong in ["", "-5", "-5s", "soon", "5 parsecs", "99999999999999999999", "1000y", "1.5", "٣s"] {
            assert!(ms(wrong).is_err(), "{wrong}");
        }
        assert!(read(timeout, "0s").is_err());
    }

    #[test]
    fn a_size_is_bytes_or_has_decimal_or_binary_units() {
        let bytes = |text: &str| read(size, text);
        assert_eq!(bytes("2 GB"), Ok(2_000_000_000));
        assert_eq!(bytes("64KiB"), Ok(65_536));
        assert_eq!(bytes("1.5 GiB"), Ok(1_610_612_736));
        assert_eq!(bytes("17"), Ok(17));
        for wrong in ["", "GB", "1.x MB", "-1", "1 parsec", "99999999999999 TB", "1.2.3 GB", "."] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn arguments_are_split_at_blanks_outside_of_quotes() {
        let split = |text: &str| read(arguments, text);
        assert_eq!(split(r#"--a  --b="c d" 'e f' """#).unwrap(), ["--a", "--b=c d", "e f", ""]);
        assert!(split(r#"--a="b"#).is_err());
    }

    #[test]
    fn headers_are_separated_by_lines_or_double_semicolons() {
        let headers = |text: &str| read(headers, text);
        let expected = [("X-One", "a;b"), ("X-Two", "c:d")].map(|(n, v)| (n.to_owned(), v.to_owned()));
        assert_eq!(headers("X-One: a;b;;X-Two: c:d").unwrap(), expected);
        assert_eq!(headers("X-One: a;b\nX-Two:c:d\n").unwrap(), expected);
        for wrong in ["no colon", "bad name: x", ": x", "X: \u{7}"] {
            assert!(headers(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn names_of_attributes_are_checked() {
        let names = |text: &str| read(attribute_names, text);
        assert_eq!(names("data-qa").unwrap(), ["data-qa"]);
        assert_eq!(names(" data-testid, data-test ,").unwrap(), ["data-testid", "data-test"]);
        for wrong in ["", ",", "data testid", "a=b", "[data-qa]", "1a", "a\"", "größe"] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn words_of_the_original_and_usual_ones_are_switches() {
        for (text, expected) in [("allow", true), ("ON", true), ("1", true), ("no", false), ("Off", false)] {
            assert_eq!(read(switch, text), Ok(expected));
        }
        assert!(read(switch, "alow").is_err());
    }

    #[test]
    fn a_misspelt_level_is_no_log_target() {
        assert_eq!(read(log_level, "WARN").unwrap(), "warn");
        assert_eq!(read(log_level, "warn,canarytrace::run=debug").unwrap(), "warn,canarytrace::run=debug");
        assert!(read(log_level, "wran").unwrap_err().ends_with("did you mean warn?"));
        assert!(read(log_level, "a=b=c").is_err());
    }

    #[test]
    fn a_bare_program_name_is_left_to_the_search_path() {
        assert_eq!(read(program, "chromium").unwrap(), Path::new("chromium"));
        assert!(read(program, "./chromium").unwrap().is_absolute());
    }
}
