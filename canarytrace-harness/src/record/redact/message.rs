//! Masks messages of the DevTools protocol in their text: what is no secret stays as it came, byte for byte, so that
//! a log of them is evidence, and ids stay what pairs them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::rules::is_sensitive;
use super::{MASK, Redactor, mask};

/// Fields that hold ids and fixed words of the protocol. A password such as `script` must not tear requests apart.
const STRUCTURAL: &[&str] = &[
    "browserContextId",
    "cacheStorageCacheName",
    "because",
    "connectionId",
    "entryType",
    "frameId",
    "id",
    "initialPriority",
    "interceptionId",
    "loaderId",
    "method",
    "mimeType",
    "networkId",
    "newPriority",
    "objectId",
    "openerFrameId",
    "openerId",
    "parentFrameId",
    "parentId",
    "protocol",
    "requestId",
    "resourceType",
    "scriptId",
    "securityState",
    "sessionId",
    "subtype",
    "targetId",
    "timestamp",
    "type",
    "uniqueId",
    "uuid",
    "uuidAction",
    "workerId",
];

/// Below these a page or server chooses the names: none of them is the protocol's.
const FREE: &[&str] = &["auxData", "embedderData", "exceptionMetaData", "headers", "requestHeaders", "value"];

/// Fields whose text is base64, of bodies that may be text.
const BASE64: &[&str] = &["body", "bytes", "payloadData"];

/// Deeper than this no message of the protocol goes.
const DEEPEST: usize = 256;

impl Redactor {
    /// A message of the DevTools protocol, as JSON, with every secret replaced by `***`. Ids are left alone.
    pub fn message<'a>(&self, json: &'a str) -> Cow<'a, str> {
        let mut walk = Walk { redactor: self, text: json, at: 0, done: 0, masked: String::new() };
        let whole = walk.value(Place::default(), 0).filter(|()| walk.peek().is_none());
        match whole {
            Some(()) if walk.done == 0 => Cow::Borrowed(json),
            Some(()) => {
                walk.masked.push_str(&json[walk.done..]);
                Cow::Owned(walk.masked)
            }
            // No JSON that we know: as text, then, ids or not.
            None => Cow::Owned(self.text(json)),
        }
    }
}

/// What is known of a value by where it stands.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
struct Place {
    /// All in it is secret.
    sensitive: bool,
    /// It is the protocol's own word or id.
    structural: bool,
    /// Names in it are not the protocol's.
    free: bool,
    /// It is `Network.Cookie`, of which one field is secret.
    cookie: bool,
    /// It may be base64 of text.
    base64: bool,
    /// It may be JSON as text: of a binding, of which one is ours.
    nested: bool,
}

struct Walk<'a, 'r> {
    redactor: &'r Redactor,
    text: &'a str,
    at: usize,
    /// Up to here the text is in `masked`; 0 while nothing was masked.
    done: usize,
    masked: String,
}

