//! The table, and the verdict on the floors.

use std::process::ExitCode;

use serde_json::json;

use crate::measure::{Costs, Step};
use crate::rows::Row;

/// The floors of the codec's design: of what serde's derives add to a `cargo check`, so much may these add at most.
const FLOORS: [(Row, f64, &str); 2] = [
    (Row::Codec, 0.1, "the owned codec alone, 1/10 of serde's derives"),
    (Row::Builders, 0.5, "with borrowed views and builders, 1/2 of serde's derives"),
];

/// Below this many event types the difference is lost in the noise of starting cargo.
const JUDGED_FROM: usize = 100;

pub struct Report {
    is_json: bool,
    has_failed: bool,
}

impl Report {
    pub fn new(is_json: bool, plan: &[(usize, usize)]) -> Self {
        if !is_json {
            println!("{HEAD}");
            let rounds = plan.iter().map(|(events, rounds)| format!("{rounds} with {events}"));
            println!("Rounds: {}.", rounds.collect::<Vec<_>>().join(", "));
        }
        Self { is_json, has_failed: false }
    }

    /// The rows for one number of event types.
    pub fn size(&mut self, events: usize, rows: &[Row], costs: &[Costs]) {
        let measured: Vec<(Row, &Costs)> = rows.iter().copied().zip(costs).collect();
        if self.is_json {
            measured.iter().for_each(|(row, costs)| print_json(events, *row, costs));
        } else {
            print_table(events, &measured);
        }
        if events >= JUDGED_FROM {
            FLOORS.iter().for_each(|floor| self.judge(events, &measured, *floor));
        }
    }

    /// Fails if a floor did not hold.
    pub fn end(&self) -> ExitCode {
        if self.has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    fn judge(&mut self, events: usize, measured: &[(Row, &Costs)], (row, limit, what): (Row, f64, &str)) {
        let check = |row: Row| {
            let (_, costs) = measured.iter().find(|(other, _)| *other == row)?;
            Some(costs.median(Step::CleanCheck))
        };
        // The floor is about all rows up to this one: one that is missing would flatter it.
        let are_complete =
            Row::ALL.iter().take_while(|other| **other <= row).all(|row| check(*row).is_some());
        let (Some(plain), Some(serde), Some(cost), true) =
            (check(Row::Plain), check(Row::SerdeDerives), check(row), are_complete)
        else {
            return self.say_verdict(events, what, limit, None);
        };
        self.say_verdict(events, what, limit, Some((cost - plain) / (serde - plain)));
    }

    fn say_verdict(&mut self, events: usize, what: &str, limit: f64, ratio: Option<f64>) {
        let verdict = match ratio {
            None => "OPEN",
            Some(ratio) if ratio <= limit => "PASS",
            Some(_) => "FAIL",
        };
        self.has_failed |= verdict == "FAIL";
        if self.is_json {
            println!(
                "{}",
                json!({"events": events, "floor": what, "limit": limit, "ratio": ratio, "verdict": verdict})
            );
        } else {
            let ratio = ratio.map_or("not generated yet".to_owned(), |ratio| format!("{ratio:.3}"));
            println!("{verdict}  {what}, at most {limit}: {ratio}");
        }
    }
}

const HEAD: &str = "\
Build cost of generated code, in CPU seconds (user and system) of cargo and rustc for the package alone, dependencies
built beforehand; medians of rounds over all rows. Repeat: cargo bench --bench codegen [-- --quick] [-- --json]

All rows are parts of one generated file: events of about 10 fields, 10 to a stream. In brackets what a row adds to the
plain types, per event type, in milliseconds.
  check   `cargo check` from scratch              build    `cargo build` (debug) from scratch
  schema  `cargo check` after a new line in a schema, with the build script that generates all of the code
  handler `cargo check` after an edit of a function in the same crate";

fn print_table(events: usize, measured: &[(Row, &Costs)]) {
    println!("\n{events} event types{:>20}{:>18}{:>18}{:>18}", "check", "build", "schema", "handler");
    let plain = measured.iter().find(|(row, _)| *row == Row::Plain).map(|(_, costs)| *costs);
    for (row, costs) in measured {
        let cells = Step::ALL.map(|step| {
            let seconds = costs.median(step);
            let added = plain.filter(|_| *row != Row::Plain).map(|plain| seconds - plain.median(step));
            cell(seconds, added.map(|added| 1000.0 * added / count(events)))
        });
        println!("{:<30}{}", row.title(), cells.concat());
    }
}

fn cell(seconds: f64, added_ms: Option<f64>) -> String {
    let added = added_ms.map_or(String::new(), |added| format!("({added:.2})"));
    format!("{seconds:>7.2} {added:<10}")
}

fn print_json(events: usize, row: Row, costs: &Costs) {
    let seconds: serde_json::Map<_, _> =
        Step::ALL.iter().map(|step| (step.name().to_owned(), json!(costs.median(*step)))).collect();
    println!("{}", json!({"events": events, "row": row.name(), "cpu_seconds": seconds}));
}

/// Event types are few: the number is exact.
fn count(events: usize) -> f64 {
    u32::try_from(events).map_or(f64::INFINITY, f64::from)
}
