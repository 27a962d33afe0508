//! Committed pairs of schemas, of which one evolved from the other: what the checker of compatibility finds, and what
//! becomes of data, with the verdicts of two other implementations.
//!
//! With the feature `oracles`, they are asked again. What they say is written down by
//! `BLESS=1 cargo test -p cq-events-avro-tests --features oracles --test evolution`.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use cq_events::codec::{DecodeLimits, Transcoder};
use cq_events_avro_tests::answer::{hex, unhex};
use cq_events_avro_tests::known::{CHECKER, DEPARTURES, Departure, Known, UNMENDED};
use cq_events_avro_tests::pair::Evolution;
use cq_events_schema::{Rule, Schemas, incompatibilities};
use serde_json::Value as Json;

/// The cases, by name.
fn cases() -> Vec<(String, Json)> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder())
        .expect("there is a folder of cases")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    paths.sort();
    let case = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), case)
    };
    paths.into_iter().map(case).collect()
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("pairs")
}

#[test]
fn the_checker_finds_what_is_committed() {
    for (name, case) in cases() {
        let parse = |side: &str| Schemas::parse_text(side, &case[side].to_string()).unwrap();
        let found: Vec<String> = incompatibilities(&parse("reader"), &parse("writer"))
            .into_iter()
            .map(|finding| format!("{} {}", finding.rule.name(), finding.path))
            .collect();
        assert_eq!(Json::from(found), case["findings"], "{name}");
    }
}

#[test]
fn data_become_what_is_committed() {
    for (name, case) in cases() {
        let transcoder = Transcoder::new(&case["reader"].to_string(), &case["writer"].to_string()).unwrap();
        for datum in list(&case["data"]) {
            let mut out = Vec::new();
            let bytes = unhex(text(&datum["datum"]));
            match transcoder.transcode(&bytes, DecodeLimits::DEFAULT, &mut out) {
                Ok(()) => assert_eq!(Json::from(hex(&out)), datum["becomes"], "{name}: {datum}"),
                Err(error) => {
                    let words =
                        datum["refused"].as_str().unwrap_or_else(|| panic!("{name}: {datum}: {error}"));
                    assert!(error.to_string().contains(words), "{name}: {datum}: {error}");
                }
            }
        }
    }
}

#[test]
fn each_evolution_and_rule_has_a_case() {
    let cases = cases();
    let evolutions: BTreeSet<&str> =
        cases.iter().flat_map(|(_, case)| list(&case["evolutions"])).map(text).collect();
    let all: BTreeSet<String> = Evolution::ALL.iter().map(|evolution| format!("{evolution:?}")).collect();
    assert_eq!(evolutions, all.iter().map(String::as_str).collect());
    let rules: BTreeSet<&str> = cases
        .iter()
        .flat_map(|(_, case)| list(&case["findings"]))
        .filter_map(|finding| text(finding).split(' ').next())
        .collect();
    assert_eq!(rules, Rule::ALL.iter().map(|rule| rule.name()).collect());
}

/// Each oracle has a verdict on each case; where it disagrees, that is known, and why; and nothing is known in vain.
#[test]
fn every_disagreement_of_the_oracles_has_its_reason() {
    // By oracle and repair, the cases that need it.
    let mut shown = BTreeSet::new();
    let mut unmended = BTreeSet::new();
    let mut checker = BTreeSet::new();
    for (name, case) in cases() {
        let disagree = judged(&name, &case["checker"], &["avro"]);
        checker.extend(disagree.into_iter().map(|oracle| (name.clone(), oracle)));
        for datum in list(&case["data"]) {
            for oracle in judged(&name, datum, &["avro", "fastavro"]) {
                let repairs: Vec<&str> = list(&datum["repairs"][&oracle]).iter().map(text).collect();
                if repairs.is_empty() {
                    unmended.insert((name.clone(), oracle.clone()));
                }
                for repair in repairs {
                    shown.insert((oracle.clone(), repair.to_owned(), name.clone()));
                }
            }
        }
    }
    let known = |list: &[Known]| -> BTreeSet<(String, String)> {
        list.iter().map(|known| (known.case.to_owned(), known.oracle.to_owned())).collect()
    };
    assert_eq!(unmended, known(UNMENDED));
    assert_eq!(checker, known(CHECKER));
    let by_case =
        |known: &Departure| (known.oracle.to_owned(), known.repair.to_owned(), known.case.to_owned());
    for known in DEPARTURES {
        assert!(shown.contains(&by_case(known)), "{} does not show {}", known.case, known.repair);
    }
    for (oracle, repair, name) in &shown {
        let is_known = DEPARTURES.iter().any(|known| (known.oracle, known.repair) == (oracle, repair));
        assert!(is_known, "{name}: {oracle} is repaired for {repair} without a reason");
    }
}

/// The oracles that disagree.
fn judged(name: &str, verdict: &Json, oracles: &[&str]) -> Vec<String> {
    let agree: Vec<&str> = list(&verdict["agree"]).iter().map(text).collect();
    let disagree = verdict["disagree"].as_object().cloned().unwrap_or_default();
    for oracle in oracles {
        let agrees = agree.contains(oracle);
        assert!(agrees != disagree.contains_key(*oracle), "{name}: {oracle} on {verdict}");
    }
    disagree.into_iter().map(|(oracle, _)| oracle).collect()
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_else(|| panic!("{json} is no text"))
}

#[cfg(feature = "oracles")]
#[test]
fn the_oracles_say_what_is_committed() {
    use cq_events_avro_tests::{cases::same, python::Python, verdict::pretty};

    let mut python = Python::start_script("pairs.py");
    let blesses = std::env::var_os("BLESS").is_some();
    let mut changed = Vec::new();
    for (name, committed) in cases() {
        let answer = python.exchange(&serde_json::json!([{"case": committed}]));
        let blessed = &answer[0];
        if blesses {
            fs::write(folder().join(format!("{name}.json")), pretty(blessed)).unwrap();
        } else if !same(blessed, &committed) {
            changed.push(format!("{name}:\n{}", pretty(blessed)));
        }
    }
    assert!(
        changed.is_empty(),
        "the oracles say otherwise now (BLESS=1 writes it down):\n{}",
        changed.join("\n")
    );
}