impl<'a> Walk<'a, '_> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at)?, b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    /// Puts `json` in the place of the text from `start` to here.
    fn replace(&mut self, start: usize, json: &str) {
        self.masked.push_str(&self.text[self.done..start]);
        self.masked.push_str(json);
        self.done = self.at;
    }

    /// The string that begins here, escaped as it is, without its quotation marks.
    fn string(&mut self) -> Option<&'a str> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            let found = memchr::memchr2(b'"', b'\\', self.text.as_bytes().get(self.at..)?)?;
            self.at += found;
            if self.text.as_bytes()[self.at] == b'"' {
                self.at += 1;
                return self.text.get(start..self.at - 1);
            }
            self.at += 2;
        }
    }

    fn value(&mut self, place: Place, depth: usize) -> Option<()> {
        if depth > DEEPEST {
            return None;
        }
        match self.peek()? {
            b'{' => self.object(place, depth),
            b'[' => {
                self.at += 1;
                if self.peek()? == b']' {
                    self.at += 1;
                    return Some(());
                }
                loop {
                    self.value(Place { structural: false, ..place }, depth + 1)?;
                    match self.peek()? {
                        b',' => self.at += 1,
                        b']' => {
                            self.at += 1;
                            return Some(());
                        }
                        _ => return None,
                    }
                }
            }
            b'"' => {
                let start = self.at;
                let raw = self.string()?;
                if let Some(masked) = self.masked(raw, place) {
                    let json = serde_json::Value::String(masked).to_string();
                    self.replace(start, &json);
                }
                Some(())
            }
            first => {
                let start = self.at;
                let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
                let rest = &self.text.as_bytes()[start..];
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
                if place.sensitive && matches!(first, b'-' | b'0'..=b'9') {
                    self.replace(start, "\"***\"");
                }
                let word = &rest[..self.at - start];
                let number = word.iter().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(byte));
                (matches!(word, b"true" | b"false" | b"null") || (number && !word.is_empty())).then_some(())
            }
        }
    }

    fn object(&mut self, place: Place, depth: usize) -> Option<()> {
        self.expect(b'{')?;
        let mut named = None;
        loop {
            if self.peek()? == b'}' {
                self.at += 1;
                return Some(());
            }
            let start = self.at;
            let key = unescaped(self.string()?);
            if place.free || place.sensitive {
                let mut spans = Vec::new();
                self.redactor.secrets.find(&key, &mut spans);
                if !spans.is_empty() {
                    let json = serde_json::Value::String(mask(&key, spans)).to_string();
                    self.replace(start, &json);
                }
            }
            self.expect(b':')?;
            let inside = match (&*key, self.peek()?) {
                ("name", b'"') => {
                    let back = self.at;
                    named = Some(is_sensitive(&unescaped(self.string()?)));
                    self.at = back;
                    place
                }
                ("cookie", b'{') if !place.free => Place { cookie: true, ..place },
                ("value", _) => {
                    let named = match named {
                        Some(named) => named,
                        None => self.is_named_sensitive_behind(depth)?,
                    };
                    Place { sensitive: place.sensitive || place.cookie || named, ..place }
                }
                _ => Place { sensitive: place.sensitive || is_sensitive(&key) || key == "cookieLine", ..place },
            };
            let inside = Place {
                structural: !place.free && STRUCTURAL.contains(&&*key),
                free: place.free || FREE.contains(&&*key),
                base64: place.base64 || BASE64.contains(&&*key),
                nested: !place.free && key == "payload",
                ..inside
            };
            self.value(inside, depth + 1)?;
            match self.peek()? {
                b',' => self.at += 1,
                b'}' => {}
                _ => return None,
            }
        }
    }

    /// Whether the object, of which the value of a field begins here, has a sensitive `name` behind it.
    fn is_named_sensitive_behind(&self, depth: usize) -> Option<bool> {
        let nothing = Redactor::default();
        let mut ahead = Walk { redactor: &nothing, text: self.text, at: self.at, done: 0, masked: String::new() };
        loop {
            // Walks over it, masking nothing.
            ahead.value(Place { structural: true, ..Place::default() }, depth + 1)?;
            match ahead.peek()? {
                b',' => ahead.at += 1,
                _ => return Some(false),
            }
            let key = ahead.string()?;
            ahead.expect(b':')?;
            if key == "name" && ahead.peek()? == b'"' {
                return Some(is_sensitive(&unescaped(ahead.string()?)));
            }
        }
    }

    /// What to write for a string; `None` when nothing in it is secret.
    fn masked(&self, raw: &str, place: Place) -> Option<String> {
        if place.sensitive {
            return (!raw.is_empty()).then(|| MASK.to_owned());
        }
        if place.structural || raw.is_empty() {
            return None;
        }
        let text = unescaped(raw);
        if place.nested && text.starts_with('{') {
            // Each text in it by itself, so that it stays JSON.
            return match self.redactor.message(&text) {
                Cow::Owned(masked) => Some(masked),
                Cow::Borrowed(_) => None,
            };
        }
        let spans = self.redactor.spans(&text);
        if !spans.is_empty() {
            return Some(mask(&text, spans));
        }
        if place.base64 {
            let decoded = STANDARD.decode(text.as_bytes()).ok()?;
            let decoded = String::from_utf8_lossy(&decoded);
            let spans = self.redactor.spans(&decoded);
            return (!spans.is_empty()).then(|| STANDARD.encode(mask(&decoded, spans)));
        }
        None
    }
}

