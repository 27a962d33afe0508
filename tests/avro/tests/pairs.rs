//! Random pairs of schemas, one evolved from the other, and random data of the writer's: the project's checker of
//! compatibility and its schema resolution, against PyPI's avro and fastavro.
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
use std::ops::Range;
use std::thread;

use cq_events_avro_tests::answer::hex;
use cq_events_avro_tests::known::{DEPARTURES, Departure};
use cq_events_avro_tests::pair::{Counts, Judged, Pair};
use cq_events_avro_tests::python::Python;
use cq_events_schema::Rule;
use serde_json::Value as Json;

const PAIRS: u64 = 20_000;
/// How many pairs are asked of at once.
const CHUNK: usize = 50;
/// Each question is one line, and each process has a thread.
const PROCESSES: usize = 2;
/// How many pairs must have each evolution, and for how many each rule must be the only one that is broken, of the
/// suite's number.
const LEAST: usize = 200;

#[test]
fn random_pairs_agree_with_two_other_implementations() {
    let seed = setting("CQ_SEED", 1);
    let number = setting("CQ_PAIRS", PAIRS) as usize;
    let totals: Vec<Totals> = thread::scope(|scope| {
        let run = |process: usize| {
            scope.spawn(move || {
                let mut python = Python::start_script("pairs.py");
                let mut totals = Totals::default();
                for start in (process * CHUNK..number).step_by(PROCESSES * CHUNK) {
                    totals.judge(seed, start..number.min(start + CHUNK), &mut python);
                }
                totals
            })
        };
        let threads: Vec<_> = (0..PROCESSES).map(run).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    });
    let mut all = Totals::default();
    totals.into_iter().for_each(|totals| all.add(totals));
    all.print(seed, number);
    assert!(all.failures.is_empty(), "{} failures, the first of which are above", all.failures.len());
    all.check_repairs();
    if number >= PAIRS as usize {
        all.check_shares(number);
    }
}

/// What was counted.
#[derive(Default)]
struct Totals {
    evolutions: Counts,
    shapes: BTreeMap<&'static str, usize>,
    compatible: usize,
    /// The pairs that break a rule, and those that break no other.
    rules: BTreeMap<Rule, (usize, usize)>,
    data: usize,
    refused: usize,
    /// By oracle: what it says, and of how many data it says so as it is, and when it is repaired.
    verdicts: BTreeMap<(String, String), (usize, usize)>,
    /// By oracle and repair, the data that need it.
    repairs: BTreeMap<(String, String), usize>,
    failures: Vec<String>,
}

impl Totals {
    fn judge(&mut self, seed: u64, numbers: Range<usize>, python: &mut Python) {
        let judged: Vec<Judged> = numbers.map(|number| Judged::new(seed, number)).collect();
        let questions: Vec<Json> = judged.iter().map(Judged::question).collect();
        let answers = python.exchange(&Json::from(questions));
        for (judged, answer) in judged.iter().zip(answers.as_array().expect("as many answers as questions")) {
            self.count(judged, answer);
        }
    }

