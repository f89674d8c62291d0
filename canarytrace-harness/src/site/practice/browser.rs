//! What the browser keeps and allows.

use super::{Practice, page};

pub(super) static PAGES: &[Practice] = &[];
