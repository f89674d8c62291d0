//! Monitors of a repository: out of the cache when it has them, else cloned and built.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use canarytrace::config::{Config, GitRepository};
use jiff::Timestamp;

use super::build::{self, Job, Package};
use super::cache::{self, Cache, Held, Key, Manifest, New, RepositoryLock, Toolchains, Variant};
use super::clone::{self, Access, Resolved, Revision};
use super::digest;
use super::monitors::Monitors;
use super::phases::Phases;
use super::progress::Progress;
use super::signals::Signals;
use super::trouble::{InCache as _, Kind, Outcome, Trouble};

/// How long a builder waits for another one.
const WAIT: Duration = Duration::from_mins(30);

/// How often the cache is looked at by whoever never builds.
const AGAIN: Duration = Duration::from_millis(200);

/// When something is built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Build {
    /// When the cache does not have it.
    IfNeeded,
    /// The same, and nothing is run.
    Only,
    /// Never: somebody else does.
    Never,
}

/// A build that can be run.
#[derive(Debug)]
pub(super) struct Ready {
    held: Held,
    repository: String,
}

impl Ready {
    /// How it is run: in its package's folder, as by `cargo test`.
    pub(super) fn monitors(self, arguments: Vec<OsString>) -> Outcome<Monitors> {
        let Self { held, repository } = self;
        let (executable, folder) = (held.executable(), held.folder_of_package());
        let commit = held.entry.manifest.commit.clone();
        held.hand_over().in_cache("held", &executable)?;
        let variables = vec![("CANARYTRACE_REPOSITORY", repository.into()), ("CANARYTRACE_REVISION", commit.into())];
        Ok(Monitors { executable, folder: Some(folder), variables, arguments })
    }
}

/// Has the monitors of a repository at hand; nothing is returned after a mere build.
///
/// # Errors
/// Every kind of trouble on the way.
pub(super) fn from_git(
    repository: &GitRepository,
    build: Build,
    config: &Config,
    phases: &mut Phases,
    progress: &Progress,
    signals: &Signals,
) -> Outcome<Option<Ready>> {
    let url = repository.url();
    let mut preparing = Preparing {
        access: Access::new(repository, config),
        cache: Cache::new(&config.build_cache, &url),
        variant: Variant::of(config),
        revision: Revision::of(config.git_revision.as_deref()),
        stamp: (build != Build::Never).then(|| build::stamp(&config.search_path())).flatten(),
        repository: url,
        build,
        config,
        phases,
        progress,
        signals,
    };
    let held = preparing.held()?;
    let Preparing { repository, .. } = preparing;
    Ok((build != Build::Only).then_some(Ready { held, repository }))
}

struct Preparing<'a> {
    repository: String,
    access: Access,
    cache: Cache,
    variant: Variant,
    revision: Revision,
    /// Of the toolchain here, if there is one and it matters.
    stamp: Option<String>,
    build: Build,
    config: &'a Config,
    phases: &'a mut Phases,
    progress: &'a Progress,
    signals: &'a Signals,
}

