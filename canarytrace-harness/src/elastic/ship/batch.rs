//! Documents that are sent together: read from the files of one folder, in bounded memory.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;

use super::super::bulk::key;
use super::dead_letters::Refusal;
use crate::spool::Progress;

/// How much is read at once.
const CHUNK: usize = 256 * 1024;

/// Some documents of one folder.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Their lines, without newlines between them.
    text: Vec<u8>,
    pub(super) items: Vec<Item>,
    /// The datasets that they are of.
    pub(super) datasets: Vec<Part>,
}

/// What a batch has of one dataset.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) dataset: String,
    /// The end of its last document in the file.
    pub(super) end: u64,
}

/// One line.
#[derive(Debug)]
pub(super) struct Item {
    /// Position in [`Batch::datasets`].
    pub(super) part: usize,
    /// Empty for a line that is no document.
    pub(super) id: String,
    /// Where its text lies in the batch.
    line: Range<usize>,
    /// The end of its line in the file.
    pub(super) end: u64,
    /// When it was made, ms since the epoch.
    pub(super) made: Option<i64>,
    /// Its text when it had to be cut.
    pub(super) shortened: Option<Vec<u8>>,
    /// Whether it may be in the cluster without our knowing.
    pub(super) unsure: bool,
    /// How often it was sent.
    pub(super) sent: u32,
    pub(super) failures: Failures,
    pub(super) state: State,
}

/// How often the cluster failed at a document.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// In a row; once it is [`Self::alone`], since then.
    pub(super) times: u32,
    /// Meanwhile the cluster took another document of the same data stream: what is wrong is the document.
    pub(super) alone: bool,
    /// The last one spoke of this document, and not of a request as a whole.
    pub(super) of_item: bool,
    /// What the cluster said the last time.
    pub(super) last: Option<Refusal>,
}

impl Failures {
    /// Once more.
    pub(super) fn add(&mut self, refusal: Refusal, of_item: bool) {
        self.times += 1;
        self.of_item = of_item;
        self.last = Some(refusal);
    }

    /// Another document of the same data stream was taken.
    pub(super) fn another_was_taken(&mut self) {
        if self.times > 0 && !self.alone {
            // What failed before may have been trouble of the cluster.
            self.times = 0;
            self.alone = true;
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is still to be sent.
    Pending,
    /// Its line is no document, for this reason; that is still to be noted.
    Bad(String),
    /// The cluster has it, or it lies in the dead letters.
    Done,
    /// Its dataset can't be sent now.
    Held,
}

/// How much a batch may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) documents: usize,
    pub(super) bytes: usize,
    /// A longer line is no document to be sent.
    pub(super) longest: usize,
}

impl Batch {
    /// The text of an item as it is to be sent.
    pub(super) fn text<'a>(&'a self, item: &'a Item) -> &'a [u8] {
        item.shortened.as_deref().unwrap_or(&self.text[item.line.clone()])
    }

    /// The text of an item as it lies in the spool.
    pub(super) fn original(&self, item: &Item) -> &[u8] {
        &self.text[item.line.clone()]
    }

