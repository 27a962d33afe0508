//! What is generated. `BLESS=1` writes the golden file anew, and nothing else does.
#![allow(clippy::unwrap_used, reason = "it is all tests")]

use std::path::Path;

#[test]
fn the_generated_code_is_as_expected_and_the_same_each_time() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let generate = || cq_events_build::generate(&folder.join("streams.toml"), &folder).code.unwrap();
    let code = generate();
    assert_eq!(code, generate());
    let expected = folder.join("expected.rs");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&expected, &code).unwrap();
    }
    assert!(
        std::fs::read_to_string(&expected).unwrap() == code,
        "the generated code differs from {}: run with BLESS=1 and look at the difference",
        expected.display()
    );
}
