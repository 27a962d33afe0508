use std::fmt;

use jiff::Timestamp;

use super::{ErrorKind, header};
use crate::event::{Header, Headers};

/// Bytes that an error's text may have in a header.
pub const MAX_MESSAGE: usize = 1 << 10;

/// Where a message lies, or lay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} at offset {}", self.topic, self.partition, self.offset)
    }
}

/// What the headers of a dead letter of ours say.
///
/// They are to be believed in a topic that only consumers write to. A message of another framework has none of it: it is
/// no `DeadLetter`, though its headers may say much the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeadLetter {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The name of the error's type.
    pub exception: String,
    /// The error's text and those of its causes.
    pub message: String,
    /// Where the message failed the first time.
    pub first: Place,
    /// Where it failed the last time: the same, unless it was replayed.
    pub last: Place,
    /// The consumer group that gave it up.
    pub group: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was given up.
    pub failed_at: Timestamp,
    /// How often it was replayed before.
    pub replays: u32,
}

impl DeadLetter {
    /// What these headers say; None, unless they are those that a consumer of this crate has written.
    pub fn of(headers: &Headers) -> Option<Self> {
        let text = |key: &'static str| headers.text(key);
        let place = |[topic, partition, offset]: [&'static str; 3]| {
            let (topic, partition, offset) = (text(topic)?, text(partition)?, text(offset)?);
            Some(Place {
                topic: topic.to_owned(),
                partition: partition.parse().ok()?,
                offset: offset.parse().ok()?,
            })
        };
        Some(Self {
            kind: text(header::KIND)?.parse().ok()?,
            exception: text(header::EXCEPTION)?.to_owned(),
            message: text(header::MESSAGE)?.to_owned(),
            first: place(FIRST)?,
            last: place(LAST)?,
            group: text(header::DLQ_GROUP)?.to_owned(),
            attempts: text(header::ATTEMPTS)?.parse().ok()?,
            failed_at: text(header::FAILED_AT)?.parse().ok()?,
            replays: text(header::REPLAY_COUNT)?.parse().ok()?,
        })
    }
}

const FIRST: [&str; 3] = [header::TOPIC, header::PARTITION, header::OFFSET];
const LAST: [&str; 3] = [header::DLQ_TOPIC, header::DLQ_PARTITION, header::DLQ_OFFSET];

/// What a replay appends: the first place, and how often it was done.
const REPLAY: [&str; 4] = [header::TOPIC, header::PARTITION, header::OFFSET, header::REPLAY_COUNT];

/// What a consumer appends, in this order.
const BLOCK: [&str; 15] = [
    header::EXCEPTION,
    header::MESSAGE,
    header::TOPIC,
    header::PARTITION,
    header::OFFSET,
    header::DLQ_TOPIC,
    header::DLQ_PARTITION,
    header::DLQ_OFFSET,
    header::DLQ_GROUP,
    header::DLQ_DELIVERY_COUNT,
    header::DLQ_MESSAGE,
    header::KIND,
    header::ATTEMPTS,
    header::FAILED_AT,
    header::REPLAY_COUNT,
];

/// The headers that the message had before it became a dead letter.
pub fn original(headers: &Headers) -> &[Header] {
    before(headers.as_slice(), &BLOCK)
}

/// The headers with which a dead letter is published back to its topic: those that the message had, its first place, and
/// how often it was replayed, this time included.
pub fn replayed(headers: &Headers, letter: &DeadLetter) -> Headers {
    let mut all = original(headers).to_vec();
    let Place { topic, partition, offset } = &letter.first;
    let replays = letter.replays.saturating_add(1);
    let values = [topic.clone(), partition.to_string(), offset.to_string(), replays.to_string()];
    all.extend(REPLAY.into_iter().zip(values).map(|(key, value)| named(key, value)));
    all.into_iter().collect()
}

/// What there is to say of a message that is given up.
#[derive(Clone, Debug)]
pub struct Burial<'a> {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The name of the error's type. It is cut to [`MAX_MESSAGE`] bytes.
    pub exception: &'a str,
    /// The error's text and those of its causes. It is cut to [`MAX_MESSAGE`] bytes.
    pub message: &'a str,
    /// Where the message lies.
    pub place: Place,
    /// The consumer group that gives it up.
    pub group: &'a str,
    /// How often it was tried.
    pub attempts: u32,
    /// Now.
    pub failed_at: Timestamp,
}

