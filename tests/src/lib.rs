//! What the tests share.
#![allow(
    missing_docs,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

pub mod cluster;
pub mod command;
pub mod evolution;
pub mod faults;
pub mod forms;
pub mod guarded;
pub mod languages;
pub mod oracle;
pub mod raw;
pub mod recorder;
pub mod registries;
pub mod scenarios;
pub mod values;

/// The folder of the built examples.
pub fn examples() -> std::path::PathBuf {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let built = std::process::Command::new(cargo)
        .args(["build", "--quiet", "--package", "cq-events-examples", "--examples"])
        .current_dir(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the examples do not build");
    let test = std::env::current_exe().expect("a path");
    test.parent().and_then(std::path::Path::parent).expect("target/debug").join("examples")
}
