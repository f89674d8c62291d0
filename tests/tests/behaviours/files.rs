//! Choosing files.

use std::path::PathBuf;

use canarytrace::prelude::*;

use crate::support::failed;

/// Files are chosen from this machine, or made on the spot.
#[monitor(tags = ["files"])]
async fn files_are_uploaded(browser: &mut Browser) -> Result {
    browser.goto("/practice/upload").await?;
    let folder = tempfile::tempdir()?;
    let file = |name: &str, text: &str| -> std::io::Result<PathBuf> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    let (note, list) = (file("note.txt", "hello")?, file("Liste ü.csv", "a,b\n")?);
    browser
        .step("a file of this machine is chosen", async |page| {
            page.find(label("A file")).upload(&[&note]).await?;
            page.expect(test_id("single-name")).to_be("note.txt, 5 bytes").await?;
            page.expect(test_id("single-text")).to_be("hello").await?;
            page.find(label("A file")).upload::<PathBuf>(&[]).await?;
            page.expect(test_id("single-name")).to_be("no file").await
        })
        .await?;
    browser
        .step("several files are chosen", async |page| {
            page.find(test_id("multiple")).upload(&[&note, &list]).await?;
            page.expect(test_id("file")).to_have_count(2).await?;
            page.expect(test_id("file").last()).to_be("Liste ü.csv, 4 bytes").await
        })
        .await?;
    browser
        .step("a file that is on no disk is chosen, behind a styled label too", async |page| {
            page.find(test_id("styled")).upload_bytes("dot.png", "image/png", &[137, 80, 78, 71]).await?;
            page.expect(test_id("styled-name")).to_be("dot.png, 4 bytes").await?;
            page.find(test_id("single")).upload_bytes("made.txt", "text/plain", "gemacht für dich".as_bytes()).await?;
            page.expect(test_id("single-text")).to_be("gemacht für dich").await
        })
        .await?;
    browser
        .step("two files for one, and a file that is not there, fail at once", async |page| {
            failed(page.find(test_id("single")).upload(&[&note, &list]).await, FailureKind::Locator, &["takes one file, not 2"]);
            let missing = folder.path().join("missing.txt");
            failed(
                page.find(test_id("single")).upload(&[&missing]).await,
                FailureKind::Harness,
                &["missing.txt", "there is no such file"],
            );
            Ok(())
        })
        .await?;
    browser
        .step("files arrive at the server whole", async |page| {
            page.find(label("Note")).fill("two files").await?;
            page.find(test_id("server-files")).upload(&[&note, &list]).await?;
            page.find(role(Role::Button, exact("Send"))).click().await?;
            page.expect(test_id("received-bytes")).to_be("9").await?;
            page.expect(test_id("received-note")).to_be("two files").await?;
            page.expect(test_id("received-file").first()).to_be("note.txt, 5 bytes").await
        })
        .await
}
