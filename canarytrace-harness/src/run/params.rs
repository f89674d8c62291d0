//! The parameters of a monitor: looked up and checked before its browser starts, secret ones masked from then on.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::bus::Bus;
use super::monitor::{ParamDef, Result};
use super::totp::Totp;
use crate::config::{Config, did_you_mean, parse_duration, parse_http_url, parse_switch, secrets_of_url};
use crate::record::{Failure, Redactor};

/// What the value of a parameter has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// Any text: `params(user)`.
    Text,
    /// Any text, masked in every output: `params(password: secret)`.
    Secret,
    /// The secret of one-time passwords, masked like the codes made of it: `params(otp: totp)`.
    Totp,
    /// A whole number: `params(quantity: u32)`.
    Integer {
        /// The smallest one.
        min: i64,
        /// The largest one.
        max: u64,
    },
    /// A number: `params(ratio: f64)`.
    Float,
    /// A switch, written like those among the options: `params(verbose: bool)`.
    Bool,
    /// A duration, written like those among the options: `params(pause: duration)`.
    Duration,
    /// An absolute http or https URL; credentials in it are masked: `params(home: url)`.
    Url,
}

impl ParamKind {
    /// Whether nothing of the value may be shown.
    fn is_secret(self) -> bool {
        matches!(self, Self::Secret | Self::Totp)
    }

    /// The value in the form that monitors get to see.
    ///
    /// # Errors
    /// What is allowed.
    fn check(self, text: &str) -> Result<Checked, String> {
        let plain = text.trim();
        let text = match self {
            Self::Text | Self::Secret => text.to_owned(),
            Self::Totp => return Totp::parse(text).map(Box::new).map(Checked::Totp),
            Self::Integer { min, max } => {
                let number = plain.parse().ok().filter(|number| (i128::from(min)..=i128::from(max)).contains(number));
                number.ok_or_else(|| format!("allowed is a whole number from {min} to {max}"))?.to_string()
            }
            Self::Float => {
                let number = plain.parse().ok().filter(|number: &f64| number.is_finite());
                number.ok_or("allowed is a number such as 0.5")?.to_string()
            }
            Self::Bool => parse_switch(plain)?.to_string(),
            Self::Duration => parse_duration(plain).map(|_| plain.to_owned())?,
            Self::Url => parse_http_url(plain)?.to_string(),
        };
        Ok(Checked::Text(text.into()))
    }

    /// A wrong value as a message may show it.
    fn shown(self, text: &str) -> String {
        match self {
            Self::Secret | Self::Totp => String::new(),
            Self::Url => format!(" is {:?}", Redactor::default().url(text)),
            _ => format!(" is {text:?}"),
        }
    }
}

/// A value that is what it has to be.
#[derive(Clone)]
enum Checked {
    Text(SecretString),
    Totp(Box<Totp>),
}

#[derive(Clone)]
struct Param {
    kind: ParamKind,
    value: Checked,
    /// Where it was given, in words.
    place: String,
}

/// A type that a parameter can be read as.
#[diagnostic::on_unimplemented(
    message = "a parameter can't be read as `{Self}`",
    note = "for a type of your own: `browser.param(\"…\")?.parse()?`, or implement `canarytrace::run::ParamValue` for it"
)]
pub trait ParamValue: Sized {
    /// Reads the text of a parameter.
    ///
    /// # Errors
    /// Why it is none, or what is allowed; without the text itself.
    fn from_param(text: &str) -> Result<Self, String>;
}

macro_rules! parsed {
    ($($ty:ty),+) => {$(
        impl ParamValue for $ty {
            fn from_param(text: &str) -> Result<Self, String> {
                text.trim().parse().map_err(|error| format!("{error}"))
            }
        }
    )+};
}

parsed!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);
parsed!(char, std::net::IpAddr, std::net::SocketAddr);

impl ParamValue for String {
    fn from_param(text: &str) -> Result<Self, String> {
        Ok(text.to_owned())
    }
}

impl ParamValue for PathBuf {
    fn from_param(text: &str) -> Result<Self, String> {
        Ok(Self::from(text))
    }
}

/// Written like the switches among the options.
impl ParamValue for bool {
    fn from_param(text: &str) -> Result<Self, String> {
        parse_switch(text)
    }
}

/// Written like the durations among the options; a plain number is milliseconds.
impl ParamValue for Duration {
    fn from_param(text: &str) -> Result<Self, String> {
        parse_duration(text)
    }
}

impl ParamValue for Url {
    fn from_param(text: &str) -> Result<Self, String> {
        text.trim().parse().map_err(|error: url::ParseError| error.to_string())
    }
}

