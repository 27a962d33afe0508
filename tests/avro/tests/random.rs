//! Random schemas and values, all the way: files, generated crates, compiled and run, against three other
//! implementations.
//!
//! `CQ_SEED` and `CQ_RANDOM` choose others than those of the suite.
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

use cq_events_avro_tests::answer::hex;
use cq_events_avro_tests::cases::{self, Case};
use cq_events_avro_tests::crates::{Crates, has_forms, refusal};
use cq_events_avro_tests::item::Counts;
use cq_events_avro_tests::python::{Python, Question};
use cq_events_avro_tests::rng::Rng;
use cq_events_avro_tests::schema::{Schema, items_of_value};
use serde_json::Value as Json;

const SCHEMAS: u64 = 2_000;
const SCHEMAS_PER_CRATE: usize = 100;
const VALUES: usize = 5;
/// How many schemas must have each item of the checklist, of the suite's number.
const LEAST: usize = 50;

#[test]
fn random_schemas_and_values_agree_with_three_other_implementations() {
    let seed = setting("CQ_SEED", 1);
    let number = setting("CQ_RANDOM", SCHEMAS);
    let schemas: Vec<Schema> = (0..number as usize).map(|number| Schema::random(seed, number)).collect();
    let chunks: Vec<&[Schema]> = schemas.chunks(SCHEMAS_PER_CRATE).collect();
    let mut failures = Failures::default();
    for schema in &schemas {
        refusal(schema).into_iter().for_each(|report| failures.add(report, &schema.name));
    }
    failures.end();
    let crates = Crates::write("avro-random", &chunks);
    let building = crates.build();

    let mut counts = Counts::default();
    let judged = judge(seed, &schemas, &mut counts, &mut failures);
    println!("How many of {number} schemas (seed {seed}) had each item of the checklist:\n\n{counts}");
    if number >= SCHEMAS {
        let rare = counts.below(LEAST);
        assert!(rare.is_empty(), "less than {LEAST} schemas had each of {rare:?}");
    }

    if let Err(words) = building.wait() {
        failures.end();
        panic!("the generated crates do not compile:\n{words}");
    }
    let mut python = Python::start();
    let mut values = 0;
    for (number, (schemas, judged)) in chunks.iter().zip(judged.chunks(SCHEMAS_PER_CRATE)).enumerate() {
        let tasks: Vec<(&Schema, Task<'_>)> = schemas
            .iter()
            .zip(judged)
            .flat_map(|(schema, judged)| judged.tasks().map(move |task| (schema, task)))
            .collect();
        let questions: Vec<String> =
            tasks.iter().map(|(schema, task)| format!("{} {}", schema.name, task.question())).collect();
        let answers = crates.ask(number, &questions);
        assert_eq!(answers.len(), questions.len());
        for (((schema, task), question), answer) in tasks.iter().zip(&questions).zip(&answers) {
            values += usize::from(matches!(task, Task::Read(..) | Task::Default(_)));
            if let Err(words) = task.check(schema, answer, has_forms(number), &mut python) {
                failures.add(format!("{question}\n  {words}"), &schema.name);
            }
        }
    }
    failures.end();
    let with_forms: usize = chunks
        .iter()
        .enumerate()
        .filter(|(number, _)| has_forms(*number))
        .map(|(_, schemas)| schemas.len())
        .sum();
    println!("{values} values of {number} schemas, {with_forms} of them with JSON forms");
}

/// Something that the generated types have to do.
enum Task<'a> {
    /// Read this datum to the value of the case, and write it again with its maps in order.
    Read(&'a Case, &'a [u8]),
    /// Refuse each beginning of the case's datum, and more than it.
    Cut(&'a Case),
    /// Survive whatever chance makes of the case's datum.
    Spoil(&'a Case),
    /// Write the event of defaults.
    Default(&'a Case),
    /// Tell the assembled schema.
    Schema,
}

impl Task<'_> {
    fn question(&self) -> String {
        match self {
            Self::Read(_, datum) => format!("read {}", hex(datum)),
            Self::Cut(case) => format!("cut {}", hex(&case.datum)),
            Self::Spoil(case) => format!("spoil {}", hex(&case.datum)),
            Self::Default(_) => "default".to_owned(),
            Self::Schema => "schema".to_owned(),
        }
    }

    fn check(
        &self,
        schema: &Schema,
        answer: &Json,
        has_forms: bool,
        python: &mut Python,
    ) -> Result<(), String> {
        let is_right = match self {
            Self::Read(case, _) | Self::Default(case) => {
                answer["hex"] == hex(&case.datum)
                    && (!has_forms || cases::same(&answer["json"], &case.form))
                    && answer.get("read from JSON").is_none()
            }
            Self::Cut(_) => answer["read"] == Json::Array(Vec::new()),
            Self::Spoil(_) => answer["changed"] == Json::Array(Vec::new()),
            Self::Schema => {
                let text = answer["schema"].as_str().ok_or("there is no schema")?;
                let other = serde_json::from_str(text).map_err(|error| error.to_string())?;
                let question =
                    Question { schema: schema.assembled(), other: Some(other), ..Question::default() };
                python.ask(&question)["same"] == true
            }
        };
        let wanted = match self {
            Self::Read(case, _) | Self::Default(case) => format!("{}\n  {}", hex(&case.datum), case.form),
            Self::Cut(_) => "no answer".to_owned(),
            Self::Spoil(_) => "no change".to_owned(),
            Self::Schema => schema.assembled().to_string(),
        };
        if is_right { Ok(()) } else { Err(format!("became {answer}\n  instead of {wanted}")) }
    }
}

/// What the oracles say of a schema's values.
struct Judged {
    cases: Vec<Case>,
    /// The event of defaults.
    default: Option<Case>,
}

impl Judged {
    fn tasks(&self) -> impl Iterator<Item = Task<'_>> {
        // Maps in order, and as apache-avro happens to write them.
        let read = |case| [Task::Read(case, &case.datum), Task::Read(case, &case.unordered)];
        let cases = self.cases.iter().flat_map(read);
        cases
            .chain(self.cases.first().map(Task::Cut))
            .chain(self.cases.first().map(Task::Spoil))
            .chain(self.default.as_ref().map(Task::Default))
            .chain([Task::Schema])
    }
}

fn judge(seed: u64, schemas: &[Schema], counts: &mut Counts, failures: &mut Failures) -> Vec<Judged> {
    let mut python = Python::start();
    let mut avros = BTreeMap::new();
    let judge_one = |(number, schema): (usize, &Schema)| {
        let mut rng = Rng::new(!seed, number as u64);
        let mut forms: Vec<Json> = (0..VALUES).map(|_| schema.event(&mut rng)).collect();
        forms.extend(schema.default_event());
        let mut items = schema.items();
        forms.iter().for_each(|form| items_of_value(form, &mut items));
        counts.add(items);
        let (mut cases, disagreements) = cases::judge(&schema.assembled(), &forms, &mut python);
        disagreements.into_iter().for_each(|text| failures.add(text, &schema.name));
        let default = schema.all_defaults.and_then(|event| {
            let default = cases.pop()?;
            let [fastavro, avro] = cases::defaults(&schema.assembled_of(event), &mut python);
            let agrees = |verdict: &Result<Json, String>| {
                verdict.as_ref().is_ok_and(|form| cases::same(form, &default.form))
            };
            if !agrees(&fastavro) {
                failures.add(format!("fastavro fills {} with {fastavro:?}", default.form), &schema.name);
            }
            let departs = schema.avro_departs(event);
            if departs.is_none() && !agrees(&avro) {
                failures.add(format!("avro fills {} with {avro:?}", default.form), &schema.name);
            }
            *avros.entry(departs.unwrap_or("agrees")).or_insert(0) += 1;
            Some(default)
        });
        Judged { cases, default }
    };
    let judged = schemas.iter().enumerate().map(judge_one).collect();
    println!(
        "\nThe events of defaults, which fastavro reads as the builders make them; of which PyPI's avro"
    );
    avros.iter().for_each(|(what, count)| println!("{count:6}  {what}"));
    println!();
    judged
}

/// Failures, the first of which are printed.
#[derive(Default)]
struct Failures(usize);

impl Failures {
    fn add(&mut self, text: String, schema: &str) {
        const SHOWN: usize = 10;
        self.0 += 1;
        if self.0 <= SHOWN {
            println!("{schema}: {}\n", text.chars().take(4_000).collect::<String>());
        }
    }

    fn end(&self) {
        assert!(self.0 == 0, "{} failures, the first of which are above", self.0);
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
