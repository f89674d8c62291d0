//! `budget(run <= "20s", step <= "5s", step("pay") <= "3s")`.

use std::time::Duration;

use proc_macro2::{Delimiter, Group, Ident, Punct};

use crate::errors::Errors;
use crate::tokens::{Item, describe_literal, items};
use crate::{duration, suggest};

const EXAMPLE: &str = "example: budget(run <= \"20s\", step <= \"5s\", step(\"pay\") <= \"3s\")";

/// A declared limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Budget {
    pub(crate) metric: Metric,
    pub(crate) limit: Duration,
}

/// What is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Metric {
    Run,
    EveryStep,
    Step(String),
}

/// Reads the list; what is wrong goes to `errors`.
pub(crate) fn parse(group: Group, errors: &mut Errors) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = Vec::new();
    let list = items(group.stream(), errors);
    if group.stream().is_empty() {
        errors.over(group, format!("`budget` sets no limit: set one or leave it out\n{EXAMPLE}"));
    }
    for mut item in list {
        let Some(word) = item.ident() else {
            errors.at(item.span(), format!("expected a metric, found {}\nallowed: run, step\n{EXAMPLE}", item.found()));
            continue;
        };
        let Some(metric) = metric(&word, &mut item, errors) else { continue };
        if budgets.iter().any(|budget| budget.metric == metric) {
            errors.at(word.span(), format!("a limit of {} is set twice: keep one of them", describe(&metric)));
            continue;
        }
        if let Some(limit) = limit(&metric, &word, &mut item, errors) {
            budgets.push(Budget { metric, limit });
        }
    }
    budgets
}

/// Reads what follows `run` or `step` up to the operator.
fn metric(word: &Ident, item: &mut Item, errors: &mut Errors) -> Option<Metric> {
    let title = item.group(Delimiter::Parenthesis);
    match (word.to_string().as_str(), title) {
        ("run", None) => Some(Metric::Run),
        ("step", None) => Some(Metric::EveryStep),
        ("run", Some(title)) => {
            errors.over(title, format!("`run` takes no title, it is the whole run; `step` takes one\n{EXAMPLE}"));
            None
        }
        ("step", Some(title)) => {
            let mut inner = Item::of(title.stream());
            let found = inner.found();
            match inner.literal() {
                Some(syn::Lit::Str(text)) if inner.is_done() && !text.value().trim().is_empty() => {
                    Some(Metric::Step(text.value()))
                }
                Some(syn::Lit::Str(text)) if inner.is_done() => {
                    errors.at(text.span(), format!("the title of the step is empty\n{EXAMPLE}"));
                    None
                }
                _ => {
                    let message = format!("`step(…)` takes the title of one step in quotes, found {found}\n{EXAMPLE}");
                    errors.over(title, message);
                    None
                }
            }
        }
        (other, _) => {
            let nearest = suggest::did_you_mean(other, ["run", "step"]);
            errors.at(
                word.span(),
                format!(
                    "unknown metric `{other}`{nearest}\n\
                     allowed: run (all steps together), step (every step), step(\"title\") (that step)\n{EXAMPLE}"
                ),
            );
            None
        }
    }
}