/// The parameters of a monitor with their values.
#[derive(Clone, Default)]
pub(crate) struct Params(Arc<BTreeMap<&'static str, Param>>);

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Some are secrets.
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Params {
    /// Looks every declared parameter up and checks it.
    ///
    /// # Errors
    /// [`FailureKind::Harness`](crate::record::FailureKind::Harness) naming every parameter that has neither value nor
    /// default, or a value that is not what it has to be, each on a line of its own.
    pub(crate) fn resolve(declared: &[ParamDef], config: &Config) -> Result<Self> {
        let mut wrong = Vec::new();
        let mut params = BTreeMap::new();
        for param in declared {
            match resolve_one(param, config) {
                Ok(value) => {
                    params.insert(param.name, value);
                }
                Err(reason) => wrong.push(format!("parameter {} {reason}", param.name)),
            }
        }
        if wrong.is_empty() { Ok(Self(Arc::new(params))) } else { Err(Failure::harness(wrong.join("\n"))) }
    }

    /// The values that are secrets, and those in URLs.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let of_param = |param: &Param| match (&param.value, param.kind) {
            (Checked::Totp(totp), _) => totp.secrets().to_vec(),
            (Checked::Text(text), ParamKind::Secret) => vec![text.clone()],
            (Checked::Text(text), ParamKind::Url) => {
                let urls = Url::parse(text.expose_secret());
                urls.iter().flat_map(secrets_of_url).map(SecretString::from).collect()
            }
            (Checked::Text(_), _) => Vec::new(),
        };
        self.0.values().flat_map(of_param).collect()
    }

    fn find(&self, name: &str) -> Result<&Param> {
        self.0.get(name).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().copied().collect();
            let meant = did_you_mean(name, known.iter().copied());
            Failure::harness(format!(
                "the monitor declares no parameter \"{name}\"{}; it declares: {}",
                meant.map(|meant| format!(" (did you mean \"{meant}\"?)")).unwrap_or_default(),
                if known.is_empty() { "none".to_owned() } else { known.join(", ") }
            ))
        })
    }

    /// The text of a parameter.
    pub(crate) fn get(&self, name: &str) -> Result<&str> {
        match &self.find(name)?.value {
            Checked::Text(text) => Ok(text.expose_secret()),
            // No word of a secret stands before a colon here, or the advice would be taken for one and masked.
            Checked::Totp(_) => Err(Failure::harness(format!(
                "parameter {name} is what one-time passwords are made of, the current one is given by \
                 browser.totp(\"{name}\").await?"
            ))),
        }
    }

    /// A parameter as a value of another type.
    pub(crate) fn parse<T: ParamValue>(&self, name: &str) -> Result<T> {
        let text = self.get(name)?;
        let Param { kind, place, .. } = self.find(name)?;
        T::from_param(text).map_err(|reason| {
            let ty = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
            Failure::harness(format!("parameter {name} ({place}){} can't be read as {ty}: {reason}", kind.shown(text)))
        })
    }

    /// The one-time password of this moment, or the next one when this one is about to expire; masked from now on.
    pub(crate) async fn totp(&self, name: &str, bus: &Bus) -> Result<String> {
        let Checked::Totp(totp) = &self.find(name)?.value else {
            return Err(Failure::harness(format!(
                "parameter {name} makes no one-time passwords, declare it with the type totp to have them"
            )));
        };
        loop {
            // A clock before 1970 gives the codes of 1970, which the site refuses.
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let wait = totp.wait_at(now);
            if wait.is_zero() {
                let code = totp.code_at(now);
                bus.add_secrets([SecretString::from(code.as_str())]);
                return Ok(code);
            }
            tokio::time::sleep(wait).await;
        }
    }
}

