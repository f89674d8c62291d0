//! What libgit2 keeps for the whole process.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

/// Sets how long a server may be silent and whose certificates are trusted beside the system's. Once, and before
/// anything else is asked of git.
pub(super) fn set(timeout: Duration, ca: Option<&Path>) -> Result<(), git2::Error> {
    static SET: OnceLock<Result<(), String>> = OnceLock::new();
    let done = SET.get_or_init(|| {
        let timeout = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        change(timeout, ca).map_err(|error| error.message().to_owned())
    });
    done.clone().map_err(|message| git2::Error::from_str(&message))
}

#[expect(unsafe_code, reason = "libgit2 has these as variables of the process, and no way to set them for one connection")]
fn change(timeout: i32, ca: Option<&Path>) -> Result<(), git2::Error> {
    // SAFETY: `set` calls this once, and nothing of libgit2 runs before or beside it: every connection begins with `set`,
    // which others wait for.
    unsafe {
        git2::opts::set_server_connect_timeout_in_milliseconds(timeout)?;
        git2::opts::set_server_timeout_in_milliseconds(timeout)?;
        if let Some(ca) = ca {
            git2::opts::set_ssl_cert_file(ca)?;
        }
    }
    Ok(())
}
