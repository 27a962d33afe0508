//! What is printed: tables for people, or a line of JSON per row.

use std::cell::RefCell;
use std::fs;
use std::thread::available_parallelism;

use serde_json::{Value, json};

/// Prints, and remembers the verdicts for the end.
pub struct Report {
    is_json: bool,
    verdicts: RefCell<Vec<String>>,
}

impl Report {
    /// Begins with what the figures are of.
    pub fn new(is_json: bool, about: &[(&str, String)]) -> Self {
        let machine = [("machine", machine()), ("librdkafka", rdkafka::util::get_rdkafka_version().1)];
        let about: Vec<(&str, String)> = machine.into_iter().chain(about.iter().cloned()).collect();
        if is_json {
            let fields: serde_json::Map<_, _> =
                about.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
            println!("{}", json!({"about": fields}));
        } else {
            println!("{HEAD}\n");
            about.iter().for_each(|(name, value)| println!("{name:<12}{value}"));
        }
        Self { is_json, verdicts: RefCell::default() }
    }

    /// The head of a table.
    pub fn table(&self, title: &str, columns: &[&str]) {
        if !self.is_json {
            println!("\n{}", line(title, columns));
        }
    }

    /// A row of a table.
    pub fn row(&self, name: &str, cells: &[String], json: Value) {
        if self.is_json {
            println!("{json}");
        } else {
            println!("{}", line(name, cells));
        }
    }

    /// Whether a row reached what it should, and by how much it did not.
    pub fn aim(&self, row: &str, what: &str, limit: Limit, found: f64) {
        let (limit, is_reached, words) = match limit {
            Limit::AtLeast(limit) => (limit, found >= limit, "at least"),
            Limit::AtMost(limit) => (limit, found <= limit, "at most"),
        };
        let verdict = if is_reached { "REACHED" } else { "MISSED" };
        if self.is_json {
            let aim = format!("{what}, {words} {limit}");
            println!("{}", json!({"row": row, "aim": aim, "found": found, "verdict": verdict}));
        } else {
            let by = 100.0 * (found - limit) / limit;
            let verdict = format!("{verdict:<8} {row}: {what} {found:.2}, {words} {limit} ({by:+.0} %)");
            self.verdicts.borrow_mut().push(verdict);
        }
    }

    /// The verdicts.
    pub fn end(&self) {
        let verdicts = self.verdicts.borrow();
        if !verdicts.is_empty() {
            println!("\nAims");
            verdicts.iter().for_each(|verdict| println!("{verdict}"));
        }
    }
}

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

fn line(name: &str, cells: &[impl AsRef<str>]) -> String {
    let cells: String = cells.iter().map(|cell| format!("{:>CELL$}", cell.as_ref())).collect();
    format!("{name:<NAMES$}{cells}")
}

/// Widths of the columns.
const NAMES: usize = 44;
const CELL: usize = 22;

const HEAD: &str = "\
Typed events over a real Kafka that shares this machine: one broker, acks=all, idempotent, snappy, linger 5 ms, 6
partitions, unless a row says otherwise. The reference is a program over the raw calls of the same librdkafka, with the
same bytes, keys, headers and properties. Each run is a process of its own, and checks that every message arrived. Rows
take turns in rounds: medians, with the least and the most; CPU is that of the process, user and system, per message.";

fn machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("of an unknown kind", |(_, model)| model);
    // Figures of a busy machine give themselves away.
    let loads = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = loads.split(' ').next().unwrap_or_default();
    format!("{cores} cores, {model}, load average {load} before")
}
