//! What is printed: tables for people, or a line of JSON per row; and the verdicts on the floors.

use std::process::ExitCode;

use serde_json::json;

use crate::measure::Figures;

/// What a row has to be, measured against another.
pub struct Floor {
    pub row: &'static str,
    pub what: &'static str,
    pub limit: Limit,
}

/// Ratios of the medians' rounds, or allocations.
#[derive(Clone, Copy)]
pub enum Limit {
    /// This many times as fast as that row, at least.
    Faster(&'static str, f64),
    /// This many times as long as that row, at most.
    Longer(&'static str, f64),
    /// No allocation at all.
    NoAllocations,
}

pub struct Report {
    is_json: bool,
    verdicts: Vec<String>,
    has_failed: bool,
}

impl Report {
    pub fn new(is_json: bool, about: &str) -> Self {
        if is_json {
            println!("{}", json!({"about": about}));
        } else {
            println!("{HEAD}\n{about}");
        }
        Self { is_json, verdicts: Vec::new(), has_failed: false }
    }

    /// A table, whose rows are compared with its row `base`.
    pub fn table(&self, title: &str, base: &str, rows: &[Figures]) {
        if self.is_json {
            rows.iter().for_each(|row| println!("{}", json_line(title, row)));
            return;
        }
        println!("\n{title:<NAMES$}{:>10}{:>18}{:>14}{:>8}", "ns", "10 %..90 %", "allocations", "of 1st");
        let base = find(rows, base);
        for row in rows {
            let (ns, ratio) = (row.spread(), row.of(base).median);
            let range = format!("{:.1}..{:.1}", ns.low, ns.high);
            println!(
                "{:<NAMES$}{:>10.1}{range:>18}{:>14.2}{ratio:>8.2}",
                row.name, ns.median, row.allocations
            );
        }
    }

    pub fn judge(&mut self, title: &str, rows: &[Figures], floors: &[Floor]) {
        for floor in floors {
            self.verdict(title, rows, floor);
        }
    }

    fn verdict(&mut self, title: &str, rows: &[Figures], floor: &Floor) {
        let row = find(rows, floor.row);
        let (found, limit, is_reached, words) = match floor.limit {
            Limit::Faster(other, limit) => {
                let found = find(rows, other).of(row).median;
                (found, limit, found >= limit, "at least")
            }
            Limit::Longer(other, limit) => {
                let found = row.of(find(rows, other)).median;
                (found, limit, found <= limit, "at most")
            }
            Limit::NoAllocations => (row.allocations, 0.0, row.allocations == 0.0, "at most"),
        };
        self.has_failed |= !is_reached;
        let verdict = if is_reached { "REACHED" } else { "MISSED" };
        let what = format!("{title}: {} {}", floor.row, floor.what);
        if self.is_json {
            let line = json!({"floor": what, "found": found, "limit": limit, "verdict": verdict});
            println!("{line}");
        } else {
            let by = if limit == 0.0 {
                String::new()
            } else {
                format!(" ({:+.0} %)", 100.0 * (found / limit - 1.0))
            };
            self.verdicts.push(format!("{verdict:<8} {what} {found:.2}, {words} {limit}{by}"));
        }
    }

    /// The verdicts: a failure if a floor was missed.
    pub fn end(&self) -> ExitCode {
        if !self.is_json {
            println!("\nFloors");
            self.verdicts.iter().for_each(|verdict| println!("{verdict}"));
        }
        if self.has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

fn find<'a>(rows: &'a [Figures], name: &str) -> &'a Figures {
    rows.iter().find(|row| row.name == name).expect("a row of the table")
}

fn json_line(table: &str, row: &Figures) -> serde_json::Value {
    let ns = row.spread();
    json!({
        "table": table,
        "row": row.name,
        "ns": ns.median,
        "ns_low": ns.low,
        "ns_high": ns.high,
        "allocations": row.allocations,
        "rounds": row.rounds.len(),
    })
}

const NAMES: usize = 46;

const HEAD: &str = "\
The codec beside others, in one process: nanoseconds and allocations per event. Rows of a table take turns in short
rounds: medians, and what a tenth of the rounds is below and above. Ratios are taken round by round. All contestants
write the same bytes and read the same values, which is checked before; the others get UUIDs and decimals without
detours, and timestamps as numbers. Repeat: cargo bench --bench codec [-- --quick] [-- --json]";
