//! First step: what was given, and where, before anyone asks what it means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Place, Problem, did_you_mean};
use super::options::{OPTIONS, OptionDef, Shown};
use super::param::{RawParam, SOURCES, Source, read_secret};

/// Name of the file that is looked for.
pub(super) const FILE_NAME: &str = "canarytrace.toml";
/// Table of the file with the parameters of monitors.
const PARAMS: &str = "params";
/// Table of the file with a table for each environment.
const ENVIRONMENT: &str = "environment";

/// A value as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RawValue {
    /// Text, number or switch.
    Text(String),
    /// A list in the file.
    List(Vec<String>),
    /// A secret that the file says where to find; gone when everything is collected.
    Elsewhere(Source),
}

impl RawValue {
    /// The value on one line, for messages.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(items) => items.join(" ; "),
            Self::Elsewhere(_) => String::new(),
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
    /// `[params]` of the file, with those of the environment in force over them.
    pub(super) params: BTreeMap<String, RawParam>,
    pub(super) file: Option<PathBuf>,
    options: BTreeMap<&'static str, Given>,
    /// Names of the environments in the file.
    environments: Vec<String>,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<String>,
}

/// What one level of the file gives: its top, or the table of an environment.
#[derive(Default)]
struct Layer {
    options: BTreeMap<&'static str, Given>,
    params: BTreeMap<String, RawParam>,
}

/// The file that is being read.
#[derive(Clone, Copy)]
struct TomlFile<'a> {
    path: &'a Path,
    text: &'a str,
}

impl TomlFile<'_> {
    fn place(&self, offset: usize) -> Place {
        let line = self.text.get(..offset).unwrap_or(self.text).matches('\n').count() + 1;
        Place::File { path: self.path.to_owned(), line }
    }
}

