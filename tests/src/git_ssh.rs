//! Git over ssh: a real `sshd` on loopback, with a host key and a user's key of the test's own.

use std::env;
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

use crate::servers::port_of;

const SSHD: &str = "/usr/sbin/sshd";

/// A server of one test: each connection is a process of `sshd`, which ends with it.
#[derive(Debug)]
pub struct GitSsh {
    folder: TempDir,
    port: u16,
    user: String,
}

impl GitSsh {
    /// Starts one. `None` where there is no `sshd` and none can be installed; in CI that is a failure.
    pub fn start() -> Option<Self> {
        match Self::try_start() {
            Ok(server) => Some(server),
            Err(why) => {
                assert!(env::var_os("CI").is_none(), "in CI the test must not be skipped: {why}");
                eprintln!("ignored: {why}");
                None
            }
        }
    }

    fn try_start() -> Result<Self, String> {
        install()?;
        let said = |error: io::Error| error.to_string();
        let folder = tempfile::Builder::new().prefix("ctssh").tempdir_in("/tmp").map_err(said)?;
        let output = Command::new("id").arg("-un").output().map_err(said)?;
        let user = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(said)?;
        let server = Self { folder, port: port_of(&listener), user };
        for name in ["host", "user", "stranger"] {
            server.make_key(name);
        }
        let path = |name: &str| server.folder.path().join(name);
        fs::copy(path("user.pub"), path("authorized_keys")).map_err(said)?;
        let config = format!(
            "HostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPrintMotd no\n",
            path("host").display(),
            path("authorized_keys").display()
        );
        fs::write(path("config"), config).map_err(said)?;
        let config = path("config");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serve(&config, stream);
            }
        });
        Ok(server)
    }

    fn make_key(&self, name: &str) {
        let path = self.folder.path().join(name);
        let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"]).arg(path).status();
        assert!(made.is_ok_and(|status| status.success()), "ssh-keygen comes with sshd");
    }

    /// URL of a repository in this folder.
    pub fn url(&self, repository: &Path) -> String {
        format!("ssh://{}@127.0.0.1:{}{}", self.user, self.port, repository.display())
    }

    /// The private key that is let in.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("user")
    }

    /// A private key that is not.
    pub fn strange_key(&self) -> PathBuf {
        self.folder.path().join("stranger")
    }

    /// A file with known hosts that knows the server.
    pub fn known_hosts(&self) -> PathBuf {
        self.known_hosts_with("host")
    }

    /// A file with known hosts that knows another key of the server.
    pub fn outdated_known_hosts(&self) -> PathBuf {
        self.known_hosts_with("stranger")
    }

    /// A file with known hosts that knows nobody.
    pub fn no_known_hosts(&self) -> PathBuf {
        let path = self.folder.path().join("known_hosts_none");
        fs::write(&path, "").expect("the folder can be written");
        path
    }

    fn known_hosts_with(&self, key: &str) -> PathBuf {
        let public = fs::read_to_string(self.folder.path().join(format!("{key}.pub"))).expect("it was made");
        let path = self.folder.path().join(format!("known_hosts_{key}"));
        fs::write(&path, format!("[127.0.0.1]:{} {public}", self.port)).expect("the folder can be written");
        path
    }
}

/// `sshd` as inetd starts it: there is no port that somebody could take in between.
fn serve(config: &Path, stream: TcpStream) {
    let (Ok(input), Ok(output)) = (stream.try_clone().map(OwnedFd::from), stream.try_clone().map(OwnedFd::from)) else {
        return;
    };
    let mut command = Command::new(SSHD);
    // It tells the client what it logs unless it is told to write it elsewhere.
    let log = config.with_file_name("log");
    command.args(["-i", "-E"]).arg(log).arg("-f").arg(config).stdin(Stdio::from(input)).stdout(Stdio::from(output));
    let child = command.stderr(Stdio::null()).spawn();
    std::thread::spawn(move || _ = child.map(|mut child| child.wait()));
}

/// Installs `sshd` with apt when we are root on Debian, once for all tests at work.
fn install() -> Result<(), String> {
    let is_there = || Path::new(SSHD).exists();
    let is_root = rustix::process::getuid().is_root();
    if !is_there() {
        if !is_root || !Path::new("/usr/bin/apt-get").exists() {
            return Err(format!("{SSHD} is not there: install openssh-server"));
        }
        let lock = File::create(env::temp_dir().join("canarytrace-tests-sshd.lock")).map_err(|error| error.to_string())?;
        flock(&lock, FlockOperation::LockExclusive).map_err(|error| error.to_string())?;
        if !is_there() {
            let output = Command::new("apt-get")
                .args(["install", "--yes", "--no-install-recommends", "openssh-server"])
                .env("DEBIAN_FRONTEND", "noninteractive")
                .stdin(Stdio::null())
                .output()
                .map_err(|error| error.to_string())?;
            if !is_there() {
                return Err(format!(
                    "openssh-server can't be installed: {}",
                    String::from_utf8_lossy(&output.stderr).trim()
                ));
            }
        }
    }
    if is_root {
        // Where it has nothing to look at after it gave up its rights; a container that never booted lacks it.
        fs::create_dir_all("/run/sshd").map_err(|error| error.to_string())?;
    }
    Ok(())
}
