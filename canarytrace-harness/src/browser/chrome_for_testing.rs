//! Chrome for Testing: Google's builds of Chrome with the chromedriver that belongs to each, unpacked into our cache.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::header::{CONTENT_LENGTH, LOCATION};
use hyper::{Response, Uri, body::Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use url::Url;
use zip::ZipArchive;

use super::find::{self, Pair};
use super::install::failed;
use super::launch::Notices;
use crate::config::Config;
use crate::devtools::causes;
use crate::record::Failure;

/// Where the list of versions is. A mirror has a file of this name as well.
const OFFICIAL: &str = "https://googlechromelabs.github.io/chrome-for-testing/";
const LIST: &str = "last-known-good-versions-with-downloads.json";

/// Host of the archives that the official list names.
const OFFICIAL_ARCHIVES: &str = "storage.googleapis.com";

/// One archive is 180 MB.
const DOWNLOAD_LIMIT: Duration = Duration::from_mins(15);

/// A server that sends nothing for so long has forgotten us.
const SILENCE_LIMIT: Duration = Duration::from_secs(30);

const PROGRESS_INTERVAL: Duration = Duration::from_secs(10);
const ATTEMPTS: u32 = 3;
const REDIRECTS: u32 = 5;

#[derive(Deserialize)]
struct List {
    channels: Channels,
}

#[derive(Deserialize)]
struct Channels {
    #[serde(rename = "Stable")]
    stable: Channel,
}

#[derive(Deserialize)]
struct Channel {
    version: String,
    downloads: Downloads,
}

#[derive(Deserialize)]
struct Downloads {
    chrome: Vec<Archive>,
    chromedriver: Vec<Archive>,
}

#[derive(Deserialize)]
struct Archive {
    platform: String,
    url: String,
}

/// Downloads the stable version unless it is in the cache. The caller holds the lock of the cache.
pub(super) async fn install(config: &Config, missing: &str, forbid: &str, notices: &Notices) -> Result<Pair, Failure> {
    let platform = find::platform().ok_or_else(|| {
        failed(format!(
            "{missing}, and Chrome for Testing has no builds for {} on {}; install the packages chromium and \
             chromium-driver, or name the files with CANARYTRACE_BROWSER and CANARYTRACE_CHROMEDRIVER",
            std::env::consts::OS,
            std::env::consts::ARCH
        ))
    })?;
    let folder = find::cache_folder(&config.cache);
    let mut base = match &config.browser_mirror {
        Some(mirror) => mirror.clone(),
        None => Url::parse(OFFICIAL).map_err(|error| failed(format!("{OFFICIAL}: {error}")))?,
    };
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    let list_url = base.join(LIST).map_err(|error| failed(format!("{base}: {error}")))?;
    notices(format!("{missing}; installing Chrome for Testing from {base} into {} ({forbid})", folder.display()));
    let client = client(notices);
    let temporary = Temporary::create(&folder)?;
    let list_file = temporary.0.join("list.json");
    download(&client, &list_url, &list_file, notices).await?;
    let text = fs::read_to_string(&list_file).map_err(|error| cannot("read", &list_file, &error))?;
    let list: List = serde_json::from_str(&text)
        .map_err(|error| failed(format!("{list_url} is no list of Chrome for Testing versions: {error}")))?;
    let Channel { version, downloads } = list.channels.stable;
    if version.is_empty() || !version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(failed(format!("{list_url} names a version that is none: {version:?}")));
    }
    let target = folder.join(&version);
    if let Some(pair) = find::in_version_folder(&target) {
        return Ok(pair);
    }
    for (what, archives) in [("chrome", &downloads.chrome), ("chromedriver", &downloads.chromedriver)] {
        let archive = archives
            .iter()
            .find(|archive| archive.platform == platform)
            .ok_or_else(|| failed(format!("{list_url} has no {what} {version} for {platform}")))?;
        let url = archive_url(config, &base, &list_url, &version, &archive.url)?;
        let file = temporary.0.join(format!("{what}.zip"));
        download(&client, &url, &file, notices).await?;
        unpack(file, temporary.0.join(&version)).await.map_err(|failure| failure.context(&url))?;
    }
    let unpacked = temporary.0.join(&version);
    if find::in_version_folder(&unpacked).is_none() {
        return Err(failed(format!(
            "the archives of Chrome for Testing {version} hold no chrome-{platform}/chrome and \
             chromedriver-{platform}/chromedriver that can be executed"
        )));
    }
    // What is there by this name is incomplete, or it would have been taken above.
    _ = fs::remove_dir_all(&target);
    fs::rename(&unpacked, &target).map_err(|error| cannot("make", &target, &error))?;
    notices(format!("installed Chrome for Testing {version} in {}", target.display()));
    find::in_version_folder(&target).ok_or_else(|| failed(format!("{} is not complete", target.display())))
}

