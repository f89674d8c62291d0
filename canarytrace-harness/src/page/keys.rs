//! Keys by their names: `Enter`, `Control+Shift+A`.

use crate::record::{Failure, FailureKind, Fault};

/// Keys that have a name, with the code of WebDriver for each.
///
/// W3C WebDriver, table of normalised key values.
const NAMED: &[(&str, char)] = &[
    ("Enter", '\u{E007}'),
    ("Tab", '\u{E004}'),
    ("Escape", '\u{E00C}'),
    ("Backspace", '\u{E003}'),
    ("Delete", '\u{E017}'),
    ("Insert", '\u{E016}'),
    ("Space", ' '),
    ("ArrowLeft", '\u{E012}'),
    ("ArrowUp", '\u{E013}'),
    ("ArrowRight", '\u{E014}'),
    ("ArrowDown", '\u{E015}'),
    ("Home", '\u{E011}'),
    ("End", '\u{E010}'),
    ("PageUp", '\u{E00E}'),
    ("PageDown", '\u{E00F}'),
    ("Pause", '\u{E00B}'),
    ("Help", '\u{E002}'),
    ("F1", '\u{E031}'),
    ("F2", '\u{E032}'),
    ("F3", '\u{E033}'),
    ("F4", '\u{E034}'),
    ("F5", '\u{E035}'),
    ("F6", '\u{E036}'),
    ("F7", '\u{E037}'),
    ("F8", '\u{E038}'),
    ("F9", '\u{E039}'),
    ("F10", '\u{E03A}'),
    ("F11", '\u{E03B}'),
    ("F12", '\u{E03C}'),
];

/// A key that is held while others are pressed, or a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Modifier {
    /// Shift
    Shift,
    /// Control
    Control,
    /// Alt, on a Mac Option
    Alt,
    /// Meta: the Windows key, on a Mac Command
    Meta,
}

impl Modifier {
    pub(crate) fn code(self) -> char {
        match self {
            Self::Shift => '\u{E008}',
            Self::Control => '\u{E009}',
            Self::Alt => '\u{E00A}',
            Self::Meta => '\u{E03D}',
        }
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "Shift" => Some(Self::Shift),
            "Control" => Some(Self::Control),
            "Alt" => Some(Self::Alt),
            "Meta" => Some(Self::Meta),
            _ => None,
        }
    }
}

/// A key with the modifiers that are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chord {
    pub(crate) modifiers: Vec<char>,
    pub(crate) key: char,
}

/// Reads `Control+Shift+A`, `Enter`, `a`, `+`.
pub(crate) fn chord(text: &str) -> Result<Chord, Failure> {
    let mistake = |reason: String| {
        Err(Failure::new(FailureKind::Assertion, format!("\"{text}\" is no key: {reason}")).blame(Fault::Harness))
    };
    // The plus key itself is the last one, after its separator.
    let (held, last) = match text.strip_suffix('+') {
        Some("") => ("", "+"),
        Some(held) if held.ends_with('+') => (held.trim_end_matches('+'), "+"),
        Some(_) => return mistake("a key is missing after the last +".to_owned()),
        None => text.rsplit_once('+').unwrap_or(("", text)),
    };
    let mut modifiers = Vec::new();
    for name in held.split('+').filter(|name| !name.is_empty()) {
        match Modifier::named(name) {
            Some(modifier) => modifiers.push(modifier.code()),
            None => return mistake(format!("{name} can't be held; Shift, Control, Alt and Meta can")),
        }
    }
    let mut characters = last.chars();
    let key = match (characters.next(), characters.next()) {
        (Some(single), None) => single,
        (None, _) => return mistake("it is empty".to_owned()),
        _ => {
            let known = NAMED.iter().find(|(name, _)| *name == last).map(|(_, code)| *code);
            let Some(code) = known.or_else(|| Modifier::named(last).map(Modifier::code)) else {
                let names: Vec<_> = NAMED.iter().map(|(name, _)| *name).collect();
                return mistake(format!("a key is one character or one of {}", names.join(", ")));
            };
            code
        }
    };
    Ok(Chord { modifiers, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_by_name_and_with_modifiers() {
        assert_eq!(chord("a").unwrap(), Chord { modifiers: vec![], key: 'a' });
        assert_eq!(chord("Enter").unwrap().key, '\u{E007}');
        assert_eq!(chord("Control+Shift+A").unwrap(), Chord { modifiers: vec!['\u{E009}', '\u{E008}'], key: 'A' });
        assert_eq!(chord("+").unwrap().key, '+');
        assert_eq!(chord("Control++").unwrap(), Chord { modifiers: vec!['\u{E009}'], key: '+' });
        assert_eq!(chord("Shift").unwrap().key, '\u{E008}');
    }

    #[test]
    fn a_mistyped_key_is_refused_with_the_names_there_are() {
        for (text, reason) in
            [("Entre", "one of Enter, Tab"), ("Strg+a", "can't be held"), ("Control+", "missing"), ("", "empty")]
        {
            let failure = chord(text).unwrap_err();
            assert!(failure.message.contains(reason), "{text}: {}", failure.message);
            assert_eq!(failure.fault, Fault::Harness);
        }
    }
}
