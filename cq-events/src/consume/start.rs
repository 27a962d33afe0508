//! Where each partition of an assignment starts: where the group stands, or where the consumer is told to begin.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rdkafka::error::KafkaError as NativeError;

use super::ConsumeError;
use super::engine::finished::{Finished, Foreign};
use super::engine::{Assignment, TopicPartition};
use super::group::{Client, list};
use crate::kafka::AutoOffsetReset;
use crate::kafka::native::CommittedOffset;

/// Where a group starts in a partition of which it has committed no offset.
///
/// But for [`StartAt::Earliest`], the start is committed at once, so that a group that ends before its first event
/// starts there again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartAt {
    /// At the oldest message: nothing is skipped.
    Earliest,
    /// At the end: what was published before is skipped.
    Latest,
    /// At the first message of this time or later; at the end, where there is none.
    Time(Timestamp),
    /// At these offsets, by topic and partition; at the oldest message of those that are not named.
    Offsets(BTreeMap<(String, i32), i64>),
}

impl From<AutoOffsetReset> for StartAt {
    fn from(reset: AutoOffsetReset) -> Self {
        match reset {
            AutoOffsetReset::Earliest => Self::Earliest,
            AutoOffsetReset::Latest => Self::Latest,
        }
    }
}

/// An offset that its partition does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    place: TopicPartition,
    offset: i64,
    /// The oldest offset, and one past the newest.
    low: i64,
    high: i64,
}

impl Gap {
    pub(super) fn into_error(self, group: &str) -> ConsumeError {
        let Self { place, offset, low, high } = self;
        let (group, topic, partition) = (group.to_owned(), place.topic.to_string(), place.partition);
        ConsumeError::OutOfRange { group, topic, partition, offset, low, high }
    }
}

/// Why it is not known where to start.
#[derive(Debug)]
pub(super) enum NoStart {
    Gap(Gap),
    /// The broker does not say.
    Unanswered(Vec<TopicPartition>, NativeError),
}

/// Where to start. Blocks until the broker has answered, at most for the timeout with each question.
pub(super) fn look_up(
    client: &Client,
    places: Vec<TopicPartition>,
    start: &StartAt,
    timeout: Duration,
) -> Result<Vec<Assignment>, NoStart> {
    let asked = places.clone();
    let lookup = || -> Result<Result<Vec<Assignment>, Gap>, NativeError> {
        let committed = client.committed(&list(&places), timeout)?;
        let mut assignments = Vec::with_capacity(places.len());
        for place in places {
            let range = client.client().fetch_watermarks(&place.topic, place.partition, timeout);
            let (assignment, range) = match (standing(&committed, &place), range) {
                (Some((offset, mut finished)), range) => {
                    let range = range.ok();
                    // What is not there cannot be done: the offset and its metadata are of another topic.
                    if range.zip(finished.last()).is_some_and(|((_, high), last)| last >= high) {
                        foreign(&place, offset);
                        finished = Finished::default();
                    }
                    (Assignment { place, start: Some(offset), finished, is_new: false }, range)
                }
                // A partition without a leader must not hold up the others: it is fetched from its beginning, once it
                // can be.
                (None, Err(_)) if *start == StartAt::Earliest => {
                    (Assignment { place, start: None, finished: Finished::default(), is_new: false }, None)
                }
                (None, range) => {
                    let range = range?;
                    let offset = first(client, &place, start, range, timeout)?;
                    let is_new = *start != StartAt::Earliest;
                    let finished = Finished::default();
                    (Assignment { place, start: Some(offset), finished, is_new }, Some(range))
                }
            };
            // What cannot be checked now, librdkafka meets when it fetches.
            let gap =
                assignment.start.zip(range).and_then(|(offset, range)| gap(&assignment.place, offset, range));
            if let Some(gap) = gap {
                return Ok(Err(gap));
            }
            assignments.push(assignment);
        }
        Ok(Ok(assignments))
    };
    match lookup() {
        Ok(found) => found.map_err(NoStart::Gap),
        Err(error) => Err(NoStart::Unanswered(asked, error)),
    }
}

/// Where a seek leads in these partitions. Blocks as [`look_up`] does.
pub(super) fn targets(
    client: &Client,
    places: Vec<TopicPartition>,
    to: &StartAt,
    timeout: Duration,
) -> Result<Vec<(TopicPartition, i64)>, NoStart> {
    let is_named = |place: &TopicPartition| match to {
        StartAt::Offsets(offsets) => offsets.contains_key(&(place.topic.to_string(), place.partition)),
        _ => true,
    };
    let mut targets = Vec::with_capacity(places.len());
    for place in places.into_iter().filter(is_named) {
        let range = client.client().fetch_watermarks(&place.topic, place.partition, timeout);
        let found = range.and_then(|range| Ok((first(client, &place, to, range, timeout)?, range)));
        let (offset, range) = found.map_err(|error| NoStart::Unanswered(vec![place.clone()], error))?;
        if let Some(gap) = gap(&place, offset, range) {
            return Err(NoStart::Gap(gap));
        }
        targets.push((place, offset));
    }
    Ok(targets)
}

/// The first of these offsets that its partition does not have. Blocks.
pub(super) fn find_gap(
    client: &Client,
    positions: &[(TopicPartition, i64)],
    timeout: Duration,
) -> Result<Option<Gap>, NativeError> {
    for (place, offset) in positions {
        let range = client.client().fetch_watermarks(&place.topic, place.partition, timeout)?;
        if let Some(gap) = gap(place, *offset, range) {
            return Ok(Some(gap));
        }
    }
    Ok(None)
}

fn gap(place: &TopicPartition, offset: i64, (low, high): (i64, i64)) -> Option<Gap> {
    let is_there = (low..=high).contains(&offset);
    (!is_there).then(|| Gap { place: place.clone(), offset, low, high })
}

/// The group's offset, and what is done above it.
fn standing(committed: &[CommittedOffset], place: &TopicPartition) -> Option<(i64, Finished)> {
    let found = committed.iter().find(|of| of.partition == place.partition && *of.topic == *place.topic)?;
    let metadata = std::str::from_utf8(&found.metadata).map_err(|_| Foreign);
    let finished = metadata.and_then(|metadata| Finished::from_metadata(found.offset, metadata));
    let finished = finished.unwrap_or_else(|Foreign| {
        foreign(place, found.offset);
        Finished::default()
    });
    Some((found.offset, finished))
}

fn foreign(place: &TopicPartition, offset: i64) {
    tracing::warn!(
        topic = &*place.topic,
        partition = place.partition,
        offset,
        "the metadata of the committed offset was written by another tool, and is not looked at"
    );
}

/// Where the group starts without an offset.
fn first(
    client: &Client,
    place: &TopicPartition,
    start: &StartAt,
    (low, high): (i64, i64),
    timeout: Duration,
) -> Result<i64, NativeError> {
    Ok(match start {
        StartAt::Earliest => low,
        StartAt::Latest => high,
        StartAt::Offsets(offsets) => {
            offsets.get(&(place.topic.to_string(), place.partition)).copied().unwrap_or(low)
        }
        StartAt::Time(time) => {
            let found = client.offset_at(&place.topic, place.partition, time.as_millisecond(), timeout)?;
            found.unwrap_or(high)
        }
    })
}