    pub(super) fn dataset(&self, item: &Item) -> &str {
        &self.datasets[item.part].dataset
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    pub(super) fn is_full(&self, room: Room) -> bool {
        self.items.len() >= room.documents || self.text.len() >= room.bytes
    }

    /// Adds a document that does not come from a file.
    pub(super) fn push(&mut self, dataset: &str, id: String, document: &[u8]) {
        let part = self.part(dataset);
        let start = self.text.len();
        self.text.extend_from_slice(document);
        let line = start..self.text.len();
        self.items.push(Item {
            part,
            id,
            line,
            end: 0,
            made: None,
            shortened: None,
            unsure: false,
            sent: 0,
            failures: Failures::default(),
            state: State::Pending,
        });
    }

    fn part(&mut self, dataset: &str) -> usize {
        self.datasets.iter().position(|part| part.dataset == dataset).unwrap_or_else(|| {
            self.datasets.push(Part { dataset: dataset.to_owned(), end: 0 });
            self.datasets.len() - 1
        })
    }

    /// Adds whole lines of a dataset's file behind what was acknowledged, as many as there is room for; one line at least
    /// when the batch is empty.
    pub(super) fn fill(&mut self, dataset: &str, file: &File, progress: Progress, room: Room) -> io::Result<()> {
        let mut at = progress.acknowledged;
        // Bytes behind the last whole line, which stay in `text` until their newline is found.
        let mut open = self.text.len();
        let mut looked_at = open;
        loop {
            if self.items.len() >= room.documents {
                break;
            }
            if let Some(newline) = memchr::memchr(b'\n', &self.text[looked_at..]) {
                let line = open..looked_at + newline;
                // The first line of a batch may be of any length.
                if line.end > room.bytes && !self.items.is_empty() {
                    break;
                }
                at += line.len() as u64 + 1;
                open = line.end + 1;
                looked_at = open;
                self.add(dataset, line, at, progress);
                continue;
            }
            looked_at = self.text.len();
            if looked_at > room.bytes && !self.items.is_empty() {
                break;
            }
            let length = looked_at - open;
            if length > room.longest {
                self.text.truncate(open);
                match end_of_line(file, at + length as u64)? {
                    Some(end) => self.add_too_long(dataset, at, end),
                    None => return Ok(()),
                }
                break;
            }
            self.text.resize(looked_at + CHUNK, 0);
            let read = loop {
                match file.read_at(&mut self.text[looked_at..], at + length as u64) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            self.text.truncate(looked_at + read.as_ref().copied().unwrap_or_default());
            if read? == 0 {
                break;
            }
        }
        self.text.truncate(open);
        Ok(())
    }

    fn add(&mut self, dataset: &str, line: Range<usize>, end: u64, progress: Progress) {
        let part = self.part(dataset);
        self.datasets[part].end = end;
        let (id, made, state) = match key(dataset, &self.text[line.clone()]) {
            Ok(key) => (key.id, key.made, State::Pending),
            Err(why) => (String::new(), None, State::Bad(why)),
        };
        let unsure = end <= progress.in_flight;
        let failures = Failures::default();
        self.items.push(Item { part, id, line, end, made, shortened: None, unsure, sent: 0, failures, state });
    }

    fn add_too_long(&mut self, dataset: &str, start: u64, end: u64) {
        let part = self.part(dataset);
        self.datasets[part].end = end;
        let why =
            format!("the line at byte {start} of {dataset}.ndjson has {} bytes: too long to be sent", end - start);
        let state = State::Bad(why);
        let line = self.text.len()..self.text.len();
        self.items.push(Item {
            part,
            id: String::new(),
            line,
            end,
            made: None,
            shortened: None,
            unsure: false,
            sent: 0,
            failures: Failures::default(),
            state,
        });
    }

    /// How far each dataset is now, beside what may be in the cluster: the position, and the end of what may be there.
    pub(super) fn progress(&self, part: usize, before: Progress) -> Progress {
        let items = || self.items.iter().filter(|item| item.part == part);
        let undone = |item: &&Item| item.state != State::Done;
        let acknowledged = items().take_while(|item| !undone(item)).last().map_or(before.acknowledged, |item| item.end);
        let there = |item: &&Item| item.unsure || item.state == State::Done;
        let may_be_there = items().rfind(there).map_or(acknowledged, |item| item.end);
        // What an earlier shipper left behind this batch stays as it is.
        let behind = if before.in_flight > self.datasets[part].end { before.in_flight } else { 0 };
        Progress { acknowledged, in_flight: may_be_there.max(acknowledged).max(behind) }
    }
}

/// Where the line ends that `from` is in the middle of: behind its newline.
fn end_of_line(file: &File, mut from: u64) -> io::Result<Option<u64>> {
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match file.read_at(&mut chunk, from) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        if read == 0 {
            return Ok(None);
        }
        if let Some(newline) = memchr::memchr(b'\n', &chunk[..read]) {
            return Ok(Some(from + newline as u64 + 1));
        }
        from += read as u64;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    const ROOM: Room = Room { documents: 1000, bytes: 1_000_000, longest: 2_000_000 };

    fn document(sequence: usize, filling: usize) -> String {
        let filling = "x".repeat(filling);
        format!(
            r#"{{"uuid":"01890000-0000-7000-8000-000000000000","attempt":1,"sequence":{sequence},"x":"{filling}"}}"#
        )
    }

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        file
    }

    fn filled(content: &[u8], acknowledged: u64, room: Room) -> Batch {
        let mut batch = Batch::default();
        let progress = Progress { acknowledged, in_flight: acknowledged };
        batch.fill("report", &file(content), progress, room).unwrap();
        batch
    }

    #[test]
    fn whole_lines_are_read_and_a_torn_one_waits() {
        let content = format!("{}\n{}\nno json\n{{\"torn", document(1, 3), document(2, 3));
        let batch = filled(content.as_bytes(), 0, ROOM);
        let ids: Vec<&str> = batch.items.iter().map(|item| item.id.as_str()).collect();
        let id = |sequence| format!("01890000-0000-7000-8000-000000000000-1-report-{sequence}");
        assert_eq!(ids, [id(1).as_str(), &id(2), ""]);
        assert_eq!(batch.text(&batch.items[1]), document(2, 3).as_bytes());
        assert!(matches!(batch.items[2].state, State::Bad(_)));
        assert_eq!(batch.datasets[0].end, content.len() as u64 - "{\"torn".len() as u64);
        let first = document(1, 3).len() as u64 + 1;
        assert_eq!(filled(content.as_bytes(), first, ROOM).items[0].id, id(2));
    }

    #[test]
    fn a_line_longer_than_the_room_goes_alone_and_one_longer_than_allowed_is_no_document() {
        let content = format!("{}\n{}\n", document(1, 2_000), document(2, 10));
        let room = Room { bytes: 500, ..ROOM };
        assert_eq!(filled(content.as_bytes(), 0, room).items.len(), 1);
        let content = format!("{}\n{}\n", document(1, 600_000), document(2, 10));
        let room = Room { longest: 300_000, ..ROOM };
        let batch = filled(content.as_bytes(), 0, room);
        assert!(matches!(&batch.items[0].state, State::Bad(why) if why.contains("too long")));
        assert_eq!(batch.items[0].end, document(1, 600_000).len() as u64 + 1);
        assert!(batch.text.is_empty());
    }

    #[test]
    fn only_what_is_done_without_a_gap_is_acknowledged() {
        let content = (1..=4).map(|sequence| document(sequence, 0) + "\n").collect::<String>();
        let mut batch = filled(content.as_bytes(), 0, ROOM);
        let end = |count: u64| count * content.len() as u64 / 4;
        let before = Progress::default();
        assert_eq!(batch.progress(0, before), before);
        batch.items[0].state = State::Done;
        batch.items[2].state = State::Done;
        assert_eq!(batch.progress(0, before), Progress { acknowledged: end(1), in_flight: end(3) });
        batch.items[3].unsure = true;
        batch.items[1].state = State::Held;
        assert_eq!(batch.progress(0, before), Progress { acknowledged: end(1), in_flight: end(4) });
        batch.items.iter_mut().for_each(|item| item.state = State::Done);
        assert_eq!(batch.progress(0, before), Progress { acknowledged: end(4), in_flight: end(4) });
        let longer = Progress { acknowledged: 0, in_flight: end(5) };
        assert_eq!(batch.progress(0, longer), Progress { acknowledged: end(4), in_flight: end(5) });
    }

    proptest! {
        #[test]
        fn batches_have_every_line_once_and_in_order_whatever_their_room(
            fillings in proptest::collection::vec(0usize..3_000, 1..30),
            documents in 1usize..10, bytes in 1usize..5_000,
        ) {
            let content = fillings.iter().enumerate().map(|(at, filling)| document(at, *filling) + "\n").collect::<String>();
            let file = file(content.as_bytes());
            let mut progress = Progress::default();
            let mut ids = Vec::new();
            let room = Room { documents, bytes, longest: 1_000_000 };
            loop {
                let mut batch = Batch::default();
                batch.fill("report", &file, progress, room).unwrap();
                ids.extend(batch.items.iter().map(|item| item.id.clone()));
                if batch.is_empty() { break; }
                prop_assert!(batch.items.len() <= documents);
                prop_assert!(batch.items.len() == 1 || batch.text.len() <= bytes + CHUNK);
                batch.items.iter_mut().for_each(|item| item.state = State::Done);
                progress = batch.progress(0, progress);
            }
            prop_assert_eq!(progress.acknowledged, content.len() as u64);
            let expected = (0..fillings.len()).map(|at| format!("01890000-0000-7000-8000-000000000000-1-report-{at}"));
            prop_assert_eq!(ids, expected.collect::<Vec<_>>());
        }
    }
}
