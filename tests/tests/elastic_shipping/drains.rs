//! What lies on disk is sent: once, whole, and whatever is wrong with a part of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use canarytrace::elastic::ship::{Control, Patience, Phase, dead_letters};
use canarytrace::spool::Spool as DataFolder;
use canarytrace_tests::elastic::Product;
use serde_json::{Value, json};
use url::Url;

use crate::support::{Spool, World, append, on_both, tool};

on_both! {
    everything_arrives_once_and_a_delivery_document_says_so,
    without_its_cursor_everything_is_found_to_be_there,
    what_may_have_arrived_before_a_rollover_is_asked_for,
    what_cannot_be_stored_lies_in_the_dead_letters_with_its_reason,
    letters_that_were_written_before_the_cursor_was_moved_are_there_once,
    letters_that_were_being_sent_once_more_are_there_once,
    lines_that_are_no_documents_keep_nobody_waiting,
    without_a_template_nothing_is_sent_and_no_index_made,
    a_document_that_is_too_large_is_cut_and_says_so,
    two_drainers_at_once_send_everything_once,
    the_tool_sends_what_is_left_and_says_how_it_went,
}

fn everything_arrives_once_and_a_delivery_document_says_so(world: &World) {
    let spool = Spool::new();
    let (folder, ids) = spool.run(2_500, |_, _| {});
    append(&folder.join("report.ndjson"), "{\"torn");
    let figures = world.drain(&spool);
    assert_eq!(
        (figures.sent, figures.duplicates, figures.dead, figures.left.documents),
        (2_500, 0, 0, 0),
        "{figures:?}"
    );
    // OpenSearch says to the first one that it doesn't know `require_data_stream`.
    let asked_in_vain = u64::from(world.server.product() == Product::OpenSearch);
    assert_eq!((figures.requests, figures.retried), (3 + asked_in_vain, 0), "{figures:?}");
    assert!(figures.wire_bytes.is_some_and(|wire| wire < figures.raw_bytes / 4), "{figures:?}");
    let stored = world.ids();
    assert_eq!(stored.len(), ids.len() + 1);
    assert!(ids.iter().all(|id| stored.contains(id)));
    let documents = world.server.documents(&world.names.pattern("delivery"));
    let [delivery] = &documents[..] else { panic!("{documents:#?}") };
    assert_eq!((delivery["sent"].as_u64(), delivery["sequence"].as_u64()), (Some(2_500), Some(2_501)));
    assert_eq!(delivery["cluster"]["version"], world.server.version());
    let again = world.drain(&spool);
    assert_eq!((again.requests, again.left.documents), (0, 0), "nothing is left: {again:?}");
}

fn without_its_cursor_everything_is_found_to_be_there(world: &World) {
    let spool = Spool::new();
    let (folder, ids) = spool.run(30, |_, _| {});
    world.drain(&spool);
    fs::remove_file(folder.join("cursor.json")).expect("it is there");
    let figures = world.drain(&spool);
    assert_eq!((figures.sent, figures.duplicates), (0, 30), "{figures:?}");
    // Each drain that sent something says so.
    assert_eq!(world.ids().len(), ids.len() + 2);
}

fn what_may_have_arrived_before_a_rollover_is_asked_for(world: &World) {
    let spool = Spool::new();
    let (folder, ids) = spool.run(30, |_, _| {});
    world.drain(&spool);
    // As a shipper leaves it that was killed before it read the reply.
    let path = folder.join("cursor.json");
    let mut cursor: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("it is JSON");
    cursor["datasets"]["report"]["acknowledged"] = json!(0);
    fs::write(&path, cursor.to_string()).expect("it can be written");
    // From now on, the cluster would take every id once more.
    world.rollover("report");
    let figures = world.drain(&spool);
    assert_eq!((figures.sent, figures.duplicates, figures.uncertain), (0, 30, 0), "{figures:?}");
    assert_eq!(world.ids().len(), ids.len() + 2);
}

fn what_cannot_be_stored_lies_in_the_dead_letters_with_its_reason(world: &World) {
    let fields = |kind| json!({ "@timestamp": { "type": "date" }, "x": { "type": kind } });
    world.template(&fields("long"));
    let spool = Spool::new();
    let (folder, ids) = spool.run(10, |sequence, document| {
        document["x"] = if sequence == 4 { json!("four") } else { json!(sequence) };
    });
    let (figures, notices) = world.drain_with(&spool, |_, _| {});
    assert_eq!((figures.sent, figures.dead, figures.left.documents), (9, 1, 0), "{figures:?}");
    assert!(notices.contains("dead-letters.jsonl"), "{notices}");
    let letters: Vec<_> = dead_letters(&folder).expect("they can be read").collect();
    let [letter] = &letters[..] else { panic!("{letters:#?}") };
    assert_eq!((letter.id.as_deref(), letter.status), (Some(ids[3].as_str()), Some(400)), "{letter:#?}");
    assert!(letter.reason.contains("four"), "{letter:#?}");
    assert!(!world.ids().contains(&ids[3]));

    let refused = world.drain_with(&spool, |_, options| options.dead_letters = true).0;
    assert_eq!((refused.sent, refused.dead), (0, 1), "{refused:?}");
    assert_eq!(dead_letters(&folder).expect("they can be read").count(), 1);
    world.template(&fields("keyword"));
    world.rollover("report");
    let taken = world.drain_with(&spool, |_, options| options.dead_letters = true).0;
    assert_eq!((taken.sent, taken.dead), (1, 0), "{taken:?}");
    assert_eq!(dead_letters(&folder).expect("they can be read").count(), 0);
    assert!(world.ids().contains(&ids[3]));
}

