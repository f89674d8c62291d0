//! Queries as text: conditions like Lucene's, then clauses between bars.
//!
//! ```text
//! name:*css AND ttfb:>=100 | since now-1h | sort ttfb desc | size 5
//! passed:false | from report | by monitor.name
//! entryType:navigation | from performance-entries | percentiles responseTime 50 95
//! ```
//! Unlike Lucene, AND binds closer than OR, every condition names its field, and two conditions need a word between
//! them: what Lucene would guess is an error here that says so.

use serde_json::Value;

use super::error::QueryError;
use super::model::{Bound, Filter, Group, Metric, MetricKind, Order, Query};

/// The clauses, for messages.
const CLAUSES: &str = "from, since, until, run, monitor, sort, size, by, count, min, max, avg, sum, percentiles";

/// What percentiles are shown when none is named.
pub(super) const USUAL_PERCENTS: [f64; 5] = [50.0, 75.0, 90.0, 95.0, 99.0];

/// How many groups are shown when nobody says.
pub(super) const USUAL_GROUPS: usize = 20;

/// Reads a query. Its datasets are those of `from`; none when it has no such clause.
///
/// # Errors
/// When it can't be read: the place and what is allowed there.
pub fn parse_text(text: &str) -> Result<Query, QueryError> {
    let mut query = Query::of("");
    query.datasets.clear();
    let mut parser = Parser { text, at: 0 };
    parser.blanks();
    if !parser.rest().is_empty() && !parser.is_bar() {
        query.filter = parser.any(None)?;
    }
    let mut seen: Vec<String> = Vec::new();
    loop {
        parser.blanks();
        if parser.rest().is_empty() {
            return Ok(query);
        }
        if !parser.is_bar() {
            return Err(parser.wrong("`)` without `(` before it, or something that no condition begins with"));
        }
        parser.at += 1;
        let start = parser.at;
        let end = parser.clause_end();
        parser.at = end;
        let wrong = |message: String| {
            let blank = text[start..end].len() - text[start..end].trim_start().len();
            QueryError::at(text, start + blank, message)
        };
        let clause = text[start..end].trim();
        let name = clause.split_whitespace().next().unwrap_or_default().to_owned();
        if seen.contains(&name) {
            return Err(wrong(format!("the clause {name} stands there twice")));
        }
        read_clause(&mut query, clause).map_err(wrong)?;
        seen.push(name);
    }
}

fn read_clause(query: &mut Query, clause: &str) -> Result<(), String> {
    let (name, rest) = clause.split_once(char::is_whitespace).unwrap_or((clause, ""));
    let rest = rest.trim();
    if name.is_empty() {
        return Err(format!("a clause is wanted after `|`: {CLAUSES}"));
    }
    let needed = |what: &str| if rest.is_empty() { Err(format!("{name} needs {what}")) } else { Ok(rest.to_owned()) };
    let list = || rest.split(',').map(str::trim).filter(|item| !item.is_empty());
    match name {
        "from" => {
            needed("datasets, such as `from report, summary`")?;
            query.datasets = list().map(ToOwned::to_owned).collect();
        }
        "since" => query.since = Some(needed("a date, such as `since now-1h`")?),
        "until" => query.until = Some(needed("a date, such as `until now-1h`")?),
        "run" => query.run = Some(needed("the id of a run")?),
        "monitor" => query.monitor = Some(needed("the name of a monitor")?),
        "sort" => {
            needed("a field, such as `sort timestamp desc`")?;
            query.sort = list().map(order).collect::<Result<_, _>>()?;
        }
        "size" => {
            query.size = needed("a number, such as `size 5`")?.parse().map_err(|_| format!("{rest} is no number"))?;
        }
        "by" => {
            needed("a field, such as `by monitor.name`")?;
            let (field, size) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let size = if size.is_empty() {
                USUAL_GROUPS
            } else {
                size.trim().parse().map_err(|_| format!("{size} is no number of groups"))?
            };
            query.group = Some(Group { field: field.to_owned(), size });
        }
        "count" | "min" | "max" | "avg" | "sum" | "percentiles" => {
            needed("a field, such as `avg responseTime`")?;
            if query.metric.is_some() {
                return Err("only one figure can be asked for".to_owned());
            }
            let mut words = rest.split_whitespace();
            let field = words.next().unwrap_or_default().to_owned();
            let percents: Vec<f64> = words
                .map(|word| word.parse().map_err(|_| format!("{word} is no percentile such as 50 or 99.9")))
                .collect::<Result<_, _>>()?;
            query.metric = Some(Metric { kind: metric_kind(name, percents)?, field });
        }
        other => return Err(format!("there is no clause {other}; allowed are {CLAUSES}")),
    }
    Ok(())
}