    fn count(&mut self, judged: &Judged, answer: &Json) {
        self.evolutions.add(&judged.pair);
        for shape in judged.pair.shapes() {
            *self.shapes.entry(shape).or_default() += 1;
        }
        self.compatible += usize::from(judged.rules.is_empty());
        for rule in &judged.rules {
            let (any, only) = self.rules.entry(*rule).or_default();
            *any += 1;
            *only += usize::from(judged.rules.len() == 1);
        }
        let mut fail = |words: String| {
            self.failures.push(format!(
                "pair {}: {words}\n  reader {}\n  writer {}",
                judged.number, judged.reader, judged.writer
            ));
        };
        let says = if judged.plain_rules.is_empty() { "compatible" } else { "incompatible" };
        if answer["checker"] != says {
            fail(format!(
                "avro's checker says {}, and ours {says} {:?}",
                answer["checker"], judged.plain_rules
            ));
        }
        // What avro's checker takes and ours does not is all due to logical types, and is said to be.
        let are_logical = judged.rules.iter().all(|rule| *rule == Rule::Logical);
        if judged.plain_rules.is_empty() != are_logical {
            fail(format!("with logical types {:?}, without {:?}", judged.rules, judged.plain_rules));
        }
        let refused = judged.data.iter().find_map(|(datum, ours)| Some((datum, ours.as_ref().err()?)));
        match (judged.rules.is_empty(), refused) {
            (true, Some((datum, error))) => fail(format!("{} is refused: {error}", hex(datum))),
            (false, None) => fail(format!("{:?}, but all was read", judged.rules)),
            _ => {}
        }
        let verdicts = answer["data"].as_array().expect("as many verdicts as data");
        for ((datum, ours), verdict) in judged.data.iter().zip(verdicts) {
            self.data += 1;
            self.refused += usize::from(ours.is_err());
            for (oracle, verdict) in [("fastavro", verdict), ("avro", &verdict["avro"])] {
                let word = text(&verdict["verdict"]);
                let repairs: Vec<&str> =
                    verdict["repairs"].as_array().into_iter().flatten().map(text).collect();
                let (as_it_is, repaired) =
                    self.verdicts.entry((oracle.to_owned(), word.to_owned())).or_default();
                *(if repairs.is_empty() { as_it_is } else { repaired }) += 1;
                for repair in repairs {
                    *self.repairs.entry((oracle.to_owned(), repair.to_owned())).or_default() += 1;
                }
                if word == "differs" {
                    self.failures.push(format!(
                        "pair {}: {} became {}; {oracle} {verdict}\n  reader {}\n  writer {}",
                        judged.number,
                        hex(datum),
                        ours.as_ref().map_or_else(Clone::clone, |ours| hex(ours)),
                        judged.reader,
                        judged.writer
                    ));
                }
            }
        }
    }
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.evolutions.merge(other.evolutions);
        other.shapes.into_iter().for_each(|(shape, count)| *self.shapes.entry(shape).or_default() += count);
        self.compatible += other.compatible;
        self.data += other.data;
        self.refused += other.refused;
        for (rule, (any, only)) in other.rules {
            let known = self.rules.entry(rule).or_default();
            *known = (known.0 + any, known.1 + only);
        }
        for (key, (as_it_is, repaired)) in other.verdicts {
            let known = self.verdicts.entry(key).or_default();
            *known = (known.0 + as_it_is, known.1 + repaired);
        }
        other.repairs.into_iter().for_each(|(key, count)| *self.repairs.entry(key).or_default() += count);
        self.failures.extend(other.failures);
    }

    fn print(&self, seed: u64, number: usize) {
        println!("How many of {number} pairs (seed {seed}) had each evolution:\n\n{}", self.evolutions);
        println!("What they are:\n");
        self.shapes.iter().for_each(|(shape, count)| println!("{count:6}  {shape}"));
        println!();
        println!(
            "{} pairs are compatible. The rules that are broken, and how often no other is:\n",
            self.compatible
        );
        for (rule, (any, only)) in &self.rules {
            println!("{any:6} {only:6}  {}", rule.name());
        }
        println!(
            "\n{} data, of which {} are refused. What the oracles say of them, as they are and repaired:\n",
            self.data, self.refused
        );
        for ((oracle, verdict), (as_it_is, repaired)) in &self.verdicts {
            println!("{as_it_is:6} {repaired:6}  {oracle}: {verdict}");
        }
        println!("\nThe data for which they are repaired:\n");
        for ((oracle, repair), count) in &self.repairs {
            println!("{count:6}  {oracle}: {repair}");
        }
        for failure in self.failures.iter().take(10) {
            println!("\n{}", failure.chars().take(3_000).collect::<String>());
        }
    }

    fn check_repairs(&self) {
        for (oracle, repair) in self.repairs.keys() {
            let is_known = |known: &Departure| known.oracle == oracle && known.repair == repair;
            assert!(DEPARTURES.iter().any(is_known), "{oracle} is repaired for {repair} without a reason");
        }
    }

    fn check_shares(&self, number: usize) {
        assert!((30..=70).contains(&(self.compatible * 100 / number)), "{} are compatible", self.compatible);
        for rule in Rule::ALL {
            let only = self.rules.get(&rule).map_or(0, |(_, only)| *only);
            assert!(only >= LEAST, "{} decided {only} times", rule.name());
        }
        for shape in Pair::SHAPES {
            let count = self.shapes.get(shape).copied().unwrap_or_default();
            assert!(count >= number / 20, "{count} are {shape}");
        }
        let rare = self.evolutions.below(LEAST);
        assert!(rare.is_empty(), "less than {LEAST} pairs had each of {rare:?}");
    }
}

fn text(json: &Json) -> &str {
    json.as_str().unwrap_or_else(|| panic!("{json} is no text"))
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
