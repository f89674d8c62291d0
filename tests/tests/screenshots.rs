//! `to_match_screenshot`: a region of the page looks as it did when its screenshot was taken.

use std::fs;
use std::path::Path;

use canarytrace_tests::runner::{Finished, Runner};

fn look(screenshots: &Path, options: &[(&str, &str)]) -> Finished {
    let fixture = Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
        .monitor("looks_as_before")
        .env("WAIT_FOR_TIMEOUT", "1s")
        .env("CANARYTRACE_SCREENSHOTS", screenshots);
    let run = options.iter().fold(fixture, |fixture, (name, value)| fixture.env(name, value)).run();
    run.assert_complete();
    run.assert_nothing_left();
    run
}

fn failure(run: &Finished) -> String {
    let end = run.document("report", |document| document["event"] == "testStepEnd");
    end["errMessage"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_region_is_compared_with_the_screenshot_that_was_taken_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop/box.png");

    let run = look(folder.path(), &[]);
    assert_eq!(run.code, Some(102), "without a screenshot there is nothing to compare: {run:#?}");
    let message = failure(&run);
    assert!(message.contains(&file.display().to_string()), "{message}");
    assert!(message.contains("CANARYTRACE_UPDATE_SCREENSHOTS=yes takes it"), "{message}");
    assert!(!file.exists());

    let run = look(folder.path(), &[("CANARYTRACE_UPDATE_SCREENSHOTS", "yes")]);
    assert_eq!(run.code, Some(0), "{run:#?}");
    assert!(fs::read(&file).unwrap().starts_with(b"\x89PNG"));

    let run = look(folder.path(), &[]);
    assert_eq!(run.code, Some(0), "{run:#?}");

    // The inner box is a quarter of the outer one.
    let run = look(folder.path(), &[("BOX_COLOUR", "red")]);
    assert_eq!(run.code, Some(101), "{run:#?}");
    let message = failure(&run);
    assert!(message.contains("300 of 1200 pixels (25.00 %) differ, the first at 0, 0"), "{message}");
    let kept = run.attachments();
    let pictures = kept.iter().filter(|path| path.extension().is_some_and(|extension| extension == "png")).count();
    assert_eq!(pictures, 3, "the page, the region, and the difference: {kept:?}");

    let run = look(folder.path(), &[("BOX_COLOUR", "red"), ("BOX_TOLERANCE", "0.25")]);
    assert_eq!(run.code, Some(0), "{run:#?}");

    let run = look(folder.path(), &[("BOX_WIDTH", "61")]);
    let message = failure(&run);
    assert!(message.contains("its size is 61 x 20 pixels and not 60 x 20"), "{message}");

    fs::write(&file, "GIF89a").unwrap();
    let run = look(folder.path(), &[]);
    assert_eq!(run.code, Some(102), "{run:#?}");
    assert!(failure(&run).contains("is no PNG"), "{run:#?}");
}
