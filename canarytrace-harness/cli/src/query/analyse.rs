//! Words of a text as Elasticsearch's standard analyser sees them: those of UAX 29, in lower case.

use std::sync::LazyLock;

use regex::Regex;

/// Longer words are cut into pieces of so many UTF-16 units (`max_token_length`).
const LONGEST_WORD: usize = 255;

/// Lucene's `StandardTokenizer`, whose grammar is a regular expression over the properties of UAX 29. The colon is a letter
/// within words there, as it was until Unicode 15.
static WORD: LazyLock<Regex> = LazyLock::new(|| {
    let x = r"[\p{wb=Extend}\p{wb=Format}\p{wb=ZWJ}]*";
    let letter = format!(r"[\p{{wb=ALetter}}\p{{wb=Hebrew_Letter}}]{x}");
    let hebrew = format!(r"\p{{wb=Hebrew_Letter}}{x}");
    let number = format!(r"\p{{wb=Numeric}}{x}");
    let katakana = format!(r"\p{{wb=Katakana}}{x}");
    let joiner = format!(r"\p{{wb=ExtendNumLet}}{x}");
    let mid_letter = format!(r"[\p{{wb=MidLetter}}\p{{wb=MidNumLet}}\p{{wb=Single_Quote}}:]{x}");
    let mid_number = format!(r"[\p{{wb=MidNum}}\p{{wb=MidNumLet}}\p{{wb=Single_Quote}}]{x}");
    let core = format!(
        "(?:{katakana}(?:(?:{joiner})*{katakana})*\
         |(?:{hebrew}(?:\"{x}{hebrew})\
         |{number}(?:(?:(?:{joiner})*|{mid_number}){number})*\
         |{letter}(?:(?:(?:{joiner})*|{mid_letter}){letter})*\
         )+)"
    );
    let word = format!("(?:{joiner})*{core}(?:(?:{joiner})+{core})*(?:{joiner})*");
    let together = r"[\p{Thai}\p{Lao}\p{Myanmar}\p{Khmer}&&[\p{Alphabetic}\p{wb=Extend}]]+";
    let alone = format!(r"[\p{{Han}}\p{{Hiragana}}&&\p{{Alphabetic}}]{x}");
    Regex::new(&format!("{word}|{together}|{alone}")).expect("it is a regular expression")
});

/// The words of `text`, in their order.
pub(super) fn words(text: &str) -> impl Iterator<Item = String> {
    WORD.find_iter(text).flat_map(|word| pieces(word.as_str()))
}

/// One character in lower case. It stays one, as in Java.
pub(super) fn lower(character: char) -> char {
    let mut lower = character.to_lowercase();
    // Only U+0130, a capital i with a dot, becomes two; Java leaves out the second one.
    lower.next().unwrap_or(character)
}

fn pieces(word: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut units = 0;
    for character in word.chars() {
        if units + character.len_utf16() > LONGEST_WORD {
            pieces.push(String::new());
            units = 0;
        }
        units += character.len_utf16();
        if let Some(piece) = pieces.last_mut() {
            piece.push(lower(character));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        words(text).collect()
    }

    #[test]
    fn words_are_those_of_the_standard_analyser() {
        // Each was seen in the replies of `_analyze` of both servers.
        for (text, expected) in [
            ("text/javascript; charset=UTF-8", &["text", "javascript", "charset", "utf", "8"][..]),
            ("https://shop.example/a_b/c.css?v=1.2,3", &["https", "shop.example", "a_b", "c.css", "v", "1.2,3"]),
            ("Don't 3.14 x86-64 a.1 1.a", &["don't", "3.14", "x86", "64", "a", "1", "1", "a"]),
            ("Žluťoučký KŮŇ İ Σας", &["žluťoučký", "kůň", "i", "σας"]),
            ("a:b 1:2 _x_ __", &["a:b", "1", "2", "_x_"]),
            ("日本 カタカナ ひら", &["日", "本", "カタカナ", "ひ", "ら"]),
            ("", &[]),
            (" -!/ ", &[]),
        ] {
            assert_eq!(all(text), expected, "{text}");
        }
    }

    #[test]
    fn a_long_word_is_cut_into_pieces() {
        let lengths: Vec<usize> = words(&"a".repeat(600)).map(|word| word.len()).collect();
        assert_eq!(lengths, [255, 255, 90]);
    }
}
