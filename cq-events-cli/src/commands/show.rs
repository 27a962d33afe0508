//! `dlq show`: all there is to know of one dead letter.

mod document;

use std::ops::ControlFlow;

use cq_events::dead_letter::DeadLetter;
use document::document;

use crate::decode::{Decoded, HIDDEN, decode};
use crate::error::Error;
use crate::json;
use crate::letter::{Letter, Origin};
use crate::read::{Place, Reader, Span};
use crate::schemas::Library;
use crate::screen::{Screen, Style, columns, cut};
use crate::text::{escape, escape_bytes, thousands};

/// How many columns of a header a terminal shows; a pipe has them all.
const LONGEST: usize = 1_000;
/// How many bytes of a value a terminal shows.
const MOST_BYTES: usize = 1 << 10;
const LINE: usize = 16;

/// Shows the letter at a place.
///
/// # Errors
/// When Kafka does not answer, there is no such letter, or the output cannot be written.
pub fn show(
    reader: &Reader,
    place: Place,
    library: &mut Library,
    reveals: bool,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let letter = find(reader, &place)?;
    let decoded = letter.schema_and_datum().map(|value| decode(value, library, reveals));
    if screen.json {
        json::line(&document(&place, &letter, decoded.as_ref()), screen)
    } else {
        tell(&place, &letter, decoded.as_ref(), screen)
    }
}

fn find(reader: &Reader, place: &Place) -> Result<Letter, Error> {
    let Place { topic, partition, offset } = place;
    let spans = reader.spans(topic)?;
    let Some(span) = spans.iter().find(|span| span.partition == *partition) else {
        let last = i32::try_from(spans.len()).unwrap_or(i32::MAX) - 1;
        return Err(Error::NoPartition { topic: topic.clone(), partition: *partition, last });
    };
    let none = |reason: String| Error::NoMessage { place: place.clone(), reason };
    if span.is_empty() {
        return Err(none("the partition is empty".to_owned()));
    }
    if !(span.start..span.end).contains(offset) {
        return Err(none(format!("the partition has the offsets {} to {}", span.start, span.end - 1)));
    }
    let mut found = None;
    reader.read(topic, Span { start: *offset, ..*span }, |letter| {
        found = (letter.offset == *offset).then_some(letter);
        Ok(ControlFlow::Break(()))
    })?;
    found.ok_or_else(|| none("it was compacted away, or is of a transaction".to_owned()))
}

fn tell(
    place: &Place,
    letter: &Letter,
    decoded: Option<&Decoded>,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    heading(&place.to_string(), screen)?;
    match &letter.origin {
        Origin::Ours(ours) => fields(&of_ours(ours), screen)?,
        Origin::Other(framework) => screen.line(&format!(
            "  a dead letter of {framework}: what its headers say is shown as it is, and not relied on"
        ))?,
    }
    if let Some(at) = letter.timestamp {
        fields(&[("put here", at.to_string())], screen)?;
    }
    screen.line("")?;
    heading("Key", screen)?;
    let key = match (&letter.key, decoded) {
        (None, _) => "none".to_owned(),
        (Some(_), Some(decoded)) if decoded.hides_key => format!("{HIDDEN} (personal data: --reveal)"),
        (Some(key), _) => escape_bytes(key),
    };
    screen.line(&format!("  {key}"))?;
    headers(letter, screen)?;
    value(letter, decoded, screen)
}

