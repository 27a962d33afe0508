//! Turns Avro schemas into Rust events, from `build.rs`:
//!
//! ```no_run
//! # // The main function of a build.rs holds just this line.
//! cq_events_build::compile("streams.toml");
//! ```
//!
//! and in `src/lib.rs`: `cq_events::include_events!();`, which brings one module per stream.
//!
//! The passes, with a stop after each that finds mistakes:
//!
//! ```text
//! streams.toml -> config -> .avsc files -> Schemas (crate cq-events-schema) -> model -> generate -> one Rust file
//! ```
//!
//! Every mistake is reported as an error of the build at `file:line:column`, with the line, carets and a hint, and
//! all mistakes of a pass together. The generated file is deterministic, and written only when it changed.

mod config;
mod files;
mod generate;
mod model;
mod names;
mod read;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

pub use files::{Generated, generate};
pub use read::{Stream, Subject, read};

/// The name of the generated file in `OUT_DIR`, which `cq_events::include_events!()` includes.
const FILE: &str = "cq_events.rs";

/// Generates the events of the streams that `streams` (the path of a `streams.toml`, from the package's folder)
/// names. For `build.rs`: it speaks to cargo on standard output, and never panics; mistakes become errors of the
/// build.
pub fn compile(streams: impl AsRef<Path>) {
    let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let generated = generate(&root.join(streams), &workspace_above(&root));
    for file in &generated.files {
        // From the package's folder where it is inside: two copies of a package may share a target folder.
        let file = file.strip_prefix(&root).unwrap_or(file);
        say("rerun-if-changed", &file.display().to_string());
    }
    for report in generated.warnings.rendered() {
        report.lines().for_each(|line| say("warning", line));
    }
    let code = match generated.code {
        Ok(code) => code,
        Err(mistakes) => {
            for report in mistakes.rendered() {
                report.lines().for_each(|line| say("error", line));
            }
            return;
        }
    };
    let Some(folder) = env::var_os("OUT_DIR") else {
        return say("error", "OUT_DIR is not set: cq_events_build::compile is for build.rs");
    };
    let path = Path::new(&folder).join(FILE);
    // Left alone when nothing changed, so that what includes it is not compiled again.
    if fs::read_to_string(&path).is_ok_and(|present| present == code) {
        return;
    }
    if let Err(error) = fs::write(&path, code) {
        say("error", &format!("cannot write {}: {error}", path.display()));
    }
}

#[allow(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]
fn say(key: &str, value: &str) {
    println!("cargo::{key}={value}");
}

/// The folder that reports name files from: that of the `Cargo.lock` nearest above the package, which is the
/// workspace's, since cargo and rustc do so.
fn workspace_above(package: &Path) -> PathBuf {
    let with_lock = package.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    with_lock.unwrap_or(package).to_owned()
}
