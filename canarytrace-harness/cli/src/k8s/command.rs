//! The command: which monitors, as manifests or a table, printed, written, compared or pruned.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::cronjob::{cronjob, deadline, template};
use super::described::{Described, Monitor, Source};
use super::diff::Change;
use super::folder::{self, Files};
use super::image::Image;
use super::load;
use super::names::{self, named};
use super::prune::{self, InCluster};
use super::quantity::Quantity;
use super::schedule::{self, Schedule};
use super::settings::{Git, Location, Resources, Settings};
use super::yaml;
use crate::{USAGE, is_closed_pipe, print, say};

/// What differs, as `diff` answers it.
const DIFFERENT: u8 = 1;

/// Print a Kubernetes CronJob for each registered monitor, from what it declares
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
#[expect(clippy::doc_markdown, reason = "the comments are the help, which is no Markdown")]
pub(crate) struct Arguments {
    /// Package of the current workspace whose test target
    /// has the monitors; it is built
    #[arg(long, value_name = "NAME", default_value = "monitors", verbatim_doc_comment)]
    package: String,
    /// Test target with the monitors, built before
    #[arg(long, value_name = "PATH", conflicts_with = "package")]
    executable: Option<PathBuf>,
    /// File with the description of the monitors, as their
    /// test target prints it with CANARYTRACE_DESCRIBE=json
    #[arg(long, value_name = "FILE", conflicts_with_all = ["package", "executable"], verbatim_doc_comment)]
    monitors: Option<PathBuf>,

    /// Image of the runner, with its tag; with the
    /// monitors in it, unless --git-repository is given
    #[arg(long, value_name = "IMAGE", required_unless_present_any = ["load", "cluster"], verbatim_doc_comment)]
    image: Option<Image>,
    /// Image of the browser; else that of this version, as
    /// k8s/build-images names it
    #[arg(long, value_name = "IMAGE", verbatim_doc_comment)]
    browser_image: Option<Image>,
    /// Repository that the monitors are built from in the
    /// cluster (k8s/overlays/git-build)
    #[arg(long, value_name = "URL", requires = "git_revision", verbatim_doc_comment)]
    git_repository: Option<String>,
    /// Branch, tag or commit of it
    #[arg(long, value_name = "REVISION", requires = "git_repository")]
    git_revision: Option<String>,

    /// Namespace; else canarytrace
    #[arg(long, value_name = "NAME", value_parser = names::dns_label)]
    namespace: Option<String>,
    /// What the names of CronJobs begin with
    #[arg(long, value_name = "TEXT", default_value = "", value_parser = names::prefix)]
    name_prefix: String,
    /// Time zone of the schedules; else Etc/UTC
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<String>,
    /// Where the runs are made, for `location` of every
    /// document; else what the ConfigMap says
    #[arg(long, value_name = "NAME", verbatim_doc_comment)]
    location: Option<String>,
    /// The name of the node instead
    #[arg(long, conflicts_with = "location")]
    location_of_node: bool,
    /// How far the starts of monitors of one schedule are
    /// spread; each waits its own part of it
    #[arg(long, value_name = "SECONDS", default_value_t = 30, verbatim_doc_comment)]
    start_offset: u64,

    /// Processor that the runner asks for; else 200m
    #[arg(long, value_name = "CORES")]
    runner_cpu: Option<Quantity>,
    /// Most processor of the runner; else 800m
    #[arg(long, value_name = "CORES")]
    runner_cpu_limit: Option<Quantity>,
    /// Memory that the runner asks for; else 300M
    #[arg(long, value_name = "BYTES")]
    runner_memory: Option<Quantity>,
    /// Most memory of the runner; else 1600M
    #[arg(long, value_name = "BYTES")]
    runner_memory_limit: Option<Quantity>,
    /// Processor that the browser asks for; else 2000m
    #[arg(long, value_name = "CORES")]
    browser_cpu: Option<Quantity>,
    /// Most processor of the browser; else 4000m
    #[arg(long, value_name = "CORES")]
    browser_cpu_limit: Option<Quantity>,
    /// Memory that the browser asks for; else 2000M
    #[arg(long, value_name = "BYTES")]
    browser_memory: Option<Quantity>,
    /// Most memory of the browser; else 4000M
    #[arg(long, value_name = "BYTES")]
    browser_memory_limit: Option<Quantity>,
    /// Ask for as much as there may be at most, so that
    /// nothing takes it away (QoS class Guaranteed)
    #[arg(long, verbatim_doc_comment)]
    guaranteed: bool,

