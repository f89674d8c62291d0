//! Pages to practise on: what a monitor meets in browsers and pages, one page a subject, and the page that lists them.
//!
//! A page is an HTML fragment and a script in `pages`, and one entry in the file of its group. What a page does at its
//! own time is set by its query, in ms; nothing is random.

mod apps;
mod browser;
mod coverage;
mod files;
mod forms;
mod index;
mod many;
mod pointer;
mod recording;
mod socket;
mod timing;
mod vitals;
mod windows;

pub(super) use index::{assets, routes};

use crate::site::assets::Asset;
use crate::site::html::Markup;

/// A page to practise on.
#[derive(Debug)]
struct Practice {
    /// Its path below `/practice/`.
    slug: &'static str,
    /// Its heading.
    title: &'static str,
    /// What is on it.
    does: &'static str,
    /// What a monitor can practise there.
    purpose: &'static str,
    /// What stands below the heading.
    content: &'static str,
    /// What makes it do what it does.
    script: Asset,
    /// Whether it is a document for a frame or a popup.
    bare: bool,
    /// What the query asks for, below the rest.
    more: Option<fn(query: &str) -> Markup>,
}

impl Practice {
    const fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    const fn with(mut self, more: fn(query: &str) -> Markup) -> Self {
        self.more = Some(more);
        self
    }
}

/// A [`Practice`] whose HTML and script are `pages/<slug>.html` and `pages/<slug>.js`.
macro_rules! page {
    ($slug:literal, $title:literal, $does:literal, $purpose:literal $(,)?) => {
        crate::site::practice::Practice {
            slug: $slug,
            title: $title,
            does: $does,
            purpose: $purpose,
            content: include_str!(concat!("pages/", $slug, ".html")),
            script: crate::site::assets::Asset::script(
                concat!("practice/", $slug, ".js"),
                include_str!(concat!("pages/", $slug, ".js")),
            ),
            bare: false,
            more: None,
        }
    };
}
use page;