/// The figure of a name.
pub(super) fn metric_kind(name: &str, percents: Vec<f64>) -> Result<MetricKind, String> {
    if name != "percentiles" && !percents.is_empty() {
        return Err(format!("{name} takes a field and nothing else"));
    }
    Ok(match name {
        "count" => MetricKind::Count,
        "min" => MetricKind::Min,
        "max" => MetricKind::Max,
        "avg" => MetricKind::Avg,
        "sum" => MetricKind::Sum,
        "percentiles" if percents.is_empty() => MetricKind::Percentiles(USUAL_PERCENTS.to_vec()),
        "percentiles" => MetricKind::Percentiles(percents),
        other => return Err(format!("there is no figure {other}: count, min, max, avg, sum, percentiles")),
    })
}

fn order(text: &str) -> Result<Order, String> {
    let (field, direction) = text.split_once(char::is_whitespace).unwrap_or((text, "asc"));
    let descending = match direction.trim() {
        "asc" => false,
        "desc" => true,
        other => return Err(format!("{other} is no direction: asc and desc are")),
    };
    Ok(Order { field: field.to_owned(), descending })
}

/// A condition in Lucene's language, as `query_string` takes it.
pub(super) fn parse_conditions(text: &str) -> Result<Filter, QueryError> {
    let mut parser = Parser { text, at: 0 };
    let filter = parser.any(None)?;
    parser.blanks();
    if parser.rest().is_empty() { Ok(filter) } else { Err(parser.wrong("the condition should end here")) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

/// A sequence of conditions and whether words between them were left out.
struct Joined {
    filter: Filter,
    guessed: bool,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn wrong(&self, message: impl Into<String>) -> QueryError {
        QueryError::at(self.text, self.at, message)
    }

    /// A bar that begins a clause. Two of them are OR.
    fn is_bar(&self) -> bool {
        self.rest().starts_with('|') && !self.rest().starts_with("||")
    }

    /// Where the clause that begins here ends. Two bars belong to date math (`2026-01-01||+1M`).
    fn clause_end(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while at < bytes.len() {
            if bytes[at] == b'|' {
                if bytes.get(at + 1) != Some(&b'|') {
                    return at;
                }
                at += 1;
            }
            at += 1;
        }
        bytes.len()
    }

    /// Takes `word` if it stands here by itself.
    fn take_word(&mut self, word: &str) -> bool {
        let stands = self.rest().strip_prefix(word).is_some_and(|rest| {
            !word.ends_with(char::is_alphabetic)
                || rest.starts_with(|c: char| c.is_whitespace() || c == '(')
                || rest.is_empty()
        });
        if stands {
            self.at += word.len();
        }
        stands
    }

    /// Conditions with OR between them; of `field`, if it was named before the parenthesis.
    fn any(&mut self, field: Option<&str>) -> Result<Filter, QueryError> {
        let first = self.all(field)?;
        let mut guessed = first.guessed;
        let mut any = vec![first.filter];
        loop {
            self.blanks();
            let place = self.at;
            if !self.take_word("OR") && !self.take_word("||") {
                break;
            }
            let next = self.all(field)?;
            guessed |= next.guessed;
            if guessed {
                let message = "OR together with conditions that have no word between them: write AND and parentheses";
                return Err(QueryError::at(self.text, place, message));
            }
            any.push(next.filter);
        }
        Ok(if any.len() == 1 { any.remove(0) } else { Filter::Or(any) })
    }

    /// Conditions with AND between them.
    fn all(&mut self, field: Option<&str>) -> Result<Joined, QueryError> {
        let (first, mut prefixed) = self.one(field)?;
        let (mut all, mut guessed) = (vec![first], false);
        loop {
            self.blanks();
            if !(self.take_word("AND") || self.take_word("&&")) {
                let rest = self.rest();
                let ends = rest.is_empty() || rest.starts_with([')', '|']) || self.is_word("OR");
                if ends {
                    break;
                }
                let prefix = rest.starts_with(['+', '-', '!']) || self.is_word("NOT");
                if !prefix && !prefixed {
                    return Err(self.wrong("AND or OR is wanted between two conditions, in capitals"));
                }
                guessed = true;
            }
            let (next, with_prefix) = self.one(field)?;
            prefixed = with_prefix;
            all.push(next);
        }
        Ok(Joined { filter: if all.len() == 1 { all.remove(0) } else { Filter::And(all) }, guessed })
    }

    fn is_word(&self, word: &str) -> bool {
        Parser { text: self.text, at: self.at }.take_word(word)
    }

    /// One condition, and whether `+`, `-`, `!` or NOT stood before it.
    fn one(&mut self, field: Option<&str>) -> Result<(Filter, bool), QueryError> {
        self.blanks();
        if self.take_word("NOT") || self.take_word("!") || self.take_word("-") {
            return Ok((self.one(field)?.0.negated(), true));
        }
        if self.take_word("+") {
            return Ok((self.one(field)?.0, true));
        }
        if self.rest().starts_with('(') {
            return Ok((self.parentheses(field)?, false));
        }
        if let Some(field) = field {
            return Ok((self.value(field)?, false));
        }
        let start = self.at;
        let (name, has_colon) = self.field()?;
        if !has_colon {
            if name == "*" {
                return Ok((Filter::All, false));
            }
            self.at = start;
            return Err(self.wrong("a condition is wanted: field:value, field:>=5, field:[1 TO 5], _exists_:field"));
        }
        if name == "*" && self.take_word("*") {
            return Ok((Filter::All, false));
        }
        if name == "_exists_" {
            let (field, _) = self.word("a field")?;
            return Ok((Filter::Exists { field }, false));
        }
        if name.is_empty() || name.contains(['*', '?']) {
            self.at = start;
            return Err(self.wrong("the name of one field is wanted before the colon"));
        }
        if self.rest().starts_with('(') {
            return Ok((self.parentheses(Some(&name))?, false));
        }
        Ok((self.value(&name)?, false))
    }

    fn parentheses(&mut self, field: Option<&str>) -> Result<Filter, QueryError> {
        let start = self.at;
        self.at += 1;
        let filter = self.any(field)?;
        self.blanks();
        if !self.rest().starts_with(')') {
            return Err(QueryError::at(self.text, start, "this parenthesis is never closed"));
        }
        self.at += 1;
        Ok(filter)
    }

    /// The name of a field, and whether a colon came after it; `\` makes the next character plain.
    fn field(&mut self) -> Result<(String, bool), QueryError> {
        let mut name = String::new();
        while let Some(character) = self.rest().chars().next() {
            match character {
                ':' => {
                    self.at += 1;
                    return Ok((name, true));
                }
                '\\' => name.push(self.escaped()?),
                '"' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => break,
                character if character.is_whitespace() => break,
                character => {
                    name.push(character);
                    self.at += character.len_utf8();
                }
            }
        }
        Ok((name, false))
    }

    /// The character after a `\`.
    fn escaped(&mut self) -> Result<char, QueryError> {
        let Some(character) = self.rest().chars().nth(1) else { return Err(self.wrong("nothing comes after `\\`")) };
        self.at += 1 + character.len_utf8();
        Ok(character)
    }

    /// What a field has to be.
    fn value(&mut self, field: &str) -> Result<Filter, QueryError> {
        let name = field.to_owned();
        if self.rest().starts_with(['[', '{']) {
            return self.range(name);
        }
        for (sign, lower, inclusive) in
            [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)]
        {
            if self.take_word(sign) {
                self.blanks();
                let value = if self.rest().starts_with('"') { self.quoted()? } else { self.word("a value")?.0 };
                let bound = Some(Bound { value: Value::String(value), inclusive });
                let (from, to) = if lower { (bound, None) } else { (None, bound) };
                return Ok(Filter::Range { field: name, from, to });
            }
        }
        if self.rest().starts_with('"') {
            let text = self.quoted()?;
            if self.rest().starts_with(['~', '^']) {
                return Err(self.wrong("distances (~) and weights (^) are not known here"));
            }
            return Ok(Filter::Phrase { field: name, text });
        }
        let start = self.at;
        let (text, pattern) = self.word("a value: a word, \"a text\", >=5, [1 TO 5], or several in parentheses")?;
        let raw = &self.text[start..self.at];
        let fault = |message: &str| Err(QueryError::at(self.text, start, message));
        if raw.len() > 1 && raw.starts_with('/') && raw.ends_with('/') {
            return fault("regular expressions are not known here; `*` and `?` are, and `\\/` is a plain slash");
        }
        let tail = raw.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        if (tail.ends_with('~') || (tail.ends_with('^') && tail.len() < raw.len()))
            && !tail[..tail.len() - 1].ends_with('\\')
        {
            return fault("distances (~) and weights (^) are not known here; `\\` before the sign makes it plain");
        }
        Ok(match pattern {
            Some(pattern) if pattern == "*" => Filter::Exists { field: name },
            Some(pattern) => Filter::Wildcard { field: name, pattern },
            None => Filter::Match { field: name, value: Value::String(text) },
        })
    }

    /// `[1 TO 5]`, with `{` or `}` where the bound itself is outside, and `*` where there is none.
    fn range(&mut self, field: String) -> Result<Filter, QueryError> {
        let start = self.at;
        let with_from = self.rest().starts_with('[');
        self.at += 1;
        let from = self.bound()?;
        self.blanks();
        if !self.take_word("TO") {
            return Err(self.wrong("TO is wanted between the bounds of a range"));
        }
        let to = self.bound()?;
        self.blanks();
        let with_to = match self.rest().chars().next() {
            Some(']') => true,
            Some('}') => false,
            _ => return Err(QueryError::at(self.text, start, "this range is never closed; `]` or `}` does it")),
        };
        self.at += 1;
        let bound = |value: Option<String>, inclusive| value.map(|v| Bound { value: Value::String(v), inclusive });
        let (from, to) = (bound(from, with_from), bound(to, with_to));
        Ok(if from.is_none() && to.is_none() { Filter::Exists { field } } else { Filter::Range { field, from, to } })
    }

    fn bound(&mut self) -> Result<Option<String>, QueryError> {
        self.blanks();
        if self.rest().starts_with('"') {
            return self.quoted().map(Some);
        }
        let length = self.rest().find(|c: char| c.is_whitespace() || c == ']' || c == '}').unwrap_or(self.rest().len());
        let text = &self.rest()[..length];
        if text.is_empty() {
            return Err(self.wrong("a bound is wanted, or `*`"));
        }
        self.at += length;
        Ok((text != "*").then(|| text.to_owned()))
    }

    fn quoted(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        while let Some(character) = self.rest().chars().next() {
            match character {
                '"' => {
                    self.at += 1;
                    return Ok(text);
                }
                '\\' => text.push(self.escaped()?),
                character => {
                    text.push(character);
                    self.at += character.len_utf8();
                }
            }
        }
        Err(QueryError::at(self.text, start, "this quotation is never closed"))
    }

    /// A word without its `\`, and when it has `*` or `?`, the pattern that it is.
    fn word(&mut self, wanted: &str) -> Result<(String, Option<String>), QueryError> {
        let (mut text, mut pattern, mut is_pattern) = (String::new(), String::new(), false);
        let start = self.at;
        while let Some(character) = self.rest().chars().next() {
            match character {
                '\\' => {
                    let plain = self.escaped()?;
                    text.push(plain);
                    pattern.extend(['\\', plain]);
                }
                '"' | '(' | ')' | '[' | ']' | '{' | '}' | '|' => break,
                character if character.is_whitespace() => break,
                character => {
                    is_pattern |= ['*', '?'].contains(&character);
                    text.push(character);
                    pattern.push(character);
                    self.at += character.len_utf8();
                }
            }
        }
        if self.at == start {
            return Err(self.wrong(format!("{wanted} is wanted")));
        }
        Ok((text, is_pattern.then_some(pattern)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filter(text: &str) -> Filter {
        parse_text(text).unwrap().filter
    }

    fn wildcard(field: &str, pattern: &str) -> Filter {
        Filter::Wildcard { field: field.to_owned(), pattern: pattern.to_owned() }
    }

    fn range(field: &str, from: Option<(&str, bool)>, to: Option<(&str, bool)>) -> Filter {
        let bound = |(text, inclusive): (&str, bool)| Bound { value: json!(text), inclusive };
        Filter::Range { field: field.to_owned(), from: from.map(bound), to: to.map(bound) }
    }

    #[test]
    fn conditions_are_read_as_lucene_writes_them() {
        assert_eq!(filter("passed:false"), Filter::matches("passed", "false"));
        assert_eq!(filter("name:*css"), wildcard("name", "*css"));
        assert_eq!(filter(r"name:a\*b"), Filter::matches("name", "a*b"));
        assert_eq!(filter(r"name:a\*b*"), wildcard("name", r"a\*b*"));
        assert_eq!(filter("name:*"), Filter::Exists { field: "name".to_owned() });
        assert_eq!(filter("_exists_:name"), Filter::Exists { field: "name".to_owned() });
        assert_eq!(filter(r#"t:"a \" b""#), Filter::Phrase { field: "t".to_owned(), text: "a \" b".to_owned() });
        assert_eq!(filter(r"a\:b:c"), Filter::matches("a:b", "c"));
        assert_eq!(filter("url:https://a/b?x"), wildcard("url", "https://a/b?x"));
        assert_eq!(filter("n:>=5"), range("n", Some(("5", true)), None));
        assert_eq!(filter("n:< -5"), range("n", None, Some(("-5", false))));
        assert_eq!(filter("n:[1 TO 5}"), range("n", Some(("1", true)), Some(("5", false))));
        assert_eq!(filter("n:{* TO 2026-01-31||+1M]"), range("n", None, Some(("2026-01-31||+1M", true))));
        assert_eq!(filter("n:-5"), Filter::matches("n", "-5"));
        assert_eq!(filter("*"), Filter::All);
        assert_eq!(filter("*:*"), Filter::All);
        assert_eq!(filter(""), Filter::All);
    }

    #[test]
    fn and_binds_closer_than_or_and_a_field_may_have_several_values() {
        let is = |value: &str| Filter::matches("a", value);
        assert_eq!(
            filter("a:1 OR a:2 AND NOT a:3"),
            Filter::Or(vec![is("1"), Filter::And(vec![is("2"), is("3").negated()])])
        );
        assert_eq!(filter("(a:1 || a:2) && !a:3"), filter("(a:1 OR a:2) AND NOT a:3"));
        assert_eq!(filter("a:(1 OR 2)"), Filter::Or(vec![is("1"), is("2")]));
        assert_eq!(filter("+a:1 -a:2"), Filter::And(vec![is("1"), is("2").negated()]));
        assert_eq!(filter("a:1 -a:2"), filter("a:1 NOT a:2"));
    }

    #[test]
    fn clauses_come_after_bars() {
        let query = parse_text(
            "a:\"x | y\" | from report, summary | since now-1h | sort a desc, b | size 3 | by c 5 | percentiles d 50 99.9",
        )
        .unwrap();
        assert_eq!(query.filter, Filter::Phrase { field: "a".to_owned(), text: "x | y".to_owned() });
        assert_eq!(query.datasets, ["report", "summary"]);
        assert_eq!(query.since.as_deref(), Some("now-1h"));
        let order = |field: &str, descending| Order { field: field.to_owned(), descending };
        assert_eq!(query.sort, [order("a", true), order("b", false)]);
        assert_eq!((query.size, query.group), (3, Some(Group { field: "c".to_owned(), size: 5 })));
        let kind = MetricKind::Percentiles(vec![50.0, 99.9]);
        assert_eq!(query.metric, Some(Metric { kind, field: "d".to_owned() }));
        assert_eq!(parse_text("| since 2026-01-31||+1M | size 1").unwrap().since.unwrap(), "2026-01-31||+1M");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
        for (text, column, message) in [
            ("a:1 b:2", 5, "AND or OR is wanted"),
            ("a:1 and b:2", 5, "in capitals"),
            ("hello", 1, "field:value"),
            ("a:", 3, "a value"),
            ("(a:1", 1, "never closed"),
            ("a:1)", 4, "`)` without `(`"),
            ("a:[1 5]", 6, "TO is wanted"),
            ("a:[1 TO 5", 3, "never closed"),
            ("ž:\"x", 3, "never closed"),
            ("a:/x.*/", 3, "regular expressions"),
            ("a:roam~2", 3, "distances"),
            ("a:x^2", 3, "weights"),
            ("a:1 OR b:2 -c:3", 5, "parentheses"),
            ("a:1 | limit 3", 7, "there is no clause limit; allowed are from"),
            ("a:1 | size x", 7, "no number"),
            ("a:1 |", 6, "a clause is wanted"),
            ("a:1 | size 1 | size 2", 16, "twice"),
            ("a:1 | sort a up", 7, "asc and desc"),
            ("a:1 | avg b 5", 7, "nothing else"),
            ("a\\", 2, "nothing comes after"),
            ("a*:1", 1, "one field"),
        ] {
            let error = parse_text(text).expect_err(text);
            assert!(error.place.starts_with(&format!("column {column}, ")), "{text}: {error}");
            assert!(error.message.contains(message), "{text}: {error}");
        }
    }
}