/// A mirror serves the archives too: the official list, copied, names Google's servers, where its user can't go. They
/// lie below the mirror as they do there: `<version>/<platform>/chrome-<platform>.zip`.
fn archive_url(config: &Config, base: &Url, list: &Url, version: &str, written: &str) -> Result<Url, Failure> {
    let bad = |error: url::ParseError| failed(format!("{list} names an address that is none ({written}): {error}"));
    let url = list.join(written).map_err(bad)?;
    if config.browser_mirror.is_none() || url.host_str() != Some(OFFICIAL_ARCHIVES) {
        return Ok(url);
    }
    let path = url.path();
    let below = path.find(version).map_or(path, |at| &path[at..]);
    base.join(below.trim_start_matches('/')).map_err(bad)
}

/// A folder beside the unpacked versions, so that a rename finishes the work; removed whatever happens.
struct Temporary(PathBuf);

impl Temporary {
    fn create(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(".installing");
        // Left by an installer that was killed: we hold the lock, so nobody uses it.
        _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).map_err(|error| cannot("make", &path, &error))?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

type HttpClient = Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

fn client(notices: &Notices) -> HttpClient {
    let mut roots = rustls::RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if roots.is_empty() {
        notices("this machine trusts no certificate authority (package ca-certificates): https will fail".to_owned());
    }
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("ring knows the default versions of TLS")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Why a download failed, and whether another attempt may do better.
struct DownloadError {
    reason: String,
    again: bool,
}

async fn download(client: &HttpClient, url: &Url, to: &Path, notices: &Notices) -> Result<(), Failure> {
    let started = Instant::now();
    let mut attempt = 1;
    loop {
        let trying = fetch(client, url, to, notices);
        let left = DOWNLOAD_LIMIT.saturating_sub(started.elapsed());
        let error = match tokio::time::timeout(left, trying).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => DownloadError {
                reason: format!("not complete after {} min", DOWNLOAD_LIMIT.as_secs() / 60),
                again: false,
            },
        };
        if !error.again || attempt == ATTEMPTS {
            return Err(failed(format!(
                "cannot download {url}: {} (attempt {attempt} of {ATTEMPTS}); without a way to the internet, install \
                 the packages chromium and chromium-driver, or name a mirror with CANARYTRACE_BROWSER_MIRROR",
                error.reason
            )));
        }
        notices(format!("download of {url} failed: {}; trying again", error.reason));
        tokio::time::sleep(Duration::from_secs(u64::from(attempt))).await;
        attempt += 1;
    }
}

async fn fetch(client: &HttpClient, url: &Url, to: &Path, notices: &Notices) -> Result<(), DownloadError> {
    let again = |reason: String| DownloadError { reason, again: true };
    let never = |reason: String| DownloadError { reason, again: false };
    let response = follow(client, url).await?;
    let status = response.status();
    if !status.is_success() {
        return Err(DownloadError { reason: format!("status {status}"), again: status.is_server_error() });
    }
    let length = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let mut body = response.into_body();
    let mut file = File::create(to).map_err(|error| never(format!("{}: {error}", to.display())))?;
    let mut received = 0;
    let mut told = Instant::now();
    loop {
        let frame = tokio::time::timeout(SILENCE_LIMIT, body.frame())
            .await
            .map_err(|_| again(format!("the server sent nothing for {} s", SILENCE_LIMIT.as_secs())))?;
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|error| again(format!("cut after {received} bytes: {}", causes(&error))))?;
        let Ok(data) = frame.into_data() else { continue };
        received += data.len() as u64;
        file.write_all(&data).map_err(|error| never(format!("{}: {error}", to.display())))?;
        if told.elapsed() > PROGRESS_INTERVAL {
            told = Instant::now();
            let of = length.map(|length| format!(" of {}", length / 1_000_000)).unwrap_or_default();
            notices(format!("downloaded {}{of} MB of {url}", received / 1_000_000));
        }
    }
    match length {
        Some(length) if length != received => Err(again(format!("only {received} of {length} bytes came"))),
        _ => Ok(()),
    }
}

