//! Users, roles and certificates of an Elasticsearch with security.
//!
//! Users and roles are lines of files that the server reads again once they have changed (its file realm): the stripped
//! Elasticsearch can't keep them in an index.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use canarytrace::elastic::{Auth, Method, Request, Settings};
use serde_json::Value;

use super::account::Account;
use super::folder::Folder;
use super::probe;
use super::state::State;

/// The superuser's name.
pub const ADMIN: &str = "admin";

/// How long the server has to read its files again. It looks twice a second.
const READ_AGAIN: Duration = Duration::from_secs(30);

/// What has to stand in `elasticsearch.yml`.
pub(super) const SETTINGS: &str = "xpack.security.enabled: true
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.key: certs/instance/instance.key
xpack.security.http.ssl.certificate: certs/instance/instance.crt
resource.reload.interval.high: 500ms
";

/// The certificate of the authority that signed the server's.
pub(super) fn authority(configuration: &Path) -> PathBuf {
    configuration.join("certs/ca/ca.crt")
}

/// Makes an authority and the server's certificate, unless they are there. `command` is how a program of the
/// distribution is run.
pub(super) fn make_certificates(configuration: &Path, command: impl Fn(&str) -> Command) -> anyhow::Result<()> {
    let folder = configuration.join("certs");
    if folder.exists() {
        return Ok(());
    }
    let half = configuration.join("certs.half");
    let make = |step: &str, further: &[&OsStr]| -> anyhow::Result<()> {
        let archive = configuration.join(format!("certs-{step}.zip"));
        // Of a start that was interrupted; the program does not overwrite it.
        let _ = fs::remove_file(&archive);
        let mut command = command("elasticsearch-certutil");
        command.args([step, "--silent", "--pem", "--out"]).arg(&archive).args(further).stdin(Stdio::null());
        let output = command.output().context("elasticsearch-certutil can't be started")?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            bail!("no certificates: elasticsearch-certutil says {}", String::from_utf8_lossy(&said).trim());
        }
        let file = fs::File::open(&archive).with_context(|| archive.display().to_string())?;
        zip::ZipArchive::new(file)?.extract(&half).with_context(|| archive.display().to_string())
    };
    make("ca", &[])?;
    let (certificate, key) = (half.join("ca/ca.crt"), half.join("ca/ca.key"));
    // The server's user reads them.
    Account::of_servers().own(configuration)?;
    make(
        "cert",
        &[
            OsStr::new("--ca-cert"),
            certificate.as_os_str(),
            OsStr::new("--ca-key"),
            key.as_os_str(),
            OsStr::new("--ip"),
            OsStr::new("127.0.0.1,::1"),
            OsStr::new("--dns"),
            OsStr::new("localhost"),
        ],
    )?;
    fs::rename(&half, &folder).with_context(|| format!("{} can't be made", folder.display()))
}

/// Adds the superuser, with a new password at each start. The server does not run yet.
pub(super) fn add_admin(configuration: &Path) -> anyhow::Result<(String, String)> {
    let password = uuid::Uuid::now_v7().simple().to_string();
    write_user(configuration, ADMIN, Some(&password), &["superuser"])?;
    Ok((ADMIN.to_owned(), password))
}

