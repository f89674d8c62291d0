//! Logs of every kind, whole, cut off and damaged.

use std::fmt::Write as _;
use std::io::{self, Read};

use super::*;

/// Messages of the kinds that logs hold: many small ones, one with everything that is hard to read.
fn messages() -> Vec<String> {
    let mut messages: Vec<String> = (0..10)
        .map(|n| {
            format!(r#"{{"method":"Network.dataReceived","params":{{"requestId":"{n}","list":[{{}},{{"a":[]}}]}}}}"#)
        })
        .collect();
    messages[7] =
        r#"{"method":"Page.frameAttached","params":{"frameId":"\\\"{}[]\u0000 \ud83d\ude00 ž {\"method\":\"A.b\"}"}}"#
            .to_owned();
    messages
}

#[derive(Debug, Default, PartialEq)]
struct Seen {
    messages: Vec<String>,
    damage: Vec<Damage>,
}

fn read(log: impl Read) -> Seen {
    let mut reader = LogReader::new(log);
    let mut seen = Seen::default();
    while let Some(entry) = reader.next().unwrap() {
        match entry {
            // Arrays may be laid out in any way.
            Entry::Message { text, .. } => {
                let json: Result<serde_json::Value, _> = serde_json::from_str(text);
                seen.messages.push(json.map_or_else(|_| text.to_owned(), |json| json.to_string()));
            }
            Entry::Damage(damage) => seen.damage.push(damage),
        }
    }
    assert!(reader.next().unwrap().is_none(), "a log that is over stays over");
    seen
}

/// The messages as reading gives them.
fn expected() -> Vec<String> {
    let value = |text: &String| serde_json::from_str::<serde_json::Value>(text).unwrap().to_string();
    messages().iter().map(value).collect()
}

fn lines() -> Vec<u8> {
    messages().iter().flat_map(|message| format!("{message}\n").into_bytes()).collect()
}

fn compact_array() -> Vec<u8> {
    format!("[{}]", messages().join(",")).into_bytes()
}

fn pretty_array() -> Vec<u8> {
    let values: Vec<serde_json::Value> =
        messages().iter().map(|message| serde_json::from_str(message).unwrap()).collect();
    serde_json::to_vec_pretty(&values).unwrap()
}

fn wrapped_array() -> Vec<u8> {
    let array = String::from_utf8(pretty_array()).unwrap();
    format!("{{ \"version\" : 1.5, \"name\": \"a \\\" b\", \"messages\": {array}, \"more\": {{\"a\": 1}} }}\n")
        .into_bytes()
}

/// A log of ours in frames of three messages, and where each ends.
fn frames() -> (Vec<u8>, Vec<usize>) {
    let (mut log, mut ends) = (Vec::new(), Vec::new());
    for part in messages().chunks(3) {
        let mut writer = LogWriter::new(log).unwrap();
        for message in part {
            writer.write_line(message).unwrap();
            writer.flush().unwrap();
        }
        log = writer.finish().unwrap();
        ends.push(log.len());
    }
    (log, ends)
}

/// Hands out one byte at a time.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(&mut buffer[..1])
    }
}

#[test]
fn a_log_is_what_its_content_is() {
    let with_bom = [b"\xEF\xBB\xBF\r\n".as_slice(), &lines()].concat();
    let one_a_line = [b"[\n".as_slice(), messages().join(",\n").as_bytes(), b"\n]\n"].concat();
    let no_line_end = lines().strip_suffix(b"\n").unwrap().to_vec();
    let pretty_values = messages().iter().fold(String::new(), |mut all, message| {
        let value: serde_json::Value = serde_json::from_str(message).unwrap();
        writeln!(all, "{value:#}").unwrap();
        all
    });
    for (name, log) in [
        ("lines", lines()),
        ("with a byte order mark", with_bom),
        ("with CRLF", String::from_utf8(lines()).unwrap().replace('\n', "\r\n\r\n").into_bytes()),
        ("without a last line end", no_line_end),
        ("compact array", compact_array()),
        ("pretty array", pretty_array()),
        ("array with a message a line", one_a_line),
        ("within an object", wrapped_array()),
        ("values one after the other", pretty_values.into_bytes()),
        ("frames", frames().0),
        ("one frame of an array", zstd::encode_all(&*pretty_array(), 19).unwrap()),
    ] {
        let whole = Seen { messages: expected(), damage: Vec::new() };
        assert_eq!(read(&*log), whole, "{name}");
        assert_eq!(read(Slow(&log)), whole, "{name}, slowly");
    }
}

#[test]
fn whatever_was_written_before_a_log_is_cut_off_is_read() {
    let (frames, _) = frames();
    for (name, log) in [
        ("lines", lines()),
        ("compact array", compact_array()),
        ("pretty array", pretty_array()),
        ("within an object", wrapped_array()),
        ("frames", frames),
    ] {
        let all = expected();
        let mut most = 0;
        for end in 0..log.len() {
            let seen = read(&log[..end]);
            assert_eq!(seen.messages, all[..seen.messages.len()], "{name} cut at {end}");
            // What a longer part gives, a shorter one doesn't take back.
            assert!(seen.messages.len() >= most, "{name} cut at {end}");
            most = most.max(seen.messages.len());
            let whole = seen.messages.len() == all.len();
            for damage in &seen.damage {
                assert!(
                    matches!(damage, Damage::Truncated { .. } | Damage::Corrupt { .. }),
                    "{name} at {end}: {damage}"
                );
            }
            let between = name == "lines" || name == "frames";
            assert!(whole || between || !seen.damage.is_empty() || end == 0, "{name} cut at {end} looks whole");
        }
        assert!(most >= all.len() - 1, "{name}");
    }
}

