//! Passwords for the monitored application, and for nobody else.

use std::collections::HashSet;

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::{Origin, Url};

use crate::config::BasicAuth;

/// Answers the target's demand for a password.
#[derive(Debug)]
pub(super) struct Authenticator {
    auth: BasicAuth,
    origins: Vec<Origin>,
    /// A second question for the same request means that the password is wrong.
    asked: HashSet<String>,
}

impl Authenticator {
    pub(super) fn new(auth: BasicAuth, origins: Vec<Origin>) -> Self {
        Self { auth, origins, asked: HashSet::new() }
    }

    /// The `authChallengeResponse` to `Fetch.authRequired`.
    pub(super) fn answer(&mut self, params: &Value) -> Value {
        let challenge = &params["authChallenge"];
        let ours = challenge["source"] != "Proxy"
            && challenge["origin"]
                .as_str()
                .and_then(|origin| Url::parse(origin).ok())
                .is_some_and(|origin| self.origins.contains(&origin.origin()));
        let first = self.asked.insert(params["requestId"].as_str().unwrap_or_default().to_owned());
        if ours && first {
            json!({
                "response": "ProvideCredentials",
                "username": self.auth.user,
                "password": self.auth.password.expose_secret(),
            })
        } else if ours {
            json!({ "response": "CancelAuth" })
        } else {
            json!({ "response": "Default" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn challenge(id: &str, source: &str, origin: &str) -> Value {
        json!({ "requestId": id, "authChallenge": { "source": source, "origin": origin } })
    }

    #[test]
    fn only_the_target_gets_the_password_and_only_once_a_request() {
        let origins = vec![Url::parse("https://shop.example/").unwrap().origin()];
        let auth = BasicAuth { user: "ada".to_owned(), password: "secret".into() };
        let mut authenticator = Authenticator::new(auth, origins);
        let mut response = |id: &str, source: &str, origin: &str| {
            authenticator.answer(&challenge(id, source, origin))["response"].as_str().unwrap().to_owned()
        };
        assert_eq!(response("1", "Server", "https://shop.example"), "ProvideCredentials");
        assert_eq!(response("1", "Server", "https://shop.example"), "CancelAuth");
        assert_eq!(response("2", "Server", "https://third.example"), "Default");
        assert_eq!(response("3", "Proxy", "https://shop.example"), "Default");
        assert_eq!(response("4", "Server", "http://shop.example"), "Default");
    }
}
