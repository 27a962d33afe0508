//! What rustc says of mistakes with a consumer. The other mistakes in Rust are in `compile/`, which is built without
//! Kafka; these would build librdkafka once more there, so they are examples of this package, behind a feature.
//!
//! The words are those of the pinned toolchain; `BLESS=1` writes them anew, and nothing else does.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "it is all tests")]

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn each_mistake_with_a_consumer_is_one_error_that_says_the_fix() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut count = 0;
    for entry in fs::read_dir(package.join("mistakes")).unwrap() {
        let case = entry.unwrap().path();
        if case.extension().is_none_or(|kind| kind != "rs") {
            continue;
        }
        count += 1;
        let said = errors(package, case.file_stem().unwrap().to_str().unwrap());
        assert_eq!(said.matches("error").count(), 1, "{said}");
        let golden = case.with_extension("stderr");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&golden, &said).unwrap();
        }
        assert_eq!(said, fs::read_to_string(&golden).unwrap_or_default(), "{}", case.display());
    }
    assert_eq!(count, 3);
}

/// The errors of an example, without the lines of the library that rustc shows after them.
fn errors(package: &Path, example: &str) -> String {
    let output = Command::new(std::env::var_os("CARGO").expect("cargo runs the tests"))
        .args(["check", "--quiet", "--features", "mistakes", "--example", example])
        .env("CARGO_TERM_COLOR", "never")
        .current_dir(package)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{example} compiles");
    let foreign = |line: &&str| {
        line.starts_with("help: ") || line.starts_with("note: ") || line.starts_with("For more ")
    };
    let own = said.lines().take_while(|line| !foreign(line));
    let own = own
        .filter(|line| !line.contains("the full name for the type") && !line.contains("using `--verbose`"));
    let text: String = own.map(|line| format!("{}\n", gutter(line))).collect();
    format!("{}\n", text.trim_end())
}

/// The line with a gutter of two digits, whatever lines rustc shows besides.
fn gutter(line: &str) -> String {
    let text = line.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at(digits);
    match text.chars().next() {
        Some('-') => format!("  {text}"),
        Some('|' | '=') => format!("   {text}"),
        Some('0'..='9') => format!("{number:>2}{rest}"),
        _ => line.to_owned(),
    }
}