#[test]
fn a_killed_process_loses_nothing_that_was_flushed() {
    let mut writer = LogWriter::new(Vec::new()).unwrap();
    for (n, message) in messages().iter().enumerate() {
        writer.write_line(message).unwrap();
        writer.flush().unwrap();
        let seen = read(&**writer.get_ref());
        assert_eq!(seen.messages, expected()[..=n]);
        let length = writer.text_bytes();
        assert!(matches!(&*seen.damage, [Damage::Truncated { place, bytes: 0 }] if place.byte == length), "{seen:?}");
    }
}

#[test]
fn a_damaged_byte_costs_one_frame_at_most_and_never_goes_unnoticed() {
    let (log, ends) = frames();
    let all = expected();
    for at in 0..log.len() {
        for change in [0xFF, 0x01, 0x80] {
            let mut damaged = log.clone();
            damaged[at] ^= change;
            let seen = read(&*damaged);
            if seen.messages == all {
                continue;
            }
            assert!(!seen.damage.is_empty(), "byte {at} ^ {change:#x}");
            // Those of the other frames are there, in their order.
            let frame = ends.iter().position(|end| at < *end).unwrap();
            let others = [&all[..frame * 3], &all[(frame * 3 + 3).min(all.len())..]].concat();
            let mut rest = seen.messages.iter();
            for message in &others {
                assert!(rest.any(|read| read == message), "byte {at} ^ {change:#x}: {message} is gone: {seen:#?}");
            }
        }
    }
}

#[test]
fn a_damaged_byte_costs_one_message_or_its_neighbour() {
    for (name, log) in
        [("lines", lines()), ("compact", compact_array()), ("pretty", pretty_array()), ("wrapped", wrapped_array())]
    {
        let all = expected();
        for at in 0..log.len() {
            for byte in *b"\"{}\\\n\xFF" {
                let mut damaged = log.clone();
                damaged[at] = byte;
                let seen = read(&*damaged);
                let kept = all.iter().filter(|message| seen.messages.contains(message)).count();
                assert!(
                    kept + 2 >= all.len(),
                    "{name}, byte {at} is {byte:#x}: {kept} of {}: {:?}",
                    all.len(),
                    seen.damage.first()
                );
            }
        }
    }
}

#[test]
fn damage_names_its_place() {
    let log = b"{\"method\":\"A.b\"}\n{\"method\":}\n\n17\n{\"method\":\"A.c\xFF\"}\n{\"method\":\"A.d\"";
    let seen = read(log.as_slice());
    assert_eq!(seen.messages, [r#"{"method":"A.b"}"#, "{\"method\":\"A.c\u{FFFD}\"}"]);
    let texts: Vec<String> = seen.damage.iter().map(Damage::to_string).collect();
    assert_eq!(
        texts,
        [
            "line 2 (byte 17): 11 bytes are no message and left out: expected value at line 2 column 11",
            "line 4 (byte 30): 2 bytes are no message and left out: invalid type: integer `17`, expected a message of \
             the DevTools protocol, an object with `method` and `params` at line 4 column 2",
            "line 5 (byte 33): not UTF-8, read with replacement characters",
            "line 6 (byte 51): the log is cut off here, 15 bytes of its last message are left out",
        ]
    );
}

#[test]
fn what_is_no_log_is_said_to_be_none() {
    assert_eq!(read(io::empty()), Seen::default());
    assert_eq!(read(b" \n\n".as_slice()), Seen::default());
    let binary: Vec<u8> = (0..100_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[2]).collect();
    let seen = read(&*binary);
    assert!(matches!(&*seen.damage, [Damage::Compressed { from: 0, to: 100_000, .. }]), "{seen:?}");
    let gzip = [b"\x1F\x8B\x08\x00".as_slice(), &binary].concat();
    assert!(read(&*gzip).damage[0].to_string().ends_with("this is gzip, unpack it first"));
    assert!(matches!(&*read(b"[] and more".as_slice()).damage, [Damage::Corrupt { .. }]));
}

#[test]
fn nesting_without_end_is_damage_and_no_overflow() {
    let deep = |open: &str, close: &str| {
        let (open, close) = (open.repeat(200_000), close.repeat(200_000));
        format!("{{\"method\":\"Log.entryAdded\",\"params\":{{\"entry\":[{open}1{close}]}}}}")
    };
    for deep in [deep("[", "]"), deep("{\"a\":", "}"), deep("[", ""), "[".repeat(1_000_000)] {
        let log = format!("{{\"method\":\"A.b\"}}\n{deep}\n{{\"method\":\"A.c\"}}\n");
        let seen = read(log.as_bytes());
        assert_eq!((seen.messages.len(), seen.damage.len()), (2, 1), "{:?}", seen.damage);
        let log = format!("[{{\"method\":\"A.b\"}},{deep},{{\"method\":\"A.c\"}}]");
        let seen = read(log.as_bytes());
        assert_eq!(seen.messages.first().map(String::as_str), Some("{\"method\":\"A.b\"}"));
        assert_eq!(seen.messages.last().map(String::as_str), Some("{\"method\":\"A.c\"}"));
    }
}

#[test]
fn large_messages_are_read_whole() {
    let large = format!(r#"{{"method":"A.b","params":{{"text":"{}"}}}}"#, "ž\\n".repeat(500_000));
    let mut writer = LogWriter::new(Vec::new()).unwrap();
    for line in [&*large, "{}", &large] {
        writer.write_line(line).unwrap();
    }
    let log = writer.finish().unwrap();
    let seen = read(&*log);
    assert_eq!(seen.damage, []);
    assert_eq!(seen.messages.iter().map(String::len).collect::<Vec<_>>(), [large.len(), 2, large.len()]);
    assert_eq!(read(format!("[{large},{large}]").as_bytes()).messages.len(), 2);
}
