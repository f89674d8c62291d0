//! How network and processor are slowed down: presets with the figures of those who made them known, or figures.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::error::did_you_mean;

/// A preset and where its figures come from.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Least duration from a request to the headers of its answer, ms.
    latency: f64,
    /// Download, kbit/s; 0: not limited.
    down: f64,
    /// Upload, kbit/s; 0: not limited.
    up: f64,
    /// How many times slower scripts run.
    cpu: f64,
    /// Who says so.
    pub source: &'static str,
}

const LIGHTHOUSE: &str = "Lighthouse, as the original had it: round trip × 3.75, rates × 0.9";
const DEVTOOLS: &str = "Chrome DevTools";
const WEBPAGETEST: &str = "WebPageTest";

/// Every preset.
pub const PRESETS: &[Preset] = &[
    Preset { name: "none", latency: 0.0, down: 0.0, up: 0.0, cpu: 1.0, source: "what there is" },
    Preset { name: "desktopDense4G", latency: 150.0, down: 9216.0, up: 9216.0, cpu: 1.0, source: LIGHTHOUSE },
    Preset { name: "mobileSlow4G", latency: 562.5, down: 1474.56, up: 675.0, cpu: 4.0, source: LIGHTHOUSE },
    Preset { name: "mobileRegular3G", latency: 1125.0, down: 630.0, up: 630.0, cpu: 4.0, source: LIGHTHOUSE },
    Preset { name: "slow3G", latency: 2000.0, down: 400.0, up: 400.0, cpu: 1.0, source: DEVTOOLS },
    Preset { name: "fast3G", latency: 562.5, down: 1440.0, up: 675.0, cpu: 1.0, source: DEVTOOLS },
    Preset { name: "fast4G", latency: 165.0, down: 8100.0, up: 1350.0, cpu: 1.0, source: DEVTOOLS },
    Preset { name: "2G", latency: 800.0, down: 280.0, up: 256.0, cpu: 1.0, source: WEBPAGETEST },
    Preset { name: "3G", latency: 300.0, down: 1600.0, up: 768.0, cpu: 1.0, source: WEBPAGETEST },
    Preset { name: "4G", latency: 170.0, down: 9000.0, up: 9000.0, cpu: 1.0, source: WEBPAGETEST },
    Preset { name: "LTE", latency: 70.0, down: 12_000.0, up: 12_000.0, cpu: 1.0, source: WEBPAGETEST },
    Preset { name: "cable", latency: 28.0, down: 5000.0, up: 1000.0, cpu: 1.0, source: WEBPAGETEST },
    Preset { name: "dsl", latency: 50.0, down: 1500.0, up: 384.0, cpu: 1.0, source: WEBPAGETEST },
    Preset { name: "fibre", latency: 4.0, down: 20_000.0, up: 5000.0, cpu: 1.0, source: WEBPAGETEST },
];

/// How network and processor are slowed down.
///
/// The network is that of the browser (`Network.emulateNetworkConditions`): a least duration for each request, and rates
/// for each page or worker, over whatever the real network takes. It can't lose packets. The processor is that of pages
/// (`Emulation.setCPUThrottlingRate`).
///
/// ```
/// # use canarytrace::config::Throttle;
/// let mobile: Throttle = "mobileSlow4G".parse()?;
/// let slower: Throttle = "mobileSlow4G cpu=6".parse()?;
/// let own: Throttle = "latency=150 down=1600 up=750 cpu=4".parse()?;
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Throttle {
    /// The preset's name, or `custom`.
    pub(crate) preset: String,
    /// Least duration from a request to the headers of its answer.
    pub latency: Duration,
    /// Download, kbit/s.
    pub down: Option<f64>,
    /// Upload, kbit/s.
    pub up: Option<f64>,
    /// How many times slower scripts run, from 1 on.
    pub cpu: f64,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { preset: "none".to_owned(), latency: Duration::ZERO, down: None, up: None, cpu: 1.0 }
    }
}

impl Throttle {
    /// The preset's name, or `custom`.
    pub fn preset(&self) -> &str {
        &self.preset
    }

    /// Whether anything is slowed down.
    pub fn is_none(&self) -> bool {
        self.latency.is_zero() && self.down.is_none() && self.up.is_none() && self.cpu <= 1.0
    }
}

