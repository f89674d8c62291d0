//! The images of `k8s/`, built as `k8s/build-images` builds them, on a Debian made here: no registry is asked.

use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};

use super::engine::{Engine, OutputOf as _};

/// A bare Debian 12.
pub(super) const BASE: &str = "localhost/canarytrace-tests-base:bookworm";

const RUST: &str = "localhost/canarytrace-tests-rust";

/// Where Debian's packages come from. The browser is among the security updates.
const SOURCES: [&str; 2] = [
    "deb http://deb.debian.org/debian bookworm main",
    "deb http://deb.debian.org/debian-security bookworm-security main",
];

/// Where certificate authorities of this machine lie, which some networks want to be trusted.
const AUTHORITIES: &str = "/usr/local/share/ca-certificates";

/// How the names of the workspace's crates begin.
const OURS: [&str; 2] = ["canarytrace", "monitors"];

/// One of the images of `k8s/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Image {
    /// Toolchain and tool.
    Builder,
    /// With the monitors in it.
    Runner,
    /// Chromium and its driver.
    Browser,
    /// The runner with Lighthouse.
    Audit,
}

impl Image {
    /// Its name in `k8s/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Builder => "builder",
            Self::Runner => "runner",
            Self::Browser => "browser",
            Self::Audit => "audit",
        }
    }
}

/// What is to be built.
#[derive(Debug)]
pub struct Images<'e> {
    engine: &'e Engine,
    context: PathBuf,
    tag: String,
    profile: &'static str,
    /// No layer is taken that was built before.
    anew: bool,
}

/// A tag of this process alone.
fn own_tag() -> String {
    format!("test-{}", std::process::id())
}

impl<'e> Images<'e> {
    /// Of this checkout, in the profile that the tests are built in.
    pub fn new(engine: &'e Engine) -> Self {
        let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
        Self { engine, context: checkout(), tag: "test".to_owned(), profile, anew: false }
    }

    /// Of the monitors in another folder; the image is of this process alone, and has to be [removed](Self::remove).
    #[must_use]
    pub fn of(mut self, context: &Path) -> Self {
        context.clone_into(&mut self.context);
        self.tag = own_tag();
        self
    }

    /// The same once more, without the layers that are there; to be [removed](Self::remove) too.
    #[must_use]
    pub fn again(mut self) -> Self {
        self.anew = true;
        self.tag = format!("{}-again", own_tag());
        self
    }

    /// The whole name of an image.
    pub fn name(&self, image: Image) -> String {
        format!("localhost/canarytrace/{}:{}", image.name(), self.tag)
    }

    /// Builds these, and returns what the script prints: their sizes. Layers that were built before are taken again.
    ///
    /// # Panics
    /// When one can't be built.
    pub fn build(&self, images: &[Image]) -> String {
        // Not twice at once in one process: they share layers.
        static BUILDING: Mutex<()> = Mutex::new(());
        let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
        self.try_build(images).unwrap_or_else(|error| panic!("{error:#}"))
    }

