//! Fetches a product with Maven, once for all servers.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, anyhow, bail};

use super::home::Home;
use super::lock::Lock;
use super::product::Product;

/// Of the plugin that copies artefacts: the same everywhere, whatever Maven.
const PLUGIN: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1";

/// How many of Maven's last lines are told when it fails.
const TOLD: usize = 12;

/// The folder of a product: of Elasticsearch its home, of `OpenSearch` its jars. Fetched when it is not there.
///
/// # Errors
/// When it can't be fetched.
pub(super) fn fetched(home: &Home, product: Product, say: &dyn Fn(&str)) -> anyhow::Result<PathBuf> {
    let folder = home.product(product);
    if folder.exists() {
        return Ok(folder);
    }
    // One fetches, the others wait and find it fetched.
    let _lock = Lock::wait(&beside(&folder, "lock"))?;
    if folder.exists() {
        return Ok(folder);
    }
    say(&format!("fetching {product} {} into {}", product.version(), folder.display()));
    let half = beside(&folder, "half");
    remove(&half)?;
    fs::create_dir_all(&half).with_context(|| format!("{} can't be made", half.display()))?;
    match product {
        Product::Elasticsearch => fetch_archive(product, &half),
        Product::OpenSearch => fetch_jars(product, &half),
    }
    .with_context(|| format!("{} is not there yet", folder.display()))?;
    make_readable(&half)?;
    // All of it appears at once: a fetch that was interrupted leaves nothing that looks whole.
    let whole = if product == Product::Elasticsearch { half.join(name_in_archive(product)) } else { half.clone() };
    fs::rename(&whole, &folder).with_context(|| format!("{} can't be made", folder.display()))?;
    remove(&half)?;
    Ok(folder)
}

fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn fetch_archive(product: Product, folder: &Path) -> anyhow::Result<()> {
    maven(
        product,
        folder,
        &[
            format!("{PLUGIN}:copy"),
            format!("-Dartifact={}", product.artefact()),
            format!("-DoutputDirectory={}", folder.display()),
        ],
    )?;
    let archive = folder.join(format!("{}.zip", name_in_archive(product)));
    unpack(&archive, folder).with_context(|| format!("{} can't be unpacked", archive.display()))
}

fn name_in_archive(product: Product) -> String {
    format!("{}-{}", product.key(), product.version())
}

fn fetch_jars(product: Product, folder: &Path) -> anyhow::Result<()> {
    let parts: Vec<&str> = product.artefact().split(':').collect();
    let [group, artefact, version] = parts[..] else { bail!("{} is no library", product.artefact()) };
    let project = folder.join("pom.xml");
    let text = format!(
        "<project>\n  <modelVersion>4.0.0</modelVersion>\n  <groupId>canarytrace</groupId>\n  \
         <artifactId>dev-server</artifactId>\n  <version>1</version>\n  <dependencies>\n    <dependency>\n      \
         <groupId>{group}</groupId>\n      <artifactId>{artefact}</artifactId>\n      <version>{version}</version>\n    \
         </dependency>\n  </dependencies>\n</project>\n"
    );
    fs::write(&project, text).with_context(|| format!("{} can't be written", project.display()))?;
    maven(
        product,
        folder,
        &[
            format!("{PLUGIN}:copy-dependencies"),
            "-DincludeScope=runtime".to_owned(),
            format!("-DoutputDirectory={}", folder.display()),
        ],
    )
}

/// Runs Maven in `folder` with the user's own settings: mirrors and proxies stand there.
fn maven(product: Product, folder: &Path, arguments: &[String]) -> anyhow::Result<()> {
    let mut command = Command::new("mvn");
    // Checksums are verified.
    command.args(["--batch-mode", "--quiet", "--strict-checksums"]).args(arguments);
    let output = command.current_dir(folder).stdin(Stdio::null()).output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow!(
            "{product} is fetched with Maven, and there is no mvn in PATH: install Maven, or copy that folder from a \
             machine that has it"
        ),
        _ => anyhow!("mvn can't be started: {error}"),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    bail!(
        "{product} can't be fetched: mvn ended with {}:\n{}",
        output.status,
        lines[lines.len().saturating_sub(TOLD)..].join("\n")
    )
}

fn unpack(archive: &Path, folder: &Path) -> anyhow::Result<()> {
    let mut archive = zip::ZipArchive::new(File::open(archive)?)?;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let name = entry.enclosed_name().with_context(|| format!("{:?} leads out of the archive", entry.name()))?;
        let path = folder.join(name);
        if entry.is_dir() {
            fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        io::copy(&mut entry, &mut File::create(&path)?)?;
        if let Some(mode) = entry.unix_mode() {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o777))?;
        }
    }
    Ok(())
}

/// Whatever our umask, servers run as another user when we are root.
fn make_readable(path: &Path) -> anyhow::Result<()> {
    let metadata = fs::metadata(path)?;
    let mode = metadata.permissions().mode();
    let is_program = metadata.is_dir() || mode & 0o100 != 0;
    let wanted = mode | if is_program { 0o755 } else { 0o644 };
    fs::set_permissions(path, fs::Permissions::from_mode(wanted & 0o755))?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            make_readable(&entry?.path())?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be removed", folder.display()))
        }
        _ => Ok(()),
    }
}
