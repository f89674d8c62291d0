//! `CANARYTRACE_PREPARATION`: what `canarytrace run` tells the executable of how it came to be there.

use std::fmt;
use std::str::FromStr;

use crate::record::summary::Preparation;

/// `total=41.5 cached=yes resolve=12.1`: words separated by blanks, durations in ms.
impl fmt::Display for Preparation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let switch = |on| if on { "yes" } else { "no" };
        write!(f, "total={:.3} cached={} stale={}", self.total, switch(self.cached), switch(self.stale))?;
        let phases =
            [("resolve", self.resolve), ("clone", self.clone), ("build", self.build), ("verify", self.verify)];
        for (name, duration) in phases {
            if let Some(ms) = duration {
                write!(f, " {name}={ms:.3}")?;
            }
        }
        Ok(())
    }
}

impl FromStr for Preparation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const ALLOWED: &str = "`canarytrace run` sets it: durations in ms such as total=41.5 build=30.2";
        let mut read = Self::default();
        for word in text.split_whitespace() {
            let (name, value) = word.split_once('=').ok_or(ALLOWED)?;
            match name {
                "cached" => read.cached = value == "yes",
                "stale" => read.stale = value == "yes",
                _ => {
                    let ms: f64 = value.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms >= 0.0).ok_or(ALLOWED)?;
                    match name {
                        "total" => read.total = ms,
                        "resolve" => read.resolve = Some(ms),
                        "clone" => read.clone = Some(ms),
                        "build" => read.build = Some(ms),
                        "verify" => read.verify = Some(ms),
                        _ => return Err(ALLOWED.to_owned()),
                    }
                }
            }
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_read() {
        let told = Preparation {
            cached: true,
            resolve: Some(12.5),
            verify: Some(30.25),
            total: 50.0,
            ..Preparation::default()
        };
        assert_eq!(told.to_string().parse(), Ok(told));
        assert!("total=fast".parse::<Preparation>().is_err());
        assert!("colour=1".parse::<Preparation>().is_err());
    }
}
