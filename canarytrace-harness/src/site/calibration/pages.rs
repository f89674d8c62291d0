//! The calibration pages, each a whole document.

use std::net::SocketAddr;

use super::answers;
use crate::site::html::{Markup, html};

/// A calibration page.
#[derive(Debug)]
pub struct CalibrationPage {
    /// Its path below `/calibration/`.
    pub slug: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What happens on it, and when.
    pub does: &'static str,
    content: &'static str,
    /// Whether what it is for is not shown: text would be painted, and that is measured.
    silent: bool,
}

macro_rules! page {
    ($slug:literal, $title:literal, $does:literal, silent = $silent:literal) => {
        CalibrationPage {
            slug: $slug,
            title: $title,
            does: $does,
            content: include_str!(concat!("pages/", $slug, ".html")),
            silent: $silent,
        }
    };
}

/// All of them.
pub const CALIBRATION_PAGES: &[CalibrationPage] = &[
    page!("first-byte", "First byte", "The server answers 300 ms after it was asked.", silent = false),
    page!("late-font", "Late font", "All text waits for a font, which the server sends at 600 ms.", silent = true),
    page!(
        "late-image",
        "Late image",
        "All is hidden until 400 ms. The largest thing, an image of 300x225, comes at 800 ms.",
        silent = false
    ),
    page!("long-task", "Long task", "After the first paint, one task takes 120 ms.", silent = false),
    page!(
        "layout-shift",
        "Layout shift",
        "What fills the viewport shifts by 0.10 and 0.05 of its longer side, and more than a second later by 0.05.",
        silent = true
    ),
    page!("interaction", "Interaction", "Who handles a click on the button blocks for 200 ms.", silent = false),
    page!(
        "bytes",
        "Bytes",
        "Two answers with the same text of 50,000 bytes, one as it is and one as gzip, with heads of known sizes.",
        silent = false
    ),
    page!(
        "coverage",
        "Coverage",
        "A script with a used function in an unused block of a used function, and a style sheet.",
        silent = false
    ),
    page!("refused", "Refused", "A request to a port of this machine that nobody can listen on.", silent = false),
    page!(
        "frames",
        "Frames",
        "The left half of the page gets black at 500 ms, the right one at 1000 ms.",
        silent = true
    ),
];

/// What all pages share.
const SCRIPT: &str = include_str!("calibration.js");

impl CalibrationPage {
    /// The path of the page.
    pub fn path(&self) -> String {
        format!("/calibration/{}", self.slug)
    }

    /// The document. `raw` is where answers are written as they stand, if that is known.
    pub(super) fn document(&self, raw: Option<SocketAddr>) -> Markup {
        let origin = |address: Option<SocketAddr>| address.map(|address| format!("http://{address}"));
        let hidden = self.silent.then(|| Markup::of_ours(" hidden"));
        html!(
            r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title} – Calibration</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<script>
{script}</script>
</head>
<body>
<template data-raw="{raw}" data-closed="{closed}"></template>
{content}<p data-test="page-purpose"{hidden}><strong>What this page is for:</strong> {does}</p>
</body>
</html>
"#,
            title = self.title,
            script = Markup::of_ours(SCRIPT),
            raw = origin(raw),
            closed = origin(answers::closed()),
            content = Markup::of_ours(self.content),
            hidden,
            does = self.does,
        )
    }
}