impl RawOptions {
    const ENVIRONMENT_VARIABLE: &'static str = "CANARYTRACE_ENVIRONMENT";

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
            raw.read_secret_file(option);
        }
        raw.fetch_secrets();
        raw.check_environment();
        raw.warn_of_unknown_variables();
        raw
    }

    /// What was given for an option: the environment wins over the file.
    pub(super) fn given(&self, option: &OptionDef) -> Option<&Given> {
        self.options.get(option.env)
    }

    fn warn_of_unknown_variables(&mut self) {
        const OURS: &[&str] = &[
            "CANARYTRACE_TEST_",
            "CANARYTRACE_PRACTICE_SITE",
            "CANARYTRACE_TOOL_MONITORS",
            // `harness/describe.rs`
            "CANARYTRACE_DESCRIBE",
        ];
        for name in self.env.keys().filter(|name| name.starts_with("CANARYTRACE_")) {
            let known = |option: &OptionDef| option.env == name || file_variable(option).as_ref() == Some(name);
            if OPTIONS.iter().any(known) || OURS.iter().any(|prefix| name.starts_with(prefix)) {
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

    /// `PASS_FILE` and its like: a file, mounted by Kubernetes or Docker, that holds the option's value.
    fn read_secret_file(&mut self, option: &OptionDef) {
        let Some(variable) = file_variable(option) else { return };
        let Some(path) = self.env.get(&variable).filter(|path| !path.trim().is_empty()).cloned() else { return };
        let read = match self.options.get(option.env) {
            Some(Given { place: Place::Environment, .. }) => {
                Err(format!("{} is set too: unset one of them", option.env))
            }
            _ => read_secret(Path::new(&path)),
        };
        match read {
            Ok(text) => {
                let given = Given { value: RawValue::Text(text), place: Place::Environment };
                self.options.insert(option.env, given);
            }
            Err(reason) => {
                let place = Place::Environment;
                self.problems.push(Problem { option: variable, place, value: Some(path), reason });
            }
        }
    }

    fn read_file(&mut self, path: &Path, text: &str) {
        let file = TomlFile { path, text };
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let place = file.place(error.span().map_or(0, |span| span.start));
            let reason = format!("no valid TOML: {}", error.message());
            self.problems.push(Problem { option: FILE_NAME.to_owned(), place, value: None, reason });
        }
        if !self.problems.is_empty() {
            return;
        }
        let top = self.read_layer(table.get_ref(), file, "");
        self.options.extend(top.options);
        self.params.extend(top.params);
        let mut environments =
            table.get_ref().get(ENVIRONMENT).map(|value| self.read_environments(value, file)).unwrap_or_default();
        if let Some(name) = self.env.get(Self::ENVIRONMENT_VARIABLE).map(|name| name.trim().to_owned())
            && let Some(layer) = environments.remove(&name)
        {
            self.options.extend(layer.options);
            self.params.extend(layer.params);
        }
    }

    /// One level of the file; `prefix` is the name of its table with a full stop, nothing at the top.
    fn read_layer(&mut self, table: &DeTable<'_>, file: TomlFile<'_>, prefix: &str) -> Layer {
        let mut layer = Layer::default();
        for (key, value) in table {
            let (name, place) = (key.get_ref().as_ref(), file.place(key.span().start));
            let problem = |place, reason| Problem { option: format!("{prefix}{name}"), place, value: None, reason };
            if name == ENVIRONMENT && prefix.is_empty() {
                // Read on its own: it lies over this level.
            } else if name == PARAMS {
                layer.params = self.read_params(value, file, prefix, place);
            } else if let Some(option) = OPTIONS.iter().find(|option| option.in_file() && option.key() == name) {
                match Self::option_value(option, value.get_ref(), file) {
                    // As in the environment: an empty text is no value.
                    Ok(RawValue::Text(text)) if text.trim().is_empty() && option.env != "BASE_URL" => {}
                    Ok(value) => {
                        layer.options.insert(option.env, Given { value, place });
                    }
                    Err(reason) => self.problems.push(problem(place, reason)),
                }
            } else {
                let keys = OPTIONS.iter().filter(|option| option.in_file()).map(OptionDef::key);
                let tables = [PARAMS, ENVIRONMENT].into_iter().map(str::to_owned);
                let keys: Vec<String> = keys.chain(tables).collect();
                let reason = match did_you_mean(name, keys.iter().map(String::as_str)) {
                    Some(meant) => format!("no such option; did you mean {meant}?"),
                    None => "no such option; the README's table names all of them".to_owned(),
                };
                self.problems.push(problem(place, reason));
            }
        }
        layer
    }

    /// The value of an option. A secret may be said to come from elsewhere.
    fn option_value(option: &OptionDef, value: &DeValue<'_>, file: TomlFile<'_>) -> Result<RawValue, String> {
        let has_sources = option.shown == Shown::Never && option.env != "CANARYTRACE_HEADERS";
        if !has_sources || !matches!(value, DeValue::Table(_)) {
            return raw_value(value);
        }
        let source = Source::of_table(value, file.path.parent());
        source.map(RawValue::Elsewhere).ok_or_else(|| format!("a text is wanted here, or {SOURCES}"))
    }

    /// `[environment.staging]` and its like. What is wrong in one that is not in force is told all the same.
    fn read_environments(&mut self, value: &Spanned<DeValue<'_>>, file: TomlFile<'_>) -> BTreeMap<String, Layer> {
        const WANTED: &str = "a table is wanted, such as [environment.staging], with the options and params that hold \
                              there; which one is in force is said by CANARYTRACE_ENVIRONMENT";
        let problem = |option: String, value: &Spanned<DeValue<'_>>| {
            let place = file.place(value.span().start);
            Problem { option, place, value: None, reason: WANTED.to_owned() }
        };
        let Some(table) = value.get_ref().as_table() else {
            self.problems.push(problem(ENVIRONMENT.to_owned(), value));
            return BTreeMap::new();
        };
        let mut environments = BTreeMap::new();
        for (name, value) in table {
            let name = name.get_ref().to_string();
            let path = format!("{ENVIRONMENT}.{name}");
            match value.get_ref().as_table() {
                Some(options) => {
                    let layer = self.read_layer(options, file, &format!("{path}."));
                    self.environments.push(name.clone());
                    environments.insert(name, layer);
                }
                None => self.problems.push(problem(path, value)),
            }
        }
        environments
    }

    fn read_params(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        file: TomlFile<'_>,
        prefix: &str,
        place: Place,
    ) -> BTreeMap<String, RawParam> {
        let problem = |option: String, place, reason: String| Problem {
            option: format!("{prefix}{option}"),
            place,
            value: None,
            reason,
        };
        let mut params = BTreeMap::new();
        let Some(table) = value.get_ref().as_table() else {
            let reason = format!("a table: [{prefix}{PARAMS}] with lines such as user = \"jane\"");
            self.problems.push(problem(PARAMS.to_owned(), place, reason));
            return params;
        };
        for (key, value) in table {
            let (name, place) = (key.get_ref().to_string(), file.place(key.span().start));
            let source = match value.get_ref() {
                table @ DeValue::Table(_) => Source::of_table(table, file.path.parent()),
                value => scalar(value).ok().map(Source::Text),
            };
            if let Some(source) = source {
                params.insert(name, RawParam { source, place });
            } else {
                let reason = format!("a parameter is a text, a number, true or false, or {SOURCES}");
                self.problems.push(problem(format!("{PARAMS}.{name}"), place, reason));
            }
        }
        params
    }

    /// Fetches the secrets in force that the file only says where to find.
    fn fetch_secrets(&mut self) {
        let elsewhere = self.options.iter().filter_map(|(option, given)| match &given.value {
            RawValue::Elsewhere(source) => Some((*option, source.resolve(&self.env), given.place.clone())),
            _ => None,
        });
        for (option, value, place) in elsewhere.collect::<Vec<_>>() {
            match value {
                Ok(text) => {
                    self.options.insert(option, Given { value: RawValue::Text(text), place });
                }
                Err(reason) => {
                    self.options.remove(option);
                    self.problems.push(Problem { option: option.to_owned(), place, value: None, reason });
                }
            }
        }
    }

    /// Refuses an environment that the file does not have.
    fn check_environment(&mut self) {
        let Some(Given { value: RawValue::Text(name), place }) = self.options.get(Self::ENVIRONMENT_VARIABLE) else {
            return;
        };
        let (name, place) = (name.trim(), place.clone());
        // What is no TOML at all was said already.
        let unread = self.problems.iter().any(|problem| problem.option == FILE_NAME);
        if unread || self.environments.iter().any(|known| known == name) {
            return;
        }
        let reason = match (&self.file, &self.environments[..]) {
            (None, _) => format!("there is no {FILE_NAME} with a table [environment.{name}]"),
            (Some(path), []) => format!("{} has no table [environment.{name}]", path.display()),
            (Some(path), known) => {
                let meant = did_you_mean(name, known.iter().map(String::as_str));
                let advice = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
                format!("{} has the environments {}{advice}", path.display(), known.join(", "))
            }
        };
        let option = Self::ENVIRONMENT_VARIABLE.to_owned();
        self.problems.push(Problem { option, place, value: Some(name.to_owned()), reason });
    }
}

/// The variable that names a file with the value of a secret option.
fn file_variable(option: &OptionDef) -> Option<String> {
    (option.shown == Shown::Never).then(|| format!("{}_FILE", option.env))
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
