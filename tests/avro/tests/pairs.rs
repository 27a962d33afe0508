//! Random pairs of schemas: the checker's verdict is that of PyPI's avro, and data of the writer's become what fastavro reads.
//!
//! `CQ_SEED` and `CQ_PAIRS` choose others than those of the suite.
#![cfg(feature = "oracles")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it is all tests"
)]

use std::collections::BTreeMap;

use cq_events::codec::{DecodeLimits, Transcoder};
use cq_events_avro_tests::answer::hex;
use cq_events_avro_tests::datum;
use cq_events_avro_tests::pair::{Pair, for_others};
use cq_events_avro_tests::python::Python;
use cq_events_avro_tests::rng::Rng;
use cq_events_schema::{Finding, Rule, Schemas, incompatibilities};
use serde_json::{Value as Json, json};

const PAIRS: u64 = 20_000;
/// Data of each pair. Of one that is incompatible more are tried, until one is refused.
const DATA: usize = 5;
const MOST_DATA: usize = 200;
/// How many pairs each rule must decide, and each change must have made.
const LEAST: usize = 200;

#[test]
fn verdicts_and_values_are_those_of_two_other_implementations() {
    let (seed, number) = (setting("CQ_SEED", 1), setting("CQ_PAIRS", PAIRS));
    let mut python = Python::start_with("pairs.py");
    let mut tally = Tally::default();
    let mut next = 0;
    while tally.pairs < number {
        let pair = Pair::random(seed, next);
        next += 1;
        let (reader, writer) = (pair.reader.to_string(), pair.writer.to_string());
        // A change may make what is no schema, such as a record that always holds itself.
        let parse = |text: &str| Schemas::parse_text("schema", text);
        let (Ok(ours), Ok(theirs)) = (parse(&reader), parse(&writer)) else { continue };
        let findings = incompatibilities(&ours, &theirs);
        let data = data(&reader, &writer, &theirs, !findings.is_empty(), &mut Rng::new(!seed, next));
        let lines: Vec<Json> =
            data.iter().map(|(writer, reader)| json!({"writer": hex(writer), "reader": reader.as_ref().map(|datum| hex(datum))})).collect();
        let question = json!({"reader": for_others(&reader), "writer": for_others(&writer), "data": lines});
        let answer = python.ask_json(&question);
        tally.add(&pair, &findings, &data, &answer);
    }
    tally.end(number);
}

/// Data of the writer's with what becomes of them.
fn data(
    reader: &str,
    writer: &str,
    schemas: &Schemas,
    is_bad: bool,
    rng: &mut Rng,
) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let transcoder = Transcoder::new(reader, writer).unwrap();
    let mut data = Vec::new();
    let mut refused = 0;
    for tried in 0..MOST_DATA {
        if tried >= DATA && (!is_bad || refused > 0) {
            break;
        }
        let datum = datum::of_root(schemas, rng);
        let mut out = Vec::new();
        let done = transcoder.transcode(&datum, DecodeLimits::DEFAULT, &mut out).is_ok();
        refused += usize::from(!done);
        // Of many that are tried for one that is refused, that one is enough.
        if tried < DATA || !done {
            data.push((datum, done.then_some(out)));
        }
    }
    data
}

#[derive(Default)]
struct Tally {
    pairs: u64,
    compatible: u64,
    values: usize,
    refused: usize,
    changes: BTreeMap<&'static str, usize>,
    /// By rule, the pairs that it is found in, and those in which it is alone.
    rules: BTreeMap<Rule, (usize, usize)>,
    /// Where an oracle says otherwise.
    otherwise: BTreeMap<&'static str, usize>,
    failures: usize,
}

