//! What lies in a message, decided when it is published: so that all who meet it agree.

use super::random::Random;
use super::work::{self, WorkSet};
use crate::codec::{SCHEMA_HEADER, read_frame};
use crate::event::{Header, Message, MessageBuilder};
use crate::registry::SchemaId;

/// What handling a message comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nature {
    /// Its handler succeeds.
    Sound,
    /// Its handler fails so often, whoever runs it, and then succeeds.
    Flaky(u32),
    /// It can never be handled.
    Poison(Poison),
}

/// Why a message can never be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Poison {
    /// Its handler fails each time, as if it would do the next time.
    Fails,
    /// Its handler knows that it never will.
    Rejected,
    Panics,
    /// It has no wire header.
    Unframed,
    /// It is not what its schema says.
    Undecodable,
    /// Nobody knows the schema that it was written with.
    UnknownSchema,
}

/// How much of each kind is published.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    /// One message in so many is poison, and one in so many is flaky.
    pub(super) poison: usize,
    pub(super) flaky: usize,
    /// How often a handler may fail until its message is given up.
    pub(super) tries: u32,
}

impl Nature {
    pub(super) fn draw(mix: Mix, random: &mut Random) -> Self {
        if random.one_in(mix.poison) {
            return Self::Poison(Poison::draw(random));
        }
        if !random.one_in(mix.flaky) {
            return Self::Sound;
        }
        // Some are flaky for longer than one assignment bears: whether these are given up is for the restarts to decide.
        let most = if random.one_in(3) { 2 * mix.tries } else { mix.tries - 1 };
        match random.below(most as usize + 1) as u32 {
            0 => Self::Sound,
            failures => Self::Flaky(failures),
        }
    }

    pub(super) fn is_poison(self) -> bool {
        matches!(self, Self::Poison(_))
    }

    /// Whether it may be given up, where its handler has so many tries.
    pub(super) fn may_be_given_up(self, tries: u32) -> bool {
        match self {
            Self::Sound => false,
            Self::Flaky(failures) => failures >= tries,
            Self::Poison(_) => true,
        }
    }

    /// Such a message at an offset, written with a schema: every other one names it in a header, by its GUID.
    pub(super) fn write(self, message: MessageBuilder, number: i64, schema: SchemaId) -> Message {
        let value = self.value(number, schema);
        match read_frame(&value) {
            Ok((id, datum)) if number % 2 == 1 => {
                let header = Header { key: SCHEMA_HEADER.to_owned(), value: Some(work::guid_header(id)) };
                let headers = [header].into_iter().collect();
                message.headers(headers).value(Some(datum.to_vec())).build()
            }
            _ => message.value(Some(value)).build(),
        }
    }

    fn value(self, number: i64, schema: SchemaId) -> Vec<u8> {
        let event = WorkSet { number, ordeal: self.ordeal() };
        match self {
            Self::Poison(Poison::Unframed) => vec![0x7B; 9],
            Self::Poison(Poison::UnknownSchema) => work::value(event, work::NOBODYS),
            Self::Poison(Poison::Undecodable) => {
                let mut value = work::value(event, schema);
                value.pop();
                value
            }
            _ => work::value(event, schema),
        }
    }

    /// What an event says of itself to its handler.
    fn ordeal(self) -> i64 {
        match self {
            Self::Flaky(failures) => i64::from(failures),
            Self::Poison(Poison::Fails) => -1,
            Self::Poison(Poison::Rejected) => -2,
            Self::Poison(Poison::Panics) => -3,
            // What cannot be read gets to no handler.
            Self::Sound | Self::Poison(_) => 0,
        }
    }

    /// What its event says to its handler.
    pub(super) fn of_ordeal(ordeal: i64) -> Self {
        match ordeal {
            -1 => Self::Poison(Poison::Fails),
            -2 => Self::Poison(Poison::Rejected),
            -3 => Self::Poison(Poison::Panics),
            failures => u32::try_from(failures).map_or(Self::Sound, Self::Flaky),
        }
    }
}

impl Poison {
    pub(super) fn draw(random: &mut Random) -> Self {
        match random.below(10) {
            0..4 => Self::Fails,
            4..6 => Self::Rejected,
            6 => Self::Panics,
            7 => Self::Unframed,
            8 => Self::Undecodable,
            _ => Self::UnknownSchema,
        }
    }
}