    /// Write a file a monitor and kustomization.yaml into
    /// this folder
    #[arg(long, value_name = "DIR", conflicts_with_all = ["diff", "load"], verbatim_doc_comment)]
    output: Option<PathBuf>,
    /// Show what --output would change in this folder, and
    /// exit with 1 if anything
    #[arg(long, value_name = "DIR", conflicts_with = "load", verbatim_doc_comment)]
    diff: Option<PathBuf>,
    /// Colour of --diff
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
    /// Delete what is of monitors that are gone: files of
    /// --output, or print commands for --cluster
    #[arg(long, verbatim_doc_comment)]
    prune: bool,
    /// What `kubectl get cronjobs -o json` printed, in a
    /// file or on standard input (-)
    #[arg(
        long,
        value_name = "FILE|-",
        requires = "prune",
        conflicts_with_all = ["output", "diff", "load"],
        verbatim_doc_comment
    )]
    cluster: Option<PathBuf>,

    /// Show how many pods and cores the schedules ask for
    /// at their peak, and offsets that make it lower
    #[arg(long, verbatim_doc_comment)]
    load: bool,
    /// How long a pod is taken to live for that, in whole
    /// minutes
    #[arg(long, value_name = "MINUTES", default_value_t = 1, verbatim_doc_comment)]
    run_time: usize,
    /// Shift schedules of the form */N by these offsets
    #[arg(long)]
    apply_offsets: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Does what the arguments ask for, and returns the exit code.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    match do_it(arguments) {
        // As with `diff`: 1 is an answer, and trouble is none.
        Err(error) if arguments.diff.is_some() && !is_closed_pipe(&error) => {
            say::error(&format!("{error:#}"));
            Ok(USAGE)
        }
        other => other,
    }
}

fn do_it(arguments: &Arguments) -> anyhow::Result<u8> {
    if arguments.prune && arguments.output.is_none() && arguments.cluster.is_none() {
        say::error("--prune needs --output DIR, whose files it deletes, or --cluster FILE|-, whose CronJobs it lists");
        return Ok(USAGE);
    }
    let described = source(arguments).read()?;
    let made = Made::new(&described, arguments)?;
    if arguments.load {
        print::out(&load::table(&made.items, &made.phases, arguments.run_time)?)?;
        return Ok(0);
    }
    made.say_what_is_odd(arguments);
    if let Some(cluster) = &arguments.cluster {
        let gone = prune::gone_in_cluster(cluster, &made.cronjobs)?;
        let commands: String = gone.iter().map(InCluster::delete_command).map(|command| command + "\n").collect();
        print::out(&commands)?;
        return Ok(0);
    }
    let files = folder::files(&made.cronjobs)?;
    if let Some(folder) = &arguments.diff {
        return diff(folder, &files, arguments.color);
    }
    if let Some(folder) = &arguments.output {
        return output(folder, &files, arguments.prune);
    }
    let mut text = String::new();
    for cronjob in made.cronjobs.values() {
        text.push_str("---\n");
        text += &yaml::write(cronjob)?;
    }
    print::out(&text)?;
    Ok(0)
}

