//! `canarytrace verify` and `canarytrace overhead`, as a user would run them, with a real browser.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use canarytrace::site::TRUTHS;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// The tool in an environment and folders of its own.
struct Tool {
    command: Command,
    folder: TempDir,
}

impl Tool {
    fn new(arguments: &[&str]) -> Self {
        // Short, because Chromium puts sockets below it, whose paths may have 107 bytes.
        let folder = tempfile::Builder::new().prefix("ct").tempdir_in("/tmp").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_canarytrace"));
        command.env_clear().env("TMPDIR", folder.path()).current_dir(folder.path()).args(arguments);
        for name in ["PATH", "HOME", "CI", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        Self { command, folder }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Exit code, standard output and standard error. Nothing of it is left then.
    fn run(mut self) -> (i32, String, String) {
        let ended = ended(self.command.output().unwrap());
        assert_nothing_left(self.folder.path());
        ended
    }
}

fn ended(Output { status, stdout, stderr }: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (status.code().expect("it ended by itself"), text(stdout), text(stderr))
}

/// What the measuring runs wrote, and their browsers' folders, are removed.
fn assert_nothing_left(folder: &Path) {
    let left: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("canarytrace-measures-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The bounds of times are so wide that a machine that runs all other tests too keeps to them; what is counted has none.
#[test]
fn what_is_measured_is_true_and_json_says_of_each_quantity_how_true() {
    // A monitor's options are none of these runs'.
    let tool = Tool::new(&["verify", "-n", "2", "--tolerance", "100", "--json"])
        .env("CANARYTRACE_VITALS", "no")
        .env("CANARYTRACE_DEVICE", "mobile")
        .env("SPEC", "no::such::monitor")
        .env("ELASTIC_CLUSTER", "http://127.0.0.1:1");
    let (code, out, err) = tool.run();
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"));
    let quantities = report["quantities"].as_array().unwrap();
    let names: Vec<&str> = quantities.iter().map(|quantity| quantity["name"].as_str().unwrap()).collect();
    assert_eq!(names, TRUTHS.iter().map(|truth| truth.name).collect::<Vec<_>>());
    for quantity in quantities {
        assert_eq!(quantity["verdict"], "within", "{quantity:#}");
        assert_eq!(quantity["values"].as_array().unwrap().len(), 2, "{quantity:#}");
    }
    assert_eq!((&report["right"], &report["rounds"]), (&true.into(), &2.into()), "{report:#}");
    // A busy machine is not fit, and says why.
    let reasons = report["machine"]["unreliableReasons"].as_array().unwrap();
    assert_eq!((code, report["fit"].as_bool()), if reasons.is_empty() { (0, Some(true)) } else { (3, Some(false)) });

    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&report), "fit machine quantities right rounds tolerance");
    assert_eq!(keys(&quantities[0]), "bounds error measured name page spread title true unit values verdict");
    assert_eq!(keys(&quantities[0]["bounds"]), "above below spread");
    assert_eq!(
        keys(&report["machine"]),
        "benchmarkIndex cpuPressure loadAverage processors steal throttled unreliableReasons"
    );
}

#[test]
fn without_a_browser_it_says_which_one_is_missing() {
    for command in ["verify", "overhead"] {
        let tool = Tool::new(&[command]).env("CANARYTRACE_BROWSER", "/no/such/browser");
        let (code, out, err) = tool.run();
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        assert!(err.contains("CANARYTRACE_BROWSER") && err.contains("/no/such/browser"), "{err}");
    }
}

#[test]
fn wrong_arguments_and_options_are_named_before_anything_is_measured() {
    for (arguments, named) in [
        (&["verify", "-n", "0"][..], "1..=1000"),
        (&["verify", "-n", "many"], "many"),
        (&["verify", "--tolerance", "0.5"], "allowed is a number from 1 to 1000"),
        (&["overhead", "--pairs", "5"], "6..=1000"),
    ] {
        let (code, out, err) = Tool::new(arguments).run();
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {err}");
        assert!(err.contains(named), "{arguments:?}: {err}");
    }
    let (code, _, err) = Tool::new(&["overhead", "--only", "nothing"]).run();
    assert!(code == 1 && err.contains("vitals"), "{err}");
    let (code, _, err) = Tool::new(&["verify"]).env("WAIT_FOR_TIMEOUT", "soon").run();
    assert!(code == 2 && err.contains("WAIT_FOR_TIMEOUT"), "{err}");
}

#[test]
fn a_signal_ends_the_measuring_and_nothing_is_left() {
    for command in ["verify", "overhead"] {
        let mut tool = Tool::new(&[command]);
        let child = tool.command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let folder = tool.folder.path();
        // A run has begun: it has a data folder.
        let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
        while !has_run(folder) {
            assert!(std::time::Instant::now() < deadline, "{command} does not begin");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        kill_process(Pid::from_raw(child.id().cast_signed()).unwrap(), Signal::TERM).unwrap();
        let (code, out, err) = ended(child.wait_with_output().unwrap());
        assert_eq!((code, out.as_str()), (143, ""), "{command}: {err}");
        assert_nothing_left(folder);
    }
}

fn has_run(folder: &Path) -> bool {
    let inside = |path: &Path| -> Vec<std::path::PathBuf> {
        std::fs::read_dir(path).map(|entries| entries.flatten().map(|entry| entry.path()).collect()).unwrap_or_default()
    };
    let measures = inside(folder).into_iter().filter(|path| path.to_string_lossy().contains("canarytrace-measures-"));
    measures.flat_map(|path| inside(&path)).any(|data| data.join("runs").is_dir())
}
