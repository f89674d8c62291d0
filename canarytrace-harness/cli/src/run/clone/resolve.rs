//! Asks a git server what a branch or tag stands at: `git ls-remote`.

use std::rc::Rc;
use std::sync::mpsc;

use git2::{Direction, Remote};

use super::access::{Access, Noted};
use super::revision::Revision;
use crate::run::trouble::{Kind, Outcome, Trouble};

/// What a git server says of a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::run) enum Resolved {
    /// This commit; a reference that stands at it can be fetched by its name.
    Commit { sha: String, reference: Option<String> },
    /// No branch, no tag, and no such commit at the tip of one: only a whole clone can say what begins so.
    Short(String),
}

/// A reference of the server.
#[derive(Clone, Debug)]
struct Head {
    name: String,
    sha: String,
}

/// Asks, for at most as long as `GIT_TIMEOUT` says.
///
/// # Errors
/// When the server does not answer, does not let us in, or has no such branch or tag.
pub(in crate::run) fn resolve(access: &Access, revision: &Revision) -> Outcome<Resolved> {
    access.begin()?;
    let (answer, answered) = mpsc::channel();
    let asking = access.clone();
    // Looking up a name may take as long as the resolver likes, and can't be broken off.
    std::thread::spawn(move || _ = answer.send(list(&asking)));
    let heads = answered.recv_timeout(access.timeout).unwrap_or_else(|_| {
        let limit = canarytrace::harness::readable(access.timeout);
        Err(Trouble::new(Kind::Unreachable, format!("{} did not answer within {limit} (GIT_TIMEOUT)", access.url)))
    })?;
    choose(&heads, revision).ok_or_else(|| unknown(access, revision, &heads))
}

fn list(access: &Access) -> Outcome<Vec<Head>> {
    let noted = Noted::default();
    let asked = || -> Result<Vec<Head>, git2::Error> {
        let mut remote = Remote::create_detached(access.url.as_str())?;
        let callbacks = access.callbacks(&access.url, &noted);
        let connection = remote.connect_auth(Direction::Fetch, Some(callbacks), Some(Access::proxy()))?;
        let heads = connection.list()?.iter();
        Ok(heads
            .map(|head| Head { name: head.name().to_owned(), sha: head.oid().to_string() })
            .collect())
    };
    asked().map_err(|error| access.trouble(&error, &Rc::clone(&noted)))
}

/// As git looks names up: as they are, then tags, then branches.
fn choose(heads: &[Head], revision: &Revision) -> Option<Resolved> {
    let named = |name: &str| heads.iter().find(|head| head.name == name);
    let commit = |head: &Head, reference: &str| Resolved::Commit {
        sha: head.sha.clone(),
        reference: Some(reference.to_owned()),
    };
    match revision {
        Revision::Default => named("HEAD").map(|head| commit(head, "HEAD")),
        Revision::Commit(sha) => {
            let tip = heads.iter().find(|head| head.sha == *sha);
            let reference = tip.map(|head| head.name.trim_end_matches("^{}").to_owned());
            Some(Resolved::Commit { sha: sha.clone(), reference })
        }
        Revision::Name(name) => {
            for full in [name.clone(), format!("refs/tags/{name}"), format!("refs/heads/{name}")] {
                // An annotated tag is an object of its own; the commit is behind it.
                if let Some(head) = named(&format!("{full}^{{}}")).or_else(|| named(&full)) {
                    return Some(commit(head, &full));
                }
            }
            let short = revision.short()?;
            let mut tips = heads.iter().filter(|head| head.sha.starts_with(&short));
            let Some(first) = tips.next() else { return Some(Resolved::Short(short)) };
            if tips.any(|other| other.sha != first.sha) {
                return Some(Resolved::Short(short));
            }
            Some(commit(first, first.name.trim_end_matches("^{}")))
        }
    }
}

fn unknown(access: &Access, revision: &Revision, heads: &[Head]) -> Trouble {
    let message = match revision {
        Revision::Name(name) => {
            let mut names: Vec<&str> =
                heads.iter().filter_map(|head| head.name.strip_prefix("refs/heads/")).take(10).collect();
            names.sort_unstable();
            let branches = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            format!(
                "{} has no branch, tag or commit {name}, as GIT_REVISION wants; its branches are: {branches}",
                access.url
            )
        }
        _ => format!("{} has no commit on its default branch; is it empty?", access.url),
    };
    Trouble::new(Kind::Revision, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads() -> Vec<Head> {
        [
            ("HEAD", "a1"),
            ("refs/heads/feature/x", "b2"),
            ("refs/heads/main", "a1"),
            ("refs/heads/v1", "d4"),
            ("refs/tags/v1", "eeee"),
            ("refs/tags/v1^{}", "c3"),
        ]
        .map(|(name, sha)| Head { name: name.to_owned(), sha: sha.repeat(40 / sha.len()) })
        .to_vec()
    }

    fn chosen(revision: Option<&str>) -> Option<(String, String)> {
        match choose(&heads(), &Revision::of(revision))? {
            Resolved::Commit { sha, reference } => Some((sha[..2].to_owned(), reference.unwrap_or_default())),
            Resolved::Short(short) => Some(("?".to_owned(), short)),
        }
    }

    #[test]
    fn names_are_looked_up_as_git_does() {
        let found = |sha: &str, reference: &str| Some((sha.to_owned(), reference.to_owned()));
        assert_eq!(chosen(None), found("a1", "HEAD"));
        assert_eq!(chosen(Some("feature/x")), found("b2", "refs/heads/feature/x"));
        assert_eq!(chosen(Some("refs/heads/v1")), found("d4", "refs/heads/v1"));
        // The commit behind an annotated tag, which wins over a branch of its name.
        assert_eq!(chosen(Some("v1")), found("c3", "refs/tags/v1"));
        assert_eq!(chosen(Some("b2b2b2b")), found("b2", "refs/heads/feature/x"));
        assert_eq!(chosen(Some("0123456789")), found("?", "0123456789"));
        assert_eq!(chosen(Some("nothing")), None);
        assert_eq!(chosen(Some(&"b2".repeat(20))), found("b2", "refs/heads/feature/x"));
        assert_eq!(chosen(Some(&"f5".repeat(20))), found("f5", ""));
    }
}
