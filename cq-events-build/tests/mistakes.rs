//! What a wrong schema or a wrong `streams.toml` is told.
//!
//! Each case is a file in `mistakes/`, named by its mistake: an `.avsc` that is the schema of a stream, or a `.toml`
//! that is the `streams.toml`. Beside it lies what is reported. `BLESS=1` writes the reports anew, and nothing else
//! does.
#![allow(clippy::panic, clippy::unwrap_used, reason = "it is all tests")]

use std::fs;
use std::path::Path;

const STREAMS: &str = "[stream.test]\nschema = \"case.avsc\"\ntopic = \"test.events\"\n";

#[test]
fn each_mistake_is_reported_at_its_place_with_what_to_do() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let bless = std::env::var_os("BLESS").is_some();
    let mut count = 0;
    for entry in fs::read_dir(&cases).unwrap() {
        let case = entry.unwrap().path();
        let kind = case.extension().unwrap_or_default().to_str().unwrap();
        if !matches!(kind, "avsc" | "toml") {
            continue;
        }
        count += 1;
        let reported = report(&case, kind);
        let golden = case.with_extension("stderr");
        if bless {
            fs::write(&golden, &reported).unwrap();
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(reported, expected, "{}", case.display());
    }
    assert!(count >= 30, "only {count} cases were found");
}

fn report(case: &Path, kind: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (streams, schema) = match kind {
        "avsc" => (STREAMS.to_owned(), fs::read_to_string(case).unwrap()),
        _ => (fs::read_to_string(case).unwrap(), "[]".to_owned()),
    };
    let path = folder.path().join("streams.toml");
    fs::write(&path, streams).unwrap();
    fs::write(folder.path().join("case.avsc"), schema).unwrap();
    let generated = cq_events_build::generate(&path, folder.path());
    match generated.code {
        Ok(_) if generated.warnings.iter().next().is_none() => panic!("{} was accepted", case.display()),
        // What is only warned of.
        Ok(_) => format!("{}\n", generated.warnings),
        Err(mistakes) => format!("{mistakes}\n"),
    }
}

#[test]
fn a_streams_toml_that_is_not_there_is_reported_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let generated = cq_events_build::generate(&folder.path().join("streams.toml"), folder.path());
    let mistakes = generated.code.unwrap_err().to_string();
    assert!(mistakes.starts_with("streams.toml:1:1: cannot read this file: No such file"), "{mistakes}");
}
