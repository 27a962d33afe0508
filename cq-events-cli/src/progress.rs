//! A line on a terminal that says how far something is.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::histogram::bar;
use crate::text::thousands;

/// How often it is drawn.
const EVERY: Duration = Duration::from_millis(100);
const WIDTH: usize = 30;

/// How far something is; nothing, where nobody looks at a terminal.
pub struct Progress<'w> {
    out: Option<&'w mut dyn Write>,
    total: u64,
    begin: Instant,
    drawn: Option<Instant>,
}

impl std::fmt::Debug for Progress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Progress").field("total", &self.total).finish_non_exhaustive()
    }
}

impl<'w> Progress<'w> {
    /// Towards `total`.
    pub fn new(out: Option<&'w mut dyn Write>, total: u64) -> Self {
        Self { out, total, begin: Instant::now(), drawn: None }
    }

    /// So many are done. That it cannot be drawn is no reason to stop.
    pub fn at(&mut self, done: u64) {
        let Some(out) = &mut self.out else { return };
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < EVERY) {
            return;
        }
        self.drawn = Some(Instant::now());
        let bar = bar(done.min(self.total), self.total, WIDTH);
        let rate = done as f64 / self.begin.elapsed().as_secs_f64().max(0.001);
        let (done, total, rate) = (thousands(done), thousands(self.total), thousands(rate as u64));
        _ = write!(out, "\r\x1b[K{bar:<WIDTH$} {done} of {total}, {rate}/s");
        _ = out.flush();
    }
}

/// The line goes away when it is over.
impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let (Some(out), Some(_)) = (&mut self.out, self.drawn) {
            _ = write!(out, "\r\x1b[K");
            _ = out.flush();
        }
    }
}
