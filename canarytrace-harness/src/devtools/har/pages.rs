//! Which page an entry belongs to.
//!
//! A page is a document that was loaded into the root frame of a tab. What its frames, their frames and its workers ask
//! for belongs to it. All this is resolved when all messages were seen: a frame may be told of before its parent is.

use super::entry::{Clock, millis};
use super::model::{Date, Page, PageTimings};
use super::url;
use crate::devtools::exchange::{ById, Exchange};
use crate::devtools::protocol::{Event, Message, Text};

/// Deeper frames than in any page: what is deeper is a circle.
const MAX_DEPTH: usize = 100;

/// What the messages tell of frames and pages.
#[derive(Debug, Default)]
pub(super) struct Frames<'a> {
    parents: ById<'a, Text<'a>>,
    /// The frame that a session belongs to.
    sessions: ById<'a, Text<'a>>,
    marks: Vec<Mark<'a>>,
}

/// Something that happened before the exchange of this number began.
#[derive(Debug)]
struct Mark<'a> {
    before: u64,
    kind: MarkKind<'a>,
}

#[derive(Debug)]
enum MarkKind<'a> {
    /// A frame loads.
    Loads(Text<'a>),
    /// A frame has another URL without having loaded.
    Moved(Text<'a>, Text<'a>),
    /// `DOMContentLoaded` or `load` of a session's document.
    Ready { session: Option<Text<'a>>, at: f64, load: bool },
}

impl<'a> Frames<'a> {
    /// Takes what a message tells; `begun` exchanges began before it.
    pub(super) fn see(&mut self, message: &Message<'a>, begun: u64) {
        let kind = match &message.event {
            Event::FrameAttached(event) => {
                return self.parent(event.frame_id.get(), event.parent_frame_id.get());
            }
            Event::FrameNavigated(event) => {
                let Some(frame) = event.frame.get() else { return };
                return self.parent(frame.id.get(), frame.parent_id.get());
            }
            Event::AttachedToTarget(event) => {
                let (Some(session), Some(info)) = (event.session_id.get(), event.target_info.get()) else { return };
                let frame = match info.kind.text() {
                    "page" | "iframe" => info.target_id.get(),
                    _ => info.parent_frame_id.get(),
                };
                let around = message.session_id.as_ref().and_then(|session| self.sessions.get(session));
                let frame = frame.or(around).cloned();
                if info.kind.text() == "iframe" {
                    self.parent(info.target_id.get(), info.parent_frame_id.get());
                }
                self.sessions.extend(frame.map(|frame| (session.clone(), frame)));
                return;
            }
            Event::FrameStartedLoading(event) => event.frame_id.get().cloned().map(MarkKind::Loads),
            Event::FrameRequestedNavigation(event) => event.frame_id.get().cloned().map(MarkKind::Loads),
            Event::NavigatedWithinDocument(event) => event
                .frame_id
                .get()
                .cloned()
                .zip(event.url.get().cloned())
                .map(|(frame, url)| MarkKind::Moved(frame, url)),
            Event::LoadEventFired(event) => {
                let session = message.session_id.clone();
                event.timestamp.number().map(|at| MarkKind::Ready { session, at, load: true })
            }
            Event::DomContentEventFired(event) => {
                let session = message.session_id.clone();
                event.timestamp.number().map(|at| MarkKind::Ready { session, at, load: false })
            }
            _ => return,
        };
        self.marks.extend(kind.map(|kind| Mark { before: begun, kind }));
    }

    fn parent(&mut self, frame: Option<&Text<'a>>, parent: Option<&Text<'a>>) {
        if let (Some(frame), Some(parent)) = (frame, parent)
            && frame != parent
        {
            self.parents.insert(frame.clone(), parent.clone());
        }
    }

    fn root<'f>(&'f self, frame: &'f Text<'a>) -> &'f Text<'a> {
        let mut root = frame;
        for _ in 0..MAX_DEPTH {
            let Some(parent) = self.parents.get(root) else { break };
            root = parent;
        }
        root
    }
}

/// Distributes exchanges, in the order in which they began.
#[derive(Debug)]
pub(super) struct Pages<'a, 'f> {
    frames: &'f Frames<'a>,
    marks: std::slice::Iter<'f, Mark<'a>>,
    drafts: Vec<Draft<'a>>,
    /// The page that a root frame shows.
    current: ById<'a, usize>,
    /// The page of a document.
    loaders: ById<'a, usize>,
}

