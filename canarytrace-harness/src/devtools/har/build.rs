//! From messages to a HAR file.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::entry::{Clock, Draft, draft, millis, whole};
use super::model::{Chunk, Creator, Entry, Har, Log};
use super::pages::{Frames, Pages};
use super::url;
use crate::devtools::exchange::{Boxed, Exchange, ExchangeOptions, Exchanges, Mixer};
use crate::devtools::protocol::Message;

/// What a HAR file holds.
#[derive(Clone, Copy, Debug)]
pub struct HarOptions {
    /// Bodies of requests (`postData`).
    pub request_bodies: bool,
    /// Bodies of responses (`content.text`), of those that the log has.
    pub response_bodies: bool,
    /// `_chunks`.
    pub chunks: bool,
}

impl Default for HarOptions {
    fn default() -> Self {
        Self { request_bodies: true, response_bodies: false, chunks: true }
    }
}

/// The HAR of messages in their order.
pub fn from_messages<'a>(messages: impl IntoIterator<Item = Message<'a>>, options: &HarOptions) -> Har<'a> {
    let mut builder = Builder::new(*options);
    for message in messages {
        builder.push(message);
    }
    builder.finish()
}

/// The HAR of exchanges. Only messages tell when pages were ready, and which frame is in which.
pub fn from_exchanges<'a>(exchanges: impl IntoIterator<Item = Exchange<'a>>, options: &HarOptions) -> Har<'a> {
    har(exchanges.into_iter().map(Box::new).collect(), &Frames::default(), *options)
}

/// Takes messages one by one and makes a HAR file of them in the end.
#[derive(Debug)]
pub struct Builder<'a> {
    options: HarOptions,
    exchanges: Exchanges<'a>,
    done: Vec<Boxed<'a>>,
    frames: Frames<'a>,
}

impl<'a> Builder<'a> {
    /// With these options.
    pub fn new(options: HarOptions) -> Self {
        let awaited = ExchangeOptions {
            await_request_bodies: options.request_bodies,
            await_response_bodies: options.response_bodies,
            ..ExchangeOptions::default()
        };
        Self { options, exchanges: Exchanges::new(awaited), done: Vec::new(), frames: Frames::default() }
    }

    /// Takes the next message.
    pub fn push(&mut self, message: Message<'a>) {
        self.frames.see(&message, self.exchanges.begun());
        self.exchanges.push(message);
        self.done.append(self.exchanges.complete());
    }

    /// All that was seen.
    pub fn finish(mut self) -> Har<'a> {
        self.done.append(&mut self.exchanges.finish_boxed());
        har(self.done, &self.frames, self.options)
    }
}

fn har<'a>(mut exchanges: Vec<Boxed<'a>>, frames: &Frames<'a>, options: HarOptions) -> Har<'a> {
    exchanges.sort_by_key(|exchange| exchange.number);
    let mut clock = Clock::default();
    for exchange in &exchanges {
        clock.see(exchange);
    }

    let mut pages = Pages::new(frames);
    let mut entries = Vec::with_capacity(exchanges.len());
    let mut connections = Vec::with_capacity(exchanges.len());
    let mut of_page = Vec::with_capacity(exchanges.len());
    let (mut local, mut nameless) = (0_u64, 0_u64);
    for mut exchange in exchanges {
        let url = exchange.request.url.text();
        if !url::is_remote(url) {
            *(if url.is_empty() { &mut nameless } else { &mut local }) += 1;
            continue;
        }
        let (page, page_started) = pages.of(&exchange);
        let chunks = if options.chunks { std::mem::take(&mut exchange.body.chunks) } else { Vec::new() };
        let Draft { mut entry, exclusive } = draft(exchange, clock, options);
        let chunk = |(at, bytes): (f64, u64)| Chunk { ts: millis((at - page_started) * 1000.0), bytes };
        entry.chunks = chunks.into_iter().map(chunk).collect();
        entries.push(entry);
        connections.push(exclusive);
        of_page.push(page);
    }
    separate(&mut entries, &connections);

    let pages = pages.finish(clock);
    for (entry, page) in entries.iter_mut().zip(of_page) {
        entry.pageref = pages.get(page).and_then(|page| Some(page.as_ref()?.id.clone()));
    }
    let mut left_out = Vec::new();
    if local > 0 {
        left_out.push(format!("{local} of data:, blob: and the like"));
    }
    if nameless > 0 {
        left_out.push(format!("{nameless} whose URL was told before the recording began"));
    }
    let comment = (!left_out.is_empty()).then(|| format!("requests that are no entries: {}", left_out.join(", ")));
    Har {
        log: Log {
            version: "1.2",
            creator: Creator { name: "Canarytrace", version: env!("CARGO_PKG_VERSION") },
            pages: pages.into_iter().flatten().collect(),
            entries,
            comment,
        },
    }
}

/// Sees to it that no two requests overlap on a connection of HTTP/1.x: of each entry the one that it had for itself.
///
/// A response ends when the browser says that it had the last byte, which it may say after it sent the next request on
/// the connection: by then the response was over.
fn separate(entries: &mut [Entry<'_>], exclusive: &[Option<i64>]) {
    let mut connections: HashMap<i64, Vec<(i64, usize)>, BuildHasherDefault<Mixer>> = HashMap::default();
    for (at, (entry, connection)) in entries.iter().zip(exclusive).enumerate() {
        if let Some(connection) = connection {
            let timings = &entry.timings;
            let before = [timings.blocked, timings.dns, timings.connect].map(|ms| ms.max(0.0)).iter().sum();
            connections.entry(*connection).or_default().push((entry.started_date_time.0 + micros(before), at));
        }
    }
    for uses in connections.values_mut() {
        uses.sort_unstable();
        // Once a use is not told apart from the one before, the next is compared with that one.
        let mut last: Option<usize> = None;
        for (sent, at) in uses.iter().copied() {
            if let Some(before) = last.and_then(|last| entries.get_mut(last)) {
                let (started, timings) = (before.started_date_time.0, &mut before.timings);
                let over = started + micros(timings.sum()) - sent;
                if over > 0 {
                    timings.receive = millis_of(micros(timings.receive).saturating_sub(over).max(0));
                    before.time = timings.sum();
                }
                if started + micros(timings.sum()) > sent {
                    // Before it was answered: they can't have had one connection. Ids begin anew with another browser.
                    if let Some(entry) = entries.get_mut(at) {
                        entry.connection = None;
                    }
                    continue;
                }
            }
            last = Some(at);
        }
    }
}

fn micros(ms: f64) -> i64 {
    whole(ms * 1000.0)
}

#[expect(clippy::cast_precision_loss, reason = "exact below 285 years")]
fn millis_of(micros: i64) -> f64 {
    micros as f64 / 1000.0
}
