//! Elements that move, are covered, are replaced, come and go.

use super::{Practice, page};

pub(super) static PAGES: &[Practice] = &[
    page!(
        "moving",
        "Moving",
        "Buttons that move for a while or forever, fade in, grow, unfold, or flee from the mouse.",
        "waiting until an element stands still before clicking it."
    ),
    page!(
        "covered",
        "Covered",
        "Buttons under overlays, a cookie banner, a sticky header; disabled, scrolled out of sight, invisible.",
        "waiting until an element can be clicked, and saying what covers it."
    ),
    page!(
        "detach",
        "Detached",
        "Buttons that are replaced by equal ones: all the time, on hover, at the first contact, at mousedown.",
        "clicking what is found again and again, without a flake."
    ),
    page!(
        "appear",
        "Appearing",
        "What appears, disappears, is shown, hidden, changed, counted up, after some time.",
        "waiting for a condition and not for a time."
    ),
    page!(
        "paints",
        "Painting",
        "A white window that is filled strip by strip, at the times in its query.",
        "how the filmstrip and Speed Index see a page."
    )
    .bare(),
];
