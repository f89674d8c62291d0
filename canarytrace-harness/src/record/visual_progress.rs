//! Dataset `visual-progress`: how a page came to look as it does.

use super::document::{Mapping, document};

document! {
    /// How a page came to look as it does, one document a page load (`CANARYTRACE_VISUAL_PROGRESS`). Times run from the
    /// start of the navigation.
    pub struct VisualProgress = "visual-progress" {
        /// The page.
        url: String => "url": Mapping::TextRaw,
        /// The first picture that is not white, ms.
        first_visual_change: Option<f64> => "firstVisualChange": Mapping::Double,
        /// The last picture that differs from the one before, ms.
        last_visual_change: Option<f64> => "lastVisualChange": Mapping::Double,
        /// Speed Index: the area above the curve of visual completeness, ms.
        speed_index: Option<f64> => "speedIndex": Mapping::Double,
        /// When 85 % of the last picture were to be seen, ms.
        visually_complete85: Option<f64> => "visuallyComplete85": Mapping::Double,
        /// When 95 % were, ms.
        visually_complete95: Option<f64> => "visuallyComplete95": Mapping::Double,
        /// When 99 % were, ms.
        visually_complete99: Option<f64> => "visuallyComplete99": Mapping::Double,
        /// When all of it was, ms.
        visually_complete: Option<f64> => "visuallyComplete": Mapping::Double,
        /// Pictures that the browser drew of the page load.
        frames: u64 => "frames": Mapping::Long,
        /// Title of the step in which it was opened.
        test_step: Option<String> => "testStep": Mapping::TextRaw,
    }
}
