//! The files of a trial: one record a line. A line counts only with the `;` at its end, for a process that is killed
//! while it writes leaves a part of one.

use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::str::{FromStr, SplitWhitespace};
use std::time::{SystemTime, UNIX_EPOCH};

use cq_events::dead_letter::ErrorKind;

use super::fate::Fate;

/// Microseconds since 1970: all processes of a trial share one clock.
pub type Micros = u64;

/// What the clock says.
pub fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
    u64::try_from(since.as_micros()).expect("a clock before the year 500,000")
}

/// A consumer process: a member of the group, and how often it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Process {
    /// The member's number.
    pub member: u32,
    /// Its incarnation: 1 for its first process.
    pub incarnation: u32,
}

/// An event that the broker acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The number of the event's key.
    pub key: u32,
    /// Which of the key's events it is, from 1; 0, where it is none.
    pub seq: u32,
    /// What is to become of it.
    pub fate: Fate,
    /// Where the broker put it.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// When it was handed to the producer.
    pub queued: Micros,
}

/// An event that was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The number of the event's key.
    pub key: u32,
    /// Which of the key's events it is.
    pub seq: u32,
    /// Where it was read.
    pub partition: i32,
    /// Its offset there.
    pub offset: i64,
    /// Who handled it.
    pub process: Process,
    /// When the line was written.
    pub time: Micros,
}

/// A dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dead {
    /// The partition of its message.
    pub partition: i32,
    /// The offset of its message.
    pub offset: i64,
    /// Why it was given up.
    pub kind: ErrorKind,
    /// How often it was tried.
    pub attempts: u32,
    /// Whether key, value and headers are those of its message, and it lies where it must.
    pub is_intact: bool,
    /// When the broker appended it: to the millisecond before.
    pub time: Micros,
}

/// A new offset of the group, as an observer saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// When the last question before this one was asked: the commit is not older.
    pub since: Micros,
    /// When the answer that has it was there.
    pub seen: Micros,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
}

/// Who a fault befell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// A consumer.
    Process(Process),
    /// A broker, by its number.
    Broker(u32),
}

/// What was done to a victim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// kill -9 of a consumer, and another in its place.
    ConsumerKill,
    /// SIGSTOP of a consumer for less than its session, then SIGCONT.
    ConsumerPause,
    /// SIGSTOP of a consumer past its session and its poll interval, then SIGCONT.
    ConsumerStall,
    /// SIGTERM of a consumer, and another in its place.
    ConsumerRestart,
    /// One more consumer comes, and leaves in order.
    ConsumerVisit,
    /// kill -9 of a broker, which is then started again.
    BrokerKill,
    /// SIGSTOP of a broker, then SIGCONT.
    BrokerPause,
    /// An orderly end of a broker, which is then started again.
    BrokerRestart,
    /// Not ours: a consumer ended by itself, with an error.
    ConsumerFailure,
}

impl Kind {
    /// All of them, with their names.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::ConsumerKill, "consumer-kill"),
        (Self::ConsumerPause, "consumer-pause"),
        (Self::ConsumerStall, "consumer-stall"),
        (Self::ConsumerRestart, "consumer-restart"),
        (Self::ConsumerVisit, "consumer-visit"),
        (Self::BrokerKill, "broker-kill"),
        (Self::BrokerPause, "broker-pause"),
        (Self::BrokerRestart, "broker-restart"),
        (Self::ConsumerFailure, "consumer-failure"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).expect("all kinds are there").1
    }

    /// Whether it may cost a consumer its partitions before it has committed.
    pub fn may_cost_a_commit(self) -> bool {
        !matches!(self, Self::ConsumerPause | Self::ConsumerRestart | Self::ConsumerVisit)
    }
}

/// A fault, from its begin to the end of what was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: Kind,
    /// To whom.
    pub victim: Victim,
    /// When.
    pub begun: Micros,
    /// When the victim went on, or its successor was started.
    pub ended: Micros,
}

/// The records of a file in their order, and how many lines are none.
pub fn read<R: FromStr>(path: &Path) -> (Vec<R>, usize) {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut torn = 0;
    let records = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).filter_map(|line| {
        let record = std::str::from_utf8(line).ok().and_then(|line| line.parse().ok());
        torn += usize::from(record.is_none());
        record
    });
    (records.collect(), torn)
}

/// Parses a whole line by its words.
fn parse<T>(line: &str, record: impl FnOnce(&mut SplitWhitespace<'_>) -> Option<T>) -> Result<T, ()> {
    let mut words = line.strip_suffix(';').ok_or(())?.split_whitespace();
    let record = record(&mut words).ok_or(())?;
    words.next().is_none().then_some(record).ok_or(())
}

fn word<T: FromStr>(words: &mut SplitWhitespace<'_>) -> Option<T> {
    words.next()?.parse().ok()
}

impl Display for Process {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.member, self.incarnation)
    }
}

impl FromStr for Process {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (member, incarnation) = text.split_once('.').ok_or(())?;
        let number = |text: &str| text.parse().map_err(drop);
        Ok(Self { member: number(member)?, incarnation: number(incarnation)? })
    }
}

impl Display for Victim {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Process(process) => write!(f, "consumer-{process}"),
            Self::Broker(broker) => write!(f, "broker-{broker}"),
        }
    }
}

impl FromStr for Victim {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.split_once('-').ok_or(())? {
            ("consumer", process) => Ok(Self::Process(process.parse()?)),
            ("broker", broker) => Ok(Self::Broker(broker.parse().map_err(drop)?)),
            _ => Err(()),
        }
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, name)| *name == text).map(|(kind, _)| *kind).ok_or(())
    }
}

/// A record is its fields in their order.
macro_rules! records {
    ($($record:ident { $first:ident $(, $field:ident)* })*) => {$(
        impl Display for $record {
            fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.$first)?;
                $(write!(f, " {}", self.$field)?;)*
                f.write_str(";")
            }
        }

        impl FromStr for $record {
            type Err = ();

            fn from_str(line: &str) -> Result<Self, ()> {
                parse(line, |words| Some(Self { $first: word(words)?, $($field: word(words)?),* }))
            }
        }
    )*};
}

records! {
    Published { key, seq, fate, partition, offset, queued }
    Effect { key, seq, partition, offset, process, time }
    Dead { partition, offset, kind, attempts, is_intact, time }
    Committed { since, seen, partition, offset }
    Fault { kind, victim, begun, ended }
}
