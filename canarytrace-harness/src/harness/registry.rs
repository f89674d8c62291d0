//! All monitors that the test target links, in a stable order.

use std::collections::BTreeMap;

use super::exit_code;
use super::stop::Stop;
use crate::config::{Config, Mode};
use crate::record::OwnDataset;
use crate::run::{Job, MonitorDef};

/// The jobs that the options ask for, of these monitors, sorted by name; in smoke mode in the order of `BASE_URL`.
///
/// # Errors
/// Two monitors of one name, no monitor at all, a SPEC that matches none or more than one.
pub(crate) fn jobs(config: &Config, monitors: impl IntoIterator<Item = &'static MonitorDef>) -> Result<Vec<Job>, Stop> {
    match config.mode {
        Mode::Smoke => Ok(config.base_urls.iter().map(|target| Job::of_url(target, config)).collect()),
        Mode::UserJourney => {
            let monitors = registered(monitors.into_iter())?;
            let selected = match &config.spec {
                None => monitors.into_values().collect(),
                Some(spec) => vec![select(&monitors, spec)?],
            };
            Ok(selected.into_iter().map(|monitor| Job::of_monitor(monitor, config)).collect())
        }
    }
}

/// The datasets of monitors' own that are linked, each once.
///
/// # Errors
/// Two of one name.
pub(crate) fn own_datasets(all: Vec<&'static OwnDataset>) -> Result<Vec<&'static OwnDataset>, Stop> {
    // They are sorted by name.
    match all.windows(2).find(|pair| pair[0].info.name == pair[1].info.name) {
        None => Ok(all),
        Some(pair) => Err(Stop::new(
            exit_code::USAGE,
            format!(
                "two datasets are named {:?}: at {}:{} and {}:{}\ngive one of them another name in its object!",
                pair[0].info.name, pair[0].file, pair[0].line, pair[1].file, pair[1].line
            ),
        )),
    }
}

pub(crate) type Registered = BTreeMap<String, &'static MonitorDef>;

/// These monitors by their names.
///
/// # Errors
/// Two of one name, no monitor at all.
pub(crate) fn registered(monitors: impl Iterator<Item = &'static MonitorDef>) -> Result<Registered, Stop> {
    let mut by_name = Registered::new();
    let mut duplicates = Vec::new();
    for monitor in monitors {
        if let Some(first) = by_name.insert(monitor.name(), monitor) {
            let mut places = [format!("{}:{}", first.file, first.line), format!("{}:{}", monitor.file, monitor.line)];
            places.sort();
            duplicates.push(format!("two monitors are named {}: at {} and {}", monitor.name(), places[0], places[1]));
        }
    }
    if !duplicates.is_empty() {
        duplicates.sort();
        let advice = "give one of them another name with #[monitor(name = \"…\")]";
        return Err(Stop::new(exit_code::USAGE, format!("{}\n{advice}", duplicates.join("\n"))));
    }
    if by_name.is_empty() {
        return Err(Stop::new(
            exit_code::NO_MONITORS,
            "no monitor is registered: does the test target name the crate that holds them (`use monitors as _;`)?",
        ));
    }
    Ok(by_name)
}

/// The monitor that SPEC means: its name, or the end of it where only one ends so (`buy_a_product`).
fn select(monitors: &Registered, spec: &str) -> Result<&'static MonitorDef, Stop> {
    if let Some(monitor) = monitors.get(spec) {
        return Ok(monitor);
    }
    let ending: Vec<_> = monitors.iter().filter(|(name, _)| name.ends_with(&format!("::{spec}"))).collect();
    let names = |names: &mut dyn Iterator<Item = &String>| {
        names.fold(String::new(), |list, name| format!("{list}\n    {name}"))
    };
    match ending[..] {
        [(_, monitor)] => Ok(monitor),
        [] => Err(Stop::new(
            exit_code::NO_MONITORS,
            format!("SPEC={spec} matches no monitor; there are:{}", names(&mut monitors.keys())),
        )),
        _ => Err(Stop::new(
            exit_code::NO_MONITORS,
            format!(
                "SPEC={spec} matches several monitors; say which:{}",
                names(&mut ending.iter().map(|(name, _)| *name))
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::MonitorKind;

    fn monitor(module_path: &'static str, function: &'static str, line: u32) -> &'static MonitorDef {
        Box::leak(Box::new(MonitorDef {
            module_path,
            function,
            name_override: None,
            file: "src/shop.rs",
            line,
            description: "",
            schedule: None,
            timeout: None,
            retries: None,
            tags: &[],
            params: &[],
            budgets: &[],
            device: None,
            throttle: None,
            iterations: None,
            enabled: true,
            kind: MonitorKind::Browser,
            run: |_given| Box::pin(async { Ok(()) }),
        }))
    }

    #[test]
    fn two_monitors_of_one_name_are_refused_with_both_places() {
        let monitors = [monitor("a::shop", "buy", 3), monitor("b::shop", "buy", 9)];
        let stop = registered(monitors.into_iter()).unwrap_err();
        assert_eq!(stop.exit_code, exit_code::USAGE);
        assert!(stop.message.starts_with("two monitors are named shop::buy: at src/shop.rs:3 and src/shop.rs:9"));
    }

    #[test]
    fn two_datasets_of_one_name_are_refused_with_both_places() {
        let dataset = |name, line| -> &'static OwnDataset {
            let info = crate::record::DatasetInfo { name, doc: "", fields: &[] };
            Box::leak(Box::new(OwnDataset { info, krate: "shop", file: "src/shop.rs", line }))
        };
        assert!(own_datasets(vec![dataset("a", 1), dataset("b", 2)]).is_ok());
        let stop = own_datasets(vec![dataset("a", 1), dataset("b", 2), dataset("b", 3)]).unwrap_err();
        assert_eq!(stop.exit_code, exit_code::USAGE);
        assert!(stop.message.starts_with("two datasets are named \"b\": at src/shop.rs:2 and src/shop.rs:3"));
    }

    #[test]
    fn no_monitor_at_all_is_an_error() {
        assert_eq!(registered(std::iter::empty()).unwrap_err().exit_code, exit_code::NO_MONITORS);
    }

    #[test]
    fn a_spec_is_the_whole_name_or_its_unique_end() {
        let monitors = [monitor("a::shop", "buy", 1), monitor("a::shop", "browse", 2), monitor("a::blog", "browse", 3)];
        let monitors = registered(monitors.into_iter()).unwrap();
        assert_eq!(select(&monitors, "shop::browse").unwrap().line, 2);
        assert_eq!(select(&monitors, "buy").unwrap().line, 1);
        assert!(select(&monitors, "browse").unwrap_err().message.contains("several"));
        let none = select(&monitors, "bu").unwrap_err();
        assert_eq!(none.exit_code, exit_code::NO_MONITORS);
        assert!(none.message.contains("\n    blog::browse\n    shop::browse\n    shop::buy"));
    }
}
