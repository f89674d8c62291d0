//! Dataset `coverage-audit`: how much of each script and style sheet the page used.

use super::document::{Mapping, document};

document! {
    /// How much of a script or style sheet a page used from when it was loaded to the end of the step, or to when it was
    /// left (`COVERAGE_AUDIT=allow`).
    pub struct CoverageAudit = "coverage-audit" {
        /// Address of the script or style sheet. What stands in a document itself has the document's, all of a kind
        /// together.
        url: String => "url": Mapping::TextRaw,
        /// `js` or `css`.
        kind: &'static str => "kind": Mapping::Keyword,
        /// The page that used it.
        page: String => "page": Mapping::TextRaw,
        /// Size of its text, uncompressed, bytes of UTF-8.
        total: i64 => "total": Mapping::Long,
        /// What was not used of it, bytes.
        unused: i64 => "unused": Mapping::Long,
        /// The same in percent of `total`.
        percent_unused: f64 => "percentUnused": Mapping::Double,
        /// Whether the sizes are bytes: texts beyond ASCII that are very large are counted in UTF-16 units, and so is
        /// every text that the browser did not hand out.
        is_exact: bool => "exact": Mapping::Boolean,
        /// Title of the step in which it was measured.
        test_step: Option<String> => "testStep": Mapping::TextRaw,
    }
}
