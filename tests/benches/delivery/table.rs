//! Tables of runs: in rounds over all rows, so that a slow minute hits each of them; medians; the verdict on the aims.

use serde_json::json;

use crate::lab::Lab;
use crate::measure::{Figures, Spread};
use crate::report::{Limit, Report};

/// Makes the run of a round, numbered from 0.
type Run<'a> = dyn Fn(&Lab, usize) -> Figures + 'a;

/// A row, and how one of its runs is made.
pub struct Row<'a> {
    name: String,
    run: Box<Run<'a>>,
    /// The row that it is held against, which comes before it.
    reference: Option<usize>,
    aim: Option<Aim>,
}

impl<'a> Row<'a> {
    pub fn new(name: impl Into<String>, run: impl Fn(&Lab, usize) -> Figures + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run), reference: None, aim: None }
    }

    /// Held against the row of this number, from 0.
    pub fn against(self, reference: usize) -> Self {
        Self { reference: Some(reference), ..self }
    }

    /// With a verdict.
    pub fn judged_by(self, aim: Aim) -> Self {
        Self { aim: Some(aim), ..self }
    }
}

/// What a row should reach.
#[derive(Clone, Copy)]
pub struct Aim {
    /// Of the reference's messages per second, at least.
    pub ratio: f64,
    /// Nanoseconds of CPU per message, at most.
    pub cpu_ns: f64,
}

/// Measures all rows in rounds, and reports them.
pub fn measure(lab: &Lab, report: &Report, title: &str, rows: &[Row<'_>], rounds: usize) {
    let columns = ["messages/s", "least..most", "CPU ns", "least..most", "of reference", "least..most"];
    report.table(title, &columns);
    let mut runs: Vec<Vec<Figures>> = rows.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for (row, runs) in rows.iter().zip(&mut runs) {
            runs.push((row.run)(lab, round));
        }
        eprintln!("{title}: round {} of {rounds} is done", round + 1);
    }
    for (row, figures) in rows.iter().zip(&runs) {
        let reference = row.reference.and_then(|index| runs.get(index));
        row.report(report, title, figures, reference.map(Vec::as_slice));
    }
}

impl Row<'_> {
    fn report(&self, report: &Report, title: &str, figures: &[Figures], reference: Option<&[Figures]>) {
        let speed = Spread::of(figures.iter().map(Figures::per_second));
        let cpu = Spread::of(figures.iter().map(Figures::cpu_ns));
        // Round by round: what a slow minute did to the one, it did to the other.
        let ratios = reference.map(|reference| {
            figures.iter().zip(reference).map(|(ours, theirs)| ours.per_second() / theirs.per_second())
        });
        let ratio = ratios.map(Spread::of);
        let mut cells = vec![thousands(speed.median), between(speed, thousands)];
        cells.extend([thousands(cpu.median), between(cpu, thousands)]);
        if let Some(ratio) = ratio {
            cells.extend([hundredths(ratio.median), between(ratio, hundredths)]);
        }
        let json = json!({
            "table": title,
            "row": self.name,
            "messages_per_second": speed,
            "cpu_ns_per_message": cpu,
            "of_reference": ratio,
        });
        report.row(&self.name, &cells, json);
        if let (Some(aim), Some(ratio)) = (self.aim, ratio) {
            let row = format!("{title}, {}", self.name);
            report.aim(&row, "of the reference", Limit::AtLeast(aim.ratio), ratio.median);
            report.aim(&row, "CPU ns per message", Limit::AtMost(aim.cpu_ns), cpu.median);
        }
    }
}

fn between(spread: Spread, shown: impl Fn(f64) -> String) -> String {
    format!("{}..{}", shown(spread.least), shown(spread.most))
}

pub fn hundredths(value: f64) -> String {
    format!("{value:.2}")
}

/// Rounded, with commas: 1,234,567.
pub fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut shown = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}