/// Three documents of which the second can't be stored, and a line that is none.
fn with_dead_letters(world: &World, spool: &Spool) -> std::path::PathBuf {
    world.template(&json!({ "@timestamp": { "type": "date" }, "x": { "type": "long" } }));
    let (folder, _) = spool.run(3, |sequence, document| {
        document["x"] = if sequence == 2 { json!("two") } else { json!(sequence) };
    });
    append(&folder.join("report.ndjson"), "no json\nno json\n");
    let figures = world.drain(spool);
    assert_eq!((figures.sent, figures.dead, figures.left.documents), (2, 3, 0), "{figures:?}");
    folder
}

fn letters_that_were_written_before_the_cursor_was_moved_are_there_once(world: &World) {
    let spool = Spool::new();
    let folder = with_dead_letters(world, &spool);
    let before = fs::read_to_string(folder.join("dead-letters.jsonl")).expect("there are some");
    // As a shipper leaves it that was killed behind the letters and before the cursor.
    let path = folder.join("cursor.json");
    let mut cursor: Value = serde_json::from_slice(&fs::read(&path).expect("it is there")).expect("it is JSON");
    cursor["datasets"]["report"]["acknowledged"] = json!(0);
    fs::write(&path, cursor.to_string()).expect("it can be written");
    let figures = world.drain(&spool);
    assert_eq!((figures.sent, figures.duplicates, figures.dead, figures.left.documents), (0, 2, 3, 0), "{figures:?}");
    assert_eq!(fs::read_to_string(folder.join("dead-letters.jsonl")).expect("they stay"), before);
    assert_eq!(before.lines().count(), 3, "two equal lines are two letters: {before}");
}

fn letters_that_were_being_sent_once_more_are_there_once(world: &World) {
    let spool = Spool::new();
    let folder = with_dead_letters(world, &spool);
    let letters = folder.join("dead-letters.jsonl");
    // As a shipper leaves it that was killed when it had written again what was refused again, and not yet removed the
    // file where it had put all of them meanwhile.
    let apart = folder.join(".dead-letters-once-more.jsonl");
    fs::copy(&letters, &apart).expect("it can be copied");
    let figures = world.drain_with(&spool, |_, options| options.dead_letters = true).0;
    assert_eq!((figures.sent, figures.dead), (0, 3), "{figures:?}");
    assert_eq!(dead_letters(&folder).expect("they can be read").count(), 3);
    assert!(!apart.exists());
}

fn lines_that_are_no_documents_keep_nobody_waiting(world: &World) {
    let spool = Spool::new();
    let (folder, ids) = spool.run(3, |_, _| {});
    append(&folder.join("report.ndjson"), "no json\n{\"uuid\":1}\n");
    append(&folder.join("console.ndjson"), "\n");
    let figures = world.drain(&spool);
    assert_eq!((figures.sent, figures.dead, figures.left.documents), (3, 3, 0), "{figures:?}");
    let lines: Vec<_> = dead_letters(&folder).expect("they can be read").filter_map(|letter| letter.line).collect();
    assert_eq!(lines, ["no json", "{\"uuid\":1}"]);
    assert!(ids.iter().all(|id| world.ids().contains(id)));
}

fn without_a_template_nothing_is_sent_and_no_index_made(world: &World) {
    world.without_template();
    let spool = Spool::new();
    let (folder, _) = spool.run(3, |_, _| {});
    let (figures, notices) = world.drain_with(&spool, |_, _| {});
    assert_eq!((figures.sent, figures.dead, figures.left.documents), (0, 0, 3), "{figures:?}");
    assert!(notices.contains("canarytrace install"), "{notices}");
    assert_eq!(notices.lines().count(), 1, "{notices}");
    assert_eq!(world.server.count(&format!("{}*", world.names.prefix)), 0);
    assert!(world.ids().is_empty());

    // Whatever its age: a run that the cluster does not have stays.
    let data = DataFolder::open(spool.options()).expect("it can be written");
    let pruned = data.prune_to(std::time::Duration::ZERO, 0);
    assert!(pruned.removed.is_empty() && folder.exists(), "{pruned:?}");
    assert!(pruned.problems.iter().any(|problem| problem.contains("canarytrace ship --drain")), "{pruned:?}");
    world.template(&json!({ "@timestamp": { "type": "date" } }));
    assert_eq!(world.drain(&spool).sent, 3);
    let pruned = data.prune_to(std::time::Duration::ZERO, 0);
    assert_eq!((pruned.removed.len(), folder.exists()), (1, false), "{pruned:?}");
}

