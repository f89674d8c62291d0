//! `budget(run <= "20s", step("pay").inp <= "200ms", cls <= 0.1, transfer <= "2MB", warn(lcp <= "1.5s"))`.

use proc_macro2::{Delimiter, Group, Ident, Punct};

use crate::errors::Errors;
use crate::metrics::{Figure, METRICS, Unit};
use crate::tokens::{Item, describe_literal, items};
use crate::{duration, size, suggest};

const EXAMPLE: &str = "example: budget(run <= \"20s\", step(\"pay\") <= \"3s\", lcp <= \"2.5s\", cls <= 0.1, \
                       transfer <= \"2MB\", warn(requests <= 80))";

/// A declared limit.
#[derive(Debug, PartialEq)]
pub(crate) struct Budget {
    pub(crate) subject: Subject,
    /// In the unit of the figure.
    pub(crate) limit: f64,
    /// Only a warning.
    pub(crate) warn: bool,
}

/// What is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) figure: Figure,
    /// The name of a mark or measure.
    pub(crate) name: Option<String>,
    /// The step that it is limited in.
    pub(crate) step: Option<String>,
}

/// Reads the list; what is wrong goes to `errors`.
pub(crate) fn parse(group: Group, errors: &mut Errors) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = Vec::new();
    if group.stream().is_empty() {
        errors.over(group, format!("`budget` sets no limit: set one or leave it out\n{EXAMPLE}"));
        return budgets;
    }
    read_list(&group, false, &mut budgets, errors);
    budgets
}

fn read_list(group: &Group, warn: bool, budgets: &mut Vec<Budget>, errors: &mut Errors) {
    for mut item in items(group.stream(), errors) {
        let Some(word) = item.ident() else {
            errors.at(item.span(), format!("expected a metric, found {}\n{}\n{EXAMPLE}", item.found(), allowed()));
            continue;
        };
        if word == "warn" {
            read_warnings(&word, &mut item, warn, budgets, errors);
            continue;
        }
        let Some(subject) = subject(&word, &mut item, errors) else { continue };
        if budgets.iter().any(|budget| budget.subject == subject && budget.warn == warn) {
            errors.at(word.span(), format!("a limit of {} is set twice: keep one of them", describe(&subject)));
            continue;
        }
        if let Some(limit) = limit(&subject, &word, &mut item, errors) {
            budgets.push(Budget { subject, limit, warn });
        }
    }
}

/// Reads `(lcp <= "1.5s", …)` after `warn`.
fn read_warnings(word: &Ident, item: &mut Item, within: bool, budgets: &mut Vec<Budget>, errors: &mut Errors) {
    let found = item.found();
    match item.group(Delimiter::Parenthesis) {
        _ if within => errors.at(word.span(), format!("`warn` stands within `warn`: write it once\n{EXAMPLE}")),
        Some(list) if list.stream().is_empty() => {
            errors.over(list, format!("`warn` sets no limit: set one or leave it out\n{EXAMPLE}"));
        }
        Some(list) => {
            read_list(&list, true, budgets, errors);
            if !item.is_done() {
                errors
                    .over(item.rest(), format!("expected a comma after `warn(…)`, found {}\n{EXAMPLE}", item.found()));
            }
        }
        None => errors.at(word.span(), format!("`warn` takes limits in parentheses, found {found}\n{EXAMPLE}")),
    }
}

/// Reads what is limited, up to the operator.
fn subject(word: &Ident, item: &mut Item, errors: &mut Errors) -> Option<Subject> {
    if word != "step" {
        return figure(word, None, item, errors);
    }
    let step = match item.group(Delimiter::Parenthesis) {
        None => None,
        Some(title) => Some(text(&title, "`step(…)` takes the title of one step", "the title of the step", errors)?),
    };
    if item.punct('.').is_none() {
        return Some(Subject { figure: METRICS[1], name: None, step });
    }
    let (span, found) = (item.span(), item.found());
    let Some(inner) = item.ident() else {
        errors.at(span, format!("expected a metric after the step, found {found}\n{}\n{EXAMPLE}", allowed()));
        return None;
    };
    if step.is_none() {
        let message = format!("which step? Write its title: `step(\"pay\").{inner}`, or `{inner}` alone for all steps");
        errors.at(word.span(), format!("{message}\n{EXAMPLE}"));
        return None;
    }
    if inner == "run" || inner == "step" {
        let message = format!("`{inner}` is no figure of a step: the duration of a step is `step(\"title\")` alone");
        errors.at(inner.span(), format!("{message}\n{EXAMPLE}"));
        return None;
    }
    figure(&inner, step, item, errors)
}

