//! Wall clock and CPU time of this process between two moments, and the statistics over them.

use std::fs;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// A moment, and the CPU time that this process had used by then.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: Instant,
    cpu: Duration,
}

/// What a run of many messages took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Figures {
    pub messages: u64,
    pub seconds: f64,
    pub cpu_seconds: f64,
}

impl Mark {
    pub fn now() -> Self {
        Self { at: Instant::now(), cpu: cpu() }
    }

    /// What so many messages took from here on to `end`.
    pub fn until(self, end: Self, messages: u64) -> Figures {
        let seconds = end.at.duration_since(self.at).as_secs_f64();
        let cpu_seconds = end.cpu.saturating_sub(self.cpu).as_secs_f64();
        Figures { messages, seconds, cpu_seconds }
    }
}

/// The CPU time of all threads that live: those that measure here start none that ends in between.
fn cpu() -> Duration {
    let threads = fs::read_dir("/proc/self/task").expect("Linux's /proc");
    let nanoseconds = threads.map(|thread| {
        let path = thread.expect("a thread").path().join("schedstat");
        // One that ends at this very moment has no file any more.
        let line = fs::read_to_string(path).unwrap_or_default();
        line.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or_default()
    });
    Duration::from_nanos(nanoseconds.sum())
}

impl Figures {
    pub fn per_second(&self) -> f64 {
        count(self.messages) / self.seconds
    }

    pub fn cpu_ns(&self) -> f64 {
        1e9 * self.cpu_seconds / count(self.messages)
    }
}

/// Numbers of messages are far below 2^52: exact.
#[allow(clippy::cast_precision_loss, reason = "see above")]
pub fn count(messages: u64) -> f64 {
    messages as f64
}

/// The middle of some values, with the smallest and the greatest.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

impl Spread {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| *values.get(index).expect("a value at least");
        let (lower, upper) = (at((values.len() - 1) / 2), at(values.len() / 2));
        Self { median: lower.midpoint(upper), least: at(0), most: at(values.len() - 1) }
    }
}

/// Exact percentiles of samples.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Percentiles {
    pub samples: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
}

impl Percentiles {
    pub fn of(mut samples: Vec<Duration>) -> Self {
        samples.sort();
        // The smallest sample that so many of a thousand do not exceed.
        let at = |per_mille: usize| {
            let rank = (samples.len() * per_mille).div_ceil(1_000).max(1);
            1e3 * samples.get(rank - 1).expect("a sample at least").as_secs_f64()
        };
        Self { samples: samples.len(), p50_ms: at(500), p99_ms: at(990), p999_ms: at(999) }
    }
}