impl Tally {
    fn add(&mut self, pair: &Pair, findings: &[Finding], data: &[(Vec<u8>, Option<Vec<u8>>)], answer: &Json) {
        self.pairs += 1;
        self.compatible += u64::from(findings.is_empty());
        pair.changes.iter().for_each(|change| *self.changes.entry(change).or_default() += 1);
        let mut rules: Vec<Rule> = findings.iter().map(|finding| finding.rule).collect();
        rules.sort();
        rules.dedup();
        for rule in &rules {
            let (all, alone) = self.rules.entry(*rule).or_default();
            *all += 1;
            *alone += usize::from(rules.len() == 1);
        }
        // Our stricter rule aside.
        let expected = rules.iter().all(|rule| *rule == Rule::Logical);
        if answer["compatible"] != expected {
            self.fail(pair, &format!("{findings:?}, but avro's checker says {}", answer["compatible"]));
        }
        let refused = data.iter().filter(|(_, read)| read.is_none()).count();
        self.values += data.len() - refused;
        self.refused += refused;
        if findings.is_empty() != (refused == 0) {
            self.fail(pair, &format!("{findings:?}, but {refused} of {} data were refused", data.len()));
        }
        for ((datum, read), verdicts) in data.iter().zip(answer["data"].as_array().unwrap()) {
            for (index, verdict) in verdicts.as_array().unwrap().iter().enumerate() {
                let Some(words) = verdict.as_str() else { continue };
                let oracle = ["fastavro", "avro"][index];
                match defect(oracle, pair, findings, read.is_none(), words) {
                    Some(name) => *self.otherwise.entry(name).or_default() += 1,
                    None => self.fail(
                        pair,
                        &format!(
                            "{} -> {:?}: {oracle} {words}",
                            hex(datum),
                            read.as_ref().map(|read| hex(read))
                        ),
                    ),
                }
            }
        }
    }

    fn fail(&mut self, pair: &Pair, words: &str) {
        const SHOWN: usize = 12;
        self.failures += 1;
        if self.failures <= SHOWN {
            let short = |text: String| text.chars().take(1_500).collect::<String>();
            let (reader, writer) = (short(pair.reader.to_string()), short(pair.writer.to_string()));
            println!("reader {reader}\nwriter {writer}\n  {:?}: {}\n", pair.changes, short(words.to_owned()));
        }
    }

    fn end(&self, number: u64) {
        println!(
            "{} pairs, {} of them compatible; {} data read, {} refused",
            self.pairs, self.compatible, self.values, self.refused
        );
        println!("\nrule: pairs in which it is found, and is the only one");
        for rule in Rule::ALL {
            let (all, alone) = self.rules.get(&rule).copied().unwrap_or_default();
            println!("{all:6} {alone:6}  {}", rule.name());
        }
        println!("\nchanges");
        self.changes.iter().for_each(|(change, count)| println!("{count:6}  {change}"));
        println!("\nknown defects of the oracles: data");
        self.otherwise.iter().for_each(|(name, count)| println!("{count:6}  {name}"));
        assert!(self.failures == 0, "{} failures, the first of which are above", self.failures);
        if number >= PAIRS {
            let share = self.compatible * 100 / self.pairs;
            assert!((30..=70).contains(&share), "{share} % are compatible");
            for rule in Rule::ALL {
                assert!(self.rules.get(&rule).is_some_and(|(_, alone)| *alone >= LEAST), "{}", rule.name());
            }
            assert!(self.changes.values().all(|count| *count >= LEAST));
        }
    }
}

