//! Dataset `coverage-audit`: how much of each script and style sheet the page used.

use super::document::{Mapping, document};

document! {
    /// How much of a script or style sheet the page used (`COVERAGE_AUDIT=allow`).
    pub struct CoverageAudit = "coverage-audit" {
        /// Address of the script or style sheet.
        url: String => "url": Mapping::TextRaw,
        /// Its size, bytes.
        total: i64 => "total": Mapping::Long,
        /// What was not used of it, bytes.
        unused: i64 => "unused": Mapping::Long,
        /// The same in percent of `total`.
        percent_unused: f64 => "percentUnused": Mapping::Double,
        /// Title of the step in which it was measured.
        test_step: Option<String> => "testStep": Mapping::TextRaw,
    }
}
