//! What is masked, and what is left alone.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;

fn redactor(secrets: &[&str]) -> Redactor {
    Redactor::new(secrets.iter().map(|secret| SecretString::from(*secret)))
}

/// Pseudo-random numbers (xorshift64*): the same cases in every run, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    /// A text of characters that encodings care about.
    fn text(&mut self, length: usize) -> String {
        let alphabet: Vec<char> = "abcXYZ019 !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~äß漢🦀\n\t".chars().collect();
        (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

fn percent(text: &str, keep: &str, lower: bool) -> String {
    let encode = |byte: u8| match byte {
        byte if byte.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte) => char::from(byte).to_string(),
        byte if lower => format!("%{byte:02x}"),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn html_escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#x27;")
}

fn json_escape(text: &str) -> String {
    let quoted = serde_json::to_string(text).unwrap();
    quoted[1..quoted.len() - 1].to_owned()
}

fn encodings(secret: &str) -> Vec<(&'static str, String)> {
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let each = |pieces: Vec<String>| pieces.concat();
    let ascii_json = each(secret.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect());
    vec![
        ("as it is", secret.to_owned()),
        ("encodeURIComponent", percent(secret, "-_.!~*'()", false)),
        ("encodeURI", percent(secret, "-_.!~*'();,/?:@&=+$#", false)),
        ("percent in lower case", percent(secret, "", true)),
        ("every byte", each(percent(secret, "", false).bytes().map(|b| format!("%{b:02X}")).collect())),
        ("form", form.clone()),
        ("form in a query", percent(&form, "", false)),
        ("JSON", json_escape(secret)),
        ("JSON in ASCII", ascii_json),
        ("JSON in JSON", json_escape(&json_escape(secret))),
        ("HTML", html_escape(secret)),
        ("HTML by numbers", each(secret.chars().map(|c| format!("&#{};", u32::from(c))).collect())),
        ("JSON in an attribute", html_escape(&json_escape(secret))),
        ("HTML in JSON", json_escape(&html_escape(secret))),
        ("JSON in a form", percent(&json_escape(secret), "", false)),
        // As on Chromium's page about a URL that can't be opened.
        ("form in HTML", html_escape(&form.replace("%22", "\"").replace("%3C", "<"))),
        ("JSON in JSON in HTML", html_escape(&json_escape(&json_escape(secret)))),
        ("JSON in JSON in JSON", json_escape(&json_escape(&json_escape(secret)))),
        ("JSON in JSON in a query", percent(&json_escape(&json_escape(secret)), "", false)),
    ]
}

#[test]
fn a_secret_is_found_in_every_encoding_at_any_place() {
    let mut random = Random(0x5EED);
    for _ in 0..300 {
        let length = 4 + random.below(20);
        let secret = random.text(length);
        let redactor = redactor(&[&secret]);
        for (encoding, encoded) in encodings(&secret) {
            let masked = redactor.text(&format!("<{encoded}>"));
            assert_eq!(masked, "<***>", "{secret:?} by {encoding}: {encoded:?}");
        }
    }
}

#[test]
fn a_secret_in_base64_leaves_no_full_byte_of_itself_at_any_offset() {
    let mut random = Random(0xBA5E);
    for case in 0..300 {
        let length = 4 + random.below(20);
        let secret = random.text(length);
        let pair = [&b"user1"[..3 + case % 3], secret.as_bytes(), &b"tail"[..case % 4]].concat();
        for encoded in [STANDARD.encode(&pair), URL_SAFE_NO_PAD.encode(&pair)] {
            let masked = redactor(&[&secret]).text(&encoded);
            let start = masked.find("***").unwrap_or_else(|| panic!("{secret:?} in {encoded}"));
            // Six bits a character: what is left stands for the bytes before and behind only.
            assert!(start * 6 <= (3 + case % 3) * 8 + 5, "{masked}");
            assert!((masked.len() - start - 3) * 6 <= (case % 4) * 8 + 5 + 12, "{masked}");
        }
    }
}

#[test]
fn texts_without_secrets_stay_as_they_are_and_masking_twice_changes_nothing() {
    let mut random = Random(7);
    let redactor = redactor(&["hunter2", "correct horse"]);
    for _ in 0..500 {
        let length = random.below(200);
        let text = random.text(length);
        let once = redactor.text(&text);
        assert_eq!(redactor.text(&once), once, "{text:?}");
        let planted = format!("{text} hunter2 {text}");
        assert!(!redactor.text(&planted).contains("hunter2"), "{planted:?}");
    }
    let plain =
        "The Basic plan costs 5 €; a bearer token is missing. type=password, 12:30, a=b, see https://a.example/?q=1";
    assert_eq!(redactor.text(plain), plain);
}

#[test]
fn what_is_left_of_a_secret_in_a_shortened_text_is_masked() {
    let secret = "hunter \"quö\" 2";
    let redactor = redactor(&[secret]);
    for (encoding, encoded) in encodings(secret) {
        for cut in (2..encoded.len()).filter(|cut| encoded.is_char_boundary(*cut)) {
            let masked = redactor.text(&format!("says {}… (99 more characters)", &encoded[..cut]));
            assert!(!masked.contains("hu") && !masked.contains("68%75"), "{encoding}: {masked}");
        }
    }
    assert_eq!(redactor.text("a menu… and thh… and h…"), "a menu… and thh… and h…");
}

#[test]
fn overlapping_secrets_are_masked_as_one() {
    assert_eq!(redactor(&["abcd", "abcdef", "cdefgh"]).text("xabcdefghx abcdx"), "x***x ***x");
    assert_eq!(redactor(&["abab"]).text("-ababab-"), "-***-");
    assert_eq!(redactor(&["abcd"]).text("abcdabcd"), "***");
}

#[test]
fn a_short_secret_is_masked_where_it_stands_alone() {
    let redactor = redactor(&["1", "ab"]);
    assert_eq!(redactor.text("1 of 10, v1, (1), ab-c, cab, äab"), "*** of 10, v1, (***), ***-c, cab, äab");
}

#[test]
fn an_empty_secret_masks_nothing() {
    assert_eq!(redactor(&[""]).text("text"), "text");
    assert_eq!(format!("{:?}", redactor(&["", "x"])), "Redactor(1 secrets)");
}

#[test]
fn more_secrets_can_be_added() {
    let first = redactor(&["first-secret"]);
    let both = first.with([SecretString::from("second-secret")]);
    assert_eq!(both.text("first-secret second-secret"), "*** ***");
    assert_eq!(first.text("second-secret"), "second-secret");
}

#[test]
fn credentials_are_masked_by_their_place() {
    let redactor = Redactor::default();
    let basic = STANDARD.encode("jane:hunter2");
    for (text, expected) in [
        ("sent Bearer xyz to it", "sent Bearer *** to it"),
        ("bearer%20eyJhbGciOi.J9-_ end", "bearer%20*** end"),
        ("is_bearer token", "is_bearer token"),
        (&*format!("BASIC {basic}."), "BASIC ***."),
        (&*format!("basic {}", basic.trim_end_matches('=')), "basic ***"),
        ("Basic realm=\"shop\"", "Basic realm=\"shop\""),
        ("Bearer realm=\"shop\"", "Bearer realm=\"shop\""),
        ("Authorization: Digest user=jane, x\nAccept: a", "Authorization: ***\nAccept: a"),
        ("cookie: a=b; c=d\r\nhost: x", "cookie: ***\r\nhost: x"),
        ("curl -H 'X-Api-Key: abc' -v", "curl -H 'X-Api-Key: ***' -v"),
        ("https://jane:p@ss@host/a@b and http://host/", "https://***@host/a@b and http://host/"),
        ("wss://token@host", "wss://***@host"),
        ("/login?user=jane&password=abc%20d&x=1#access_token=y", "/login?user=jane&password=***&x=1#access_token=***"),
        ("user%5Bname%5D=a&user[password]=b", "user%5Bname%5D=a&user[password]=***"),
        (r#"{"apiToken": "a\"b", "n": 1}"#, r#"{"apiToken": "***", "n": 1}"#),
        (r#"{\"password\": \"ab\", \"n\": 1}"#, r#"{\"password\": \"***\", \"n\": 1}"#),
        (r#"{"otp":1234,"secret":null,"x":1}"#, r#"{"otp":***,"secret":null,"x":1}"#),
        (r#"{"cookies": [{"name": "]"}, 2], "x": 1}"#, r#"{"cookies": ***, "x": 1}"#),
        ("password: hunter2, next", "password: ***, next"),
        ("Password: at least 8", "Password: at least 8"),
        ("--password=\"a b\" --x", "--password=\"***\" --x"),
        ("if (token == other) token=", "if (token == other) token="),
        ("Config { password: \"a\", x: 1 }", "Config { password: \"***\", x: 1 }"),
    ] {
        assert_eq!(redactor.text(text), expected, "{text}");
    }
}

#[test]
fn json_is_masked_by_text_by_key_and_by_neighbouring_name() {
    let redactor = redactor(&["hunter2", "test"]);
    let mut document = json!({
        "event": "testEnd",
        "errMessage": "expected hunter2",
        "response": { "headers": { "Set-Cookie": ["a=b", "c=d"], "content-type": "text/html" } },
        "har": [{ "name": "Authorization", "value": "Digest x" }, { "name": "Accept", "value": "*/*" }],
        "client_secret": { "id": 7, "deep": ["x", null, true] },
        "nested": { "event": "test", "hunter2": 1 },
        "duration": 12.5,
    });
    redactor.json(&mut document);
    let expected = json!({
        "event": "testEnd",
        "errMessage": "expected ***",
        "response": { "headers": { "Set-Cookie": ["***", "***"], "content-type": "text/html" } },
        "har": [{ "name": "Authorization", "value": "***" }, { "name": "Accept", "value": "*/*" }],
        "client_secret": { "id": "***", "deep": ["***", null, true] },
        "nested": { "event": "***", "***": 1 },
        "duration": 12.5,
    });
    assert_eq!(document, expected);
}

#[test]
fn fields_that_hold_secrets_are_masked_in_html() {
    let redactor = redactor(&["p&ss<word"]);
    for (html, expected) in [
        ("<input type=password value=abc>", "<input type=password value=***>"),
        ("<INPUT value='a>b' TYPE=\"Password\"/>x", "<INPUT value='***' TYPE=\"Password\"/>x"),
        ("<input name=csrf_token type=hidden value=\"t\">", "<input name=csrf_token type=hidden value=\"***\">"),
        (
            "<input autocomplete='billing cc-number' value='4111'>",
            "<input autocomplete='billing cc-number' value='***'>",
        ),
        ("<meta name=\"csrf-token\" content=\"abc\">", "<meta name=\"csrf-token\" content=\"***\">"),
        ("<input type=text value=abc><input type=password>", "<input type=text value=abc><input type=password>"),
        ("<p>Password: <b>p&amp;ss&lt;word</b></p>", "<p>Password: <b>***</b></p>"),
        ("<input type=password value=\"unclosed", "<input type=password value=\"***"),
        ("<inputs type=password value=a>", "<inputs type=password value=a>"),
        ("<input =x type=password value=a", "<input =x type=password value=***"),
    ] {
        assert_eq!(redactor.html(html), expected, "{html}");
    }
}

#[test]
fn urls_lose_what_a_browser_takes_for_credentials() {
    let redactor = Redactor::default();
    for (url, expected) in [
        ("https://host/a?q=1", "https://host/a?q=1"),
        ("https://jane:pw@host:8443/?api_key=x&q=lamp", "https://***@host:8443/?api_key=***&q=lamp"),
        ("http:jane:pw@host/", "***@host/"),
        ("http:/jane:pw@host/", "http://***@host/"),
        ("nonsense jane:pw@host", "***@host"),
        ("http://jane:pw@ho st/", "http://***@ho st/"),
    ] {
        assert_eq!(redactor.url(url), expected, "{url}");
    }
}

#[test]
fn arbitrary_text_never_breaks_a_mask() {
    let pieces = [
        "<input ",
        "type=password ",
        "value=",
        "\"",
        "'",
        "\\",
        "\\\"",
        "token",
        "=",
        ":",
        "://",
        "@",
        " ",
        "é🦀ß漢",
        "é",
        "🦀",
        "Bearer ",
        "Basic ",
        "{",
        "}",
        "[",
        "]",
        "%",
        "%4",
        "%C3",
        "&",
        "&#x",
        "&amp;",
        ";",
        "\\u",
        "\\ud83e",
        "+",
        ">",
        "\n",
        "cookie",
        "secret",
    ];
    let redactor = redactor(&["secret", "é🦀ß漢", "a\\b\"c"]);
    let mut random = Random(99);
    for _ in 0..20_000 {
        let text: String = (0..random.below(14)).map(|_| pieces[random.below(pieces.len())]).collect();
        for masked in [redactor.text(&text), redactor.html(&text), redactor.url(&text)] {
            assert!(!masked.contains("é🦀ß漢"), "{text:?} gave {masked:?}");
        }
    }
}

/// Linear means that ten times the text takes about ten times as long. Time can't be asserted without flaking, but
/// each of these texts would take hours if a rule looked at the whole rest again for each of its matches.
#[test]
fn large_hostile_texts_are_masked_in_linear_time() {
    let redactor = redactor(&["aaaaaaaa", "hunter2%&"]);
    for piece in
        ["a", "%", "token=", "cookie: \"", "\"cookie:\n", "://@", "\\", "&", "<input ", "bearer ", "password:[", "+"]
    {
        let text = piece.repeat(1_000_000 / piece.len());
        assert!(redactor.html(&text).len() <= text.len() * 3);
    }
}

#[test]
fn the_flag_that_says_where_passwords_are_kept_is_none() {
    let text = "--password-store=basic --password=hunter2";
    assert_eq!(Redactor::default().text(text), "--password-store=basic --password=***");
}