fn source(arguments: &Arguments) -> Source {
    if let Some(path) = &arguments.monitors {
        Source::File(path.clone())
    } else if let Some(path) = &arguments.executable {
        Source::Executable(path.clone())
    } else {
        Source::Package(arguments.package.clone())
    }
}

fn settings(arguments: &Arguments) -> anyhow::Result<Settings> {
    let own = |name: &str| {
        let text = format!("{name}:{}", env!("CARGO_PKG_VERSION"));
        text.parse::<Image>().map_err(|reason| anyhow::anyhow!("{text}: {reason}"))
    };
    let or_own = |image: &Option<Image>, name: &str| image.clone().map_or_else(|| own(name), Ok);
    let git = arguments.git_repository.clone().zip(arguments.git_revision.clone());
    if git.as_ref().is_some_and(|(repository, _)| has_credentials(repository)) {
        bail!(
            "--git-repository holds a password or token, which git and everybody who may list CronJobs would read: leave it \
             out, and put it into the Secret canarytrace-git"
        );
    }
    Ok(Settings {
        // Who does without (--load, --cluster) shows no image.
        image: or_own(&arguments.image, "localhost/canarytrace/runner")?,
        browser_image: or_own(&arguments.browser_image, "localhost/canarytrace/browser")?,
        git: git.map(|(repository, revision)| Git { repository, revision }),
        namespace: arguments.namespace.clone(),
        time_zone: arguments.time_zone.clone(),
        location: match &arguments.location {
            Some(name) => Location::Named(name.clone()),
            None if arguments.location_of_node => Location::Node,
            None => Location::OfConfigMap,
        },
        start_offset: arguments.start_offset,
        runner: Resources {
            cpu: arguments.runner_cpu.clone(),
            cpu_limit: arguments.runner_cpu_limit.clone(),
            memory: arguments.runner_memory.clone(),
            memory_limit: arguments.runner_memory_limit.clone(),
        },
        browser: Resources {
            cpu: arguments.browser_cpu.clone(),
            cpu_limit: arguments.browser_cpu_limit.clone(),
            memory: arguments.browser_memory.clone(),
            memory_limit: arguments.browser_memory_limit.clone(),
        },
        guaranteed: arguments.guaranteed,
    })
}

/// Whether a URL has a password in it, or a token in the place of the user.
fn has_credentials(repository: &str) -> bool {
    let of_web = |url: &url::Url| matches!(url.scheme(), "http" | "https") && !url.username().is_empty();
    url::Url::parse(repository).is_ok_and(|url| url.password().is_some() || of_web(&url))
}

/// Everything that is made of the monitors.
struct Made<'a> {
    described: &'a Described,
    /// By the names of their `CronJob`s.
    monitors: BTreeMap<String, &'a Monitor>,
    /// The schedules in force, in the same order.
    schedules: Vec<Schedule>,
    cronjobs: BTreeMap<String, Value>,
    /// In the same order, with the schedules that the monitors declare.
    items: Vec<load::Item>,
    phases: Vec<usize>,
}

