//! The collectors, each with the option that switches it.

/// What records something of a page, and can be left out.
#[derive(Debug)]
pub struct Collector {
    /// Its name.
    pub name: &'static str,
    /// Its option.
    pub option: &'static str,
    /// The value that switches it on.
    pub on: &'static str,
    /// The value that switches it off.
    pub off: &'static str,
    /// Whether it is on by default.
    pub default: bool,
    /// The dataset of which it leaves documents on the shop's pages, if it does.
    pub leaves: Option<&'static str>,
}

const fn default(name: &'static str, option: &'static str, leaves: Option<&'static str>) -> Collector {
    Collector { name, option, on: "allow", off: "no", default: true, leaves }
}

const fn on_demand(name: &'static str, option: &'static str, on: &'static str, off: &'static str) -> Collector {
    Collector { name, option, on, off, default: false, leaves: None }
}

/// All of them. A new one is a line here.
pub const COLLECTORS: &[Collector] = &[
    default("requests", "REQUEST_LOG", Some("request-log")),
    default("console", "CONSOLE_INTERCEPT", None),
    Collector { on: "on-failure", off: "off", ..default("log of messages", "CANARYTRACE_CDP_LOG", None) },
    Collector { on: "canary-trace-id", ..default("trace ids", "TRACE_ID_NAME", None) },
    default("performance entries", "PERFORMANCE_ENTRIES_INTERCEPT", Some("performance-entries")),
    default("vitals", "CANARYTRACE_VITALS", Some("vitals")),
    default("memory", "MEMORY_INTERCEPT", Some("memory")),
    default("usage", "CANARYTRACE_USAGE", Some("usage")),
    on_demand("coverage", "COVERAGE_AUDIT", "allow", "no"),
    on_demand("HAR", "CANARYTRACE_HAR", "always", "off"),
    on_demand("screenshot of each step", "CAPTURE_EVERY_SCREEN", "allow", "no"),
];

/// The options with which nothing is recorded.
pub fn all_off() -> Vec<(&'static str, &'static str)> {
    COLLECTORS.iter().map(|collector| (collector.option, collector.off)).collect()
}

/// The options with which everything is recorded.
pub fn all_on() -> Vec<(&'static str, &'static str)> {
    COLLECTORS.iter().map(|collector| (collector.option, collector.on)).collect()
}

#[cfg(test)]
mod tests {
    use canarytrace::config::{Config, Fallback, OPTIONS};

    use super::*;

    #[test]
    fn each_is_an_option_that_takes_both_values_and_is_by_default_what_is_said() {
        for collector in COLLECTORS {
            let option = OPTIONS.iter().find(|option| option.env == collector.option).expect(collector.option);
            let Fallback::Text(default) = option.fallback else { panic!("{} has a default", option.env) };
            assert_eq!(default, if collector.default { collector.on } else { collector.off }, "{}", option.env);
            for value in [collector.on, collector.off] {
                let given = [(collector.option.to_owned(), value.to_owned())];
                assert!(Config::from_parts(given, None).is_ok(), "{}={value}", option.env);
            }
        }
    }
}