async fn follow(client: &HttpClient, url: &Url) -> Result<Response<Incoming>, DownloadError> {
    let again = |reason: String| DownloadError { reason, again: true };
    let never = |reason: String| DownloadError { reason, again: false };
    let mut url = url.clone();
    for _ in 0..=REDIRECTS {
        let uri: Uri = url.as_str().parse().map_err(|error| never(format!("{url}: {error}")))?;
        let response = tokio::time::timeout(SILENCE_LIMIT, client.get(uri))
            .await
            .map_err(|_| again(format!("no answer within {} s", SILENCE_LIMIT.as_secs())))?
            .map_err(|error| again(causes(&error)))?;
        if !response.status().is_redirection() {
            return Ok(response);
        }
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let next = url.join(location).map_err(|error| never(format!("redirected to {location:?}: {error}")))?;
        if url.scheme() == "https" && next.scheme() != "https" {
            return Err(never(format!("redirected from https to {next}")));
        }
        url = next;
    }
    Err(never(format!("more than {REDIRECTS} redirects")))
}

/// Unpacks with file modes. The library refuses entries and links that lead out of `folder`.
async fn unpack(file: PathBuf, folder: PathBuf) -> Result<(), Failure> {
    let unpacking = tokio::task::spawn_blocking(move || {
        let opened = File::open(&file).map_err(|error| cannot("open", &file, &error))?;
        let mut archive =
            ZipArchive::new(opened).map_err(|error| failed(format!("this is no zip archive: {error}")))?;
        fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
        archive.extract(&folder).map_err(|error| failed(format!("cannot unpack it: {error}")))?;
        fs::remove_file(&file).map_err(|error| cannot("remove", &file, &error))
    });
    unpacking.await.map_err(|error| failed(format!("unpacking was interrupted: {error}")))?
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    failed(format!("cannot {what} {}: {error}; the cache must be writable (CANARYTRACE_CACHE)", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_official_list_is_read() {
        // Abbreviated from the official file: channels, downloads and platforms are as they are there.
        let text = r#"{"timestamp":"2026-01-14T06:09:12.044Z","channels":{
            "Stable":{"channel":"Stable","version":"143.0.7499.192","revision":"1536371","downloads":{
                "chrome":[{"platform":"linux64","url":"https://storage.googleapis.com/chrome-for-testing-public/143.0.7499.192/linux64/chrome-linux64.zip"}],
                "chromedriver":[{"platform":"linux64","url":"https://storage.googleapis.com/chrome-for-testing-public/143.0.7499.192/linux64/chromedriver-linux64.zip"}],
                "chrome-headless-shell":[]}},
            "Beta":{"channel":"Beta","version":"144.0.7559.59","revision":"1552494","downloads":{"chrome":[]}}}}"#;
        let list: List = serde_json::from_str(text).unwrap();
        assert_eq!(list.channels.stable.version, "143.0.7499.192");
        assert_eq!(list.channels.stable.downloads.chromedriver[0].platform, "linux64");
    }
}
