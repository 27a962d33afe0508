//! `dlq list`: which topics there are, and which letters are in one.

use cq_events::dead_letter::topic_name;
use serde::Serialize;

use super::each;
use crate::error::{Error, first_failure};
use crate::filter::Filter;
use crate::json::{self, LetterJson};
use crate::letter::{Letter, Origin};
use crate::read::{Reader, SUFFIX, Span};
use crate::schemas::Library;
use crate::screen::{Screen, Style};
use crate::table::{Column, Table, left, right};
use crate::text::{escape, thousands};

#[derive(Serialize)]
struct TopicJson<'a> {
    topic: &'a str,
    partitions: i32,
    offsets: u64,
}

const TOPICS: [Column; 3] = [right("LETTERS"), right("PARTITIONS"), left("TOPIC", Style::Cyan)];

/// Lists the topics of dead letters.
///
/// # Errors
/// When Kafka does not answer, or the output cannot be written.
pub fn topics(reader: &Reader, screen: &mut Screen<'_>) -> Result<(), Error> {
    let mut table = Table::new(&TOPICS);
    let mut topics = reader.topics()?;
    topics.retain(|(topic, _)| topic.ends_with(SUFFIX));
    if topics.is_empty() {
        return screen.say(&format!("no topic ends in {SUFFIX}: there are no dead letters"));
    }
    let shown = topics.into_iter().try_for_each(|(topic, partitions)| {
        let offsets = reader.spans(&topic)?.iter().map(Span::len).sum();
        if screen.json {
            json::line(&TopicJson { topic: &topic, partitions, offsets }, screen)
        } else {
            table.row(vec![thousands(offsets), partitions.to_string(), topic], screen)
        }
    });
    first_failure([shown, table.end(screen)])
}

const LETTERS: [Column; 9] = [
    right("PART"),
    right("OFFSET"),
    left("FAILED AT", Style::Dim),
    left("KIND", Style::Red),
    left("EVENT", Style::Cyan),
    right("RUNS"),
    right("REPLAYS"),
    left("FIRST PLACE", Style::Plain),
    left("MESSAGE", Style::Plain),
];

/// Lists the letters of a topic.
///
/// # Errors
/// When Kafka does not answer, there is no such topic, or the output cannot be written.
pub fn letters(
    reader: &Reader,
    topic: &str,
    (filter, limit): (&Filter, Option<u64>),
    library: &mut Library,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let mut table = Table::new(&LETTERS);
    let shown = each(reader, topic, (filter, limit), library, |letter, event| {
        if screen.json {
            json::line(&LetterJson::of(topic, letter, event), screen)
        } else {
            table.row(row(topic, letter, event), screen)
        }
    });
    let nothing = match shown {
        Ok(0) => screen.say(&format!("{topic} has no such dead letter")),
        _ => Ok(()),
    };
    // What was found before a failure is told.
    first_failure([shown.map(drop), table.end(screen), nothing])
}

fn row(topic: &str, letter: &Letter, event: Option<&str>) -> Vec<String> {
    let unknown = || "-".to_owned();
    let failed_at = letter.failed_at().map_or_else(unknown, |at| format!("{at:.0}"));
    let event = event.map_or_else(unknown, |event| escape(event.rsplit('.').next().unwrap_or(event)));
    let (partition, offset) = (letter.partition.to_string(), letter.offset.to_string());
    let [kind, runs, replays, first, message] = match &letter.origin {
        Origin::Ours(ours) => {
            let first = format!("{}@{}", ours.first.partition, ours.first.offset);
            // The topic is said where the name of the dead letters does not.
            let is_said = topic_name(&ours.first.topic, &ours.group).is_ok_and(|name| name == topic);
            let first = if is_said { first } else { format!("{}/{first}", ours.first.topic) };
            let message = if ours.message.is_empty() { &ours.exception } else { &ours.message };
            [
                ours.kind.name().to_owned(),
                ours.attempts.to_string(),
                ours.replays.to_string(),
                escape(&first),
                escape(message),
            ]
        }
        Origin::Other(framework) => {
            [unknown(), unknown(), unknown(), unknown(), format!("(a dead letter of {framework})")]
        }
    };
    vec![partition, offset, failed_at, kind, event, runs, replays, first, message]
}