impl<'a> Made<'a> {
    fn new(described: &'a Described, arguments: &Arguments) -> anyhow::Result<Self> {
        let settings = settings(arguments)?;
        let monitors = named(&arguments.name_prefix, described.monitors.iter().filter(|monitor| monitor.enabled))?;
        if monitors.is_empty() {
            bail!("no monitor is enabled: there is nothing to run");
        }
        let declared = |monitor: &Monitor| {
            Schedule::read(monitor.schedule.as_deref().unwrap_or(schedule::DEFAULT))
                .with_context(|| format!("the schedule of {}", monitor.name))
        };
        let declared: Vec<Schedule> = monitors.values().map(|monitor| declared(monitor)).collect::<Result<_, _>>()?;
        let template = template()?;
        let cronjobs = |schedules: &[Schedule]| {
            let made = monitors.iter().zip(schedules).map(|((name, monitor), schedule)| {
                let made = cronjob(&template, name, monitor, schedule, described, &settings);
                Ok((name.clone(), made.with_context(|| format!("the CronJob of {}", monitor.name))?))
            });
            made.collect::<anyhow::Result<BTreeMap<String, Value>>>()
        };
        let as_declared = cronjobs(&declared)?;
        let pieces =
            as_declared.iter().zip(&declared).map(|((name, cronjob), schedule)| (name.as_str(), schedule, cronjob));
        let mut items = load::items(pieces)?;
        // People know the monitor's name.
        for (item, monitor) in items.iter_mut().zip(monitors.values()) {
            item.name.clone_from(&monitor.name);
        }
        let phases = if arguments.load || arguments.apply_offsets {
            load::phases(&items, arguments.run_time)
        } else {
            vec![0; items.len()]
        };
        let (schedules, cronjobs) = if arguments.apply_offsets {
            let shifted = declared.iter().zip(&phases).map(|(schedule, phase)| schedule.shifted(*phase));
            let shifted: Vec<Schedule> = shifted.collect::<Result<_, _>>()?;
            let cronjobs = cronjobs(&shifted)?;
            (shifted, cronjobs)
        } else {
            (declared, as_declared)
        };
        Ok(Self { described, monitors, schedules, cronjobs, items, phases })
    }

    fn say_what_is_odd(&self, arguments: &Arguments) {
        let disabled = self.described.monitors.iter().filter(|monitor| !monitor.enabled);
        for monitor in disabled {
            say::notice(&format!("{} is disabled: it gets no CronJob", monitor.name));
        }
        // Monitors that are alike are named together: there may be thousands.
        let mut tight = BTreeMap::<(u64, String, u64), Vec<&str>>::new();
        for (monitor, schedule) in self.monitors.values().zip(&self.schedules) {
            let longest = deadline(monitor, self.described.flush, arguments.start_offset);
            let distance = Duration::from_mins(schedule.shortest_distance() as u64).as_secs();
            if longest > distance {
                tight.entry((longest, schedule.line(), distance)).or_default().push(&monitor.name);
            }
        }
        for ((longest, line, distance), names) in tight {
            let who = match names[..] {
                [name] => format!("{name} may need"),
                [first, ref others @ ..] => format!("{first} and {} more may need", others.len()),
                [] => continue,
            };
            say::warning(&format!(
                "{who} up to {longest} s, and \"{line}\" starts it every {distance} s: a run that needs longer is replaced by \
                 the next one"
            ));
        }
    }
}

fn diff(folder: &Path, files: &Files, color: Color) -> anyhow::Result<u8> {
    let there = folder::read(folder)?;
    let color = match color {
        Color::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
        Color::Always => true,
        Color::Never => false,
    };
    let names: std::collections::BTreeSet<&String> = there.keys().chain(files.keys()).collect();
    let mut text = String::new();
    for name in names {
        let side = |files: &'_ Files| files.get(name).cloned();
        let (old, new) = (side(&there), side(files));
        text += &Change { name, old: old.as_deref(), new: new.as_deref() }.unified(color);
    }
    print::out(&text)?;
    Ok(if text.is_empty() { 0 } else { DIFFERENT })
}

fn output(folder: &Path, files: &Files, prune: bool) -> anyhow::Result<u8> {
    let there = folder::read(folder)?;
    let written = folder::write(folder, &there, files)?;
    say::notice(&format!(
        "{}: {written} of {} files written, the others are as they were",
        folder.display(),
        files.len()
    ));
    for name in prune::gone(&there, files) {
        let path = folder.join(name);
        if prune {
            std::fs::remove_file(&path).with_context(|| format!("{} can't be deleted", path.display()))?;
            say::notice(&format!("{} deleted: its monitor is gone", path.display()));
        } else {
            say::warning(&format!("{} is of a monitor that is gone: --prune deletes it", path.display()));
        }
    }
    Ok(0)
}
