//! What compiles and what does not, with rustc's words.
//!
//! Each case is named by what it proves. The words are those of the pinned toolchain; `TRYBUILD=overwrite` writes
//! them anew, and nothing else does.

#[test]
fn events_that_are_all_handled_compile() {
    trybuild::TestCases::new().pass("cases/pass/*.rs");
}

#[test]
fn each_mistake_is_one_error_that_says_the_fix() {
    trybuild::TestCases::new().compile_fail("cases/fail/*.rs");
}
