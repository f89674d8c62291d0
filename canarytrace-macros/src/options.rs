//! The options of `#[monitor(…)]`.

use std::ops::RangeInclusive;
use std::time::Duration;

use proc_macro2::{Delimiter, Ident, Span, TokenStream};

use crate::budget::{self, Budget};
use crate::errors::Errors;
use crate::params::{self, Param};
use crate::tokens::{Item, describe_literal, items};
use crate::{cron, duration, suggest, throttle};

/// Every option and how it is written.
const OPTIONS: [(&str, &str); 11] = [
    ("name", "name = \"buy a product\""),
    ("schedule", "schedule = \"*/3 * * * *\""),
    ("timeout", "timeout = \"90s\""),
    ("retries", "retries = 1"),
    ("tags", "tags = [\"shop\", \"checkout\"]"),
    ("params", "params(user, password: secret, quantity: u32 = 1)"),
    ("budget", "budget(run <= \"20s\", step <= \"5s\", step(\"pay\") <= \"3s\", lcp <= \"2.5s\")"),
    ("device", "device = \"mobile\""),
    ("throttle", "throttle = \"mobileSlow4G\""),
    ("iterations", "iterations = 5"),
    ("enabled", "enabled = false"),
];

/// What a monitor's author asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) name: Option<String>,
    pub(crate) schedule: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) retries: Option<u32>,
    pub(crate) tags: Vec<String>,
    pub(crate) params: Vec<Param>,
    pub(crate) budgets: Vec<Budget>,
    pub(crate) device: Option<Device>,
    pub(crate) throttle: Option<String>,
    pub(crate) iterations: Option<u32>,
    pub(crate) enabled: Option<bool>,
}

/// A device preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    Desktop,
    Mobile,
}

/// Reads all options; what is wrong goes to `errors`, the rest is still read.
pub(crate) fn parse(stream: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let mut seen: Vec<String> = Vec::new();
    for mut item in items(stream, errors) {
        let Some(name) = item.ident() else {
            errors.at(item.span(), format!("expected an option, found {}\n{}", item.found(), allowed()));
            continue;
        };
        let word = name.to_string();
        let Some((option, example)) = OPTIONS.iter().find(|(option, _)| *option == word) else {
            let nearest = suggest::did_you_mean(&word, OPTIONS.iter().map(|(option, _)| *option));
            errors.at(name.span(), format!("unknown option `{word}`{nearest}\n{}", allowed()));
            continue;
        };
        if seen.contains(&word) {
            errors.at(name.span(), format!("option `{word}` is given twice: keep one of them"));
            continue;
        }
        seen.push(word);
        let mut context = Context { option, example, name, errors: &mut *errors };
        read(&mut options, &mut item, &mut context);
    }
    options
}

/// Reads what follows an option's name.
fn read(options: &mut Options, item: &mut Item, context: &mut Context) {
    match context.option {
        "name" => options.name = context.string(item, "a name in quotes", check_name).map(|(name, ())| name),
        "schedule" => {
            options.schedule = context.string(item, "a cron line in quotes", cron::check).map(|(line, ())| line);
        }
        "timeout" => {
            options.timeout = context.string(item, "a duration in quotes", duration::parse).map(|(_, timeout)| timeout);
        }
        "device" => {
            options.device = context.string(item, "`\"mobile\"` or `\"desktop\"`", device).map(|(_, device)| device);
        }
        "throttle" => {
            options.throttle =
                context.string(item, "a preset or figures in quotes", throttle::check).map(|(text, ())| text);
        }
        "retries" => {
            options.retries = context.count(item, 0..=u32::MAX, "a whole number of attempts after the first");
        }
        "iterations" => options.iterations = context.count(item, 1..=100, "a whole number from 1 to 100"),
        "enabled" => options.enabled = context.enabled(item),
        "tags" => options.tags = context.tags(item),
        "params" => {
            if let Some(group) = context.parentheses(item) {
                options.params = params::parse(group, context.errors);
            }
        }
        "budget" => {
            if let Some(group) = context.parentheses(item) {
                options.budgets = budget::parse(group, context.errors);
            }
        }
        other => unreachable!("option {other} is in the table and has no reader"),
    }
}

/// The last two lines of an error about an option's name.
fn allowed() -> String {
    let names: Vec<&str> = OPTIONS.iter().map(|(name, _)| *name).collect();
    format!("allowed: {}\nexample: #[monitor(schedule = \"*/3 * * * *\", timeout = \"90s\")]", names.join(", "))
}

/// The option that is being read.
struct Context<'a> {
    option: &'static str,
    example: &'static str,
    name: Ident,
    errors: &'a mut Errors,
}