/// The headers of the dead letter of a message that had `headers`. Consumers write them by themselves.
pub fn buried(headers: &Headers, burial: Burial<'_>) -> Headers {
    // Of what a source topic says of itself only this is believed, and only at the end, where a replay puts it.
    let rest = before(headers.as_slice(), &REPLAY);
    let replay = headers.as_slice().get(rest.len()..).unwrap_or_default();
    let text =
        |index: usize| replay.get(index).and_then(|header| str::from_utf8(header.value.as_deref()?).ok());
    let number = |index| text(index).filter(|text| text.parse::<i64>().is_ok());
    let Burial { kind, exception, message, place, group, attempts, failed_at } = burial;
    let (partition, offset) = (place.partition.to_string(), place.offset.to_string());
    let first = match (text(0), number(1), number(2)) {
        (Some(topic), Some(partition), Some(offset)) => [topic, partition, offset],
        _ => [&*place.topic, &partition, &offset],
    };
    let replays = text(3).and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    let (message, attempts) = (cut(message, MAX_MESSAGE), attempts.to_string());
    let values = [
        cut(exception, MAX_MESSAGE),
        message,
        first[0],
        first[1],
        first[2],
        &place.topic,
        &partition,
        &offset,
        group,
        &attempts,
        message,
        kind.name(),
        &attempts,
        &failed_at.to_string(),
        &replays.to_string(),
    ];
    let ours = BLOCK.into_iter().zip(values).map(|(key, value)| named(key, value.to_owned()));
    rest.iter().cloned().chain(ours).collect()
}

fn named(key: &str, value: String) -> Header {
    Header { key: key.to_owned(), value: Some(value.into_bytes()) }
}

/// The headers without this block at their end; all of them, where it is not there.
fn before<'h>(headers: &'h [Header], block: &[&str]) -> &'h [Header] {
    match headers.len().checked_sub(block.len()).and_then(|at| headers.split_at_checked(at)) {
        Some((rest, end)) if end.iter().map(|header| header.key.as_str()).eq(block.iter().copied()) => rest,
        _ => headers,
    }
}

/// At most so many bytes of the text, in whole characters.
fn cut(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn burial<'a>(message: &'a str, offset: i64) -> Burial<'a> {
        Burial {
            kind: ErrorKind::Failed,
            exception: "shop::StoreError",
            message,
            place: Place { topic: "orders".to_owned(), partition: 3, offset },
            group: "billing",
            attempts: 4,
            failed_at: "2026-01-02T03:04:05Z".parse().unwrap(),
        }
    }

    fn own() -> Headers {
        let header = |key: &str, value: Option<&[u8]>| Header {
            key: key.to_owned(),
            value: value.map(<[u8]>::to_vec),
        };
        [header("a", Some(b"1")), header("a", None), header("cq-error-kind", Some(b"\xFF"))]
            .into_iter()
            .collect()
    }

    #[test]
    fn a_message_keeps_its_headers_and_its_first_place_through_replays() {
        let dead = buried(&own(), burial("no stock", 7));
        assert_eq!(original(&dead), own().as_slice());
        let letter = DeadLetter::of(&dead).unwrap();
        assert_eq!((letter.attempts, letter.replays, &*letter.message), (4, 0, "no stock"));
        assert_eq!(letter.first, letter.last);

        let back = replayed(&dead, &letter);
        assert_eq!(back.text(header::REPLAY_COUNT), Some("1"));
        assert_eq!(DeadLetter::of(&back), None, "it is none any more");
        let again = buried(&back, burial("still none", 99));
        assert_eq!(original(&again), own().as_slice());
        let letter = DeadLetter::of(&again).unwrap();
        assert_eq!((letter.first.offset, letter.last.offset, letter.replays), (7, 99, 1));
        assert_eq!(letter.message, "still none");
        assert_eq!(replayed(&again, &letter).text(header::REPLAY_COUNT), Some("2"));
    }

    #[test]
    fn what_a_publisher_makes_up_is_kept_and_not_believed() {
        // All of a dead letter's headers, on a source topic.
        let forged = buried(
            &Headers::default(),
            Burial { place: Place { topic: "else".to_owned(), partition: 0, offset: 0 }, ..burial("x", 0) },
        );
        let dead = buried(&forged, burial("y", 7));
        assert_eq!(original(&dead), forged.as_slice());
        let letter = DeadLetter::of(&dead).unwrap();
        assert_eq!((&*letter.first.topic, letter.replays, &*letter.message), ("orders", 0, "y"));
        // A replay's headers that are none.
        let broken: Headers = REPLAY.into_iter().map(|key| named(key, "x".to_owned())).collect();
        let letter = DeadLetter::of(&buried(&broken, burial("z", 7))).unwrap();
        assert_eq!((&*letter.first.topic, letter.first.offset, letter.replays), ("orders", 7, 0));
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = "\u{20AC}".repeat(5_000);
        let dead = buried(&Headers::default(), burial(&text, 0));
        let letter = DeadLetter::of(&dead).unwrap();
        assert_eq!(letter.message.len(), 1_023);
        assert!(text.starts_with(&letter.message));
    }
}