/// The value of one parameter, or what is wrong, as it follows the parameter's name in a message.
fn resolve_one(param: &ParamDef, config: &Config) -> Result<Param, String> {
    let ParamDef { name, kind, default } = *param;
    let (text, place) = match (config.param(name)?, default) {
        (Some(given), _) => (given.value, given.place),
        (None, Some(default)) => (default.into(), "default".to_owned()),
        (None, None) => {
            let variable = name.to_uppercase();
            let file = if kind.is_secret() { format!(" (or {variable}_FILE, naming a file)") } else { String::new() };
            return Err(format!(
                "has no value: set the environment variable {variable}{file}, or {name} under [params] in canarytrace.toml"
            ));
        }
    };
    let text = text.expose_secret();
    match kind.check(text) {
        Ok(value) => Ok(Param { kind, value, place }),
        Err(reason) => Err(format!("({place}){}: {reason}", kind.shown(text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTEGER: ParamKind = ParamKind::Integer { min: -5, max: 300 };
    const OTP: &str = "JBSWY3DPEHPK3PXP";

    fn def(name: &'static str, kind: ParamKind, default: Option<&'static str>) -> ParamDef {
        ParamDef { name, kind, default }
    }

    fn resolve(declared: &[ParamDef], env: &[(&str, &str)]) -> Result<Params> {
        let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Params::resolve(declared, &Config::from_parts(env, None).unwrap())
    }

    fn one(kind: ParamKind, value: &str) -> Result<Params> {
        resolve(&[def("it", kind, None)], &[("IT", value)])
    }

    #[test]
    fn values_are_checked_and_read_as_their_types() {
        assert_eq!(one(INTEGER, " -5 ").unwrap().parse::<i8>("it").unwrap(), -5);
        assert_eq!(one(INTEGER, "300").unwrap().parse::<u64>("it").unwrap(), 300);
        assert_eq!(one(ParamKind::Float, "1e3").unwrap().get("it").unwrap(), "1000");
        assert!(one(ParamKind::Bool, "allow").unwrap().parse::<bool>("it").unwrap());
        assert_eq!(one(ParamKind::Bool, "off").unwrap().get("it").unwrap(), "false");
        assert_eq!(one(ParamKind::Duration, "1m 30s").unwrap().parse::<Duration>("it").unwrap().as_secs(), 90);
        assert_eq!(one(ParamKind::Url, "https://shop.example").unwrap().parse::<Url>("it").unwrap().path(), "/");
        assert_eq!(one(ParamKind::Text, " 7 ").unwrap().get("it").unwrap(), " 7 ", "text stays as it is");
        assert_eq!(one(ParamKind::Text, " 7 ").unwrap().parse::<u8>("it").unwrap(), 7);
        assert_eq!(one(ParamKind::Secret, "12345678").unwrap().parse::<u32>("it").unwrap(), 12_345_678);
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place_and_no_secret() {
        let declared = [
            def("count", INTEGER, None),
            def("good", INTEGER, Some("1")),
            def("ratio", ParamKind::Float, None),
            def("verbose", ParamKind::Bool, None),
            def("wait", ParamKind::Duration, None),
            def("home", ParamKind::Url, None),
            def("password", ParamKind::Secret, None),
            def("otp", ParamKind::Totp, None),
            def("city", ParamKind::Text, None),
        ];
        let env = [
            ("COUNT", "301"),
            ("RATIO", "inf"),
            ("VERBOSE", "maybe"),
            ("WAIT", "soon"),
            ("HOME", "ftp://ada:hunter2@host/"),
            ("PASSWORD_FILE", "/no/such"),
            ("OTP", "hunter2-0189"),
        ];
        let failure = resolve(&declared, &env).unwrap_err();
        let lines: Vec<&str> = failure.message.lines().collect();
        let expected = [
            "parameter count (environment variable COUNT) is \"301\": allowed is a whole number from -5 to 300",
            "parameter ratio (environment variable RATIO) is \"inf\": allowed is a number such as 0.5",
            "parameter verbose (environment variable VERBOSE) is \"maybe\": allowed are allow, yes, true, on, 1",
            "parameter wait (environment variable WAIT) is \"soon\": allowed are a duration such as 30s",
            "parameter home (environment variable HOME) is \"ftp://***@host/\": an address beginning with http",
            "parameter password (environment variable PASSWORD_FILE): the file /no/such, which it is to come from",
            "parameter otp (environment variable OTP): allowed is a secret in Base32",
            "parameter city has no value: set the environment variable CITY, or city under [params]",
        ];
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.starts_with(expected), "{line}");
        }
        assert!(!failure.message.contains("hunter2"), "{failure}");
    }

    #[test]
    fn what_is_secret_in_a_parameter_is_known() {
        let declared = [
            def("plain", ParamKind::Text, Some("a plain text")),
            def("password", ParamKind::Secret, Some("hunter2")),
            def("home", ParamKind::Url, Some("https://ada:pa%73s@shop.example/?token=abc&q=1")),
            def("otp", ParamKind::Totp, Some(OTP)),
        ];
        let secrets = resolve(&declared, &[]).unwrap().secrets();
        let mut secrets: Vec<&str> = secrets.iter().map(ExposeSecret::expose_secret).collect();
        secrets.sort_unstable();
        secrets.dedup();
        assert_eq!(secrets, [OTP, "abc", "hunter2", &OTP.to_lowercase(), "pass"]);
    }

    #[test]
    fn a_wrong_use_says_what_to_write_instead() {
        let declared = [def("otp", ParamKind::Totp, Some(OTP)), def("password", ParamKind::Secret, Some("hunter2"))];
        let params = resolve(&declared, &[]).unwrap();
        let message = params.get("otp").unwrap_err().message;
        assert!(message.ends_with("the current one is given by browser.totp(\"otp\").await?"), "{message}");
        let message = params.get("pasword").unwrap_err().message;
        assert!(message.contains("\"pasword\" (did you mean \"password\"?); it declares: otp, password"), "{message}");
        let message = params.parse::<u32>("password").unwrap_err().message;
        assert_eq!(message, "parameter password (default) can't be read as u32: invalid digit found in string");
    }

    #[tokio::test]
    async fn a_code_is_made_and_masked_from_then_on() {
        let declared = [def("otp", ParamKind::Totp, Some(OTP)), def("plain", ParamKind::Text, Some("x"))];
        let params = resolve(&declared, &[]).unwrap();
        let bus = Bus::new(Redactor::default());
        let code = params.totp("otp", &bus).await.unwrap();
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        let text = format!("code {code}, in a URL ?c={code}&x, beside letters a{code}b, in a number 9{code}");
        assert!(!bus.redactor().text(&text).contains(&code));
        let message = params.totp("plain", &bus).await.unwrap_err().message;
        assert!(message.contains("plain makes no one-time passwords, declare it with the type totp"), "{message}");
    }
}