impl Context<'_> {
    /// Notes that something else than `wanted` was found.
    fn wrong(&mut self, span: Span, wanted: &str, found: &str) {
        self.errors.at(span, format!("`{}` takes {wanted}, found {found}\nexample: {}", self.option, self.example));
    }

    /// Takes the `=`.
    fn equals(&mut self, item: &mut Item) -> Option<()> {
        if item.punct('=').is_some() {
            return Some(());
        }
        let span = if item.is_done() { self.name.span() } else { item.span() };
        let message =
            format!("expected `=` after `{}`, found {}\nexample: {}", self.option, item.found(), self.example);
        self.errors.at(span, message);
        None
    }

    /// Notes whatever follows a value.
    fn end(&mut self, item: &Item) {
        if !item.is_done() {
            let message = format!("expected a comma after `{}`, found {}", self.option, item.found());
            self.errors.over(item.rest(), format!("{message}\nexample: {}", self.example));
        }
    }

    /// Takes `= "text"` and checks the text.
    fn string<T>(
        &mut self,
        item: &mut Item,
        wanted: &str,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Option<(String, T)> {
        self.equals(item)?;
        let (span, found) = (item.span(), item.found());
        let Some(syn::Lit::Str(text)) = item.literal() else {
            self.wrong(span, wanted, &found);
            return None;
        };
        self.end(item);
        let text = text.value();
        match check(&text) {
            Ok(value) => Some((text, value)),
            Err(message) => {
                self.errors.at(span, message);
                None
            }
        }
    }

    /// Takes `= 1`.
    fn count(&mut self, item: &mut Item, allowed: RangeInclusive<u32>, wanted: &str) -> Option<u32> {
        self.equals(item)?;
        let (span, found) = (item.span(), item.found());
        let count = match item.literal() {
            Some(syn::Lit::Int(number)) => number.base10_parse().ok().filter(|count| allowed.contains(count)),
            _ => None,
        };
        match count {
            Some(_) => self.end(item),
            None => self.wrong(span, wanted, &found),
        }
        count
    }

    /// Takes `= true` or `= false`.
    fn enabled(&mut self, item: &mut Item) -> Option<bool> {
        self.equals(item)?;
        let (span, found) = (item.span(), item.found());
        if let Some(syn::Lit::Bool(enabled)) = item.literal() {
            self.end(item);
            Some(enabled.value)
        } else {
            self.wrong(span, "`true` or `false`", &found);
            None
        }
    }

    /// Takes `= ["a", "b"]`.
    fn tags(&mut self, item: &mut Item) -> Vec<String> {
        let mut tags = Vec::new();
        if self.equals(item).is_none() {
            return tags;
        }
        let (span, found) = (item.span(), item.found());
        let Some(list) = item.group(Delimiter::Bracket) else {
            self.wrong(span, "a list of strings in brackets", &found);
            return tags;
        };
        self.end(item);
        for mut tag in items(list.stream(), self.errors) {
            let (span, found) = (tag.span(), tag.found());
            match tag.literal() {
                Some(syn::Lit::Str(text)) if tag.is_done() => {
                    let text = text.value();
                    if text.is_empty() || text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',') {
                        self.errors.at(
                            span,
                            format!(
                                "`{text:?}` is no tag: a tag is one word without blanks or commas\nexample: {}",
                                self.example
                            ),
                        );
                    } else if tags.contains(&text) {
                        self.errors.at(span, format!("tag `{text}` is given twice: keep one of them"));
                    } else {
                        tags.push(text);
                    }
                }
                Some(syn::Lit::Str(_)) => {
                    self.errors.over(
                        tag.rest(),
                        format!("expected a comma after the tag, found {}\nexample: {}", tag.found(), self.example),
                    );
                }
                Some(other) => self.wrong(span, "strings", &describe_literal(&other)),
                None => self.wrong(span, "strings", &found),
            }
        }
        tags
    }

    /// Takes `(…)`.
    fn parentheses(&mut self, item: &mut Item) -> Option<proc_macro2::Group> {
        let group = item.group(Delimiter::Parenthesis);
        if group.is_some() {
            self.end(item);
        } else {
            let span = if item.is_done() { self.name.span() } else { item.span() };
            let message =
                format!("expected `(…)` after `{}`, found {}\nexample: {}", self.option, item.found(), self.example);
            self.errors.at(span, message);
        }
        group
    }
}

/// A name is printed on one line and typed in filters.
fn check_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("`name` is empty: leave it out to use the function's name".to_owned());
    }
    if name.trim() != name || name.contains(char::is_control) {
        return Err(format!("`{name:?}` is no name: it is one line, without blanks at its ends"));
    }
    Ok(())
}