/// What is known of an oracle that says otherwise, by name, where the pair has what it takes.
fn defect(
    oracle: &str,
    pair: &Pair,
    findings: &[Finding],
    is_refused: bool,
    words: &str,
) -> Option<&'static str> {
    let is_of_blocks = words.contains("'type': 'array'") || words.contains("'type': 'map'");
    if is_refused && findings.iter().any(|finding| finding.rule == Rule::Logical) {
        return Some("both: two logical types are one to them, where our rule is stricter");
    }
    let (reader, writer) = (Traits::of(&pair.reader), Traits::of(&pair.writer));
    let other_kind =
        reader.named.iter().any(|(name, kind)| writer.named.get(name).is_some_and(|other| other != kind));
    match oracle {
        "fastavro" if other_kind => Some("fastavro: a record, an enum and a fixed of one name are one to it"),
        "fastavro" if words.starts_with("reads of another type") && reader.has_union_of_likes => {
            Some("fastavro: takes the first branch that a number or text is promoted to, and not its own")
        }
        "fastavro" if reader.has_union_of_likes && words.starts_with("refuses: UnicodeDecodeError") => {
            Some("fastavro: takes the first branch that a number or text is promoted to, and not its own")
        }
        "fastavro" if words.starts_with("reads of another type") => {
            Some("fastavro: what becomes a float keeps the digits of a double")
        }
        "fastavro" if words.starts_with("refuses: TypeError") => {
            Some("fastavro: fails at a union with a reference to a type that is defined elsewhere")
        }
        "fastavro"
            if words.starts_with("refuses: SchemaResolutionError")
                && is_of_blocks
                && !findings.is_empty() =>
        {
            Some("fastavro: refuses an empty array or map for what it might have held")
        }
        "avro" if reader.has_aliases => Some("avro: knows no aliases when it reads"),
        "avro" if reader.has_other_namespace(&writer) => Some("avro: asks for fullnames when it reads"),
        "avro" if words.starts_with("refuses: InvalidDefaultException") => {
            Some("avro: fills defaults by the rule before Avro 1.12, of the union's first branch only")
        }
        "avro" if words.contains("not present in Reader's Schema") => {
            Some("avro: knows no default of an enum")
        }
        "avro" if reader.has_bytes_default && words.starts_with("reads another") => {
            Some("avro: fills a default of bytes with the UTF-8 of its text")
        }
        "avro"
            if reader.has_text
                && writer.has_text
                && words.starts_with("refuses: SchemaResolutionException") =>
        {
            Some("avro: takes no text for bytes, and no bytes for text")
        }
        "avro" if writer.has_union && words.starts_with("refuses: SchemaResolutionException") => {
            Some("avro: reads no union as one of its types, unless that is the very same")
        }
        "avro" if !findings.is_empty() && words.starts_with("refuses: SchemaResolutionException") => {
            Some("avro: refuses an empty array or map for what it might have held")
        }
        "avro" if words.starts_with("reads of another type") => {
            Some("avro: a promoted value stays what it was")
        }
        _ => None,
    }
}

/// What of a schema the oracles stumble over.
#[derive(Default)]
struct Traits {
    /// The kinds of named types, by their short names and aliases.
    named: BTreeMap<String, String>,
    /// Those of the named types.
    namespaces: BTreeMap<String, String>,
    has_aliases: bool,
    /// Text or bytes.
    has_text: bool,
    has_bytes_default: bool,
    has_union: bool,
    /// Whether a union has two types of which one is promoted to the other.
    has_union_of_likes: bool,
}

impl Traits {
    fn of(schema: &Json) -> Self {
        let mut traits = Self::default();
        traits.add(schema);
        traits
    }

    /// Whether a type is in another namespace there.
    fn has_other_namespace(&self, other: &Self) -> bool {
        self.namespaces
            .iter()
            .any(|(name, space)| other.namespaces.get(name).is_some_and(|other| other != space))
    }

    fn add(&mut self, schema: &Json) {
        let short = |name: &str| name.rsplit('.').next().unwrap().to_owned();
        match schema {
            Json::Array(items) => {
                let names: Vec<&str> =
                    items.iter().filter_map(|item| item.as_str().or_else(|| item["type"].as_str())).collect();
                self.has_union |=
                    items.iter().all(|item| item.get("fields").is_some() || item.get("name").is_none());
                let likes = [&["int", "long", "float", "double"][..], &["string", "bytes"]];
                self.has_union_of_likes |=
                    likes.iter().any(|likes| names.iter().filter(|name| likes.contains(name)).count() > 1);
                items.iter().for_each(|item| self.add(item));
            }
            Json::Object(members) => {
                let aliases = members.get("aliases").and_then(Json::as_array);
                self.has_aliases |= aliases.is_some();
                let default = members.get("default").map(Json::to_string).unwrap_or_default();
                self.has_bytes_default |=
                    default.contains(['\u{fe}', '\u{1}']) || default.contains("\\u0001");
                if let (Some(kind @ ("record" | "enum" | "fixed")), Some(name)) =
                    (schema["type"].as_str(), schema["name"].as_str())
                {
                    let names = aliases.into_iter().flatten().filter_map(Json::as_str).chain([name]);
                    self.namespaces.insert(short(name), name.split('.').next().unwrap().to_owned());
                    self.named.extend(names.map(|name| (short(name), kind.to_owned())));
                }
                for (key, member) in members {
                    if key != "default" {
                        self.add(member);
                    }
                }
            }
            Json::String(text) => self.has_text |= matches!(text.as_str(), "string" | "bytes"),
            _ => {}
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
