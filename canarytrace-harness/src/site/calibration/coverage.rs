//! A script and a style sheet of which we know what the page `coverage` uses.
//!
//! They are put together from pieces that are used and pieces that are not, so their sums are the truth.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::site::session::Site;

/// A piece of a file.
enum Piece {
    Used(&'static str),
    Unused(&'static str),
}
use Piece::{Unused, Used};

/// A block that a `return` makes unreachable is no use of it, but for the function in it that is hoisted and called:
/// where ranges of V8's block coverage lie in each other, the innermost counts.
const SCRIPT: &[Piece] = &[
    Used("function outer(flag) {\n  const result = inner();\n  if (flag) "),
    Unused("{\n    never();\n  }"),
    Used("\n  return result;"),
    Unused("\n  never();\n  "),
    Used("function inner() {\n    return 1;\n  }"),
    Unused("\n  never();\n  "),
    Unused("function never() {\n    function deeper() {\n      return 2;\n    }\n    return deeper();\n  }"),
    Unused("\n"),
    Used("}\nouter(false);\n"),
    Unused("function unused(list) {\n  return list.map((item) => item + 1);\n}"),
    Used("\n"),
];

/// What is used of a style sheet are its rules that fit something, from selector to brace.
const STYLE: &[Piece] = &[
    Unused("/* Not a rule. */\n"),
    Used("body {\n  margin: 16px;\n}"),
    Unused("\n\n"),
    Used("h1,\n.unmatched {\n  color: rgb(20, 60, 20);\n}"),
    Unused("\n\n.unmatched > p {\n  color: red;\n}\n\n@media print {\n  h1 {\n    color: black;\n  }\n}\n"),
];

/// Size of the script, bytes.
pub(super) const SCRIPT_TOTAL: u32 = size(SCRIPT, true) + SCRIPT_UNUSED;
/// What the page doesn't use of it, bytes.
pub(super) const SCRIPT_UNUSED: u32 = size(SCRIPT, false);
/// Size of the style sheet, bytes.
pub(super) const STYLE_TOTAL: u32 = size(STYLE, true) + STYLE_UNUSED;
/// What the page doesn't use of it, bytes.
pub(super) const STYLE_UNUSED: u32 = size(STYLE, false);

/// The size of the pieces that are used, or of the others; all are ASCII, so characters are bytes.
const fn size(pieces: &[Piece], used: bool) -> u32 {
    let mut size = 0;
    let mut number = 0;
    while number < pieces.len() {
        let (text, is_used) = match pieces[number] {
            Used(text) => (text, true),
            Unused(text) => (text, false),
        };
        assert!(text.is_ascii() && text.len() < 10_000);
        if is_used == used {
            #[expect(clippy::cast_possible_truncation, reason = "it was just looked at")]
            let length = text.len() as u32;
            size += length;
        }
        number += 1;
    }
    size
}

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/coverage.js", get(async || file("text/javascript", SCRIPT)))
        .route("/coverage.css", get(async || file("text/css", STYLE)))
}

fn file(content_type: &'static str, pieces: &[Piece]) -> Response {
    let text: String = pieces
        .iter()
        .map(|piece| match piece {
            Used(text) | Unused(text) => *text,
        })
        .collect();
    ([(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, content_type)], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::testing::{Client, TestSite};

    #[tokio::test]
    async fn the_files_are_as_large_as_they_are_said_to_be() {
        let site = TestSite::start();
        let client = Client::new(&site);
        for (path, total, unused) in [
            ("/calibration/coverage.js", SCRIPT_TOTAL, SCRIPT_UNUSED),
            ("/calibration/coverage.css", STYLE_TOTAL, STYLE_UNUSED),
        ] {
            let (status, body) = client.get_bytes(path).await;
            assert_eq!((status, body.len()), (200, total as usize), "{path}");
            assert!(0 < unused && unused < total, "{path}");
        }
    }
}
