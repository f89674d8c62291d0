//! Which fields hold secrets, and what a parameter for one is called. What was typed there never gets into the code.

use super::names::snake_case;
use super::recording::{Part, Selectors};

/// Words of a field's name that tell of a secret.
const WORDS: &[&str] = &[
    "card",
    "cardnumber",
    "cc",
    "creditcard",
    "csc",
    "cvc",
    "cvv",
    "iban",
    "mfa",
    "otp",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwort",
    "heslo",
    "pin",
    "pwd",
    "secret",
    "token",
    "totp",
];

/// The name of the parameter for a field that holds a secret; `None` if it holds none.
pub(super) fn parameter(field: &Selectors) -> Option<String> {
    let mut of_a_password = false;
    let mut names: Vec<String> = Vec::new();
    for way in &field.0 {
        match &way.element {
            Part::Aria { name, .. } | Part::Text(name) => names.push(name.clone()),
            Part::Css(selector) | Part::Pierce(selector) | Part::XPath(selector) => {
                of_a_password |= is_of_a_password(selector);
                names.extend(identifiers(selector));
            }
        }
    }
    let telling = names.iter().map(|name| snake_case(name)).filter(|name| name.split('_').any(is_telling));
    // The shortest is what the page's authors call it, and not a whole sentence beside it.
    let name = telling.min_by_key(|name| (name.split('_').count(), name.len()));
    let name = match name {
        Some(name) if name.len() <= 40 => name,
        Some(_) => "secret".to_owned(),
        None if of_a_password => "password".to_owned(),
        None => return None,
    };
    Some(if name.starts_with(|first: char| first.is_ascii_digit()) { format!("secret_{name}") } else { name })
}

fn is_telling(word: &str) -> bool {
    let word = word.trim_end_matches(|digit: char| digit.is_ascii_digit());
    WORDS.contains(&word) || word.contains("password") || word.contains("passwd")
}

/// Whether a selector asks for `type="password"`.
fn is_of_a_password(selector: &str) -> bool {
    let packed: String = selector.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect();
    packed.to_lowercase().contains("type=password")
}

/// What stands in the last compound of a selector as a name: ids, classes, values of attributes.
fn identifiers(selector: &str) -> Vec<String> {
    let last = selector.rsplit([' ', '>', '/']).next().unwrap_or(selector);
    let separators = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_'));
    let not_names = ["type", "name", "id", "class", "input", "data-testid", "data-test", "placeholder"];
    last.split(separators).filter(|word| !word.is_empty() && !not_names.contains(word)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::recording::Way;
    use super::*;

    fn of(selectors: &[&str]) -> Option<String> {
        let way = |text: &&str| {
            let element = match text.strip_prefix("aria/") {
                Some(name) => Part::Aria { name: name.to_owned(), role: None },
                None => Part::Css((*text).to_owned()),
            };
            Way { around: vec![], element }
        };
        parameter(&Selectors(selectors.iter().map(way).collect()))
    }

    #[test]
    fn fields_with_secrets_are_told_from_others() {
        for (selectors, name) in [
            (&["#password"][..], "password"),
            (&["aria/Practice card number", "#card"], "card"),
            (&["aria/New Password"], "new_password"),
            (&["[data-test='user-pin']"], "user_pin"),
            (&["input[type='password']"], "password"),
            (&["form > input[name=\"loginPassword\"]"], "login_password"),
            (&["#cvv2"], "cvv2"),
            (&["aria/One-time code", "#otp"], "otp"),
            (&["#2fa-token"], "secret_2fa_token"),
        ] {
            assert_eq!(of(selectors).as_deref(), Some(name), "{selectors:?}");
        }
        for selectors in [
            &["#email", "aria/E-mail address"][..],
            &["aria/Shipping address", "#shipping"],
            &["#discard", "aria/Compass"],
            &["#password-form > input.user"],
        ] {
            assert_eq!(of(selectors), None, "{selectors:?}");
        }
    }
}
