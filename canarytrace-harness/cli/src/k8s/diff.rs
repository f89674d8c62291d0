//! The difference between two texts, as `diff -u` shows it.

use similar::{ChangeTag, TextDiff};

/// A file as it is and as it would be; nothing where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) name: &'a str,
    pub(crate) old: Option<&'a str>,
    pub(crate) new: Option<&'a str>,
}

impl Change<'_> {
    /// The difference with three lines around each change; empty when there is none.
    pub(crate) fn unified(&self, color: bool) -> String {
        if self.old == self.new {
            return String::new();
        }
        let name =
            |text: Option<&str>, side: &str| text.map_or("/dev/null".to_owned(), |_| format!("{side}/{}", self.name));
        let paint = |code: &str, line: &str| {
            if color && !code.is_empty() { format!("\x1b[{code}m{line}\x1b[0m\n") } else { format!("{line}\n") }
        };
        let mut text = paint("1", &format!("--- {}", name(self.old, "a")));
        text += &paint("1", &format!("+++ {}", name(self.new, "b")));
        let diff = TextDiff::from_lines(self.old.unwrap_or_default(), self.new.unwrap_or_default());
        for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
            text += &paint("36", &hunk.header().to_string());
            for change in hunk.iter_changes() {
                let line = change.value().trim_end_matches('\n');
                let (code, sign) = match change.tag() {
                    ChangeTag::Equal => ("", " "),
                    ChangeTag::Delete => ("31", "-"),
                    ChangeTag::Insert => ("32", "+"),
                };
                text += &paint(code, &format!("{sign}{line}"));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_what_is_around_it() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = old.replace("e\n", "E\n");
        let change = Change { name: "x.yaml", old: Some(old), new: Some(&new) };
        assert_eq!(
            change.unified(false),
            "--- a/x.yaml\n+++ b/x.yaml\n@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n"
        );
        assert!(change.unified(true).contains("\n\x1b[31m-e\x1b[0m\n\x1b[32m+E\x1b[0m\n"));
    }

    #[test]
    fn a_file_that_comes_or_goes_is_one_of_nothing() {
        let added = Change { name: "x.yaml", old: None, new: Some("a\n") }.unified(false);
        assert!(added.starts_with("--- /dev/null\n+++ b/x.yaml\n@@ ") && added.ends_with("\n+a\n"), "{added}");
        let gone = Change { name: "x.yaml", old: Some("a\n"), new: None }.unified(false);
        assert!(gone.starts_with("--- a/x.yaml\n+++ /dev/null\n") && gone.ends_with("\n-a\n"), "{gone}");
        assert_eq!(Change { name: "x.yaml", old: Some("a\n"), new: Some("a\n") }.unified(false), "");
    }
}
