//! Mistakes in `#[monitor]` and `css!` are compile errors at the token that is wrong.
//!
//! One case a file in `cases/`, what the compiler says of it next to it. After a change of a message,
//! `TRYBUILD=overwrite cargo test -p canarytrace-compile-errors` writes these anew: read the difference.

/// One `TestCases`, so that the crates under test are built once. No case is meant to pass here: a passing one would
/// make trybuild link where it now only checks. Those are in `monitor_attribute.rs`.
#[test]
fn mistakes_are_named_at_their_token() {
    trybuild::TestCases::new().compile_fail("tests/cases/*.rs");
}
