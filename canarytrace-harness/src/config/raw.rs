//! First step: what was given, and where, before anyone asks what it means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Place, Problem, did_you_mean};
use super::options::{OPTIONS, OptionDef};

/// Name of the file that is looked for.
pub(super) const FILE_NAME: &str = "canarytrace.toml";
/// Table of the file with the parameters of monitors.
const PARAMS: &str = "params";

/// A value as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RawValue {
    /// Text, number or switch.
    Text(String),
    /// A list in the file.
    List(Vec<String>),
}

impl RawValue {
    /// The value on one line, for messages.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(items) => items.join(" ; "),
        }
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) value: RawValue,
    pub(super) place: Place,
}

/// Everything that was given.
#[derive(Default)]
pub(super) struct RawOptions {
    /// The whole environment; never shown, stored or passed on as it is.
    pub(super) env: BTreeMap<String, String>,
    /// `[params]` of the file.
    pub(super) params: BTreeMap<String, String>,
    pub(super) file: Option<PathBuf>,
    options: BTreeMap<&'static str, Given>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
}

impl RawOptions {
    /// Collects options from an environment and the text of a file. Wrong keys of the file become problems, variables
    /// of ours that don't exist become warnings: an old manifest must not keep a monitor from running.
    pub(super) fn collect(env: impl IntoIterator<Item = (String, String)>, file: Option<(&Path, &str)>) -> Self {
        let mut raw = Self { env: env.into_iter().collect(), ..Self::default() };
        if let Some((path, text)) = file {
            raw.file = Some(path.to_owned());
            raw.read_file(path, text);
        }
        for option in OPTIONS {
            // An empty variable is what a manifest with an unfilled placeholder gives: the same as none. But an empty
            // BASE_URL is a mistake that would otherwise watch the practice shop and stay green.
            if let Some(value) = raw.env.get(option.env).filter(|v| option.env == "BASE_URL" || !v.trim().is_empty()) {
                let given = Given { value: RawValue::Text(value.clone()), place: Place::Environment };
                raw.options.insert(option.env, given);
            }
        }
        raw.warn_of_unknown_variables();
        raw
    }

    /// What was given for an option: the environment wins over the file.
    pub(super) fn given(&self, option: &OptionDef) -> Option<&Given> {
        self.options.get(option.env)
    }

    fn warn_of_unknown_variables(&mut self) {
        const OURS: &[&str] = &["CANARYTRACE_TEST_", "CANARYTRACE_PRACTICE_SITE"];
        for name in self.env.keys().filter(|name| name.starts_with("CANARYTRACE_")) {
            let known = OPTIONS.iter().any(|option| option.env == name);
            if known || OURS.iter().any(|prefix| name.starts_with(prefix)) {
                continue;
            }
            // CANARYTRACE_MODE is a likely slip too: the original's names have no prefix.
            let bare = name.trim_start_matches("CANARYTRACE_");
            let meant = OPTIONS.iter().find(|option| option.env == bare).map(|option| option.env);
            let meant = meant.or_else(|| did_you_mean(name, OPTIONS.iter().map(|option| option.env)));
            let advice = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            self.warnings.push(format!("{name} (environment variable) is no option of Canarytrace{advice}"));
        }
    }

    fn read_file(&mut self, path: &Path, text: &str) {
        let place = |offset: usize| {
            let line = text.get(..offset).unwrap_or(text).matches('\n').count() + 1;
            Place::File { path: path.to_owned(), line }
        };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let place = place(error.span().map_or(0, |span| span.start));
            let reason = format!("no valid TOML: {}", error.message());
            self.problems.push(Problem { option: FILE_NAME.to_owned(), place, value: None, reason });
        }
        if !self.problems.is_empty() {
            return;
        }
        for (key, value) in table.get_ref() {
            let (name, place) = (key.get_ref().as_ref(), place(key.span().start));
            if name == PARAMS {
                self.read_params(value, &place);
            } else if let Some(option) = OPTIONS.iter().skip(1).find(|option| option.key() == name) {
                match raw_value(value.get_ref()) {
                    // As in the environment: an empty text is no value.
                    Ok(RawValue::Text(text)) if text.trim().is_empty() && option.env != "BASE_URL" => {}
                    Ok(value) => {
                        self.options.insert(option.env, Given { value, place });
                    }
                    Err(reason) => {
                        self.problems.push(Problem { option: name.to_owned(), place, value: None, reason });
                    }
                }
            } else {
                let keys: Vec<String> = OPTIONS.iter().skip(1).map(OptionDef::key).chain([PARAMS.to_owned()]).collect();
                let reason = match did_you_mean(name, keys.iter().map(String::as_str)) {
                    Some(meant) => format!("no such option; did you mean {meant}?"),
                    None => "no such option; the README's table names all of them".to_owned(),
                };
                self.problems.push(Problem { option: name.to_owned(), place, value: None, reason });
            }
        }
    }

    fn read_params(&mut self, value: &Spanned<DeValue<'_>>, place: &Place) {
        let problem = |option: String, reason: &str| Problem {
            option,
            place: place.clone(),
            value: None,
            reason: reason.to_owned(),
        };
        let Some(table) = value.get_ref().as_table() else {
            self.problems.push(problem(PARAMS.to_owned(), "a table: [params] with lines such as user = \"jane\""));
            return;
        };
        for (key, value) in table {
            let name = key.get_ref().to_string();
            match raw_value(value.get_ref()) {
                Ok(RawValue::Text(text)) => {
                    self.params.insert(name, text);
                }
                Ok(RawValue::List(_)) | Err(_) => {
                    let reason = "a parameter is a text, a number, or true or false";
                    self.problems.push(problem(format!("{PARAMS}.{name}"), reason));
                }
            }
        }
    }
}

/// A value of the file as text; tables (headers) become `name: value` pairs.
fn raw_value(value: &DeValue<'_>) -> Result<RawValue, String> {
    Ok(match value {
        DeValue::Array(items) => {
            let texts: Result<Vec<String>, String> = items.iter().map(|item| scalar(item.get_ref())).collect();
            RawValue::List(texts?)
        }
        DeValue::Table(table) => {
            let pair = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
                Ok(format!("{}: {}", name.get_ref(), scalar(value.get_ref())?))
            };
            RawValue::List(table.iter().map(pair).collect::<Result<_, String>>()?)
        }
        other => RawValue::Text(scalar(other)?),
    })
}

fn scalar(value: &DeValue<'_>) -> Result<String, String> {
    Ok(match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(switch) => if *switch { "yes" } else { "no" }.to_owned(),
        other => return Err(format!("a text, a decimal number, or true or false is wanted here, not {}", kind(other))),
    })
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
        DeValue::Datetime(_) => "a date",
        _ => "a number in another base",
    }
}
