//! `POST_DATA_PATH`: what is picked from the bodies of requests.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;
use serde_json_path::JsonPath;

/// A path into a JSON value: `.title`, `[0].type`, `data[0].user.id`, `.data["odd name"]`.
///
/// It is a query of `JSONPath` (RFC 9535) without its leading `$`: what that has beyond names and indices (`*`, `..`,
/// filters) can be used too, and the first match counts.
#[derive(Clone, Debug, PartialEq)]
pub struct PostDataPath {
    text: String,
    path: JsonPath,
}

/// Why an expression is no path, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostDataPathError {
    /// The character at which it went wrong, from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for PostDataPathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at character {}", self.reason, self.column)
    }
}

impl std::error::Error for PostDataPathError {}

impl FromStr for PostDataPath {
    type Err = PostDataPathError;

    fn from_str(text: &str) -> Result<Self, PostDataPathError> {
        if text.is_empty() {
            return Err(PostDataPathError { column: 1, reason: "the path is empty".to_owned() });
        }
        let prefix = match text.chars().next() {
            Some('$') => "",
            Some('.' | '[') => "$",
            _ => "$.",
        };
        let path = JsonPath::parse(&format!("{prefix}{text}")).map_err(|error| {
            // The parser counts bytes of what it was given.
            let before = error.position().saturating_sub(prefix.len()).min(text.len());
            let column = text.char_indices().take_while(|(at, _)| *at < before).count() + 1;
            PostDataPathError { column, reason: error.message().to_owned() }
        })?;
        Ok(Self { text: text.to_owned(), path })
    }
}

impl serde::Serialize for PostDataPath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Display for PostDataPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PostDataPath {
    /// What the path leads to in `body`: the first match.
    pub fn pick<'b>(&self, body: &'b Value) -> Option<&'b Value> {
        self.path.query(body).first()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_leads_through_names_and_indices() {
        let object = json!({"title": "t", "data": [{"user": {"id": 7}}], "odd name": {"x-y": null}});
        let list = json!([{"type": "click"}]);
        let pick = |path: &str, body: &Value| path.parse::<PostDataPath>().unwrap().pick(body).cloned();
        assert_eq!(pick(".title", &object), Some(json!("t")));
        assert_eq!(pick("title", &object), Some(json!("t")));
        assert_eq!(pick("[0].type", &list), Some(json!("click")));
        assert_eq!(pick("data[0].user.id", &object), Some(json!(7)));
        assert_eq!(pick(r#"$["odd name"]['x-y']"#, &object), Some(Value::Null));
        assert_eq!(pick("data[1].user", &object), None);
        assert_eq!(pick(".title.of", &object), None);
    }

    #[test]
    fn an_expression_that_is_no_path_says_where_it_goes_wrong() {
        for (text, column) in [("", 1), ("data[", 5), (".a..", 5), ("data[0]user", 8), ("ä b", 2)] {
            let error = text.parse::<PostDataPath>().expect_err(text);
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }
}
