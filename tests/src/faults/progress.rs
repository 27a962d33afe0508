//! The effects log, looked at while it grows.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::record::{Effect, Micros, Process};

/// What the log has so far.
#[derive(Debug)]
pub struct Progress {
    log: File,
    /// The begin of a line that is not written to its end.
    rest: Vec<u8>,
    distinct: HashSet<(i32, i64)>,
    effects: usize,
    last: HashMap<Process, Micros>,
}

impl Progress {
    /// Of a log, from its begin; the file is made where there is none.
    pub fn of(log: &Path) -> Self {
        File::options().append(true).create(true).open(log).expect("the effects log opens");
        let log = File::open(log).expect("the effects log opens");
        Self { log, rest: Vec::new(), distinct: HashSet::new(), effects: 0, last: HashMap::new() }
    }

    /// Reads what is new.
    pub fn look(&mut self) -> &mut Self {
        self.log.read_to_end(&mut self.rest).expect("the effects log can be read");
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        for line in lines.split(|byte| *byte == b'\n') {
            let effect = std::str::from_utf8(line).ok().and_then(|line| line.parse::<Effect>().ok());
            if let Some(effect) = effect {
                self.effects += 1;
                self.distinct.insert((effect.partition, effect.offset));
                self.last.insert(effect.process, effect.time);
            }
        }
        self
    }

    /// How many effects there are.
    pub fn effects(&self) -> usize {
        self.effects
    }

    /// Of how many events.
    pub fn events(&self) -> usize {
        self.distinct.len()
    }

    /// When a process logged its last effect.
    pub fn last_of(&self, process: Process) -> Option<Micros> {
        self.last.get(&process).copied()
    }

    /// When anybody did.
    pub fn last(&self) -> Option<Micros> {
        self.last.values().copied().max()
    }
}
