//! Files that a page offers for download: waited for, with their size, and kept in the run's folder.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::page::Page;
use crate::devtools::{Received, Subscription};
use crate::record::{Failure, FailureKind};

type Result<T = ()> = std::result::Result<T, Failure>;

/// The folder of downloads within the run's own.
const FOLDER: &str = "downloads";

/// Where a browser in a pod keeps downloads: in its own container.
const FOLDER_IN_POD: &str = "/tmp";

/// A file that was downloaded. It is gone with its browser; [`save_as`](Self::save_as) keeps a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// Where it came from.
    pub url: String,
    /// The name that the server or the link gave it.
    pub suggested_filename: String,
    /// Its size in bytes.
    pub size: u64,
    /// Where it lies. `None` when the browser runs in another container (`WEBDRIVER_URL`).
    pub path: Option<PathBuf>,
}

impl Download {
    /// The content of the file.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when it lies in another container, or can't be read any more.
    pub async fn read(&self) -> Result<Vec<u8>> {
        let path = self.local()?.to_owned();
        let reading = tokio::task::spawn_blocking(move || std::fs::read(path)).await;
        self.done("read", reading)
    }

    /// Copies the file to `path`, whose folder is made when there is none.
    ///
    /// # Errors
    /// [`FailureKind::Harness`] when it lies in another container, or can't be written there.
    pub async fn save_as(&self, path: impl AsRef<Path>) -> Result {
        let (from, to) = (self.local()?.to_owned(), path.as_ref().to_owned());
        let what = format!("saved as {}", to.display());
        let copying = tokio::task::spawn_blocking(move || {
            if let Some(folder) = to.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::copy(from, to)
        });
        self.done(&what, copying.await).map(drop)
    }

    fn local(&self) -> Result<&Path> {
        self.path.as_deref().ok_or_else(|| {
            Failure::harness(format!(
                "the download {} lies in the browser's container (WEBDRIVER_URL), where it can't be read from here; its \
                 name and size are known",
                self.suggested_filename
            ))
        })
    }

    fn done<T>(
        &self,
        what: &str,
        result: std::result::Result<std::io::Result<T>, tokio::task::JoinError>,
    ) -> Result<T> {
        let failed = |error: &dyn fmt::Display| {
            Failure::harness(format!("the download {} could not be {what}: {error}", self.suggested_filename))
        };
        result.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }
}

/// `Browser.downloadWillBegin`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begin {
    guid: String,
    url: String,
    suggested_filename: String,
}

/// `Browser.downloadProgress`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    guid: String,
    total_bytes: f64,
    received_bytes: f64,
    state: String,
}

impl Page {
    /// Does something that downloads a file, and waits until it is there.
    ///
    /// ```no_run
    /// # use canarytrace::page::Page;
    /// # use canarytrace::css;
    /// # async fn example(page: Page) -> canarytrace::Result {
    /// let invoice = page.wait_for_download(page.find(css("#invoice")).click()).await?;
    /// assert_eq!(invoice.suggested_filename, "invoice.pdf");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The action's own failure; [`FailureKind::Assertion`] when no download began within `WAIT_FOR_TIMEOUT` after it;
    /// [`FailureKind::Navigation`] when it broke off; [`FailureKind::Timeout`] when no byte of it came for
    /// `WAIT_FOR_TIMEOUT`.
    pub async fn wait_for_download<T>(&self, action: impl Future<Output = Result<T>>) -> Result<Download> {
        let what = "wait for a download";
        self.ready(what).await?;
        let connection = &self.shared.connection;
        let mut events = connection.subscribe();
        let folder = self.shared.folder.as_deref().map(|folder| folder.join(FOLDER));
        let params = json!({
            "behavior": "allowAndName",
            "downloadPath": folder.as_deref().unwrap_or(Path::new(FOLDER_IN_POD)),
            "eventsEnabled": true,
        });
        connection
            .send(None, "Browser.setDownloadBehavior", params)
            .await
            .map_err(|error| Failure::new(FailureKind::BrowserCrash, format!("could not {what}: {error}")))?;
        action.await?;
        tokio::select! {
            biased;
            // The window of a download may be one that only downloads, and closes.
            failure = self.dead() => Err(failure.context(format_args!("could not {what}"))),
            download = self.downloaded(&mut events, folder.as_deref()) => download,
        }
    }