impl Preparing<'_> {
    fn held(&mut self) -> Outcome<Held> {
        let resolved = match &self.revision {
            // No network: what it stands for never changes.
            Revision::Commit(sha) => Resolved::Commit { sha: sha.clone(), reference: None },
            _ => match self.phases.resolve(|| clone::resolve(&self.access, &self.revision)) {
                Ok(resolved) => resolved,
                Err(trouble) if trouble.kind == Kind::Unreachable => return self.fall_back(trouble),
                Err(trouble) => return Err(trouble),
            },
        };
        let commit = match &resolved {
            Resolved::Commit { sha, .. } => Some(sha.clone()),
            Resolved::Short(short) => self.cache.commit_beginning(short, &self.repository),
        };
        if let Some(held) = commit.as_deref().and_then(|commit| self.usable(commit)) {
            return Ok(held);
        }
        match self.build {
            Build::Never => self.wait_for(commit.as_deref()),
            Build::IfNeeded | Build::Only => self.make(resolved),
        }
    }

    /// A build of the commit that the cache has, checked.
    fn usable(&mut self, commit: &str) -> Option<Held> {
        let toolchains = self.stamp.as_deref().map_or(Toolchains::Any, Toolchains::Stamp);
        for entry in self.cache.find(commit, &self.variant, toolchains) {
            let folder = entry.folder().to_owned();
            match entry.clone().hold() {
                Ok(Some(held)) => {
                    let Some(damage) = self.phases.verify(|| held.damage()) else {
                        self.phases.cached();
                        held.note_use();
                        if self.build != Build::Never
                            && let Some(reference) = self.revision.reference()
                        {
                            self.cache.note_built(reference, &self.variant, commit);
                        }
                        return Some(held);
                    };
                    let then = if self.build == Build::Never { "it is not used" } else { "it is built again" };
                    self.progress.say(&format!("the build in the cache is damaged, so {then}: {damage}"));
                    if self.build != Build::Never {
                        // Somebody else may have removed it already; what can't be removed fails to be replaced.
                        let _ = self.cache.remove(&entry);
                    }
                }
                Ok(None) => {}
                Err(error) => self.progress.say(&format!("{} can't be used: {error}", folder.display())),
            }
        }
        None
    }

    /// The last build of the branch, in the place of one that can't be had now.
    fn fall_back(&mut self, trouble: Trouble) -> Outcome<Held> {
        if !self.config.git_fallback {
            return Err(trouble);
        }
        let short = self.revision.short().and_then(|short| self.cache.commit_beginning(&short, &self.repository));
        let is_stale = short.is_none();
        let reference = self.revision.reference().flatten().map(str::to_owned);
        let commit = short.or_else(|| self.cache.last_built(reference.as_deref(), &self.variant));
        let Some(held) = commit.as_deref().and_then(|commit| self.usable(commit)) else { return Err(trouble) };
        if is_stale {
            self.phases.stale();
        }
        let of = reference.map_or_else(|| "the default branch".to_owned(), |name| name);
        self.progress.say(&format!(
            "{trouble}\nthe last build of {of} is run instead, of {} (GIT_FALLBACK)",
            held.entry.manifest.commit
        ));
        Ok(held)
    }

    /// Waits for a build that somebody else makes.
    fn wait_for(&mut self, commit: Option<&str>) -> Outcome<Held> {
        let wait = self.config.build_wait.unwrap_or_default();
        let until = Instant::now() + wait;
        let wanted = commit.map_or_else(|| self.config.git_revision.clone().unwrap_or_default(), str::to_owned);
        if !wait.is_zero() {
            let limit = canarytrace::harness::readable(wait);
            self.progress.begin(&format!("waiting up to {limit} for a build of {wanted}"));
        }
        while Instant::now() < until {
            self.phases.build(|| std::thread::sleep(AGAIN.min(until.saturating_duration_since(Instant::now()))));
            if let Some(held) = commit.and_then(|commit| self.usable(commit)) {
                return Ok(held);
            }
        }
        let message = format!(
            "the build cache in {} has no build of {wanted} with these options, and --no-build forbids to make one; \
             `canarytrace run --build-only` makes it",
            self.cache.root().display()
        );
        let trouble = Trouble::new(Kind::NotBuilt, message);
        match self.revision {
            Revision::Commit(_) => Err(trouble),
            _ => self.fall_back(trouble),
        }
    }

    /// Clones and builds, or takes what another builder made meanwhile.
    fn make(&mut self, resolved: Resolved) -> Outcome<Held> {
        let wait = self.config.build_wait.unwrap_or(WAIT);
        let lock = self.phases.build(|| {
            self.cache.lock(wait, || self.progress.begin("another process builds these monitors: waiting for it"))
        })?;
        if let Resolved::Commit { sha, .. } = &resolved
            && let Some(held) = self.usable(sha)
        {
            return Ok(held);
        }
        self.progress.begin(&format!("cloning {}", self.repository));
        let clone = self.phases.clone(|| {
            let wanted = match self.revision {
                // Whether a branch or tag stands at it, which any server gives.
                Revision::Commit(_) => clone::resolve(&self.access, &self.revision)?,
                _ => resolved,
            };
            clone::clone(&self.access, &wanted, &self.cache.source(), self.progress)
        })?;
        let package = build::package(&clone.folder, self.variant.package.as_deref())?;
        let toolchain = build::toolchain(&clone.folder)?;
        let lock_file = digest::of_file(&package.lock_file()).map(|(sha256, _size)| sha256).unwrap_or_default();
        let variant = self.variant.clone();
        let key = Key { commit: &clone.commit, lock_file: &lock_file, toolchain: &toolchain, variant: &variant };
        let name = key.name();
        if let Some(held) = self.known_by_another_stamp(&clone.commit, &name) {
            return Ok(held);
        }
        let held = self.build(&clone, &package, &key, &name)?;
        self.keep_within_bound(&held, &lock);
        Ok(held)
    }

    /// The toolchain looks different and is the same one.
    fn known_by_another_stamp(&mut self, commit: &str, key: &str) -> Option<Held> {
        let entry = self.cache.find_exactly(commit, key)?;
        if let Some(stamp) = &self.stamp {
            entry.note_stamp(stamp);
        }
        self.usable(commit)
    }

    fn build(&mut self, clone: &clone::Clone, package: &Package, key: &Key<'_>, name: &str) -> Outcome<Held> {
        self.progress.begin(&format!("building {} of {}", package.name, clone.commit));
        // Whoever has a target folder already knows why.
        let target = env::var_os("CARGO_TARGET_DIR").filter(|target| !target.is_empty());
        let target = target.map_or_else(|| self.cache.target(key.toolchain), PathBuf::from);
        let locked = !key.lock_file.is_empty();
        let job = Job { package, variant: key.variant, target: &target, locked };
        let began = Instant::now();
        let executable = self.phases.build(|| build::build(&job, self.progress, self.signals))?;
        let manifest = Manifest {
            commit: clone.commit.clone(),
            repository: self.repository.clone(),
            reference: self.config.git_revision.clone(),
            variant: key.variant.clone(),
            lock_file: key.lock_file.to_owned(),
            toolchain: key.toolchain.to_owned(),
            package: package.name.clone(),
            folder: package.folder.to_string_lossy().into_owned(),
            sha256: String::new(),
            size: 0,
            built_at: Timestamp::now().to_string(),
            build_ms: began.elapsed().as_secs_f64() * 1000.0,
            built_by: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let new = New {
            executable: &executable,
            source: &clone.folder,
            key: name,
            stamp: self.stamp.as_deref(),
            manifest,
        };
        let held = self.cache.store(new)?;
        held.note_use();
        if let Some(reference) = self.revision.reference() {
            self.cache.note_built(reference, &self.variant, &clone.commit);
        }
        Ok(held)
    }

    /// What stands in the way of the next build is removed while the repository's lock is held.
    fn keep_within_bound(&self, held: &Held, _lock: &RepositoryLock) {
        for line in cache::evict(&self.cache, held.entry.folder(), self.config.build_cache_max_size) {
            self.progress.say(&line);
        }
    }
}