#[derive(Debug)]
struct Draft<'a> {
    title: Option<Text<'a>>,
    /// Its document was not asked for yet.
    expects_document: bool,
    /// When its first request was made.
    started: Option<f64>,
    timings: [Option<f64>; 2],
}

impl<'a, 'f> Pages<'a, 'f> {
    pub(super) fn new(frames: &'f Frames<'a>) -> Self {
        let (current, loaders) = (ById::default(), ById::default());
        Self { frames, marks: frames.marks.iter(), drafts: Vec::new(), current, loaders }
    }

    /// The page of an exchange, by its number from 0, and when this page began.
    pub(super) fn of(&mut self, exchange: &Exchange<'a>) -> (usize, f64) {
        self.pass_marks(exchange.number);
        let frames = self.frames;
        let session = exchange.session_id.as_ref().and_then(|session| frames.sessions.get(session));
        let frame = exchange.frame_id.as_ref().or(session);
        let root = frame.map(|frame| frames.root(frame));
        let is_root = exchange.frame_id.as_ref() == root;
        let begins = is_root && exchange.redirects_before == 0 && exchange.resource_type == "Document";
        let known = exchange.loader_id.as_ref().and_then(|loader| self.loaders.get(loader)).copied();
        let page = match (known, root) {
            (Some(page), _) => page,
            (None, Some(root)) => match self.current.get(root).copied() {
                Some(page) if !begins || self.drafts[page].expects_document => page,
                _ => self.add(root.clone(), None, begins),
            },
            (None, None) if self.drafts.is_empty() => self.add(Text::default(), None, false),
            (None, None) => self.drafts.len() - 1,
        };
        if let Some(loader) = &exchange.loader_id {
            self.loaders.entry(loader.clone()).or_insert(page);
        }
        let draft = &mut self.drafts[page];
        if begins || draft.started.is_none() {
            draft.expects_document = false;
        }
        let started = *draft.started.get_or_insert(exchange.request_at);
        if draft.title.is_none() {
            let request = &exchange.request;
            let url = request.url.get().map(|url| url::escaped(url, request.url_fragment.text()));
            // What the page asked for is not the page.
            draft.title =
                if begins || exchange.document_url.is_empty() { url } else { Some(exchange.document_url.clone()) };
        }
        (page, started)
    }

    /// The pages, all of which have entries but those for which the result has none.
    pub(super) fn finish(mut self, clock: Clock) -> Vec<Option<Page<'a>>> {
        self.pass_marks(u64::MAX);
        let mut number = 0;
        let pages = self.drafts.into_iter().map(|draft| {
            let started = draft.started?;
            number += 1;
            let [content, load] = draft.timings;
            Some(Page {
                id: format!("page_{number}"),
                started_date_time: Date(clock.micros(started)),
                title: draft.title.unwrap_or_default(),
                page_timings: PageTimings { on_content_load: content, on_load: load },
            })
        });
        pages.collect()
    }

    fn add(&mut self, root: Text<'a>, title: Option<Text<'a>>, expects_document: bool) -> usize {
        self.drafts.push(Draft { title, expects_document, started: None, timings: [None; 2] });
        self.current.insert(root, self.drafts.len() - 1);
        self.drafts.len() - 1
    }

    fn pass_marks(&mut self, number: u64) {
        while let Some(mark) = self.marks.as_slice().first().filter(|mark| mark.before <= number) {
            self.marks.next();
            match &mark.kind {
                MarkKind::Loads(frame) => {
                    let root = self.frames.root(frame);
                    if !self.current.contains_key(root) {
                        self.add(root.clone(), None, true);
                    }
                }
                MarkKind::Moved(frame, url) => {
                    let root = self.frames.root(frame);
                    if !self.current.contains_key(root) {
                        self.add(root.clone(), Some(url.clone()), false);
                    }
                }
                MarkKind::Ready { session, at, load } => {
                    let frame = session.as_ref().and_then(|session| self.frames.sessions.get(session));
                    let page = match frame {
                        // Frames of other processes have a `load` of their own.
                        Some(frame) if self.frames.root(frame) != frame => None,
                        Some(frame) => self.current.get(frame).copied(),
                        None => self.drafts.len().checked_sub(1),
                    };
                    let Some(page) = page.and_then(|page| self.drafts.get_mut(page)) else { continue };
                    if let Some(started) = page.started.filter(|started| at >= started) {
                        page.timings[usize::from(*load)] = Some(millis((at - started) * 1000.0));
                    }
                }
            }
        }
    }
}