    async fn downloaded(&self, events: &mut Subscription, folder: Option<&Path>) -> Result<Download> {
        let limit = self.wait_for_timeout();
        let mut deadline = Instant::now() + limit;
        let mut file: Option<Begin> = None;
        let mut received = 0.0;
        loop {
            let event = match tokio::time::timeout_at(deadline, events.next()).await {
                Ok(Some(Received::Event(event))) => event,
                Ok(Some(Received::Missed(_) | Received::Injected(_))) => continue,
                // The connection is closed, which is told elsewhere.
                Ok(None) => std::future::pending().await,
                Err(_elapsed) => return Err(self.no_download(file.as_ref(), received)),
            };
            match event.method.as_str() {
                "Browser.downloadWillBegin" if file.is_none() => {
                    file = event.params().ok();
                    deadline = Instant::now() + limit;
                }
                "Browser.downloadProgress" => {
                    let (Ok(progress), Some(file)) = (event.params::<Progress>(), &file) else { continue };
                    if progress.guid != file.guid {
                        continue;
                    }
                    match progress.state.as_str() {
                        "completed" => {
                            return Ok(Download {
                                url: file.url.clone(),
                                suggested_filename: file.suggested_filename.clone(),
                                size: bytes(progress.received_bytes),
                                path: folder.map(|folder| folder.join(&file.guid)),
                            });
                        }
                        "canceled" => return Err(broke_off(file, &progress)),
                        _ if progress.received_bytes > received => deadline = Instant::now() + limit,
                        _ => {}
                    }
                    received = progress.received_bytes;
                }
                _ => {}
            }
        }
    }

    fn no_download(&self, file: Option<&Begin>, received: f64) -> Failure {
        let limit = self.wait_for_timeout();
        match file {
            Some(file) => Failure::new(
                FailureKind::Timeout,
                format!(
                    "the download {} ({}) stands still: no byte for {limit:?} (WAIT_FOR_TIMEOUT) after {} bytes",
                    file.suggested_filename,
                    file.url,
                    bytes(received)
                ),
            ),
            None => self.unexpected_dialog().unwrap_or_else(|| {
                let text = format!(
                    "expected the page to download a file, but no download began; waited {limit:?} (WAIT_FOR_TIMEOUT)"
                );
                Failure::new(FailureKind::Assertion, text)
            }),
        }
    }
}

fn broke_off(file: &Begin, progress: &Progress) -> Failure {
    let of = match bytes(progress.total_bytes) {
        // The server did not say how many there are.
        0 => String::new(),
        total => format!(" of {total}"),
    };
    let text = format!(
        "the download {} ({}) broke off after {}{of} bytes: the server ended the connection, or it was canceled",
        file.suggested_filename,
        file.url,
        bytes(progress.received_bytes)
    );
    Failure::new(FailureKind::Navigation, text)
}

/// The protocol's numbers are floating point ones.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of bytes is whole and positive")]
fn bytes(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Fault;

    #[tokio::test]
    async fn a_download_in_another_container_is_known_and_can_not_be_read() {
        let (url, name) = ("http://shop/invoice".to_owned(), "invoice.pdf".to_owned());
        let download = Download { url, suggested_filename: name, size: 7, path: None };
        let failure = download.read().await.unwrap_err();
        assert_eq!((failure.kind, failure.fault), (FailureKind::Harness, Fault::Harness));
        assert!(failure.message.starts_with("the download invoice.pdf lies in the browser's container"), "{failure}");
        assert_eq!(download.save_as("/nowhere").await.unwrap_err(), failure);
    }
}
