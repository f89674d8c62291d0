//! A wall clock that can be set back for one process: the machine's own is everybody's.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::runner::Runner;

/// The clock of the processes that were given it.
#[derive(Debug)]
pub struct Clock {
    folder: TempDir,
    library: PathBuf,
}

impl Clock {
    /// It is right until it is [set back](Self::set_back).
    ///
    /// It is a library that is loaded first (`LD_PRELOAD`) and answers in the place of the C library. The compiler that it
    /// is made with is there wherever Rust links.
    #[expect(clippy::new_without_default, reason = "making it runs a compiler")]
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("the folder for temporary files can be written");
        let source = folder.path().join("clock.c");
        let library = folder.path().join("clock.so");
        std::fs::write(&source, include_str!("clock.c")).expect("the folder was just made");
        let output = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).output();
        let output = output.expect("Rust links with cc");
        assert!(output.status.success(), "{output:?}");
        Self { folder, library }
    }

    /// Gives it to a process.
    pub fn of(&self, runner: Runner) -> Runner {
        runner.env("LD_PRELOAD", &self.library).env("CANARYTRACE_TEST_CLOCK", self.folder.path().join("set-back"))
    }

    /// Sets it back from the right time, in s.
    pub fn set_back(&self, seconds: u32) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, seconds.to_string()).expect("the folder can be written");
        std::fs::rename(&new, self.folder.path().join("set-back")).expect("it is the same folder");
    }
}