/// Adds a user with these roles to a server that runs, or gives another password and other roles to one that is there;
/// returns when the server knows them.
///
/// # Errors
/// When the server has no security, or does not take the user.
pub fn add_user(folder: &Folder, name: &str, password: &str, roles: &[&str]) -> anyhow::Result<()> {
    let state = change(folder, |configuration| write_user(configuration, name, Some(password), roles))?;
    let settings = settings_of(&state, name, password);
    let wanted: BTreeSet<&str> = roles.iter().copied().collect();
    until(&format!("the user {name} with the roles {}", roles.join(", ")), || {
        let reply = probe::ask(&settings, Request::new(Method::Get, "/_security/_authenticate"))?;
        let user: Value = reply.json().unwrap_or_default();
        let has: BTreeSet<&str> = user["roles"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        Ok(reply.is_success() && has == wanted)
    })
}

/// Removes a user from a server that runs; returns when the server has forgotten the password.
///
/// # Errors
/// When the server has no security, or keeps the user.
pub fn remove_user(folder: &Folder, name: &str, password: &str) -> anyhow::Result<()> {
    let state = change(folder, |configuration| write_user(configuration, name, None, &[]))?;
    let settings = settings_of(&state, name, password);
    until(&format!("the removal of the user {name}"), || {
        Ok(probe::ask(&settings, Request::new(Method::Get, "/_security/_authenticate"))?.status == 401)
    })
}

/// Adds a role to a server that runs, or changes one that is there; returns when the server knows it. `definition` is
/// what `PUT /_security/role/<name>` would take.
///
/// # Errors
/// When the server has no security, or does not read the role.
pub fn add_role(folder: &Folder, name: &str, definition: &Value) -> anyhow::Result<()> {
    change(folder, |configuration| {
        let path = configuration.join("roles.yml");
        let old = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        // A role a line: JSON is YAML.
        let mut text = without(&old, &format!("{name}:"));
        let _ = writeln!(text, "{name}: {definition}");
        replace(&path, &text)
    })?;
    // A role of files can't be asked for, and nobody may use it before it is known: a server that looks a role up while
    // it reads the file keeps "there is none" for good (Elasticsearch's negative lookup cache is not guarded against
    // that). So a witness without roles tells that the files were read: one after another in each round, so that with
    // its second password a whole round has passed since the role was written.
    let witness = format!("witness-{}", uuid::Uuid::now_v7().simple());
    for password in ["first round", "second round"] {
        add_user(folder, &witness, password, &[]).with_context(|| format!("the role {name}"))?;
    }
    change(folder, |configuration| write_user(configuration, &witness, None, &[]))?;
    Ok(())
}

/// Changes the files of a server with security that runs.
fn change(folder: &Folder, write: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<State> {
    // Two tests at once would each write what they have read.
    let _lock = folder.lock()?;
    let state = folder.running()?.with_context(|| format!("no server runs in {}", folder.path().display()))?;
    if state.admin.is_none() {
        bail!("the server in {} has no security: there are no users", folder.path().display());
    }
    write(&folder.configuration())?;
    Ok(state)
}

fn settings_of(state: &State, user: &str, password: &str) -> Settings {
    let auth = Auth::Basic { user: user.to_owned(), password: password.to_owned().into() };
    Settings { auth: Some(auth), ..state.settings() }
}

/// Writes a user, or removes it when there is no password.
fn write_user(configuration: &Path, name: &str, password: Option<&str>, roles: &[&str]) -> anyhow::Result<()> {
    // Roles first: a user that is known has them.
    let path = configuration.join("users_roles");
    let mut lines = String::new();
    for line in fs::read_to_string(&path).unwrap_or_default().lines() {
        let Some((role, users)) = line.split_once(':') else { continue };
        let others: Vec<&str> = users.split(',').filter(|user| *user != name).collect();
        if !others.is_empty() {
            let _ = writeln!(lines, "{role}:{}", others.join(","));
        }
    }
    for role in roles {
        let _ = writeln!(lines, "{role}:{name}");
    }
    replace(&path, &lines)?;
    let path = configuration.join("users");
    let mut users = without(&fs::read_to_string(&path).unwrap_or_default(), &format!("{name}:"));
    if let Some(password) = password {
        // The server also reads passwords that are not hashed.
        let _ = writeln!(users, "{name}:{password}");
    }
    replace(&path, &users)
}

/// Writes a file that the server may read at any moment.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    fs::write(&new, text)
        .and_then(|()| Account::of_servers().give(&new))
        .and_then(|()| fs::rename(&new, path))
        .with_context(|| format!("{} can't be written", path.display()))
}

fn without(text: &str, beginning: &str) -> String {
    text.lines().filter(|line| !line.starts_with(beginning)).flat_map(|line| [line, "\n"]).collect()
}

fn until(what: &str, condition: impl Fn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let deadline = Instant::now() + READ_AGAIN;
    while !condition()? {
        if Instant::now() > deadline {
            bail!("the server does not take {what}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
