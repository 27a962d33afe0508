//! What lies among the dead letters, and whether it is what it was.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use cq_events::dead_letter::{DeadLetter, original};
use cq_events::event::Header;

use super::record::{Dead, Micros};
use crate::raw::{self, Record};

/// Reads the dead letters of a topic, compares them with their messages, and writes them down.
pub async fn write_down(servers: &str, topic: &str, dead_letters: &str, file: &Path) {
    let records = raw::read(servers, dead_letters).await;
    let letters: Vec<(DeadLetter, Record)> = records
        .into_iter()
        .map(|record| (DeadLetter::of(&record.headers).expect("it has the headers of one"), record))
        .collect();
    let wanted: HashSet<(i32, i64)> =
        letters.iter().map(|(letter, _)| (letter.last.partition, letter.last.offset)).collect();
    let sources = raw::read_some(servers, topic, move |place| wanted.contains(&place)).await;
    let sources: HashMap<(i32, i64), Record> =
        sources.into_iter().map(|source| (source.place(), source)).collect();
    let lines: Vec<String> = letters
        .iter()
        .map(|(letter, record)| {
            let (partition, offset) = (letter.last.partition, letter.last.offset);
            let source = sources.get(&(partition, offset));
            let is_intact = source.is_some_and(|source| is_intact(topic, source, letter, record));
            let time = Micros::try_from(record.time).expect("a clock after 1970") * 1_000;
            let (kind, attempts) = (letter.kind, letter.attempts);
            Dead { partition, offset, kind, attempts, is_intact, time }.to_string()
        })
        .collect();
    std::fs::write(file, lines.join("\n")).expect("it is written");
}

/// The topics have the same partitions.
fn is_intact(topic: &str, source: &Record, letter: &DeadLetter, dead: &Record) -> bool {
    let kept: &[Header] = original(&dead.headers);
    (source.partition, &source.key, &source.value) == (dead.partition, &dead.key, &dead.value)
        && source.headers.as_slice() == kept
        && letter.last.topic == topic
        && letter.first == letter.last
        && letter.replays == 0
}
