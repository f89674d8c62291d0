//! `canarytrace`: the operator's tool. Monitors themselves run with `cargo test`.
//!
//! A library so that tests and benchmarks use the same code; the program is [`main`].

pub mod dev_server;
mod docs;
mod import;
mod init;
pub mod install;
mod install_lighthouse;
mod options;
pub mod overhead;
pub mod own_monitors;
mod print;
mod progress;
pub mod query;
mod replay;
mod run;
mod runs;
mod ship;
mod show;
mod site;
pub mod statistics;
mod stored;
mod verify;

use std::io::{self, Write as _};
use std::process::ExitCode;

use canarytrace::config::ConfigError;
use clap::{Parser, Subcommand};

/// The command could not do what it was asked for.
const FAILED: u8 = 1;

/// An option or argument is wrong; clap uses the same code.
const USAGE: u8 = 2;

/// Begins monitors, looks at what they left on disk, serves the practice shop.
///
/// Monitors themselves run with `cargo test`: this tool makes the crate they
/// live in, and reads what they wrote.
/// Options come from the environment and canarytrace.toml, as for monitors;
/// `canarytrace options` explains all of them.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Arguments),
    Run(run::Arguments),
    Import(import::Arguments),
    Site(site::Arguments),
    Install(install::Arguments),
    Uninstall(install::UninstallArguments),
    InstallLighthouse(install_lighthouse::Arguments),
    DevServer(dev_server::Arguments),
    Options(options::Arguments),
    Runs(runs::Arguments),
    Show(show::Arguments),
    Query(query::Arguments),
    Replay(replay::Arguments),
    Ship(ship::Arguments),
    Verify(verify::Arguments),
    Overhead(overhead::Arguments),
    Docs(docs::Arguments),
}

/// The program: parses the arguments, does what they ask for, says what went wrong.
pub fn main() -> ExitCode {
    if let Some(code) = own_monitors::run_if_child() {
        return code;
    }
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Command::Init(arguments) => init::run(arguments),
        Command::Run(arguments) => match run::run(arguments) {
            Ok(code) => return ExitCode::from(code),
            Err(error) => Err(error),
        },
        Command::Import(arguments) => import::run(arguments),
        Command::Site(arguments) => site::run(arguments),
        Command::Install(arguments) => install::run(arguments),
        Command::Uninstall(arguments) => install::run_uninstall(arguments),
        Command::InstallLighthouse(arguments) => install_lighthouse::run(arguments),
        Command::DevServer(arguments) => dev_server::run(arguments),
        Command::Options(arguments) => options::run(arguments),
        Command::Runs(arguments) => runs::run(arguments),
        Command::Show(arguments) => show::run(arguments),
        Command::Query(arguments) => query::run(arguments),
        Command::Replay(arguments) => match replay::run(arguments) {
            Ok(code) => return ExitCode::from(code),
            Err(error) => Err(error),
        },
        Command::Ship(arguments) => match ship::run(arguments) {
            Ok(code) => return ExitCode::from(code),
            Err(error) => Err(error),
        },
        Command::Verify(arguments) => match verify::run(arguments) {
            Ok(code) => return ExitCode::from(code),
            Err(error) => Err(error),
        },
        Command::Overhead(arguments) => match overhead::run(arguments) {
            Ok(code) => return ExitCode::from(code),
            Err(error) => Err(error),
        },
        Command::Docs(arguments) => docs::run(arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // `canarytrace runs | head -1`: the reader has what it wanted.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(if error.is::<ConfigError>() { USAGE } else { FAILED })
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
