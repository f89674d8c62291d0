//! Parameters of monitors: what environment, files with secrets and `canarytrace.toml` give for them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use toml::de::DeValue;

use super::error::Place;
use super::options::Config;

/// More is no secret but a file that was named by mistake.
const LONGEST_SECRET: u64 = 64 * 1024;

/// How a secret may be given in the file other than as text, for messages.
pub(super) const SOURCES: &str = "{ env = \"VARIABLE\" } or { file = \"/run/secrets/name\" }";

/// The value that was given for a parameter.
#[derive(Clone, Debug)]
pub struct GivenParam {
    /// The value; it may be a secret.
    pub value: SecretString,
    /// Where it was given, in words.
    pub place: String,
}

impl GivenParam {
    /// The value in plain: never to be shown before it is known whether it is a secret.
    pub fn text(&self) -> &str {
        self.value.expose_secret()
    }
}

/// Where the value of a parameter comes from, as the file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// `"text"`, a number, or a switch.
    Text(String),
    /// `{ env = "VARIABLE" }`.
    Env(String),
    /// `{ file = "/run/secrets/name" }`.
    File(PathBuf),
}

/// A parameter of the file.
#[derive(Clone, Debug)]
pub(super) struct RawParam {
    pub(super) source: Source,
    pub(super) place: Place,
}

impl Source {
    /// A table as a source; relative paths start from `base`. None when it is another table.
    pub(super) fn of_table(value: &DeValue<'_>, base: Option<&Path>) -> Option<Self> {
        let table = value.as_table()?;
        let mut pairs = table.iter();
        let (Some((key, value)), None) = (pairs.next(), pairs.next()) else { return None };
        let text = value.get_ref().as_str().filter(|text| !text.trim().is_empty())?;
        match key.get_ref().as_ref() {
            "env" => Some(Self::Env(text.to_owned())),
            "file" => Some(Self::File(base.map_or_else(|| PathBuf::from(text), |base| base.join(text)))),
            _ => None,
        }
    }

    /// The value, or why there is none.
    pub(super) fn resolve(&self, env: &BTreeMap<String, String>) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Env(variable) => env
                .get(variable)
                .filter(|value| !value.is_empty())
                .cloned()
                .ok_or_else(|| format!("the environment variable {variable}, which it is to come from, is not set")),
            Self::File(path) => read_secret(path),
        }
    }
}

/// The content of a file that holds one secret, as Kubernetes and Docker mount them; line ends at its end are none of
/// the secret's.
pub(super) fn read_secret(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LONGEST_SECRET + 1).read_to_end(&mut bytes))
        .map_err(|error| format!("the file {shown}, which it is to come from, can't be read: {error}"))?;
    if bytes.len() as u64 > LONGEST_SECRET {
        return Err(format!("the file {shown} has more than {LONGEST_SECRET} bytes: it holds no secret"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("the file {shown} is not valid UTF-8"))?;
    let value = text.trim_end_matches(['\r', '\n']);
    if value.is_empty() {
        return Err(format!("the file {shown}, which it is to come from, is empty"));
    }
    Ok(value.to_owned())
}

impl Config {
    /// What is given for a monitor's parameter: by the environment variable of its upper-case name, by the file that
    /// the variable with `_FILE` behind it names, by `params` of the environment in force, by `[params]`; for `user` and
    /// `pass` also by the options of these names.
    ///
    /// # Errors
    /// Why a value that should be there can't be had, and where it was given. Neither holds the value.
    pub fn param(&self, name: &str) -> Result<Option<GivenParam>, String> {
        let env = &self.origin.env;
        let set = |variable: &str| env.get(variable).filter(|value| !value.is_empty());
        let given = |value: &str, place: String| GivenParam { value: value.into(), place };
        let variable = name.to_uppercase();
        let of_file = format!("{variable}_FILE");
        match (set(&variable), set(&of_file)) {
            (Some(_), Some(_)) => {
                return Err(format!("(environment) is given twice, by {variable} and {of_file}: unset one of them"));
            }
            (Some(value), None) => return Ok(Some(given(value, format!("environment variable {variable}")))),
            (None, Some(path)) => {
                let place = format!("environment variable {of_file}");
                let value = read_secret(Path::new(path)).map_err(|reason| format!("({place}): {reason}"))?;
                return Ok(Some(given(&value, place)));
            }
            (None, None) => {}
        }
        if let Some(param) = self.origin.params.get(name) {
            let place = param.place.to_string();
            let value = param.source.resolve(env).map_err(|reason| format!("({place}): {reason}"))?;
            return Ok(Some(given(&value, place)));
        }
        Ok(match name {
            "user" => self.user.as_deref().map(|user| given(user, "option USER".to_owned())),
            "pass" => self.pass.as_ref().map(|pass| given(pass.expose_secret(), "option PASS".to_owned())),
            _ => None,
        })
    }
}