    fn try_build(&self, images: &[Image]) -> Result<String> {
        let _lock = self.engine.lock()?;
        let rust = rust(self.engine)?;
        if self.tag != "test" {
            // The toolchain and the tool are the same.
            let builder = format!("localhost/canarytrace/{}:", Image::Builder.name());
            self.engine.podman().output_of(&["tag", &format!("{builder}test"), &format!("{builder}{}", self.tag)])?;
        }
        if self.profile == "dev" {
            seed(self.engine)?;
        }
        let mut command = self.engine.program(checkout().join("k8s/build-images"));
        command.args(["--engine", "buildah", "--profile", self.profile, "--tag", &self.tag]);
        command.args(["--base", BASE, "--rust-base", &rust, "--context"]).arg(&self.context);
        // The same for every commit, so that layers are taken again.
        command.env("SOURCE_DATE_EPOCH", "1767225600");
        command.args(self.anew.then_some("--no-cache"));
        command.args(images.iter().map(|image| image.name()));
        let output = command.stderr(Stdio::piped()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{command:?}: {}:\n{}", output.status, last_lines(&said, 60));
        for line in said.lines().filter(|line| line.starts_with("build-images: ")) {
            eprintln!("{line}");
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Removes images, which fails of none that is not there.
    pub fn remove(&self, images: &[Image]) {
        for image in images {
            _ = self.engine.podman().args(["image", "rm", "--force", &self.name(*image)]).output();
        }
    }
}

/// The folder of the workspace.
pub(super) fn checkout() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    folder.map(Path::to_owned).unwrap_or_default()
}

fn exists(engine: &Engine, image: &str) -> bool {
    let status = engine.podman().args(["image", "exists", image]).status();
    status.is_ok_and(|status| status.success())
}

/// Makes the bare Debian, once.
pub(super) fn base(engine: &Engine) -> Result<()> {
    if exists(engine, BASE) {
        return Ok(());
    }
    eprintln!("making a Debian for containers with mmdebstrap");
    let archive = engine.home().join("base.tar");
    let mut debian = Command::new("mmdebstrap");
    debian.args(["--quiet", "--variant=minbase", "--aptopt=Acquire::Retries \"3\""]);
    // As the slim images of Debian have it, here and in all that is installed later.
    for left_out in ["doc", "info", "locale", "man"] {
        debian.arg(format!("--dpkgopt=path-exclude=/usr/share/{left_out}/*"));
    }
    if Path::new(AUTHORITIES).is_dir() {
        // They are trusted once the package ca-certificates is installed in an image.
        debian.arg(format!("--customize-hook=mkdir -p \"$1{AUTHORITIES}\""));
        debian.arg(format!("--customize-hook=cp -RL {AUTHORITIES}/. \"$1{AUTHORITIES}/\""));
    }
    debian.arg("bookworm").arg(&archive).args(SOURCES);
    debian.output_of(&[]).context("a Debian for containers can't be made")?;
    let archive_name = archive.display().to_string();
    engine.podman().output_of(&["import", "--quiet", &archive_name, BASE])?;
    fs::remove_file(archive)?;
    Ok(())
}

/// Makes the image with the toolchain of these tests, once a version. Returns its name.
fn rust(engine: &Engine) -> Result<String> {
    let rustc = |argument: &[&str]| Command::new("rustc").current_dir(checkout()).output_of(argument);
    let version = rustc(&["--version", "--verbose"])?;
    let of = |name: &str| version.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let hash: String = of("commit-hash:").unwrap_or("unknown").chars().take(12).collect();
    let cargo_home = cargo_home().context("cargo has a folder")?.display().to_string();
    // Another one for each way to make it.
    let mut made = DefaultHasher::new();
    (include_str!("../../containers/rust.Containerfile"), &cargo_home).hash(&mut made);
    let name = format!("{RUST}:{}-{hash}-{:016x}", of("release:").unwrap_or("unknown"), made.finish());
    if !exists(engine, &name) {
        let toolchain = rustc(&["--print", "sysroot"])?;
        let folder = checkout().join("tests/containers");
        let file = |name: &str| folder.join(name).display().to_string();
        let base = format!("BASE={BASE}");
        engine.program("buildah").output_of(&[
            "build",
            "--file",
            &file("rust.Containerfile"),
            "--ignorefile",
            &file("rust.containerignore"),
            "--build-arg",
            &base,
            "--build-arg",
            &format!("HOST_CARGO_HOME={cargo_home}"),
            "--tag",
            &name,
            toolchain.trim(),
        ])?;
    }
    Ok(name)
}

/// Gives the cache of the builds what these tests were built of, but for the crates of the workspace: the same compiler would
/// make the same of it, in minutes. It is linked where that is possible, and copied where cargo writes.
fn seed(engine: &Engine) -> Result<()> {
    let cache = engine.builds();
    let (target, registry) = (cache.join("canarytrace-target/debug"), cache.join("canarytrace-registry"));
    let executable = env::current_exe()?;
    let Some(debug) = executable.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "debug"))
    else {
        return Ok(());
    };
    if target.exists() {
        return Ok(());
    }
    let half = cache.join("half");
    if half.exists() {
        fs::remove_dir_all(&half)?;
    }
    fs::create_dir_all(half.join("deps"))?;
    let copy = |how: &str, from: &Path, to: &Path| -> Result<()> {
        let (from, to) = (from.display().to_string(), to.display().to_string());
        Command::new("cp").output_of(&["--archive", how, &from, &to]).map(drop)
    };
    for folder in ["build", ".fingerprint"] {
        copy("--no-clobber", &debug.join(folder), &half.join(folder))?;
        for entry in fs::read_dir(half.join(folder))?.flatten() {
            let name = entry.file_name();
            if OURS.iter().any(|ours| name.to_string_lossy().starts_with(ours)) {
                fs::remove_dir_all(entry.path())?;
            }
        }
    }
    for library in fs::read_dir(debug.join("deps"))?.flatten() {
        let name = library.file_name();
        let crate_name = name.to_str().and_then(|name| name.strip_prefix("lib")).unwrap_or_default();
        let is_of_a_dependency = !crate_name.is_empty() && !OURS.iter().any(|ours| crate_name.starts_with(ours));
        if is_of_a_dependency && fs::hard_link(library.path(), half.join("deps").join(&name)).is_err() {
            // On another disk.
            copy("--no-clobber", &library.path(), &half.join("deps"))?;
        }
    }
    fs::create_dir_all(cache.join("canarytrace-target"))?;
    fs::rename(half, target)?;
    // Without it, the sources are fetched.
    if let (false, Some(home)) = (registry.exists(), cargo_home()) {
        // Linked on the same disk: nothing in it is ever written again.
        _ = copy("--link", &home.join("registry"), &registry);
    }
    Ok(())
}

fn cargo_home() -> Option<PathBuf> {
    let named = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(".cargo")))
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