/// Reads `<= "20s"`.
fn limit(metric: &Metric, word: &Ident, item: &mut Item, errors: &mut Errors) -> Option<Duration> {
    let metric = describe(metric);
    let (span, found) = (if item.is_done() { word.span() } else { item.span() }, item.found());
    let operator = item.operator();
    let text: String = operator.iter().map(Punct::as_char).collect();
    if text != "<=" {
        let message = if operator.is_empty() {
            format!("expected `<=` after {metric}, found {found}\n{EXAMPLE}")
        } else {
            format!("a budget is an upper limit, which is written `<=`, found `{text}`\n{EXAMPLE}")
        };
        match (operator.first(), operator.last()) {
            (Some(first), Some(last)) => errors.over(quote::quote!(#first #last), message),
            _ => errors.at(span, message),
        }
        if operator.is_empty() {
            return None;
        }
    }
    let (span, found) = (item.span(), item.found());
    let limit = match item.literal() {
        Some(syn::Lit::Str(limit)) => limit,
        other => {
            let found = other.as_ref().map_or(found, describe_literal);
            errors.at(span, format!("the limit of {metric} is a duration in quotes, found {found}\n{EXAMPLE}"));
            return None;
        }
    };
    if !item.is_done() {
        errors.over(item.rest(), format!("expected a comma after the limit, found {}\n{EXAMPLE}", item.found()));
    }
    match duration::parse(&limit.value()) {
        Ok(limit) => Some(limit),
        Err(message) => {
            errors.at(limit.span(), message);
            None
        }
    }
}

/// A metric as it is written.
fn describe(metric: &Metric) -> String {
    match metric {
        Metric::Run => "`run`".to_owned(),
        Metric::EveryStep => "`step`".to_owned(),
        Metric::Step(title) => format!("`step({title:?})`"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proc_macro2::{Delimiter, Group, TokenStream};
    use quote::quote;

    use super::{Budget, Metric, parse};
    use crate::errors::Errors;

    fn read(stream: TokenStream) -> (Vec<Budget>, Vec<String>) {
        let mut errors = Errors::default();
        let budgets = parse(Group::new(Delimiter::Parenthesis, stream), &mut errors);
        (budgets, errors.messages())
    }

    #[test]
    fn run_steps_and_single_steps_have_limits() {
        let (budgets, mistakes) =
            read(quote!(run <= "20s", step <= "5s", step("pay") <= "500ms", step("look") <= "1s"));
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        let budget = |metric, milliseconds| Budget { metric, limit: Duration::from_millis(milliseconds) };
        assert_eq!(
            budgets,
            [
                budget(Metric::Run, 20_000),
                budget(Metric::EveryStep, 5000),
                budget(Metric::Step("pay".to_owned()), 500),
                budget(Metric::Step("look".to_owned()), 1000),
            ]
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (stream, part) in [
            (quote!(rum <= "1s"), "unknown metric `rum`; did you mean `run`?"),
            (quote!(colour <= "1s"), "allowed: run (all steps together)"),
            (quote!(run >= "1s"), "a budget is an upper limit, which is written `<=`, found `>=`"),
            (quote!(run < "1s"), "found `<`"),
            (quote!(run = "1s"), "found `=`"),
            (quote!(run "1s"), "expected `<=` after `run`, found the string `\"1s\"`"),
            (quote!(run), "expected `<=` after `run`, found nothing"),
            (quote!(run <= 20), "the limit of `run` is a duration in quotes, found the integer `20`"),
            (quote!(run <= ), "the limit of `run` is a duration in quotes, found nothing"),
            (quote!(step("pay") <= "0s"), "longer than zero"),
            (quote!(run <= "1s" step <= "2s"), "expected a comma after the limit, found `step`"),
            (quote!(run("x") <= "1s"), "`run` takes no title"),
            (quote!(step(pay) <= "1s"), "`step(…)` takes the title of one step in quotes, found `pay`"),
            (quote!(step("a", "b") <= "1s"), "`step(…)` takes the title of one step"),
            (quote!(step() <= "1s"), "found nothing"),
            (quote!(step("") <= "1s"), "the title of the step is empty"),
            (quote!(run <= "1s", run <= "2s"), "a limit of `run` is set twice"),
            (quote!(step("a") <= "1s", step("a") <= "2s"), "a limit of `step(\"a\")` is set twice"),
            (quote!("run" <= "1s"), "expected a metric, found the string"),
            (quote!(), "`budget` sets no limit"),
        ] {
            let (_, mistakes) = read(stream.clone());
            assert_eq!(mistakes.len(), 1, "{stream}: {mistakes:#?}");
            assert!(mistakes[0].contains(part), "{stream}: {mistakes:#?}");
        }
    }
}