/// A device preset by its name.
fn device(name: &str) -> Result<Device, String> {
    match name {
        "desktop" => Ok(Device::Desktop),
        "mobile" => Ok(Device::Mobile),
        other => {
            let nearest = suggest::did_you_mean(other, ["desktop", "mobile"]);
            Err(format!("unknown device `{other}`{nearest}\nallowed: desktop, mobile\nexample: device = \"mobile\""))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use quote::quote;

    use super::{Device, OPTIONS, parse};
    use crate::errors::Errors;

    fn mistakes(stream: proc_macro2::TokenStream) -> Vec<String> {
        let mut errors = Errors::default();
        parse(stream, &mut errors);
        errors.messages()
    }

    #[test]
    fn every_option_is_read() {
        let mut errors = Errors::default();
        let options = parse(
            quote! {
                name = "checkout", schedule = "*/3 * * * *", timeout = "1m 30s", retries = 2,
                tags = ["shop", "checkout",], params(user, password: secret),
                budget(run <= "20s"), device = "mobile", throttle = "slow3G cpu=4", iterations = 5, enabled = false,
            },
            &mut errors,
        );
        assert!(errors.messages().is_empty());
        assert_eq!(options.name.as_deref(), Some("checkout"));
        assert_eq!(options.schedule.as_deref(), Some("*/3 * * * *"));
        assert_eq!(options.timeout, Some(Duration::from_secs(90)));
        assert_eq!(options.retries, Some(2));
        assert_eq!(options.tags, ["shop", "checkout"]);
        assert_eq!(options.params.len(), 2);
        assert_eq!(options.budgets.len(), 1);
        assert_eq!(options.device, Some(Device::Mobile));
        assert_eq!((options.throttle.as_deref(), options.iterations), (Some("slow3G cpu=4"), Some(5)));
        assert_eq!(options.enabled, Some(false));
    }

    #[test]
    fn no_options_are_fine() {
        assert!(mistakes(quote!()).is_empty());
    }

    #[test]
    fn the_example_of_every_option_is_right() {
        for (option, example) in OPTIONS {
            assert!(example.starts_with(option), "{example}");
            assert_eq!(mistakes(example.parse().unwrap()), Vec::<String>::new(), "{example}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_together() {
        let mistakes = mistakes(quote! { nme = "x", timeout = 90, retries = "1", timeout = "1s", 5, enabled });
        assert_eq!(mistakes.len(), 6, "{mistakes:#?}");
        assert!(mistakes[0].contains("unknown option `nme`; did you mean `name`?"));
        assert!(mistakes[1].contains("takes a duration in quotes, found the integer `90`"));
        assert!(mistakes[2].contains("found the string `\"1\"`"));
        assert!(mistakes[3].contains("given twice"));
        assert!(mistakes[4].contains("expected an option, found the integer `5`"));
        assert!(mistakes[5].contains("expected `=` after `enabled`, found nothing"));
    }

    #[test]
    fn values_are_checked() {
        for (options, part) in [
            (quote!(name = ""), "`name` is empty"),
            (quote!(name = " x"), "without blanks at its ends"),
            (quote!(name = "a\nb"), "it is one line"),
            (quote!(retries = -1), "found `-`"),
            (quote!(retries = 99_999_999_999), "found the integer"),
            (quote!(retries = 1.5), "found the float `1.5`"),
            (quote!(tags = "shop"), "takes a list of strings in brackets, found the string `\"shop\"`"),
            (quote!(tags = [shop]), "takes strings, found `shop`"),
            (quote!(tags = [1]), "takes strings, found the integer `1`"),
            (quote!(tags = ["a" "b"]), "expected a comma after the tag"),
            (quote!(tags = ["a", "a"]), "tag `a` is given twice"),
            (quote!(tags = ["a b"]), "a tag is one word"),
            (quote!(device = "moblie"), "unknown device `moblie`; did you mean `mobile`?"),
            (quote!(throttle = "mobileSlow4"), "unknown preset `mobileSlow4`; did you mean `mobileSlow4G`?"),
            (quote!(throttle = 4), "takes a preset or figures in quotes, found the integer `4`"),
            (quote!(iterations = 0), "takes a whole number from 1 to 100, found the integer `0`"),
            (quote!(iterations = "5"), "found the string `\"5\"`"),
            (quote!(enabled = "no"), "takes `true` or `false`, found the string `\"no\"`"),
            (quote!(schedule: "* * * * *"), "expected `=` after `schedule`, found `:`"),
            (quote!(timeout = "1s" retries = 1), "expected a comma after `timeout`, found `retries`"),
            (quote!(params = "user"), "expected `(…)` after `params`, found `=`"),
            (quote!(budget), "expected `(…)` after `budget`, found nothing"),
            (quote!(retries = 1,, enabled = true), "nothing stands before this comma"),
        ] {
            let mistakes = mistakes(options.clone());
            assert_eq!(mistakes.len(), 1, "{options}: {mistakes:#?}");
            assert!(mistakes[0].contains(part), "{options}: {mistakes:#?}");
        }
    }
}
