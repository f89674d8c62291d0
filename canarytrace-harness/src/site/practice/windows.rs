//! Dialogs, windows, frames and shadow roots.

use super::{Practice, page};

pub(super) static PAGES: &[Practice] = &[
    page!(
        "dialogs",
        "Dialogs",
        "Alert, confirm, prompt, beforeunload: at once, later, at load, two in a row; and a dialog of the page.",
        "answering dialogs, and noticing those that nobody answers."
    ),
    page!(
        "windows",
        "Windows",
        "A link into a new tab, popups, one that closes itself, messages between windows.",
        "following a journey into a new window and back."
    ),
    page!("popup", "Popup", "The document that popups show.", "being the other window of the page about windows.")
        .bare(),
    page!(
        "frames",
        "Frames",
        "Same origin, nested, another origin, srcdoc, removed, late, and one that navigates.",
        "finding and filling in what is inside of frames."
    ),
    page!("frame", "Frame", "The document that frames show: a form.", "being inside of the page about frames.").bare(),
    page!(
        "shadow",
        "Shadow DOM",
        "Open roots, nested, with slots, closed, declared in HTML, and attached late.",
        "finding what hides in shadow roots."
    ),
];
