//! `CANARYTRACE_LAST_FAILED`: which monitors failed the last time, as the runs on disk tell.
//!
//! A run without a verdict that nobody is recording any more was killed, and counts as failed. When no monitor
//! failed, none is run and that is no error, since every one is known to have passed. When no run of any of them is
//! stored, nothing is known, and that is an error: an empty data folder (a fresh pod, or everything pruned) must not
//! look green.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::exit_code;
use super::stop::Stop;
use crate::config::Config;
use crate::record::Redactor;
use crate::spool::{SpoolOptions, StoredRun, read, read_dataset, stored_runs};

/// What the last runs of the monitors say.
#[derive(Debug, Default)]
pub(crate) struct LastFailed {
    failed: BTreeSet<String>,
    passed: BTreeSet<String>,
    /// Monitors that no run is stored of, with their names as they may be shown.
    unknown: BTreeMap<String, String>,
}

impl LastFailed {
    /// Looks up the last runs of all these monitors, or URLs of smoke mode.
    ///
    /// # Errors
    /// When the data folder can't be listed, or holds no run of any of them.
    pub(crate) fn of(names: impl IntoIterator<Item = String>, config: &Config) -> Result<Self, Stop> {
        Self::look_up(names, &Redactor::new(config.secrets()), &config.into())
    }

    fn look_up(
        names: impl IntoIterator<Item = String>,
        redactor: &Redactor,
        options: &SpoolOptions,
    ) -> Result<Self, Stop> {
        let shown = options.data.display();
        let runs = stored_runs(options).map_err(|error| {
            Stop::new(exit_code::INFRASTRUCTURE_FAILED, format!("the runs in {shown} can't be listed: {error}"))
        })?;
        // A name is stored as documents are: with the secrets in it masked.
        let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in names {
            wanted.entry(redactor.text(&name)).or_default().push(name);
        }
        let mut last = Self::default();
        for run in &runs {
            if wanted.is_empty() {
                break;
            }
            let Some((name, passed)) = verdict(run) else { continue };
            let Some(monitors) = wanted.remove(&name) else { continue };
            let of_verdict = if passed { &mut last.passed } else { &mut last.failed };
            of_verdict.extend(monitors);
        }
        for (shown, monitors) in wanted {
            last.unknown.extend(monitors.into_iter().map(|name| (name, shown.clone())));
        }
        if last.failed.is_empty() && last.passed.is_empty() {
            let unknown: Vec<&str> = last.unknown.values().map(String::as_str).collect();
            let whose = if let [name] = unknown[..] { name } else { "these monitors" };
            return Err(Stop::new(
                exit_code::NO_MONITORS,
                format!(
                    "CANARYTRACE_LAST_FAILED: no run of {whose} is stored in {shown}, so nobody knows what failed; run \
                     without it first, or name the folder of the runs with CANARYTRACE_DATA",
                ),
            ));
        }
        Ok(last)
    }

    /// Whether this monitor is to run again.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.failed.contains(name)
    }

    /// What a person should know of the choice among the monitors that the arguments leave.
    pub(crate) fn notice<'a>(&self, monitors: impl IntoIterator<Item = &'a str>) -> String {
        let (mut failed, mut known, mut unknown) = (0, 0, Vec::new());
        for monitor in monitors {
            failed += usize::from(self.failed.contains(monitor));
            known += usize::from(self.failed.contains(monitor) || self.passed.contains(monitor));
            unknown.extend(self.unknown.get(monitor).map(String::as_str));
        }
        let chosen = match (failed, known) {
            (0, 0) => "none of the monitors is known to have failed, so none is run".to_owned(),
            (0, 1) => "the monitor passed in its last run, so it is not run".to_owned(),
            (0, known) => format!("all {known} monitors passed in their last run, so none is run"),
            (failed, known) => format!("{failed} of {known} monitors failed in the last run and run again"),
        };
        let left_out = match &unknown[..] {
            [] => String::new(),
            unknown => format!("; left out because no run of it is stored: {}", unknown.join(", ")),
        };
        format!("CANARYTRACE_LAST_FAILED: {chosen}{left_out}")
    }
}