/// Reads the rest of a metric that begins with `word`.
fn figure(word: &Ident, step: Option<String>, item: &mut Item, errors: &mut Errors) -> Option<Subject> {
    let word_text = word.to_string();
    let Some(figure) = METRICS.into_iter().find(|(name, ..)| *name == word_text) else {
        let nearest = suggest::did_you_mean(&word_text, METRICS.iter().map(|(name, ..)| *name));
        errors.at(word.span(), format!("unknown metric `{word_text}`{nearest}\n{}\n{EXAMPLE}", allowed()));
        return None;
    };
    let group = item.group(Delimiter::Parenthesis);
    let is_named = matches!(figure.0, "mark" | "measure");
    let name = match group {
        Some(name) if is_named => Some(text(
            &name,
            &format!("`{word_text}(…)` takes the name of one {word_text}"),
            &format!("the name of the {word_text}"),
            errors,
        )?),
        None if is_named => {
            let message = format!("which {word_text}? Write its name: `{word_text}(\"HE-price\")`\n{EXAMPLE}");
            errors.at(word.span(), message);
            return None;
        }
        Some(group) => {
            let whole = if word_text == "run" { ", it is the whole run" } else { "" };
            let in_step = format!("of one step it is `step(\"title\").{word_text}`");
            let what = if word_text == "run" { "`step` takes one".to_owned() } else { in_step };
            errors.over(group, format!("`{word_text}` takes no title{whole}; {what}\n{EXAMPLE}"));
            return None;
        }
        None => None,
    };
    Some(Subject { figure, name, step })
}

/// Reads the one text in parentheses.
fn text(group: &Group, takes: &str, what: &str, errors: &mut Errors) -> Option<String> {
    let mut inner = Item::of(group.stream());
    let found = inner.found();
    match inner.literal() {
        Some(syn::Lit::Str(text)) if inner.is_done() && !text.value().trim().is_empty() => Some(text.value()),
        Some(syn::Lit::Str(text)) if inner.is_done() => {
            errors.at(text.span(), format!("{what} is empty\n{EXAMPLE}"));
            None
        }
        _ => {
            errors.over(group, format!("{takes} in quotes, found {found}\n{EXAMPLE}"));
            None
        }
    }
}

