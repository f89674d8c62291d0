//! What of a repository is wanted.

/// What of a repository is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::run) enum Revision {
    /// What the default branch stands at.
    Default,
    /// A commit by its full SHA.
    Commit(String),
    /// A branch, a tag, or the beginning of a SHA.
    Name(String),
}

impl Revision {
    pub(in crate::run) fn of(given: Option<&str>) -> Self {
        match given {
            None => Self::Default,
            Some(text) if is_sha(text, 40) => Self::Commit(text.to_lowercase()),
            Some(text) => Self::Name(text.to_owned()),
        }
    }

    /// The name that a branch or tag is filed under; a commit needs none.
    pub(in crate::run) fn reference(&self) -> Option<Option<&str>> {
        match self {
            Self::Default => Some(None),
            Self::Commit(_) => None,
            Self::Name(name) => Some(Some(name)),
        }
    }

    /// The beginning of a SHA that it may be: git's own shortest has 4 digits, but nobody gives fewer than 7.
    pub(in crate::run) fn short(&self) -> Option<String> {
        match self {
            Self::Name(name) if is_sha(name, 7) && name.len() < 40 => Some(name.to_lowercase()),
            _ => None,
        }
    }
}

fn is_sha(text: &str, least: usize) -> bool {
    text.len() >= least && text.len() <= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_sha_is_told_from_names() {
        let sha = "C0FFEEc0ffeec0ffeec0ffeec0ffeec0ffeec0ff";
        assert_eq!(Revision::of(Some(sha)), Revision::Commit(sha.to_lowercase()));
        assert_eq!(Revision::of(None), Revision::Default);
        assert_eq!(Revision::of(Some("C0FFEEc0")).short().as_deref(), Some("c0ffeec0"));
        for name in ["main", "v1.2", "c0ffee", "feature/x"] {
            assert_eq!((Revision::of(Some(name)).short(), Revision::of(Some(name))), (None, Revision::Name(name.into())));
        }
    }
}
