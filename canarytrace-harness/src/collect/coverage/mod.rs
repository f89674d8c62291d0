//! Dataset `coverage-audit`: how much of each script and style sheet a page used.

mod css;
mod document;
mod js;
mod ranges;
mod widths;

pub use css::{UsedRule, used_by_rules};
pub use document::{documents, figures};
pub use js::{BlockRange, used_by_blocks};
pub use ranges::Ranges;
pub use widths::Widths;
