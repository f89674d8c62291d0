//! Bad input and faults: a clear error, the right fault and exit code, nothing lost, nothing left.

mod browser;
mod data;
mod options;
mod page;
mod target;

use canarytrace_tests::runner::{Finished, Runner};

fn fixture() -> Runner {
    Runner::new(env!("CARGO_BIN_EXE_fixture-monitors"))
}

/// One URL in smoke mode.
fn smoke(url: &str) -> Runner {
    fixture().env("MODE", "smoke").env("BASE_URL", url)
}

/// Asserts that the only run failed as it should, completely, and left nothing. Returns the failure's message.
#[track_caller]
fn failed(run: &Finished, code: i32, kind: &str, fault: &str) -> String {
    assert_eq!(run.code, Some(code), "{run:#?}");
    let summary = run.document("summary", |document| document["summary"]["final_attempt"] == true);
    assert_eq!((&summary["error"]["type"], &summary["error"]["fault"]), (&kind.into(), &fault.into()), "{run:#?}");
    assert_eq!(summary["monitor"]["status"], "down");
    let message = summary["error"]["message"].as_str().expect("a failure has a message").to_owned();
    // What is stored is what people read.
    assert!(run.stdout.contains(&format!("\n{kind} ({fault} fault): {message}\n")), "{run:#?}");
    run.assert_complete();
    run.assert_nothing_left();
    message
}
