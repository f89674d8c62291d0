//! The options as a table of the README.

use std::fmt::Write as _;

use super::options::{Fallback, OPTIONS};

/// All options as Markdown, one table a group.
pub fn options_table() -> String {
    let mut markdown = String::new();
    let mut group = "";
    for option in OPTIONS {
        if option.group != group {
            let gap = if group.is_empty() { "" } else { "\n" };
            group = option.group;
            let head = "| variable | key in the file | meaning | default |\n| --- | --- | --- | --- |";
            // Writing to a String can't fail.
            let _ = writeln!(markdown, "{gap}**{group}**\n\n{head}");
        }
        let default = match option.fallback {
            Fallback::Text(text) => format!("`{text}`"),
            Fallback::Unset(words) | Fallback::Computed(_, words) => words.to_owned(),
        };
        let key = if option.in_file() { format!("`{}`", option.key()) } else { String::new() };
        let _ = writeln!(markdown, "| `{}` | {key} | {} | {default} |", option.env, option.doc.replace('|', "\\|"));
    }
    markdown
}
