//! Mouse, drag and drop, scrolling and keys.

use super::{Practice, page};

pub(super) static PAGES: &[Practice] = &[
    page!(
        "mouse",
        "Mouse",
        "Double, right, middle and modified clicks, a hover menu, a tooltip, press and hold.",
        "every kind of click and hover."
    ),
    page!(
        "drag",
        "Drag and drop",
        "HTML5 drag and drop, sortable lists, a slider, a square that moves freely.",
        "dragging by HTML5 events, pointer events and mouse events."
    ),
    page!(
        "scroll",
        "Scrolling",
        "A long page and boxes that show where they are scrolled to, and terms to be read to the end.",
        "scrolling the page and what is in it."
    ),
    page!(
        "keys",
        "Keys",
        "Shows keys with their modifiers, shortcuts, focus, arrow keys in a menu, selected text.",
        "pressing keys."
    ),
];