fn of_ours(ours: &DeadLetter) -> [(&'static str, String); 9] {
    [
        ("kind", ours.kind.name().to_owned()),
        ("exception", escape(&ours.exception)),
        ("message", escape(&ours.message)),
        ("given up by", format!("group {}", escape(&ours.group))),
        ("given up at", ours.failed_at.to_string()),
        ("runs", ours.attempts.to_string()),
        ("replays", ours.replays.to_string()),
        ("failed first", escape(&ours.first.to_string())),
        ("failed last", escape(&ours.last.to_string())),
    ]
}

fn heading(text: &str, screen: &mut Screen<'_>) -> Result<(), Error> {
    let text = screen.paint(Style::Bold, &escape(text));
    screen.line(&text)
}

fn fields(fields: &[(&str, String)], screen: &mut Screen<'_>) -> Result<(), Error> {
    for (name, value) in fields {
        let name = screen.paint(Style::Cyan, &format!("{name:<13}"));
        screen.line(&format!("  {name} {value}"))?;
    }
    Ok(())
}

fn headers(letter: &Letter, screen: &mut Screen<'_>) -> Result<(), Error> {
    let Some(all) = &letter.headers else {
        screen.line("")?;
        heading("Headers", screen)?;
        return screen.line("  they cannot be shown: the name of one is not UTF-8");
    };
    let own = letter.original_headers();
    let added = all.as_slice().get(own.len()..).unwrap_or_default();
    for (title, headers) in [("Headers", own), ("Headers of the dead letter", added)] {
        if headers.is_empty() {
            continue;
        }
        screen.line("")?;
        heading(title, screen)?;
        for header in headers {
            let name = screen.paint(Style::Cyan, &escape(&header.key));
            let value = header
                .value
                .as_deref()
                .map_or_else(|| "null".to_owned(), |value| shown_header(value, screen));
            screen.line(&format!("  {name}: {value}"))?;
        }
    }
    Ok(())
}

/// A header's value: with the number that it may be, where other frameworks write numbers as bytes.
fn shown_header(value: &[u8], screen: &Screen<'_>) -> String {
    let text = escape_bytes(value);
    let is_text = str::from_utf8(value).is_ok_and(|text| !text.chars().any(char::is_control));
    let number = match value {
        _ if is_text => None,
        [a, b, c, d] => Some(i64::from(i32::from_be_bytes([*a, *b, *c, *d]))),
        [a, b, c, d, e, f, g, h] => Some(i64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h])),
        _ => None,
    };
    match number {
        Some(number) => format!("{text} (as a number: {number})"),
        None if screen.width.is_some() && columns(&text) > LONGEST => {
            format!(
                "{} ({} bytes; a pipe has all of them)",
                cut(&text, LONGEST),
                thousands(value.len() as u64)
            )
        }
        None => text,
    }
}

fn value(letter: &Letter, decoded: Option<&Decoded>, screen: &mut Screen<'_>) -> Result<(), Error> {
    screen.line("")?;
    let (Some(value), Some(decoded)) = (&letter.value, decoded) else {
        heading("Value", screen)?;
        return screen.line("  none: it is a tombstone");
    };
    let schema = decoded.schema.map_or_else(String::new, |schema| format!(", {schema}"));
    heading(&format!("Value ({} bytes{schema})", thousands(value.len() as u64)), screen)?;
    match &decoded.value {
        Ok(node) => json::to_lines(node)?.iter().try_for_each(|line| screen.line(&format!("  {line}"))),
        Err(reason) => {
            for line in reason.lines() {
                let line = screen.paint(Style::Red, &escape(line));
                screen.line(&format!("  it cannot be read: {line}"))?;
            }
            if decoded.hides_bytes {
                return screen.line("  its schema has personal data, so its bytes are hidden: --reveal");
            }
            dump(value, screen)
        }
    }
}

/// Bytes as people read them: sixteen a line, with what is text beside them.
fn dump(value: &[u8], screen: &mut Screen<'_>) -> Result<(), Error> {
    let most = if screen.width.is_some() { MOST_BYTES } else { usize::MAX };
    for (index, line) in value.chunks(LINE).take(most / LINE).enumerate() {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let is_shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        let text: String =
            line.iter().map(|byte| if is_shown(byte) { char::from(*byte) } else { '.' }).collect();
        screen.line(&format!("  {:06x}  {:<47}  {text}", index * LINE, digits.join(" ")))?;
    }
    if value.len() > most {
        let rest = thousands((value.len() - most) as u64);
        screen.line(&format!("  {rest} more bytes (a pipe has all of them)"))?;
    }
    Ok(())
}
