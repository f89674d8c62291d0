//! The command: reads the file, writes the monitor, says what could not be taken over.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf, absolute};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;

use super::{code, names, plan, recording, rustfmt};
use crate::print;

/// Turn a recording of the DevTools Recorder (JSON) into a monitor
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Recording, exported as JSON
    file: PathBuf,
    /// File to write the monitor to; else it is printed
    #[arg(long, short, value_name = "FILE.rs")]
    output: Option<PathBuf>,
    /// Name of the monitor; else that of the recording
    #[arg(long)]
    name: Option<String>,
}

/// Secrets shorter than this stand in any code by chance.
const SHORTEST_SECRET: usize = 4;

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let file = arguments.file.display();
    let text = fs::read_to_string(&arguments.file).with_context(|| format!("{file} can't be read"))?;
    let recording =
        recording::parse(text.trim_start_matches('\u{feff}')).map_err(|problem| anyhow!("{file}: {problem}"))?;
    let function = match &arguments.name {
        Some(name) => names::checked_function(name).map_err(|problem| anyhow!(problem))?,
        None => names::function(&recording.title),
    };
    let plan = plan::plan(&recording);
    if plan.steps.is_empty() {
        bail!("{file}: nothing was recorded in it, so there is nothing to watch");
    }
    let folder = match &arguments.output {
        Some(output) => absolute(output).ok().and_then(|path| path.parent().map(Path::to_owned)),
        None => None,
    };
    let folder = folder.filter(|folder| folder.is_dir()).unwrap_or_else(|| PathBuf::from("."));
    let code = rustfmt::formatted(&code::write(&plan, &function), &folder);
    match &arguments.output {
        Some(output) => write_new(output, &code)?,
        None => print::out(&code)?,
    }
    let mut stderr = io::stderr().lock();
    for warning in &plan.warnings {
        writeln!(stderr, "warning: {warning}")?;
    }
    for param in &plan.params {
        if param.recorded.chars().count() >= SHORTEST_SECRET && code.contains(&param.recorded) {
            writeln!(
                stderr,
                "warning: the recorded value of {} also stands elsewhere in the code: replace it",
                param.name
            )?;
        }
        let (name, variable) = (&param.name, param.name.to_uppercase());
        writeln!(stderr, "note: {name} is a secret and was not taken over: set the environment variable {variable}")?;
    }
    if let Some(output) = &arguments.output {
        let module = output.file_stem().unwrap_or_default().display().to_string();
        print::out(&format!(
            "{} is written; `pub mod {module};` in src/lib.rs makes it a monitor\n",
            output.display()
        ))?;
    }
    Ok(())
}

/// Writes a file that was not there.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let written =
        OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already and is left as it is: name another --output, or remove it", path.display())
        }
        Err(error) => Err(error).with_context(|| format!("{} can't be written", path.display())),
    }
}