/// The content of a JSON string; half of a surrogate pair becomes U+FFFD.
fn unescaped(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        let unit = |at: usize| {
            let digits = rest.get(at..at + 6)?.strip_prefix("\\u")?;
            u16::from_str_radix(digits, 16).ok()
        };
        let (c, length) = match (unit(at), unit(at + 6)) {
            (Some(high @ 0xD800..=0xDBFF), Some(low @ 0xDC00..=0xDFFF)) => {
                let pair = char::decode_utf16([high, low]).next().and_then(Result::ok);
                (pair.unwrap_or(char::REPLACEMENT_CHARACTER), 12)
            }
            (Some(unit), _) => (char::from_u32(u32::from(unit)).unwrap_or(char::REPLACEMENT_CHARACTER), 6),
            (None, _) => {
                let escaped = rest[at + 1..].chars().next().unwrap_or('\\');
                let c = match escaped {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    other => other,
                };
                (c, 1 + escaped.len_utf8())
            }
        };
        text.push(c);
        rest = rest.get(at + length..).unwrap_or_default();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use serde_json::{Value, json};

    use super::*;

    fn masked(secrets: &[&str], message: &Value) -> Value {
        let redactor = Redactor::new(secrets.iter().map(|secret| SecretString::from(*secret)));
        let text = message.to_string();
        let masked = redactor.message(&text);
        serde_json::from_str(&masked).unwrap_or_else(|error| panic!("{error}: {masked}"))
    }

    #[test]
    fn what_holds_no_secret_stays_as_it_came_byte_for_byte() {
        let text = r#"{ "method":"Runtime.consoleAPICalled","params":{"type":"log", "args":[{"type":"number",
            "value":1.50,"description":"1.5"},{"type":"string","value":"caf\u00E9 \ud83e\udd80 \ud800 \"q\"\/"}],
            "executionContextId":1,"timestamp":1763855.0230000001,"e":1E+2,"none":null,"list":[],"object":{}} }"#;
        assert!(matches!(Redactor::default().message(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn a_secret_goes_and_what_is_beside_it_stays_as_it_came() {
        let text =
            r#"{"method":"A.b","params":{"timestamp":0.10,"text":"say \u0068unter22 \n loud","x":[1.0,"hunter22"]}}"#;
        let redactor = Redactor::new([SecretString::from("hunter22")]);
        assert_eq!(
            redactor.message(text),
            r#"{"method":"A.b","params":{"timestamp":0.10,"text":"say *** \n loud","x":[1.0,"***"]}}"#
        );
    }

    #[test]
    fn ids_and_words_of_the_protocol_are_no_secrets_but_the_names_of_a_page_are() {
        let message = json!({"method": "Network.requestWillBeSent", "sessionId": "script", "params": {
            "requestId": "script.1", "type": "script", "frameId": "script", "timestamp": 3.25,
            "request": {"url": "http://a/script", "method": "script", "headers": {"id": "script", "script": "x"}},
        }});
        let masked = masked(&["script"], &message);
        assert_eq!(masked["sessionId"], "script");
        assert_eq!(masked["params"]["requestId"], "script.1");
        assert_eq!(masked["params"]["type"], "script");
        assert_eq!(masked["params"]["request"]["url"], "http://a/***");
        assert_eq!(masked["params"]["request"]["headers"], json!({"id": "***", "***": "x"}));
    }

    #[test]
    fn credentials_of_headers_cookies_and_bodies_are_masked_undeclared() {
        let message = json!({"method": "Network.x", "params": {
            "headers": {"Cookie": "session=abc", "authorization": "Bearer abcdef", "accept": "*/*"},
            "headersText": "HTTP/1.1 200 OK\r\nSet-Cookie: session=abc; Path=/\r\nServer: x\r\n",
            "associatedCookies": [{"blockedReasons": [], "cookie": {
                "name": "session", "value": "abc", "domain": "a.example", "size": 10, "httpOnly": true}}],
            "blockedCookies": [{"cookieLine": "session=abc"}],
            "request": {"postData": "user=ada&password=hunter22", "postDataEntries": [
                {"bytes": STANDARD.encode("user=ada&password=hunter22")}, {"bytes": "////"}]},
        }});
        let masked = masked(&[], &message);
        let params = &masked["params"];
        assert_eq!(params["headers"], json!({"Cookie": "***", "authorization": "***", "accept": "*/*"}));
        assert_eq!(params["headersText"], "HTTP/1.1 200 OK\r\nSet-Cookie: ***\r\nServer: x\r\n");
        let cookie = &params["associatedCookies"][0]["cookie"];
        assert_eq!(
            *cookie,
            json!({"name": "session", "value": "***", "domain": "a.example", "size": 10, "httpOnly": true})
        );
        assert_eq!(params["blockedCookies"][0]["cookieLine"], "***");
        assert_eq!(params["request"]["postData"], "user=ada&password=***");
        let entries = &params["request"]["postDataEntries"];
        assert_eq!(entries[0]["bytes"], STANDARD.encode("user=ada&password=***"));
        assert_eq!(entries[1]["bytes"], "////");
    }

    #[test]
    fn a_value_beside_a_sensitive_name_is_masked_whichever_comes_first() {
        let redactor = Redactor::default();
        for text in [
            r#"{"params":{"properties":[{"name":"password","type":"string","value":"x1"}]}}"#,
            r#"{"params":{"properties":[{"value":"x1","type":{"name":"a"},"name":"password"}]}}"#,
        ] {
            assert!(!redactor.message(text).contains("x1"), "{}", redactor.message(text));
        }
        let text = r#"{"params":{"properties":[{"value":"x1","name":"size"},{"value":7}]}}"#;
        assert_eq!(redactor.message(text), text);
    }

    #[test]
    fn the_json_in_a_call_of_a_binding_stays_json() {
        let payload = json!({"because": "idle", "now": 22.5, "url": "http://a/hunter22", "entries": [
            {"entryType": "mark", "name": "a 22 \"hunter22\"", "startTime": 22.0, "detail": {"password": "x", "mark": 1}},
        ]});
        let message =
            json!({"method": "Runtime.bindingCalled", "params": {"name": "b", "payload": payload.to_string()}});
        let masked = masked(&["hunter22", "22", "mark"], &message);
        let payload: Value = serde_json::from_str(masked["params"]["payload"].as_str().unwrap()).unwrap();
        let entry = json!({"entryType": "mark", "name": "a *** \"***\"", "startTime": 22.0,
            "detail": {"password": "***", "mark": 1}});
        assert_eq!(payload, json!({"because": "idle", "now": 22.5, "url": "http://a/***", "entries": [entry]}));
    }

    #[test]
    fn what_is_no_json_is_masked_as_text() {
        let redactor = Redactor::new([SecretString::from("hunter22")]);
        for text in ["hunter22", r#"{"a":"hunter22"#, r#"{"a":"hunter22",}x"#, "[", "", r#"{"a" "hunter22"}"#, "\"\\"] {
            assert!(!redactor.message(text).contains("hunter22"), "{text}");
        }
        let deep = format!("{}\"hunter22\"{}", "[".repeat(5000), "]".repeat(5000));
        assert!(!redactor.message(&deep).contains("hunter22"));
    }
}
