//! Committed pairs of schemas, with data: `pairs/NAME.json`.
//!
//! Each has what our checker finds, what becomes of each datum, and whether fastavro and avro say the same. Without python
//! ours is tried against that; with the feature `oracles` they are asked again. `BLESS=1` with that feature writes what is
//! said now: read the difference.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

use std::fs;
use std::path::PathBuf;

use cq_events::codec::{DecodeLimits, Transcoder};
use cq_events_avro_tests::answer::{hex, unhex};
use cq_events_avro_tests::verdict::pretty;
use cq_events_schema::{Rule, Schemas, incompatibilities};
use serde_json::{Value as Json, json};

fn cases() -> Vec<(PathBuf, Json)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("pairs");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let case = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (path, case)
    };
    paths.into_iter().map(read).collect()
}

/// The case with what ours says.
fn with_ours(mut case: Json) -> Json {
    let (reader, writer) = (case["reader"].to_string(), case["writer"].to_string());
    let parse = |text: &str| Schemas::parse_text("schema", text).unwrap();
    let findings = incompatibilities(&parse(&reader), &parse(&writer));
    case["findings"] =
        findings.iter().map(|finding| json!(format!("{} {}", finding.path, finding.rule.name()))).collect();
    let transcoder = Transcoder::new(&reader, &writer).unwrap();
    for datum in case["data"].as_array_mut().unwrap() {
        let mut out = Vec::new();
        let bytes = unhex(datum["writer"].as_str().unwrap());
        match transcoder.transcode(&bytes, DecodeLimits::DEFAULT, &mut out) {
            Ok(()) => datum["reader"] = json!(hex(&out)),
            Err(error) => datum["refused"] = json!(error.to_string()),
        }
    }
    case
}

#[test]
fn ours_says_what_is_committed() {
    let cases = cases();
    assert_eq!(cases.len(), 78);
    let mut decided: Vec<&str> = Vec::new();
    for (path, case) in &cases {
        let mut bare = case.clone();
        for datum in bare["data"].as_array_mut().unwrap() {
            let members = datum.as_object_mut().unwrap();
            members.remove("reader");
            members.remove("refused");
        }
        let ours = with_ours(bare);
        assert_eq!(ours, *case, "{}", path.display());
        let findings = case["findings"].as_array().unwrap();
        decided.extend(findings.iter().filter_map(|finding| finding.as_str()?.rsplit(' ').next()));
    }
    for rule in Rule::ALL {
        assert!(decided.contains(&rule.name()), "no case is decided by {}", rule.name());
    }
}

/// What the oracles are known to do otherwise, by case and oracle.
#[cfg(feature = "oracles")]
mod known {
    const STRICTER: &str = "knows no difference between logical types";
    const LATIN1: &str = "fills a default of bytes with the UTF-8 of its text";
    const NO_ALIASES: &str = "knows no aliases when it reads";
    const ONE_FOR_ONE: &str = "gives a field of the writer to one of the reader only";
    const NEGATIVE: &str = "counts a negative index from the end, as python does";
    const NO_SYMBOL: &str = "knows no default of an enum";
    const FULLNAMES: &str = "asks for fullnames when it reads";
    const FIRST: &str = "takes the first branch that a number is promoted to, and not its own";
    const BLOCK_SIZE: &str = "uses a block's size for nothing but skipping, so a wrong one goes unnoticed";
    const NO_TEXT: &str = "takes no text for bytes, and no bytes for text";
    const AS_IT_WAS: &str = "leaves a promoted value what it was";
    const NO_UNION: &str = "reads no union as one of its types";

    pub(super) const KNOWN: &[(&str, &str, &str)] = &[
        ("blocks_wrong_size", "fastavro", BLOCK_SIZE),
        ("decimal_narrower", "fastavro", STRICTER),
        ("decimal_narrower", "avro", STRICTER),
        ("decimal_scale", "fastavro", STRICTER),
        ("decimal_scale", "avro", STRICTER),
        ("default_bytes", "avro", LATIN1),
        ("default_fixed", "avro", LATIN1),
        ("enum_alias", "avro", NO_ALIASES),
        ("enum_bad_index", "fastavro", NEGATIVE),
        ("enum_default", "avro", NO_SYMBOL),
        ("field_alias", "avro", NO_ALIASES),
        ("fixed_alias", "avro", NO_ALIASES),
        ("logical_changed", "fastavro", STRICTER),
        ("logical_changed", "avro", STRICTER),
        ("one_field_for_two", "fastavro", ONE_FOR_ONE),
        ("one_field_for_two", "avro", NO_ALIASES),
        ("other_namespace", "avro", FULLNAMES),
        ("out_of_union", "avro", NO_UNION),
        ("promoted_bytes_to_string", "avro", NO_TEXT),
        ("promoted_in_array", "avro", AS_IT_WAS),
        ("promoted_in_map", "avro", AS_IT_WAS),
        ("promoted_in_union", "avro", AS_IT_WAS),
        ("promoted_int_to_double", "avro", AS_IT_WAS),
        ("promoted_int_to_float", "avro", AS_IT_WAS),
        ("promoted_long_to_double", "avro", AS_IT_WAS),
        ("promoted_long_to_float", "avro", AS_IT_WAS),
        ("promoted_string_to_bytes", "avro", NO_TEXT),
        ("recursion", "avro", AS_IT_WAS),
        ("reorder_with_change", "avro", NO_TEXT),
        ("type_alias", "avro", NO_ALIASES),
        ("union_bad_index", "fastavro", NEGATIVE),
        ("union_exact_first", "fastavro", FIRST),
    ];
}

#[cfg(feature = "oracles")]
#[test]
fn the_oracles_say_what_is_committed() {
    use cq_events_avro_tests::pair::for_others;
    use cq_events_avro_tests::python::Python;

    let mut python = Python::start_with("pairs.py");
    let mut otherwise: Vec<(String, &str)> = Vec::new();
    for (path, case) in cases() {
        let case = with_ours(case);
        let data: Vec<Json> = case["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|datum| json!({"writer": datum["writer"], "reader": datum.get("reader")}))
            .collect();
        let answer = python.ask_json(&json!({
            "reader": for_others(&case["reader"].to_string()),
            "writer": for_others(&case["writer"].to_string()),
            "data": data,
        }));
        let mut blessed = case.clone();
        blessed["avro's checker"] = answer["compatible"].clone();
        for (datum, verdicts) in
            blessed["data"].as_array_mut().unwrap().iter_mut().zip(answer["data"].as_array().unwrap())
        {
            datum.as_object_mut().unwrap().remove("otherwise");
            for (oracle, words) in ["fastavro", "avro"].into_iter().zip(verdicts.as_array().unwrap()) {
                if let Some(words) = words.as_str() {
                    datum["otherwise"][oracle] = json!(words);
                    otherwise.push((case["name"].as_str().unwrap().to_owned(), oracle));
                }
            }
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, pretty(&blessed)).unwrap();
        } else {
            assert_eq!(blessed, case, "{}", path.display());
        }
        // Logical types are ours to be strict about.
        let is_logical = |finding: &Json| finding.as_str().unwrap().ends_with(Rule::Logical.name());
        let is_fine = case["findings"].as_array().unwrap().iter().all(is_logical);
        assert_eq!(blessed["avro's checker"], is_fine, "{}", path.display());
    }
    otherwise.dedup();
    let listed: Vec<(String, &str)> =
        known::KNOWN.iter().map(|(case, oracle, _)| ((*case).to_owned(), *oracle)).collect();
    assert_eq!(otherwise, listed, "what the oracles do otherwise, and what is known of them");
}