impl From<&Preset> for Throttle {
    fn from(preset: &Preset) -> Self {
        let rate = |rate: f64| Some(rate).filter(|rate| *rate > 0.0);
        Self {
            preset: preset.name.to_owned(),
            latency: Duration::from_secs_f64(preset.latency / 1000.0),
            down: rate(preset.down),
            up: rate(preset.up),
            cpu: preset.cpu,
        }
    }
}

impl fmt::Display for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = |rate: Option<f64>| rate.map_or_else(|| "any".to_owned(), |rate| format!("{rate} kbit/s"));
        let latency = self.latency.as_secs_f64() * 1000.0;
        let Self { preset, cpu, .. } = self;
        write!(
            f,
            "{preset}: latency {latency} ms, download {}, upload {}, scripts {cpu} times slower",
            rate(self.down),
            rate(self.up)
        )
    }
}

impl FromStr for Throttle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || PRESETS.iter().map(|preset| preset.name);
        let allowed = || {
            let names: Vec<&str> = names().collect();
            format!(
                "allowed is one of {}, or figures such as latency=150 down=1600 up=750 cpu=4 (ms, kbit/s, kbit/s, times \
                 slower), or both: slow3G cpu=4",
                names.join(", ")
            )
        };
        let mut words = text.split_whitespace().peekable();
        let mut throttle = Self::default();
        match words.peek() {
            None => return Err(allowed()),
            Some(word) if !word.contains('=') => {
                let preset = PRESETS.iter().find(|preset| preset.name == *word);
                let preset = preset.ok_or_else(|| {
                    let meant = did_you_mean(word, names());
                    let meant = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
                    format!("{word} is no preset{meant}; {}", allowed())
                })?;
                throttle = preset.into();
                words.next();
            }
            Some(_) => {}
        }
        let mut seen: Vec<&str> = Vec::new();
        for word in words {
            let (key, value) = word.split_once('=').ok_or_else(allowed)?;
            let least = if key == "latency" { 0.0 } else { 1.0 };
            let number = value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= least);
            let number = number.ok_or_else(|| format!("{key} takes a plain number from {least} on; {}", allowed()))?;
            if seen.contains(&key) {
                return Err(format!("{key} is given twice; {}", allowed()));
            }
            seen.push(key);
            match key {
                "latency" => {
                    let latency = Duration::try_from_secs_f64(number / 1000.0);
                    throttle.latency = latency.map_err(|_| format!("the latency is too long; {}", allowed()))?;
                }
                "down" => throttle.down = Some(number),
                "up" => throttle.up = Some(number),
                "cpu" => throttle.cpu = number,
                _ => return Err(allowed()),
            }
            "custom".clone_into(&mut throttle.preset);
        }
        Ok(throttle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_has_its_figures_and_may_have_some_replaced() {
        let mobile: Throttle = "mobileSlow4G".parse().unwrap();
        assert_eq!((mobile.latency.as_secs_f64(), mobile.down, mobile.cpu), (0.5625, Some(1474.56), 4.0));
        let slower: Throttle = "mobileSlow4G cpu=6".parse().unwrap();
        assert_eq!(slower, Throttle { preset: "custom".to_owned(), cpu: 6.0, ..mobile });
        assert!("none".parse::<Throttle>().unwrap().is_none());
        assert!(PRESETS.iter().skip(1).all(|preset| !Throttle::from(preset).is_none()));
    }

    #[test]
    fn figures_alone_leave_the_rest_as_it_is() {
        let own: Throttle = "latency=150 up=750".parse().unwrap();
        assert_eq!(
            (own.preset(), own.latency, own.down, own.up, own.cpu),
            ("custom", Duration::from_millis(150), None, Some(750.0), 1.0)
        );
    }

    #[test]
    fn mistakes_say_what_is_allowed() {
        for text in ["", "7G", "cpu=4 slow3G", "ping=4", "cpu=0.5", "down=0", "latency=150ms", "cpu=2 cpu=3", "up=inf"]
        {
            let message = text.parse::<Throttle>().unwrap_err();
            assert!(message.contains("allowed is one of none, desktopDense4G"), "{text}: {message}");
        }
        assert!("mobileSlow4".parse::<Throttle>().unwrap_err().contains("mobileSlow4G"));
    }
}
