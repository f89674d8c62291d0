//! Everything that is filled in or chosen, and how it is found.

use super::{Practice, page};

pub(super) static PAGES: &[Practice] = &[
    page!(
        "inputs",
        "Inputs",
        "Fields that reformat, are controlled or rebuilt while one types; limits, texts, read-only, disabled, events.",
        "filling in fields that change what is typed."
    ),
    page!(
        "choices",
        "Choices",
        "Checkboxes, radio buttons, selects, listbox, combobox, tabs; of the browser and drawn by the page.",
        "checking and selecting."
    ),
    page!(
        "dates",
        "Dates",
        "Date, time, month, week, colour and range fields of the browser, a calendar of a script, a typed date.",
        "filling in dates and the like."
    ),
    page!(
        "leaves",
        "Leaves while typing",
        "Fields that send the page elsewhere at the third character or on focus, and a page that leaves by itself.",
        "a page that navigates during an action."
    ),
    page!(
        "locators",
        "Locators",
        "Fields by label, placeholder, title; buttons by content, alt, value; roles, test ids, texts.",
        "finding an element in every way there is."
    ),
    page!(
        "similar",
        "Similar",
        "Pay now, pay later; twins; a hidden double; rows with the same buttons.",
        "being told what else there is when a locator finds nothing, or too much."
    ),
];