/// Name of the monitor, and whether the run passed. None when the run goes on, or left no document at all: then nobody
/// knows whose run it was.
fn verdict(run: &StoredRun) -> Option<(String, bool)> {
    let name = |document: &Value| document["monitor"]["name"].as_str().map(str::to_owned);
    // Damage is no document. Where the run went on in another folder, the later documents lie there.
    let summaries = run.folders.iter().filter_map(|folder| read_dataset(folder, "summary").ok()).flatten().flatten();
    let mut ended = None;
    for (_, summary) in summaries {
        if let Some(outcome) = summary["summary"]["outcome"].as_str() {
            ended = name(&summary).map(|name| (name, outcome != "failed"));
        }
    }
    if ended.is_some() || run.is_going_on() {
        return ended;
    }
    let mut documents = run.folders.iter().filter_map(|folder| read(folder).ok()).flatten().flatten();
    documents.find_map(|(_, document)| name(&document)).map(|name| (name, false))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use secrecy::SecretString;
    use serde_json::json;
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::*;
    use crate::spool::Spool;

    struct Data {
        folder: TempDir,
        count: u64,
    }

    impl Data {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().unwrap(), count: 0 }
        }

        fn options(&self) -> SpoolOptions {
            let below = |name: &str| self.folder.path().join(name);
            SpoolOptions {
                data: below("data"),
                fallback: below("t"),
                max_age: Duration::MAX,
                max_size: u64::MAX,
                keep_unshipped: false,
                store: None,
            }
        }

        /// A run with these lines of `report` and `summary`, later than those before.
        fn run(&mut self, root: &str, report: &[String], summary: &[String]) -> Uuid {
            self.count += 1;
            let time = uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000 + self.count, 0);
            let uuid = Uuid::new_v7(time);
            self.add(root, uuid, "report", report);
            self.add(root, uuid, "summary", summary);
            uuid
        }

        fn add(&self, root: &str, uuid: Uuid, dataset: &str, lines: &[String]) {
            let folder = self.folder.path().join(root).join("runs").join(uuid.to_string());
            fs::create_dir_all(&folder).unwrap();
            if !lines.is_empty() {
                fs::write(folder.join(format!("{dataset}.ndjson")), lines.join("\n") + "\n").unwrap();
            }
        }

        fn ended(&mut self, monitor: &str, outcome: &str) {
            self.run("data", &[start(monitor)], &[summary(monitor, Some(outcome))]);
        }

        fn look_up(&self, names: &[&str]) -> Result<LastFailed, Stop> {
            let names = names.iter().map(|name| (*name).to_owned());
            LastFailed::look_up(names, &Redactor::new([SecretString::from("hunter2")]), &self.options())
        }

        fn failed(&self, names: &[&str]) -> Vec<String> {
            self.look_up(names).unwrap().failed.into_iter().collect()
        }
    }

    fn start(monitor: &str) -> String {
        json!({ "event": "testStart", "monitor": { "name": monitor } }).to_string()
    }

    fn summary(monitor: &str, outcome: Option<&str>) -> String {
        json!({ "monitor": { "name": monitor }, "summary": { "outcome": outcome } }).to_string()
    }

    #[test]
    fn the_newest_run_of_each_monitor_decides() {
        let mut data = Data::new();
        for (monitor, outcome) in
            [("a", "failed"), ("b", "passed"), ("c", "failed"), ("a", "passed"), ("b", "failed"), ("d", "flaky")]
        {
            data.ended(monitor, outcome);
        }
        let last = data.look_up(&["a", "b", "c", "d", "new"]).unwrap();
        assert!(last.has("b") && last.has("c") && !last.has("a") && !last.has("d") && !last.has("new"));
        assert_eq!(
            last.notice(["a", "b", "c", "d", "new"]),
            "CANARYTRACE_LAST_FAILED: 2 of 4 monitors failed in the last run and run again; left out because no run of it \
             is stored: new"
        );
        assert!(last.notice(["a", "b"]).ends_with("1 of 2 monitors failed in the last run and run again"));
        assert!(last.notice(["new"]).contains("none of the monitors is known to have failed"), "{last:?}");
        assert_eq!(data.failed(&["c"]), ["c"], "the others are of no concern");
    }

    #[test]
    fn nothing_failed_is_said_and_nothing_stored_is_an_error() {
        let mut data = Data::new();
        let stop = data.look_up(&["a"]).unwrap_err();
        assert_eq!(stop.exit_code, exit_code::NO_MONITORS);
        assert!(stop.message.contains("no run of a is stored in /") && stop.message.contains("CANARYTRACE_DATA"));
        data.ended("a", "passed");
        assert!(data.look_up(&["a"]).unwrap().notice(["a"]).contains("the monitor passed in its last run"));
        data.ended("b", "passed");
        let last = data.look_up(&["a", "b"]).unwrap();
        assert!(last.notice(["a", "b"]).ends_with("all 2 monitors passed in their last run, so none is run"));
        assert!(data.look_up(&["c", "d"]).unwrap_err().message.contains("no run of these monitors is stored"));
    }

    #[test]
    fn a_run_that_was_killed_has_failed() {
        let mut data = Data::new();
        for monitor in ["before", "between", "torn"] {
            data.ended(monitor, "passed");
        }
        data.run("data", &[start("before")], &[]);
        data.run("data", &[start("between")], &[summary("between", None)]);
        let torn = summary("torn", Some("passed"));
        let uuid = data.run("data", &[start("torn")], &[]);
        fs::write(data.options().data.join(format!("runs/{uuid}/summary.ndjson")), &torn[..20]).unwrap();
        assert_eq!(data.failed(&["before", "between", "torn"]), ["before", "between", "torn"]);
    }

    #[test]
    fn a_run_that_goes_on_or_left_nothing_says_nothing() {
        let mut data = Data::new();
        data.ended("a", "passed");
        data.run("data", &[], &[]);
        let spool = Spool::open(data.options()).unwrap();
        let mut going_on = spool.run(Uuid::now_v7());
        assert_eq!(going_on.append("report", &start("a")), None);
        assert_eq!(data.failed(&["a"]), [""; 0]);
        assert_eq!(going_on.append("summary", &summary("a", Some("failed"))), None);
        assert_eq!(data.failed(&["a"]), ["a"], "its verdict counts before it is closed");
    }

    #[test]
    fn a_run_that_went_on_elsewhere_is_one_run() {
        let mut data = Data::new();
        let uuid = data.run("data", &[start("a")], &[]);
        data.add("t", uuid, "summary", &[summary("a", Some("passed"))]);
        data.run("t", &[start("b")], &[summary("b", Some("failed"))]);
        assert_eq!(data.failed(&["a", "b"]), ["b"]);
    }

    #[test]
    fn a_name_is_found_as_it_was_stored() {
        let mut data = Data::new();
        data.ended("http://shop/***", "failed");
        assert_eq!(data.failed(&["http://shop/hunter2"]), ["http://shop/hunter2"]);
    }

    #[test]
    fn what_is_no_run_is_passed_over() {
        let mut data = Data::new();
        data.ended("a", "failed");
        let runs = data.options().data.join("runs");
        fs::create_dir(runs.join(".removing-x")).unwrap();
        fs::write(runs.join("notes.txt"), "x").unwrap();
        let broken = data.run("data", &["{no json".to_owned()], &["[]".to_owned()]);
        assert!(Path::new(&runs).join(broken.to_string()).is_dir());
        assert_eq!(data.failed(&["a"]), ["a"]);
    }
}