fn a_document_that_is_too_large_is_cut_and_says_so(world: &World) {
    let spool = Spool::new();
    let (folder, ids) = spool.run(40, |sequence, document| match sequence {
        7 => document["text"] = json!("long ".repeat(100_000)),
        // No text in it is long enough to be cut.
        9 => document["texts"] = json!(vec!["short"; 100_000]),
        _ => document["text"] = json!("x".repeat(10_000)),
    });
    let limited = limited(world.server.url(), 200_000);
    let (figures, notices) = world.drain_with(&spool, |settings, _| {
        settings.nodes = vec![limited];
        settings.compression = false;
    });
    assert_eq!((figures.sent, figures.shortened, figures.dead), (39, 1, 1), "{figures:?}\n{notices}");
    assert_eq!(world.ids().len(), 40, "39 and the one of the delivery");
    let documents = world.server.documents(&world.names.pattern("report"));
    let cut = documents.iter().find(|document| document["sequence"] == 7).expect("it is there");
    assert_eq!(cut["truncated"], json!([{ "field": "text", "bytes": 500_000 }]));
    assert!(cut["text"].as_str().is_some_and(|text| text.starts_with("long long ")), "its beginning stays");
    let letter = dead_letters(&folder).expect("they can be read").next().expect("there is one");
    assert_eq!((letter.id.as_deref(), letter.status), (Some(ids[8].as_str()), Some(413)));
}

/// A proxy that takes no body above `most` bytes, as proxies do that nobody configured.
fn limited(target: &Url, most: usize) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let target = target.socket_addrs(|| None).expect("it has an address")[0];
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A thread each: clients keep connections that they don't use. What fails here is a request that fails; the
            // test says so.
            std::thread::spawn(move || pass_on(stream, target, most));
        }
    });
    address.parse().expect("it is a URL")
}

/// Passes one request on, and closes.
fn pass_on(stream: TcpStream, target: std::net::SocketAddr, most: usize) -> std::io::Result<()> {
    let mut client = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        client.read_line(&mut line)?;
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(std::io::Error::other)?;
        }
        if line == "\r\n" || line.is_empty() {
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    if length > most {
        return stream.write_all(b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    }
    let mut server = TcpStream::connect(target)?;
    write!(server, "{head}connection: close\r\n\r\n")?;
    server.write_all(&body)?;
    std::io::copy(&mut server, &mut stream).map(|_| ())
}

fn two_drainers_at_once_send_everything_once(world: &World) {
    let spool = Spool::new();
    let ids: Vec<String> = (0..6).flat_map(|_| spool.run(400, |_, _| {}).1).collect();
    let figures = std::thread::scope(|scope| {
        let drain = || {
            world.drain_with(&spool, |_, options| {
                options.control = Control::new(Phase::Going, Patience::Endless).1;
                options.ship.batch_documents = 50;
            })
        };
        let both = [scope.spawn(drain), scope.spawn(drain)];
        both.map(|drainer| drainer.join().expect("it does not panic").0)
    });
    let sum = |of: fn(&canarytrace::elastic::ship::DeliveryFigures) -> u64| figures.iter().map(of).sum::<u64>();
    assert_eq!((sum(|figures| figures.sent), sum(|figures| figures.duplicates)), (2_400, 0), "{figures:#?}");
    assert!(figures.iter().all(canarytrace::elastic::ship::DeliveryFigures::is_delivered), "{figures:#?}");
    let stored = world.ids();
    assert!(ids.iter().all(|id| stored.contains(id)));
    assert_eq!(stored.len(), ids.len() + 6, "and a delivery document a run");
}

fn the_tool_sends_what_is_left_and_says_how_it_went(world: &World) {
    let spool = Spool::new();
    let (_, ids) = spool.run(20, |_, _| {});
    // On a busy machine the first request takes long: its data stream is made.
    let ship = || world.options(tool().env("CANARYTRACE_DATA", spool.data()).env("ELASTIC_TIMEOUT", "1m").arg("ship"));
    let planned = ship().arg("--dry-run").run();
    assert_eq!(planned.code, Some(0), "{planned:#?}");
    assert!(planned.stdout.contains("20 documents of 1 runs would be sent"), "{planned:#?}");
    assert!(world.ids().is_empty());

    let nobody = ship().env("ELASTIC_CLUSTER", "http://127.0.0.1:9/").run();
    assert_eq!(nobody.code, Some(1), "{nobody:#?}");
    assert!(nobody.stdout.contains("20 documents are left"), "{nobody:#?}");
    assert!(nobody.stderr.contains("the cluster does not answer"), "{nobody:#?}");

    let unnamed = ship().env("ELASTIC_CLUSTER", "").run();
    assert_eq!(unnamed.code, Some(2), "{unnamed:#?}");

    let sent = ship().arg("--drain").run();
    assert_eq!(sent.code, Some(0), "{sent:#?}");
    assert!(sent.stdout.contains("20 sent, 0 duplicates, 0 retried, 0 dead, 0 left"), "{sent:#?}");
    assert_eq!(world.ids().len(), ids.len() + 1);
}
