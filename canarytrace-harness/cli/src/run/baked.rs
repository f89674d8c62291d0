//! Monitors that are there already: compiled into the image, or, in smoke mode, none at all.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::monitors::Monitors;
use super::trouble::{Kind, Outcome, Trouble};
use crate::own_monitors::CHILD_VARIABLE;

/// The executable of an image.
pub(super) fn baked(path: &Path, arguments: Vec<OsString>) -> Outcome<Monitors> {
    let wrong = |what: String| {
        let advice = "CANARYTRACE_MONITORS, or --executable, names the test executable with the monitors";
        Trouble::new(Kind::Executable, format!("the monitors in {} can't be started: {what}; {advice}", path.display()))
    };
    let metadata = path.metadata().map_err(|error| wrong(error.to_string()))?;
    if !metadata.is_file() {
        return Err(wrong("it is no file".to_owned()));
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err(wrong("it is not executable".to_owned()));
    }
    Ok(Monitors { executable: path.to_owned(), folder: None, variables: Vec::new(), arguments })
}

/// URLs need no code of anybody: this program visits them itself.
pub(super) fn smoke(arguments: Vec<OsString>) -> Outcome<Monitors> {
    let executable = std::env::current_exe()
        .map_err(|error| Trouble::new(Kind::Executable, format!("this program can't find itself: {error}")))?;
    Ok(Monitors { executable, folder: None, variables: vec![(CHILD_VARIABLE, "1".into())], arguments })
}
