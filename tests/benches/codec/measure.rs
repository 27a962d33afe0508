//! Time per event, in rounds over all rows of a table, so that a slow moment hits each of them.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::allocator;

/// One thing that is measured: `work` does it once with each of `events` events.
pub struct Row<'a> {
    pub name: String,
    pub events: usize,
    pub work: Box<dyn FnMut() + 'a>,
}

impl<'a> Row<'a> {
    /// Does `work` with each of the `inputs`.
    pub fn each<T>(name: impl Into<String>, inputs: &'a [T], mut work: impl FnMut(&'a T) + 'a) -> Self {
        let work = Box::new(move || inputs.iter().for_each(&mut work));
        Self { name: name.into(), events: inputs.len(), work }
    }
}

/// How often, and how long.
#[derive(Clone, Copy)]
pub struct Plan {
    pub rounds: usize,
    /// How long a sample takes: long for the clock, and short for the scheduler.
    pub sample: Duration,
}

/// What a row took.
pub struct Figures {
    pub name: String,
    /// Nanoseconds per event, round by round.
    pub rounds: Vec<f64>,
    /// Allocations per event.
    pub allocations: f64,
}

impl Figures {
    pub fn spread(&self) -> Spread {
        Spread::of(self.rounds.iter().copied())
    }

    /// How many times as long as `other` it took: the ratios of the rounds, in which both had the same moment.
    pub fn of(&self, other: &Self) -> Spread {
        Spread::of(self.rounds.iter().zip(&other.rounds).map(|(this, other)| this / other))
    }
}

pub fn measure(mut rows: Vec<Row<'_>>, plan: Plan) -> Vec<Figures> {
    let passes: Vec<u32> = rows.iter_mut().map(|row| passes(row, plan.sample)).collect();
    let mut figures: Vec<Figures> = rows.iter_mut().map(begin).collect();
    for round in 0..plan.rounds {
        // There and back, since a row finds the caches as the one before leaves them.
        for index in 0..rows.len() {
            let index = if round.is_multiple_of(2) { index } else { rows.len() - 1 - index };
            let (row, passes) = (&mut rows[index], passes[index]);
            let time = time(row, passes).as_secs_f64();
            figures[index].rounds.push(1e9 * time / (f64::from(passes) * row.events as f64));
        }
    }
    figures
}

fn begin(row: &mut Row<'_>) -> Figures {
    let allocations = allocator::allocations(&mut row.work) as f64 / row.events as f64;
    Figures { name: row.name.clone(), rounds: Vec::new(), allocations }
}

fn time(row: &mut Row<'_>, passes: u32) -> Duration {
    let start = Instant::now();
    for _ in 0..passes {
        (row.work)();
    }
    start.elapsed()
}

/// How many passes take so long, once caches and predictors are warm.
fn passes(row: &mut Row<'_>, sample: Duration) -> u32 {
    let mut passes = 1;
    while time(row, passes) < sample {
        passes *= 2;
    }
    let fastest = (0..5).map(|_| time(row, passes)).min().unwrap_or(sample);
    (f64::from(passes) * sample.as_secs_f64() / fastest.as_secs_f64()).ceil() as u32
}

/// The middle of some values, with those that a tenth is below, and above.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let last = values.len() - 1;
        let median = values[last / 2].midpoint(values[values.len() / 2]);
        Self { median, low: values[last / 10], high: values[last - last / 10] }
    }
}
