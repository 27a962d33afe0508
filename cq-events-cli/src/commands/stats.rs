//! `dlq stats`: dead letters by error, by event and by time.

use serde::Serialize;

use super::each;
use crate::error::Error;
use crate::filter::Filter;
use crate::histogram::{Errors, Times, bar};
use crate::json;
use crate::read::Reader;
use crate::schemas::Library;
use crate::screen::{Screen, Style, columns, cut};
use crate::text::{escape, thousands};

/// How many lines are shown to people of each.
const SHOWN: usize = 25;
/// How wide bars are where nobody says how wide the output is.
const WIDTH: usize = 100;
const WIDEST_BAR: usize = 40;

#[derive(Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
enum Count<'a> {
    Error { kind: &'a str, exception: &'a str, message: &'a str, count: u64 },
    Event { event: &'a str, count: u64 },
    Time { from: String, seconds: i64, count: u64 },
}

/// Counts the letters of a topic.
///
/// # Errors
/// When Kafka does not answer, there is no such topic, or the output cannot be written.
pub fn stats(
    reader: &Reader,
    topic: &str,
    (filter, limit): (&Filter, Option<u64>),
    library: &mut Library,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let (mut errors, mut times) = (Errors::default(), Times::default());
    let counted = each(reader, topic, (filter, limit), library, |letter, event| {
        errors.add(letter, event);
        letter.failed_at().into_iter().for_each(|at| times.add(at));
        Ok(())
    })?;
    if counted == 0 {
        return screen.say(&format!("{topic} has no such dead letter"));
    }
    if !screen.json {
        screen.line(&format!("{} dead letters in {topic}", thousands(counted)))?;
    }
    by_error(&errors, screen)?;
    by_event(&errors, screen)?;
    by_time(&times, screen)
}

/// The errors of letters, the most frequent first.
pub(super) fn by_error(errors: &Errors, screen: &mut Screen<'_>) -> Result<(), Error> {
    let errors = errors.errors();
    if screen.json {
        return errors.iter().try_for_each(|(key, count)| {
            let (kind, exception, message) = (&key.kind, &key.exception, &key.message);
            json::line(&Count::Error { kind, exception, message, count: *count }, screen)
        });
    }
    let rows = errors.iter().map(|(key, count)| {
        let short = key.exception.rsplit("::").next().unwrap_or(&key.exception);
        (escape(&format!("{}  {short}: {}", key.kind, key.message)), *count)
    });
    chart("By error (# stands for numbers)", rows.collect(), screen)
}

fn by_event(errors: &Errors, screen: &mut Screen<'_>) -> Result<(), Error> {
    let events = errors.events();
    if screen.json {
        let mut write =
            |(event, count): &(&String, u64)| json::line(&Count::Event { event, count: *count }, screen);
        return events.iter().try_for_each(&mut write);
    }
    chart("By event", events.iter().map(|(event, count)| (escape(event), *count)).collect(), screen)
}

fn by_time(times: &Times, screen: &mut Screen<'_>) -> Result<(), Error> {
    let (seconds, buckets) = times.buckets();
    if screen.json {
        let mut write = |(from, count): &(jiff::Timestamp, u64)| {
            json::line(&Count::Time { from: from.to_string(), seconds, count: *count }, screen)
        };
        return buckets.iter().try_for_each(&mut write);
    }
    let title = format!("By time ({} each)", length(seconds));
    chart(&title, buckets.iter().map(|(from, count)| (from.to_string(), *count)).collect(), screen)
}

fn length(seconds: i64) -> String {
    let of = |count: i64, unit: &str| format!("{count} {unit}");
    match seconds {
        ..3_600 => of(seconds / 60, "min"),
        3_600..86_400 => of(seconds / 3_600, "h"),
        _ => of(seconds / 86_400, if seconds < 172_800 { "day" } else { "days" }),
    }
}

/// A line each: the count, a bar, and what is counted.
fn chart(title: &str, rows: Vec<(String, u64)>, screen: &mut Screen<'_>) -> Result<(), Error> {
    let title = screen.paint(Style::Bold, title);
    screen.line("")?;
    screen.line(&title)?;
    let most = rows.iter().map(|(_, count)| *count).max().unwrap_or_default();
    let digits = columns(&thousands(most));
    let bars = (screen.width.unwrap_or(WIDTH) / 4).clamp(4, WIDEST_BAR);
    let (shown, rest) = rows.split_at_checked(SHOWN).unwrap_or((&rows, &[]));
    for (name, count) in shown {
        let count_text = format!("{:>digits$}", thousands(*count));
        let bar = bar(*count, most, bars);
        let padding = " ".repeat(bars.saturating_sub(columns(&bar)));
        let room = screen.width.map(|width| width.saturating_sub(digits + bars + 6).max(10));
        let name = room.map_or_else(|| name.clone(), |room| cut(name, room));
        let bar = screen.paint(Style::Cyan, &bar);
        screen.line(format!("  {count_text}  {bar}{padding}  {name}").trim_end())?;
    }
    if rest.is_empty() {
        return Ok(());
    }
    let others = thousands(rest.iter().map(|(_, count)| *count).sum());
    screen.line(&format!(
        "  {others:>digits$}  in {} others (--json has them all)",
        thousands(rest.len() as u64)
    ))
}
