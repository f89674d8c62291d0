//! Types that options have.

use std::fmt;

use secrecy::SecretString;
use url::Url;

/// What to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The registered monitors.
    UserJourney,
    /// One trial per URL of `BASE_URL`, without monitor code.
    Smoke,
}

/// Screen and input of the emulated device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// 1920x1080, mouse.
    Desktop,
    /// 360x640 at 2.625, touch, mobile user agent.
    Mobile,
}

/// When a run waits with its browser open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// When a step or the attempt failed.
    OnFailure,
    /// After each step.
    Step,
}

/// In which form the runner says what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// As whoever starts the runner sees fit; on its own, [`LogFormat::Text`], whose closing line CI reads.
    Auto,
    /// As libtest prints it.
    Text,
    /// One JSON object a line, in the names of the Elastic Common Schema.
    Ecs,
}

impl LogFormat {
    /// What it means in a container: `auto` is for log shippers, unless a person looks on at a terminal.
    #[must_use]
    pub fn in_container(self, is_terminal: bool) -> Self {
        match self {
            Self::Auto if is_terminal => Self::Text,
            Self::Auto => Self::Ecs,
            said => said,
        }
    }
}

/// One URL of `BASE_URL`. In smoke mode a bad one is a failed trial; otherwise a bad option.
#[derive(Clone)]
pub struct Target {
    /// As it was written, with user information and sensitive query parameters masked: fit to be shown and stored.
    pub text: String,
    /// What it means, secrets included, or why it is no URL we can open.
    pub url: Result<Url, String>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut target = f.debug_struct("Target");
        target.field("text", &self.text);
        if let Err(reason) = &self.url {
            target.field("wrong", reason);
        }
        target.finish_non_exhaustive()
    }
}

/// Credentials for HTTP basic authentication (RFC 7617).
#[derive(Clone, Debug)]
pub struct BasicAuth {
    /// User name.
    pub user: String,
    /// Password.
    pub password: SecretString,
}

/// Of which attempts a file is kept that is written while they go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is not even written.
    Off,
    /// Of attempts that fail.
    OnFailure,
    /// Of every attempt.
    Always,
    /// Of the first attempt when that fails; it is not written of later ones.
    OnFirstFailure,
}

impl Keep {
    /// Whether it is written in the attempt with this number, from 1.
    pub fn writes(self, attempt: u32) -> bool {
        match self {
            Self::Off => false,
            Self::OnFailure | Self::Always => true,
            Self::OnFirstFailure => attempt == 1,
        }
    }

    /// Whether it is kept of a step of the attempt with this number, from 1.
    pub fn keeps_step(self, attempt: u32, failed: bool) -> bool {
        self.writes(attempt) && self.keeps(failed)
    }

    /// Whether what was written in an attempt is kept.
    pub fn keeps(self, failed: bool) -> bool {
        match self {
            Self::Off => false,
            Self::OnFailure | Self::OnFirstFailure => failed,
            Self::Always => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Keep;

    #[test]
    fn what_is_kept_follows_the_attempt_and_its_end() {
        let kept = |keep: Keep| {
            [(1, false), (1, true), (2, false), (2, true)]
                .map(|(attempt, failed)| keep.writes(attempt) && keep.keeps(failed))
        };
        assert_eq!(kept(Keep::Off), [false; 4]);
        assert_eq!(kept(Keep::OnFailure), [false, true, false, true]);
        assert_eq!(kept(Keep::Always), [true; 4]);
        assert_eq!(kept(Keep::OnFirstFailure), [false, true, false, false]);
    }
}
