//! Which pages are shown in which windows, and when each is over.

use std::collections::{HashMap, VecDeque};

use uuid::Uuid;

use super::view::Page;
use crate::collect::timeline::{Batch, Entry};
use crate::record::Vitals;

/// How many documents that are over are remembered: what they tell afterwards is of no page.
const MOST_OVER: usize = 1000;

/// The step in which something was, and the titles of suite and step.
#[derive(Clone, Debug, Default)]
pub(in crate::collect) struct Within {
    pub(in crate::collect) step: Option<Uuid>,
    pub(in crate::collect) full_title: Option<String>,
}

/// What is known of a page that is over.
#[derive(Debug)]
pub(in crate::collect) struct Finished {
    pub(in crate::collect) url: String,
    /// Where it began.
    pub(in crate::collect) within: Within,
    /// The entry of its navigation, if that never came to its end, so that the browser never gave it.
    pub(in crate::collect) navigation: Option<Entry>,
    /// Vitals of its load and of the soft navigations in it, each with the step in which that began.
    pub(in crate::collect) vitals: Vec<(Option<Uuid>, Vitals)>,
}

/// The pages that are open, by the sessions of their windows.
#[derive(Debug, Default)]
pub(in crate::collect) struct Pages {
    open: HashMap<String, Page>,
    over: VecDeque<String>,
}

impl Pages {
    /// Takes what a document tells. Gives the vitals of the page that it replaces.
    pub(in crate::collect) fn take(&mut self, session: &str, batch: &Batch, within: &Within) -> Option<Finished> {
        let restored = batch.because == "restored";
        let is_current = self.open.get(session).is_some_and(|page| page.document() == batch.document);
        if is_current && !restored {
            if let Some(page) = self.open.get_mut(session) {
                page.take(batch, within);
            }
            return None;
        }
        if self.over.contains(&batch.document) && !restored {
            return None;
        }
        let finished = self.end(session, "left");
        self.over.retain(|over| *over != batch.document);
        let mut page = Page::new(batch, within.clone());
        page.take(batch, within);
        self.open.insert(session.to_owned(), page);
        finished
    }

    /// The page of a window is over.
    pub(in crate::collect) fn end(&mut self, session: &str, ended: &'static str) -> Option<Finished> {
        let page = self.open.remove(session)?;
        self.over.push_back(page.document().to_owned());
        if self.over.len() > MOST_OVER {
            self.over.pop_front();
        }
        Some(page.finish(ended))
    }

    /// All pages are over.
    pub(in crate::collect) fn end_all(&mut self, ended: &'static str) -> Vec<Finished> {
        // In an order that a replay has too.
        let mut sessions: Vec<String> = self.open.keys().cloned().collect();
        sessions.sort();
        sessions.iter().filter_map(|session| self.end(session, ended)).collect()
    }
}
