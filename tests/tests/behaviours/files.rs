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
            failed(
                page.find(test_id("single")).upload(&[&note, &list]).await,
                FailureKind::Locator,
                &["takes one file, not 2"],
            );
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

/// Downloads are waited for until they are whole.
#[monitor(tags = ["files"])]
async fn files_are_downloaded(browser: &mut Browser) -> Result {
    browser.goto("/practice/download?after=200").await?;
    browser
        .step("a file of the server is there when it is whole, with its name", async |page| {
            let report = page.wait_for_download(page.find(test_id("download")).click()).await?;
            assert_eq!(report.suggested_filename, "report.csv");
            assert_eq!(report.read().await?, b"product,price\nlamp,39.00\nmug,14.50\n");
            let folder = tempfile::tempdir()?;
            report.save_as(folder.path().join("reports/of-today.csv")).await?;
            assert_eq!(std::fs::read(folder.path().join("reports/of-today.csv"))?.len() as u64, report.size);
            Ok(())
        })
        .await?;
    browser
        .step("a download that is slow, begins late, or is large is waited for", async |page| {
            let slow = page.wait_for_download(page.find(test_id("slow-download")).click()).await?;
            assert_eq!(slow.read().await?, b"first half\nsecond half\n");
            let late = page.wait_for_download(page.find(test_id("later-download")).click()).await?;
            assert_eq!(late.suggested_filename, "report.csv");
            let large = page.wait_for_download(page.find(test_id("large-download")).click()).await?;
            assert_eq!(large.size, 1024 * 1024);
            Ok(())
        })
        .await?;
    browser
        .step("what a script made, and what is saved instead of shown, are downloads too", async |page| {
            let made = page.wait_for_download(page.find(test_id("blob-download")).click()).await?;
            assert_eq!(
                (made.suggested_filename.as_str(), made.read().await?),
                ("made.txt", b"made by a script\n".to_vec())
            );
            let saved = page.wait_for_download(page.find(test_id("attribute-download")).click()).await?;
            assert_eq!(saved.suggested_filename, "lamp-picture.svg");
            Ok(())
        })
        .await?;
    browser
        .step("a download that breaks off fails, and says which", async |page| {
            let broken = page.wait_for_download(page.find(test_id("broken-download")).click()).await;
            failed(broken, FailureKind::Navigation, &["broken.txt"]);
            Ok(())
        })
        .await
}
