//! Beside `serde_json`, which is right by definition.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;

use super::*;

/// Any JSON, laid out in one of three ways.
fn texts() -> impl Strategy<Value = String> {
    let string = prop_oneof![
        "[ -~]{0,12}",
        "[ -~]{0,200}",
        "[\"\\\\/\u{8}\u{c}\n\r\t\0\u{1f}a-c{}\\[\\]:,]{0,80}",
        ".{0,70}",
        Just("\u{1F600}ž".to_owned()),
    ];
    let number = prop_oneof![
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (any::<u32>(), 0..20_i32).prop_map(|(number, places)| Value::from(f64::from(number) / 10_f64.powi(places))),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        string.clone().prop_map(Value::String),
    ];
    let value = leaf.prop_recursive(6, 60, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Value::Array),
            btree_map(string.clone(), inner, 0..8).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    (value, 0..3).prop_map(|(value, layout)| match layout {
        0 => value.to_string(),
        1 => serde_json::to_string_pretty(&value).unwrap(),
        _ => format!("\t\r\n {}  ", value.to_string().replace(",\"", " ,\r\n\t  \"").replace("\":", "\"\n:\t")),
    })
}

/// Texts that are cut, or have some characters replaced, removed or added.
fn damaged() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[\\[\\]{}\":,\\\\ \n0-9eE.+-]",
        Just("\\u".to_owned()),
        Just("\\ud83d".to_owned()),
        Just("\\ud83d\\ude00".to_owned()),
        Just("\0".to_owned()),
        Just("null".to_owned()),
        Just("-0".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    let change = (any::<prop::sample::Index>(), 0..3_usize, piece);
    (texts(), vec(change, 1..4), any::<bool>()).prop_map(|(text, changes, cut)| {
        let mut characters: Vec<char> = text.chars().collect();
        for (at, removed, piece) in changes {
            let at = at.index(characters.len() + 1);
            let end = characters.len().min(at + removed);
            characters.splice(at..end, piece.chars());
            if cut {
                characters.truncate(at);
            }
        }
        characters.into_iter().collect()
    })
}

/// What is read is what `serde_json` reads, or refused by both.
fn same<'a, T: Deserialize<'a> + PartialEq + std::fmt::Debug>(text: &'a str) {
    assert_eq!(from_str::<T>(text).ok(), serde_json::from_str::<T>(text).ok(), "{text:?}");
}

#[derive(Debug, Deserialize, PartialEq)]
struct After {
    read: Vec<u8>,
}

/// Of what is not read the end is found, and no sound value is refused.
fn skipped(text: &str) {
    let theirs = serde_json::from_str::<IgnoredAny>(text).is_ok();
    let ours = from_str::<IgnoredAny>(text).is_ok();
    assert!(ours || !theirs, "{text:?} is refused");
    let raw: Option<&RawValue> = serde_json::from_str(text).ok();
    assert_eq!(from_str::<Raw<'_>>(text).ok(), raw.map(|raw| Raw(raw.get())), "{text:?}");
    assert_eq!(serde_json::from_str::<Raw<'_>>(text).ok(), raw.map(|raw| Raw(raw.get())));
    // Within a value that is read, what follows it is found.
    let after = format!("{{\"skipped\":{text},\"read\":[1]}}");
    if theirs {
        assert_eq!(from_str(&after), Ok(After { read: vec![1] }), "{after:?}");
    }
}

fn all(text: &str) {
    same::<Value>(text);
    same::<BTreeMap<String, Value>>(text);
    same::<Vec<Option<Value>>>(text);
    skipped(text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sound_text_is_read_as_serde_json_reads_it(text in texts()) {
        all(&text);
    }

    #[test]
    fn damaged_text_is_read_or_refused_as_by_serde_json(text in damaged()) {
        all(&text);
    }

    #[test]
    fn numbers_are_those_of_serde_json(text in "-?[0-9]{0,22}(\\.[0-9]{0,25})?([eE][+-]?[0-9]{0,3})?") {
        all(&text);
    }

    #[test]
    fn strings_are_those_of_serde_json(
        text in "(\\\\u[dD][89a-fA-F][0-9a-f]{2}|\\\\u[0-9A-F]{3,4}|\\\\[\"/bfnrtux\\\\]|[a-zž\u{1F600}]|[\0-\u{1f}]?){0,9}"
    ) {
        all(&format!("\"{text}\""));
        all(&format!("[{{\"{text}\":\"{text}\"}}]"));
    }
}

#[test]
fn numbers_at_the_limits() {
    for number in [
        "0",
        "-0",
        "-0.0",
        "00",
        "01",
        "-",
        "-01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "1E-2",
        "0e0",
        "1.5e3",
        "1e308",
        "1e309",
        "-1e309",
        "1e-400",
        "1e99999999999",
        "0e99999999999",
        "9007199254740991",
        "9007199254740993",
        "9007199254740.993",
        "0.30000000000000004",
        "123456.789012",
        "1697123.4560000001",
        "999999999999999999",
        "9999999999999999999",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "0.0000000000000000000001",
        "-1.5",
        "+1",
        "1_0",
        "0x10",
        "NaN",
        "Infinity",
        "nul",
        "nulll",
        "true",
        "tru",
        "falsey",
    ] {
        all(number);
        all(&format!("[{number}]"));
        all(&format!("{{\"a\": {number} }}"));
    }
}

#[test]
fn nesting_is_read_as_deep_as_serde_json_reads_it_and_stepped_over_however_deep() {
    for depth in [1, 2, 63, 64, 65, 126, 127, 128, 129, 1_000] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":[", "]}]")] {
            all(&format!("{}1{}", open.repeat(depth), close.repeat(depth)));
            all(&format!("{}{}", open.repeat(depth), close.repeat(depth)));
            all(&format!("{}1{}", open.repeat(depth), close.repeat(depth - 1)));
        }
    }
    let deep = |close: &str| format!("{}{}", "[".repeat(1_000_000), close.repeat(1_000_000));
    assert_eq!(from_str::<IgnoredAny>(&deep("]")), Ok(IgnoredAny));
    assert!(from_str::<IgnoredAny>(&deep("}")).is_err());
    assert!(from_str::<Raw<'_>>(&deep("]")).is_ok());
    assert!(from_str::<Value>(&deep("]")).is_err());
}

#[test]
fn what_nobody_reads_has_sound_strings_and_brackets_wherever_a_block_ends() {
    for before in 0..130 {
        let fill = "x".repeat(before);
        for (sound, text) in [
            (true, r#""\\""#),
            (true, r#""\\\"]""#),
            (true, r#""\u0041\ud83d","{[""#),
            (false, r#""\\"""#),
            (false, "\"\n\""),
            (false, "\"\0\""),
            (false, r#""\x""#),
            (false, r#""\u12g4""#),
            (false, r#"\"a\""#),
            (false, "{]}"),
            (false, "]"),
            (false, "["),
            (false, "\""),
        ] {
            for text in [
                format!(r#"["{fill}",{text}]"#),
                format!(r#"{{"{fill}":[{text}]}}"#),
                format!(r#"[[{text},"{fill}"]]"#),
            ] {
                assert_eq!(from_str::<IgnoredAny>(&text).is_ok(), sound, "{text}");
                assert_eq!(from_str::<Raw<'_>>(&text).is_ok(), sound, "{text}");
            }
        }
    }
}
