//! What an error of git means.

use git2::{Error, ErrorClass, ErrorCode};

use crate::run::trouble::{Kind, Trouble};

/// What an error means that happened with the repository at `url`.
pub(super) fn of(error: &Error, url: &str) -> Trouble {
    let said = error.message();
    let (kind, message) = match kind(error) {
        Kind::Credentials => (Kind::Credentials, format!("{url} refused the credentials ({said})")),
        Kind::Unreachable => (
            Kind::Unreachable,
            format!("{url} can't be reached: {said}; GIT_TIMEOUT says how long to wait for an answer"),
        ),
        Kind::NotTrusted => (
            Kind::NotTrusted,
            format!("the certificate of {url} is not to be trusted: {said}; GIT_CA names a file with its authority"),
        ),
        other => (other, format!("{url} can't be cloned: {said}")),
    };
    Trouble::new(kind, message)
}

fn kind(error: &Error) -> Kind {
    const NETWORK: [&str; 9] = [
        "failed to resolve address",
        "failed to connect",
        "could not connect",
        "timed out",
        "timeout",
        "connection refused",
        "connection reset",
        "network is unreachable",
        "no route to host",
    ];
    let said = error.message().to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match (error.code(), error.class()) {
        (ErrorCode::Auth, _) => Kind::Credentials,
        (ErrorCode::Certificate, _) => Kind::NotTrusted,
        (ErrorCode::Timeout, _) => Kind::Unreachable,
        (_, ErrorClass::Http) if any(&["status code: 401", "status code: 403"]) => Kind::Credentials,
        (_, ErrorClass::Ssl) if any(&["certificate"]) => Kind::NotTrusted,
        (_, ErrorClass::Http) if any(&["status code: 5"]) => Kind::Unreachable,
        (_, ErrorClass::Net | ErrorClass::Os | ErrorClass::Ssl | ErrorClass::Ssh) if any(&NETWORK) => {
            Kind::Unreachable
        }
        _ => Kind::Clone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_git_are_told_apart() {
        let kind = |code, class, message: &str| of(&Error::new(code, class, message), "https://git.example/a.git").kind;
        let generic = ErrorCode::GenericError;
        assert_eq!(kind(ErrorCode::Auth, ErrorClass::Http, "remote authentication required"), Kind::Credentials);
        assert_eq!(kind(generic, ErrorClass::Http, "unexpected http status code: 403"), Kind::Credentials);
        assert_eq!(kind(generic, ErrorClass::Http, "unexpected http status code: 404"), Kind::Clone);
        assert_eq!(kind(generic, ErrorClass::Http, "unexpected http status code: 503"), Kind::Unreachable);
        assert_eq!(kind(ErrorCode::Certificate, ErrorClass::Ssl, "the SSL certificate is invalid"), Kind::NotTrusted);
        assert_eq!(
            kind(generic, ErrorClass::Net, "failed to resolve address for git.example: Name or service not known"),
            Kind::Unreachable
        );
        assert_eq!(kind(generic, ErrorClass::Os, "failed to connect to git.example: Connection refused"), Kind::Unreachable);
        assert_eq!(kind(generic, ErrorClass::Odb, "object not found"), Kind::Clone);
    }
}
