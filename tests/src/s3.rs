//! A real server that speaks S3 and knows access keys (it does not compute signatures of version 4): `s3rver` in Node, pinned
//! by `tests/s3/package-lock.json`, installed once into the cache.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::{FlockOperation, flock};
use tempfile::TempDir;

/// The bucket that is there.
pub const BUCKET: &str = "pictures";

/// The access key and the secret key that the server knows.
pub const KEYS: (&str, &str) = ("S3RVER", "S3RVER");

/// A server on a free port, ended when dropped.
#[derive(Debug)]
pub struct S3Server {
    process: Child,
    data: TempDir,
    url: String,
}

impl S3Server {
    /// Starts one. `None` where it can't be installed; in CI that is a failure.
    pub fn start() -> Option<Self> {
        match Self::try_start() {
            Ok(server) => Some(server),
            Err(why) => {
                assert!(std::env::var_os("CI").is_none(), "in CI the test must not be skipped: {why}");
                eprintln!("ignored: {why}");
                None
            }
        }
    }

    fn try_start() -> Result<Self, String> {
        let installed = installed()?;
        let data = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut process = Command::new("node")
            .arg(installed.join("node_modules/s3rver/bin/s3rver.js"))
            .args(["--address", "127.0.0.1", "--port", "0", "--configure-bucket", BUCKET, "--directory"])
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("node can't be started: {error}"))?;
        let mut output = process.stdout.take().map(BufReader::new).ok_or("node has no output")?;
        let mut address = None;
        let mut line = String::new();
        while address.is_none() && output.read_line(&mut line).is_ok_and(|read| read > 0) {
            address = line.trim_end().strip_prefix("S3rver listening on ").map(str::to_owned);
            line.clear();
        }
        let Some(address) = address else {
            _ = process.kill();
            _ = process.wait();
            return Err("s3rver ended before it listened".to_owned());
        };
        // It dies of a line that nobody reads.
        std::thread::spawn(move || io::copy(&mut output, &mut io::sink()));
        Ok(Self { process, data, url: format!("http://{address}") })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The keys of the objects in the bucket, in their order, with their sizes in bytes.
    pub fn objects(&self) -> Vec<(String, u64)> {
        let bucket = self.data.path().join(BUCKET);
        let mut found = Vec::new();
        walk(&bucket, &mut |path| {
            // An object is three files.
            let name = path.strip_prefix(&bucket).unwrap_or(path).to_string_lossy().into_owned();
            if let Some(key) = name.strip_suffix("._S3rver_object") {
                found.push((key.to_owned(), fs::metadata(path).map_or(0, |metadata| metadata.len())));
            }
        });
        found.sort_unstable();
        found
    }

    /// The content of an object.
    pub fn content(&self, key: &str) -> Vec<u8> {
        let path = self.data.path().join(BUCKET).join(format!("{key}._S3rver_object"));
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}

fn walk(folder: &Path, found: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, found) } else { found(&path) }
    }
}

/// The folder with `node_modules`, which the first who needs it makes.
fn installed() -> Result<PathBuf, String> {
    let said = |error: io::Error| error.to_string();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("s3");
    let config = canarytrace::config::Config::load().map_err(|error| error.to_string())?;
    let folder = config.cache.join("tests-s3");
    fs::create_dir_all(&folder).map_err(said)?;
    // Others wait until it is there: released when this process ends in any way.
    let lock = File::create(folder.join(".lock")).map_err(said)?;
    flock(&lock, FlockOperation::LockExclusive).map_err(|error| error.to_string())?;
    let wanted = fs::read(source.join("package-lock.json")).map_err(said)?;
    let done = folder.join(".installed");
    if fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(source.join(file), folder.join(file)).map_err(said)?;
    }
    let mut npm = Command::new("npm");
    let output = npm
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .output()
        .map_err(|error| format!("npm can't be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("s3rver can't be installed: {}", String::from_utf8_lossy(&output.stderr)));
    }
    fs::write(done, wanted).map_err(said)?;
    Ok(folder)
}
