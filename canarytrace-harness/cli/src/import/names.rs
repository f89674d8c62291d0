//! Names in Rust for what people called otherwise.

/// Words that Rust keeps for itself.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Words in lower case with underscores between them: `Log in – Übersicht` → `log_in_ubersicht`.
pub(super) fn snake_case(text: &str) -> String {
    let mut snake = String::new();
    let mut after_lower = false;
    for character in text.chars() {
        let letters = base_letters(character);
        if letters.is_empty() {
            if !snake.is_empty() && !snake.ends_with('_') {
                snake.push('_');
            }
            after_lower = false;
            continue;
        }
        if after_lower && character.is_uppercase() {
            snake.push('_');
        }
        snake.push_str(&letters);
        after_lower = character.is_lowercase() || character.is_ascii_digit();
    }
    snake.trim_end_matches('_').to_owned()
}

/// A letter or digit without its accents, in lower case; empty for everything else.
fn base_letters(character: char) -> String {
    const ACCENTED: &[(&str, &str)] = &[
        ("áàâäãåāăą", "a"),
        ("çćč", "c"),
        ("ďđð", "d"),
        ("éèêëēėęě", "e"),
        ("íìîïīį", "i"),
        ("ľĺł", "l"),
        ("ñńňņ", "n"),
        ("óòôöõøōő", "o"),
        ("řŕ", "r"),
        ("šśşș", "s"),
        ("ťţț", "t"),
        ("úùûüūůűų", "u"),
        ("ýÿ", "y"),
        ("žźż", "z"),
        ("ß", "ss"),
        ("æ", "ae"),
        ("œ", "oe"),
    ];
    let mut letters = String::new();
    for lower in character.to_lowercase() {
        if lower.is_ascii_alphanumeric() {
            letters.push(lower);
        } else if let Some((_, base)) = ACCENTED.iter().find(|(accented, _)| accented.contains(lower)) {
            letters.push_str(base);
        }
    }
    letters
}

/// The name of a monitor for the title of its recording.
pub(super) fn function(title: &str) -> String {
    let mut name: String = snake_case(title).chars().take(60).collect();
    name.truncate(name.trim_end_matches('_').len());
    if name.is_empty() {
        return "recorded_journey".to_owned();
    }
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name.insert_str(0, "recording_");
    }
    if KEYWORDS.contains(&name.as_str()) { name + "_journey" } else { name }
}

/// A name that the user gave, if a function can have it.
pub(super) fn checked_function(name: &str) -> Result<String, String> {
    let right = function(name);
    if name == right {
        Ok(right)
    } else {
        Err(format!("{name:?} is no name for a monitor, which is a function in lower snake case; try --name {right}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names_of_functions() {
        for (title, name) in [
            ("Buy a lamp", "buy_a_lamp"),
            ("Recording 22.11.2026 at 20:21:13", "recording_22_11_2026_at_20_21_13"),
            ("22.11.2026", "recording_22_11_2026"),
            ("Nákup lampičky – Übersicht", "nakup_lampicky_ubersicht"),
            ("buyLamp", "buy_lamp"),
            ("async", "async_journey"),
            ("購入", "recorded_journey"),
            ("\"); drop(\"", "drop"),
            ("", "recorded_journey"),
        ] {
            assert_eq!(function(title), name);
            assert_eq!(checked_function(name).as_deref(), Ok(name));
        }
        assert!(function(&"word ".repeat(40)).len() <= 60);
        let error = checked_function("Buy a lamp").unwrap_err();
        assert!(error.ends_with("try --name buy_a_lamp"), "{error}");
    }
}