/// Reads `<= "20s"`.
fn limit(subject: &Subject, word: &Ident, item: &mut Item, errors: &mut Errors) -> Option<f64> {
    let unit = subject.figure.2;
    // Of a score in percent, more is better.
    let (wanted, kind) = if unit == Unit::Percent { (">=", "a lower") } else { ("<=", "an upper") };
    let metric = describe(subject);
    let (span, found) = (if item.is_done() { word.span() } else { item.span() }, item.found());
    let operator = item.operator();
    let text: String = operator.iter().map(Punct::as_char).collect();
    if text != wanted {
        let message = if operator.is_empty() {
            format!("expected `{wanted}` after {metric}, found {found}\n{EXAMPLE}")
        } else if unit == Unit::Percent {
            format!("a budget of {metric} is {kind} limit, which is written `{wanted}`, found `{text}`\n{EXAMPLE}")
        } else {
            format!("a budget is {kind} limit, which is written `{wanted}`, found `{text}`\n{EXAMPLE}")
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
    let literal = item.literal();
    let found = literal.as_ref().map_or(found, describe_literal);
    match value(unit, literal) {
        Ok(limit) => {
            if !item.is_done() {
                let message = format!("expected a comma after the limit, found {}\n{EXAMPLE}", item.found());
                errors.over(item.rest(), message);
            }
            Some(limit)
        }
        Err(Mistake::Kind { wanted, example, hint }) => {
            let name = subject.figure.0;
            let operator = if unit == Unit::Percent { ">=" } else { "<=" };
            let message = format!("the limit of {metric} is {wanted}, found {found}{hint}");
            errors.at(span, format!("{message}\nwrite for example `{name} {operator} {example}`\n{EXAMPLE}"));
            None
        }
        Err(Mistake::Value(message)) => {
            errors.at(span, message);
            None
        }
    }
}

/// What is wrong with a limit.
enum Mistake {
    /// It is of another kind than the metric.
    Kind { wanted: &'static str, example: &'static str, hint: &'static str },
    /// The text is none of its kind.
    Value(String),
}

/// What a literal means as the limit of a figure in this unit.
fn value(unit: Unit, literal: Option<syn::Lit>) -> Result<f64, Mistake> {
    use syn::Lit;
    let number = |literal: &Lit| match literal {
        Lit::Int(number) if number.suffix().is_empty() => number.base10_parse::<f64>().ok(),
        Lit::Float(number) if number.suffix().is_empty() => number.base10_parse::<f64>().ok(),
        _ => None,
    };
    let missing = |literal: &Option<Lit>| match literal {
        Some(Lit::Int(_) | Lit::Float(_)) => ": its unit is missing",
        _ => "",
    };
    let has_unit = |literal: &Option<Lit>| match literal {
        Some(Lit::Str(_)) => ": it has no unit and no quotes",
        _ => "",
    };
    match (unit, literal) {
        (Unit::Milliseconds, Some(Lit::Str(text))) => {
            let limit = duration::parse(&text.value()).map_err(Mistake::Value)?;
            Ok(limit.as_secs_f64() * 1000.0)
        }
        (Unit::Milliseconds, other) => {
            let hint = missing(&other);
            Err(Mistake::Kind { wanted: "a duration in quotes", example: "\"2.5s\"", hint })
        }
        (Unit::Bytes, Some(Lit::Str(text))) => size::parse(&text.value()).map_err(Mistake::Value),
        (Unit::Bytes, other) => {
            let hint = missing(&other);
            Err(Mistake::Kind { wanted: "a size in quotes", example: "\"2MB\"", hint })
        }
        (Unit::Count, Some(Lit::Int(count))) if number(&Lit::Int(count.clone())).is_some() => {
            Ok(number(&Lit::Int(count)).unwrap_or_default())
        }
        (Unit::Count, other) => {
            let hint = has_unit(&other);
            Err(Mistake::Kind { wanted: "a whole number", example: "80", hint })
        }
        (Unit::Score | Unit::Percent, Some(literal @ (Lit::Int(_) | Lit::Float(_)))) => match number(&literal) {
            Some(percent) if unit == Unit::Percent && percent > 100.0 => {
                Err(Mistake::Value(format!("`{percent}` is no score: it goes from 0 to 100\n{EXAMPLE}")))
            }
            Some(number) => Ok(number),
            None => Err(Mistake::Kind { wanted: "a number", example: "0.1", hint: ": leave its suffix out" }),
        },
        (Unit::Score, other) => {
            let hint = has_unit(&other);
            Err(Mistake::Kind { wanted: "a number", example: "0.1", hint })
        }
        (Unit::Percent, other) => {
            let hint = has_unit(&other);
            Err(Mistake::Kind { wanted: "a number from 0 to 100", example: "90", hint })
        }
    }
}

/// Everything that may be limited.
fn allowed() -> String {
    let figures: Vec<&str> = METRICS[2..METRICS.len() - 2].iter().map(|(name, ..)| *name).collect();
    format!(
        "allowed: run (all steps together), step (every step), step(\"title\") (that step), {}, mark(\"name\"), \
         measure(\"name\"); step(\"title\").lcp (in that step); warn(…)",
        figures.join(", ")
    )
}

/// What is limited as it is written.
fn describe(subject: &Subject) -> String {
    let Subject { figure: (figure, ..), name, step } = subject;
    let name = name.as_ref().map(|name| format!("({name:?})")).unwrap_or_default();
    match step {
        Some(step) if *figure == "step" => format!("`step({step:?})`"),
        Some(step) => format!("`step({step:?}).{figure}{name}`"),
        None => format!("`{figure}{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use proc_macro2::{Delimiter, Group, TokenStream};
    use quote::quote;

    use super::{Budget, METRICS, Subject, Unit, parse};
    use crate::errors::Errors;

    fn read(stream: TokenStream) -> (Vec<Budget>, Vec<String>) {
        let mut errors = Errors::default();
        let budgets = parse(Group::new(Delimiter::Parenthesis, stream), &mut errors);
        (budgets, errors.messages())
    }

    fn budget(figure: &str, step: Option<&str>, limit: f64) -> Budget {
        let figure = METRICS.into_iter().find(|(name, ..)| *name == figure).unwrap();
        Budget { subject: Subject { figure, name: None, step: step.map(str::to_owned) }, limit, warn: false }
    }

    #[test]
    fn run_steps_and_single_steps_have_limits() {
        let (budgets, mistakes) =
            read(quote!(run <= "20s", step <= "5s", step("pay") <= "500ms", step("look") <= "1s"));
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        assert_eq!(
            budgets,
            [
                budget("run", None, 20_000.0),
                budget("step", None, 5000.0),
                budget("step", Some("pay"), 500.0),
                budget("step", Some("look"), 1000.0),
            ]
        );
    }

    #[test]
    fn every_figure_has_a_limit_in_its_unit() {
        for (name, _, unit) in METRICS {
            let text = match (name, unit) {
                ("mark" | "measure", _) => format!("{name}(\"HE-price\") <= \"2s\""),
                (_, Unit::Milliseconds) => format!("{name} <= \"2s\""),
                (_, Unit::Bytes) => format!("{name} <= \"2kB\""),
                (_, Unit::Count) => format!("{name} <= 2000"),
                (_, Unit::Score) => format!("{name} <= 2000.0"),
                (_, Unit::Percent) => format!("{name} >= 20"),
            };
            let (budgets, mistakes) = read(text.parse().unwrap());
            assert!(mistakes.is_empty(), "{text}: {mistakes:#?}");
            let limit = if unit == Unit::Percent { 20.0 } else { 2000.0 };
            assert_eq!((budgets.len(), budgets[0].subject.figure.0, budgets[0].limit), (1, name, limit), "{text}");
        }
    }

    #[test]
    fn figures_of_one_step_names_and_warnings() {
        let (budgets, mistakes) = read(quote! {
            step("pay").inp <= "200ms", step("pay").mark("HE-price") <= "1s", lcp <= "2.5s",
            warn(lcp <= "1.5s", cls <= 0.1),
        });
        assert!(mistakes.is_empty(), "{mistakes:#?}");
        let mut named = budget("mark", Some("pay"), 1000.0);
        named.subject.name = Some("HE-price".to_owned());
        let warning = |budget: Budget| Budget { warn: true, ..budget };
        assert_eq!(
            budgets,
            [
                budget("inp", Some("pay"), 200.0),
                named,
                budget("lcp", None, 2500.0),
                warning(budget("lcp", None, 1500.0)),
                warning(budget("cls", None, 0.1)),
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
            (quote!(lpc <= "1s"), "unknown metric `lpc`; did you mean `lcp`?"),
            (quote!(lcp <= 2.5), "a duration in quotes, found the float `2.5`: its unit is missing"),
            (quote!(lcp <= "2.5"), "its unit is missing"),
            (quote!(lcp <= "2MB"), "is no duration"),
            (quote!(cls <= "0.1s"), "is a number, found the string `\"0.1s\"`: it has no unit and no quotes"),
            (quote!(cls <= 0.1f32), "leave its suffix out"),
            (quote!(transfer <= 2_000_000), "is a size in quotes, found the integer `2_000_000`: its unit is missing"),
            (quote!(transfer <= "2s"), "`s` is no unit of bytes"),
            (quote!(transfer <= "2"), "its unit is missing"),
            (quote!(requests <= "80"), "is a whole number, found the string `\"80\"`: it has no unit and no quotes"),
            (quote!(requests <= 80.5), "is a whole number, found the float `80.5`"),
            (quote!(requests <= -1), "is a whole number, found `-`"),
            (quote!(performance_score <= 90), "is a lower limit, which is written `>=`, found `<=`"),
            (quote!(performance_score >= 120), "it goes from 0 to 100"),
            (quote!(performance_score >= "90%"), "is a number from 0 to 100, found the string"),
            (quote!(lcp("pay") <= "1s"), "`lcp` takes no title; of one step it is `step(\"title\").lcp`"),
            (quote!(mark <= "1s"), "which mark? Write its name"),
            (quote!(measure("") <= "1s"), "the name of the measure is empty"),
            (quote!(mark(price) <= "1s"), "`mark(…)` takes the name of one mark in quotes, found `price`"),
            (quote!(step.lcp <= "1s"), "which step? Write its title: `step(\"pay\").lcp`"),
            (quote!(step("pay").run <= "1s"), "`run` is no figure of a step"),
            (quote!(step("pay"). <= "1s"), "expected a metric after the step, found `<`"),
            (quote!(step("pay").lpc <= "1s"), "did you mean `lcp`?"),
            (quote!(warn <= "1s"), "`warn` takes limits in parentheses"),
            (quote!(warn()), "`warn` sets no limit"),
            (quote!(warn(warn(lcp <= "1s"))), "`warn` stands within `warn`"),
            (quote!(warn(lcp <= "1s") cls <= 0.1), "expected a comma after `warn(…)`, found `cls`"),
            (quote!(warn(lcp <= "1s", lcp <= "2s")), "a limit of `lcp` is set twice"),
        ] {
            let (_, mistakes) = read(stream.clone());
            assert_eq!(mistakes.len(), 1, "{stream}: {mistakes:#?}");
            assert!(mistakes[0].contains(part), "{stream}: {mistakes:#?}");
        }
    }
}
